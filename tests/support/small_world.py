"""
One close against a broker that keeps true books, in virtual time and without asyncio.

While `faulty`, answers get lost, reads fail or lag, stream reports are dropped or late,
strangers meddle and the program dies; the books stay true. `heal()` ends all of that.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from support.builders import AT, a_report, opened
from support.close_rules import Rules

from closeout.closing.effects import (
    CancelOrder,
    CheckAccount,
    Effect,
    FollowOrder,
    LookUpOrder,
    PlaceOrder,
    ReadHoldings,
    WakeAfter,
)
from closeout.closing.events import (
    AccountChecked,
    CancelAcknowledged,
    CancelFailed,
    CancelRequested,
    Event,
    HoldingsRead,
    OrderNotFound,
    OrderNotSent,
    OrderRefused,
    OrderReported,
    OutcomeLost,
    ReadMissed,
    Recovered,
    Woke,
)
from closeout.closing.rooms import Room
from closeout.closing.state import CloseState
from closeout.closing.step import fold, step
from closeout.domain.orders import OrderReport, OrderStatus, Ticket
from closeout.domain.strategies import Strategy

_SOON = timedelta(seconds=1)


@dataclass
class Order:
    """What is true of an order at the broker."""

    order_id: str
    client_order_id: str
    ticket: Ticket
    units: int
    filled: int = 0
    status: OrderStatus = OrderStatus.NEW
    replaces: str | None = None
    replaced_by: str | None = None

    @property
    def is_open(self) -> bool:
        return not self.status.is_final

    def report(self, at: datetime, *, legs: bool = True) -> OrderReport:
        return a_report(
            self.ticket,
            self.status,
            filled=self.filled,
            units=self.units,
            order_id=self.order_id,
            client_order_id=self.client_order_id,
            legs=legs,
            updated=at,
            replaces=self.replaces,
            replaced_by=self.replaced_by,
        )


@dataclass
class World:
    """The close, its journal, what is under way, and the broker's books."""

    strategy: Strategy
    dice: Random
    faulty: bool = True
    now: datetime = AT
    alarm: datetime | None = None
    orders: list[Order] = field(default_factory=list)
    pending: list[Effect] = field(default_factory=list)
    stream: list[OrderReport] = field(default_factory=list)
    delayed: list[tuple[datetime, Ticket]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.held = {leg.symbol: leg.quantity for leg in self.strategy.legs}
        self.lagging = dict(self.held)
        first = opened(self.strategy)
        self.journal: list[Event] = [first]
        self.state, effects = step(None, first)
        self.rules = Rules(self.state, effects)
        self._take(effects)

    # --- one thing after another ------------------------------------------------------

    def live(self, things: int) -> None:
        """Let this many things happen, chosen by the dice."""
        for _ in range(things):
            moves: list[Callable[[], None]] = [self._perform, self._tell, self._trade, self._wait]
            if self.faulty:
                moves += [self._meddle, self._drop, self._arrive]
            self.dice.choice(moves)()

    def heal(self) -> None:
        """End every fault. What was on its way arrives; what the stream lost stays lost."""
        self.faulty = False
        for _, ticket in self.delayed:
            self._tell_stream(self._accept(ticket))
        self.delayed.clear()
        self._handle(Recovered(self.now))

    def settle(self, most: int) -> bool:
        """Do only what is asked for, in order; return whether the close ended."""
        for _ in range(most):
            while self.pending or self.stream:
                self._perform()
                self._tell()
            if self.state.phase.is_end:
                return True
            self._trade()
            self._wait()
        return False

    def _handle(self, event: Event) -> None:
        before = self.state
        self.state, effects = step(before, event)
        self.rules.check(before, event, self.state, effects)
        if self.state != before:
            self.journal.append(event)
        self._take(effects)

    def _take(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, WakeAfter):
                self.alarm = self.now + effect.delay
            else:
                self.pending.append(effect)

    def _chance(self, share: float) -> bool:
        return self.faulty and self.dice.random() < share

    def _wait(self) -> None:
        if self.alarm is not None and not self.pending:
            self.now, self.alarm = max(self.now, self.alarm), None
            self._handle(Woke(self.now))
        else:
            self.now += timedelta(milliseconds=self.dice.randint(1, 900))

    # --- our own requests -------------------------------------------------------------

    def _perform(self) -> None:
        if not self.pending:
            return
        effect = self.pending.pop(0)
        self.now += timedelta(milliseconds=5)
        match effect:
            case PlaceOrder(ticket):
                self._handle(self._place(ticket))
            case CancelOrder(order_id):
                self._handle(self._cancel(order_id))
            case _ if self._chance(0.2):
                self._handle(ReadMissed(self.now, "504", _SOON))
            case LookUpOrder(client_order_id):
                self._handle(self._look_up(client_order_id))
            case FollowOrder(order_id):
                found = self._order(order_id)
                if found is not None:
                    self._handle(OrderReported(self.now, found.report(self.now), "read"))
            case ReadHoldings():
                self._handle(self._read_holdings())
            case CheckAccount():
                self._handle(self._check(effect))

    def _place(self, ticket: Ticket) -> Event:
        identity = ticket.client_order_id
        if self._chance(0.15):
            return OrderNotSent(self.now, identity, "429", _SOON)
        if self._chance(0.1):
            return OutcomeLost(self.now, identity, "it never arrived")
        if self._chance(0.1):
            self.delayed.append((self.now + timedelta(seconds=self.dice.randint(1, 20)), ticket))
            return OutcomeLost(self.now, identity, "it arrives later")
        refusal = self._refusal(ticket)
        if refusal is None:
            order = self._accept(ticket)
            if not self._chance(0.2):
                return OrderReported(self.now, order.report(self.now), "answer")
        elif not self._chance(0.2):
            return OrderRefused(self.now, identity, 422, 42210000, refusal, ())
        return OutcomeLost(self.now, identity, "the answer was lost")

    def _refusal(self, ticket: Ticket) -> str | None:
        if any(order.client_order_id == ticket.client_order_id for order in self.orders):
            return "client_order_id must be unique"
        for leg in ticket.legs:
            left = self.held[leg.symbol] + leg.side.sign * ticket.contracts(leg.symbol)
            if self.held[leg.symbol] * left < 0 or abs(left) > abs(self.held[leg.symbol]):
                return "position intent mismatch"
        return "no" if self._chance(0.05) else None

    def _accept(self, ticket: Ticket) -> Order:
        known = [each for each in self.orders if each.client_order_id == ticket.client_order_id]
        if known:
            return known[0]
        name = f"order-{len(self.orders) + 1}"
        order = Order(name, ticket.client_order_id, ticket, ticket.units)
        self.orders.append(order)
        return order

    def _arrive(self) -> None:
        due = [each for each in self.delayed if each[0] <= self.now]
        for each in due:
            self.delayed.remove(each)
            if self._refusal(each[1]) is None:
                self._tell_stream(self._accept(each[1]))

    def _cancel(self, order_id: str) -> Event:
        order = self._order(order_id)
        if self._chance(0.2):
            return CancelFailed(self.now, order_id, "timeout", _SOON)
        if order is None or not order.is_open:
            return CancelFailed(self.now, order_id, "it is over", timedelta(0))
        if not self._chance(0.3):  # else it is acknowledged and comes to nothing
            order.status = OrderStatus.PENDING_CANCEL
        return CancelAcknowledged(self.now, order_id)

    def _look_up(self, client_order_id: str) -> Event:
        found = [each for each in self.orders if each.client_order_id == client_order_id]
        if not found:
            return OrderNotFound(self.now, client_order_id)
        report = found[0].report(self.now, legs=not self._chance(0.2))
        return OrderReported(self.now, report, "read")

    def _read_holdings(self) -> Event:
        if not self._chance(0.4):
            self.lagging = dict(self.held)
        held = tuple((key, Decimal(self.lagging[key])) for key in self.state.plan.symbols)
        return HoldingsRead(self.now, held)

    def _check(self, effect: CheckAccount) -> Event:
        for order in self.orders:
            if order.client_order_id == effect.client_order_id:
                return OrderReported(self.now, order.report(self.now), "read")
        rooms = (self._room(symbol) for symbol in self.state.plan.symbols)
        return AccountChecked(self.now, tuple(rooms))

    def _room(self, symbol: str) -> Room:
        working = sum(
            (order.units - order.filled) * leg.ratio
            for order in self.alive()
            for leg in order.ticket.legs
            if leg.symbol == symbol
        )
        free = max(0, abs(self.held[symbol]) - working)
        return Room(symbol, Decimal(self.held[symbol]), Decimal(free))

    # --- what the world does by itself ------------------------------------------------

    def _order(self, order_id: str) -> Order | None:
        return next((order for order in self.orders if order.order_id == order_id), None)

    def _trade(self) -> None:
        """Fill some units of an open order, or carry out its cancel; at night it expires."""
        alive = [order for order in self.orders if order.is_open]
        if not alive:
            return
        order = self.dice.choice(alive)
        if order.status is OrderStatus.PENDING_CANCEL and self.dice.random() < 0.5:
            order.status = OrderStatus.CANCELED
        elif self.dice.random() < 0.05:
            order.status = OrderStatus.EXPIRED
        elif self.dice.random() < 0.6:
            self._fill(order, self.dice.randint(1, order.units - order.filled))
        self._tell_stream(order)

    def _fill(self, order: Order, units: int) -> None:
        order.filled += units
        for leg in order.ticket.legs:
            self.held[leg.symbol] += leg.side.sign * leg.ratio * units
        if order.filled == order.units:
            order.status = OrderStatus.FILLED
        elif order.status is OrderStatus.NEW:
            order.status = OrderStatus.PARTIALLY_FILLED

    def _tell_stream(self, order: Order) -> None:
        self.stream.append(order.report(self.now, legs=not self._chance(0.1)))

    def _tell(self) -> None:
        if not self.stream:
            return
        place = self.dice.randrange(len(self.stream)) if self.faulty else 0
        report = self.stream[place] if self._chance(0.3) else self.stream.pop(place)
        if self.state.knows(report):
            self._handle(OrderReported(self.now, report, "stream"))

    def _drop(self) -> None:
        if self.stream:
            self.stream.pop(self.dice.randrange(len(self.stream)))

    def _meddle(self) -> None:
        """A person cancels here or at the broker, moves the price there, or the power fails."""
        moves = [self._die, self._cancel_here, self._cancel_there, self._replace_there]
        if self.dice.random() < 0.25:
            self.dice.choice(moves)()

    def _cancel_here(self) -> None:
        self._handle(CancelRequested(self.now))

    def _cancel_there(self) -> None:
        for order in self.orders:
            if order.is_open:
                order.status = OrderStatus.CANCELED
                self._tell_stream(order)

    def _replace_there(self) -> None:
        order = next((each for each in self.orders if each.is_open), None)
        if order is None or len(self.orders) > 5:
            return
        keeps = self.dice.random() < 0.5
        new = replace(
            order,
            order_id=f"order-{len(self.orders) + 1}",
            client_order_id=f"theirs-{len(self.orders)}",
            status=OrderStatus.NEW,
            units=order.units if keeps else order.units - order.filled,
            filled=order.filled if keeps else 0,
            replaces=order.order_id,
        )
        order.status, order.replaced_by = OrderStatus.REPLACED, new.order_id
        self.orders.append(new)
        self._tell_stream(order)
        self._tell_stream(new)

    def _die(self) -> None:
        """Everything in memory is gone; the journal is not, nor what was sent already."""
        if self.pending and isinstance(self.pending[0], PlaceOrder) and self.dice.random() < 0.5:
            ticket = self.pending[0].ticket
            if self._refusal(ticket) is None:
                self._accept(ticket)
        self.pending, self.alarm = [], None
        self.now += timedelta(seconds=self.dice.choice([1, 30, 200]))
        again = fold(self.journal)
        assert again == self.state, "the journal leads elsewhere"
        self.state = again
        self._handle(Recovered(self.now))

    def alive(self) -> list[Order]:
        return [order for order in self.orders if order.is_open]


def run_world(strategy: Strategy, seed: int, things: int) -> tuple[World, CloseState]:
    """Live through `things` with faults, heal, and settle; the close must end."""
    world = World(strategy, Random(seed))
    world.live(things)
    world.heal()
    ended = world.settle(400)
    assert ended, f"seed {seed}: still {world.state.phase} after the faults were healed"
    return world, world.state
