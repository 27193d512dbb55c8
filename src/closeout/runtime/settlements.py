"""
Assignments, exercises and expiries of the account: what happens without an order.

No stream tells of them. They are read now and then, sooner while something is missing, from a
week before the last look on; the journal keeps them, so that a restart knows them at once, also
those Alpaca no longer lists. They explain and change nothing that is held: what cannot be read
or kept is tried again later.
"""

from datetime import datetime, timedelta

import structlog

from closeout.domain.settlements import Settlement
from closeout.ports import Broker, Clock, History, JournalFailed, ReadFailed, SettlementHistory

log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=15)
WHEN_MISSED = timedelta(seconds=10)
OVERLAP = timedelta(days=7)
"""Activities bear only their day, and some are listed days later."""


class Settlements:
    """Settlements by their id. `revision` grows with every one that is new."""

    def __init__(self, broker: Broker, history: History, clock: Clock) -> None:
        self._broker = broker
        self._history = history
        self._clock = clock
        self._known: dict[str, Settlement] = {}
        self._unkept: dict[str, Settlement] = {}
        self._until: datetime | None = None
        """When all that is known was read, by this run or one before it."""
        self._read_at: datetime | None = None
        """When this run last read them."""
        self._kept_until: datetime | None = None
        self._is_loaded = False
        self.revision = 0

    def all(self) -> tuple[Settlement, ...]:
        return tuple(self._known.values())

    def newest_at(self) -> datetime | None:
        return max((each.at for each in self._known.values()), default=None)

    async def read(self, account: str, *, is_missed: bool) -> None:
        """Read what is new, when a while has passed or, sooner, when something is missing."""
        await self._load(account)
        now = self._clock.now()
        every = WHEN_MISSED if is_missed else EVERY
        if self._read_at is not None and now - self._read_at < every:
            return
        since = None if self._until is None else self._until - OVERLAP
        try:
            read = await self._broker.settlements(since)
        except ReadFailed as failure:
            log.warning("settlements.unread", reason=str(failure))
            return
        self._read_at = self._until = now
        self._take(read)
        await self._keep(account)

    def _take(self, read: tuple[Settlement, ...]) -> None:
        news = {
            each.activity_id: each for each in read if each != self._known.get(each.activity_id)
        }
        if news:
            self._known |= news
            self._unkept |= news
            self.revision += 1

    async def _load(self, account: str) -> None:
        if self._is_loaded:
            return
        try:
            kept = await self._history.load_settlements(account)
        except JournalFailed as failure:
            log.warning("settlements.not_loaded", reason=str(failure))
            return
        self._is_loaded = True
        # What this run has read meanwhile is younger.
        self._known = {each.activity_id: each for each in kept.settlements} | self._known
        self._until = self._until or kept.until
        self._kept_until = kept.until
        self.revision += 1

    async def _keep(self, account: str) -> None:
        """Keep what is new. The end is written with what it speaks for, or not at all."""
        news, until = dict(self._unkept), self._until
        is_old = self._kept_until is None or until is None or until - self._kept_until >= EVERY
        if not news and not is_old:
            return
        try:
            await self._history.keep_settlements(
                account, SettlementHistory(tuple(news.values()), until)
            )
        except JournalFailed as failure:
            log.warning("settlements.not_kept", reason=str(failure))
            return
        self._kept_until = until
        for each in news:
            self._unkept.pop(each, None)
