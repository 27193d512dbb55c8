"""What is left when a plan has been carried out."""

from decimal import Decimal

import pytest
from support.builders import a_leg, a_plan, a_strategy, call, holding_just, holdings_of, put

from closeout.closing.aftermath import buying_power, quantities_after, remaining_legs
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


def test_without_an_account_its_buying_power_is_not_known() -> None:
    power = buying_power(None, holding_just(SPREAD), a_plan(SPREAD), Decimal(1))

    assert (None, None) == (power.before, power.after)


def test_a_whole_close_leaves_no_leg_and_the_contracts_of_others() -> None:
    held = holdings_of({put(440): -5, put(430): 2, call(470): 1})

    assert () == remaining_legs(SPREAD, a_plan(SPREAD))
    assert {put(440): -3, put(430): 0, call(470): 1} == quantities_after(held, a_plan(SPREAD))
