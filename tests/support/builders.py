"""
Legs, strategies, quotes, reports and closes for tests: give what the test is about.

Symbols are SPY options of one expiry unless said otherwise; `AT` is when everything begins
and `after(seconds)` is that much later.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from support.asked_for import of_kind as of_kind  # noqa: PLC0414 - told on to the tests
from support.asked_for import placed as placed  # noqa: PLC0414
from support.close_rules import Rules

from closeout.closing.effects import Effect
from closeout.closing.events import AccountChecked, CloseOpened, Event, OrderReported
from closeout.closing.pacing import WalkTerms
from closeout.closing.plan import MarketView, Terms, plan_strategy
from closeout.closing.plans import Plan
from closeout.closing.rooms import Room
from closeout.closing.schedule import Pace, Schedule
from closeout.closing.state import CloseState
from closeout.closing.step import step
from closeout.domain.deliverables import ContractTerms
from closeout.domain.holdings import Holding, Holdings
from closeout.domain.occ import option_or_none
from closeout.domain.orders import (
    LegReport,
    OrderReport,
    OrderStatus,
    OrderType,
    Side,
    Ticket,
    TicketLeg,
)
from closeout.domain.pricing import TickRule
from closeout.domain.quotes import NetQuote, Quote
from closeout.domain.strategies import GroupedBy, Leg, Strategy, leg_id

AT = datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
EXPIRY = "261218"
MARKET = Terms(OrderType.MARKET)
LIMIT = Terms(OrderType.LIMIT)
CONDOR = (("P", 440), ("P", 450), ("C", 470), ("C", 480))
"""Rights and strikes of the model condor: long, short, short, long."""

TWELVE_PRICES = Schedule(timedelta(seconds=60), timedelta(seconds=5))
"""A minute from mid to natural, each price for five seconds."""

_ONE = Decimal(1)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def put(strike: float, root: str = "SPY", expiry: str = EXPIRY) -> str:
    return f"{root}{expiry}P{int(strike * 1000):08d}"


def call(strike: float, root: str = "SPY", expiry: str = EXPIRY) -> str:
    return f"{root}{expiry}C{int(strike * 1000):08d}"


def a_leg(
    symbol: str,
    quantity: int,
    entry: str | None = "1.00",
    strategy: str = "pos_1",
    *,
    terms: ContractTerms | None = None,
) -> Leg:
    option = option_or_none(symbol)
    return Leg(
        id=leg_id(strategy, symbol),
        symbol=symbol,
        underlying=option.underlying if option else symbol,
        quantity=quantity,
        entry_price=None if entry is None else Decimal(entry),
        terms=terms,
    )


def a_strategy(*legs: Leg, strategy: str = "pos_1") -> Strategy:
    return Strategy(
        id=strategy,
        account="PA1",
        underlying=legs[0].underlying,
        legs=legs,
        opened_at=AT,
        grouped_by=GroupedBy.OPENING_ORDER,
    )


def an_iron_condor(units: int = 10, strategy: str = "pos_1") -> Strategy:
    """Return a short iron condor opened for a credit of 2.00."""
    symbols = (put(440), put(450), call(470), call(480))
    signs_and_entries = ((1, "0.50"), (-1, "1.50"), (-1, "1.60"), (1, "0.60"))
    return a_strategy(
        *(
            a_leg(symbol, sign * units, entry, strategy)
            for symbol, (sign, entry) in zip(symbols, signs_and_entries, strict=True)
        ),
        strategy=strategy,
    )


def a_covered_call(contracts: int = 2) -> Strategy:
    return a_strategy(
        a_leg("NVDA", 100 * contracts, "120.00"), a_leg(call(140, "NVDA"), -contracts, "3.00")
    )


def holdings_of(
    quantities: Mapping[str, int | str], available: Mapping[str, int] | None = None
) -> Holdings:
    """Return a snapshot; everything is available but what `available` says otherwise."""
    free = available or {}
    rows = (
        Holding(
            symbol=symbol,
            quantity=Decimal(quantity),
            available=Decimal(free.get(symbol, abs(Decimal(quantity)))),
            average_entry=Decimal("1.00"),
            asset_class="us_option" if option_or_none(symbol) else "us_equity",
        )
        for symbol, quantity in quantities.items()
    )
    return Holdings(at=AT, rows=tuple(rows))


def holding_just(*strategies: Strategy) -> Holdings:
    """Return the snapshot of an account that holds exactly these strategies."""
    total: dict[str, int | str] = {}
    for strategy in strategies:
        for leg in strategy.legs:
            total[leg.symbol] = int(total.get(leg.symbol, 0)) + leg.quantity
    return holdings_of(total)


def a_quote(symbol: str, bid: str | None, ask: str | None, at: datetime = AT) -> Quote:
    return Quote(
        symbol=symbol,
        bid=None if bid is None else Decimal(bid),
        ask=None if ask is None else Decimal(ask),
        bid_size=10,
        ask_size=10,
        at=at,
    )


def a_market(*quotes: Quote, ticks: Mapping[str, TickRule] | None = None) -> MarketView:
    return MarketView(quotes={each.symbol: each for each in quotes}, ticks=ticks or {})


def a_plan(strategy: Strategy | None = None, terms: Terms = MARKET, *quotes: Quote) -> Plan:
    strategy = strategy or an_iron_condor()
    return plan_strategy(strategy, terms, a_market(*quotes), holding_just(strategy))


def opened(
    strategy: Strategy | None = None,
    *,
    close_id: str = "c1",
    at: datetime = AT,
    conflicts: tuple[str, ...] = (),
) -> CloseOpened:
    strategy = strategy or an_iron_condor()
    return CloseOpened(
        at=at,
        close_id=close_id,
        account="PA1",
        position_id=strategy.id,
        leg_id=None,
        ticker=strategy.underlying,
        strategy=strategy.name,
        plan=a_plan(strategy),
        conflicts=conflicts,
    )


def in_twelve_prices(**more: Any) -> WalkTerms:
    return WalkTerms(Pace.CUSTOM, TWELVE_PRICES, **more)


def a_walking_plan(
    strategy: Strategy | None = None, walk: WalkTerms | None = None, half: str = "0.05"
) -> Plan:
    """Walk a plan whose every leg is quoted 1.00 with `half` to either side."""
    strategy = strategy or an_iron_condor()
    width = Decimal(half)
    quotes = (a_quote(leg.symbol, str(_ONE - width), str(_ONE + width)) for leg in strategy.legs)
    terms = Terms(OrderType.LIMIT, walk=walk or in_twelve_prices())
    return a_plan(strategy, terms, *quotes)


def a_walking_close(
    strategy: Strategy | None = None, walk: WalkTerms | None = None, half: str = "0.05"
) -> CloseState:
    """
    Return a close whose order walks since `AT`: a condor from 0.00 to 0.20 at natural.

    The order is working and nothing has filled.
    """
    state, _ = step(None, replace(opened(strategy), plan=a_walking_plan(strategy, walk, half)))
    state, _ = run(state, told(a_report(state.attempt.ticket)))
    return state


def a_sending_close(strategy: Strategy | None = None) -> CloseState:
    """Return a close whose first order is being sent."""
    state, _ = step(None, opened(strategy))
    return state


def a_working_close(strategy: Strategy | None = None) -> CloseState:
    """Return a close whose first order works at the broker, nothing filled, since `AT`."""
    state = a_sending_close(strategy)
    state, _ = run(state, told(a_report(state.attempt.ticket)))
    return state


def a_report(
    ticket: Ticket,
    status: OrderStatus = OrderStatus.NEW,
    *,
    filled: int = 0,
    units: int | None = None,
    order_id: str = "order-1",
    client_order_id: str | None = None,
    legs: bool = True,
    fills: Mapping[str, int] | None = None,
    price: str = "1.00",
    updated: datetime | None = AT,
    replaces: str | None = None,
    replaced_by: str | None = None,
) -> OrderReport:
    """
    Return the broker's report on a ticket with `filled` units done, every leg at `price`.

    `fills` gives some legs other contracts than the units say; `legs=False` leaves the legs
    out, as a list read without nesting does.
    """
    total = ticket.units if units is None else units
    rows = (
        LegReport(
            order_id=order_id if len(ticket.legs) == 1 else f"{order_id}-leg-{number}",
            symbol=leg.symbol,
            side=leg.side,
            intent=leg.intent,
            ratio=leg.ratio,
            quantity=total * leg.ratio,
            filled=(fills or {}).get(leg.symbol, filled * leg.ratio),
            average_price=Decimal(price) if filled or fills else None,
            status=status,
        )
        for number, leg in enumerate(ticket.legs)
    )
    return OrderReport(
        order_id=order_id,
        client_order_id=ticket.client_order_id if client_order_id is None else client_order_id,
        status=status,
        raw_status=status.value,
        order_class="mleg" if ticket.is_package else "simple",
        order_type=ticket.order_type.value,
        units=total,
        filled_units=filled,
        limit=ticket.limit,
        net_price=None,
        legs=tuple(rows) if legs else (),
        submitted_at=AT,
        updated_at=updated,
        replaced_by=replaced_by,
        replaces=replaces,
    )


def a_ticket(*legs: tuple[str, int], units: int = 10) -> Ticket:
    """Return a market ticket: symbols with their signed ratio, bought positive."""
    return Ticket(
        client_order_id="closeout-c1-0-0",
        units=units,
        legs=tuple(
            TicketLeg(symbol, abs(ratio), Side.BUY if ratio > 0 else Side.SELL)
            for symbol, ratio in legs
        ),
        order_type=OrderType.MARKET,
        limit=None,
    )


def told(report: OrderReport, at: datetime = AT, source: str = "stream") -> OrderReported:
    return OrderReported(at=at, report=report, source=source)


def checked(
    state: CloseState,
    at: datetime = AT,
    *,
    held: Mapping[str, int] | None = None,
    free: Mapping[str, int] | None = None,
    net: NetQuote | None = None,
) -> AccountChecked:
    """
    Return a look at the account: what the close still holds and nothing else, all of it free.

    `held` (signed) and `free` say what is otherwise, `net` what the market shows beside.
    """
    quantities = {
        target.symbol: target.held + target.side.sign * state.filled(target.symbol)
        for target in state.plan.targets
    }
    quantities |= {symbol: Decimal(each) for symbol, each in (held or {}).items()}
    available = {symbol: abs(quantity) for symbol, quantity in quantities.items()}
    available |= {symbol: Decimal(each) for symbol, each in (free or {}).items()}
    rooms = (Room(symbol, quantities[symbol], available[symbol]) for symbol in quantities)
    return AccountChecked(at=at, rooms=tuple(rooms), net=net)


def run(state: CloseState, *events: Event) -> tuple[CloseState, tuple[Effect, ...]]:
    """
    Step through the events; return the last state and every effect asked for, in order.

    Every step keeps to the rules, whatever the test is about.
    """
    effects: tuple[Effect, ...] = ()
    rules = Rules(state, ())
    for event in events:
        before = state
        state, wanted = step(before, event)
        rules.check(before, event, state, wanted)
        effects = (*effects, *wanted)
    return state, effects
