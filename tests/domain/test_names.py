"""The common shapes and what traders call them."""

import math
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import call, put

from closeout.domain.names import name_strategy
from closeout.domain.occ import option_or_none

Part = tuple[str, int]
LATER, LAST = "270115", "270219"

SHAPES: list[tuple[str, str, list[Part]]] = [
    # name, name of the same shape with every side turned round, parts
    ("Long Call", "Short Call", [(call(450), 1)]),
    ("Long Put", "Short Put", [(put(450), 1)]),
    ("Call Debit Spread", "Call Credit Spread", [(call(450), 1), (call(460), -1)]),
    ("Put Debit Spread", "Put Credit Spread", [(put(440), -1), (put(450), 1)]),
    ("Long Straddle", "Short Straddle", [(call(450), 1), (put(450), 1)]),
    ("Long Strangle", "Short Strangle", [(put(440), 1), (call(460), 1)]),
    ("Synthetic Long", "Synthetic Short", [(call(450), 1), (put(450), -1)]),
    ("Risk Reversal", "Risk Reversal", [(put(440), -1), (call(460), 1)]),
    ("Call Calendar", "Short Call Calendar", [(call(450), -1), (call(450, expiry=LATER), 1)]),
    ("Put Calendar", "Short Put Calendar", [(put(450), -1), (put(450, expiry=LATER), 1)]),
    ("Call Diagonal", "Short Call Diagonal", [(call(460), -1), (call(450, expiry=LATER), 1)]),
    ("Put Diagonal", "Short Put Diagonal", [(put(440), -1), (put(450, expiry=LATER), 1)]),
    ("Call Ratio Spread", "Call Backspread", [(call(450), 1), (call(460), -2)]),
    ("Put Ratio Spread", "Put Backspread", [(put(440), -2), (put(450), 1)]),
    (
        "Long Call Butterfly",
        "Short Call Butterfly",
        [(call(440), 1), (call(450), -2), (call(460), 1)],
    ),
    ("Long Put Butterfly", "Short Put Butterfly", [(put(440), 1), (put(450), -2), (put(460), 1)]),
    (
        "Long Broken-Wing Put Butterfly",
        "Short Broken-Wing Put Butterfly",
        [(put(430), 1), (put(450), -2), (put(460), 1)],
    ),
    (
        "Long Call Condor",
        "Short Call Condor",
        [(call(440), 1), (call(450), -1), (call(460), -1), (call(470), 1)],
    ),
    (
        "Long Put Condor",
        "Short Put Condor",
        [(put(440), 1), (put(450), -1), (put(460), -1), (put(470), 1)],
    ),
    (
        "Iron Condor",
        "Reverse Iron Condor",
        [(put(440), 1), (put(450), -1), (call(470), -1), (call(480), 1)],
    ),
    (
        "Iron Butterfly",
        "Reverse Iron Butterfly",
        [(put(440), 1), (put(450), -1), (call(450), -1), (call(460), 1)],
    ),
    (
        "Broken-Wing Iron Condor",
        "Reverse Broken-Wing Iron Condor",
        [(put(430), 1), (put(450), -1), (call(470), -1), (call(480), 1)],
    ),
    (
        "Unbalanced Iron Condor",
        "Reverse Unbalanced Iron Condor",
        [(put(440), 2), (put(450), -2), (call(470), -1), (call(480), 1)],
    ),
    (
        "Long Broken-Wing Call Condor",
        "Short Broken-Wing Call Condor",
        [(call(430), 1), (call(450), -1), (call(460), -1), (call(470), 1)],
    ),
    (
        "Long Unbalanced Put Condor",
        "Short Unbalanced Put Condor",
        [(put(440), 1), (put(450), -1), (put(460), -2), (put(470), 2)],
    ),
    (
        "Long Unbalanced Call Butterfly",
        "Short Unbalanced Call Butterfly",
        [(call(440), 1), (call(450), -3), (call(460), 2)],
    ),
    ("Long Guts", "Short Guts", [(call(440), 1), (put(460), 1)]),
    ("Long Strap", "Short Strap", [(call(450), 2), (put(450), 1)]),
    ("Long Strip", "Short Strip", [(call(450), 1), (put(450), 2)]),
    (
        "Bull Call Ladder",
        "Bear Call Ladder",
        [(call(450), 1), (call(460), -1), (call(470), -1)],
    ),
    ("Bear Put Ladder", "Bull Put Ladder", [(put(430), -1), (put(440), -1), (put(450), 1)]),
    ("Jade Lizard", "Custom (3 legs)", [(put(440), -1), (call(460), -1), (call(470), 1)]),
    ("Big Lizard", "Custom (3 legs)", [(put(460), -1), (call(460), -1), (call(470), 1)]),
    ("Twisted Sister", "Custom (3 legs)", [(put(430), 1), (put(440), -1), (call(460), -1)]),
    ("Reverse Big Lizard", "Custom (3 legs)", [(put(430), 1), (put(440), -1), (call(440), -1)]),
    ("Bull Seagull", "Custom (3 legs)", [(put(430), -1), (call(440), 1), (call(450), -1)]),
    ("Bear Seagull", "Custom (3 legs)", [(put(430), -1), (put(440), 1), (call(450), -1)]),
    (
        "Box Spread",
        "Short Box Spread",
        [(call(440), 1), (call(450), -1), (put(450), 1), (put(440), -1)],
    ),
    (
        "Jelly Roll",
        "Short Jelly Roll",
        [
            (call(450), -1),
            (put(450), 1),
            (call(450, expiry=LATER), 1),
            (put(450, expiry=LATER), -1),
        ],
    ),
    (
        "Double Calendar",
        "Short Double Calendar",
        [
            (put(440), -1),
            (call(460), -1),
            (put(440, expiry=LATER), 1),
            (call(460, expiry=LATER), 1),
        ],
    ),
    (
        "Double Diagonal",
        "Short Double Diagonal",
        [
            (put(440), -1),
            (call(460), -1),
            (put(430, expiry=LATER), 1),
            (call(470, expiry=LATER), 1),
        ],
    ),
    (
        "Double Diagonal",
        "Short Double Diagonal",
        [
            (put(440), -1),
            (call(460), -1),
            (put(440, expiry=LATER), 1),
            (call(470, expiry=LATER), 1),
        ],
    ),
    (
        "Double Diagonal",
        "Short Double Diagonal",
        [
            (put(440), -1),
            (call(460), -1),
            (put(430, expiry=LATER), 1),
            (call(460, expiry=LATER), 1),
        ],
    ),
    (
        "Double Diagonal",
        "Short Double Diagonal",
        [
            (put(430), -1),
            (call(470), -1),
            (put(440, expiry=LATER), 1),
            (call(460, expiry=LATER), 1),
        ],
    ),
    (
        "Long Unbalanced Call Condor",
        "Short Unbalanced Call Condor",
        [(call(440), 2), (call(450), -2), (call(460), -1), (call(470), 1)],
    ),
    (
        "Broken-Wing Iron Butterfly",
        "Reverse Broken-Wing Iron Butterfly",
        [(put(430), 1), (put(450), -1), (call(450), -1), (call(460), 1)],
    ),
    (
        "Unbalanced Iron Butterfly",
        "Reverse Unbalanced Iron Butterfly",
        [(put(430), 2), (put(450), -2), (call(450), -1), (call(460), 1)],
    ),
    # No common name.
    ("Custom (2 legs)", "Custom (2 legs)", [(call(450), 1), (call(460), 1)]),
    ("Custom (2 legs)", "Custom (2 legs)", [(call(450), -2), (call(450, expiry=LATER), 1)]),
    ("Custom (2 legs)", "Custom (2 legs)", [(call(450), 1), (put(440), 2)]),
    ("Custom (2 legs)", "Custom (2 legs)", [(call(450), 1), (put(450, expiry=LATER), 1)]),
    ("Custom (2 legs)", "Custom (2 legs)", [(call(150, "AAPL"), 1), (call(150, "AAPL1"), -1)]),
    ("Custom (3 legs)", "Custom (3 legs)", [(call(440), 1), (call(450), -3), (call(460), 1)]),
    ("Custom (3 legs)", "Custom (3 legs)", [(put(470), -1), (call(460), -1), (call(470), 1)]),
    (
        "Custom (4 legs)",
        "Custom (4 legs)",
        [(put(460), 1), (put(470), -1), (call(440), -1), (call(450), 1)],
    ),
    (
        "Custom (4 legs)",
        "Custom (4 legs)",
        [(put(440), 1), (put(450), -2), (call(470), -1), (call(480), 1)],
    ),
    (
        "Custom (5 legs)",
        "Custom (5 legs)",
        [(call(strike), 1) for strike in (440, 450, 460, 470, 480)],
    ),
]

