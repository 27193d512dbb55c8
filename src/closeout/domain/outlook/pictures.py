"""P&L by spot, as the page draws it: at the first expiry and today."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from closeout.domain.greeks import Floats
from closeout.domain.outlook.columns import Columns, column, values_of
from closeout.domain.outlook.model import Picture
from closeout.domain.payoff import entry_cost, has_adjusted
from closeout.domain.strategies import Leg

PICTURE_POINTS: Final = 61
_DEVIATIONS: Final = 2.5
"""How far the picture reaches beyond spot and strikes, in expected moves."""
_LEAST_MARGIN: Final = 0.03


def pictures_of(
    positions: Sequence[Sequence[Leg]],
    columns: Columns,
    moves: Sequence[float | None],
    spots: Sequence[float],
) -> list[Picture | None]:
    """Return a picture of each position; `moves` are their expected moves, if known."""
    if not positions:
        return []
    grids = [
        _grid(legs, spot, move) for legs, spot, move in zip(positions, spots, moves, strict=True)
    ]
    table = np.vstack([np.full(PICTURE_POINTS, np.nan) if g is None else g for g in grids])
    today = _totals(positions, columns, table, columns.contracts.years)
    at_expiry = _totals(positions, columns, table, columns.years_after_first)
    return [
        None if grid is None else Picture(_shown(grid), _whole(at_expiry[n]), _whole(today[n]))
        for n, grid in enumerate(grids)
    ]


def _grid(legs: Sequence[Leg], spot: float, move: float | None) -> Floats | None:
    """Return the spots of the picture: strikes and spot with a margin, every strike on it."""
    strikes = [float(leg.option.strike) for leg in legs if leg.option is not None]
    marks = [*strikes, *([] if np.isnan(spot) else [spot])]
    if not marks or has_adjusted(legs):
        return None
    low, high = min(marks), max(marks)
    margin = max(_DEVIATIONS * (move or 0.0), _LEAST_MARGIN * high, (high - low) / 4)
    low = max(low - margin, 0.0)
    grid = np.linspace(low, high + margin, PICTURE_POINTS)
    for strike in strikes:
        grid[round((strike - low) / (grid[-1] - low) * (PICTURE_POINTS - 1))] = strike
    return np.sort(grid)


def _totals(
    positions: Sequence[Sequence[Leg]], columns: Columns, table: Floats, years: Floats
) -> Floats:
    """Return the P&L of each position at each of its spots, NaN where it is not known."""
    costs = [entry_cost(legs) for legs in positions]
    total = -column(np.nan if cost is None else float(cost) for cost in costs)[:, None]
    shares = column(sum(leg.quantity for leg in legs if leg.option is None) for legs in positions)
    total = total + np.where(shares[:, None] == 0, 0.0, shares[:, None] * table)
    if len(columns.rows):
        worth = columns.size[:, None] * values_of(columns, table[columns.owner], years)
        firsts = np.flatnonzero(np.diff(columns.owner, prepend=-1))
        total[columns.owner[firsts]] += np.add.reduceat(worth, firsts, axis=0)
    return total


def _whole(row: Floats) -> tuple[float, ...] | None:
    return None if np.isnan(row).any() else _shown(row)


def _shown(row: Floats) -> tuple[float, ...]:
    return tuple(np.round(row, 2).tolist())
