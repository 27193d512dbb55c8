"""
Which contracts have a name together, whatever their strikes and quantities are.

A contract is known here by its *mark* alone: side, right, expiry, and whether its strike is
above that of the contract before it. Widths decide which name a shape has, never whether it
has one, so what is found for some marks holds for all contracts like them.

Contracts are read along the chain, and every `Pattern` knows those that one more contract makes
of it: what has a name is found by following marks. Patterns of one expiry, which most accounts
are made of, are made when the program starts, others when they are first met.
"""

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import combinations, product
from typing import NamedTuple

from closeout.domain.deals import DEALS_MAX
from closeout.domain.names import Piece, name_pieces

RATIO_MAX = 3
"""A contract may be held this many times as often as another of its group."""
LARGEST = 4
LARGEST_WITH_SHARES = 3
"""Shares and two options; larger shapes hold a hedged pair, which stays for itself."""
LOT = 100

_PAIR, _TRIPLE = 2, 3

ABOVE, PUT, LONG, SHARES = 1, 2, 4, 8
EXPIRY = 16
"""Marks are sums of these; sixteens count expiries from that of the first contract."""

Marks = tuple[int, ...]
Counts = tuple[int, ...]

ANY_SIDE = 1 << 9


class Shape(NamedTuple):
    """
    A named group in lowest terms: unsigned ratios, and what calls and puts come to.

    How many `deals` it is: see there; shares are another. It `fits` some sides (see `side_of`).
    """

    ratios: Counts
    calls: int
    puts: int
    deals: int
    fits: int


def side_of(calls: int, puts: int) -> int:
    """Return a bit for whether calls, and puts, come to more longs, more shorts or neither."""
    return 1 << 3 * _sign(calls) + _sign(puts) + 4


def is_in_ratio(fewest: int, most: int) -> bool:
    """Whether one shape may have these: as many of all, or 2:3, 1:2, 1:3."""
    return fewest == most or 2 * most in (3 * fewest, 4 * fewest, 6 * fewest)


class Pattern(dict[int, "Pattern | None"]):
    """
    By the mark of one more contract: the pattern with it, None where none has a name.

    `plain` is the shape of one each, `twice` that with a body of two between wings, where these
    have names. What has no name in either way has none in uneven numbers.
    """

    __slots__ = ("_shapes", "is_end", "marks", "plain", "twice")

    def __init__(self, marks: Marks) -> None:
        super().__init__()
        self.marks = marks
        self._shapes: dict[Counts, Shape | None] = {}
        self.is_end = False
        """Whether it is known that no contract of the same expiry follows."""
        self.plain = self._shape((1,) * len(marks)) if marks else None
        self.twice: Shape | None = None
        if len(marks) == _TRIPLE:
            low, body, high = [each & LONG for each in marks]
            # Without shares these are a body between wings of one side.
            if low == high != body or marks[-1] & SHARES:
                self.twice = self._shape((1, 2, 1))

    def __missing__(self, mark: int) -> "Pattern | None":
        marks = (*self.marks, mark)
        kinds = tuple(sorted([each & _KIND for each in marks]))
        expiries = {each // EXPIRY for each in marks if not each & SHARES}
        may_lead = kinds in (
            _MAY_LEAD if len(expiries) < _PAIR or kinds[-1] & SHARES else _MAY_LEAD_OVER_TIME
        )
        found = self[mark] = Pattern(marks) if may_lead and len(expiries) <= _PAIR else None
        return found

    def entire(self, counts: Counts) -> tuple[Shape, int] | None:
        """Return the shape that just so many of each make together, and how often they do."""
        unit = math.gcd(*counts)
        if max(counts) > RATIO_MAX * unit:
            return None
        ratios = counts if unit == 1 else tuple([count // unit for count in counts])
        if ratios not in self._shapes:
            self._shapes[ratios] = self._shape(ratios)
        shape = self._shapes[ratios]
        return (shape, unit) if shape else None

    def _shape(self, ratios: Counts) -> Shape | None:
        """Return the shape these make in these ratios, None where that has no name."""
        strike = calls = puts = lots = 0
        pieces = []
        for each, ratio in zip(self.marks, ratios, strict=True):
            quantity = ratio if each & LONG else -ratio
            if each & SHARES:
                lots = quantity
                continue
            strike += each & ABOVE
            calls, puts = (calls, puts + quantity) if each & PUT else (calls + quantity, puts)
            pieces.append(Piece(strike, bool(each & PUT), each // EXPIRY, quantity))
        if lots and pieces and (abs(lots) > 1 or len(ratios) > LARGEST_WITH_SHARES):
            return None
        if name_pieces(pieces, lots * LOT) is None:
            return None
        is_one = len(ratios) == 1 or (len(ratios) == _PAIR and not (lots or calls or puts))
        return Shape(ratios, calls, puts, 1 if is_one else DEALS_MAX, _fits(calls, puts))


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


@lru_cache(maxsize=64)
def _fits(calls: int, puts: int) -> int:
    """Return the sides of which a shape may be a part that leaves nothing on the other one."""
    return ANY_SIDE + sum(
        [
            side_of(of_calls, of_puts)
            for of_calls, of_puts in product((-1, 0, 1), repeat=2)
            if (not calls or calls * of_calls > 0) and (not puts or puts * of_puts > 0)
        ]
    )


_KIND = LONG | PUT | SHARES
_OPTIONS = (0, PUT, LONG, LONG | PUT)


def _sorts() -> Iterator[Marks]:
    """Kinds of contracts that may have a name together."""
    call, put, long_call, long_put = _OPTIONS
    yield (call, put, long_call, long_put)
    for short, long in ((call, long_call), (put, long_put)):
        yield from [(short, short, long, long), (short, short, long), (short, long, long)]
    yield from [(call, put, long_call), (call, put, long_put)]
    yield from combinations(_OPTIONS, _PAIR)
    yield from product((SHARES, SHARES | LONG), _OPTIONS, _OPTIONS)


def _parts(sorts: Iterable[Marks]) -> frozenset[Marks]:
    return frozenset(
        [
            tuple(sorted(some))
            for sort in sorts
            for size in range(1, len(sort) + 1)
            for some in combinations(sort, size)
        ]
    )


_MAY_LEAD = _parts(_sorts())
"""What contracts with a name are made of, and every part of it."""
_MAY_LEAD_OVER_TIME = _parts([_OPTIONS])
"""The same for options of two expiries."""


def _grow(pattern: Pattern) -> bool:
    """Make all that follows in the same expiry; tell whether anything there has a name."""
    if len(pattern.marks) < LARGEST:
        for mark in _OPTIONS if not pattern.marks else _FOLLOWING:
            longer = pattern[mark]
            if longer is not None and not _grow(longer):
                pattern[mark] = None
    pattern.is_end = not any(longer is not None for longer in pattern.values())
    return bool(pattern.plain or pattern.twice or not pattern.is_end)


_FOLLOWING = [kind | above for kind in _OPTIONS for above in (0, ABOVE)]

PATTERNS = Pattern(())
"""Of no contract: where all of them begin."""
_grow(PATTERNS)


def forget() -> None:
    """Forget what was found since the start; only the time it takes changes."""
    PATTERNS.clear()
    _grow(PATTERNS)
