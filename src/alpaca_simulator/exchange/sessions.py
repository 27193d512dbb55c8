"""US market sessions: 9:30 to 16:00 New York time, 13:00 on half-days, closed on holidays."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

NEW_YORK: Final = ZoneInfo("America/New_York")
_OPEN: Final = time(9, 30)
_CLOSE: Final = time(16)
_EARLY_CLOSE: Final = time(13)


class SessionRule(StrEnum):
    """When the market is open.

    Calendar: as NYSE is. Always open: at any hour; the trading date still rolls at the calendar's
    closes. Closed: shut from the start until the next trading date's opening, then as NYSE is.
    """

    CALENDAR = "calendar"
    ALWAYS_OPEN = "always_open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day; `open` and `close` are aware, in New York time."""

    date: date
    open: datetime
    close: datetime

    @property
    def is_half_day(self) -> bool:
        return self.close.time() == _EARLY_CLOSE


@dataclass(frozen=True, slots=True)
class ClockReading:
    """GET /v2/clock."""

    timestamp: datetime
    is_open: bool
    next_open: datetime
    next_close: datetime


@lru_cache(maxsize=4096)
def session_on(day: date) -> Session | None:
    """The session of a date, or None on weekends and holidays."""
    closed, half = _special_days(day.year)
    if day.weekday() >= 5 or day in closed:  # noqa: PLR2004 - Saturday
        return None
    close = _EARLY_CLOSE if day in half else _CLOSE
    return Session(
        day,
        datetime.combine(day, _OPEN, NEW_YORK),
        datetime.combine(day, close, NEW_YORK),
    )


def sessions_between(first: date, last: date) -> list[Session]:
    """All sessions from `first` to `last`, both included."""
    days = (first + timedelta(n) for n in range((last - first).days + 1))
    return [session for day in days if (session := session_on(day)) is not None]


def session_ending_after(moment: datetime) -> Session:
    """The session that is on at `moment`, else the next one: the first whose close lies ahead."""
    day = moment.astimezone(NEW_YORK).date()
    while True:
        session = session_on(day)
        if session is not None and session.close > moment:
            return session
        day += timedelta(1)


def session_opening_after(moment: datetime) -> Session:
    """The first session that has not opened yet at `moment`."""
    day = moment.astimezone(NEW_YORK).date()
    while True:
        session = session_on(day)
        if session is not None and session.open > moment:
            return session
        day += timedelta(1)


def session_before(day: date) -> Session:
    """The last session on an earlier date."""
    while True:
        day -= timedelta(1)
        session = session_on(day)
        if session is not None:
            return session


@lru_cache(maxsize=64)
def _special_days(year: int) -> tuple[frozenset[date], frozenset[date]]:
    known = holidays.financial_holidays("NYSE", years=year)
    half = holidays.financial_holidays("NYSE", years=year, categories=("half_day",))
    return frozenset(known), frozenset(half)
