"""What may change between a preview and the close that names it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import (
    LIMIT,
    a_covered_call,
    a_leg,
    a_plan,
    a_quote,
    a_strategy,
    an_iron_condor,
    call,
    put,
)

from closeout.closing.plans import Plan
from closeout.closing.staleness import Tolerance, market_changes, plan_changes
from closeout.domain.pricing import EVERY_CENT, TickRule
from closeout.domain.quotes import Quote

ONE_CALL = a_plan(a_strategy(a_leg(call(470), 4)))
NICKELS = TickRule(Decimal("0.05"), Decimal("0.10"))


def moved(
    plan: Plan,
    was: list[Quote],
    now: list[Quote],
    *,
    tolerance: Tolerance | None = None,
    tick: TickRule = EVERY_CENT,
) -> list[str]:
    changes = market_changes(
        plan,
        {quote.symbol: quote for quote in was},
        {quote.symbol: quote for quote in now},
        ticks={call(470): tick},
        tolerance=tolerance or Tolerance(),
    )
    return [str(change) for change in changes]


def quoted(bid: str, ask: str) -> list[Quote]:
    return [a_quote(call(470), bid, ask)]


def test_the_same_plan_has_not_changed() -> None:
    assert () == plan_changes(a_plan(an_iron_condor(10)), a_plan(an_iron_condor(10)))


def test_fewer_contracts_are_told_with_old_and_new() -> None:
    changes = plan_changes(a_plan(an_iron_condor(10)), a_plan(an_iron_condor(9)))

    assert f"What is to be traded of {put(440)} was 10 sold and is 9 sold" == str(changes[0])
    assert 4 == len(changes)


def test_a_leg_that_has_gone_is_told() -> None:
    condor = an_iron_condor(10)
    rest = replace(condor, legs=condor.legs[1:])

    (change,) = plan_changes(a_plan(condor), a_plan(rest))

    assert ("10 sold", "nothing") == (change.was, change.now)


def test_other_orders_for_the_same_contracts_are_told() -> None:
    whole = a_plan(a_covered_call(2))
    turned = replace(whole, steps=tuple(reversed(whole.steps)))

    (change,) = plan_changes(whole, turned)

    assert "The plan" == change.what


def test_another_price_alone_is_not_another_plan() -> None:
    """How far the market may move is the tolerance's question."""
    strategy = a_strategy(a_leg(call(470), 4))
    shown, fresh = (a_plan(strategy, LIMIT, *quoted(*each)) for each in (("2", "3"), ("1", "2")))

    assert shown.steps != fresh.steps
    assert () == plan_changes(shown, fresh)


@pytest.mark.parametrize(
    ("expected", "now"),
    [
        ([], ("2.00", "2.10")),
        ([], ("1.98", "2.08")),  # two ticks, the least
        (["natural", "mid"], ("1.97", "2.07")),
        (["natural", "mid"], ("2.03", "2.13")),  # better is changed too
        (["natural"], ("1.97", "2.13")),  # wider around the same mid
    ],
)
def test_a_narrow_market_may_move_by_ticks(expected: list[str], now: tuple[str, str]) -> None:
    """Half of the half-spread would be 0.025; two ticks are less, so that counts: see below."""
    tolerance = Tolerance(ticks=2, half_spread=Decimal("0.4"))

    told = moved(ONE_CALL, quoted("2.00", "2.10"), quoted(*now), tolerance=tolerance)

    assert expected == [each.split()[1] for each in told]


def test_a_wide_market_may_move_by_a_share_of_its_half_spread() -> None:
    """2.00 x 3.00: half of 0.50."""
    was = quoted("2.00", "3.00")

    assert [] == moved(ONE_CALL, was, quoted("1.75", "2.75"))
    assert [
        "The natural was -2.00 and is -1.74",
        "The mid was -2.50 and is -2.24",
    ] == moved(ONE_CALL, was, quoted("1.74", "2.74"))


def test_ticks_are_those_of_the_class() -> None:
    was, now = quoted("2.00", "2.05"), quoted("1.90", "1.95")

    assert ([], 2) == (
        moved(ONE_CALL, was, now, tick=NICKELS),
        len(moved(ONE_CALL, was, now)),
    )


def test_a_market_that_has_gone_has_changed() -> None:
    assert ["The mid was -2.05 and is not quoted"] == moved(ONE_CALL, quoted("2.00", "2.10"), [])


def test_a_market_that_was_not_there_cannot_have_changed() -> None:
    assert [] == moved(ONE_CALL, [], quoted("2.00", "2.10"))


def test_each_order_is_named() -> None:
    plan = a_plan(a_covered_call(2))
    shares = a_quote("NVDA", "130.00", "130.02")
    was = [shares, a_quote(call(140, "NVDA"), "5.00", "5.02")]
    now = [shares, a_quote(call(140, "NVDA"), "6.00", "6.02")]

    assert ["The natural of order 1", "The mid of order 1"] == [
        each.split(" was ")[0] for each in moved(plan, was, now)
    ]


def test_changes_are_told_in_whole_sentences() -> None:
    one, four = a_plan(a_strategy(a_leg(call(470), 1))), a_plan(a_strategy(a_leg(call(470), -1)))
    covered, units = a_plan(a_covered_call(2)), a_strategy(a_leg(put(440), 4), a_leg(put(450), -2))
    turned = replace(covered, steps=tuple(reversed(covered.steps)))
    spread, wanting = a_plan(units), a_plan(replace(units, legs=units.legs[:1]))

    assert [f"What is to be traded of {call(470)} was 1 sold and is 1 bought"] == [
        *map(str, plan_changes(one, four))
    ]
    assert [f"What is to be traded of {put(450)} was nothing and is 2 bought"] == [
        *map(str, plan_changes(wanting, spread))
    ]
    calls, shares = f"2 × 1 {call(140, 'NVDA')}", "200 × 1 NVDA"
    assert [f"The plan was {calls}, then {shares} and is {shares}, then {calls}"] == [
        *map(str, plan_changes(covered, turned))
    ]


def test_an_order_among_several_that_is_not_quoted_now_is_named() -> None:
    quotes = [a_quote("NVDA", "130.00", "130.02"), a_quote(call(140, "NVDA"), "5.00", "5.02")]

    assert ["The mid of order 2 was -130.01 and is not quoted"] == moved(
        a_plan(a_covered_call(2)), quotes, quotes[1:]
    )


cents = st.integers(1, 2000)


@given(cents, st.integers(0, 300), st.integers(-50, 50), st.integers(0, 20))
def test_a_market_that_shifts_as_a_whole_changes_exactly_beyond_the_tolerance(
    bid: int, width: int, shift: int, ticks: int
) -> None:
    bid += 50

    def market(by: int) -> list[Quote]:
        return quoted(f"{(bid + by) / 100:.2f}", f"{(bid + width + by) / 100:.2f}")

    tolerance = Tolerance(ticks=ticks, half_spread=Decimal("0.5"))
    allowed = max(Decimal(ticks), Decimal(width) / 4)

    told = moved(ONE_CALL, market(0), market(shift), tolerance=tolerance)

    assert (abs(shift) > allowed) is bool(told)


@pytest.mark.parametrize(("now", "is_told"), [("186.80", False), ("187.60", True)])
def test_shares_may_move_by_half_a_percent(now: str, *, is_told: bool) -> None:
    """They move by several ticks a second, and a preview of them would never hold."""
    plan = a_plan(a_strategy(a_leg("NVDA", 100)))
    was = [a_quote("NVDA", "186.30", "186.32")]

    told = moved(plan, was, [a_quote("NVDA", now, now)])

    assert is_told is bool(told)
