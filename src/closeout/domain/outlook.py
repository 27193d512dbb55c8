"""
What strategies may come to, by a model: greeks, volatility, expected move, and a picture.

The whole portfolio is laid out as columns and valued in one go. Binary floats, for the screen
alone (I10). What is exact is in `payoff`; the model fills in what is not: the value before
expiry, and that of legs which outlive the first expiry.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from closeout.domain.expiration import years_until
from closeout.domain.greeks import (
    Contracts,
    Floats,
    GreekColumns,
    greeks,
    implied_volatility,
    value,
)
from closeout.domain.marks import Greeks, OptionMark
from closeout.domain.occ import OccSymbol, Right
from closeout.domain.payoff import (
    Risk,
    entry_cost,
    expiries,
    has_adjusted,
    slope_at_infinity,
)
from closeout.domain.quotes import Quote
from closeout.domain.strategies import Leg

PICTURE_POINTS: Final = 61
_DEVIATIONS: Final = 2.5
"""How far the picture reaches beyond spot and strikes, in expected moves."""
_LEAST_MARGIN: Final = 0.03
_SEARCH_POINTS: Final = 1201
_SEVERAL: Final = 2
_CENT: Final = Decimal("0.01")


class Source(StrEnum):
    """Whose greeks and volatility these are."""

    ALPACA = "alpaca"
    COMPUTED = "computed"


@dataclass(frozen=True, slots=True)
class Market:
    """
    What is known of prices; `rate` is continuous interest per year.

    `marks` are the broker's greeks, as far as they are young enough to be shown.
    """

    quotes: Mapping[str, Quote]
    marks: Mapping[str, OptionMark]
    rate: float


@dataclass(frozen=True, slots=True)
class Picture:
    """
    P&L by spot as columns, dollars: at the first expiry, and `today`.

    None where an entry price or a volatility is missing, or a contract is adjusted.
    """

    spots: tuple[float, ...]
    at_expiry: tuple[float, ...] | None
    today: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class LegOutlook:
    """Of one option leg; greeks are per share of one long contract."""

    id: str
    greeks: Greeks | None
    volatility: float | None
    source: Source | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """
    A position as a model sees it now.

    `greeks` are dollars for all of it. `volatility` is the legs' mean weighted by vega, and
    `expected_move` one standard deviation of the spot until the first expiry, dollars per
    share. `modelled` is the risk at the first expiry where legs outlive it; where none does,
    `payoff` knows it exactly.
    """

    greeks: Greeks | None
    volatility: float | None
    expected_move: float | None
    picture: Picture | None
    modelled: Risk | None
    legs: tuple[LegOutlook, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """One option leg in the columns; `owner` is the number of its position."""

    owner: int
    leg: Leg
    option: OccSymbol
    years: float
    years_after_first: float
    spot: float
    mid: float
    mark: OptionMark | None


def outlooks(
    positions: Sequence[Sequence[Leg]], market: Market, now: datetime
) -> tuple[Outlook, ...]:
    """Return the outlook of each position; a position is the legs held together."""
    rows = [
        row for number, legs in enumerate(positions) for row in _rows(number, legs, market, now)
    ]
    columns = _columns(rows, market.rate)
    mine: list[list[int]] = [[] for _ in positions]
    for index, row in enumerate(rows):
        mine[row.owner].append(index)
    spots = [_spot(legs, market) for legs in positions]
    summaries = [
        _summary(legs, columns, indices, spot)
        for legs, indices, spot in zip(positions, mine, spots, strict=True)
    ]
    pictures = _pictures(positions, columns, summaries, spots)
    return tuple(
        Outlook(
            greeks=each.greeks,
            volatility=each.volatility,
            expected_move=each.expected_move,
            picture=picture,
            modelled=_modelled_risk(legs, columns, indices),
            legs=tuple(columns.legs[index] for index in indices),
        )
        for legs, indices, each, picture in zip(positions, mine, summaries, pictures, strict=True)
    )


def _rows(owner: int, legs: Sequence[Leg], market: Market, now: datetime) -> list[_Row]:
    options = [(leg, leg.option) for leg in legs]
    years = [years_until(option.expiry, now) for _, option in options if option is not None]
    first = min(years, default=0.0)
    spot = _spot(legs, market)
    return [
        _Row(
            owner=owner,
            leg=leg,
            option=option,
            years=each,
            years_after_first=each - first,
            spot=spot,
            mid=_mid(market.quotes.get(leg.symbol)),
            mark=market.marks.get(leg.symbol),
        )
        for (leg, option), each in zip(
            [(leg, option) for leg, option in options if option is not None], years, strict=True
        )
        if not option.is_adjusted
    ]


def _spot(legs: Sequence[Leg], market: Market) -> float:
    return _mid(market.quotes.get(legs[0].underlying)) if legs else np.nan


def _mid(quote: Quote | None) -> float:
    mid = None if quote is None else quote.mid
    return np.nan if mid is None or mid <= 0 else float(mid)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Every option leg of the portfolio, by columns; `size` is signed shares."""

    rows: Sequence[_Row]
    contracts: Contracts
    years_after_first: Floats
    size: Floats
    owner: NDArray[np.intp]
    volatility: Floats
    legs: Sequence[LegOutlook]
    rate: float

    def only(self, indices: Sequence[int]) -> "_Columns":
        """Return some of the legs."""
        return _Columns(
            rows=[self.rows[index] for index in indices],
            contracts=self.contracts.only(indices),
            years_after_first=self.years_after_first[indices],
            size=self.size[indices],
            owner=self.owner[indices],
            volatility=self.volatility[indices],
            legs=[self.legs[index] for index in indices],
            rate=self.rate,
        )


