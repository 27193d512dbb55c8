"""Which symbols a quote stream should serve, does serve, and will not: no sockets here."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

BATCH = 200
"""Symbols in one request: about 5 KB, and the whole allowance of the free plan."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask the stream next."""

    action: Literal["subscribe", "unsubscribe"]
    symbols: tuple[str, ...]


class Subscriptions:
    """
    Moves what a stream serves toward what is wanted, one request at a time.

    The server's acknowledgement lists everything it serves, and is believed. A request beyond
    the plan's symbol limit is refused as a whole while older subscriptions stay, so it is
    tried again by halves until the allowance is full; the rest waits until `want` changes.
    """

    def __init__(self) -> None:
        self._wanted: frozenset[str] = frozenset()
        self._served: frozenset[str] = frozenset()
        self._refused: frozenset[str] = frozenset()
        self._asked: Request | None = None
        self._batch = BATCH

    @property
    def unserved(self) -> frozenset[str]:
        """Wanted symbols that the server has refused."""
        return self._wanted & self._refused

    def want(self, symbols: frozenset[str]) -> None:
        self._wanted = symbols
        self._forgive()

    def reconnected(self) -> None:
        """A new connection serves nothing yet."""
        self._served = frozenset()
        self._asked = None
        self._forgive()

    def next_request(self) -> Request | None:
        """Return what to send now; None when all is as it should be. Dropping goes first."""
        surplus = sorted(self._served - self._wanted)
        missing = sorted(self._wanted - self._served - self._refused)
        if surplus:
            self._asked = Request("unsubscribe", tuple(surplus[:BATCH]))
        elif missing:
            self._asked = Request("subscribe", tuple(missing[: self._batch]))
        else:
            self._asked = None
        return self._asked

    def acknowledged(self, served: Iterable[str]) -> None:
        """Believe the server's list; what was asked for and is not in it is refused."""
        self._served = frozenset(served)
        if self._asked is None:
            return
        if self._asked.action == "subscribe":
            self._refused |= frozenset(self._asked.symbols) - self._served
        else:
            self._served -= frozenset(self._asked.symbols)

    def over_limit(self) -> None:
        """The last request went beyond the symbol limit: ask for less, or stop asking."""
        assert self._asked is not None
        if len(self._asked.symbols) > 1:
            self._batch = len(self._asked.symbols) // 2
        else:
            self._refused |= self._wanted - self._served

    def refused(self) -> None:
        """The last request was refused for another reason: do not repeat it."""
        assert self._asked is not None
        if self._asked.action == "subscribe":
            self._refused |= frozenset(self._asked.symbols)
        else:
            self._served -= frozenset(self._asked.symbols)

    def _forgive(self) -> None:
        self._refused = frozenset()
        self._batch = BATCH
