"""The clock on the wall, and waiting with an end."""

import asyncio
import time
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from closeout.ports import Clock

# Linux stops CLOCK_MONOTONIC while the machine sleeps, macOS does not; a lease must age then too.
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """UTC now, and sleeping on the event loop."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> timedelta:
        return timedelta(seconds=time.clock_gettime(_STEADY))

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(max(0.0, duration.total_seconds()))


async def finishes(work: Coroutine[Any, Any, object], within: timedelta, clock: Clock) -> bool:
    """Run `work`, but no longer than this; False when it had to be stopped."""
    job, alarm = asyncio.create_task(work), asyncio.create_task(clock.sleep(within))
    try:
        await asyncio.wait({job, alarm}, return_when=asyncio.FIRST_COMPLETED)
        if job.done():
            job.result()
        return job.done()
    finally:
        job.cancel()
        alarm.cancel()
