"""The outlook of each position of a portfolio."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from closeout.domain.marks import Greeks
from closeout.domain.outlook.columns import Columns, columns_of, rows_of, spot_of
from closeout.domain.outlook.model import Market, Outlook
from closeout.domain.outlook.pictures import pictures_of
from closeout.domain.outlook.risk import modelled_risk
from closeout.domain.payoff import has_adjusted
from closeout.domain.strategies import Leg


def outlooks(
    positions: Sequence[Sequence[Leg]], market: Market, now: datetime
) -> tuple[Outlook, ...]:
    """Return the outlook of each position; a position is the legs held together."""
    rows = [
        row for number, legs in enumerate(positions) for row in rows_of(number, legs, market, now)
    ]
    columns = columns_of(rows, market.rate)
    mine: list[list[int]] = [[] for _ in positions]
    for index, row in enumerate(rows):
        mine[row.owner].append(index)
    spots = [spot_of(legs, market) for legs in positions]
    summaries = [
        _summary(legs, columns, indices, spot)
        for legs, indices, spot in zip(positions, mine, spots, strict=True)
    ]
    moves = [each.expected_move for each in summaries]
    pictures = pictures_of(positions, columns, moves, spots)
    return tuple(
        Outlook(
            greeks=each.greeks,
            volatility=each.volatility,
            expected_move=each.expected_move,
            picture=picture,
            modelled=modelled_risk(legs, columns, indices),
            legs=tuple(columns.legs[index] for index in indices),
        )
        for legs, indices, each, picture in zip(positions, mine, summaries, pictures, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Summary:
    greeks: Greeks | None
    volatility: float | None
    expected_move: float | None


def _summary(legs: Sequence[Leg], columns: Columns, indices: Sequence[int], spot: float) -> Summary:
    shares = sum(leg.quantity for leg in legs if leg.option is None)
    total = Greeks(float(shares), 0.0, 0.0, 0.0, 0.0)
    weighted = weight = 0.0
    for index in indices:
        leg = columns.legs[index]
        if leg.greeks is None or leg.volatility is None:
            return Summary(None, None, None)
        total = _plus(total, leg.greeks, float(columns.size[index]))
        vega = abs(leg.greeks.vega * float(columns.size[index]))
        weighted, weight = weighted + vega * leg.volatility, weight + vega
    if has_adjusted(legs):
        return Summary(None, None, None)
    if not weight or np.isnan(spot):
        return Summary(total, None, None)
    volatility = weighted / weight
    first = min(columns.rows[index].years for index in indices)
    return Summary(total, volatility, spot * volatility * float(np.sqrt(first)))


def _plus(total: Greeks, one: Greeks, size: float) -> Greeks:
    return Greeks(
        total.delta + one.delta * size,
        total.gamma + one.gamma * size,
        total.theta + one.theta * size,
        total.vega + one.vega * size,
        total.rho + one.rho * size,
    )
