"""
Every order of the account that is known, by whatever hand.

The journal keeps what was read, so that a start asks only for what is new since then: the list
from a day before its end, and the orders that may not be over. What the broker says is the truth;
that the journal cannot keep it delays the next start and nothing else.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import structlog

from closeout.closing.reports import merge
from closeout.domain.orders import OrderReport
from closeout.ports import Broker, History, HistoryCut, JournalFailed, OrderHistory

log = structlog.get_logger(__name__)

OVERLAP = timedelta(minutes=5)
"""Alpaca lists orders by the time they were submitted; some arrive in the list late."""

REACH = timedelta(days=1)
"""
How far back of its end a list is read: at a start, for an exchange takes trades back on the day of
the trade, and later for orders that are not over. What was sent before is asked for by itself, lest
all since then be read each time.
"""


class Orders:
    """Orders by id, each as the broker last told of it."""

    def __init__(self, broker: Broker, history: History) -> None:
        self._broker = broker
        self._history = history
        self._known: dict[str, OrderReport] = {}
        self._legs: set[str] = set()
        """Orders that are told of inside their packages, and are none of their own."""
        self._until: datetime | None = None
        """The newest order the broker's list has told of. The stream's word does not count: it
        says nothing about what was missed before."""
        self._kept: set[str] = set()
        """Orders of the last run of which this one was not told yet."""
        self._unsure: set[str] = set()
        """Those of them that may have changed since, though it saw them end."""
        self._gone: set[str] = set()
        """Orders that were open once and that the broker does not know any more."""
        self._unkept: dict[str, OrderReport] = {}
        self._loading = asyncio.Lock()
        self._traded: set[str] = set()
        """Client ids of orders that have ever been seen to trade."""
        self._is_loaded = False
        self._is_joined = False
        """Whether the broker's list was seen to go on where the journal's ends."""
        self.revision = 0
        """Grows with every change of an order that has traded; the others have moved nothing."""
        self.trouble: str | None = None
        """Why the journal did not keep the last news."""
        self.news = asyncio.Event()
        """Set while there is something that the journal does not keep yet."""

    # --- reading ----------------------------------------------------------------------

    async def read(self, account: str) -> tuple[OrderReport, ...]:
        """
        Read what is new, and return what the broker has told of it.

        Raises: ReadFailed.
        """
        await self._load(account)
        since = self._since()
        try:
            listed = await self._list(since)
        except HistoryCut as cut:
            # The next read goes on from here: all of a long history need not succeed at once.
            self._take_list(cut.orders)
            raise
        rested = [] if since is None else await self._resting(since)
        for order in rested:
            self._confirm(order)
        self._take_list(listed)
        self._is_joined = True
        self._unsure.clear()
        return (*rested, *listed)

    def _take_list(self, listed: Iterable[OrderReport]) -> None:
        """Take in what the broker lists without a gap."""
        times = [order.submitted_at for order in listed if order.submitted_at is not None]
        for order in listed:
            self._confirm(order)
        if times and (self._until is None or max(times) > self._until):
            self._until = max(times)
            self.news.set()

    def note(self, report: OrderReport) -> None:
        """Take in a report; one that comes late or twice takes nothing back."""
        known = self._known.get(report.order_id)
        self.revise(report if known is None or report == known else merge(known, report))

    def revise(self, report: OrderReport) -> None:
        """
        Take a report as it is, also when it takes fills back.

        A leg that is told of by itself, too, has traded once all the same: its package tells.
        """
        if report.order_id in self._legs:
            return
        self._kept.discard(report.order_id)
        known = self._known.get(report.order_id)
        if report == known:
            return
        if _has_traded(report) or (known is not None and _has_traded(known)):
            self.revision += 1
            self._traded.add(report.client_order_id)
        self._gone.discard(report.order_id)
        self._unkept[report.order_id] = report
        self._know(report)
        self.news.set()

    def _know(self, report: OrderReport) -> None:
        self._known[report.order_id] = report
        legs = {leg.order_id for leg in report.legs} - {report.order_id}
        for each in legs - self._legs:
            for orders in (self._known, self._unkept):
                orders.pop(each, None)
            for ids in (self._kept, self._unsure, self._gone):
                ids.discard(each)
        self._legs |= legs

    def _confirm(self, report: OrderReport) -> None:
        """Take in what the broker answers, which stands over what the last run was told."""
        take = self.revise if report.order_id in self._kept else self.note
        take(report)

    def _since(self) -> datetime | None:
        """Everything if nothing is kept; else what is new, and what moved not long ago."""
        if self._until is None:
            return None
        reach = self._until - REACH
        if not self._is_joined:
            return reach
        moving = (order.submitted_at for order in self.open() if order.submitted_at)
        return min([self._until, *(at for at in moving if at > reach)]) - OVERLAP

    async def _list(self, since: datetime | None) -> tuple[OrderReport, ...]:
        listed = await self._broker.order_history(since)
        if since is not None and not self._is_joined and not self._joins(listed):
            log.warning(
                "history.not_joined",
                since=since,
                advice="the broker does not list the newest order that was kept: it has "
                "forgotten it, or the journal is from another world",
            )
            listed = await self._broker.order_history(None)
        return listed

    def _joins(self, listed: Iterable[OrderReport]) -> bool:
        """Whether the newest order of the last run is listed, which the list reaches back to."""
        return any(
            order.order_id in self._known and order.submitted_at == self._until for order in listed
        )

    async def _resting(self, since: datetime) -> list[OrderReport]:
        """Read the orders that were submitted before the list begins and may not be over."""
        moving = [order for order in self._moving() if not _is_after(order, since)]
        if not moving:
            return []
        found = {order.order_id: order for order in await self._broker.open_orders()}
        for order in moving:
            if order.order_id not in found:
                told = await self._broker.order(order.order_id)
                if told is None:
                    self._gone.add(order.order_id)
                else:
                    found[order.order_id] = told
        return [*found.values()]

    def _moving(self) -> list[OrderReport]:
        return [*self.open(), *(self._known[each] for each in self._unsure)]

    # --- what is kept -----------------------------------------------------------------

    async def _load(self, account: str) -> None:
        """Take in what the journal keeps, once; without it all is read from the broker."""
        async with self._loading:
            if self._is_loaded:
                return
            try:
                kept = await self._history.load_history(account)
            except JournalFailed as failure:
                log.warning("history.not_loaded", reason=str(failure))
                return
            self._is_loaded = True
        self._take_in(kept)
        log.info("history.loaded", orders=len(kept.orders), until=kept.until)

    def _take_in(self, kept: OrderHistory) -> None:
        self.revision += 1
        self._traded.update(each.client_order_id for each in kept.orders if _has_traded(each))
        for order in kept.orders:
            told = self._known.get(order.order_id)
            if order.order_id in self._legs:
                continue
            if told is None:
                self._kept.add(order.order_id)
                self._know(order)
            else:
                self.revise(merge(order, told))
        updates = [order.updated_at for order in kept.orders if order.updated_at is not None]
        late = max(updates, default=None)
        self._unsure = {
            order.order_id
            for order in kept.orders
            if order.order_id in self._known
            and order.status.is_final
            and late is not None
            and _changed_after(order, late - REACH)
        }
        if self._until is None:
            self._until = kept.until

    async def keep(self, account: str) -> None:
        """Have the journal keep what is new. That it cannot is said once, and stops nothing."""
        news, until = self._unkept, self._until
        self._unkept = {}
        self.news.clear()
        try:
            await self._history.keep_history(account, OrderHistory(tuple(news.values()), until))
        except JournalFailed as failure:
            self._put_back(news)
            self._note_trouble(str(failure))
        except asyncio.CancelledError:
            self._put_back(news)
            raise
        else:
            self._note_trouble(None)

    def _put_back(self, news: dict[str, OrderReport]) -> None:
        """Keep them the next time: `until` must never stand for an order that is missing."""
        self._unkept = news | self._unkept
        self.news.set()

    def _note_trouble(self, reason: str | None) -> None:
        if reason is not None and self.trouble is None:
            log.warning(
                "history.not_kept",
                reason=reason,
                effect="closes go on; until it is kept, the next start reads more of the broker",
            )
        elif reason is None and self.trouble is not None:
            log.info("history.kept_again")
        self.trouble = reason

    # --- looking things up ------------------------------------------------------------

    def all(self) -> Iterable[OrderReport]:
        return self._known.values()

    def open(self) -> tuple[OrderReport, ...]:
        """The orders that were not final when we last heard of them."""
        return tuple(
            order
            for order in self._known.values()
            if not order.status.is_final and order.order_id not in self._gone
        )

    def since(self, at: datetime) -> tuple[OrderReport, ...]:
        """The orders that were submitted about then or later, as far as they are known."""
        earliest = at - OVERLAP
        return tuple(
            order
            for order in self._known.values()
            if order.submitted_at is None or order.submitted_at >= earliest
        )

    def newest_at(self) -> datetime | None:
        """When the newest order that is known was submitted, by the broker's clock."""
        times = (order.submitted_at for order in self._known.values() if order.submitted_at)
        return max(times, default=None)

    def under(self, client_order_id: str) -> OrderReport | None:
        """The order the account has under this client id, as far as it has been told of."""
        orders = self._known.values()
        return next((each for each in orders if each.client_order_id == client_order_id), None)

    def traded_among(self, owners: Mapping[str, str]) -> dict[str, str]:
        """Return those of `owners`, client ids to whatever, whose orders have traded."""
        return {key: owner for key, owner in owners.items() if key in self._traded}

    def knows(self, order_id: str) -> bool:
        """Whether this is an order, or a leg of one, that has been told of."""
        return order_id in self._known or order_id in self._legs


def _has_traded(order: OrderReport) -> bool:
    return order.filled_units > 0 or any(leg.filled for leg in order.legs)


def _is_after(order: OrderReport, at: datetime) -> bool:
    return order.submitted_at is not None and order.submitted_at > at


def _changed_after(order: OrderReport, at: datetime) -> bool:
    return order.updated_at is None or order.updated_at > at
