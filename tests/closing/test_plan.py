"""From a strategy to the orders that close it: contracts, ratios, sides and steps."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import (
    LIMIT,
    MARKET,
    a_covered_call,
    a_leg,
    a_market,
    a_plan,
    a_strategy,
    an_iron_condor,
    call,
    holding_just,
    holdings_of,
    put,
)

from closeout.closing.plan import plan_leg, plan_strategy
from closeout.closing.plans import Plan, PlanStep, Target
from closeout.domain.errors import CannotPlan
from closeout.domain.orders import Intent, OrderType, Side, TicketLeg


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


def test_five_legs_are_refused_with_what_to_do() -> None:
    strategy = a_strategy(*(a_leg(call(strike), 1) for strike in (440, 450, 460, 470, 480)))

    with pytest.raises(CannotPlan, match="Close its legs one by one, shorts first") as caught:
        a_plan(strategy)

    assert "too_many_legs" == caught.value.reason_code


def test_a_limit_cannot_hold_for_options_and_shares_together() -> None:
    with pytest.raises(CannotPlan) as caught:
        a_plan(a_covered_call(), LIMIT)

    assert "limit_with_shares" == caught.value.reason_code


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

    sent = {
        leg.symbol: -leg.side.sign * leg.ratio * step.units
        for step in plan.steps
        for leg in step.legs
    }
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
