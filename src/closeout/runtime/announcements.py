"""
Dividends and splits of what is held, read once a day and never waited for.

They warn and decide nothing. What could not be read is unknown, and said to be.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from closeout.domain.announcements import Announcement
from closeout.domain.session import exchange_date
from closeout.ports import Clock, Quotes, ReadFailed
from closeout.runtime.book import Book
from closeout.runtime.feed import Feed

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=5)
"""How soon a new underlying is asked about."""
RETRY_AFTER = timedelta(minutes=10)
AHEAD = timedelta(days=400)
"""Longer than nearly all options live."""
KEPT = timedelta(days=4)
"""What was read so many days ago still stands when it cannot be read again."""


@dataclass(frozen=True, slots=True)
class _Known:
    read_on: date
    announced: tuple[Announcement, ...]


class Announcements:
    """What is announced of the underlyings in the book."""

    def __init__(self, book: Book, quotes: Quotes, clock: Clock, feed: Feed) -> None:
        self._book = book
        self._quotes = quotes
        self._clock = clock
        self._feed = feed
        self._known: dict[str, _Known] = {}
        self._failed_at: datetime | None = None

    def of(self, underlying: str) -> tuple[Announcement, ...] | None:
        """Return what is announced, the soonest first; None when that is not known."""
        known = self._known.get(underlying)
        if known is None or self._today() - known.read_on > KEPT:
            return None
        return known.announced

    async def run(self) -> None:
        """Keep up until cancelled."""
        while True:
            await self.read_due()
            await self._clock.sleep(LOOK_EVERY)

    async def read_due(self) -> None:
        """Ask about every underlying that was not asked about today."""
        now, today = self._clock.now(), self._today()
        if self._failed_at is not None and now - self._failed_at < RETRY_AFTER:
            return
        _, stocks = self._book.watched()
        due = frozenset(each for each in stocks if not self._is_of_today(each, today))
        if not due:
            return
        try:
            found = await self._quotes.announcements(due, today + AHEAD)
        except ReadFailed as failure:
            self._failed_at = now
            log.warning("announcements.unread", reason=str(failure))
            return
        self._failed_at = None
        for each in due:
            own = tuple(sorted((a for a in found if a.symbol == each), key=_by_day))
            self._known[each] = _Known(today, own)
        self._feed.positions_changed()

    def _is_of_today(self, underlying: str, today: date) -> bool:
        known = self._known.get(underlying)
        return known is not None and known.read_on == today

    def _today(self) -> date:
        return exchange_date(self._clock.now())


def _by_day(announcement: Announcement) -> tuple[date, str]:
    return (announcement.ex_date, announcement.kind)
