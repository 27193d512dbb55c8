"""What happens to a strategy next by itself, and until when one should be out of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from closeout.domain.announcements import Announcement, next_dividend
from closeout.domain.session import cut_offs, exchange_date, expires_at, opens_at
from closeout.domain.strategies import Strategy

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


def years_until(expiry: date, now: datetime) -> float:
    """Return calendar time to the close of the last day, in years of 365 days; none is zero."""
    return max((expires_at(expiry) - now) / _YEAR, 0.0)


def next_event(
    strategy: Strategy, now: datetime, announced: Iterable[Announcement] = ()
) -> NextEvent | None:
    """
    Return what happens next by itself: a dividend or the first expiry, whichever is sooner.

    None for shares alone without a dividend in sight, and after the last close.
    """
    found = [_ex_dividend(announced, now), _expiry(strategy, now)]
    return min((each for each in found if each is not None), key=lambda each: each.at, default=None)


def _ex_dividend(announced: Iterable[Announcement], now: datetime) -> NextEvent | None:
    dividend = next_dividend(announced, exchange_date(now))
    if dividend is None:
        return None
    return NextEvent(
        Happening.EX_DIVIDEND,
        opens_at(dividend.ex_date),
        f"{dividend.symbol} goes ex-dividend on {_day(dividend.ex_date)}: ${dividend.rate} a "
        "share. Short calls in the money may be assigned the night before.",
    )


def _expiry(strategy: Strategy, now: datetime) -> NextEvent | None:
    expiry = strategy.expiry
    if expiry is None or now >= expires_at(expiry):
        return None
    flat_by = cut_offs(strategy.underlying, expiry, None).last_order
    if now < flat_by:
        return NextEvent(
            Happening.EXPIRY_CUTOFF,
            flat_by,
            f"Expires on {_day(expiry)}. From {flat_by:%H:%M} in New York "
            "on Alpaca may take no more orders, and close single legs by itself: be out before.",
        )
    closes = expires_at(expiry)
    return NextEvent(
        Happening.EXPIRY,
        closes,
        f"Expires today at {closes:%H:%M} in New York. Alpaca may close single legs by itself now.",
    )


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
