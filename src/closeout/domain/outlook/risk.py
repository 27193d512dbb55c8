"""What can be won and lost at the first expiry when legs outlive it: nothing there is exact."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import numpy as np

from closeout.domain.greeks import Floats
from closeout.domain.outlook.columns import Columns, values_of
from closeout.domain.payoff import Risk, entry_cost, expiries, has_adjusted, slope_at_infinity
from closeout.domain.strategies import Leg

_SEARCH_POINTS: Final = 1201
_SEVERAL: Final = 2
_CENT: Final = Decimal("0.01")


def modelled_risk(legs: Sequence[Leg], columns: Columns, indices: Sequence[int]) -> Risk | None:
    """
    Search the P&L at the first expiry for its extremes and break-evens, to about a cent.

    None where the risk is exact, or where the model has nothing to go by.
    """
    cost = entry_cost(legs)
    if cost is None or has_adjusted(legs) or len(expiries(legs)) < _SEVERAL:
        return None
    some = columns.only(indices)
    spots = _search_spots(some.contracts.strike)
    worth = some.size[:, None] * values_of(some, spots[None, :], some.years_after_first)
    shares = sum(leg.quantity for leg in legs if leg.option is None)
    pnl = worth.sum(axis=0) + shares * spots - float(cost)
    if np.isnan(pnl).any():
        return None
    slope = slope_at_infinity(legs)
    return Risk(
        max_profit=None if slope > 0 else _cents(pnl.max()),
        max_loss=None if slope < 0 else _cents(pnl.min()),
        unlimited_profit=slope > 0,
        unlimited_loss=slope < 0,
        break_evens=tuple(_cents(root) for root in _roots(spots, pnl)),
        is_modelled=True,
    )


def _search_spots(strikes: Floats) -> Floats:
    """Dense to twice the highest strike, where the P&L bends, and a few far beyond."""
    top = 2.0 * strikes.max()
    dense = np.linspace(0.0, top, _SEARCH_POINTS)
    return np.unique(np.concatenate([dense, strikes, np.geomspace(top, 10 * top, 50)]))


def _roots(spots: Floats, pnl: Floats) -> list[float]:
    crossing = np.flatnonzero(pnl[:-1] * pnl[1:] < 0)
    low, high = pnl[crossing], pnl[crossing + 1]
    found = spots[crossing] + (spots[crossing + 1] - spots[crossing]) * low / (low - high)
    return [float(each) for each in found]


def _cents(value: float) -> Decimal:
    return Decimal(repr(float(value))).quantize(_CENT)
