"""
Alpaca's trade-updates stream.

It has no replay and no sequence numbers: what happened while it was away is not told again.
So the stream says how long it was away, and whoever reads it asks REST for the rest.
Paper sends binary frames that hold JSON, other servers text; both are read.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NoReturn

import msgspec
import structlog

from closeout.alpaca import parse
from closeout.alpaca.endpoints import Credentials
from closeout.alpaca.links import HOPELESS_WAIT, Backoff, Dropped, Link
from closeout.alpaca.repeats import Repeats
from closeout.alpaca.sockets import KEYS_REFUSED, Socket, Sockets, StreamTimeouts
from closeout.alpaca.wire import Unreadable, UpdateRow, decode
from closeout.ports import Clock, Missed, StreamItem

_UPDATES = "trade_updates"
_LISTEN = msgspec.json.encode({"action": "listen", "data": {"streams": [_UPDATES]}})

_log = structlog.get_logger("closeout.alpaca")


class _Message(msgspec.Struct, frozen=True):
    stream: str | None = None
    action: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"{}")


class _Status(msgspec.Struct, frozen=True):
    status: str | None = None


class _Listening(msgspec.Struct, frozen=True):
    streams: list[str] | None = None


class _ServerError(msgspec.Struct, frozen=True):
    error_message: str | None = None


class TradeStream:
    """Connects to the trade updates of one account; Alpaca serves one connection at a time."""

    def __init__(
        self, url: str, credentials: Credentials, sockets: Sockets, *, timeouts: StreamTimeouts
    ) -> None:
        self._url = url
        self._credentials = credentials
        self._sockets = sockets
        self._timeouts = timeouts

    @asynccontextmanager
    async def follow(
        self, *, clock: Clock, backoff: Backoff, chance: Callable[[], float]
    ) -> AsyncIterator[AsyncIterator[StreamItem]]:
        """Read while the context is open. Waiting for an item may be cancelled without loss."""
        feed = _Feed()
        reader = _Reader(feed.put, clock)

        async def visit(up: Callable[[], None]) -> None:
            async with self._sockets.open(self._url) as socket:
                await self._greet(socket, reader)
                up()
                await reader.read(socket)

        link = Link(_UPDATES, visit, feed.put, clock=clock, backoff=backoff, chance=chance)
        task = asyncio.create_task(link.run(), name="alpaca trade updates")
        task.add_done_callback(feed.end)
        try:
            yield feed
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _greet(self, socket: Socket, reader: "_Reader") -> None:
        """Authenticate and listen, each within its time."""
        keys = {"key": self._credentials.key, "secret": self._credentials.secret}
        try:
            async with asyncio.timeout(self._timeouts.answer.total_seconds()):
                await socket.send_text(msgspec.json.encode({"action": "auth"} | keys))
                await reader.read_until("authorization", socket)
            async with asyncio.timeout(self._timeouts.answer.total_seconds()):
                await socket.send_text(_LISTEN)
                await reader.read_until("listening", socket)
        except TimeoutError:
            raise Dropped("no answer to authentication or listening in time") from None


class _Reader:
    """Reads messages and tells the updates among them, each once, across connections."""

    def __init__(self, tell: Callable[[StreamItem], None], clock: Clock) -> None:
        self._tell = tell
        self._clock = clock
        self._repeats = Repeats()

    async def read(self, socket: Socket) -> NoReturn:
        while True:
            self._take(await socket.receive())

    async def read_until(self, stream: str, socket: Socket) -> None:
        """Read until a message of `stream` was found to be good."""
        while self._take(await socket.receive()) != stream:
            pass

    def _take(self, payload: bytes) -> str | None:
        """
        Handle one message and return its stream's name; one that cannot be read is told of.

        Raises:
            Dropped: the message ends the connection.
        """
        try:
            message = decode(_Message, payload)
            self._handle(message)
        except Unreadable as failed:
            _log.warning(
                "alpaca_stream_message_unreadable",
                stream=_UPDATES,
                failure=str(failed),
                bytes=len(payload),
            )
            self._tell(Missed(self._clock.now()))
            return None
        return message.stream

    def _handle(self, message: _Message) -> None:
        data = bytes(message.data)
        if message.stream == _UPDATES:
            self._update(data)
        elif message.stream == "authorization":
            _check_authorised(decode(_Status, data))
        elif message.stream == "listening":
            _check_listening(decode(_Listening, data))
        elif message.action == "error":
            said = decode(_ServerError, data).error_message
            raise Dropped(f"Alpaca reported an error: {said}")
        else:
            _log.debug("alpaca_stream_message_ignored", stream=message.stream)

    def _update(self, data: bytes) -> None:
        row = decode(UpdateRow, data)
        update = parse.trade_update(row, self._clock.now())
        if self._repeats.is_repeat(row):
            _log.debug("alpaca_update_repeated", event_name=row.event, order_id=row.order.id)
            return
        self._tell(update)


class _Feed(AsyncIterator[StreamItem]):
    """What was told, in order; a fault of the task that tells it is raised to who reads."""

    def __init__(self) -> None:
        self._items: asyncio.Queue[StreamItem | BaseException] = asyncio.Queue()

    def put(self, item: StreamItem) -> None:
        self._items.put_nowait(item)

    def end(self, task: "asyncio.Task[NoReturn]") -> None:
        fault = None if task.cancelled() else task.exception()
        self._items.put_nowait(fault or StopAsyncIteration())

    async def __anext__(self) -> StreamItem:
        item = await self._items.get()
        if isinstance(item, BaseException):
            raise item
        return item


def _check_authorised(answer: _Status) -> None:
    if answer.status != "authorized":
        raise Dropped(f"{KEYS_REFUSED} for trade updates", at_least=HOPELESS_WAIT)


def _check_listening(answer: _Listening) -> None:
    if _UPDATES not in (answer.streams or ()):
        raise Dropped("Alpaca did not grant the trade updates stream", at_least=HOPELESS_WAIT)
