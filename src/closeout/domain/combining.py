"""Which contracts have a name together, and what such a shape binds: the stuff of a cover."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from closeout.domain.names import Piece, name_pieces

RATIO_MAX = 3
"""A contract may be held this many times as often as another of its group."""
LARGEST = 4
LARGEST_WITH_SHARES = 3
"""Shares and two options; larger shapes hold a hedged pair, which stays for itself."""
SIDE_MAX = 2
"""Contracts of one side in a shape."""
TRIPLE = 3
LOT = 100

Indices = tuple[int, ...]
Ratios = tuple[int, ...]


@dataclass(slots=True, eq=False)
class Shape:
    """
    A named group in lowest terms: signed `ratios` by the indices of their pieces.

    The index after the last piece means lots of shares. `calls` and `puts` are their balances;
    `losses` what one unit loses at each price, worked out when first asked for.
    """

    indices: Indices
    ratios: Ratios
    calls: int
    puts: int
    losses: list[int] = field(default_factory=list)
    margin: int = 0


class Combination(NamedTuple):
    """
    Contracts that may have a name together. `mask` has a bit for each of `indices`.

    `plain` is the shape of one each, `twice` that with a body of two between wings, where
    these have names. `pattern` is as in `names_of`, 0 where that does not hold.
    """

    mask: int
    indices: Indices
    longs: Indices
    shorts: Indices
    plain: Shape | None
    twice: Shape | None
    pattern: int


def forget() -> None:
    """Forget which patterns have names; only the time it takes changes."""
    names_of.cache_clear()
    _has_name.cache_clear()


@lru_cache(maxsize=16_384)
def names_of(pattern: int) -> tuple[bool, bool]:
    """
    Whether options of one expiry have a name, one each and with a body of two.

    `pattern` has, below a leading one, three bits for each: long, put, strike above the last.
    Widths decide which name a shape has, never whether it has one, so one answer serves all.
    """
    marks = _marks_of(pattern)
    signs = tuple([1 if mark & 4 else -1 for mark in marks])
    if not _may_join(signs, len([mark for mark in marks if mark & 2])):
        return False, False
    twice = len(signs) == TRIPLE and _has_name(pattern, _twice(signs))
    return _has_name(pattern, signs), twice


@lru_cache(maxsize=16_384)
def _has_name(pattern: int, ratios: Ratios) -> bool:
    strike, pieces = 0, []
    for mark, ratio in zip(_marks_of(pattern), ratios, strict=True):
        strike += mark & 1
        pieces.append(Piece(strike, bool(mark & 2), 0, ratio))
    return name_pieces(pieces) is not None


def _marks_of(pattern: int) -> list[int]:
    return [int(digit) for digit in f"{pattern:o}"[1:]]


def _may_join(signs: Ratios, puts: int) -> bool:
    """Three or four: never all on one side; four: two and two, and puts in pairs."""
    longs = signs.count(1)
    if len(signs) < TRIPLE:
        return True
    if len(signs) == TRIPLE:
        return 0 < longs < TRIPLE
    return longs == SIDE_MAX and not puts % 2


def _twice(signs: Ratios) -> Ratios:
    return (signs[0], 2 * signs[1], signs[2])


@dataclass(slots=True)
class Catalogue:
    """Every shape that the pieces of one component, and lots of shares, may be part of."""

    pieces: tuple[Piece, ...]
    lots: int
    is_simple: bool = field(init=False)
    """One expiry and no shares: the usual, for which less has to be looked at."""
    _signs: list[int] = field(init=False)
    _marks: list[list[int]] = field(init=False)
    """Bits of a pattern for a piece that comes after another: see `names_of`."""
    _losses: list[list[int]] = field(init=False)
    """What one of each loses at each price, in thousandths of a dollar a share."""
    _known: dict[tuple[int, int, Indices], list[Combination]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        pieces = self.pieces
        strikes = [piece.strike for piece in pieces]
        codes = [4 * (piece.quantity > 0) + 2 * piece.is_put for piece in pieces]
        prices = (0, *dict.fromkeys(strikes), 2 * strikes[-1])
        self.is_simple = not self.lots and len({piece.expiry for piece in pieces}) == 1
        self._marks = [
            [code + (strike > before) for code, strike in zip(codes, strikes, strict=True)]
            for before in strikes
        ]
        self._losses = [_losses_of(piece, prices) for piece in pieces]
        self._signs = [1 if piece.quantity > 0 else -1 for piece in pieces]
        if self.lots:
            self._losses.append([-price for price in prices])
            self._signs.append(1 if self.lots > 0 else -1)

    def combinations(self, first: int, size: int, partners: Sequence[int]) -> list[Combination]:
        """Return what `first` may be in with so many in all, the others among `partners`."""
        key = (first, size, tuple(partners))
        known = self._known.get(key)
        if known is None:
            make = self._simple if self.is_simple else self._any
            sets = combinations(partners, size - 1)
            known = [each for others in sets if (each := make((first, *others))) is not None]
            self._known[key] = known
        return known

    def uneven(self, combination: Combination, ratios: Ratios) -> Shape | None:
        """Return the shape at other ratios than plain ones, if it has a name."""
        indices, pattern, twice = combination.indices, combination.pattern, combination.twice
        if max(ratios) > RATIO_MAX or min(ratios) < -RATIO_MAX:
            return None
        if ratios in [each.ratios for each in (combination.plain, twice) if each is not None]:
            return None
        named = _has_name(pattern, ratios) if pattern else self._is_named(indices, ratios)
        return self._shape(indices, ratios) if named else None

    def price(self, shape: Shape) -> None:
        """
        Work out what it can lose: the margin is the most, premiums apart.

        A naked call is judged at twice the highest strike there is; shares alone bind nothing.
        """
        shape.losses = self.lost(shape.indices, shape.ratios)
        shape.margin = max(shape.losses) if shape.indices[0] < len(self.pieces) else 0

    def lost(self, indices: Iterable[int], counts: Iterable[int]) -> list[int]:
        """Return what so many of these lose together at each price."""
        rows = [
            [count * loss for loss in self._losses[index]]
            for index, count in zip(indices, counts, strict=True)
        ]
        return [sum(at_price) for at_price in zip(*rows, strict=True)]

    def _simple(self, indices: Indices) -> Combination | None:
        pattern, before = 1, indices[0]
        for index in indices:
            pattern = 8 * pattern + self._marks[before][index]
            before = index
        named = names_of(pattern)
        # What has no name in either way has none in uneven numbers.
        return self._combination(indices, named, pattern) if any(named) else None

    def _any(self, indices: Indices) -> Combination | None:
        signs = tuple([self._signs[index] for index in indices])
        options = [self.pieces[index] for index in indices if index < len(self.pieces)]
        if not _may_join(signs, sum(piece.is_put for piece in options)):
            return None
        twice = len(signs) == TRIPLE and self._is_named(indices, _twice(signs))
        return self._combination(indices, (self._is_named(indices, signs), twice), 0)

    def _combination(self, indices: Indices, named: tuple[bool, bool], pattern: int) -> Combination:
        signs = tuple([self._signs[index] for index in indices])
        plain, twice = named
        return Combination(
            sum([1 << index for index in indices]),
            indices,
            tuple([index for index in indices if self._signs[index] > 0]),
            tuple([index for index in indices if self._signs[index] < 0]),
            self._shape(indices, signs) if plain else None,
            self._shape(indices, _twice(signs)) if twice else None,
            pattern,
        )

    def _shape(self, indices: Indices, ratios: Ratios) -> Shape:
        calls = puts = 0
        for index, ratio in zip(indices, ratios, strict=True):
            if index < len(self.pieces):
                if self.pieces[index].is_put:
                    puts += ratio
                else:
                    calls += ratio
        return Shape(indices, ratios, calls, puts)

    def _is_named(self, indices: Indices, ratios: Ratios) -> bool:
        shares = len(self.pieces)
        lots = ratios[-1] if indices[-1] == shares else 0
        if lots and len(ratios) == 1:
            return True
        if abs(lots) > 1 or (lots and len(ratios) > LARGEST_WITH_SHARES):
            return False
        pieces = [
            self.pieces[index]._replace(quantity=ratio)
            for index, ratio in zip(indices, ratios, strict=True)
            if index != shares
        ]
        return name_pieces(pieces, lots * LOT) is not None


def _losses_of(piece: Piece, prices: Sequence[int]) -> list[int]:
    strike = piece.strike
    if piece.is_put:
        return [price - strike if price < strike else 0 for price in prices]
    return [strike - price if price > strike else 0 for price in prices]
