"""JSON or MessagePack, whichever the client asked for in its handshake."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

import msgspec

MSGPACK_TYPE: Final = "application/msgpack"


class Codec(Enum):
    JSON = "json"
    MSGPACK = "msgpack"

    def encode(self, message: object) -> bytes:
        """Aware datetimes become RFC 3339 text in JSON and timestamp extensions in MessagePack."""
        if self is Codec.JSON:
            return msgspec.json.encode(message)
        return msgspec.msgpack.encode(message)

    def decode(self, data: bytes | str) -> object:
        """Raises msgspec.DecodeError for bytes that are neither."""
        if self is Codec.JSON or isinstance(data, str):
            return msgspec.json.decode(data)
        return msgspec.msgpack.decode(data)


def asked_for(headers: Mapping[str, str]) -> Codec:
    return Codec.MSGPACK if headers.get("Content-Type") == MSGPACK_TYPE else Codec.JSON
