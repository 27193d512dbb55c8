"""The clock on the wall."""

import asyncio
from datetime import UTC, datetime, timedelta


class SystemClock:
    """UTC now, and sleeping on the event loop."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(max(0.0, duration.total_seconds()))
