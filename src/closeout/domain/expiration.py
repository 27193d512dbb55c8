"""When options end, and until when one should be out of them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from closeout.domain.session import EXCHANGE_ZONE, cut_offs
from closeout.domain.strategies import Strategy

_CLOSE = time(16, 0)
_YEAR = timedelta(days=365)


class Happening(StrEnum):
    """What comes next for a strategy."""

    EXPIRY_CUTOFF = "expiry_cutoff"
    EXPIRY = "expiry"


@dataclass(frozen=True, slots=True)
class NextEvent:
    """The next thing that happens by itself, and a sentence on it."""

    kind: Happening
    at: datetime
    message: str


def expires_at(expiry: date) -> datetime:
    """Return the close of the last day. Half days end sooner, which only shortens the tail."""
    return datetime.combine(expiry, _CLOSE, EXCHANGE_ZONE)


def years_until(expiry: date, now: datetime) -> float:
    """Return calendar time to the close of the last day, in years of 365 days; none is zero."""
    return max((expires_at(expiry) - now) / _YEAR, 0.0)


def next_event(strategy: Strategy, now: datetime) -> NextEvent | None:
    """Return what happens next by itself; None for shares alone and after the last close."""
    expiry = strategy.expiry
    if expiry is None or now >= expires_at(expiry):
        return None
    flat_by = cut_offs(strategy.underlying, expiry, None).last_order
    if now < flat_by:
        return NextEvent(
            Happening.EXPIRY_CUTOFF,
            flat_by,
            f"Expires on {expiry:%A} {expiry.day} {expiry:%B}. From {flat_by:%H:%M} in New York "
            "on Alpaca may take no more orders, and close single legs by itself: be out before.",
        )
    return NextEvent(
        Happening.EXPIRY,
        expires_at(expiry),
        f"Expires today at {_CLOSE:%H:%M} in New York. Alpaca may close single legs by itself now.",
    )