NEAR_MISSES: list[list[Part]] = [
    # two options: a ratio, a side or an expiry that no name allows
    [(call(450), 1), (put(450), 3)],
    [(call(450), 1), (put(450), -2)],
    [(call(450), 2), (put(450), -1)],
    [(call(450), 1), (call(450, expiry=LATER), 1)],
    # three: wings and rungs that do not fit
    [(call(440), 1), (call(450), -2), (call(460), 2)],
    [(call(440), 1), (call(450), -2), (call(460, expiry=LATER), 1)],
    [(call(450), 2), (call(460), -1), (call(470), -1)],
    [(call(450), 1), (call(460), -1), (call(470), -2)],
    [(call(450), 1), (call(460), -2), (call(470), -1)],
    [(call(440), 1), (call(450), 1), (call(460), 1)],
    [(call(440), 1), (call(450), 1), (call(460), -1)],
    [(put(440), -1), (call(460), -2), (call(470), 2)],
    [(put(440), -2), (call(460), -1), (call(470), 1)],
    [(put(440), 2), (put(450), -2), (call(460), -1)],
    [(put(430), 1), (put(440), -1), (call(430), -1)],
    [(put(440), -1), (call(460), 1), (call(470), 1)],
    # four: sides, sizes or expiries of the two halves that do not match
    [(call(440), 1), (call(450), -1), (call(460), 1), (call(470), -1)],
    [(call(440), 1), (call(450), -2), (call(460), -1), (call(470), 1)],
    [(call(440), 1), (call(450), -1), (call(460), -2), (call(470), 1)],
    [(call(440), 1), (call(450), -1), (call(440, expiry=LATER), -1), (call(450, expiry=LATER), 1)],
    [(put(430), 1), (put(440), -1), (put(450), 1), (call(460), -1)],
    [(put(440), 1), (put(450), -1), (call(440), 1), (call(450), -1)],
    [(put(440), 1), (put(450), -1), (call(470), 1), (call(480), -1)],
    [(put(440), 1), (put(450), -1), (call(470), -1), (call(480), 2)],
    [(put(440), 2), (put(450), -1), (call(470), -1), (call(480), 1)],
    [(put(440), -1), (put(440, expiry=LATER), 1), (call(460), -1), (call(470), 1)],
    [(put(440), -1), (put(440, expiry=LATER), 1), (call(460), -1), (call(460, expiry=LAST), 1)],
    [(put(440), -1), (put(440, expiry=LATER), 2), (call(460), -1), (call(460, expiry=LATER), 1)],
    [(put(440), -1), (put(440, expiry=LATER), 1), (call(460), -1), (call(460, expiry=LATER), 2)],
    [(put(440), -2), (put(440, expiry=LATER), 2), (call(460), -1), (call(460, expiry=LATER), 1)],
    [(put(440), 1), (put(440, expiry=LATER), -1), (call(460), -1), (call(460, expiry=LATER), 1)],
    # beside shares: too many calls, the wrong side, two expiries, other sizes
    [("NVDA", 100), (put(120, "NVDA"), 1), (call(140, "NVDA"), -2)],
    [("NVDA", 100), (put(120, "NVDA"), -1), (call(140, "NVDA"), -2)],
    [("NVDA", 100), (put(120, "NVDA"), -1), (call(140, "NVDA", LATER), -1)],
    [("NVDA", 100), (put(120, "NVDA"), 1), (call(140, "NVDA"), 1)],
    [("NVDA", 100), (put(120, "NVDA"), -1), (call(140, "NVDA"), 1)],
    [("NVDA", -100), (put(120, "NVDA"), 1), (call(140, "NVDA"), 1)],
    [("NVDA", -100), (put(120, "NVDA"), 1), (call(140, "NVDA"), -1)],
    [("NVDA", 100), (put(120, "NVDA"), -1)],
    [("NVDA", -100), (put(120, "NVDA"), 1)],
    [("NVDA", -100), (call(140, "NVDA"), -1)],
    [("NVDA", 100), (call(120, "NVDA"), 1), (call(140, "NVDA"), -1)],
    [("NVDA", 100), (call(120, "NVDA"), 2), (call(140, "NVDA"), -2)],
    [("NVDA", -100), (call(120, "NVDA"), -1), (call(140, "NVDA"), 2)],
    [("NVDA", -100), (put(110, "NVDA"), -1), (put(120, "NVDA"), 1), (call(140, "NVDA"), 1)],
    [("NVDA", 100), (put(110, "NVDA"), -1), (put(120, "NVDA"), 1), (call(140, "NVDA", LATER), -1)],
    [("NVDA", 200), (put(110, "NVDA"), -2), (put(120, "NVDA"), 2), (call(140, "NVDA"), -1)],
    [("NVDA", 200), (put(110, "NVDA"), -1), (put(120, "NVDA"), 1), (call(140, "NVDA"), -1)],
    [("NVDA", 100), (put(120, "NVDA"), -1), (call(140, "NVDA"), -1), (call(150, "NVDA"), -1)],
]

