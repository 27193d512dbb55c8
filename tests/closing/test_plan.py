"""From a strategy to the orders that close it: contracts, ratios, sides and steps."""

import math
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import (
    MARKET,
    a_covered_call,
    a_leg,
    a_market,
    a_plan,
    a_quote,
    a_strategy,
    an_iron_condor,
    call,
    holding_just,
    holdings_of,
    put,
)

from closeout.closing.pacing import WalkTerms
from closeout.closing.plan import Terms, plan_leg, plan_strategy
from closeout.closing.plans import Plan, PlanStep, Target
from closeout.closing.schedule import Pace
from closeout.closing.terms import NoBid
from closeout.domain.errors import CannotPlan
from closeout.domain.orders import Intent, OrderType, Side, TicketLeg
from closeout.domain.pricing import option_tick_rule


def only_step(plan: Plan) -> PlanStep:
    (step,) = plan.steps
    return step


def test_ten_condors_are_ten_units_of_one_to_one() -> None:
    step = only_step(a_plan(an_iron_condor(10)))

    assert 10 == step.units
    assert (
        TicketLeg(put(440), 1, Side.SELL),
        TicketLeg(put(450), 1, Side.BUY),
        TicketLeg(call(470), 1, Side.BUY),
        TicketLeg(call(480), 1, Side.SELL),
    ) == step.legs


def test_two_four_two_is_two_units_of_one_two_one() -> None:
    butterfly = a_strategy(a_leg(call(440), 2), a_leg(call(450), -4), a_leg(call(460), 2))
    step = only_step(a_plan(butterfly))

    assert (2, [1, 2, 1]) == (step.units, [leg.ratio for leg in step.legs])


def test_uneven_legs_are_units_of_their_lowest_terms() -> None:
    left_over = a_strategy(a_leg(put(440), 9), a_leg(put(450), -6))
    step = only_step(a_plan(left_over))

    assert (3, [3, 2]) == (step.units, [leg.ratio for leg in step.legs])


def test_a_single_option_is_a_single_order_of_all_its_contracts() -> None:
    step = only_step(a_plan(a_strategy(a_leg(call(470), -7))))

    assert (7, (TicketLeg(call(470), 1, Side.BUY),)) == (step.units, step.legs)


def test_a_market_plan_carries_no_limit() -> None:
    step = only_step(a_plan())

    assert (OrderType.MARKET, None) == (step.order_type, step.limit)


def test_every_intent_closes() -> None:
    intents = [leg.intent for leg in only_step(a_plan()).legs]

    assert [
        Intent.SELL_TO_CLOSE,
        Intent.BUY_TO_CLOSE,
        Intent.BUY_TO_CLOSE,
        Intent.SELL_TO_CLOSE,
    ] == intents


def test_targets_name_the_legs_and_what_the_account_holds_of_each() -> None:
    """Another strategy shares the low put, so the account holds more of it."""
    condor = an_iron_condor(10)
    account = {leg.symbol: leg.quantity for leg in condor.legs}
    account[put(440)] += 5

    plan = plan_strategy(condor, MARKET, a_market(), holdings_of(dict(account)))

    assert Target(condor.legs[0].id, put(440), Side.SELL, 10, Decimal(15)) == plan.targets[0]
    assert [10, 10, 10, 10] == [target.contracts for target in plan.targets]


def test_a_covered_call_buys_the_call_first_and_sells_the_shares_after() -> None:
    calls, shares = a_plan(a_covered_call(2)).steps

    assert (2, (TicketLeg(call(140, "NVDA"), 1, Side.BUY),)) == (calls.units, calls.legs)
    assert (200, (TicketLeg("NVDA", 1, Side.SELL),)) == (shares.units, shares.legs)


def test_shares_alone_are_one_order() -> None:
    step = only_step(a_plan(a_strategy(a_leg("NVDA", 150))))

    assert (150, (TicketLeg("NVDA", 1, Side.SELL),)) == (step.units, step.legs)


def test_short_shares_are_bought_back() -> None:
    step = only_step(a_plan(a_strategy(a_leg("NVDA", -150))))

    assert (150, (TicketLeg("NVDA", 1, Side.BUY),)) == (step.units, step.legs)


def orders_of(*held: tuple[str, int]) -> list[tuple[int, dict[str, int]]]:
    """The orders that close these legs: units, and signed ratios by symbol."""
    plan = a_plan(a_strategy(*(a_leg(symbol, quantity) for symbol, quantity in held)))
    return [
        (step.units, {leg.symbol: leg.ratio * leg.side.sign for leg in step.legs})
        for step in plan.steps
    ]


