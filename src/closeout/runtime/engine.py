"""
Everything of one account, wired and running: streams in, closes worked, book kept fresh.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import structlog

from closeout.closing.staleness import Tolerance
from closeout.domain.orders import TradeUpdate
from closeout.ports import (
    Broker,
    Clock,
    Journal,
    JournalFailed,
    LinkDown,
    LinkUp,
    Quotes,
    ReadFailed,
    StreamItem,
)
from closeout.runtime.book import Book
from closeout.runtime.breaker import Breaker
from closeout.runtime.feed import Feed
from closeout.runtime.links import Links
from closeout.runtime.supervisor import Supervisor

log = structlog.get_logger(__name__)

REFRESH_EVERY = timedelta(seconds=30)
_AFTER_FILL = timedelta(milliseconds=200)
"""Fills come in bursts: one look at the holdings serves them all."""
_CLOCK_CHECK = timedelta(seconds=5)
_CLOCK_EVERY = timedelta(seconds=60)
_RETRY = timedelta(seconds=2)


class Engine:
    """One account at one broker."""

    def __init__(
        self,
        broker: Broker,
        quotes: Quotes,
        journal: Journal,
        clock: Clock,
        *,
        option_feed: str = "indicative",
        tolerance: Tolerance | None = None,
    ) -> None:
        self._broker = broker
        self._quotes = quotes
        self._clock = clock
        self.journal = journal
        self.feed = Feed()
        self.links = Links(clock.now())
        self.breaker = Breaker()
        self.book = Book(broker, quotes, clock, self.feed, self._owners, option_feed=option_feed)
        self.supervisor = Supervisor(
            broker, journal, self.book, clock, self.feed, tolerance=tolerance
        )
        self._ready = asyncio.Event()
        self._read_at: datetime | None = None
        self._quotes_missed = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        loops: tuple[Callable[[], Awaitable[None]], ...] = (
            self._connect,
            self._follow_trades,
            self._follow_quotes,
            self._keep_fresh,
            self._look_regularly,
            self._keep_time,
        )
        self._tasks = [asyncio.create_task(self.guard(each)) for each in loops]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.supervisor.stop()

    async def ready(self) -> None:
        """Return when the account has been read and unfinished closes are taken up."""
        await self._ready.wait()

    def _owners(self) -> Mapping[str, str]:
        return self.supervisor.owners()

    @property
    def is_ready(self) -> bool:
        return self._ready.is_set()

    async def guard(self, loop: Callable[[], Awaitable[None]]) -> None:
        """
        Keep a loop running: the other broad border.

        One that stumbles is logged and begins again.
        """
        while True:
            try:
                await loop()
                return
            except Exception:
                log.exception("engine.loop_failed", loop=getattr(loop, "__name__", "?"))
                await self._clock.sleep(_RETRY)

    # --- the first look ---------------------------------------------------------------

    async def _connect(self) -> None:
        while not self._ready.is_set():
            try:
                await self.book.read_account()
                await self.supervisor.recover()
                self.supervisor.reconcile(await self.book.refresh())
            except ReadFailed as failure:
                self.book.holdings_error = str(failure)
                self._note_failure(str(failure))
                await self._clock.sleep(_RETRY)
                continue
            except JournalFailed as failure:
                self.supervisor.note_journal(str(failure))
                await self._clock.sleep(_RETRY)
                continue
            self.supervisor.note_journal(None)
            self._note_success()
            self._ready.set()
        await self._watch()

    async def _watch(self) -> None:
        """Stream the quotes of what is held, and read once what the stream will not repeat."""
        self._quotes.watch(*self.book.watched())
        self._quotes_missed = False
        try:
            await self.book.read_quotes()
        except ReadFailed as failure:
            self._quotes_missed = True
            log.warning("quotes.unread", reason=str(failure))

    # --- streams ----------------------------------------------------------------------

    async def _follow_trades(self) -> None:
        async with self._broker.updates() as updates:
            async for item in updates:
                self._take(item)

    def _take(self, item: StreamItem) -> None:
        match item:
            case TradeUpdate():
                self._take_update(item)
            case LinkUp() | LinkDown():
                self._note_link("trading", item)
                self.book.stream_is_whole = isinstance(item, LinkUp)
                if isinstance(item, LinkUp):
                    # Nothing is replayed: what happened meanwhile is asked for.
                    self.book.disturb()
                    self.supervisor.look_again()
                    self.supervisor.stale_positions.set()

    def _take_update(self, update: TradeUpdate) -> None:
        self.book.note_order(update.order)
        ours = self.supervisor.take_report(update.order)
        if update.executions or update.order.status.is_final or not ours:
            self.book.disturb()
        if update.executions:
            self.supervisor.stale_positions.set()
        log.info(
            "trade.update",
            happened=update.event,
            order_id=update.order.order_id,
            client_order_id=update.order.client_order_id,
            ours=ours,
        )

    async def _follow_quotes(self) -> None:
        await self._quotes.run(self.book.take_quotes, self._take_quote_link)

    def _take_quote_link(self, name: str, change: LinkUp | LinkDown) -> None:
        self._note_link(name, change)
        if isinstance(change, LinkUp) and change.gap is not None:
            self._quotes_missed = True
            self.supervisor.stale_positions.set()

    def _note_link(self, name: str, change: LinkUp | LinkDown) -> None:
        self.links.change(name, change)
        self.feed.status_changed()
        reason = change.reason if isinstance(change, LinkDown) else None
        log.info("link.changed", link=name, up=isinstance(change, LinkUp), reason=reason)

    # --- keeping fresh ----------------------------------------------------------------

    async def _keep_fresh(self) -> None:
        await self._ready.wait()
        stale = self.supervisor.stale_positions
        while True:
            await stale.wait()
            await self._clock.sleep(_AFTER_FILL)
            stale.clear()
            await self._refresh()

    async def _look_regularly(self) -> None:
        """Streams may miss what happens elsewhere, and never tell of assignments."""
        while True:
            await self._clock.sleep(REFRESH_EVERY)
            self.supervisor.stale_positions.set()

    async def _refresh(self) -> None:
        now = self._clock.now()
        if not self.breaker.allows(now):
            return
        watched = self.book.watched()
        try:
            holdings = await self.book.refresh()
        except ReadFailed as failure:
            self._note_failure(str(failure))
            return
        self._note_success()
        self.supervisor.reconcile(holdings)
        if self._quotes_missed or self.book.watched() != watched:
            await self._watch()

    async def _keep_time(self) -> None:
        await self._ready.wait()
        while True:
            await self._read_time()
            await self._clock.sleep(_CLOCK_CHECK)

    async def _read_time(self) -> None:
        now = self._clock.now()
        fresh = self._read_at is not None and now - self._read_at < _CLOCK_EVERY
        if (fresh and self.book.market is not None) or not self.breaker.allows(now):
            return
        try:
            await self.book.read_market()
            await self.book.read_account()
        except ReadFailed as failure:
            self._note_failure(str(failure))
            return
        self._read_at = now
        self._note_success()

    def _note_failure(self, reason: str) -> None:
        self.breaker.failed(self._clock.now())
        self.feed.status_changed()
        log.warning("broker.unread", reason=reason, failures=self.breaker.failures)

    def _note_success(self) -> None:
        if self.breaker.failures:
            self.feed.status_changed()
            log.info("broker.read_again")
        self.breaker.succeeded()