def _columns(rows: Sequence[_Row], rate: float) -> _Columns:
    contracts = Contracts(
        strike=_column(float(row.option.strike) for row in rows),
        sign=_column(1.0 if row.option.right is Right.CALL else -1.0 for row in rows),
        years=_column(row.years for row in rows),
    )
    owner = np.array([row.owner for row in rows], np.intp)
    spot = _column(row.spot for row in rows)
    implied = implied_volatility(contracts, spot, _column(row.mid for row in rows), rate)
    told = _column(_told_volatility(row.mark) for row in rows)
    volatility = _filled(np.where(np.isnan(implied), told, implied), owner)
    computed = greeks(contracts, spot, volatility, rate)
    return _Columns(
        rows=rows,
        contracts=contracts,
        years_after_first=_column(row.years_after_first for row in rows),
        size=_column(row.leg.quantity * row.leg.multiplier for row in rows),
        owner=owner,
        volatility=volatility,
        legs=[
            _leg_outlook(row, float(volatility[index]), computed, index)
            for index, row in enumerate(rows)
        ],
        rate=rate,
    )


def _filled(volatility: Floats, owner: NDArray[np.intp]) -> Floats:
    """Give a leg without a volatility of its own the mean of its position's."""
    known = ~np.isnan(volatility)
    if known.all():
        return volatility
    count = np.bincount(owner[known], minlength=int(owner.max()) + 1)
    total = np.bincount(owner[known], volatility[known], minlength=len(count))
    mean = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return np.where(known, volatility, mean[owner])


def _leg_outlook(row: _Row, volatility: float, computed: GreekColumns, index: int) -> LegOutlook:
    mark = row.mark
    if mark is not None and mark.greeks is not None and mark.volatility is not None:
        return LegOutlook(row.leg.id, mark.greeks, mark.volatility, Source.ALPACA)
    if np.isnan(volatility) or np.isnan(row.spot):
        return LegOutlook(row.leg.id, None, None, None)
    return LegOutlook(row.leg.id, _greeks_at(computed, index), volatility, Source.COMPUTED)


@dataclass(frozen=True, slots=True)
class _Summary:
    greeks: Greeks | None
    volatility: float | None
    expected_move: float | None


