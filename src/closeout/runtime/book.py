"""
What is known of the account now, and how old that is.

A failed read keeps what was known and says so; it never empties the book (invariant I8).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from closeout.domain.assignments import Assignment
from closeout.domain.deliverables import ContractTerms
from closeout.domain.grouping import Grouping, group
from closeout.domain.holdings import Account, Holdings, MarketClock
from closeout.domain.occ import option_or_none
from closeout.domain.orders import OrderReport
from closeout.domain.strategies import Strategy
from closeout.ports import Broker, Clock, History, Quotes, ReadFailed
from closeout.runtime.clock import finishes
from closeout.runtime.feed import Feed
from closeout.runtime.orders import Orders
from closeout.runtime.prices import Prices
from closeout.runtime.refusals import NotReady
from closeout.runtime.settlements import Settlements
from closeout.runtime.shared import PATIENCE, Shared

log = structlog.get_logger(__name__)

Owners = Callable[[], Mapping[str, str]]
Words = Callable[[], tuple[Assignment, ...]]

R = TypeVar("R")

CLOCKS_DIFFER = timedelta(minutes=1)
"""The broker times orders and trades by its own clock, which was read a while ago."""

YOUNG = timedelta(seconds=2)
"""
A snapshot of this age still stands for the account, while the stream would have told of a
change. An order may only close (`*_to_close`), so the broker is the last guard.
"""


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """Holdings, and when they were asked for by the clock that nobody sets."""

    asked_at: timedelta
    holdings: Holdings


class Book:
    """Holdings, order history, strategies, quotes, account and clock of one account."""

    def __init__(
        self,
        broker: Broker,
        quotes: Quotes,
        clock: Clock,
        feed: Feed,
        owners: Owners,
        *,
        words: Words = tuple,
        history: History,
        option_feed: str = "indicative",
    ) -> None:
        self._broker = broker
        self._clock = clock
        self._feed = feed
        self._owners = owners
        self._words = words
        self.orders = Orders(broker, history)
        self.settlements = Settlements(broker, history, clock)
        self._terms: Mapping[str, ContractTerms] = {}
        """What the adjusted contracts deliver that were held or whose result waits for it."""
        self._unreckoned: frozenset[str] = frozenset()
        """Adjusted contracts that were closed, and nobody knows what that has won."""
        self._snapshots = Shared(self._read_snapshot, clock)
        self._lists = Shared(self._read_orders, clock)
        self._settled = Shared(self._read_settlements, clock)
        self._learned = Shared(self._learn_terms, clock)
        self._read_at: timedelta | None = None
        """When holdings and history were last asked for together."""
        self._disturbed_at: timedelta | None = None
        self._held_at: timedelta | None = None
        """When the snapshot was asked for that `holdings` are."""
        self._grouped_from: tuple[object, ...] | None = None
        """What the strategies were made from."""
        self._grouped_after = (-1, -1)
        """The revisions of orders and settlements that this was."""
        self.stream_is_whole = False
        """Whether trade updates come in; while they do not, only a read tells of a change."""
        self.account: Account | None = None
        self.holdings: Holdings | None = None
        self.holdings_error: str | None = None
        self.grouping = Grouping((), ())
        self._market: MarketClock | None = None
        self._ahead = timedelta(0)
        """How far our clock is ahead of the broker's at least."""
        self._prices = prices = Prices(broker, quotes, clock, feed, option_feed)
        # One door for whoever asks what is known.
        self.quotes, self.take_quotes = prices.quotes, prices.take_quotes
        self.freshen_quotes, self.snapshot = prices.freshen_quotes, prices.snapshot
        self.learn_ticks, self.learn_refused_tick = prices.learn_ticks, prices.learn_refused_tick
        self.view, self.read_quotes_of = prices.view, prices.read_quotes

    # --- reading the broker -----------------------------------------------------------

    async def read_account(self) -> Account:
        """Raises: ReadFailed."""
        self.account = await self._broker.account()
        self._feed.status_changed()
        return self.account

    def account_number(self) -> str:
        """Raises: NotReady: it has not been read yet."""
        if self.account is None:
            raise NotReady("The account has not been read yet. Nothing was sent.")
        return self.account.number

    async def refresh(self) -> Holdings:
        """
        Read holdings and what is new in the history, now.

        Whoever asks for any of the reads here is answered by one that began after the question,
        and shares it with all who asked before it began.

        Raises:
            ReadFailed: what was known stays, with `holdings_error` set.
        """
        asked_at = self._clock.monotonic()
        try:
            snapshot = await self._read_both()
        except ReadFailed as failure:
            self.holdings_error = str(failure)
            self._feed.status_changed()
            raise
        self.holdings_error = None
        self._read_at = asked_at
        self._accept(snapshot)
        if self._unlearned():
            await finishes(self._learned(), PATIENCE, self._clock)
        return snapshot.holdings

    async def read_holdings(self) -> Holdings:
        """Read a snapshot of the holdings alone. Raises: ReadFailed."""
        snapshot = await self._snapshots()
        self._accept(snapshot)
        return snapshot.holdings

    async def read_orders(self) -> tuple[OrderReport, ...]:
        """Read what is new in the history, and return what the broker has just told of it."""
        return await self._lists()

    async def stop(self) -> None:
        """Read nothing more for anybody."""
        for each in (self._snapshots, self._lists, self._settled, self._learned):
            await each.stop()

    async def _read_both(self) -> _Snapshot:
        """
        Read holdings and history side by side: a person waits for both, but not for settlements.

        Those only explain, as the terms of adjusted contracts do.

        Raises: ReadFailed.
        """
        if self.account is None:
            await self.read_account()
        snapshot, missed, _ = await asyncio.gather(
            _failure_or(self._snapshots),
            _failure_or(self._lists),
            finishes(self._settled(), PATIENCE, self._clock),
        )
        if isinstance(snapshot, ReadFailed):
            raise snapshot
        if isinstance(missed, ReadFailed):
            raise missed
        return snapshot

    async def _read_snapshot(self) -> _Snapshot:
        asked_at = self._clock.monotonic()
        return _Snapshot(asked_at, await self._broker.holdings())

    async def _read_orders(self) -> tuple[OrderReport, ...]:
        account = self.account or await self.read_account()
        return await self.orders.read(account.number)

    async def _learn_terms(self) -> None:
        """Learn what adjusted contracts deliver, once each. Unread, they stay unknown."""
        unknown = self._unlearned()
        if not unknown:
            return
        found = await _failure_or(lambda: self._broker.contract_terms(unknown))
        if isinstance(found, ReadFailed):
            log.warning("deliverables.unread", reason=str(found))
        elif found:
            self._terms = {**self._terms, **found}
            self.regroup()

    def _unlearned(self) -> list[str]:
        """Return the adjusted contracts of which it is not known what they deliver."""
        rows = () if self.holdings is None else self.holdings.rows
        symbols = {row.symbol for row in rows if _is_adjusted(row.symbol)}
        return sorted((symbols | self._unreckoned) - self._terms.keys())

    async def refresh_unless_young(self) -> None:
        """Read as `refresh` does, unless what is known cannot have changed. Raises: ReadFailed."""
        if not self.young_for():
            await self.refresh()

    async def refresh_if_old(self) -> None:
        """Read as `refresh` does, where other reads have taken long since. Raises: ReadFailed."""
        if self._held_at is None or self._clock.monotonic() - self._held_at > YOUNG:
            await self.refresh()

    def young_for(self) -> timedelta:
        """How long what was read still stands for the account; zero when it does not now."""
        read_at, disturbed_at = self._read_at, self._disturbed_at
        if read_at is None or self.holdings_error is not None or not self.stream_is_whole:
            return timedelta(0)
        if disturbed_at is not None and disturbed_at >= read_at:
            return timedelta(0)
        return max(timedelta(0), read_at + YOUNG - self._clock.monotonic())

    def disturb(self) -> None:
        """Note that something has happened which no snapshot read until now need show."""
        self._disturbed_at = self._clock.monotonic()

    def _accept(self, snapshot: _Snapshot) -> None:
        """Take in a snapshot. An older one is dropped, but the history may have grown."""
        if self._held_at is None or snapshot.asked_at >= self._held_at:
            self.holdings, self._held_at = snapshot.holdings, snapshot.asked_at
        self.regroup()

    async def _read_settlements(self) -> None:
        account = self.account
        assert account is not None, "it is read before"
        is_missed = any(each.missing for each in self.grouping.strategies)
        await self.settlements.read(account.number, is_missed=is_missed)

    def note_order(self, report: OrderReport) -> None:
        """Take in a report; one that comes late or twice takes nothing back."""
        self.orders.note(report)

    async def keep_history(self) -> None:
        """Have the journal keep what is new of the orders, if it can."""
        if self.account is not None and self.orders.news.is_set():
            await self.orders.keep(self.account.number)

    def note_revised(self, report: OrderReport) -> None:
        """Take in a report whose fills may be fewer: the exchange has taken a trade back."""
        self.orders.revise(report)

    def regroup(self) -> None:
        """Sort what is held into strategies, as the history and the user say now."""
        if self.holdings is None or self.account is None:
            return
        grouped_from = (
            self.account.number,
            self.holdings.at.date(),
            [(row.symbol, row.quantity, row.average_entry) for row in self.holdings.rows],
            self.orders.traded_among(self._owners()),
            self._words(),
            self.orders.revision,
            self.settlements.revision,
            self._terms,
        )
        self._grouped_after = self._revisions
        if grouped_from != self._grouped_from:
            self._group(self.account.number, self.holdings)
            self._grouped_from = grouped_from
        # Also without a change: the snapshot is younger, and its age is on the page.
        self._feed.positions_changed()

    def regroup_after_news(self) -> None:
        """Regroup if an order has traded, or something was settled, since that was last done."""
        if self._grouped_after != self._revisions:
            self.regroup()

    @property
    def _revisions(self) -> tuple[int, int]:
        return self.orders.revision, self.settlements.revision

    def _group(self, account: str, holdings: Holdings) -> None:
        grouping = group(
            account,
            holdings,
            self.orders.all(),
            self._owners(),
            settlements=self.settlements.all(),
            assignments=self._words(),
            terms=self._terms,
        )
        if grouping != self.grouping:
            log.info("positions.grouped", strategies=len(grouping.strategies))
        self.grouping = grouping
        self._unreckoned = _unreckoned(grouping)

    # --- the market -------------------------------------------------------------------

    async def read_market(self) -> MarketClock:
        """Raises: ReadFailed."""
        asked_at = self._clock.now()
        self._market = market = await self._broker.market_clock()
        self._ahead = max(timedelta(0), asked_at - market.at)
        self._prices.behind = max(timedelta(0), market.at - self._clock.now())
        self._feed.status_changed()
        return market

    def by_brokers_clock(self, at: datetime) -> datetime:
        """Return the earliest that the broker may have called a moment of ours."""
        return at - CLOCKS_DIFFER - self._ahead

    @property
    def market(self) -> MarketClock | None:
        """The broker's clock, or None when it was not read or a bell has rung since."""
        if self._market is None:
            return None
        bell = self._market.next_close if self._market.is_open else self._market.next_open
        return self._market if self._clock.now() < bell else None

    async def read_quotes(self) -> None:
        """Read every watched quote once: streams tell only what changes. Raises: ReadFailed."""
        await self._prices.read_quotes(*self.watched())

    # --- looking things up ------------------------------------------------------------

    def strategy(self, position_id: str) -> Strategy | None:
        return next((each for each in self.grouping.strategies if each.id == position_id), None)

    def newest_fact_at(self) -> datetime | None:
        """When the newest order or settlement that is known was, by the broker's clock."""
        times = (self.orders.newest_at(), self.settlements.newest_at())
        return max((each for each in times if each is not None), default=None)

    def watched(self) -> tuple[frozenset[str], frozenset[str]]:
        """The option and stock symbols whose quotes matter."""
        legs = [leg for strategy in self.grouping.strategies for leg in strategy.legs]
        options = frozenset(leg.symbol for leg in legs if leg.option is not None)
        return options, frozenset(leg.underlying for leg in legs)


def _unreckoned(grouping: Grouping) -> frozenset[str]:
    return frozenset(
        change.symbol
        for links in grouping.histories.values()
        for link in links
        if link.realised is None
        for change in link.changes
        if _is_adjusted(change.symbol)
    )


def _is_adjusted(symbol: str) -> bool:
    option = option_or_none(symbol)
    return option is not None and option.is_adjusted


async def _failure_or(read: Callable[[], Awaitable[R]]) -> R | ReadFailed:
    """Return a failed read as a value: its task has somebody who waits for two of them."""
    try:
        return await read()
    except ReadFailed as failure:
        return failure
