"""One quote stream of Alpaca's market data: options or stocks."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, NoReturn

import structlog

from closeout.alpaca import quote_wire
from closeout.alpaca.endpoints import Credentials
from closeout.alpaca.links import HANDSHAKE_REFUSED_WAIT, HOPELESS_WAIT, Dropped
from closeout.alpaca.quote_wire import Frame
from closeout.alpaca.sockets import KEYS_REFUSED, Socket, Sockets, StreamTimeouts
from closeout.alpaca.subscriptions import Subscriptions
from closeout.alpaca.wire import Unreadable
from closeout.domain.quotes import Quote
from closeout.ports import Clock

_HEADERS = {"Content-Type": "application/msgpack"}
_OVER_LIMIT = 405
_NO_WAIT = timedelta(0)

_ENDINGS: dict[int, tuple[str, timedelta]] = {
    401: ("not authenticated", _NO_WAIT),
    402: (KEYS_REFUSED, HOPELESS_WAIT),
    404: ("authentication took too long", _NO_WAIT),
    406: (
        "connection limit exceeded: another program uses this stream with the same keys",
        HANDSHAKE_REFUSED_WAIT,
    ),
    407: ("Alpaca found us too slow", _NO_WAIT),
    409: ("the data subscription does not include this feed", HOPELESS_WAIT),
    411: ("the keys' scope does not include this feed", HOPELESS_WAIT),
    500: ("Alpaca reported an internal error", _NO_WAIT),
}
"""Error codes after which the connection is of no use, and how long to leave it alone."""

_log = structlog.get_logger("closeout.alpaca")


class QuoteStream:
    """Serves quotes of the wanted symbols for as long as a visit lasts."""

    def __init__(
        self,
        name: str,
        url: str,
        credentials: Credentials,
        sockets: Sockets,
        *,
        clock: Clock,
        timeouts: StreamTimeouts,
    ) -> None:
        self._name = name
        self._url = url
        self._credentials = credentials
        self._sockets = sockets
        self._clock = clock
        self._answer_max = timeouts.answer.total_seconds()
        self._subscriptions = Subscriptions()
        self._changed = asyncio.Event()

    @property
    def unserved(self) -> frozenset[str]:
        return self._subscriptions.unserved

    def watch(self, symbols: frozenset[str]) -> None:
        self._subscriptions.want(symbols)
        self._changed.set()

    async def visit(
        self, up: Callable[[], None], on_quotes: Callable[[Sequence[Quote]], None]
    ) -> None:
        """
        Connect, authenticate, subscribe, and pass quotes on, a frame's worth at a time.

        Raises:
            Dropped: the connection ended or is of no use.
        """
        async with self._sockets.open(self._url, _HEADERS) as socket:
            await self._greet(socket)
            answers: asyncio.Queue[Frame] = asyncio.Queue()
            await _until_one_ends(
                self._read(socket, answers, on_quotes), self._keep_subscribed(socket, answers, up)
            )

    async def _greet(self, socket: Socket) -> None:
        keys = {"key": self._credentials.key, "secret": self._credentials.secret}
        try:
            async with asyncio.timeout(self._answer_max):
                await _await_success("connected", socket)
                await socket.send_bytes(quote_wire.encode({"action": "auth"} | keys))
                await _await_success("authenticated", socket)
        except TimeoutError:
            raise Dropped("no answer to authentication in time") from None
        except Unreadable as failed:
            raise Dropped(str(failed)) from None

    async def _read(
        self,
        socket: Socket,
        answers: "asyncio.Queue[Frame]",
        on_quotes: Callable[[Sequence[Quote]], None],
    ) -> NoReturn:
        while True:
            payload = await socket.receive()
            try:
                frames = quote_wire.frames(payload)
            except Unreadable as failed:
                self._survive(failed, payload)
                continue
            received = self._clock.now()
            quotes = [quote_wire.quote(frame, received) for frame in frames if frame.is_quote]
            if quotes:
                on_quotes(quotes)
            if len(quotes) < len(frames):
                _sort_answers(frames, answers)

    async def _keep_subscribed(
        self, socket: Socket, answers: "asyncio.Queue[Frame]", up: Callable[[], None]
    ) -> NoReturn:
        self._subscriptions.reconnected()
        await self._subscribe(socket, answers)
        up()
        while True:
            await self._changed.wait()
            await self._subscribe(socket, answers)

    async def _subscribe(self, socket: Socket, answers: "asyncio.Queue[Frame]") -> None:
        """Ask until the server serves what is wanted, or as much of it as it will."""
        self._changed.clear()
        while (request := self._subscriptions.next_request()) is not None:
            _discard(answers)
            message = {"action": request.action, "quotes": request.symbols}
            await socket.send_bytes(quote_wire.encode(message))
            try:
                async with asyncio.timeout(self._answer_max):
                    answer = await answers.get()
            except TimeoutError:
                raise Dropped(f"no answer to {request.action} in time") from None
            self._hear(answer)
        if self.unserved:
            _log.warning("alpaca_quotes_unserved", stream=self._name, count=len(self.unserved))

    def _hear(self, answer: Frame) -> None:
        if answer.T == "subscription":
            self._subscriptions.acknowledged(answer.quotes or ())
        elif answer.code == _OVER_LIMIT:
            self._subscriptions.over_limit()
        else:
            _log.warning(
                "alpaca_subscription_refused",
                stream=self._name,
                code=answer.code,
                message=answer.msg,
            )
            self._subscriptions.refused()

    def _survive(self, failed: Unreadable, payload: bytes) -> None:
        _log.warning(
            "alpaca_stream_message_unreadable",
            stream=self._name,
            failure=str(failed),
            bytes=len(payload),
        )


async def _await_success(message: str, socket: Socket) -> None:
    """Read until the server says so; errors end the connection whatever their code."""
    while True:
        for frame in quote_wire.frames(await socket.receive()):
            if frame.T == "error":
                raise _ending(frame)
            if frame.T == "success" and frame.msg == message:
                return


def _sort_answers(frames: Sequence[Frame], answers: "asyncio.Queue[Frame]") -> None:
    for frame in frames:
        if frame.T == "error" and frame.code in _ENDINGS:
            raise _ending(frame)
        if frame.T in ("subscription", "error"):
            answers.put_nowait(frame)


def _discard(answers: "asyncio.Queue[Frame]") -> None:
    """What came before a request is no answer to it."""
    while not answers.empty():
        answers.get_nowait()


def _ending(frame: Frame) -> Dropped:
    reason, at_least = _ENDINGS.get(frame.code or 0, ("Alpaca reported an error", _NO_WAIT))
    return Dropped(f"{reason} ({frame.code} {frame.msg})", at_least=at_least)


async def _until_one_ends(*works: Coroutine[Any, Any, NoReturn]) -> None:
    """Run all until the first ends, end the others, and raise what ended it."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
