"""A broker in memory that keeps honest books and misbehaves when told to."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from support.broker_script import Behaviour, take
from support.fake_orders import FakeOrder
from support.manual_clock import ManualClock

from closeout.domain.deliverables import ContractTerms
from closeout.domain.holdings import Account, Holding, Holdings, MarketClock
from closeout.domain.occ import option_or_none
from closeout.domain.orders import Execution, Fill, OrderReport, OrderStatus, Ticket, TradeUpdate
from closeout.domain.outcomes import (
    Accepted,
    CancelOutcome,
    CancelTaken,
    PlaceOutcome,
    Refused,
    ReplaceOutcome,
)
from closeout.domain.settlements import Settlement
from closeout.ports import LinkDown, LinkUp, ReadFailed, StreamItem

ACCOUNT = "PA3TEST"
_DOLLAR = Decimal(1)


class FakeBroker:
    """
    The `Broker` port.

    Orders rest until `fill`, unless `fills_at_once`. `sent` is every order that was sent,
    `reads` counts reads by name, and a name in `failing` makes that read fail (`*`: all).
    """

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.sent: list[Ticket] = []
        self.replaced: list[Ticket] = []
        self.replace_outcomes: deque[ReplaceOutcome] = deque()
        self.cancels: list[str] = []
        self.settled: list[Settlement] = []
        self.terms: dict[str, ContractTerms] = {}
        self.settlements_since: list[datetime | None] = []
        self.cancel_outcomes: deque[CancelOutcome] = deque()
        self.cancel_completes = True
        self.reads: Counter[str] = Counter()
        self.failing: dict[str, ReadFailed] = {}
        self.gates: dict[str, asyncio.Event] = {}
        """Reads by name that are answered when somebody opens their gate."""
        self.history_asked: list[datetime | None] = []
        self.fills_at_once = False
        self.penny = True
        self.is_open = True
        self.blocked_reason: str | None = None
        self.quantities: dict[str, Decimal] = {}
        self.orders: list[FakeOrder] = []
        self.traded: list[Fill] = []
        self.on_place: Callable[[Ticket], None] = lambda ticket: None
        self.unlisted: set[str] = set()
        """Client order ids that neither look-ups nor lists find yet."""
        self._script: deque[Behaviour] = deque()
        self._frozen: Holdings | None = None
        self._listeners: list[asyncio.Queue[StreamItem]] = []
        self._streaming = True

    # --- the port: what changes something ---------------------------------------------

    def script(self, *behaviours: Behaviour) -> None:
        """Say what the next orders meet; afterwards the broker is honest again."""
        self._script.extend(behaviours)

    async def place(self, ticket: Ticket) -> PlaceOutcome:
        self.sent.append(ticket)
        self.on_place(ticket)
        await asyncio.sleep(0)
        behaviour = self._script.popleft() if self._script else take
        return await behaviour(self, ticket)

    async def replace(self, order_id: str, ticket: Ticket) -> ReplaceOutcome:
        self.replaced.append(ticket)
        self.on_place(ticket)
        await asyncio.sleep(0)
        if self.replace_outcomes:
            return self.replace_outcomes.popleft()
        return self.take_place(self.find(order_id), ticket)

    async def cancel(self, order_id: str) -> CancelOutcome:
        self.cancels.append(order_id)
        await asyncio.sleep(0)
        if self.cancel_outcomes:
            return self.cancel_outcomes.popleft()
        order = self.find(order_id)
        if not order.is_open:
            return Refused(422, 42210000, f'order is already in "{order.status.value}" state')
        if self.cancel_completes:
            self.end(OrderStatus.CANCELED, order)
        return CancelTaken()

    # --- the port: reads --------------------------------------------------------------

    async def order(self, order_id: str) -> OrderReport | None:
        await self._read("order")
        return next((each.report() for each in self.orders if each.order_id == order_id), None)

    async def order_by_client_id(self, client_order_id: str) -> OrderReport | None:
        await self._read("order_by_client_id")
        if client_order_id in self.unlisted:
            return None
        found = (each for each in self.orders if each.client_order_id == client_order_id)
        return next((each.report() for each in found), None)

    async def open_orders(self) -> tuple[OrderReport, ...]:
        await self._read("open_orders")
        return tuple(each.report() for each in self.orders if each.is_open)

    async def order_history(self, since: datetime | None) -> tuple[OrderReport, ...]:
        await self._read("order_history")
        self.history_asked.append(since)
        return tuple(
            each.report()
            for each in self.orders
            if (since is None or each.submitted_at > since)
            and each.client_order_id not in self.unlisted
        )

    async def fills(self, since: datetime) -> tuple[Fill, ...]:
        await self._read("fills")
        return tuple(each for each in self.traded if each.at > since)

    async def settlements(self, since: datetime | None) -> tuple[Settlement, ...]:
        await self._read("settlements")
        self.settlements_since.append(since)
        return tuple(each for each in self.settled if since is None or each.at > since)

    async def holdings(self) -> Holdings:
        await self._read("holdings")
        now = self._clock.now()
        return self._snapshot() if self._frozen is None else replace(self._frozen, at=now)

    async def account(self) -> Account:
        await self._read("account")
        equity = Decimal("100000.00")
        return Account(ACCOUNT, "ACTIVE", equity, equity, equity, 3, self.blocked_reason)

    async def market_clock(self) -> MarketClock:
        await self._read("market_clock")
        now = self._clock.now()
        return MarketClock(self.is_open, now + timedelta(days=3), now + timedelta(hours=6), now)

    async def contract_terms(self, symbols: Iterable[str]) -> Mapping[str, ContractTerms]:
        await self._read("contract_terms")
        return {each: self.terms[each] for each in symbols if each in self.terms}

    async def penny_underlyings(self, symbols: Iterable[str]) -> Mapping[str, bool]:
        await self._read("penny_underlyings")
        return dict.fromkeys(symbols, self.penny)

    @asynccontextmanager
    async def updates(self) -> AsyncIterator[AsyncIterator[StreamItem]]:
        queue: asyncio.Queue[StreamItem] = asyncio.Queue()
        self._listeners.append(queue)
        if self._streaming:
            queue.put_nowait(LinkUp(self._clock.now(), None))
        try:
            yield _items(queue)
        finally:
            self._listeners.remove(queue)

    @property
    def is_followed(self) -> bool:
        """Whether somebody has the stream of trade updates open."""
        return bool(self._listeners)

    # --- the books --------------------------------------------------------------------

    def hold(self, symbol: str, quantity: int) -> None:
        """Let the account hold this, signed."""
        self.quantities[symbol] = Decimal(quantity)

    def take(self, ticket: Ticket) -> PlaceOutcome:
        """Accept an order, or refuse what Alpaca would refuse."""
        if any(each.client_order_id == ticket.client_order_id for each in self.orders):
            return Refused(422, 40010001, "client_order_id must be unique")
        for leg in ticket.legs:
            wanted, free = ticket.contracts(leg.symbol), self.available(leg.symbol)
            if self.quantities.get(leg.symbol, Decimal(0)) * leg.side.sign > 0 or wanted > free:
                text = f"insufficient qty available for order (requested: {wanted}, available: "
                return Refused(403, 40310000, f"{text}{free:f})")
        order = self.add(ticket)
        self.tell("new", order)
        if self.fills_at_once:
            self.fill(order)
        return Accepted(order.report())

    def add(self, ticket: Ticket) -> FakeOrder:
        """Enter an order in the books, unseen."""
        now = self._clock.now()
        order = FakeOrder(f"order-{len(self.orders) + 1}", ticket, now, now)
        self.orders.append(order)
        return order

    def find(self, order_id: str) -> FakeOrder:
        return next(each for each in self.orders if each.order_id == order_id)

    @property
    def newest(self) -> FakeOrder:
        return self.orders[-1]

    def available(self, symbol: str) -> Decimal:
        held = sum(each.held(symbol) for each in self.orders)
        return max(Decimal(0), abs(self.quantities.get(symbol, Decimal(0))) - held)

    def fill(
        self,
        order: FakeOrder | None = None,
        *,
        units: int | None = None,
        prices: Mapping[str, Decimal] | None = None,
    ) -> FakeOrder:
        """Trade so many units (all that are left) of an order (the newest) and tell of it."""
        order = order or self.newest
        assert order.is_open, "only an open order fills"
        traded = units or order.ticket.units - order.filled_units
        order.filled_units += traded
        complete = order.filled_units == order.ticket.units
        order.status = OrderStatus.FILLED if complete else OrderStatus.PARTIALLY_FILLED
        order.updated_at = self._clock.now()
        for leg in order.ticket.legs:
            order.prices[leg.symbol] = (prices or {}).get(leg.symbol, _DOLLAR)
            self._move(leg.symbol, leg.side.sign * traded * leg.ratio)
            self.traded.append(
                Fill(
                    fill_id=f"fill-{len(self.traded) + 1}",
                    order_id=order.order_id,
                    symbol=leg.symbol,
                    side=leg.side,
                    quantity=traded * leg.ratio,
                    price=order.prices[leg.symbol],
                    at=order.updated_at,
                )
            )
        self.tell("fill" if complete else "partial_fill", order, traded)
        return order

    def bust(self, order: FakeOrder, symbol: str, *, contracts: int) -> None:
        """Let the exchange take back a trade of one leg, and tell of it."""
        leg = next(each for each in order.ticket.legs if each.symbol == symbol)
        self._move(symbol, -leg.side.sign * contracts)
        at = order.updated_at = self._clock.now()
        trade = Execution("busted", order.order_id, symbol, contracts, order.prices[symbol], at)
        update = TradeUpdate(
            "trade_bust", None, order.report(), (), (), at, is_revision=True, undone=(trade,)
        )
        if self._streaming:
            self.push(update)

    def end(self, status: OrderStatus, order: FakeOrder | None = None) -> None:
        """Let an order (the newest) end without filling, and tell of it."""
        order = order or self.newest
        order.status, order.updated_at = status, self._clock.now()
        self.tell(status.value, order)

    def replace_elsewhere(self, order: FakeOrder) -> FakeOrder:
        """Let somebody at Alpaca's own page replace an open order with another for the rest."""
        left = order.ticket.units - order.filled_units
        ticket = replace(order.ticket, client_order_id=f"{order.order_id}-replaced", units=left)
        order.status = OrderStatus.REPLACED
        successor = self.add(ticket)
        successor.replaces, order.replaced_by = order.order_id, successor.order_id
        self.tell("replaced", order)
        return successor

    def take_place(self, order: FakeOrder, ticket: Ticket) -> ReplaceOutcome:
        """Let `ticket` take an open order's place, or refuse it."""
        if not order.is_open:
            return Refused(422, 42210000, f"cannot replace order in {order.status.value} status")
        order.status, order.updated_at = OrderStatus.REPLACED, self._clock.now()
        successor = self.add(ticket)
        successor.replaces, order.replaced_by = order.order_id, successor.order_id
        self.tell("replaced", order)
        self.tell("new", successor)
        return Accepted(successor.report())

    def _move(self, symbol: str, change: int) -> None:
        self.quantities[symbol] = self.quantities.get(symbol, Decimal(0)) + change
        if not self.quantities[symbol]:
            del self.quantities[symbol]

    def _snapshot(self) -> Holdings:
        rows = tuple(
            Holding(
                symbol,
                quantity,
                self.available(symbol),
                _DOLLAR,
                "us_option" if option_or_none(symbol) else "us_equity",
            )
            for symbol, quantity in sorted(self.quantities.items())
        )
        return Holdings(self._clock.now(), rows)

    # --- misbehaving ------------------------------------------------------------------

    def fail(self, *reads: str, retry_after: timedelta | None = None) -> None:
        """Make these reads fail from now on; `*` is every read."""
        for each in reads:
            self.failing[each] = ReadFailed("Alpaca answered HTTP 500", retry_after=retry_after)

    def heal(self) -> None:
        self.failing.clear()

    def freeze_holdings(self) -> None:
        """Let positions lag behind the fills, as Alpaca's have been seen to."""
        now = self._snapshot()
        free = tuple(replace(row, available=abs(row.quantity)) for row in now.rows)
        self._frozen = replace(now, rows=free)

    def thaw_holdings(self) -> None:
        self._frozen = None

    async def _read(self, name: str) -> None:
        """Count a read and give way: whoever else can run meanwhile does, as over a network."""
        self.reads[name] += 1
        await asyncio.sleep(0)
        if gate := self.gates.get(name):
            await gate.wait()
        failure = self.failing.get(name) or self.failing.get("*")
        if failure is not None:
            raise failure

    # --- the stream -------------------------------------------------------------------

    def tell(self, event: str, order: FakeOrder, traded: int = 0) -> None:
        """Send a trade update, unless the stream is away."""
        executions = tuple(
            Execution(
                f"{order.order_id}-{order.filled_units}-{leg.symbol}",
                order.order_id,
                leg.symbol,
                traded * leg.ratio,
                order.prices[leg.symbol],
                order.updated_at,
            )
            for leg in order.ticket.legs
            if traded
        )
        update = TradeUpdate(event, None, order.report(), executions, (), order.updated_at)
        if self._streaming:
            self.push(update)

    def push(self, item: StreamItem) -> None:
        for queue in self._listeners:
            queue.put_nowait(item)

    def drop_stream(self) -> None:
        self._streaming = False
        self.push(LinkDown(self._clock.now(), "cut"))

    def reconnect_stream(self, gap: timedelta = timedelta(seconds=3)) -> None:
        self._streaming = True
        self.push(LinkUp(self._clock.now(), gap))


async def _items(queue: "asyncio.Queue[StreamItem]") -> AsyncIterator[StreamItem]:
    while True:
        yield await queue.get()
