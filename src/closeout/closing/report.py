"""
What a close came to: its fills held against the market, its fees, its result.

Three instants are measured at: the decision (the preview that was confirmed, or else the
planning), the first sending, and the fills themselves. Everything is added up leg by leg and
weighted by contracts, so parts, several orders and replaced ones make no difference. What
has not filled is not counted, at no instant.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from closeout.closing.costs import trade_fees
from closeout.closing.executions import Filling
from closeout.closing.state import CloseState
from closeout.domain.fees import Fee
from closeout.domain.occ import option_or_none
from closeout.domain.orders import Side
from closeout.domain.quotes import Quote
from closeout.domain.session import exchange_date

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Cost:
    """
    How much worse the fills were than a price: positive is worse, negative better.

    `per_unit` is dollars per share for one unit of the package, `dollars` all of it.
    """

    per_unit: Decimal
    dollars: Decimal


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    The fills against the market of one instant; net prices as in `NetQuote`.

    `half_spread_share` is the way from mid (0) to natural (1) that was paid; less than 0 is
    better than mid. None where a leg was not quoted, or the market had no width.
    """

    at: datetime | None
    mid: Decimal | None
    natural: Decimal | None
    against_mid: Cost | None
    against_natural: Cost | None
    half_spread_share: Decimal | None


@dataclass(frozen=True, slots=True)
class Report:
    """
    The report of a close of which something has filled.

    `units` is how much of the package that is, which may be a fraction; `fill` its net
    price. `cash` is dollars received (positive) or paid, `pnl` what that realised, both
    before fees. `flat_after` is how long it took from the opening to the last fill, None
    while something is left.
    """

    feed: str | None
    units: Decimal
    fill: Decimal | None
    decision: Comparison
    first_send: Comparison
    at_fill: Comparison
    cash: Decimal | None
    pnl: Decimal | None
    fees: tuple[Fee, ...]
    flat_after: timedelta | None


Prices = Mapping[str, tuple[Decimal, Decimal]]
"""Mid and natural by symbol, dollars per share; a symbol that was not quoted is absent."""


def report_of(state: CloseState) -> Report | None:
    """Report on what has filled so far; None while nothing has."""
    if not state.any_filled:
        return None
    seen, measure = state.executions, _Measure(state)
    decided = seen.decided
    last = max((each.at for each in seen.fillings), default=None)
    paid = measure.total(measure.fills)
    return Report(
        feed=None if seen.last is None else seen.last.feed,
        units=measure.units,
        fill=measure.net(measure.fills),
        decision=measure.against(
            decided.at if decided else None, _prices(state, decided.by_symbol if decided else {})
        ),
        first_send=measure.against(state.attempts[0].sent_at, _prices(state, dict(seen.sent))),
        at_fill=measure.against(last, _prices_while_filling(state, seen.fillings)),
        cash=None if paid is None else -paid,
        pnl=_pnl(measure.total(dict(seen.entry_prices)), paid),
        fees=_fees(state, seen.fillings),
        flat_after=last - state.opened_at if last is not None and state.all_filled else None,
    )


class _Measure:
    """Adds up prices over what has filled of a close."""

    def __init__(self, state: CloseState) -> None:
        self._parts = [
            (target.symbol, target.side.sign * filled * target.multiplier)
            for target in state.plan.targets
            if (filled := state.filled(target.symbol))
        ]
        self.units, shares_in_unit = _units(state)
        self._shares = self.units * shares_in_unit
        prices = {symbol: state.average_price(symbol) for symbol, _ in self._parts}
        self.fills = {symbol: price for symbol, price in prices.items() if price is not None}

    def total(self, prices: Mapping[str, Decimal]) -> Decimal | None:
        """Dollars that trading at these prices costs; None when one is missing."""
        total = _ZERO
        for symbol, signed in self._parts:
            if symbol not in prices:
                return None
            total += signed * prices[symbol]
        return total

    def net(self, prices: Mapping[str, Decimal]) -> Decimal | None:
        """Return the net price of one unit, dollars per share."""
        total = self.total(prices)
        return None if total is None else total / self._shares

    def against(self, at: datetime | None, prices: Prices) -> Comparison:
        mids = {symbol: mid for symbol, (mid, _) in prices.items()}
        naturals = {symbol: natural for symbol, (_, natural) in prices.items()}
        mid, natural = self.net(mids), self.net(naturals)
        return Comparison(
            at=at,
            mid=mid,
            natural=natural,
            against_mid=self._cost(mids),
            against_natural=self._cost(naturals),
            half_spread_share=_share(self.net(self.fills), mid, natural),
        )

    def _cost(self, prices: Mapping[str, Decimal]) -> Cost | None:
        paid, would_be = self.total(self.fills), self.total(prices)
        if paid is None or would_be is None:
            return None
        return Cost(per_unit=(paid - would_be) / self._shares, dollars=paid - would_be)


