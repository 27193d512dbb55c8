"""What is left when a plan has been carried out."""

from decimal import Decimal

import pytest
from support.builders import a_leg, a_plan, a_strategy, call, holding_just, holdings_of, put

from closeout.closing.aftermath import (
    Cover,
    buying_power,
    cover,
    quantities_after,
    remaining_legs,
)
from closeout.domain.holdings import Account

SPREAD = a_strategy(a_leg(put(440), -2), a_leg(put(430), 2))
"""Ten dollars wide, twice: 2000 of margin."""


def an_account(buying_power: str | None) -> Account:
    power = None if buying_power is None else Decimal(buying_power)
    return Account("PA1", "ACTIVE", Decimal(10_000), Decimal(9000), power, 3, None)


@pytest.mark.parametrize(
    ("expected", "before", "cash"),
    [
        ("6700", "5000", "-300"),
        ("7250", "5000", "250"),
        (None, None, "-300"),
        (None, "5000", None),
    ],
)
def test_buying_power_afterwards_is_what_there_was_with_margin_freed_and_cash(
    expected: str | None, before: str | None, cash: str | None
) -> None:
    power = buying_power(
        an_account(before),
        holding_just(SPREAD),
        a_plan(SPREAD),
        None if cash is None else Decimal(cash),
    )

    assert (Decimal(2000), Decimal(0), Decimal(2000)) == (
        power.margin_before,
        power.margin_after,
        power.released,
    )
    assert (None if expected is None else Decimal(expected)) == power.after


def test_half_a_close_frees_half_of_the_margin() -> None:
    one = a_strategy(a_leg(put(440), -1), a_leg(put(430), 1))

    power = buying_power(an_account("5000"), holding_just(SPREAD), a_plan(one), Decimal(-100))

    assert (Decimal(2000), Decimal(1000), Decimal(1000), Decimal(5900)) == (
        power.margin_before,
        power.margin_after,
        power.released,
        power.after,
    )


def test_without_an_account_its_buying_power_is_not_known() -> None:
    power = buying_power(None, holding_just(SPREAD), a_plan(SPREAD), Decimal(1))

    assert (None, None) == (power.before, power.after)


def test_a_whole_close_leaves_no_leg_and_the_contracts_of_others() -> None:
    held = holdings_of({put(440): -5, put(430): 2, call(470): 1})

    assert () == remaining_legs(SPREAD, a_plan(SPREAD))
    assert {put(440): -3, put(430): 0, call(470): 1} == quantities_after(held, a_plan(SPREAD))


def test_what_is_not_held_would_be_opened_the_other_way() -> None:
    assert {put(440): 2, put(430): -2} == quantities_after(holdings_of({}), a_plan(SPREAD))


def test_a_part_leaves_the_rest_of_each_leg() -> None:
    one = a_strategy(a_leg(put(440), -1), a_leg(put(430), 1))

    assert [(put(440), -1), (put(430), 1)] == [
        (leg.symbol, leg.quantity) for leg in remaining_legs(SPREAD, a_plan(one))
    ]


def test_legs_that_the_plan_leaves_alone_are_left_whole() -> None:
    short = a_strategy(SPREAD.legs[0])

    assert (SPREAD.legs[1],) == remaining_legs(SPREAD, a_plan(short))


def test_nothing_is_said_of_margin_that_cannot_be_reckoned() -> None:
    """A call that nothing covers has no bound, so no account without margin for it has either."""
    naked = a_strategy(a_leg(call(470), -1))

    power = buying_power(an_account("5000"), holding_just(naked), a_plan(naked), Decimal(1))

    assert (None, Decimal(0), None, None) == (
        power.margin_before,
        power.margin_after,
        power.released,
        power.after,
    )
    assert Decimal(1) == power.cash


def test_cover_is_counted_over_the_account_before_and_after() -> None:
    long = a_strategy(SPREAD.legs[1])

    assert Cover(0, 2) == cover(holding_just(SPREAD), a_plan(long))
    assert Cover(0, 0) == cover(holding_just(SPREAD), a_plan(SPREAD))
