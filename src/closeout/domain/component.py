"""
One component of contracts as the search sees it: counts by place, and sets of places.

Places count from the end of the chain (see `combining`); shares have place 0. Counts are
unsigned, for a contract never changes its side. Sets of places are bit masks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from closeout.domain.combining import (
    ABOVE,
    LARGEST,
    PUT,
    SHARES,
    SIZES,
    Combination,
    Counts,
    Marks,
    Pick,
    Places,
    Shape,
    Sides,
    Table,
    mark,
    may_join,
    picker,
    table_of,
    tally,
    together,
)
from closeout.domain.deals import DEALS_MAX, deals_of, make_pairs
from closeout.domain.losses import Losses
from closeout.domain.names import Piece

_WINDOW = 9
"""How many partners of a contract are tried in shapes of three and four."""


@dataclass(slots=True)
class Component:
    """Sorted pieces of one root, and signed hundreds of shares."""

    pieces: Sequence[Piece]
    lots: int
    chain: Sequence[Piece] = field(init=False)
    """The pieces from the last to the first."""
    counts: Counts = field(init=False)
    all: int = field(init=False)
    longs: int = 0
    """The set of those that are long."""
    is_simple: bool = field(init=False)
    """One expiry and no shares: the usual, for which less has to be looked at."""
    wholes: "_Wholes" = field(init=False)
    """By the set of what is free: all of that as one combination, None where it has no name."""
    _losses: Losses | None = None
    _codes: list[int] = field(default_factory=list)
    """Marks without the strike."""
    _strikes: list[int] = field(default_factory=list)
    _tallies: list[int] = field(init=False)
    _sides: Sides | None = None
    _rights: list[tuple[tuple[bool, ...], Pick]] = field(init=False)
    """For calls and puts, which of them are long, and what takes theirs."""
    _nearest: list[list[int]] = field(default_factory=list)
    """For calls and puts, places from the last expiry to the first, longs before shorts."""
    _tables: dict[int, Table] = field(default_factory=dict)
    _moved: dict[Places, Sequence[Combination]] = field(default_factory=dict)
    """By the likeliest partners, where not all are tried: what these may be in."""
    _bare: dict[Counts, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chain = self.pieces[::-1]
        ranks = _ranks(self.chain)
        self.is_simple = len(ranks) == 1 and not self.lots
        counts = []
        if self.lots:
            self._codes.append(SHARES | mark(0, is_put=False, is_long=self.lots > 0))
            self._strikes.append(0)  # above nothing
            counts.append(abs(self.lots))
            self.longs = int(self.lots > 0)
        for strike, is_put, expiry, quantity in self.chain:
            self._codes.append(mark(ranks[expiry], is_put=is_put, is_long=quantity > 0))
            self._strikes.append(strike)
            if quantity > 0:
                self.longs |= 1 << len(counts)
            counts.append(abs(quantity))
        self.counts, self.all = tuple(counts), (1 << len(counts)) - 1
        self.wholes = _Wholes(self)
        self._tallies = [tally(code) for code in self._codes]
        codes = [*enumerate(self._codes)]
        self._rights = [
            self._of_right([place for place, code in codes if not code & (PUT | SHARES)]),
            self._of_right([place for place, code in codes if code & PUT]),
        ]
        if self.is_simple:
            calls, puts = self.net(self.counts)
            self._sides = (_sign(calls), _sign(puts))
        else:
            self._nearest = _nearest(self.chain, int(self.lots != 0))

    def _of_right(self, places: list[int]) -> tuple[tuple[bool, ...], Pick]:
        return tuple([bool(self.longs >> place & 1) for place in places]), picker(places)

    @property
    def losses(self) -> Losses:
        if self._losses is None:
            self._losses = Losses(self.chain, self.lots)
        return self._losses

    def deals(self, counts: Counts) -> int:
        """Return how many deals these need at least: see `deals`."""
        (calls, of_calls), (puts, of_puts) = self._rights
        deals = len(deals_of(calls, of_calls(counts))) + len(deals_of(puts, of_puts(counts)))
        if self.lots and counts[0]:
            # Shares are no deal, but no shape has three of a side with them either.
            free = sum([1 << place for place, count in enumerate(counts) if count])
            bought = (free & self.longs).bit_count()
            deals = max(deals, bought, free.bit_count() - bought)
        return deals

    def fewest(self, counts: Counts, deals: int) -> int:
        """Return how many groups these need at least, for so many deals."""
        groups = -(-deals // DEALS_MAX)
        if deals < DEALS_MAX * groups or not self.is_simple:
            return groups
        (calls, of_calls), (puts, of_puts) = self._rights
        sizes = deals_of(calls, of_calls(counts)) + deals_of(puts, of_puts(counts))
        return groups + (not make_pairs(sizes))

    # --- groups ---------------------------------------------------------------------------

    def rows(self, counts: Counts, free: int) -> Sequence[Combination]:
        """Return what the first free contract may be in, the others free or not."""
        first = free.bit_length() - 1
        if first > _WINDOW:
            return self._in_window(first, counts)
        table = self._tables.get(first)
        if table is None:
            marks = self._marks(range(first, -1, -1))
            table = self._tables[first] = table_of(marks, self._sides)
        return table.rows

    def whole(self, free: int) -> Combination | None:
        if not 0 < free.bit_count() <= LARGEST:
            return None
        first = free.bit_length() - 1
        table = self._tables.get(first)
        if table is not None:
            return table.by_mask.get(free)
        places = tuple([place for place in range(first, -1, -1) if free >> place & 1])
        if not may_join([self._tallies[place] for place in places]):
            return None
        return together(places, self._marks(places), self._sides)

    def _marks(self, places: Iterable[int]) -> Marks:
        marks: list[int] = []
        below = 0
        for place in places:
            strike = self._strikes[place]
            marks.append(self._codes[place] + ABOVE * (strike > below and bool(marks)))
            below = max(below, strike)
        return tuple(marks)

    def _in_window(self, first: int, counts: Counts) -> Sequence[Combination]:
        """Return all pairs, and larger shapes with the likeliest partners only."""
        likely = (first, *self._likely(first, counts))
        rows = self._moved.get(likely)
        if rows is None:
            large = table_of(self._marks(likely), self._sides, SIZES[:2]).rows
            pairs = table_of(self._marks(range(first, -1, -1)), self._sides, SIZES[2:]).rows
            to = likely[::-1]
            rows = self._moved[likely] = [*[each.moved(to) for each in large], *pairs]
        return rows

    def _likely(self, first: int, counts: Counts) -> list[int]:
        """As many contracts, then near in strike."""
        wanted, strike = counts[first], self._strikes[first]

        def distance(place: int) -> tuple[int, int, int]:
            if self.lots and not place:
                return (0, 0, 0)
            count = counts[place]
            unlike = 0 if count == wanted else (1 if count in (2 * wanted, wanted / 2) else 2)
            return (unlike, abs(self._strikes[place] - strike), -place)

        others = [place for place in range(first) if counts[place]]
        return sorted(sorted(others, key=distance)[:_WINDOW], reverse=True)

    # --- cover ----------------------------------------------------------------------------

    def signed(self, counts: Counts) -> list[int]:
        longs = self.longs
        return [count if longs >> place & 1 else -count for place, count in enumerate(counts)]

    def net(self, counts: Counts) -> tuple[int, int]:
        """Return what calls and puts come to, longs less shorts."""
        held = self.signed(counts)
        (_, of_calls), (_, of_puts) = self._rights
        return sum(of_calls(held)), sum(of_puts(held))

    def bare(self, counts: Counts) -> int:
        """Count shorts without a long of their right that lives as long, or shares."""
        known = self._bare.get(counts)
        if known is None:
            known = self._bare[counts] = self._bare_of(self.signed(counts))
        return known

    def _bare_of(self, quantities: Sequence[int]) -> int:
        lots = quantities[0] if self.lots else 0
        total = 0
        for places, spare in zip(self._nearest, (max(lots, 0), max(-lots, 0)), strict=True):
            bare = longs = 0
            for place in places:
                longs += quantities[place]
                if longs < 0:
                    bare -= longs
                    longs = 0
            total += max(0, bare - spare)
        return total

    def bare_in(self, places: Places, shape: Shape) -> int:
        """Count the uncovered shorts of one unit."""
        alone = [0] * len(self.counts)
        for place, ratio in zip(places, shape.ratios, strict=True):
            alone[place] = ratio
        return self.bare(tuple(alone))


class _Wholes(dict[int, Combination | None]):
    """What the search asks for most: each set is looked at once."""

    def __init__(self, component: Component) -> None:
        super().__init__()
        self._component = component

    def __missing__(self, free: int) -> Combination | None:
        found = self[free] = self._component.whole(free)
        return found


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _ranks(pieces: Iterable[Piece]) -> dict[int, int]:
    expiries = sorted({piece.expiry for piece in pieces})
    return {expiry: rank for rank, expiry in enumerate(expiries)}


def _nearest(chain: Sequence[Piece], shares: int) -> list[list[int]]:
    order = sorted(
        range(len(chain)), key=lambda place: (-chain[place].expiry, chain[place].quantity < 0)
    )
    return [
        [place + shares for place in order if chain[place].is_put is is_put]
        for is_put in (False, True)
    ]
