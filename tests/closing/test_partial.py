"""Units, percentages, chosen legs and quantities: what is to go, and never nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import a_covered_call, a_leg, a_strategy, an_iron_condor, call, put

from closeout.closing.partial import WHOLE, Portion, portion_of
from closeout.domain.coverage import uncovered_contracts
from closeout.domain.errors import CannotPlan
from closeout.domain.strategies import Leg, Strategy, unit_count

SEVEN_TO_FIVE = a_strategy(a_leg(put(440), 7), a_leg(put(450), -5))


def going(strategy: Strategy, portion: Portion) -> dict[str, int]:
    return {leg.symbol: leg.quantity for leg in portion_of(strategy.legs, portion)}


def code_of(legs: tuple[Leg, ...], portion: Portion) -> str:
    with pytest.raises(CannotPlan) as caught:
        portion_of(legs, portion)
    return caught.value.reason_code


def test_nothing_said_is_everything() -> None:
    strategy = an_iron_condor(10)

    assert strategy.legs == portion_of(strategy.legs, WHOLE)


def test_three_of_ten_condors_are_three_of_every_leg() -> None:
    assert {put(440): 3, put(450): -3, call(470): -3, call(480): 3} == going(
        an_iron_condor(10), Portion(units=3)
    )


def test_units_keep_the_ratios() -> None:
    butterfly = a_strategy(a_leg(call(440), 4), a_leg(call(450), -8), a_leg(call(460), 4))

    assert {call(440): 1, call(450): -2, call(460): 1} == going(butterfly, Portion(units=1))


@pytest.mark.parametrize(
    ("units", "percent", "expected"),
    [
        *((1, 25, 1), (1, 50, 1), (1, 75, 1), (1, 100, 1)),
        *((2, 25, 1), (2, 50, 1), (2, 75, 1), (2, 100, 2)),
        *((3, 25, 1), (3, 50, 1), (3, 75, 2), (10, 25, 2), (10, 75, 7), (10, 50, 5)),
    ],
)
def test_percentages_are_rounded_down_and_never_zero(
    units: int, percent: int, expected: int
) -> None:
    assert expected == -going(an_iron_condor(units), Portion(percent=percent))[put(450)]


def test_more_units_than_there_are_are_refused_with_how_many_there_are() -> None:
    with pytest.raises(CannotPlan, match="are 10 units to close, not 11") as caught:
        going(an_iron_condor(10), Portion(units=11))

    assert "too_many_units" == caught.value.reason_code


def test_legs_without_a_common_unit_have_no_half() -> None:
    """Half of one unit of 7:5 would otherwise be all of it."""
    assert "not_divisible" == code_of(SEVEN_TO_FIVE.legs, Portion(percent=50))
    assert {put(440): 7, put(450): -5} == going(SEVEN_TO_FIVE, Portion(percent=100))


def test_a_pair_of_a_share_lot_and_one_call_is_one_unit_however_many_shares() -> None:
    pair = a_strategy(a_leg("NVDA", 700), a_leg(call(140, "NVDA"), -1))

    assert {"NVDA": 700, call(140, "NVDA"): -1} == going(pair, Portion(percent=50))


def test_why_there_is_no_half_is_told_with_the_sizes() -> None:
    with pytest.raises(CannotPlan) as refused:
        portion_of(SEVEN_TO_FIVE.legs, Portion(percent=50))

    assert (
        f"7 {put(440)}, 5 {put(450)} have no common unit to take 50% of. Choose legs, or close "
        "each leg by its quantity."
    ) == str(refused.value)


def test_shares_go_in_proportion_to_the_calls() -> None:
    assert {"NVDA": 100, call(140, "NVDA"): -1} == going(a_covered_call(3), Portion(units=1))


def test_odd_shares_stay_until_the_last_unit_goes() -> None:
    odd = a_strategy(a_leg("NVDA", 250), a_leg(call(140, "NVDA"), -2))

    assert {"NVDA": 125, call(140, "NVDA"): -1} == going(odd, Portion(units=1))
    assert {"NVDA": 250, call(140, "NVDA"): -2} == going(odd, Portion(units=2))


def test_a_leg_that_is_left_with_nothing_to_go_is_not_there() -> None:
    few = a_strategy(a_leg("NVDA", 2), a_leg(call(140, "NVDA"), -3))

    assert {call(140, "NVDA"): -1} == going(few, Portion(units=1))


def test_chosen_legs_go_and_the_others_stay() -> None:
    strategy = an_iron_condor(10)
    puts = tuple(leg.id for leg in strategy.legs[:2])

    assert {put(440): 10, put(450): -10} == going(strategy, Portion(leg_ids=puts))
    assert {put(440): 5, put(450): -5} == going(strategy, Portion(percent=50, leg_ids=puts))


def test_units_of_chosen_legs_are_their_own() -> None:
    uneven = a_strategy(a_leg(put(440), 6), a_leg(put(450), -6), a_leg(call(470), -5))
    puts = tuple(leg.id for leg in uneven.legs[:2])

    assert {put(440): 4, put(450): -4} == going(uneven, Portion(units=4, leg_ids=puts))


@pytest.mark.parametrize("held", [10, -10])
def test_a_quantity_is_contracts_of_one_leg(held: int) -> None:
    (some,) = portion_of((a_leg(put(450), held),), Portion(quantity=4))

    assert (4 if held > 0 else -4) == some.quantity


def test_more_contracts_than_the_leg_has_are_refused() -> None:
    assert "too_many_contracts" == code_of((a_leg(put(450), -4),), Portion(quantity=5))


quantities = st.lists(st.integers(-12, 12).filter(bool), min_size=1, max_size=6)


@given(quantities, st.sampled_from([25, 50, 75, 100]), st.integers(1, 3))
def test_a_part_never_turns_a_leg_and_is_never_nothing(
    options: list[int], percent: int, times: int
) -> None:
    legs = tuple(a_leg(call(400 + n), times * each) for n, each in enumerate(options))
    try:
        part = {leg.symbol: leg.quantity for leg in portion_of(legs, Portion(percent=percent))}
    except CannotPlan:
        assert 1 == unit_count(legs)
        return

    assert part
    for leg in legs:
        assert 0 < part[leg.symbol] * leg.quantity <= leg.quantity**2
        assert percent < 100 or leg.quantity == part[leg.symbol]


@given(quantities, st.integers(1, 4), st.integers(0, 9), st.data())
def test_units_leave_no_more_naked_than_there_was(
    options: list[int], times: int, lots: int, data: st.DataObject
) -> None:
    legs = [a_leg(call(400 + n), times * each) for n, each in enumerate(options)]
    if lots:
        legs.append(a_leg("SPY", 70 * lots))
    before = {leg.symbol: Decimal(leg.quantity) for leg in legs}
    units = data.draw(st.integers(1, unit_count(tuple(legs))))
    after = dict(before)
    for leg in portion_of(legs, Portion(units=units)):
        after[leg.symbol] -= leg.quantity

    assert uncovered_contracts(after) <= uncovered_contracts(before)
