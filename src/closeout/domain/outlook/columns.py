"""Every option leg of a portfolio as columns of numbers, valued in one go."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

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
from closeout.domain.outlook.model import LegOutlook, Market, Source
from closeout.domain.quotes import Quote
from closeout.domain.strategies import Leg


@dataclass(frozen=True, slots=True)
class Row:
    """One option leg in the columns; `owner` is the number of its position."""

    owner: int
    leg: Leg
    option: OccSymbol
    years: float
    years_after_first: float
    spot: float
    mid: float
    mark: OptionMark | None


def rows_of(owner: int, legs: Sequence[Leg], market: Market, now: datetime) -> list[Row]:
    options = [(leg, leg.option) for leg in legs]
    years = [years_until(option.expiry, now) for _, option in options if option is not None]
    first = min(years, default=0.0)
    spot = spot_of(legs, market)
    return [
        Row(
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


def spot_of(legs: Sequence[Leg], market: Market) -> float:
    return _mid(market.quotes.get(legs[0].underlying)) if legs else np.nan


def _mid(quote: Quote | None) -> float:
    mid = None if quote is None else quote.mid
    return np.nan if mid is None or mid <= 0 else float(mid)


@dataclass(frozen=True, slots=True)
class Columns:
    """Every option leg of the portfolio, by columns; `size` is signed shares."""

    rows: Sequence[Row]
    contracts: Contracts
    years_after_first: Floats
    size: Floats
    owner: NDArray[np.intp]
    volatility: Floats
    legs: Sequence[LegOutlook]
    rate: float

    def only(self, indices: Sequence[int]) -> "Columns":
        """Return some of the legs."""
        return Columns(
            rows=[self.rows[index] for index in indices],
            contracts=self.contracts.only(indices),
            years_after_first=self.years_after_first[indices],
            size=self.size[indices],
            owner=self.owner[indices],
            volatility=self.volatility[indices],
            legs=[self.legs[index] for index in indices],
            rate=self.rate,
        )


def columns_of(rows: Sequence[Row], rate: float) -> Columns:
    contracts = Contracts(
        strike=column(float(row.option.strike) for row in rows),
        sign=column(1.0 if row.option.right is Right.CALL else -1.0 for row in rows),
        years=column(row.years for row in rows),
    )
    owner = np.array([row.owner for row in rows], np.intp)
    spot = column(row.spot for row in rows)
    implied = implied_volatility(contracts, spot, column(row.mid for row in rows), rate)
    told = column(_told_volatility(row.mark) for row in rows)
    volatility = _filled(np.where(np.isnan(implied), told, implied), owner)
    computed = greeks(contracts, spot, volatility, rate)
    return Columns(
        rows=rows,
        contracts=contracts,
        years_after_first=column(row.years_after_first for row in rows),
        size=column(row.leg.quantity * row.leg.multiplier for row in rows),
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


def _leg_outlook(row: Row, volatility: float, computed: GreekColumns, index: int) -> LegOutlook:
    mark = row.mark
    if mark is not None and mark.greeks is not None and mark.volatility is not None:
        return LegOutlook(row.leg.id, mark.greeks, mark.volatility, Source.ALPACA)
    if np.isnan(volatility) or np.isnan(row.spot):
        return LegOutlook(row.leg.id, None, None, None)
    return LegOutlook(row.leg.id, _greeks_at(computed, index), volatility, Source.COMPUTED)


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


def values_of(columns: Columns, table: Floats, years: Floats) -> Floats:
    """Value each row at its spots; one that ends needs no volatility."""
    contracts = Contracts(columns.contracts.strike, columns.contracts.sign, years).spread()
    volatility = np.where(years > 0, columns.volatility, 0.0)[:, None]
    return value(contracts, table, volatility, columns.rate)


def column(values: Iterable[float]) -> Floats:
    return np.fromiter(values, np.float64)


def _told_volatility(mark: OptionMark | None) -> float:
    return np.nan if mark is None or mark.volatility is None else mark.volatility