def _summary(
    legs: Sequence[Leg], columns: _Columns, indices: Sequence[int], spot: float
) -> _Summary:
    shares = sum(leg.quantity for leg in legs if leg.option is None)
    total = Greeks(float(shares), 0.0, 0.0, 0.0, 0.0)
    weighted = weight = 0.0
    for index in indices:
        leg = columns.legs[index]
        if leg.greeks is None or leg.volatility is None:
            return _Summary(None, None, None)
        total = _plus(total, leg.greeks, float(columns.size[index]))
        vega = abs(leg.greeks.vega * float(columns.size[index]))
        weighted, weight = weighted + vega * leg.volatility, weight + vega
    if has_adjusted(legs):
        return _Summary(None, None, None)
    if not weight or np.isnan(spot):
        return _Summary(total, None, None)
    volatility = weighted / weight
    first = min(columns.rows[index].years for index in indices)
    return _Summary(total, volatility, spot * volatility * float(np.sqrt(first)))


def _plus(total: Greeks, one: Greeks, size: float) -> Greeks:
    return Greeks(
        total.delta + one.delta * size,
        total.gamma + one.gamma * size,
        total.theta + one.theta * size,
        total.vega + one.vega * size,
        total.rho + one.rho * size,
    )


def _greeks_at(columns: GreekColumns, index: int) -> Greeks:
    return Greeks(
        *(
            float(column[index])
            for column in (
                columns.delta,
                columns.gamma,
                columns.theta,
                columns.vega,
                columns.rho,
            )
        )
    )


# --- the picture ----------------------------------------------------------------------


def _pictures(
    positions: Sequence[Sequence[Leg]],
    columns: _Columns,
    summaries: Sequence[_Summary],
    spots: Sequence[float],
) -> list[Picture | None]:
    if not positions:
        return []
    grids = [
        _grid(legs, spot, each.expected_move)
        for legs, spot, each in zip(positions, spots, summaries, strict=True)
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
    positions: Sequence[Sequence[Leg]], columns: _Columns, table: Floats, years: Floats
) -> Floats:
    """Return the P&L of each position at each of its spots, NaN where it is not known."""
    costs = [entry_cost(legs) for legs in positions]
    total = -_column(np.nan if cost is None else float(cost) for cost in costs)[:, None]
    shares = _column(sum(leg.quantity for leg in legs if leg.option is None) for legs in positions)
    total = total + np.where(shares[:, None] == 0, 0.0, shares[:, None] * table)
    if len(columns.rows):
        worth = columns.size[:, None] * _values(columns, table[columns.owner], years)
        firsts = np.flatnonzero(np.diff(columns.owner, prepend=-1))
        total[columns.owner[firsts]] += np.add.reduceat(worth, firsts, axis=0)
    return total


def _values(columns: _Columns, table: Floats, years: Floats) -> Floats:
    """Value each row at its spots; one that ends needs no volatility."""
    contracts = Contracts(columns.contracts.strike, columns.contracts.sign, years).spread()
    volatility = np.where(years > 0, columns.volatility, 0.0)[:, None]
    return value(contracts, table, volatility, columns.rate)


def _whole(row: Floats) -> tuple[float, ...] | None:
    return None if np.isnan(row).any() else _shown(row)


def _shown(row: Floats) -> tuple[float, ...]:
    return tuple(np.round(row, 2).tolist())


def _column(values: Iterable[float]) -> Floats:
    return np.fromiter(values, np.float64)


def _told_volatility(mark: OptionMark | None) -> float:
    return np.nan if mark is None or mark.volatility is None else mark.volatility


# --- what cannot be exact -------------------------------------------------------------


def _modelled_risk(legs: Sequence[Leg], columns: _Columns, indices: Sequence[int]) -> Risk | None:
    """
    Search the P&L at the first expiry for its extremes and break-evens, to about a cent.

    None where the risk is exact, or where the model has nothing to go by.
    """
    cost = entry_cost(legs)
    if cost is None or has_adjusted(legs) or len(expiries(legs)) < _SEVERAL:
        return None
    some = columns.only(indices)
    spots = _search_spots(some.contracts.strike)
    worth = some.size[:, None] * _values(some, spots[None, :], some.years_after_first)
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
