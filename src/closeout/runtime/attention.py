"""
Reads the account ahead of a click.

Whoever looks at the preview of a close is about to ask for it. While somebody does, holdings and
history are read so often that the close finds them young and need not wait for the broker.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from closeout.ports import Clock
from closeout.runtime.book import YOUNG, Book
from closeout.runtime.budget import Budget, Priority
from closeout.runtime.clock import finishes

LOOKING = timedelta(seconds=5)
"""How long a preview counts as looked at; an open page asks for one every two seconds."""

AHEAD = timedelta(milliseconds=500)
"""How long before it grows old a snapshot is read again: a slow answer takes as long."""

REQUESTS = 2
"""What a look at the account asks of the broker: positions, and what is new of the orders."""


class Attention:
    """Keeps the book young while previews are asked for, as far as the budget allows."""

    def __init__(
        self, book: Book, clock: Clock, budget: Budget, refresh: Callable[[], Awaitable[object]]
    ) -> None:
        self._book = book
        self._clock = clock
        self._budget = budget
        self._refresh = refresh
        self._until = timedelta(0)
        self._drawn = asyncio.Event()

    def draw(self) -> None:
        """Note that somebody looks at a preview now."""
        self._until = self._clock.monotonic() + LOOKING
        self._drawn.set()

    async def keep(self) -> None:
        """Read ahead while somebody looks, until cancelled."""
        while True:
            await self._drawn.wait()
            while self._clock.monotonic() < self._until:
                self._drawn.clear()
                pause = await self._look()
                await finishes(self._drawn.wait(), pause, self._clock)

    async def _look(self) -> timedelta:
        """Read if it is time to, and return how long to wait until the next look."""
        if not self._book.stream_is_whole:
            return YOUNG  # what is read now would not be young either
        if self._book.young_for() <= AHEAD:
            wait = self._budget.take(Priority.REFRESH, REQUESTS)
            if wait:
                return wait
            await self._refresh()
        # Without an answer it is not young even now, and asking faster would not make it so.
        return (self._book.young_for() or YOUNG) - AHEAD
