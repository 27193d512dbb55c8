"""Who may speak: Alpaca's key pair, as headers or as the first message of a stream."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

KEY_HEADER: Final = "APCA-API-KEY-ID"
SECRET_HEADER: Final = "APCA-API-SECRET-KEY"  # noqa: S105 - the name of a header


@dataclass(frozen=True, slots=True)
class Credentials:
    """The pair that is let in; without one, any pair of non-empty strings is."""

    key: str | None = None
    secret: str | None = None

    def admit(self, key: object, secret: object) -> bool:
        if not (isinstance(key, str) and key and isinstance(secret, str) and secret):
            return False
        return _agrees(self.key, key) and _agrees(self.secret, secret)

    def admit_headers(self, headers: Mapping[str, str]) -> bool:
        return self.admit(headers.get(KEY_HEADER), headers.get(SECRET_HEADER))


def has_key_headers(headers: Mapping[str, str]) -> bool:
    return KEY_HEADER in headers or SECRET_HEADER in headers


def _agrees(expected: str | None, given: str) -> bool:
    return expected is None or hmac.compare_digest(expected.encode(), given.encode())
