"""Cutting a connection the way a broken network does."""

import socket
import struct
from typing import Final

from aiohttp import web

_LINGER_ZERO: Final = struct.pack("ii", 1, 0)


def reset(request: web.Request) -> None:
    """Abort the client's connection with a TCP reset; what it has not read yet is lost too."""
    transport = request.transport
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    transport.abort()


def hang_up(request: web.Request) -> None:
    """End the connection without a word of the protocol; what was sent still arrives."""
    if request.transport is not None:
        request.transport.abort()
