"""
Which contracts have a name together: the stuff of a cover.

A contract is known here by its *mark* alone: side, right, expiry by rank, and whether its
strike is above that of the contract before it. Widths decide which name a shape has, never
whether it has one, so what is found for some marks holds for all contracts like them.

Places are counted from the end of a chain. What comes after a contract then has the same places
wherever the contract stands, and components of different size share what is found.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate, combinations
from operator import itemgetter
from typing import NamedTuple

from closeout.domain.deals import DEALS_MAX, deals_of, make_pairs
from closeout.domain.names import Piece, name_pieces

RATIO_MAX = 3
"""A contract may be held this many times as often as another of its group."""
LARGEST = 4
LARGEST_WITH_SHARES = 3
"""Shares and two options; larger shapes hold a hedged pair, which stays for itself."""
LOT = 100

_PAIR, _TRIPLE = 2, 3
SIZES = (LARGEST, _TRIPLE, _PAIR, 1)

ABOVE, PUT, LONG, SHARES = 1, 2, 4, 8
_EXPIRY = 16
"""Marks are sums of these; the rank of the expiry counts sixteens."""
_BITS = 16
"""Room for a mark in a pattern, which has the marks of its contracts below a leading one."""

Marks = tuple[int, ...]
Places = tuple[int, ...]
Counts = tuple[int, ...]
Pick = Callable[[Sequence[int]], tuple[int, ...]]
Sides = tuple[int, int]
"""Whether calls, and puts, come to more longs (1), more shorts (-1) or neither (0)."""


class Shape(NamedTuple):
    """
    A named group in lowest terms: unsigned ratios, and what calls and puts come to.

    How many `deals` it is: see there; shares are another.
    """

    ratios: Counts
    calls: int
    puts: int
    deals: int


class Combination(NamedTuple):
    """
    Contracts that have a name together. `mask` has a bit for each of `places`.

    `pick` takes what is theirs from a list by place. `plain` is the shape of one each, `twice`
    that with a body of two between wings, where these have names.
    """

    mask: int
    places: Places
    pick: Pick
    pattern: int
    plain: Shape | None
    twice: Shape | None

    def moved(self, to: Sequence[int]) -> "Combination":
        """Return the same at other places: `to` has the new ones by the old."""
        places = tuple([to[place] for place in self.places])
        return Combination(*_at(places), self.pattern, self.plain, self.twice)


class Table(NamedTuple):
    """All combinations of a contract with later ones: the largest first, then by the chain."""

    rows: Sequence[Combination]
    by_mask: dict[int, Combination]


def mark(rank: int, *, is_put: bool, is_long: bool) -> int:
    """Return the mark of a contract that is not above the one before it."""
    return rank * _EXPIRY + LONG * is_long + PUT * is_put


def forget() -> None:
    """Forget what has names; only the time it takes changes."""
    for known in (table_of, _named, entire, _shape_of, deals_of, make_pairs, _at):
        known.cache_clear()


def is_in_ratio(fewest: int, most: int) -> bool:
    """Whether one shape may have these: as many of all, or 2:3, 1:2, 1:3."""
    return fewest == most or 2 * most in (3 * fewest, 4 * fewest, 6 * fewest)


# --- names ------------------------------------------------------------------------------


@lru_cache(maxsize=16_384)
def entire(pattern: int, counts: Counts) -> tuple[Shape, int] | None:
    """Return the shape that just so many of each make together, and how often they do."""
    unit = math.gcd(*counts)
    if max(counts) > RATIO_MAX * unit:
        return None
    shape = _shape_of(pattern, tuple([count // unit for count in counts]))
    return (shape, unit) if shape else None


@lru_cache(maxsize=16_384)
def _named(pattern: int, sides: Sides | None) -> tuple[Shape | None, Shape | None] | None:
    """
    Return the shape of one each if it fits the sides, and that with two of the middle one.

    Without shares these are a body between wings of one side. What has no name in either way
    has none in uneven numbers.
    """
    marks = _marks_of(pattern)
    plain, twice = _shape_of(pattern, (1,) * len(marks)), None
    if plain and sides and not _fits(plain, sides):
        plain = None
    if len(marks) == _TRIPLE:
        low, body, high = [each & LONG for each in marks]
        if low == high != body or marks[-1] & SHARES:
            twice = _shape_of(pattern, (1, 2, 1))
    return (plain, twice) if plain or twice else None


@lru_cache(maxsize=16_384)
def _shape_of(pattern: int, ratios: Counts) -> Shape | None:
    """Return the shape these make in these ratios, None where that has no name."""
    strike = calls = puts = lots = 0
    pieces = []
    for each, ratio in zip(_marks_of(pattern), ratios, strict=True):
        quantity = ratio if each & LONG else -ratio
        if each & SHARES:
            lots = quantity
            continue
        strike += each & ABOVE
        calls, puts = (calls, puts + quantity) if each & PUT else (calls + quantity, puts)
        pieces.append(Piece(strike, bool(each & PUT), each // _EXPIRY, quantity))
    if lots and pieces and (abs(lots) > 1 or len(ratios) > LARGEST_WITH_SHARES):
        return None
    is_named = name_pieces(pieces, lots * LOT) is not None
    is_one = len(ratios) == 1 or (len(ratios) == _PAIR and not (lots or calls or puts))
    deals = 1 if is_one else DEALS_MAX
    return Shape(ratios, calls, puts, deals) if is_named else None


def _marks_of(pattern: int) -> list[int]:
    marks = []
    while pattern > 1:
        marks.append(pattern & ((1 << _BITS) - 1))
        pattern >>= _BITS
    return marks[::-1]


# --- combinations -----------------------------------------------------------------------


@lru_cache(maxsize=4096)
def table_of(marks: Marks, sides: Sides | None, sizes: Sequence[int] = SIZES) -> Table:
    """
    Return what the first of these contracts may be in, of such sizes.

    What comes to more of a side than `sides` allow is left out.
    """
    first, *others = range(len(marks) - 1, -1, -1)
    of_first, *of_others = [_TALLY[each & _KIND] for each in marks]
    codes, heights = _climbed(marks)
    alone = 1 << _BITS | codes[first]
    rows = []
    for size in sizes:
        may_follow = _MAY_FOLLOW[size, of_first]
        totals = map(sum, combinations(of_others, size - 1))
        for places, total in zip(combinations(others, size - 1), totals, strict=True):
            if total in may_follow:
                pattern, below = alone, heights[first]
                for place in places:
                    height = heights[place]
                    pattern = pattern << _BITS | codes[place] + (height > below)
                    below = height
                row = _combination((first, *places), pattern, sides)
                if row:
                    rows.append(row)
    return Table(rows, {row.mask: row for row in rows})


def tally(mark: int) -> int:
    """Return what the kind of a contract adds to the tally of a group."""
    return _TALLY[mark & _KIND]


def may_join(tallies: Sequence[int]) -> bool:
    """Whether contracts of these kinds can have a name together at all."""
    return sum(tallies) in _MAY_JOIN[len(tallies)]


def together(places: Places, marks: Marks, sides: Sides | None) -> Combination | None:
    """Return all of these as one combination, if they have a name."""
    pattern = 1
    for each in marks:
        pattern = pattern << _BITS | each
    return _combination(places, pattern, sides)


def _combination(places: Places, pattern: int, sides: Sides | None) -> Combination | None:
    shapes = _named(pattern, sides)
    return Combination(*_at(places), pattern, *shapes) if shapes else None


@lru_cache(maxsize=16_384)
def _at(places: Places) -> tuple[int, Places, Pick]:
    return sum([1 << place for place in places]), places, picker(places)


_KIND = LONG | PUT | SHARES
_CALLS, _SHORT_CALLS, _PUTS, _SHORT_PUTS, _STOCK = 1, 8, 64, 512, 4096
"""How many of each kind there are is told in one number, three bits for each."""
_TALLY = {
    LONG: _CALLS,
    0: _SHORT_CALLS,
    LONG | PUT: _PUTS,
    PUT: _SHORT_PUTS,
    SHARES: _STOCK,
    SHARES | LONG: _STOCK,
}
_KINDS = (_CALLS, _SHORT_CALLS, _PUTS, _SHORT_PUTS)
# What contracts with a name are made of.
_MAY_JOIN = {
    1: frozenset([*_KINDS, _STOCK]),
    _PAIR: frozenset(map(sum, combinations((*_KINDS, _STOCK), 2))),
    _TRIPLE: frozenset(
        [
            2 * _CALLS + _SHORT_CALLS,
            _CALLS + 2 * _SHORT_CALLS,
            2 * _PUTS + _SHORT_PUTS,
            _PUTS + 2 * _SHORT_PUTS,
            _CALLS + _SHORT_CALLS + _SHORT_PUTS,
            _PUTS + _SHORT_PUTS + _SHORT_CALLS,
            *[_STOCK + one + other for one in _KINDS for other in _KINDS],
        ]
    ),
    LARGEST: frozenset(
        [
            2 * _CALLS + 2 * _SHORT_CALLS,
            2 * _PUTS + 2 * _SHORT_PUTS,
            _CALLS + _SHORT_CALLS + _PUTS + _SHORT_PUTS,
        ]
    ),
}


_MAY_FOLLOW = {
    (size, first): frozenset([total - first for total in totals])
    for size, totals in _MAY_JOIN.items()
    for first in (*_KINDS, _STOCK)
}


def _climbed(marks: Marks) -> tuple[list[int], list[int]]:
    """Return, by place, the marks of contracts above nothing, and how high each strike ranks."""
    codes = [each & ~ABOVE for each in reversed(marks)]
    heights = [*accumulate([each & ABOVE for each in marks])]
    heights.reverse()
    return codes, heights


def _fits(shape: Shape, sides: Sides) -> bool:
    calls, puts = sides
    return (not shape.calls or shape.calls * calls > 0) and (
        not shape.puts or shape.puts * puts > 0
    )


def picker(places: Sequence[int]) -> Pick:
    """Return what takes the items at these places; `itemgetter` makes no tuple of one."""
    if len(places) > 1:
        return itemgetter(*places)
    first = places[0] if places else 0
    return itemgetter(slice(first, first + len(places)))
