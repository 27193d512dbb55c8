"""
The requests an account may make of the broker in a minute, shared by all that makes them.

Alpaca takes 200 a minute and account and answers 429 beyond. Ten walks and their look-ups can
use all of that up, and a cancel must not wait behind them: orders and cancels always go, a
replacement only while enough is left for them, a look-up while enough is left for those, and a
refresh of the page last (invariant I11: nothing here ever refuses an exit).
"""

from datetime import timedelta
from enum import IntEnum

from closeout.ports import Clock

REQUESTS_A_MINUTE = 200
"""alpaca.markets/support, usage limit of API calls; other plans say so in their answers."""


class Priority(IntEnum):
    """Who goes first. The value is the share of the budget, in percent, left to those before."""

    EXIT = 0
    REPLACE = 10
    QUERY = 20
    REFRESH = 40


class Budget:
    """A bucket that fills evenly. What the broker says is left counts if it is less."""

    def __init__(self, clock: Clock, *, a_minute: int = REQUESTS_A_MINUTE) -> None:
        self._clock = clock
        self._size = float(a_minute)
        self._left = self._size
        self._at = clock.now()

    @property
    def left(self) -> float:
        """Requests that could go now; less than none when exits have gone beyond."""
        self._refill()
        return self._left

    def take(self, priority: Priority, requests: int = 1) -> timedelta:
        """
        Take so many requests and return zero, or how long until they might go.

        Exits are always taken, beyond the budget too: the broker is the one to say no.
        """
        self._refill()
        kept = self._size * priority / 100
        missing = 0.0 if priority is Priority.EXIT else kept + requests - self._left
        if missing > 0:
            return timedelta(seconds=missing * 60 / self._size)
        self._left -= requests
        return timedelta(0)

    def note(self, limit: int | None, remaining: int | None) -> None:
        """Learn from an answer how large the budget is and what is left of it."""
        self._refill()
        if limit:
            # What is more than was thought has not been used either.
            self._left += max(0.0, limit - self._size)
            self._size = float(limit)
        if remaining is not None:
            self._left = min(self._left, float(remaining))
        self._left = min(self._left, self._size)

    def _refill(self) -> None:
        now = self._clock.now()
        grown = (now - self._at).total_seconds() * self._size / 60
        self._left = min(self._size, self._left + max(0.0, grown))
        self._at = now
