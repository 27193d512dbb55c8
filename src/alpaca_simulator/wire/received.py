"""The log of every request a client made, so that a black-box test can judge the client."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

KEPT: Final = 100_000
"""Requests kept; older ones are forgotten so that a long benchmark does not fill the memory."""


class Received(msgspec.Struct):
    """One request as it arrived and what came of it.

    Attributes:
        number: Counts from 1 since the start, also across a clearing of the log.
        at: Wall-clock time of arrival.
        simulated_at: What the simulated clock said.
        query: Decoded; the values of a repeated name joined by commas.
        body: Decoded JSON; the text if it is no JSON; null without a body.
        status: Status of the answer, null if none was sent.
        outcome: ``pending``, ``answered``, ``cut`` (connection reset by a fault), ``abandoned``
            (the client left first) or ``stream`` (a WebSocket that is or was open).
        carried_out: Whether the exchange was asked at all; after a 504 or a cut this is the truth
            the client does not know.
        true_status: Status the exchange's own answer had, also where a fault replaced it.
        faults: Kinds of the faults that struck.
        ms: Milliseconds until the answer was handed over.
    """

    number: int
    at: datetime
    simulated_at: datetime
    method: str
    path: str
    query: dict[str, str]
    body: object = None
    status: int | None = None
    outcome: str = "pending"
    carried_out: bool = False
    true_status: int | None = None
    faults: list[str] = msgspec.field(default_factory=list)
    ms: float | None = None


class ReceivedLog:
    def __init__(self) -> None:
        self._entries: deque[Received] = deque(maxlen=KEPT)
        self._count = 0

    def open(
        self, *, simulated_at: datetime, method: str, path: str, query: dict[str, str], body: object
    ) -> Received:
        """Write a request down; its outcome is filled in on the entry that is returned."""
        self._count += 1
        entry = Received(
            number=self._count,
            at=datetime.now(UTC),
            simulated_at=simulated_at,
            method=method,
            path=path,
            query=query,
            body=body,
        )
        self._entries.append(entry)
        return entry

    def entries(self) -> Sequence[Received]:
        return list(self._entries)

    def clear(self) -> None:
        self._entries.clear()


def decode_body(raw: bytes) -> object:
    """The body as JSON values, as text where it is no JSON, as None where there is none."""
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return raw.decode("utf-8", "replace")