WITH_SHARES: list[tuple[str, list[Part]]] = [
    ("Shares", [("NVDA", 150)]),
    ("Short Shares", [("NVDA", -150)]),
    ("Covered Call", [("NVDA", 200), (call(140, "NVDA"), -2)]),
    ("Covered Call", [("NVDA", 250), (call(140, "NVDA"), -2)]),
    ("Ratio Call Write", [("NVDA", 100), (call(140, "NVDA"), -3)]),
    ("Ratio Call Write", [("NVDA", 99), (call(140, "NVDA"), -1)]),
    ("Collar", [("NVDA", 100), (put(140, "NVDA"), 2), (call(140, "NVDA"), -1)]),
    ("Collar", [("NVDA", 100), (put(140, "NVDA"), 1), (call(140, "NVDA", LATER), -1)]),
    ("Short Collar", [("NVDA", -100), (put(140, "NVDA"), -2), (call(140, "NVDA"), 1)]),
    ("Short Collar", [("NVDA", -100), (put(140, "NVDA"), -1), (call(140, "NVDA", LATER), 1)]),
    (
        "Put Spread Collar",
        [("NVDA", 200), (put(110, "NVDA"), -2), (put(120, "NVDA"), 2), (call(140, "NVDA"), -2)],
    ),
    ("Stock Repair", [("NVDA", 200), (call(120, "NVDA"), 2), (call(140, "NVDA"), -4)]),
    ("Protective Put", [("NVDA", 100), (put(120, "NVDA"), 1)]),
    ("Collar", [("NVDA", 100), (put(120, "NVDA"), 1), (call(140, "NVDA"), -1)]),
    ("Collar", [("NVDA", 100), (put(120, "NVDA"), 1), (call(140, "NVDA", LATER), -1)]),
    ("Conversion", [("NVDA", 100), (put(140, "NVDA"), 1), (call(140, "NVDA"), -1)]),
    ("Reversal", [("NVDA", -100), (put(140, "NVDA"), -1), (call(140, "NVDA"), 1)]),
    ("Short Collar", [("NVDA", -100), (put(120, "NVDA"), -1), (call(140, "NVDA"), 1)]),
    ("Covered Put", [("NVDA", -100), (put(120, "NVDA"), -1)]),
    ("Protective Call", [("NVDA", -100), (call(140, "NVDA"), 1)]),
    ("Covered Strangle", [("NVDA", 100), (put(120, "NVDA"), -1), (call(140, "NVDA"), -1)]),
    ("Covered Straddle", [("NVDA", 100), (put(140, "NVDA"), -1), (call(140, "NVDA"), -1)]),
    (
        "Put Spread Collar",
        [("NVDA", 100), (put(110, "NVDA"), -1), (put(120, "NVDA"), 1), (call(140, "NVDA"), -1)],
    ),
    ("Stock Repair", [("NVDA", 100), (call(120, "NVDA"), 1), (call(140, "NVDA"), -2)]),
    ("Custom (2 legs)", [("NVDA", 100), (call(140, "NVDA"), 1)]),
    ("Custom (2 legs)", [("NVDA", 100), (call(140, "NVDA1"), -1)]),
    ("Custom (3 legs)", [("NVDA", 100), (call(140, "NVDA"), -1), (call(150, "NVDA"), -1)]),
]