def test_two_condors_of_one_expiry_are_two_packages() -> None:
    inner = ((put(440), 5), (put(450), -5), (call(470), -5), (call(480), 5))
    outer = ((put(420), 5), (put(430), -5), (call(490), -5), (call(500), 5))

    found = orders_of(*outer, *inner)

    assert [5, 5] == [units for units, _ in found]
    for _, ratios in found:
        assert 4 == len(ratios)
        assert 0 == sum(ratios.values())


def test_spreads_pair_with_the_nearest_long_that_covers() -> None:
    spreads = ((put(400), 2), (put(410), -2), (put(440), 1), (put(450), -1), (put(480), 3))

    assert [
        (2, {put(400): -1, put(410): 1, put(480): -1, put(490): 1}),
        (1, {put(440): -1, put(450): 1, put(480): -1, put(490): 1}),
    ] == orders_of(*spreads, (put(490), -3))


def test_a_spread_with_a_remainder_is_a_package_and_the_remainder() -> None:
    """Seven to five would be one unit, which fills whole or not at all."""
    assert [(5, {put(440): -1, put(450): 1}), (2, {put(440): -1})] == orders_of(
        (put(440), 7), (put(450), -5)
    )


def test_shorts_that_nothing_covers_go_before_the_spread() -> None:
    assert [(2, {put(450): 1}), (5, {put(440): -1, put(450): 1})] == orders_of(
        (put(440), 5), (put(450), -7)
    )


def test_uneven_sides_of_a_condor_are_a_condor_and_a_spread() -> None:
    puts, calls = ((put(440), 10), (put(450), -10)), ((call(470), -7), (call(480), 7))

    assert [
        (7, {put(440): -1, put(450): 1, call(470): 1, call(480): -1}),
        (3, {put(440): -1, put(450): 1}),
    ] == orders_of(*puts, *calls)


def test_a_ratio_of_one_to_three_is_one_order_and_one_to_four_is_not() -> None:
    assert [(2, {call(440): -3, call(450): 1})] == orders_of((call(440), 6), (call(450), -2))
    assert [(2, {call(440): -1, call(450): 1}), (6, {call(440): -1})] == orders_of(
        (call(440), 8), (call(450), -2)
    )


def test_a_far_short_and_a_near_long_are_no_spread_when_taken_apart() -> None:
    """The near long covers nothing, so the short goes first."""
    far, near = call(450, expiry="270115"), call(450)

    assert [(7, {far: 1}), (5, {near: -1})] == orders_of((near, 5), (far, -7))


def test_a_collar_is_a_package_of_options_and_then_the_shares() -> None:
    assert [(2, {put(440): -1, call(470): 1}), (200, {"SPY": -1})] == orders_of(
        ("SPY", 200), (put(440), 2), (call(470), -2)
    )


def test_with_a_limit_the_calls_and_the_shares_each_go_at_their_own() -> None:
    """Alpaca takes no shares in a package, so there is no net price to hold to."""
    quotes = (a_quote(call(140, "NVDA"), "3.00", "3.20"), a_quote("NVDA", "120.00", "120.10"))
    terms = Terms(OrderType.LIMIT, offset=Decimal("0.02"))

    calls, shares = a_plan(a_covered_call(), terms, *quotes).steps

    assert (Decimal("3.12"), Decimal("120.03")) == (calls.limit, shares.limit)


def test_one_price_cannot_hold_for_several_orders() -> None:
    with pytest.raises(CannotPlan, match="each order goes at its own mid") as caught:
        a_plan(a_covered_call(), Terms(OrderType.LIMIT, price=Decimal("1.00")))

    assert "one_price_several_orders" == caught.value.reason_code


@pytest.mark.parametrize(
    "walk",
    [
        WalkTerms(Pace.NORMAL, worst_price=Decimal("3.10")),
        WalkTerms(Pace.NORMAL, worst_pnl=Decimal(-50)),
    ],
    ids=["price", "result"],
)
def test_one_worst_cannot_hold_for_several_orders(walk: WalkTerms) -> None:
    with pytest.raises(CannotPlan, match=r"\(or the worst price\) out") as caught:
        a_plan(a_covered_call(), Terms(OrderType.LIMIT, walk=walk))

    assert "one_price_several_orders" == caught.value.reason_code


