"""One read for everybody who asked before it began."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from closeout.ports import ReadFailed

T = TypeVar("T")


class Shared(Generic[T]):
    """
    A read of which one runs at a time.

    Whoever asks while one is under way waits for the next: what has begun before the question
    may not know what the question is about. A failure is shared like an answer.
    """

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._lock = asyncio.Lock()
        self._begun = 0
        self._done = 0
        self._outcome: T | ReadFailed | None = None

    async def __call__(self) -> T:
        """Raises: ReadFailed."""
        asked = self._begun
        async with self._lock:
            if self._done <= asked:
                await asyncio.sleep(0)  # whoever asks in this very moment shares it
                self._begun += 1
                number = self._begun
                self._outcome = await self._attempt()
                self._done = number
            outcome = self._outcome
        if isinstance(outcome, ReadFailed):
            raise outcome
        assert outcome is not None, "the read is done"
        return outcome

    async def _attempt(self) -> T | ReadFailed:
        try:
            return await self._read()
        except ReadFailed as failure:
            return failure
