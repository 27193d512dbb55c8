"""When options end, and until when one should be out of them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from closeout.domain.strategies import Strategy

EXCHANGE_ZONE = ZoneInfo("America/New_York")

_CLOSE = time(16, 0)
_CUTOFF = time(15, 15)
"""
Alpaca may sell long options and buy back short ones on their last day from here on: its pages
say 15:15, 15:30 and "within an hour", and people report single legs closed at 15:30
(alpaca.markets/support, why was my long option position liquidated; alpaca-py issue 774).
"""

_YEAR = timedelta(days=365)


class Happening(StrEnum):
    """What comes next for a strategy."""

    EX_DIVIDEND = "ex_dividend"
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


def cutoff_at(expiry: date) -> datetime:
    """Return until when to be flat on the last day."""
    return datetime.combine(expiry, _CUTOFF, EXCHANGE_ZONE)


def years_until(expiry: date, now: datetime) -> float:
    """Return calendar time to the close of the last day, in years of 365 days; none is zero."""
    return max((expires_at(expiry) - now) / _YEAR, 0.0)


def next_event(strategy: Strategy, now: datetime) -> NextEvent | None:
    """Return what happens next by itself; None for shares alone and after the last close."""
    expiry = strategy.expiry
    if expiry is None or now >= expires_at(expiry):
        return None
    day = f"{expiry:%A} {expiry.day} {expiry:%B}"
    if now < cutoff_at(expiry):
        return NextEvent(
            Happening.EXPIRY_CUTOFF,
            cutoff_at(expiry),
            f"Expires on {day}. Alpaca may close single legs by itself from {_CUTOFF:%H:%M} in "
            "New York on: be out before.",
        )
    return NextEvent(
        Happening.EXPIRY,
        expires_at(expiry),
        f"Expires today at {_CLOSE:%H:%M} in New York, and Alpaca may close single legs by "
        "itself now.",
    )