def _units(state: CloseState) -> tuple[Decimal, int]:
    """
    Return how many units have filled, and the shares one of them is priced for.

    Of legs that filled unevenly the one that filled most counts: what filled alone is told at
    its own price. Options say what a unit is; shares do beside them only while nothing else has
    filled.
    """
    options = [each for each in state.plan.targets if option_or_none(each.symbol) is not None]
    any_option = any(state.filled(each.symbol) for each in options)
    counted = options if any_option else list(state.plan.targets)
    units = math.gcd(*(target.contracts for target in counted))
    done = max(Decimal(units * state.filled(each.symbol)) / each.contracts for each in counted)
    shares_in_unit = max(target.multiplier for target in counted) if any_option else 1
    return done, shares_in_unit


def _share(fill: Decimal | None, mid: Decimal | None, natural: Decimal | None) -> Decimal | None:
    if fill is None or mid is None or natural is None or natural <= mid:
        return None
    return (fill - mid) / (natural - mid)


def _prices(state: CloseState, quotes: Mapping[str, Quote | None]) -> Prices:
    found = {
        target.symbol: _price(target.side, quotes.get(target.symbol))
        for target in state.plan.targets
    }
    return {symbol: price for symbol, price in found.items() if price is not None}


def _price(side: Side, quote: Quote | None) -> tuple[Decimal, Decimal] | None:
    if quote is None or quote.mid is None or quote.bid is None or quote.ask is None:
        return None
    return quote.mid, quote.ask if side is Side.BUY else quote.bid


def _prices_while_filling(state: CloseState, fillings: Sequence[Filling]) -> Prices:
    """Mid and natural when each part filled, weighted by its contracts."""
    found = {}
    for target in state.plan.targets:
        parts = [
            (each.contracts, price)
            for each in fillings
            if each.symbol == target.symbol
            and (price := _price(target.side, each.quote)) is not None
        ]
        contracts = sum(count for count, _ in parts)
        if parts and contracts == state.filled(target.symbol):
            mid = sum((count * price[0] for count, price in parts), _ZERO) / contracts
            natural = sum((count * price[1] for count, price in parts), _ZERO) / contracts
            found[target.symbol] = (mid, natural)
    return found


def _pnl(entry: Decimal | None, paid: Decimal | None) -> Decimal | None:
    """
    What closing realised: closing at entry prices would have realised nothing.

    A short leg is bought back for less than it was sold for, or a long one sold for more.
    """
    return None if entry is None or paid is None else entry - paid


def _fees(state: CloseState, fillings: Sequence[Filling]) -> tuple[Fee, ...]:
    """Estimate the fees of each leg for each day it filled on."""
    fees: list[Fee] = []
    for target in state.plan.targets:
        by_day: dict[date, int] = {}
        for each in fillings:
            if each.symbol == target.symbol:
                day = exchange_date(each.at)
                by_day[day] = by_day.get(day, 0) + each.contracts
        price = state.average_price(target.symbol)
        for day, contracts in by_day.items():
            fees += trade_fees(target, contracts, price, day)
    return tuple(fees)
