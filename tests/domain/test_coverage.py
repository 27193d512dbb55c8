"""Which short options nothing covers."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import call, put

from alpaca_simulator.exchange.contracts import Kind
from alpaca_simulator.exchange.coverage import exposure_of
from closeout.domain.coverage import newly_uncovered, uncovered_contracts
from closeout.domain.occ import Right, option_or_none

NEAR, MIDDLE, FAR = "261218", "270115", "270219"


def uncovered(quantities: Mapping[str, int]) -> int:
    return uncovered_contracts({key: Decimal(value) for key, value in quantities.items()})


@pytest.mark.parametrize(
    ("bare", "held"),
    [
        (0, {}),
        (0, {"SPY": -500}),
        (0, {put(450): 3}),
        (3, {put(450): -3}),
        (0, {put(440): 3, put(450): -3}),  # either strike covers: Alpaca asks for margin
        (0, {put(460): 3, put(450): -3}),
        (1, {put(440): 2, put(450): -3}),
        (3, {call(440): 3, put(450): -3}),  # a call covers no put
        (3, {put(440, "QQQ"): 3, put(450): -3}),
        (0, {put(440): 1, put(450): -1, call(470): -1, call(480): 1}),
        (2, {put(450): -1, call(450): -1}),
        (0, {call(150, expiry=NEAR): -2, call(150, expiry=FAR): 2}),  # a calendar
        (2, {call(150, expiry=NEAR): 2, call(150, expiry=FAR): -2}),  # and its mirror
        (0, {"NVDA": 200, call(140, "NVDA"): -2}),
        (1, {"NVDA": 199, call(140, "NVDA"): -2}),
        (2, {"NVDA": -200, call(140, "NVDA"): -2}),
        (2, {"NVDA": 200, put(140, "NVDA"): -2}),  # shares cover no put
        (1, {"AAPL": 100, "AAPL1": 0, call(150, "AAPL1"): -1}),  # delivers something else
        (1, {call(150, "AAPL"): 1, call(150, "AAPL1"): -1}),
        (0, {"NVDA": 100, call(140, "NVDA"): -2, call(150, "NVDA"): 1}),
        # The far long covers the middle short, so that the near long is left for the near one.
        (0, {put(1, expiry=FAR): 1, put(2, expiry=MIDDLE): -1, put(3, expiry=NEAR): 0}),
        (
            0,
            {
                put(1, expiry=FAR): 1,
                put(2, expiry=MIDDLE): -1,
                put(3, expiry=NEAR): 1,
                put(4, expiry=NEAR): -1,
            },
        ),
        (
            1,
            {
                put(1, expiry=NEAR): 2,
                put(2, expiry=MIDDLE): -1,
                put(3, expiry=NEAR): -1,
            },
        ),
    ],
)
def test_shorts_are_covered_by_longs_that_live_as_long(bare: int, held: dict[str, int]) -> None:
    assert bare == uncovered(held)


contracts = [
    make(strike, expiry=expiry)
    for make in (put, call)
    for strike in (440, 450)
    for expiry in (NEAR, MIDDLE, FAR)
]
accounts = st.dictionaries(st.sampled_from([*contracts, "SPY"]), st.integers(-3, 3)).map(
    lambda held: {key: value * 60 if key == "SPY" else value for key, value in held.items()}
)


@given(accounts, st.data())
def test_buying_a_short_back_never_uncovers_another(
    held: dict[str, int], data: st.DataObject
) -> None:
    shorts = sorted(key for key, value in held.items() if value < 0 and option_or_none(key))
    if not shorts:
        return
    symbol = data.draw(st.sampled_from(shorts))
    bought = data.draw(st.integers(1, -held[symbol]))

    assert uncovered({**held, symbol: held[symbol] + bought}) <= uncovered(held)


@given(accounts, st.data())
def test_selling_a_long_uncovers_at_most_what_was_sold(
    held: dict[str, int], data: st.DataObject
) -> None:
    longs = sorted(key for key, value in held.items() if value > 0 and option_or_none(key))
    if not longs:
        return
    symbol = data.draw(st.sampled_from(longs))
    left = {**held, symbol: held[symbol] - 1}

    assert uncovered(held) <= uncovered(left) <= uncovered(held) + 1


SPREADS: list[dict[str, int]] = [
    {put(440): 1, put(450): -1},
    {put(440): -1, put(450): 1},
    {call(470): -1, call(480): 1},
    {put(440): 1, put(450): -1, call(470): -1, call(480): 1},
    {call(440): 1, call(450): -2, call(460): 1},
]


@given(accounts, st.sampled_from(SPREADS), st.integers(1, 5))
def test_closing_a_whole_spread_of_one_expiry_uncovers_nothing(
    others: dict[str, int], spread: dict[str, int], units: int
) -> None:
    """Whatever else is held, also in the same contracts, when nothing crosses zero."""
    held = dict(others)
    for symbol, ratio in spread.items():
        if ratio * held.get(symbol, 0) < 0:
            held[symbol] = 0
        held[symbol] = held.get(symbol, 0) + units * ratio
    left = dict(held)
    for symbol, ratio in spread.items():
        left[symbol] -= units * ratio

    assert uncovered(left) <= uncovered(held)


def test_a_call_that_is_bought_back_makes_up_for_no_put_that_is_left_bare() -> None:
    before = {put(440): Decimal(1), put(450): Decimal(-1), call(470): Decimal(-1)}
    after = {put(450): Decimal(-1)}

    assert uncovered_contracts(before) == uncovered_contracts(after)
    assert 1 == newly_uncovered(before, after)


@given(accounts, accounts)
def test_what_is_newly_bare_is_what_the_simulator_would_refuse(
    before: dict[str, int], after: dict[str, int]
) -> None:
    known, now = exposure_of("SPY", before), exposure_of("SPY", after)
    worse = sum(max(0, now.uncovered(kind) - known.uncovered(kind)) for kind in Kind)

    exact = [{key: Decimal(value) for key, value in it.items()} for it in (before, after)]
    assert worse == newly_uncovered(*exact)


@given(accounts)
def test_counting_is_as_good_as_trying_every_match(held: dict[str, int]) -> None:
    assert _least_uncovered(held) == uncovered(held)


def _least_uncovered(held: Mapping[str, int]) -> int:
    return sum(_least_of_right(held, right) for right in Right)


def _least_of_right(held: Mapping[str, int], right: Right) -> int:
    """Try, for every short contract in turn, every cover there is, and leaving it bare."""
    shorts: list[date] = []
    longs: list[date] = []
    for symbol, quantity in sorted(held.items()):
        option = option_or_none(symbol)
        if option is not None and option.right is right:
            (longs if quantity > 0 else shorts).extend([option.expiry] * abs(quantity))
    shares = max(0, held.get("SPY", 0)) // 100 if right is Right.CALL else 0

    @cache
    def least(index: int, longs_left: tuple[int, ...], shares_left: int) -> int:
        if index == len(shorts):
            return 0
        found = 1 + least(index + 1, longs_left, shares_left)
        if shares_left:
            found = min(found, least(index + 1, longs_left, shares_left - 1))
        for place, expiry in enumerate(expiries):
            if longs_left[place] and expiry >= shorts[index]:
                rest = (*longs_left[:place], longs_left[place] - 1, *longs_left[place + 1 :])
                found = min(found, least(index + 1, rest, shares_left))
        return found

    expiries = sorted(set(longs))
    return least(0, tuple(longs.count(each) for each in expiries), shares)
