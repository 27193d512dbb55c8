"""One client's socket with its own queue, so that a slow reader holds up nobody else."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from aiohttp import web

from alpaca_simulator.wire.sockets import reset

FULL: Final = 20_000
"""Frames that may wait for a slow client before it is cut off."""


class Outbox:
    """Sends frames in the order they were put. Must be drained by one task."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        self._request = request
        self._socket = socket
        self._frames: asyncio.Queue[bytes | str | None] = asyncio.Queue()

    def put(self, frame: bytes | str) -> bool:
        """Queue one frame, bytes as a binary and text as a text frame; False if it is full."""
        if self._frames.qsize() >= FULL:
            return False
        self._frames.put_nowait(frame)
        return True

    def finish(self) -> None:
        """Close properly once everything queued so far has been sent."""
        self._frames.put_nowait(None)

    def cut(self) -> None:
        """Reset the connection without a closing handshake; what is queued is lost."""
        reset(self._request)

    async def drain(self) -> None:
        """Send until the socket closes or this is cancelled."""
        with contextlib.suppress(ConnectionError):
            while (frame := await self._frames.get()) is not None:
                if isinstance(frame, bytes):
                    await self._socket.send_bytes(frame)
                else:
                    await self._socket.send_str(frame)
            await self._socket.close()
