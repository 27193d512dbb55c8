"""Alpaca's request budget: so many requests in each minute, told in ``X-RateLimit-`` headers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

WINDOW_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one request was granted.

    Attributes:
        granted: False means 429.
        limit: Requests a minute.
        remaining: Requests left in this window.
        reset: Unix time at which the window ends.
        retry_after: Seconds until then, at least one.
    """

    granted: bool
    limit: int
    remaining: int
    reset: int
    retry_after: int

    def headers(self) -> dict[str, str]:
        """The three headers of Alpaca's OpenAPI files (`components/headers/ratelimit_*`)."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }


class RateLimiter:
    """Counts the requests of one account in fixed windows of a minute that start at the first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._ends = 0.0
        self._used = 0

    def take(self, now: float) -> Allowance:
        """Count one request at `now`, seconds since 1970."""
        if now >= self._ends:
            self._ends = now + WINDOW_SECONDS
            self._used = 0
        granted = self._used < self.limit
        self._used += granted
        return Allowance(
            granted=granted,
            limit=self.limit,
            remaining=self.limit - self._used,
            reset=math.ceil(self._ends),
            retry_after=max(1, math.ceil(self._ends - now)),
        )
