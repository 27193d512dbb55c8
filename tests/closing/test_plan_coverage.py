"""
Whatever the strategy, no fill of its close leaves more shorts uncovered (invariant I6).

Judged by the simulator's own rule, which shares no code with ours: after every unit of every
order, packages whole or taken apart, up to any point at which the close may stop.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from support.builders import a_leg, a_quote, a_strategy, call, holdings_of, put

from alpaca_simulator.exchange.contracts import Kind
from alpaca_simulator.exchange.coverage import exposure_of
from closeout.closing.guards import check_coverage
from closeout.closing.limits import MarketView
from closeout.closing.packages import MAX_PACKAGE_LEGS
from closeout.closing.partial import RATIO_MAX, Portion, portion_of
from closeout.closing.plan import plan_strategy
from closeout.closing.plans import Plan, PlanStep
from closeout.closing.terms import IfRefused, NoBid, Terms
from closeout.domain.errors import CannotPlan
from closeout.domain.orders import OrderType
from closeout.domain.strategies import Strategy

EXPIRIES = ("261218", "270115", "270219")
CONTRACTS = [
    make(strike, expiry=expiry)
    for make in (put, call)
    for strike in (430, 440, 450, 460)
    for expiry in EXPIRIES
]
quantities = st.integers(-9, 9).filter(bool)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A strategy to close, what else the account holds, and what nobody bids for."""

    strategy: Strategy
    account: dict[str, int]
    market: MarketView


@st.composite
def accounts(draw: st.DrawFn, *, alone: bool = False) -> Drawn:
    symbols = draw(st.lists(st.sampled_from(CONTRACTS), min_size=1, max_size=12, unique=True))
    times = draw(st.sampled_from((1, 1, 2, 10)))
    held = {symbol: times * draw(quantities) for symbol in symbols}
    if lots := draw(st.sampled_from((0, 0, 1, 2, 5))):
        held["SPY"] = lots * draw(st.sampled_from((100, 130)))
    account = dict(held)
    others = st.dictionaries(st.sampled_from([*CONTRACTS, "SPY"]), quantities, max_size=4)
    for symbol, quantity in ({} if alone else draw(others)).items():
        if account.get(symbol, 0) * quantity >= 0:
            account[symbol] = account.get(symbol, 0) + quantity * (100 if symbol == "SPY" else 1)
    bids = {symbol: draw(st.sampled_from(("0", "1.00", "1.00"))) for symbol in symbols}
    quotes = {symbol: a_quote(symbol, bid, "1.10") for symbol, bid in bids.items()}
    legs = [a_leg(symbol, quantity) for symbol, quantity in held.items()]
    return Drawn(a_strategy(*legs), account, MarketView(quotes, {}))


def plan_of(drawn: Drawn, no_bid: NoBid = NoBid.INCLUDE) -> Plan:
    terms = Terms(OrderType.MARKET, no_bid=no_bid, if_refused=IfRefused.LEG_IN)
    return plan_strategy(drawn.strategy, terms, drawn.market, holdings_of(drawn.account))


def naked(account: dict[str, int]) -> dict[Kind, int]:
    exposure = exposure_of("SPY", account)
    return {kind: exposure.uncovered(kind) for kind in Kind}


def is_refused(plan: Plan, drawn: Drawn) -> bool:
    try:
        check_coverage(plan, holdings_of(drawn.account))
    except CannotPlan:
        return True
    return False


def is_worse(after: dict[Kind, int], before: dict[Kind, int]) -> bool:
    return any(after[kind] > before[kind] for kind in Kind)


def fills(step: PlanStep) -> Iterable[dict[str, int]]:
    """What each unit of an order changes; a hundred shares count as one."""
    unit = 1 if len(step.legs[0].symbol) > 6 else 10
    whole, rest = divmod(step.units, unit)
    for size in [unit] * whole + ([rest] if rest else []):
        yield {leg.symbol: size * leg.ratio * leg.side.sign for leg in step.legs}


def orders(plan: Plan, taken_apart: Iterable[bool]) -> list[PlanStep]:
    """The orders as they go when the broker refuses some of the packages."""
    found: list[PlanStep] = []
    for step, is_refused in zip(plan.steps, taken_apart, strict=False):
        found += step.instead if is_refused and step.instead else (step,)
    return found


@settings(max_examples=2000, deadline=None)
@given(accounts(), st.sampled_from(NoBid), st.lists(st.booleans(), min_size=30, max_size=30))
def test_no_fill_of_any_order_leaves_more_shorts_uncovered(
    drawn: Drawn, no_bid: NoBid, refused: list[bool]
) -> None:
    try:
        plan = plan_of(drawn, no_bid)
        check_coverage(plan, holdings_of(drawn.account))
    except CannotPlan as refusal:
        event(refusal.reason_code)
        return

    account = dict(drawn.account)
    before = naked(account)
    event(f"{len(plan.steps)} orders")
    for step in orders(plan, refused):
        for fill in fills(step):
            for symbol, change in fill.items():
                account[symbol] += change
            assert not is_worse(naked(account), before), (step, account)


