"""One client's socket with its own queue, so that a slow reader holds up nobody else."""

from __future__ import annotations

import asyncio
import contextlib
from enum import Enum
from typing import Final

from aiohttp import web

from alpaca_simulator.wire.sockets import hang_up, reset

FULL: Final = 20_000
"""Frames that may wait for a slow client before it is cut off."""


class _Ending(Enum):
    """What comes after the last frame."""

    GOODBYE = "closing handshake"
    HANG_UP = "none"


class Outbox:
    """Sends frames in the order they were put. Must be drained by one task."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        self._request = request
        self._socket = socket
        self._frames: asyncio.Queue[bytes | str | _Ending] = asyncio.Queue()

    def put(self, frame: bytes | str) -> bool:
        """Queue one frame, bytes as a binary and text as a text frame; False if it is full."""
        if self._frames.qsize() >= FULL:
            return False
        self._frames.put_nowait(frame)
        return True

    def finish(self) -> None:
        """Close properly once everything queued so far has been sent."""
        self._frames.put_nowait(_Ending.GOODBYE)

    def cut(self) -> None:
        """Hang up without a closing handshake once everything queued so far has been sent."""
        self._frames.put_nowait(_Ending.HANG_UP)

    def clear(self) -> None:
        """Forget what is queued."""
        while not self._frames.empty():
            self._frames.get_nowait()

    def drop(self) -> None:
        """Reset the connection at once; what is queued is lost."""
        reset(self._request)

    async def drain(self) -> None:
        """Send until the socket closes or this is cancelled."""
        with contextlib.suppress(ConnectionError):
            while not isinstance(frame := await self._frames.get(), _Ending):
                if isinstance(frame, bytes):
                    await self._socket.send_bytes(frame)
                else:
                    await self._socket.send_str(frame)
            if frame is _Ending.HANG_UP:
                hang_up(self._request)
            else:
                await self._socket.close()