def name(parts: Sequence[Part], times: int = 1) -> str:
    return name_strategy([(option_or_none(symbol), times * count) for symbol, count in parts])


@pytest.mark.parametrize(("expected", "mirrored", "parts"), SHAPES)
def test_a_shape_has_its_name(expected: str, mirrored: str, parts: list[Part]) -> None:
    assert expected == name(parts)


@pytest.mark.parametrize(("expected", "mirrored", "parts"), SHAPES)
def test_the_mirrored_shape_has_its_own(expected: str, mirrored: str, parts: list[Part]) -> None:
    assert mirrored == name(parts, times=-1)


@pytest.mark.parametrize(("expected", "parts"), WITH_SHARES)
def test_shares_beside_options_have_names(expected: str, parts: list[Part]) -> None:
    assert expected == name(parts)


@pytest.mark.parametrize("parts", NEAR_MISSES)
def test_what_only_looks_like_a_shape_has_no_name(parts: list[Part]) -> None:
    assert f"Custom ({len(parts)} legs)" == name(parts)


@given(st.sampled_from(SHAPES), st.integers(1, 50), st.randoms(use_true_random=False))
def test_neither_size_nor_order_of_legs_changes_a_name(
    shape: tuple[str, str, list[Part]], times: int, dice: Random
) -> None:
    expected, _, parts = shape
    shuffled = [*parts]
    dice.shuffle(shuffled)

    assert expected == name(shuffled, times)


@given(
    st.lists(
        st.tuples(
            st.builds(
                lambda make, strike: make(strike),
                st.sampled_from([call, put]),
                st.sampled_from([440, 445, 450, 455, 460]),
            ),
            st.integers(-3, 3).filter(bool),
        ),
        min_size=1,
        max_size=6,
        unique_by=lambda part: part[0],
    )
)
def test_every_shape_has_some_name(parts: list[Part]) -> None:
    assert name(parts)
    assert name(parts) == name(parts, times=math.lcm(2, 3))
