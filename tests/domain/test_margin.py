"""The universal spread rule: the most that options can lose at any price, expiry by expiry."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import call, put

from alpaca_simulator.exchange.contracts import Kind
from alpaca_simulator.exchange.coverage import exposures
from closeout.domain.margin import margin_requirement

JANUARY = "270115"


def requirement(quantities: dict[str, int]) -> Decimal | None:
    return margin_requirement({symbol: Decimal(n) for symbol, n in quantities.items()})


@pytest.mark.parametrize(
    ("expected", "held"),
    [
        pytest.param(0, {}, id="nothing"),
        pytest.param(0, {call(470): 3}, id="long options bind nothing"),
        pytest.param(1000, {put(440): 1, put(450): -1}, id="a put spread its width"),
        pytest.param(
            1000,
            {put(440): 1, put(450): -1, call(470): -1, call(480): 1},
            id="a condor one side: both cannot lose",
        ),
        pytest.param(45_000, {put(450): -1}, id="a short put its strike"),
        pytest.param(0, {"SPY": 100, call(470): -1}, id="a covered call nothing"),
        pytest.param(None, {call(470): -1}, id="a naked call has no most"),
        pytest.param(None, {"SPY": 99, call(470): -1}, id="99 shares do not cover a call"),
        pytest.param(
            2000, {call(440): 2, call(450): -4, call(470): 2}, id="a broken wing its far side"
        ),
        pytest.param(
            0, {call(470): -1, call(470, expiry=JANUARY): 1}, id="a calendar nothing: it is covered"
        ),
        pytest.param(
            None, {call(470): 1, call(470, expiry=JANUARY): -1}, id="not the other way round"
        ),
        pytest.param(
            3000,
            {put(440): 1, put(450): -1, put(90, "XYZ"): 1, put(110, "XYZ"): -1},
            id="underlyings are added up",
        ),
    ],
)
def test_what_is_bound(expected: int | None, held: dict[str, int]) -> None:
    assert (None if expected is None else Decimal(expected)) == requirement(held)


symbols = st.builds(
    lambda make, strike, expiry: make(strike, expiry=expiry),
    st.sampled_from([call, put]),
    st.sampled_from([90, 100, 110, 120]),
    st.sampled_from(["261218", JANUARY]),
)


@given(st.dictionaries(symbols, st.integers(-5, 5), max_size=6), st.sampled_from([0, 50, 100, 300]))
def test_the_simulator_judges_the_same(options: dict[str, int], shares: int) -> None:
    """The simulator has this rule from the same page and shares no code with us."""
    held = options | {"SPY": shares}
    exposure = exposures(held).get("SPY")
    bound = requirement(held)

    if exposure is None:
        assert Decimal(0) == bound
    elif not exposure.uncovered(Kind.CALL):
        assert exposure.requirement() == bound


def test_nothing_is_said_of_an_account_with_adjusted_contracts() -> None:
    assert None is margin_requirement({"AAPL1261218C00150000": Decimal(1)})
