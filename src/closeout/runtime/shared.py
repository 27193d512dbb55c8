"""One read for everybody who asked before it began."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Generic, TypeVar

from closeout.ports import Clock, ReadFailed
from closeout.runtime.clock import finishes

T = TypeVar("T")

PATIENCE = timedelta(seconds=2)
"""How long a read waits for the one before it. One that hangs must not hold an exit up."""


class Shared(Generic[T]):
    """
    A read that is made once for all who ask together, one at a time.

    Whoever asks while one is under way waits for the next: what has begun before the question
    may not know what the question is about. A failure is shared like an answer. The read runs
    in a task of its own, so that a reader who goes away leaves the others their answer.
    """

    def __init__(self, read: Callable[[], Awaitable[T]], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._next: asyncio.Task[T | ReadFailed] | None = None
        """The read that has not begun yet, which whoever asks now may share."""
        self._begun: asyncio.Task[T | ReadFailed] | None = None
        self._tasks: set[asyncio.Task[T | ReadFailed]] = set()

    async def __call__(self) -> T:
        """Raises: ReadFailed."""
        read = self._next
        if read is None:
            read = self._next = asyncio.create_task(self._attempt(self._begun))
            self._tasks.add(read)
            read.add_done_callback(self._tasks.discard)
        await asyncio.wait([read])
        if read.cancelled():
            raise ReadFailed("Closeout is stopping, and reads nothing more")
        outcome = read.result()
        if isinstance(outcome, ReadFailed):
            raise outcome
        return outcome

    async def stop(self) -> None:
        """End what is under way; whoever waits for it hears so."""
        self._next = None
        ending = list(self._tasks)
        for each in ending:
            each.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _attempt(self, before: asyncio.Task[T | ReadFailed] | None) -> T | ReadFailed:
        if before is None or before.done():
            await asyncio.sleep(0)  # whoever asks in this very moment shares it
        else:
            await finishes(asyncio.wait([before]), PATIENCE, self._clock)
        self._begun, self._next = self._next, None
        try:
            return await self._read()
        except ReadFailed as failure:
            return failure
