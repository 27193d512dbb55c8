"""
The `Broker` port in front of the venue, with a wire between them that can go wrong.

A request that was sent goes on to the venue whatever becomes of the process that sent it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Self

from simulation.days import Day
from simulation.holdings import UNDERLYINGS
from simulation.reports import report_of, without_legs
from simulation.sights import Sight
from simulation.site import Site

from alpaca_simulator.exchange import orders as theirs
from alpaca_simulator.exchange.activities import Activity, ActivityFilter, ActivityType
from alpaca_simulator.exchange.events import TradeUpdate as Told
from alpaca_simulator.exchange.orders import Order, OrderFilter
from alpaca_simulator.exchange.refusals import Refusal
from closeout.domain.deliverables import ContractTerms
from closeout.domain.holdings import Account, Holding, Holdings, MarketClock
from closeout.domain.occ import option_or_none
from closeout.domain.orders import Fill, OrderReport, OrderStatus, Side, Ticket, TradeUpdate
from closeout.domain.outcomes import (
    Accepted,
    CancelOutcome,
    CancelTaken,
    NotSent,
    OutcomeUnknown,
    PlaceOutcome,
    Refused,
    ReplaceOutcome,
)
from closeout.domain.settlements import Settlement, SettlementKind
from closeout.ports import LinkDown, LinkUp, ReadFailed, StreamItem

ACCOUNT = "PASIMULATED"
TIMEOUT = 10.0
"""How long an answer is waited for, seconds."""
LATEST_ARRIVAL = 15.0
"""How long a request may wander before it arrives, seconds."""

_SETTLEMENTS = frozenset(ActivityType) - {ActivityType.FILL}
_BEING_REPLACED = (theirs.OrderStatus.PENDING_REPLACE, theirs.OrderStatus.REPLACED)

Work = Callable[[], OrderReport]


class Mishap(RuntimeError):
    """A bug of the adapter."""


class SimulatedBroker:
    """What one process has of the broker."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._loop = site.loop
        self._clock = site.clock
        self._venue = site.venue
        self._process = site.process
        self._checks = site.checks
        self._chance = site.chance
        self._stream: _Stream | None = None

    @property
    def _day(self) -> Day:
        return self._venue.day

    # --- what changes something -------------------------------------------------------

    async def place(self, ticket: Ticket) -> PlaceOutcome:
        self._checks.orders.sending(self._process, ticket)
        outcome = await self._carry(ticket, lambda: self._venue.submit(ticket))
        self._checks.answers.answered(self._process, ticket, outcome)
        return outcome

    async def replace(self, order_id: str, ticket: Ticket) -> ReplaceOutcome:
        self._checks.orders.replacing(self._process, order_id, ticket)
        outcome = await self._carry(ticket, lambda: self._replace(order_id, ticket))
        self._checks.answers.answered(self._process, ticket, outcome)
        return outcome

    def _replace(self, order_id: str, ticket: Ticket) -> OrderReport:
        """Answer for a replacement, which may be dropped without a word."""
        old = self._venue.order(order_id)
        is_overtaken = old is not None and old.status in _BEING_REPLACED
        dropped = max(self._day.replace_dropped, 0.5) if is_overtaken else self._day.replace_dropped
        if dropped and old is not None and self._chance.random() < dropped:
            self._checks.books.met[Sight.REPLACE_DROPPED] += 1
            return replace(
                report_of(old),
                order_id=f"dropped-{ticket.client_order_id}",
                client_order_id=ticket.client_order_id,
                status=OrderStatus.PENDING_NEW,
                raw_status=OrderStatus.PENDING_NEW.value,
                filled_units=0,
                legs=(),
                limit=ticket.limit,
                replaces=order_id,
                replaced_by=None,
            )
        return self._venue.replace(order_id, ticket)

    async def _carry(self, ticket: Ticket, work: Work) -> PlaceOutcome:
        """Bring a request to the venue, as far as the wire lets it."""
        match self._fate():
            case "rate_limited":
                await self._travel()
                return NotSent("rate limit (HTTP 429)", self._wait())
            case "no_connection":
                return NotSent("no connection", timedelta(seconds=1))
            case "lost_before":
                return await self._silence()
            case "unavailable_before":
                await self._travel()
                return OutcomeUnknown("HTTP 503")
            case "late_arrival":
                self._checks.answers.left(ticket)
                self._send(ticket, work, self._chance.uniform(0.1, LATEST_ARRIVAL))
                return await self._silence()
            case fate:
                self._checks.answers.left(ticket)
                answer = self._send(ticket, work, self._latency())
                return await self._hear(fate, answer)

    async def _hear(self, fate: str, answer: "asyncio.Future[PlaceOutcome]") -> PlaceOutcome:
        match fate:
            case "lost_after":
                return await self._silence()
            case "unavailable_after":
                await answer
                return OutcomeUnknown("HTTP 504")
            case "unreadable":
                await answer
                return OutcomeUnknown("the answer cannot be read")
            case "mishap":
                await answer
                self._checks.expect("order.mishap")
                raise Mishap("the adapter stumbles")
        try:
            async with asyncio.timeout(TIMEOUT):
                outcome = await answer
                await self._travel()
                return outcome
        except TimeoutError:
            return OutcomeUnknown("no answer in time")

    def _send(self, ticket: Ticket, work: Work, delay: float) -> "asyncio.Future[PlaceOutcome]":
        answer: asyncio.Future[PlaceOutcome] = self._loop.create_future()
        self._loop.later(delay, self._arrive, ticket, work, answer)
        return answer

    def _arrive(self, ticket: Ticket, work: Work, answer: "asyncio.Future[PlaceOutcome]") -> None:
        """The request is at the venue, whoever still waits for the answer."""
        outcome: PlaceOutcome
        try:
            outcome = Accepted(work())
        except Refusal as refusal:
            related = refusal.extras.get("related_orders", ())
            orders = tuple(related) if isinstance(related, list) else ()
            outcome = Refused(refusal.status, refusal.code, refusal.message, orders)
        self._checks.answers.arrived(ticket, outcome)
        if not answer.done():
            answer.set_result(outcome)

    async def cancel(self, order_id: str) -> CancelOutcome:
        self._checks.cancels.cancelling(self._process, order_id)
        match self._fate():
            case "rate_limited":
                await self._travel()
                return NotSent("rate limit (HTTP 429)", self._wait())
            case "no_connection":
                return NotSent("no connection", timedelta(seconds=1))
            case "lost_before" | "unavailable_before":
                return await self._silence()
            case "lost_after" | "late_arrival" | "unreadable" | "unavailable_after":
                self._loop.later(self._chance.uniform(0.1, 5.0), self._cancel, order_id)
                return await self._silence()
            case "mishap":
                self._checks.expect("cancel.mishap")
                raise Mishap("the adapter stumbles")
        await self._travel()
        if self._chance.random() < self._day.cancel_swallowed:
            return CancelTaken()
        outcome = self._cancel(order_id)
        await self._travel()
        return outcome

    def _cancel(self, order_id: str) -> CancelOutcome:
        try:
            self._venue.cancel(order_id)
        except Refusal as refusal:
            return Refused(refusal.status, refusal.code, refusal.message)
        return CancelTaken()

    def _fate(self) -> str:
        day = self._day
        for name in (
            "rate_limited",
            "no_connection",
            "lost_before",
            "unavailable_before",
            "late_arrival",
            "lost_after",
            "unavailable_after",
            "unreadable",
            "mishap",
        ):
            worst = getattr(day, name)
            if worst and self._chance.random() < worst:
                return name
        return "delivered"

    async def _silence(self) -> OutcomeUnknown:
        await asyncio.sleep(self._chance.choice((TIMEOUT, self._latency())))
        return OutcomeUnknown("sent, and no answer came")

    def _wait(self) -> timedelta:
        return timedelta(seconds=self._chance.choice((0.5, 2.0, 10.0)))

    def _latency(self) -> float:
        return self._chance.uniform(0.2, 2.0) * self._day.latency

    async def _travel(self) -> None:
        await asyncio.sleep(self._latency())

    # --- reads ------------------------------------------------------------------------

    async def _ask(self) -> None:
        """One way of a read, which may be its end."""
        await self._travel()
        if self._day.read_failures and self._chance.random() < self._day.read_failures:
            if self._chance.random() < 0.2:
                await asyncio.sleep(TIMEOUT)
            raise ReadFailed("HTTP 500")
        self._venue.catch_up()

    def _order_lag(self) -> float:
        lag = self._day.order_lag
        return self._chance.uniform(0.0, lag) if lag else 0.0

    async def order(self, order_id: str) -> OrderReport | None:
        await self._ask()
        order = self._venue.order(order_id)
        found = None if order is None else self._venue.seen_late(order, self._order_lag())
        await self._travel()
        return found

    async def order_by_client_id(self, client_order_id: str) -> OrderReport | None:
        self._checks.gaps.asking(self._process, client_order_id)
        await self._ask()
        order = self._venue.order_by_client_id(client_order_id)
        found = None if order is None else self._venue.seen_late(order, self._order_lag())
        await self._travel()
        self._checks.answers.looked_up(self._process, client_order_id, found)
        return found

    async def open_orders(self) -> tuple[OrderReport, ...]:
        await self._ask()
        return self._seen(self._venue.exchange.orders(OrderFilter(limit=500, descending=False)))

    async def order_history(self, since: datetime | None) -> tuple[OrderReport, ...]:
        query = OrderFilter(status="all", limit=500, after=since, descending=False)
        asked = [order.client_order_id for order in self._venue.exchange.orders(query)]
        self._checks.gaps.listing(self._process, asked)
        try:
            await self._ask()
            return self._seen(self._venue.exchange.orders(query))
        finally:
            self._checks.gaps.listed(self._process)

    def _seen(self, orders: Iterable[Order]) -> tuple[OrderReport, ...]:
        lag = self._order_lag()
        seen = (self._venue.seen_late(order, lag) for order in orders)
        return tuple(report for report in seen if report is not None)

    async def fills(self, since: datetime) -> tuple[Fill, ...]:
        await self._ask()
        query = ActivityFilter(
            types=frozenset({ActivityType.FILL}), after=since, descending=False, page_size=10_000
        )
        limit = self._clock.now() - timedelta(seconds=self._order_lag())
        rows = [row for row in self._venue.exchange.activities(query) if row.at <= limit]
        await self._travel()
        return tuple(
            Fill(row.id, row.order_id, row.symbol, Side(row.side.value), row.qty, row.price, row.at)
            for row in rows
            if row.order_id is not None and row.side is not None and row.price is not None
        )

    async def settlements(self, since: datetime | None) -> tuple[Settlement, ...]:
        """Read what happened without an order; days differ in how soon it is listed."""
        await self._ask()
        query = ActivityFilter(types=_SETTLEMENTS, after=since, descending=False, page_size=100)
        rows = self._venue.exchange.activities(query)
        await self._travel()
        if rows:
            self._checks.books.met[Sight.SETTLED] += 1
        return tuple(_settlement(row) for row in rows)

    async def holdings(self) -> Holdings:
        at = self._clock.now()
        try:
            await self._ask()
        except ReadFailed:
            self._checks.reads.read_failed()
            raise
        lag = self._day.holdings_lag
        behind = self._chance.uniform(0.0, lag) if lag else 0.0
        moment = self._venue.moment_at(self._loop.time() - behind)
        rows = tuple(
            Holding(
                symbol,
                Decimal(row.quantity),
                Decimal(row.available),
                row.entry,
                "us_option" if option_or_none(symbol) else "us_equity",
            )
            for symbol, row in moment.rows.items()
        )
        await self._travel()
        read = Holdings(at, rows)
        self._checks.reads.read_holdings(read)
        return read

    async def account(self) -> Account:
        await self._ask()
        cash = Decimal(100_000)
        return Account(ACCOUNT, "ACTIVE", cash, cash, cash, 3, None)

    async def market_clock(self) -> MarketClock:
        await self._ask()
        reading = self._venue.exchange.clock()
        return MarketClock(
            reading.is_open, reading.next_open, reading.next_close, reading.timestamp
        )

    async def contract_terms(self, symbols: Iterable[str]) -> Mapping[str, ContractTerms]:
        """No contract is adjusted here, so nobody asks."""
        raise AssertionError(f"asked about {sorted(symbols)}")

    async def penny_underlyings(self, symbols: Iterable[str]) -> Mapping[str, bool]:
        await self._ask()
        found = {}
        for symbol in symbols:
            option = option_or_none(symbol)
            assert option is not None
            found[symbol] = UNDERLYINGS[option.underlying]["class"] != "nickel"
        return found

    def updates(self) -> "_Stream":
        self._stream = _Stream(self._site)
        return self._stream

    def heal(self) -> None:
        """Bring the stream back for good."""
        if self._stream is not None:
            self._stream.heal()


