"""The options session as Alpaca keeps it: dates and hours in New York, cut-offs of an expiry."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from closeout.domain.pricing import PENNY_EVERYWHERE

EXCHANGE_ZONE = ZoneInfo("America/New_York")
"""Trade dates and expiries are New York's."""

_OPEN = time(9, 30)
_CLOSE = time(16, 0)

_LATE_CLASSES = PENNY_EVERYWHERE
"""Broad ETFs whose expiring contracts Alpaca takes orders for a quarter of an hour longer."""


@dataclass(frozen=True, slots=True)
class CutOffs:
    """
    When a contract that expires today can no longer be relied on.

    Alpaca's pages disagree (options overview: 15:30 ET; support pages: 15:15, for broad ETFs
    15:30, liquidation from 15:30 or 15:45, earlier in volatile markets). The earliest of them
    is taken, counted back from the close so that half days shift too.
    """

    last_order: datetime
    liquidation: datetime


def exchange_date(now: datetime) -> date:
    """Return the trade date of an instant."""
    return now.astimezone(EXCHANGE_ZONE).date()


def opens_at(day: date) -> datetime:
    """Return the opening of a trading day."""
    return datetime.combine(day, _OPEN, EXCHANGE_ZONE)


def expires_at(expiry: date) -> datetime:
    """Return the close of the last day. Half days end sooner, which only shortens the tail."""
    return datetime.combine(expiry, _CLOSE, EXCHANGE_ZONE)


def cut_offs(underlying: str, expiry: date, close: datetime | None) -> CutOffs:
    """Return the cut-offs of an expiry; `close` is that session's, None when it is not known."""
    close = close or expires_at(expiry)
    late = timedelta(minutes=15) if underlying in _LATE_CLASSES else timedelta(0)
    last_order = close - timedelta(minutes=45) + late
    return CutOffs(last_order=last_order, liquidation=close - timedelta(minutes=30))
