"""The walk that was asked for: how far it may go, by price or by result."""

from dataclasses import replace
from decimal import Decimal

import pytest
from support.builders import (
    a_leg,
    a_plan,
    a_quote,
    a_strategy,
    a_walking_plan,
    an_iron_condor,
    put,
)

from closeout.closing.pacing import WalkTerms
from closeout.closing.plans import Plan
from closeout.closing.schedule import Pace
from closeout.closing.terms import NoBid, Terms
from closeout.domain.errors import CannotPlan
from closeout.domain.orders import OrderType
from closeout.domain.strategies import Strategy

CONDOR = an_iron_condor(10)
"""Opened for a credit of 2.00: 2000 dollars."""


def a_plan_to_win(dollars: str, strategy: Strategy = CONDOR) -> Plan:
    return a_walking_plan(strategy, WalkTerms(Pace.NORMAL, worst_pnl=Decimal(dollars)))


def a_plan_with_an_offer(spread: Strategy, dollars: str) -> Plan:
    """Nobody bids for the long leg of the spread, and it is offered at a tick."""
    long, short = spread.legs
    walk = WalkTerms(Pace.NORMAL, worst_pnl=Decimal(dollars))
    terms = Terms(OrderType.LIMIT, walk=walk, no_bid=NoBid.TICK)
    quotes = (a_quote(long.symbol, "0.00", "0.05"), a_quote(short.symbol, "1.00", "1.10"))
    return a_plan(spread, terms, *quotes)


def worst(plan: Plan) -> Decimal | None:
    walk = plan.steps[0].walk
    assert walk is not None
    return walk.worst


@pytest.mark.parametrize(
    ("expected", "dollars"), [("1.50", "500"), ("2.00", "0"), ("2.50", "-500"), ("-0.10", "2100")]
)
def test_a_worst_result_is_what_the_whole_close_may_pay_for_one_unit(
    expected: str, dollars: str
) -> None:
    assert Decimal(expected) == worst(a_plan_to_win(dollars))


def test_a_walk_remembers_how_wide_its_market_was_and_a_crossed_one_as_not_at_all() -> None:
    """Four legs, each 0.10 wide."""
    widths = [
        step.walk.width_at_start
        for half in ("0.05", "-0.05")
        for step in a_walking_plan(CONDOR, WalkTerms(Pace.NORMAL), half).steps
        if step.walk is not None
    ]

    assert [Decimal("0.40"), Decimal(0)] == widths


def test_a_worst_result_of_a_sale_is_the_least_it_takes() -> None:
    """Three puts were bought at 1.00: to win 60 dollars they go at 1.20 or more."""
    puts = a_strategy(a_leg(put(450), 3))

    assert Decimal("-1.20") == worst(a_plan_to_win("60", puts))


def test_the_worst_is_a_price_an_order_may_have() -> None:
    """Ten condors, to win at least 500.50 of 2000: 1.4995 each, and packages go by cents."""
    assert Decimal("1.49") == worst(a_plan_to_win("500.50"))


def test_a_worst_result_counts_what_is_offered_at_a_tick_beside_the_walk() -> None:
    """The short was sold at 9.00 and its long costs 0.24 a share when it goes at a cent."""
    spread = a_strategy(a_leg(put(440), 2, "0.25"), a_leg(put(450), -2, "9.00"))

    assert Decimal("1.76") == worst(a_plan_with_an_offer(spread, "1400"))


def test_what_an_offer_at_a_tick_may_win_is_not_counted_on() -> None:
    spread = a_strategy(a_leg(put(440), 2, "0.00"), a_leg(put(450), -2, "9.00"))

    assert Decimal("2.00") == worst(a_plan_with_an_offer(spread, "1400"))


def test_a_worst_result_of_contracts_without_an_entry_price_is_refused() -> None:
    first, *others = CONDOR.legs
    strategy = replace(CONDOR, legs=(replace(first, entry_price=None), *others))

    with pytest.raises(CannotPlan) as refused:
        a_plan_to_win("0", strategy)

    assert (
        "no_entry_price",
        (
            f"The entry price of {first.symbol} is not known, so no P&L can be kept to. "
            "Give the worst price instead."
        ),
    ) == (refused.value.reason_code, str(refused.value))


def test_a_worst_price_below_the_smallest_there_is_is_refused() -> None:
    short = a_strategy(a_leg(put(450), -3))

    with pytest.raises(CannotPlan) as refused:
        a_walking_plan(short, WalkTerms(Pace.NORMAL, worst_price=Decimal("0.001")))

    assert (
        "invalid_worst",
        f"The worst price leaves no valid price: {put(450)} costs at least 0.01.",
    ) == (refused.value.reason_code, str(refused.value))
