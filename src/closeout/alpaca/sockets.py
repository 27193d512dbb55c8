"""WebSockets to Alpaca: opened with an end of waiting, kept honest by pings."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import aiohttp

from closeout.alpaca.endpoints import Credentials
from closeout.alpaca.limits import TOO_MANY, wait_asked
from closeout.alpaca.links import HANDSHAKE_REFUSED_WAIT, HOPELESS_WAIT, Dropped
from closeout.ports import Clock

KEYS_REFUSED = "Alpaca did not accept the API keys"

_UNAUTHORISED, _FORBIDDEN = 401, 403
_MESSAGE_MAX = 16 * 1024 * 1024
"""A first frame after subscribing to a thousand contracts stays far below this."""

_GOODBYE_MAX = 1.0
"""Seconds to wait for the other side's close frame; a dead server sends none."""

_ENDED = frozenset({aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED})


@dataclass(frozen=True, slots=True)
class StreamTimeouts:
    """
    Ends of waiting on a stream.

    `answer` covers the opening handshake and each reply asked for: Alpaca itself gives a
    client 10 s to authenticate. A ping goes out after `heartbeat` of silence and must be
    answered within half of it, so a dead socket is noticed in one and a half.
    """

    answer: timedelta = timedelta(seconds=10)
    heartbeat: timedelta = timedelta(seconds=10)


class Socket:
    """One open WebSocket. Every way it can end is `Dropped`."""

    def __init__(self, socket: "aiohttp.ClientWebSocketResponse[Literal[True]]") -> None:
        self._socket = socket

    async def receive(self) -> bytes:
        """Return the next frame's payload; text and binary frames read the same."""
        message = await self._socket.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            text: str = message.data
            return text.encode()
        if message.type is aiohttp.WSMsgType.BINARY:
            data: bytes = message.data
            return data
        raise Dropped(self._farewell(message))

    async def send_text(self, payload: bytes) -> None:
        await self._send(self._socket.send_str(payload.decode()))

    async def send_bytes(self, payload: bytes) -> None:
        await self._send(self._socket.send_bytes(payload))

    async def _send(self, sending: Awaitable[None]) -> None:
        try:
            await sending
        except (aiohttp.ClientError, OSError) as failed:
            raise Dropped(f"could not send: {type(failed).__name__}") from None

    def _farewell(self, message: aiohttp.WSMessage) -> str:
        if message.type in _ENDED:
            code = self._socket.close_code
            why = f": {message.extra}" if message.extra else ""
            return f"the connection was closed (code {code}{why})"
        return f"the connection broke: {type(message.data).__name__}: {message.data}"


class Sockets:
    """Opens WebSockets; the session behind them opens with the first, in the running loop."""

    def __init__(self, credentials: Credentials, *, clock: Clock, timeouts: StreamTimeouts) -> None:
        self._credentials = credentials
        self._clock = clock
        self._timeouts = timeouts
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def open(
        self, url: str, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[Socket]:
        """
        Connect without keys: they go in the first message, where no log of headers finds them.

        Raises:
            Dropped: there was no connection, or the server declined it.
        """
        socket = await self._connect(url, headers)
        try:
            yield Socket(socket)
        finally:
            await socket.close()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _connect(
        self, url: str, headers: Mapping[str, str] | None
    ) -> "aiohttp.ClientWebSocketResponse[Literal[True]]":
        try:
            async with asyncio.timeout(self._timeouts.answer.total_seconds()):
                return await self._opened().ws_connect(
                    url,
                    headers=headers,
                    heartbeat=self._timeouts.heartbeat.total_seconds(),
                    max_msg_size=_MESSAGE_MAX,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_GOODBYE_MAX),
                )
        except aiohttp.WSServerHandshakeError as failed:
            raise self._declined(failed) from None
        except TimeoutError:
            raise Dropped("no connection in time") from None
        except (aiohttp.ClientError, OSError) as failed:
            reason = self._credentials.scrub(str(failed))
            raise Dropped(f"no connection: {type(failed).__name__}: {reason}") from None

    def _declined(self, failed: aiohttp.WSServerHandshakeError) -> Dropped:
        reason = f"the server declined the connection (HTTP {failed.status})"
        if failed.status == TOO_MANY:
            asked = wait_asked(failed.status, failed.headers or {}, self._clock.now())
            return Dropped(reason, at_least=asked or HANDSHAKE_REFUSED_WAIT)
        if failed.status in (_UNAUTHORISED, _FORBIDDEN):
            return Dropped(f"{KEYS_REFUSED} (HTTP {failed.status})", at_least=HOPELESS_WAIT)
        return Dropped(reason)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session
