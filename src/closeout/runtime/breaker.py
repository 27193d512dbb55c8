"""
A circuit breaker for reads that nobody is waiting to trade on.

It spares a broker that is down the refreshes of a page. A close, a cancel and what they
need to read never pass through it: an exit is tried as long as the broker can be reached
(invariant I11).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FAILURES_TO_OPEN = 5
OPEN_FOR = timedelta(seconds=10)


class BreakerState(StrEnum):
    """`half_open` lets one read through to see."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(slots=True)
class Breaker:
    """Opens after consecutive failures, lets one probe through after a pause."""

    failures: int = 0
    opened_at: datetime | None = None
    probed_at: datetime | None = None
    """When the probe went that is still out."""

    def state(self, now: datetime) -> BreakerState:
        if self.opened_at is None:
            return BreakerState.CLOSED
        if self.probed_at is not None or _is_over(self.opened_at, now):
            return BreakerState.HALF_OPEN
        return BreakerState.OPEN

    @property
    def retry_at(self) -> datetime | None:
        """When the next probe may go, or None while reads pass."""
        return None if self.opened_at is None else self.opened_at + OPEN_FOR

    def allows(self, now: datetime) -> bool:
        """
        Whether a read may go now; in half-open only the first one may.

        A probe that never came back is followed by another after the same pause.
        """
        match self.state(now):
            case BreakerState.CLOSED:
                return True
            case BreakerState.OPEN:
                return False
            case BreakerState.HALF_OPEN:
                if self.probed_at is not None and not _is_over(self.probed_at, now):
                    return False
                self.probed_at = now
                return True

    def succeeded(self) -> None:
        self.failures = 0
        self.opened_at = None
        self.probed_at = None

    def failed(self, now: datetime) -> None:
        self.failures += 1
        if self.probed_at is not None or self.failures >= FAILURES_TO_OPEN:
            self.opened_at = now
        self.probed_at = None


def _is_over(began_at: datetime, now: datetime) -> bool:
    """Whether a pause is over. A clock that was set back must not make it longer."""
    return not began_at <= now < began_at + OPEN_FOR
