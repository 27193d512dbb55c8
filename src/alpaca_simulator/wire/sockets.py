"""Cutting a connection the way a broken network does."""

import socket
import struct
from typing import Final

from aiohttp import web

_LINGER_ZERO: Final = struct.pack("ii", 1, 0)


def reset(request: web.Request) -> None:
    """Abort the client's connection with a TCP reset; nothing unsent reaches it."""
    transport = request.transport
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    transport.abort()
