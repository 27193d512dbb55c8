"""
Everything of one account, wired and running: streams in, closes worked, book kept fresh.

While another process owns the account, this one shows it and works nothing: it reads over
REST only, since the broker gives an account one connection for each stream.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta

import structlog

from closeout.closing.staleness import Tolerance
from closeout.domain.assignments import Assignment
from closeout.domain.orders import TradeUpdate
from closeout.ports import (
    Broker,
    Clock,
    Journal,
    LinkDown,
    LinkUp,
    Missed,
    Quotes,
    StreamItem,
)
from closeout.runtime.attention import Attention
from closeout.runtime.book import Book
from closeout.runtime.budget import Budget
from closeout.runtime.feed import Feed
from closeout.runtime.fence import FencedBroker
from closeout.runtime.links import Links
from closeout.runtime.lookout import RETRY, Lookout
from closeout.runtime.ownership import Ownership
from closeout.runtime.regrouper import Regrouper
from closeout.runtime.supervisor import Supervisor

log = structlog.get_logger(__name__)

_FOLLOW_EVERY = timedelta(seconds=1)
_KEEP_AFTER = timedelta(seconds=2)
"""News of orders come in bursts, and a restart asks for what was not kept yet."""


class Engine:
    """One account at one broker. `me` names this process to whoever finds it at work."""

    def __init__(
        self,
        broker: Broker,
        quotes: Quotes,
        journal: Journal,
        clock: Clock,
        *,
        me: str = "another",
        option_feed: str = "indicative",
        tolerance: Tolerance | None = None,
        budget: Budget | None = None,
    ) -> None:
        self._quotes = quotes
        self._clock = clock
        self.journal = journal
        self.feed = Feed()
        self.links = Links(clock.now())
        self.budget = budget or Budget(clock)
        self.ownership = Ownership(
            journal,
            clock,
            me,
            on_change=self._note_ownership,
            on_journal=self._note_journal,
        )
        self._broker = FencedBroker(broker, self.ownership)
        self.book = Book(
            self._broker,
            quotes,
            clock,
            self.feed,
            self._owners,
            words=self._words,
            history=journal,
            option_feed=option_feed,
        )
        self.supervisor = Supervisor(
            self._broker,
            journal,
            self.book,
            clock,
            self.feed,
            ownership=self.ownership,
            budget=self.budget,
            tolerance=tolerance,
        )
        self.regrouper = Regrouper(journal, self.book, clock, self.supervisor)
        self.lookout = Lookout(
            self.book,
            quotes,
            clock,
            self.feed,
            supervisor=self.supervisor,
            budget=self.budget,
            is_streamed=lambda: self.is_ready,
            unstreamed=self._unstreamed,
        )
        self.breaker = self.lookout.breaker
        self.attention = Attention(self.book, clock, self.budget, self.lookout.refresh)
        self._lost = asyncio.Event()
        self._is_at_work = False
        self._tasks: list[asyncio.Task[None]] = []
        self._pulse: list[asyncio.Task[None]] = []

    def start(self) -> None:
        loops: tuple[Callable[[], Awaitable[None]], ...] = (
            self._connect,
            self.lookout.keep_fresh,
            self.lookout.look_regularly,
            self.lookout.read_unstreamed,
            self.lookout.keep_time,
            self.attention.keep,
        )
        self._tasks = [asyncio.create_task(self.guard(each)) for each in loops]
        self._pulse = [asyncio.create_task(self.guard(self.ownership.keep))]

    async def stop(self) -> None:
        await _end(self._tasks)
        await self.supervisor.stop()
        await self.book.stop()
        # Only now: what was still being opened needed the account to be ours.
        await _end(self._pulse)
        was_ours = self.ownership.is_ours
        await self.ownership.release()
        if was_ours and self.book.orders.trouble is None:
            await self.book.keep_history()

    def _owners(self) -> Mapping[str, str]:
        return self.supervisor.owners()

    def _words(self) -> tuple[Assignment, ...]:
        return self.regrouper.assignments()

    @property
    def is_ready(self) -> bool:
        """Whether the account is ours, has been read, and unfinished closes are taken up."""
        return self._is_at_work and self.ownership.is_ours

    async def guard(self, loop: Callable[[], Awaitable[None]]) -> None:
        """
        Keep a loop running: the third broad border.

        One that stumbles is logged and begins again.
        """
        while True:
            try:
                await loop()
                return
            except Exception:
                log.exception("engine.loop_failed", loop=getattr(loop, "__name__", "?"))
                await self._clock.sleep(RETRY)

    # --- whose the account is ---------------------------------------------------------

    async def _connect(self) -> None:
        """Work the account whenever it is ours, and show it meanwhile."""
        await self.lookout.insist(self.lookout.read_account)
        while True:
            await self._beside(self._contend, self._follow_owner)
            await self._beside(
                self._until_lost,
                self._follow_trades,
                self._follow_quotes,
                self._take_up,
                self._keep_history,
            )
            await self._stand_down()

    async def _beside(
        self, work: Callable[[], Awaitable[None]], *loops: Callable[[], Awaitable[None]]
    ) -> None:
        """Run loops until `work` is done."""
        tasks = [asyncio.create_task(self.guard(each)) for each in loops]
        try:
            await work()
        except (Exception, asyncio.CancelledError):
            await _end(tasks)
            raise
        await _end(tasks)

    async def _contend(self) -> None:
        account = self.book.account
        assert account is not None, "the account was read"
        await self.lookout.insist(lambda: self.ownership.contend(account.number))

    async def _until_lost(self) -> None:
        self._lost.clear()
        if self.ownership.is_ours:
            await self._lost.wait()

    async def _stand_down(self) -> None:
        self._is_at_work = False
        self.book.stream_is_whole = False
        for name in ("trading", "options", "stocks"):
            self._note_link(name, LinkDown(self._clock.now(), "another process works the account"))
        await self.supervisor.stand_down()

    def _note_ownership(self) -> None:
        if not self.ownership.is_ours:
            self._lost.set()
        self.feed.status_changed()

    def _note_journal(self, error: str | None) -> None:
        self.supervisor.note_journal(error)

    async def _take_up(self) -> None:
        await self.lookout.insist(self._recover)
        self._is_at_work = True
        self.lookout.shown.set()
        self.feed.status_changed()
        await self.lookout.watch()

    async def _recover(self) -> None:
        # Whoever had the account may have made some; and new closes may begin at once.
        self.regrouper.doubt()
        await self.supervisor.recover()
        await self.regrouper.load()
        await self.supervisor.reconciler.reconcile(await self.lookout.read())

    async def _follow_owner(self) -> None:
        """Show what the process that works the account does."""
        while True:
            await self._clock.sleep(_FOLLOW_EVERY)
            if self.ownership.other is None:
                continue
            await self.lookout.insist(self.supervisor.follow)
            await self.lookout.insist(self.regrouper.load)
            if not self.lookout.shown.is_set():
                await self.lookout.insist(self.lookout.read)
                self.lookout.shown.set()
                await self.lookout.watch()

    # --- streams ----------------------------------------------------------------------

    async def _follow_trades(self) -> None:
        try:
            async with self._broker.updates() as updates:
                async for item in updates:
                    self._take(item)
        finally:
            self.book.stream_is_whole = False

    def _take(self, item: StreamItem) -> None:
        match item:
            case TradeUpdate():
                self._take_update(item)
            case LinkUp() | LinkDown():
                self._note_link("trading", item)
                self.book.stream_is_whole = isinstance(item, LinkUp)
                if isinstance(item, LinkUp):
                    self._catch_up()
            case Missed():
                self._catch_up()

    def _catch_up(self) -> None:
        """Ask for what the stream has not told, since it replays nothing."""
        self.book.disturb()
        self.supervisor.reconciler.look_again()
        self.supervisor.stale_positions.set()

    def _take_update(self, update: TradeUpdate) -> None:
        if update.is_revision:
            self.book.note_revised(update.order)
            ours = self.supervisor.reconciler.take_revision(update.order, update.undone)
        else:
            self.book.note_order(update.order)
            ours = self.supervisor.reconciler.take_report(update.order)
        traded = bool(update.executions) or update.is_revision
        if traded or update.order.status.is_final or not ours:
            self.book.disturb()
        if traded:
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
            self.lookout.has_missed_quotes = True
            self.supervisor.stale_positions.set()

    def _unstreamed(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return what is watched of streams that are away or refuse to serve it."""
        options, stocks = self.book.watched()
        unserved = self._quotes.unserved
        return (
            options & unserved if self.links["options"].up else options,
            stocks & unserved if self.links["stocks"].up else stocks,
        )

    def _note_link(self, name: str, change: LinkUp | LinkDown) -> None:
        self.links.change(name, change)
        self.feed.status_changed()
        reason = change.reason if isinstance(change, LinkDown) else None
        log.info("link.changed", link=name, up=isinstance(change, LinkUp), reason=reason)

    async def _keep_history(self) -> None:
        """Let the journal keep what is new of the orders, behind everything that trades."""
        while True:
            await self.book.orders.news.wait()
            await self._clock.sleep(_KEEP_AFTER)
            await self.book.keep_history()


async def _end(tasks: Collection[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
