"""
Keeps what is known of an account fresh, at a pace that leaves the broker to the closes.

Nothing here is in the way of an exit (invariant I11): whoever is about to trade reads by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from closeout.domain.holdings import Holdings
from closeout.ports import Clock, JournalFailed, Quotes, ReadFailed
from closeout.runtime.attention import REQUESTS
from closeout.runtime.book import Book
from closeout.runtime.breaker import Breaker, BreakerState
from closeout.runtime.budget import Budget, Priority
from closeout.runtime.feed import Feed
from closeout.runtime.supervisor import Supervisor

log = structlog.get_logger(__name__)

REFRESH_EVERY = timedelta(seconds=30)
_AFTER_FILL = timedelta(milliseconds=200)
"""Fills come in bursts: one look at the holdings serves them all."""
_CLOCK_CHECK = timedelta(seconds=5)
_CLOCK_EVERY = timedelta(seconds=60)
RETRY = timedelta(seconds=2)


class Lookout:
    """
    Looks at the account, regularly and when something has happened.

    `is_streamed` says whether quotes and trade updates come in by themselves, `unstreamed` the
    watched options and stocks whose quotes do not all the same.
    """

    def __init__(
        self,
        book: Book,
        quotes: Quotes,
        clock: Clock,
        feed: Feed,
        *,
        supervisor: Supervisor,
        budget: Budget,
        is_streamed: Callable[[], bool],
        unstreamed: Callable[[], tuple[frozenset[str], frozenset[str]]],
    ) -> None:
        self._book = book
        self._quotes = quotes
        self._clock = clock
        self._feed = feed
        self._supervisor = supervisor
        self._budget = budget
        self._is_streamed = is_streamed
        self._unstreamed = unstreamed
        self.breaker = Breaker()
        self.shown = asyncio.Event()
        """Set once the account has been read, whoever works it."""
        self._read_at: dict[str, timedelta] = {}
        """When account and market clock were last read, by the clock that nobody sets."""
        self.has_missed_quotes = False

    async def keep_fresh(self) -> None:
        await self.shown.wait()
        stale = self._supervisor.stale_positions
        while True:
            await stale.wait()
            await self._clock.sleep(_AFTER_FILL)
            while self.breaker.state(self._clock.now()) is BreakerState.OPEN:
                await self._clock.sleep(RETRY)
            while wait := self._budget.take(Priority.REFRESH, REQUESTS):
                await self._clock.sleep(wait)
            stale.clear()
            if not await self.refresh():
                # What made a look worthwhile has not been looked at.
                await self._clock.sleep(RETRY)
                stale.set()

    async def look_regularly(self) -> None:
        """Streams may miss what happens elsewhere, and never tell of assignments."""
        while True:
            await self._clock.sleep(REFRESH_EVERY)
            self._supervisor.stale_positions.set()

    async def read_unstreamed(self) -> None:
        """
        Read the quotes that no stream brings, at the pace of the regular look.

        Where nothing is streamed that look reads them all by itself.
        """
        while True:
            await self._clock.sleep(REFRESH_EVERY)
            if not self._is_streamed():
                continue
            try:
                await self._book.read_quotes_of(*self._unstreamed())
            except ReadFailed as failure:
                log.warning("quotes.unread", reason=str(failure))

    async def keep_time(self) -> None:
        await self.shown.wait()
        while True:
            await self._read_time()
            await self._clock.sleep(_CLOCK_CHECK)

    async def _read_time(self) -> None:
        """Read the broker's clock and the account, each when it is due."""
        due = [
            *([self._read_market] if self._book.market is None or self._is_old("market") else []),
            *([self.read_account] if self._is_old("account") else []),
        ]
        if not due or not self.breaker.allows(self._clock.now()):
            return
        if self._budget.take(Priority.REFRESH, len(due)):
            return
        try:
            for read in due:
                await read()
        except ReadFailed as failure:
            self._note_failure(str(failure))

    def _is_old(self, what: str) -> bool:
        read_at = self._read_at.get(what)
        return read_at is None or self._clock.monotonic() - read_at >= _CLOCK_EVERY

    async def refresh(self) -> bool:
        """Look at the account, if the breaker lets us; False when it could not be read."""
        if not self.breaker.allows(self._clock.now()):
            return False
        watched = self._book.watched()
        try:
            holdings = await self._book.refresh()
            await self._supervisor.reconciler.reconcile(holdings)
        except ReadFailed as failure:
            self._note_failure(str(failure))
            return False
        self._note_success()
        is_streamed = self._is_streamed() and not self.has_missed_quotes
        if not is_streamed or self._book.watched() != watched:
            await self.watch()
        return True

    async def read(self) -> Holdings:
        holdings = await self._book.refresh()
        self._note_success()
        return holdings

    async def watch(self) -> None:
        """Stream the quotes of what is held, and read once what the stream will not repeat."""
        self._quotes.watch(*self._book.watched())
        self.has_missed_quotes = False
        try:
            await self._book.read_quotes()
        except ReadFailed as failure:
            self.has_missed_quotes = True
            log.warning("quotes.unread", reason=str(failure))

    async def insist(self, look: Callable[[], Awaitable[object]]) -> None:
        """Repeat until broker and journal answer, and say what is missing meanwhile."""
        while True:
            wait = RETRY
            try:
                await look()
            except ReadFailed as failure:
                self._book.holdings_error = str(failure)
                self._note_failure(str(failure))
                wait = max(wait, failure.retry_after or wait)
            except JournalFailed as failure:
                self._supervisor.note_journal(str(failure))
            else:
                self._supervisor.note_journal(None)
                return
            await self._clock.sleep(wait)

    async def read_account(self) -> None:
        await self._book.read_account()
        self._note_read("account")

    async def _read_market(self) -> None:
        await self._book.read_market()
        self._note_read("market")

    def _note_read(self, what: str) -> None:
        self._read_at[what] = self._clock.monotonic()
        self._note_success()

    def _note_failure(self, reason: str) -> None:
        self.breaker.failed(self._clock.now())
        self._feed.status_changed()
        log.warning("broker.unread", reason=reason, failures=self.breaker.failures)

    def _note_success(self) -> None:
        if self.breaker.failures:
            self._feed.status_changed()
            log.info("broker.read_again")
        self.breaker.succeeded()
