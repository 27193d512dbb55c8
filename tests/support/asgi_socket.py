"""A WebSocket client that speaks ASGI in the same loop, so that a test can hold it back."""

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp

Message = dict[str, Any]


class AsgiSocket:
    """One connection to `/ws`. While `reading` is cleared, the server cannot send."""

    def __init__(self) -> None:
        self.accepted: bool | None = None
        self.status: int | None = None
        self.reading = asyncio.Event()
        self.reading.set()
        self._to_server: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._from_server: asyncio.Queue[Message] = asyncio.Queue()
        self._decided = asyncio.Event()
        self._to_server.put_nowait({"type": "websocket.connect"})

    async def receive(self) -> MutableMapping[str, Any]:
        return await self._to_server.get()

    async def send(self, event: MutableMapping[str, Any]) -> None:
        match event["type"]:
            case "websocket.accept":
                self._decide(accepted=True)
            case "websocket.close":
                self._decide(accepted=self.accepted or False)
            case "websocket.send":
                await self.reading.wait()
                self._from_server.put_nowait(json.loads(event["text"]))

    def _decide(self, *, accepted: bool) -> None:
        self.accepted = accepted
        self._decided.set()

    async def decided(self) -> bool:
        """Whether the server took the connection."""
        await self._decided.wait()
        return bool(self.accepted)

    async def next(self, kind: str | None = None) -> Message:
        """Return the next message, or the next one of this kind."""
        async with asyncio.timeout(5):
            while True:
                message = await self._from_server.get()
                if kind is None or kind == message["type"]:
                    return message

    def waiting(self) -> list[Message]:
        """Take what has arrived."""
        return [self._from_server.get_nowait() for _ in range(self._from_server.qsize())]

    def leave(self) -> None:
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": 1001})


@asynccontextmanager
async def connect(
    app: ASGIApp, *, query: str = "", host: str = "localhost:8002", origin: str | None = None
) -> AsyncIterator[AsgiSocket]:
    """Open `/ws`, and leave at the end."""
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": "/ws",
        "raw_path": b"/ws",
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8002),
        "subprotocols": [],
        "state": {},
    }
    socket = AsgiSocket()
    serving = asyncio.create_task(_run(app, scope, socket))
    try:
        await socket.decided()
        yield socket
    finally:
        socket.reading.set()
        socket.leave()
        async with asyncio.timeout(5):
            await serving


async def _run(app: ASGIApp, scope: dict[str, Any], socket: AsgiSocket) -> None:
    await app(scope, socket.receive, socket.send)
