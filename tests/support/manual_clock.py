"""A clock that stands still until a test moves it."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta

from support.eventually import settle

FRIDAY_MORNING = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
"""Ten in New York, half an hour into the session."""


class ManualClock:
    """The `Clock` port. Sleepers wake in the order of their time, one after another."""

    def __init__(self, now: datetime = FRIDAY_MORNING) -> None:
        self._now = now
        self._set_by = timedelta(0)
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return self._now + self._set_by

    def monotonic(self) -> timedelta:
        return self._now - FRIDAY_MORNING

    async def sleep(self, duration: timedelta) -> None:
        if duration <= timedelta(0):
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self._now + duration, self._count, future))
        await future

    async def advance(self, duration: timedelta) -> None:
        """Move on, waking whoever is due on the way and letting him finish."""
        until = self._now + duration
        await settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            due, _, future = heapq.heappop(self._sleepers)
            if future.done():
                continue
            self._now = max(self._now, due)
            future.set_result(None)
            await settle()
        self._now = until
        await settle()

    def freeze(self, duration: timedelta) -> None:
        """Let time pass without anybody noticing, as for a process that is stopped."""
        self._now += duration

    def set_by(self, change: timedelta) -> None:
        """Set the clock on the wall; no time passes."""
        self._set_by += change

    async def seconds(self, count: float) -> None:
        """Move on by so many seconds."""
        await self.advance(timedelta(seconds=count))
