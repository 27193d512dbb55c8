"""Black-Scholes values, greeks and implied volatility, as columns."""

from math import exp
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout.domain.greeks import Contracts, Floats, greeks, implied_volatility, value


def column(*values: float) -> Floats:
    return np.array(values, np.float64)


def pair(strike: float, years: float) -> Contracts:
    """A call and the put beside it."""
    return Contracts(column(strike, strike), column(1, -1), column(years, years))


markets = st.fixed_dictionaries(
    {
        "strike": st.floats(50, 1500),
        "spot": st.floats(50, 1500),
        "years": st.floats(1 / 365, 3),
        "volatility": st.floats(0.05, 2.5),
        "rate": st.floats(0, 0.08),
    }
)


def test_published_values_are_met() -> None:
    """Hull, Options, Futures, and Other Derivatives: S 42, K 40, r 10%, 20%, half a year."""
    call, put = value(pair(40, 0.5), column(42), column(0.2), 0.1)

    assert (4.76, 0.81) == (round(float(call), 2), round(float(put), 2))


def test_published_greeks_are_met() -> None:
    """Hull's example of the greeks: S 49, K 50, r 5%, 20%, twenty weeks."""
    found = greeks(pair(50, 0.3846), column(49), column(0.2), 0.05)

    assert 0.522 == round(float(found.delta[0]), 3)
    assert 0.066 == round(float(found.gamma[0]), 3)
    assert -4.31 == round(float(found.theta[0]) * 365, 2)
    assert 12.1 == round(float(found.vega[0]) * 100, 1)
    assert 8.91 == round(float(found.rho[0]) * 100, 2)


@given(markets)
def test_greeks_obey_put_call_parity(market: dict[str, float]) -> None:
    contracts = pair(market["strike"], market["years"])
    found = greeks(contracts, column(market["spot"]), column(market["volatility"]), market["rate"])
    carried = market["strike"] * exp(-market["rate"] * market["years"])

    def gap(values: Floats) -> Any:
        return pytest.approx(float(values[0] - values[1]), abs=1e-8, rel=1e-8)

    assert 1 == gap(found.delta)
    assert 0 == gap(found.gamma)
    assert 0 == gap(found.vega)
    assert -market["rate"] * carried / 365 == gap(found.theta)
    assert market["years"] * carried / 100 == gap(found.rho)


@given(markets)
def test_values_obey_put_call_parity_without_interest(market: dict[str, float]) -> None:
    """With interest the put stands on its intrinsic value, as an American one does."""
    contracts = pair(market["strike"], market["years"])
    call, put = value(contracts, column(market["spot"]), column(market["volatility"]), 0.0)

    assert market["spot"] - market["strike"] == pytest.approx(float(call - put), abs=1e-8)


@given(markets)
def test_greeks_are_the_slopes_of_value(market: dict[str, float]) -> None:
    contracts = pair(market["strike"], market["years"])
    spot, volatility, rate = column(market["spot"]), column(market["volatility"]), market["rate"]
    step = 1e-4 * market["spot"]

    def european(spot: Floats, volatility: Floats) -> Floats:
        call = value(contracts, spot, volatility, rate)[0]
        carried = market["strike"] * exp(-rate * market["years"])
        return np.array([call, call - spot[0] + carried])

    found = greeks(contracts, spot, volatility, rate)
    slope = (european(spot + step, volatility) - european(spot - step, volatility)) / (2 * step)
    bump = (european(spot, volatility + 1e-4) - european(spot, volatility - 1e-4)) / 2e-4
    assert [*slope] == pytest.approx([*found.delta], abs=2e-4)
    assert [*bump] == pytest.approx([*(found.vega * 100)], rel=1e-3, abs=1e-3)


@given(markets)
def test_implied_volatility_is_the_one_the_price_came_from(market: dict[str, float]) -> None:
    contracts = pair(market["strike"], market["years"])
    spot, volatility = column(market["spot"], market["spot"]), column(market["volatility"])
    rate = market["rate"]
    carried = market["strike"] * exp(-rate * market["years"])
    out_of_the_money = min(value(contracts, spot, volatility, rate))
    call = value(contracts, spot, volatility, rate)[0]
    prices = column(call, call - market["spot"] + carried)

    found = implied_volatility(contracts, spot, prices, rate)

    if out_of_the_money > 1e-4:
        assert [market["volatility"]] * 2 == pytest.approx([*found], rel=1e-5)
    else:
        assert all(np.isnan(found) | (abs(found - market["volatility"]) < 0.2))


@pytest.mark.parametrize("volatility", [0.9, 1.0, 1.3, 2.5])
def test_implied_volatility_is_found_far_from_the_strike(volatility: float) -> None:
    """A search that began where the worth is 1e-158 stood still and answered 0.15."""
    contracts, spot = pair(50, 0.3125), column(473, 473)
    prices = value(contracts, spot, column(volatility, volatility), 0.0)

    found = implied_volatility(contracts, spot, prices, 0.0)

    assert [volatility] * 2 == pytest.approx([*found], rel=1e-5)


@pytest.mark.parametrize(
    ("strike", "price"),
    [(90, 10.0), (90, 9.0), (90, 0.0), (100, 101.0), (110, 0.0), (110, float("nan"))],
    ids=["at intrinsic", "below it", "zero", "above the share", "nothing bid", "untold"],
)
def test_a_price_that_no_volatility_makes_has_none(strike: float, price: float) -> None:
    contracts = Contracts(column(strike), column(1), column(0.1))

    assert np.isnan(implied_volatility(contracts, column(100), column(price), 0.0)[0])


def test_one_hopeless_price_does_not_spoil_the_others() -> None:
    contracts = Contracts(column(100, 100, 100), column(1, 1, 1), column(0.1, 0.1, 0.0))
    price = value(contracts, column(100), column(0.3), 0.0)[0]

    found = implied_volatility(contracts, column(100, 100, 100), column(price, -1, price), 0.0)

    assert 0.3 == pytest.approx(float(found[0]), rel=1e-9)
    assert [True, True] == [*np.isnan(found[1:])]


@given(st.floats(0, 500), st.sampled_from([1, -1]))
def test_at_expiry_value_is_intrinsic(spot: float, sign: int) -> None:
    contracts = Contracts(column(100), column(sign), column(0))

    found = float(value(contracts, column(spot), column(0.0), 0.05)[0])

    assert max(sign * (spot - 100), 0) == pytest.approx(found, abs=1e-6)


@given(markets)
def test_no_value_lies_below_intrinsic(market: dict[str, float]) -> None:
    contracts = pair(market["strike"], market["years"])
    found = value(contracts, column(market["spot"]), column(market["volatility"]), market["rate"])

    assert all(found >= np.maximum(contracts.sign * (market["spot"] - market["strike"]), 0) - 1e-9)


def test_a_table_of_spots_is_valued_row_by_row() -> None:
    contracts = pair(100, 0.25)
    table = np.array([[90.0, 100.0, 110.0], [80.0, 100.0, 120.0]])

    found = value(contracts.spread(), table, column(0.3, 0.3)[:, None], 0.0)

    for row, spots in enumerate(table):
        for place, spot in enumerate(spots):
            alone = value(contracts, column(spot), column(0.3), 0.0)
            assert float(found[row, place]) == pytest.approx(float(alone[row]))
