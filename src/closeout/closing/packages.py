"""
How legs become orders: one package where one will do, several where it will not.

Legs that do not fit into one order are taken apart into spreads, a short contract with a long
one that covers it, and put together again into packages of up to four legs: two spreads of a
condor, the wings of a butterfly. Shorts that nothing covers are bought back before them and
longs that cover nothing go after them. So, whatever else the account holds, there are never
more uncovered shorts than before, nor than when the plan is done: a purchase uncovers nothing,
a spread takes its own cover along, and a long that is sold was needed by nothing left here.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from closeout.closing.partial import RATIO_MAX
from closeout.domain.strategies import Leg

MAX_PACKAGE_LEGS = 4
"""Alpaca takes two to four legs in one order (docs.alpaca.markets, multi-leg orders)."""


@dataclass(frozen=True, slots=True)
class Package:
    """What goes as one order: `units` times each leg at its ratio, in lowest terms."""

    units: int
    legs: tuple[tuple[Leg, int], ...]

    @property
    def contracts(self) -> tuple[Leg, ...]:
        """Each leg with what this order closes of it."""
        return tuple(
            replace(leg, quantity=-self.units * ratio if leg.is_short else self.units * ratio)
            for leg, ratio in self.legs
        )


class _Rank(IntEnum):
    """When a lot may go."""

    BARE = 0
    SPREAD = 1
    SPARE = 2


@dataclass(frozen=True, slots=True)
class _Lot:
    """A spread or a single leg, `units` times."""

    rank: _Rank
    legs: tuple[Leg, ...]
    units: int


def packages(legs: Sequence[Leg]) -> tuple[Package, ...]:
    """Return the orders that close these option legs, in the order in which they may go."""
    units = math.gcd(*(leg.contracts for leg in legs))
    ratios = tuple((leg, leg.contracts // units) for leg in legs)
    if len(legs) <= MAX_PACKAGE_LEGS and max(ratio for _, ratio in ratios) <= RATIO_MAX:
        return (Package(units, ratios),)
    lots = _lots(legs)
    return tuple(
        _package(package, legs)
        for rank in _Rank
        for package in _compose([lot for lot in lots if lot.rank is rank])
    )


def _lots(legs: Sequence[Leg]) -> list[_Lot]:
    left = {leg.symbol: leg.contracts for leg in legs}
    lots = []
    pairs = [(short, long) for short in legs for long in legs if _covers(long, short)]
    for short, long in sorted(pairs, key=_distance):
        units = min(left[short.symbol], left[long.symbol])
        if units:
            left[short.symbol] -= units
            left[long.symbol] -= units
            lots.append(_Lot(_Rank.SPREAD, (short, long), units))
    for leg in legs:
        if left[leg.symbol]:
            rank = _Rank.BARE if leg.is_short else _Rank.SPARE
            lots.append(_Lot(rank, (leg,), left[leg.symbol]))
    return lots


def _covers(long: Leg, short: Leg) -> bool:
    """Whether the one covers the other, as `domain.coverage` counts."""
    a, b = long.option, short.option
    assert a is not None, "shares go by themselves"
    assert b is not None, "shares go by themselves"
    is_pair = short.is_short and not long.is_short
    return is_pair and (a.root, a.right) == (b.root, b.right) and a.expiry >= b.expiry


def _distance(pair: tuple[Leg, Leg]) -> tuple[object, ...]:
    """Near pairs first: they hedge each other best."""
    short, long = pair
    a, b = short.option, long.option
    assert a is not None, "a pair is of options"
    assert b is not None, "a pair is of options"
    return (b.expiry - a.expiry, abs(a.strike - b.strike), short.symbol, long.symbol)


def _compose(lots: Iterable[_Lot]) -> Iterable[list[_Lot]]:
    """Put lots of one rank together, the largest first; never more packages than lots."""
    waiting = list(lots)
    while waiting:
        chosen = [max(waiting, key=lambda lot: lot.units)]
        while fitting := [lot for lot in waiting if lot not in chosen and _fits([*chosen, lot])]:
            chosen.append(min(fitting, key=lambda lot: _strangeness(lot, chosen)))
        units = min(lot.units for lot in chosen)
        waiting = [
            replace(lot, units=lot.units - units) if lot in chosen else lot
            for lot in waiting
            if lot not in chosen or lot.units > units
        ]
        yield [replace(lot, units=units) for lot in chosen]


def _fits(lots: Sequence[_Lot]) -> bool:
    symbols = [leg.symbol for lot in lots for leg in lot.legs]
    return len({*symbols}) <= MAX_PACKAGE_LEGS and all(
        symbols.count(symbol) <= RATIO_MAX for symbol in symbols
    )


def _strangeness(lot: _Lot, chosen: Sequence[_Lot]) -> tuple[object, ...]:
    """The same size first, then shared legs (a butterfly), then the other right (a condor)."""
    seed = chosen[0]
    known = {leg.symbol for each in chosen for leg in each.legs}
    shared = sum(leg.symbol in known for leg in lot.legs)
    ours, theirs = seed.legs[0].option, lot.legs[0].option
    assert ours is not None, "shares go by themselves"
    assert theirs is not None, "shares go by themselves"
    return (
        abs(lot.units - seed.units),
        -shared,
        theirs.right is ours.right,
        abs(theirs.expiry - ours.expiry),
        lot.legs[0].symbol,
        lot.legs[-1].symbol,
    )


def _package(lots: Sequence[_Lot], legs: Sequence[Leg]) -> Package:
    """Add up the lots; the legs keep the order they are shown in."""
    counts = {leg.symbol: 0 for leg in legs}
    for lot in lots:
        for leg in lot.legs:
            counts[leg.symbol] += 1
    ratios = [(leg, counts[leg.symbol]) for leg in legs if counts[leg.symbol]]
    common = math.gcd(*(ratio for _, ratio in ratios))
    return Package(lots[0].units * common, tuple((leg, ratio // common) for leg, ratio in ratios))