def _settlement(row: Activity) -> Settlement:
    kind = SettlementKind(row.type.value)
    return Settlement(row.id, kind, row.symbol, Decimal(row.qty), row.price, row.at)


class _Stream:
    """One connection to the trade updates, as the port's asynchronous context and iterator."""

    def __init__(self, site: Site) -> None:
        self._loop = site.loop
        self._clock = site.clock
        self._venue = site.venue
        self._process = site.process
        self._checks = site.checks
        self._chance = site.chance
        self._items: asyncio.Queue[StreamItem] = asyncio.Queue()
        self._is_up = False
        self._down_since: float | None = None
        self._number = 0

    async def __aenter__(self) -> AsyncIterator[StreamItem]:
        self._venue.on_told.append(self._take)
        self._loop.later(self._chance.uniform(0.0, 0.3), self._come_up, self._number)
        self._plan_cut()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.detach()

    def detach(self) -> None:
        if self._take in self._venue.on_told:
            self._venue.on_told.remove(self._take)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StreamItem:
        return await self._items.get()

    def heal(self) -> None:
        if not self._is_up:
            self._come_up(self._number)

    def _come_up(self, number: int) -> None:
        if self._is_up or number != self._number:
            return
        self._is_up = True
        gap = None
        if self._down_since is not None:
            gap = timedelta(seconds=self._loop.time() - self._down_since)
        self._put(LinkUp(self._clock.now(), gap))
        if gap is not None and self._process.is_alive:
            self._checks.gaps.came_up(self._process)

    def _plan_cut(self) -> None:
        if self._chance.random() < self._venue.day.stream_cuts:
            self._loop.later(self._chance.uniform(0.5, 40.0), self._cut)

    def _cut(self) -> None:
        if not self._is_up or not self._venue.day.stream_cuts:
            return
        self._is_up = False
        self._number += 1
        self._down_since = self._loop.time()
        self._put(LinkDown(self._clock.now(), "cut"))
        self._loop.later(self._chance.uniform(0.2, 30.0), self._come_up, self._number)
        self._plan_cut()

    def _take(self, _: Told, update: TradeUpdate) -> None:
        day = self._venue.day
        if not self._is_up or not self._process.is_alive:
            return
        if day.dropped and self._chance.random() < day.dropped:
            return
        if day.legless and self._chance.random() < day.legless:
            update = without_legs(update)
        times = 2 if day.repeated and self._chance.random() < day.repeated else 1
        for _copy in range(times):
            delay = self._chance.uniform(0.001, 0.05)
            if day.delayed and self._chance.random() < day.delayed:
                delay = self._chance.uniform(0.05, 6.0)
            self._loop.later(delay, self._put, update)

    def _put(self, item: StreamItem) -> None:
        if not self._process.is_alive:
            return
        self._items.put_nowait(item)
        if isinstance(item, TradeUpdate) and item.is_revision:
            self._checks.cover.hears_of_bust(self._process, item)
            self._loop.later(10.0, self._checks.fills.told_of_bust, self._process, item)
