"""
The best cover of one component of contracts by named shapes, by branch and bound.

The first contract that is still free must be in some group, so every named group that holds it
is tried, with as many units as there are; uneven ones (2:3) only as all that is free of them.
What decides is told in `recognition`: no short more uncovered than must be, then groups,
margin, cuts. What is equal in all of them is decided by the order in which groups are tried:
those that use up the most holdings first, then the largest, then along the chain.

A branch ends when it cannot beat the best cover found. What is free needs at least

- as many groups as its longs, or its shorts, make pairs: no shape has three of a side;
- as much margin as all of it would as one group: groups are at their worst at different
  prices, the whole at one;
- one cut a contract.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from closeout.domain.combining import (
    LARGEST,
    LARGEST_WITH_SHARES,
    LOT,
    RATIO_MAX,
    SIDE_MAX,
    TRIPLE,
    Catalogue,
    Combination,
    Shape,
)
from closeout.domain.names import Piece, name_pieces

BUDGET = 150
"""
Steps of the search in one component. A larger one keeps the best cover found so far, which is
still exact in its contracts and the same every time; other components do not notice.
"""

_WINDOW = 9
"""How many partners of a contract are tried in shapes of three and four."""


class Found(NamedTuple):
    """A group of the cover. `lots` are the hundreds of shares beside the options."""

    pieces: tuple[Piece, ...]
    lots: int

    @property
    def is_hedged(self) -> bool:
        """Whether long and short contracts of each right balance, without shares."""
        puts = sum(piece.quantity for piece in self.pieces if piece.is_put)
        calls = sum(piece.quantity for piece in self.pieces if not piece.is_put)
        return not self.lots and not puts and not calls


class _Cost(NamedTuple):
    """Fewer is better, in this order."""

    groups: int
    margin: int
    cuts: int


_NOTHING = _Cost(0, 0, 0)


class _Option(NamedTuple):
    """A shape that may be taken, so many units of it, and how many holdings that leaves."""

    left: int
    longs_left: int
    shorts_left: int
    shape: Shape
    units: int


_Take = tuple[Shape, int]


def is_one_shape(pieces: Sequence[Piece], lots: int) -> bool:
    """Whether all of it together has a name in lowest terms; `lots` are hundreds of shares."""
    if len(pieces) > (LARGEST_WITH_SHARES - 1 if lots else LARGEST):
        return False
    quantities = [abs(piece.quantity) for piece in pieces]
    unit = math.gcd(lots, *quantities)
    if max(quantities) > RATIO_MAX * unit or (lots and abs(lots) != unit):
        return False
    return name_pieces(pieces, lots * LOT) is not None


def best_cover(pieces: Sequence[Piece], lots: int) -> list[Found]:
    """Cover sorted pieces of one root and lots of shares; shares that stay alone are left out."""
    return _Search(tuple(pieces), lots).run()


@dataclass(slots=True)
class _Search:
    """Branch and bound over one component. `lots` are hundreds of shares, signed."""

    pieces: tuple[Piece, ...]
    lots: int
    _catalogue: Catalogue = field(init=False)
    rest: list[int] = field(init=False)
    """Signed contracts that are free, by piece, and after them lots of shares if there are."""
    calls: int = field(init=False)
    puts: int = field(init=False)
    """What of each is free, longs less shorts."""
    best: tuple[_Take, ...] | None = None
    best_cost: _Cost = _NOTHING
    steps: int = 0
    _seen: dict[tuple[int, ...], _Cost] = field(default_factory=dict)
    """What was paid to leave just these contracts: paying more for the same cannot win."""
    _nearest: list[list[int]] = field(default_factory=list)
    """For calls and puts, indices from the last expiry to the first, longs before shorts."""

    def __post_init__(self) -> None:
        pieces = self.pieces
        self.rest = [piece.quantity for piece in pieces]
        self.puts = sum([piece.quantity for piece in pieces if piece.is_put])
        self.calls = sum(self.rest) - self.puts
        if self.lots:
            self.rest.append(self.lots)
        self._catalogue = Catalogue(pieces, self.lots)
        if not self._catalogue.is_simple:
            self._nearest = _nearest(pieces)

    def run(self) -> list[Found]:
        self._descend((), _NOTHING, self._catalogue.lost(range(len(self.rest)), self.rest))
        assert self.best is not None, "single contracts always are a cover"
        found = [self._found(*take) for take in self.best]
        return [group for group in found if group.pieces]

    def _found(self, shape: Shape, units: int) -> Found:
        shares = len(self.pieces)
        parts = [
            (index, ratio * units) for index, ratio in zip(shape.indices, shape.ratios, strict=True)
        ]
        pieces = [self.pieces[at]._replace(quantity=count) for at, count in parts if at != shares]
        return Found(tuple(pieces), sum(count for at, count in parts if at == shares))

    def _descend(self, taken: tuple[_Take, ...], cost: _Cost, losses: list[int]) -> None:
        """Try every group of the first free contract. `losses` are those of all that is free."""
        left = tuple(self.rest)
        known = self._seen.get(left)
        if known is not None and known <= cost:
            return
        self._seen[left] = cost
        for option in self._options(cost.groups):
            self.steps += 1
            if self.best is not None and self.steps > BUDGET:
                return
            shape, units = option.shape, option.units
            if not shape.losses:
                self._catalogue.price(shape)
            after = _Cost(
                cost.groups + 1,
                cost.margin + units * shape.margin,
                cost.cuts + len(shape.indices),
            )
            if not option.left:
                if self.best is None or after < self.best_cost:
                    self.best, self.best_cost = (*taken, (shape, units)), after
                continue
            still = [lost - units * gone for lost, gone in zip(losses, shape.losses, strict=True)]
            if self.best is None or self._can_win(after, option, still):
                self._move(shape, -units)
                self._descend((*taken, (shape, units)), after, still)
                self._move(shape, units)

    def _can_win(self, after: _Cost, option: _Option, losses: list[int]) -> bool:
        groups = after.groups + (max(option.longs_left, option.shorts_left) + 1) // SIDE_MAX
        if groups != self.best_cost.groups or self.lots < 0:
            # Shares that stay alone bind nothing here, so with short ones margin has no bound.
            return groups <= self.best_cost.groups
        return (after.margin + max(losses), after.cuts + option.left) < self.best_cost[1:]

    def _move(self, shape: Shape, units: int) -> None:
        for index, ratio in zip(shape.indices, shape.ratios, strict=True):
            self.rest[index] += ratio * units
        self.calls += shape.calls * units
        self.puts += shape.puts * units

    # --- cover ----------------------------------------------------------------------------

    def _leaves_cover(self, shape: Shape, units: int) -> bool:
        """Whether no more shorts end up uncovered when this is taken than must be."""
        if self._catalogue.is_simple:
            # Of each right, what is taken and what is left must not need one another.
            calls, puts = shape.calls * units, shape.puts * units
            return calls * (self.calls - calls) >= 0 and puts * (self.puts - puts) >= 0
        alone = [0] * len(self.rest)
        for index, ratio in zip(shape.indices, shape.ratios, strict=True):
            alone[index] = ratio * units
        left = [free - gone for free, gone in zip(self.rest, alone, strict=True)]
        return self._uncovered(left) + self._uncovered(alone) == self._uncovered(self.rest)

    def _uncovered(self, quantities: Sequence[int]) -> int:
        """Count shorts without a long of their right that lives as long, or shares."""
        lots = quantities[-1] if self.lots else 0
        total = 0
        for indices, spare in zip(self._nearest, (max(lots, 0), max(-lots, 0)), strict=True):
            bare = longs = 0
            for index in indices:
                longs += quantities[index]
                if longs < 0:
                    bare -= longs
                    longs = 0
            total += max(0, bare - spare)
        return total

    # --- groups that hold the first free contract -----------------------------------------

    def _options(self, groups: int) -> list[_Option]:
        """
        Return named groups of the first free contract that may be in a better cover.

        Those that use up the most holdings come first.
        """
        counts = [abs(quantity) for quantity in self.rest]
        free = [index for index, count in enumerate(counts) if count]
        room = len(free) if self.best is None else self.best_cost.groups - groups - 1
        used_up = sum([1 << index for index, count in enumerate(counts) if not count])
        longs = len([quantity for quantity in self.rest if quantity > 0])
        sides, most = (longs, len(free) - longs), SIDE_MAX * room
        options: list[_Option] = []
        smallest = max(1, len(free) - LARGEST * room)
        for size in range(min(LARGEST, len(free)), smallest - 1, -1):
            for each in self._catalogue.combinations(free[0], size, self._partners(size, free)):
                if not each.mask & used_up:
                    options += self._takes(each, counts, sides, most)
        options.sort(key=_how_many_left)
        return options

    def _takes(
        self, combination: Combination, counts: list[int], sides: tuple[int, int], most: int
    ) -> list[_Option]:
        """
        Return what these contracts make together, in as many units as there are.

        Nothing that leaves more than `most` holdings of a side, of the `sides` that are free.
        """
        _, _, of_longs, of_shorts, plain, twice, _ = combination
        bought, sold = [counts[at] for at in of_longs], [counts[at] for at in of_shorts]
        both = bought + sold
        units, largest = min(both), max(both)
        options = []
        if plain is not None:
            left = (sides[0] - bought.count(units), sides[1] - sold.count(units))
            if max(left) <= most and self._leaves_cover(plain, units):
                options.append(_Option(sum(left), *left, plain, units))
        if twice is None and (len(both) == 1 or largest == units or largest > RATIO_MAX * units):
            return options
        for shape, units in self._others(combination, math.gcd(*both)):
            left = self._left(shape, units, sides)
            if max(left) <= most and self._leaves_cover(shape, units):
                options.append(_Option(sum(left), *left, shape, units))
        return options

    def _others(self, combination: Combination, unit: int) -> list[tuple[Shape, int]]:
        """Return the shape with a body of two, and that of all that is free."""
        rest, twice = self.rest, combination.twice
        others = []
        if twice is not None:
            there = zip(twice.indices, twice.ratios, strict=True)
            others.append((twice, min([rest[index] // ratio for index, ratio in there])))
        uneven = self._catalogue.uneven(
            combination, tuple([rest[index] // unit for index in combination.indices])
        )
        if uneven is not None:
            others.append((uneven, unit))
        return [(shape, units) for shape, units in others if units]

    def _left(self, shape: Shape, units: int, sides: tuple[int, int]) -> tuple[int, int]:
        gone = [
            ratio
            for index, ratio in zip(shape.indices, shape.ratios, strict=True)
            if ratio * units == self.rest[index]
        ]
        longs = len([ratio for ratio in gone if ratio > 0])
        return sides[0] - longs, sides[1] - len(gone) + longs

    def _partners(self, size: int, free: list[int]) -> Sequence[int]:
        """Return who may join the first free contract, free or not: there are not many."""
        if size < TRIPLE or len(self.rest) - free[0] <= _WINDOW + 1:
            return range(free[0] + 1, len(self.rest))
        return self._window(free[0], free[1:])

    def _window(self, first: int, others: list[int]) -> list[int]:
        """Return the likeliest partners: as many contracts, then near in strike."""
        if len(others) <= _WINDOW:
            return others
        wanted, strike = abs(self.rest[first]), self.pieces[first].strike
        shares = len(self.pieces)

        def distance(index: int) -> tuple[int, int, int]:
            if index == shares:
                return (0, 0, index)
            count = abs(self.rest[index])
            unlike = 0 if count == wanted else (1 if count in (2 * wanted, wanted / 2) else 2)
            return (unlike, abs(self.pieces[index].strike - strike), index)

        return sorted(sorted(others, key=distance)[:_WINDOW])


def _how_many_left(option: _Option) -> int:
    return option.left


def _nearest(pieces: Sequence[Piece]) -> list[list[int]]:
    order = sorted(
        range(len(pieces)), key=lambda index: (-pieces[index].expiry, pieces[index].quantity < 0)
    )
    return [
        [index for index in order if pieces[index].is_put is is_put] for is_put in (False, True)
    ]