@settings(max_examples=1000, deadline=None)
@given(accounts(), st.sampled_from(NoBid))
def test_no_order_is_one_that_alpaca_would_refuse_for_want_of_cover(
    drawn: Drawn, no_bid: NoBid
) -> None:
    """It judges each order by what is held when that order comes."""
    try:
        plan = plan_of(drawn, no_bid)
        check_coverage(plan, holdings_of(drawn.account))
    except CannotPlan:
        return

    account = dict(drawn.account)
    for step in plan.steps:
        before = naked(account)
        for leg in step.legs:
            account[leg.symbol] += step.units * leg.ratio * leg.side.sign
        assert not is_worse(naked(account), before), step


@settings(max_examples=1000, deadline=None)
@given(accounts())
def test_a_refusal_for_cover_has_its_reason(drawn: Drawn) -> None:
    """Only a plan that takes somebody's cover away is refused."""
    plan = plan_of(drawn)
    if not is_refused(plan, drawn):
        return

    account, worse = dict(drawn.account), False
    for step in plan.steps:
        before = naked(account)
        for leg in step.legs:
            account[leg.symbol] += step.units * leg.ratio * leg.side.sign
        worse = worse or is_worse(naked(account), before)
    assert worse


@settings(max_examples=1000, deadline=None)
@given(accounts(alone=True), st.sampled_from(NoBid))
def test_a_strategy_that_stands_alone_can_always_be_closed(drawn: Drawn, no_bid: NoBid) -> None:
    try:
        plan = plan_of(drawn, no_bid)
    except CannotPlan:
        assert NoBid.LEAVE is no_bid
        return

    assert not is_refused(plan, drawn)


@settings(max_examples=1000, deadline=None)
@given(accounts(), st.sampled_from(NoBid))
def test_what_is_closed_is_what_was_asked_for(drawn: Drawn, no_bid: NoBid) -> None:
    try:
        plan = plan_of(drawn, no_bid)
    except CannotPlan:
        return

    closed = dict.fromkeys(drawn.account, 0)
    for step in plan.steps:
        for each in step.legs:
            closed[each.symbol] -= step.units * each.ratio * each.side.sign
    for leg in drawn.strategy.legs:
        bidless = leg.option is not None and drawn.market.has_no_bid(leg.symbol)
        left = no_bid is NoBid.LEAVE and leg.quantity > 0 and bidless
        assert (0 if left else leg.quantity) == closed[leg.symbol]


@settings(max_examples=1000, deadline=None)
@given(accounts())
def test_every_order_is_one_that_alpaca_takes(drawn: Drawn) -> None:
    for step in plan_of(drawn).steps:
        ratios = [leg.ratio for leg in step.legs]
        assert 1 <= len(step.legs) <= MAX_PACKAGE_LEGS
        assert len(step.legs) == len({leg.symbol for leg in step.legs})
        assert 1 == math.gcd(*ratios)
        assert max(ratios) <= RATIO_MAX


@settings(max_examples=500, deadline=None)
@given(accounts(), st.data())
def test_a_part_of_a_strategy_keeps_to_the_same_rules(drawn: Drawn, data: st.DataObject) -> None:
    units = data.draw(st.integers(1, drawn.strategy.units))
    chosen = data.draw(st.lists(st.sampled_from(drawn.strategy.legs), unique=True))
    portion = Portion(units=units, leg_ids=tuple(leg.id for leg in chosen))
    try:
        legs = portion_of(drawn.strategy.legs, portion)
        plan = plan_strategy(
            a_strategy(*legs),
            Terms(OrderType.MARKET, if_refused=IfRefused.LEG_IN),
            drawn.market,
            holdings_of(drawn.account),
        )
        check_coverage(plan, holdings_of(drawn.account))
    except CannotPlan:
        return

    account = dict(drawn.account)
    before = naked(account)
    for step in orders(plan, [data.draw(st.booleans()) for _ in plan.steps]):
        for fill in fills(step):
            for symbol, change in fill.items():
                account[symbol] += change
            assert not is_worse(naked(account), before), (step, account)


@pytest.mark.parametrize("no_bid", NoBid)
def test_market_plans_price_only_what_is_offered_at_a_tick(no_bid: NoBid) -> None:
    strategy = a_strategy(a_leg(put(440), 1), a_leg(put(450), -1))
    market = MarketView(
        {put(440): a_quote(put(440), "0", "0.05"), put(450): a_quote(put(450), "1.00", "1.10")}, {}
    )
    plan = plan_of(Drawn(strategy, {put(440): 1, put(450): -1}, market), no_bid)

    limits = [step.limit for step in plan.steps]
    expected: dict[NoBid, list[Decimal | None]] = {
        NoBid.INCLUDE: [None],
        NoBid.LEAVE: [None],
        NoBid.TICK: [None, Decimal("0.01")],
    }
    assert expected[no_bid] == limits
