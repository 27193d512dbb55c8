"""Contracts that no order explains, covered by named groups."""

from collections import Counter
from decimal import Decimal
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import call, put

from closeout.domain.coverage import uncovered_contracts
from closeout.domain.names import name_strategy
from closeout.domain.occ import option_or_none
from closeout.domain.recognition import Group, recognise

LATER = "270115"


def named(held: dict[str, int]) -> Counter[str]:
    """Return how often each name occurs."""
    return Counter(
        name_strategy([(option_or_none(s), n) for s, n in g.items()]) for g in recognise(held)
    )


def found(held: dict[str, int]) -> list[Group]:
    return sorted(recognise(held), key=lambda group: sorted(group.items()))


def test_shared_wings_are_given_to_both_condors() -> None:
    held = {put(430): 15, put(440): -10, put(435): -5, call(470): -10, call(475): -5, call(480): 15}

    assert [
        {put(430): 10, put(440): -10, call(470): -10, call(480): 10},
        {put(430): 5, put(435): -5, call(475): -5, call(480): 5},
    ] == sorted(recognise(held), key=lambda group: -group[put(430)])


def test_no_short_is_left_uncovered_for_the_sake_of_fewer_groups() -> None:
    """A long straddle and a naked call are two groups; a vertical and a long put are as many."""
    assert Counter({"Call Debit Spread": 1, "Long Put": 1}) == named(
        {call(450): 1, put(450): 1, call(460): -1}
    )


def test_fewer_groups_before_less_margin() -> None:
    assert Counter({"Iron Condor": 1}) == named(
        {put(430): 1, put(440): -1, call(470): -1, call(480): 1}
    )


def test_the_smaller_margin_decides_between_covers_of_as_many_groups() -> None:
    """Wings of one width beside wings of the other, and not crossed."""
    held = {
        put(400): 1, put(410): -1, call(500): -1, call(510): 1,
        put(380): 1, put(430): -1, call(520): -1, call(570): 1,
    }  # fmt: skip
    (first, second) = found(held)

    assert {"Iron Condor"} == set(named(held))
    assert {put(380), put(430), call(520), call(570)} in (first.keys(), second.keys())


def test_a_holding_is_not_cut_where_nothing_is_won_by_it() -> None:
    assert [{call(470): 4}, {put(440): 2}] == found({call(470): 4, put(440): 2})


def test_odd_numbers_are_two_positions_and_small_ratios_one() -> None:
    assert Counter({"Call Debit Spread": 1, "Long Call": 1}) == named(
        {call(450): 10, call(460): -7}
    )
    assert Counter({"Call Ratio Spread": 1}) == named({call(450): 5, call(460): -10})


def test_a_hedged_group_is_not_taken_apart_by_another_expiry() -> None:
    spread = {call(450): -1, call(460): 1}

    assert spread in recognise({**spread, call(450, expiry=LATER): 1})
    assert spread in recognise({**spread, call(460, expiry=LATER): -1})


def test_a_long_straddle_is_given_up_to_cover_a_nearer_short() -> None:
    held = {call(450, expiry=LATER): 1, put(450, expiry=LATER): 1, call(450): -1}

    assert Counter({"Call Calendar": 1, "Long Put": 1}) == named(held)


def test_a_nearer_long_and_a_later_short_are_one_group_all_the_same() -> None:
    held = {call(450): 1, call(450, expiry=LATER): -1}

    assert Counter({"Short Call Calendar": 1}) == named(held)


def test_adjusted_contracts_stay_among_themselves_and_away_from_shares() -> None:
    held = {"AAPL": 100, call(150, "AAPL1"): -1, call(160, "AAPL1"): 1, call(170, "AAPL1"): -1}

    assert Counter({"Shares": 1, "Call Credit Spread": 1, "Short Call": 1}) == named(held)


def test_shares_cover_what_nothing_else_does() -> None:
    assert Counter({"Covered Call": 1, "Shares": 1}) == named({"NVDA": 250, call(140, "NVDA"): -2})
    assert Counter({"Shares": 1, "Call Debit Spread": 1}) == named(
        {"NVDA": 100, call(140, "NVDA"): 1, call(150, "NVDA"): -1}
    )


def test_sixty_legs_of_one_expiry_are_covered_within_the_budget() -> None:
    dice = Random(7)
    held = {
        make(400 + 5 * step): dice.choice([-3, -2, -1, 1, 2, 3])
        for make, step in product((call, put), range(30))
    }

    assert held == added_up(recognise(held))


def added_up(groups: list[Group]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for group in groups:
        for symbol, quantity in group.items():
            total[symbol] += quantity
    return {symbol: quantity for symbol, quantity in total.items() if quantity}


books = st.dictionaries(
    st.one_of(
        st.builds(
            lambda make, strike, expiry: make(strike, expiry=expiry),
            st.sampled_from([call, put]),
            st.sampled_from([430, 440, 450, 455, 460]),
            st.sampled_from(["261218", LATER]),
        ),
        st.just("SPY"),
    ),
    st.integers(-4, 4).filter(bool),
    max_size=9,
).map(lambda held: {s: n * (100 if s == "SPY" else 1) for s, n in held.items()})


@settings(deadline=None, max_examples=40)
@given(books)
def test_groups_add_up_and_have_names(held: dict[str, int]) -> None:
    groups = recognise(held)

    assert held == added_up(groups)
    assert not [name for name in named(held) if name.startswith("Custom")]


@settings(deadline=None, max_examples=40)
@given(books)
def test_as_few_shorts_are_uncovered_as_in_the_whole_account(held: dict[str, int]) -> None:
    """Short shares cover puts here and not in the count, so they stay out."""
    held = {symbol: count for symbol, count in held.items() if symbol != "SPY" or count > 0}

    assert bare(held) == sum(bare(group) for group in recognise(held))


def bare(held: dict[str, int]) -> int:
    return uncovered_contracts({symbol: Decimal(count) for symbol, count in held.items()})


@settings(deadline=None, max_examples=40)
@given(books)
def test_to_cover_a_group_again_changes_nothing(held: dict[str, int]) -> None:
    for group in recognise(held):
        assert [group] == recognise(group)


@settings(deadline=None, max_examples=40)
@given(books, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(held: dict[str, int], dice: Random) -> None:
    rows = [*held.items()]
    dice.shuffle(rows)

    assert recognise(held) == recognise(dict(rows))


@settings(deadline=None, max_examples=40)
@given(books, books)
def test_another_underlying_changes_nothing(held: dict[str, int], other: dict[str, int]) -> None:
    elsewhere = {symbol.replace("SPY", "QQQ"): count for symbol, count in other.items()}
    together = recognise({**held, **elsewhere})

    assert all(group in together for group in recognise(held))


@pytest.mark.parametrize("strike", [410, 445, 490])
def test_a_hedged_expiry_is_the_same_beside_any_single_of_another(strike: int) -> None:
    condor = {put(430): 1, put(440): -1, call(470): -1, call(480): 1}
    for make, count in product((call, put), (-1, 1)):
        assert condor in recognise({**condor, make(strike, expiry=LATER): count})
