"""A server on loopback that answers as told, and remembers what it was asked."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from closeout.domain.orders import OrderType, Side, Ticket, TicketLeg

KEY, SECRET = "PKLOOPBACKKEY0000001", "loopbackSecretLoopbackSecret00000002"


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """One answer. `body` is sent as JSON unless it is bytes already."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def payload(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()

    async def give(self, request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=self.status, body=self.payload, headers=dict(self.headers))


class Cut(Reply):
    """Closes the connection after the request was read, without an answer."""

    async def give(self, request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()


class Silence(Reply):
    """Never answers."""

    async def give(self, request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError


class BrokenOff(Reply):
    """Promises more bytes than it sends, then closes."""

    async def give(self, request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(status=self.status, headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(self.payload)
        assert request.transport is not None
        request.transport.close()
        return response


StreamScript = Callable[[web.BaseRequest, int], Awaitable[web.StreamResponse]]
"""Plays one connection, upgraded or not; the number counts connections to its path from 0."""


async def upgraded(request: web.BaseRequest, *, autoping: bool = True) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(autoping=autoping, timeout=0.1)
    await socket.prepare(request)
    return socket


class ScriptedAlpaca:
    """Replies per method and path, in order; the last one stays."""

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[Seen] = []
        self.connections = 0
        self.open_connections: set[asyncio.BaseTransport] = set()
        self._replies: dict[tuple[str, str], list[Reply]] = {}
        self._streams: dict[str, StreamScript] = {}
        self._visits: defaultdict[str, int] = defaultdict(int)

    def on(self, method: str, path: str, *replies: Reply) -> None:
        self._replies[method, path] = list(replies)

    def on_stream(self, path: str, script: StreamScript) -> None:
        self._streams[path] = script

    def count(self, method: str, path: str | None = None) -> int:
        return len([s for s in self.seen if s.method == method and path in (None, s.path)])

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ScriptedAlpaca"]:
        runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.transport is not None and request.transport not in self.open_connections:
            self.open_connections.add(request.transport)
            self.connections += 1
        path = request.path
        if request.headers.get("Upgrade", "").lower() == "websocket" and path in self._streams:
            return await self._play(request, self._streams[path])
        self.seen.append(
            Seen(
                request.method,
                path,
                dict(request.query),
                request.headers.copy(),
                await request.read(),
            )
        )
        replies = self._replies.get((request.method, path))
        if not replies:
            return web.json_response({"code": 40410000, "message": "not scripted"}, status=404)
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        return await reply.give(request)

    async def _play(self, request: web.BaseRequest, script: StreamScript) -> web.StreamResponse:
        number = self._visits[request.path]
        self._visits[request.path] += 1
        return await script(request, number)


def a_package(client_order_id: str, *, limit: Decimal = Decimal("0.35")) -> Ticket:
    """Two units of a put spread, to be bought back."""
    return Ticket(
        client_order_id=client_order_id,
        units=2,
        legs=(
            TicketLeg("SPY261218P00450000", 1, Side.BUY),
            TicketLeg("SPY261218P00440000", 1, Side.SELL),
        ),
        order_type=OrderType.LIMIT,
        limit=limit,
    )


def accepted(ticket: Ticket) -> dict[str, Any]:
    """The body of a POST that was taken."""
    return {"id": "o-1", "client_order_id": ticket.client_order_id, "status": "pending_new"}


class HurriedClock:
    """Wall time that sleeping moves instead of waiting; every sleep is written down."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
        self.sleeps: list[timedelta] = []

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> timedelta:
        return self.at - datetime(2026, 11, 23, tzinfo=UTC)

    async def sleep(self, duration: timedelta) -> None:
        self.sleeps.append(duration)
        self.at += duration
        await asyncio.sleep(0)


async def until(holds: Callable[[], bool], *, seconds: float = 5) -> None:
    """Wait for an effect."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - the effect is another's, not an event of ours
            await asyncio.sleep(0.001)