BIDLESS = (a_quote(put(440), "0", "0.05"), a_quote(call(480), "0.00", "0.05"))


def test_longs_that_nobody_bids_for_may_be_left() -> None:
    plan = a_plan(an_iron_condor(10), Terms(OrderType.MARKET, no_bid=NoBid.LEAVE), *BIDLESS)

    assert (put(450), call(470)) == plan.symbols
    assert [put(450), call(470)] == [leg.symbol for leg in only_step(plan).legs]


def test_longs_that_nobody_bids_for_may_be_offered_at_a_tick_after_the_rest() -> None:
    plan = a_plan(an_iron_condor(10), Terms(OrderType.MARKET, no_bid=NoBid.TICK), *BIDLESS)

    first, *offers = plan.steps
    assert [put(450), call(470)] == [leg.symbol for leg in first.legs]
    assert [(put(440), 10), (call(480), 10)] == [(it.legs[0].symbol, it.units) for it in offers]
    assert {(OrderType.LIMIT, Decimal("0.01"))} == {(it.order_type, it.limit) for it in offers}


def test_a_tick_is_the_smallest_price_of_its_own_class() -> None:
    nickel = option_tick_rule("XYZ", penny_program=False)
    leg = a_leg(put(440), 3)
    market = a_market(*BIDLESS, ticks={put(440): nickel})

    (offer,) = plan_leg(
        leg, Terms(OrderType.MARKET, no_bid=NoBid.TICK), market, holding_just(a_strategy(leg))
    ).steps

    assert (3, Decimal("0.05")) == (offer.units, offer.limit)


def test_a_missing_bid_is_not_a_bid_of_zero() -> None:
    unknown = (a_quote(put(440), None, "0.05"),)
    plan = a_plan(an_iron_condor(10), Terms(OrderType.MARKET, no_bid=NoBid.LEAVE), *unknown)

    assert 4 == len(plan.targets)


def test_a_short_is_bought_back_whoever_bids_for_it() -> None:
    quotes = (a_quote(put(450), "0", "0.05"),)
    plan = a_plan(an_iron_condor(10), Terms(OrderType.MARKET, no_bid=NoBid.LEAVE), *quotes)

    assert put(450) in plan.symbols


def test_when_everything_is_left_there_is_nothing_to_close() -> None:
    alone = a_strategy(a_leg(put(440), 3))

    with pytest.raises(CannotPlan, match="no_bid 'tick'") as caught:
        a_plan(alone, Terms(OrderType.MARKET, no_bid=NoBid.LEAVE), *BIDLESS)

    assert "nothing_to_close" == caught.value.reason_code


@pytest.mark.parametrize(("quantity", "side"), [(10, Side.SELL), (-10, Side.BUY)])
def test_one_leg_is_one_order_of_that_leg_alone(quantity: int, side: Side) -> None:
    leg = a_leg(put(440), quantity)
    plan = plan_leg(leg, MARKET, a_market(), holding_just(a_strategy(leg)))

    assert (Target(leg.id, put(440), side, 10, Decimal(quantity)),) == plan.targets
    assert (PlanStep(10, (TicketLeg(put(440), 1, side),), OrderType.MARKET, None),) == plan.steps


quantities = st.lists(st.integers(-60, 60).filter(bool), min_size=1, max_size=4)


@given(quantities, st.integers(0, 3))
def test_what_is_sent_is_every_contract_of_every_leg_and_no_more(
    options: list[int], lots: int
) -> None:
    legs = [a_leg(call(400 + n), quantity) for n, quantity in enumerate(options)]
    if lots:
        legs.append(a_leg("SPY", 100 * lots))
    plan = a_plan(a_strategy(*legs))

    sent = Counter[str]()
    for step in plan.steps:
        for leg in step.legs:
            sent[leg.symbol] -= leg.side.sign * leg.ratio * step.units
    assert {leg.symbol: leg.quantity for leg in legs} == sent
    assert all(1 == math.gcd(*(leg.ratio for leg in step.legs)) for step in plan.steps)


@given(quantities)
def test_a_plan_leaves_nothing_when_it_is_done(options: list[int]) -> None:
    strategy = a_strategy(*(a_leg(call(400 + n), each) for n, each in enumerate(options)))
    held = {leg.symbol: leg.quantity for leg in strategy.legs}

    for step in a_plan(strategy).steps:
        for leg in step.legs:
            held[leg.symbol] += leg.side.sign * leg.ratio * step.units

    assert {0} == {*held.values()}
