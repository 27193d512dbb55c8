"""How much Alpaca lets us ask, as its answers tell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

TOO_MANY = 429

WAIT_UNTOLD = timedelta(seconds=1)
"""After a 429 that names no time: 200 requests a minute refill within a second or two."""

WAIT_LEAST = timedelta(milliseconds=100)
"""A reset that has just passed by our clock may not yet have passed by Alpaca's."""

WAIT_MOST = timedelta(minutes=2)
"""No wait is longer: a budget of requests is for a minute."""

_RESET_WITHIN = timedelta(seconds=61)
"""
A reset is told in whole seconds by Alpaca's clock. One later than a minute from now is told by a
clock that is ahead of ours, and says nothing: an exit must not wait for it.
"""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """
    The `X-RateLimit-*` headers of one answer: requests per minute, left, and refilled when.

    Alpaca documents them for market data, clock and calendar and sends them elsewhere too;
    what an answer did not tell is None.
    """

    limit: int | None
    remaining: int | None
    reset_at: datetime | None

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> "RateLimit | None":
        limit = _whole(headers.get("X-RateLimit-Limit"))
        remaining = _whole(headers.get("X-RateLimit-Remaining"))
        reset = _whole(headers.get("X-RateLimit-Reset"))
        if limit is None and remaining is None and reset is None:
            return None
        return cls(limit, remaining, None if reset is None else _instant(reset))


def wait_asked(status: int, headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """
    How long an answer asks to wait; None if it does not.

    `Retry-After` does on any answer. The rate limit's reset is on every answer and asks only
    when the limit is what refused it.
    """
    asked = _retry_after(headers.get("Retry-After"), now)
    if asked is None and status == TOO_MANY:
        asked = _until_reset(RateLimit.from_headers(headers), now)
    return None if asked is None else min(max(asked, WAIT_LEAST), WAIT_MOST)


def _until_reset(rate: RateLimit | None, now: datetime) -> timedelta | None:
    if rate is None or rate.reset_at is None or rate.reset_at - now > _RESET_WITHIN:
        return None
    return rate.reset_at - now


def _retry_after(text: str | None, now: datetime) -> timedelta | None:
    """RFC 9110 allows seconds or an HTTP date."""
    seconds = _whole(text)
    if seconds is not None:
        return timedelta(seconds=min(seconds, WAIT_MOST.total_seconds()))
    try:
        at = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now


def _whole(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _instant(epoch: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(epoch, UTC)
    except (OverflowError, ValueError, OSError):
        return None
