"""
One component of contracts as the search sees it: counts by place, and sets of places.

Places count from the end of the chain (see `combining`). Counts are unsigned, for a contract
never changes its side, and all of them are one packed number, *held*. So are, above the counts,
what calls and puts come to and what all of it loses at every price: when a group is taken
away, one subtraction leaves the right numbers everywhere.
"""

from collections.abc import Sequence
from operator import itemgetter, mul

from closeout.domain.combining import Combinations
from closeout.domain.deals import DEALS_MAX, DealsOfRight, may_pair
from closeout.domain.losses import losses_of
from closeout.domain.names import Piece
from closeout.domain.packing import Reader, packing_for
from closeout.domain.patterns import ANY_SIDE, EXPIRY, LONG, PUT, SHARES, Counts, side_of

_QUANTITY = itemgetter(3)
_BITS = [1 << place for place in range(64)]


class Component:
    """Sorted pieces of one root, and signed hundreds of shares."""

    __slots__ = (
        "_bare",
        "_nearest",
        "_shares",
        "all",
        "bits",
        "calls",
        "chain",
        "combinations",
        "each",
        "held",
        "is_simple",
        "longs",
        "lots",
        "margins",
        "nothing",
        "overdrawn",
        "puts",
        "reader",
        "size",
    )

    def __init__(self, pieces: Sequence[Piece], lots: int) -> None:  # noqa: PLR0915 - made often
        self.lots = lots
        self.chain = chain = pieces[::-1]
        """The pieces from the last to the first."""
        self.size = size = len(pieces) + (lots != 0)
        self.bits = bits = _BITS[:size] if size < len(_BITS) else [1 << n for n in range(size)]
        self.all = (1 << size) - 1
        ranks = _ranks(pieces)
        self.is_simple = is_simple = len(ranks) == 1 and not lots
        """One expiry and no shares: the usual, for which less has to be looked at."""
        packing = packing_for(
            2 * chain[0].strike * (sum(map(abs, map(_QUANTITY, pieces))) + abs(lots))
        )
        width, above = packing.width, packing.width * (size + 2)
        lost, prices = losses_of(pieces, lots, packing)
        codes, strikes, counts, each = [], [], [], []
        longs: tuple[list[int], list[int]] = ([], [])
        shorts: tuple[list[int], list[int]] = ([], [])
        net, ones = [0, 0], [0, 0]
        one = 1
        self.longs = 0
        """The set of those that are long."""
        if lots:
            codes.append(SHARES | LONG * (lots > 0))
            strikes.append(0)
            counts.append(abs(lots))
            each.append(one + (lost[0] << above))
            self.longs = int(lots > 0)
            one <<= width
        place = len(counts)
        for strike, is_put, expiry, quantity in chain:
            code = ranks[expiry] + PUT if is_put else ranks[expiry]
            net[is_put] += quantity
            ones[is_put] += one
            strikes.append(strike)
            each.append(one + (lost[place] << above))
            if quantity > 0:
                codes.append(code + LONG)
                counts.append(quantity)
                longs[is_put].append(place)
                self.longs |= bits[place]
            else:
                codes.append(code)
                counts.append(-quantity)
                shorts[is_put].append(place)
            place += 1
            one <<= width
        self.each = each
        """One of each contract."""
        calls, puts = net
        if is_simple and (calls or puts):
            # What calls, and puts, come to is there to be used up.
            nets = one * _sign(calls), (one << width) * _sign(puts)
            for right in (False, True):
                for place in longs[right]:
                    each[place] += nets[right]
                for place in shorts[right]:
                    each[place] -= nets[right]
        self.overdrawn = (one | one << width) << width - 1
        """What is set of a held where a group took more of a side than there is."""
        self.nothing = packing.zero * packing.ones(prices) << above
        self.held = self.nothing + sum(map(mul, each, counts))
        self.reader = Reader(packing, size + 2 + prices, size + 2)
        sides = side_of(calls, puts) if is_simple else ANY_SIDE
        self.combinations = Combinations(codes, strikes, each, sides)
        self.calls = DealsOfRight(self.reader, longs[0], shorts[0], ones[0] * packing.full)
        self.puts = DealsOfRight(self.reader, longs[1], shorts[1], ones[1] * packing.full)
        self.margins = Margins(self.reader, self.nothing)
        self._shares = packing.full if lots else 0
        if lots:
            self.margins[each[0]] = 0  # shares alone bind nothing
        if not is_simple:
            self._nearest = _nearest(chain, int(lots != 0))
            self._bare: dict[int, int] = {}

    def counts(self, held: int) -> Counts:
        """Return the numbers of what is held, counts by place first."""
        reader = self.reader
        return reader.unpack(held.to_bytes(reader.size, "little"))

    def deals(self, held: int) -> int:
        """Return how many deals these need at least: see `deals`."""
        deals = len(self.calls[held & self.calls.mask][0]) + len(
            self.puts[held & self.puts.mask][0]
        )
        if held & self._shares:
            # Shares are no deal, but no shape has three of a side with them either.
            free = sum(
                [bit for bit, count in zip(self.bits, self.counts(held), strict=False) if count]
            )
            bought = (free & self.longs).bit_count()
            deals = max(deals, bought, free.bit_count() - bought)
        return deals

    def fewest(self, held: int, deals: int) -> int:
        """Return how many groups these need at least, for so many deals."""
        groups = -(-deals // DEALS_MAX)
        if deals < DEALS_MAX * groups or not self.is_simple:
            return groups
        calls, puts = self.calls, self.puts
        return groups + (not may_pair(calls[held & calls.mask], puts[held & puts.mask]))

    def bare(self, held: int) -> int:
        """Count shorts without a long of their right that lives as long, or shares."""
        known = self._bare.get(held)
        if known is None:
            known = self._bare[held] = self._bare_of(self.counts(held))
        return known

    def leaves_cover(self, bare: int, still: int, units: int, each: int) -> bool:
        """Whether no more shorts end up bare when so many are taken and so much is still held."""
        return self.bare(still) + units * self.bare(each + self.nothing) == bare

    def _bare_of(self, counts: Counts) -> int:
        lots = counts[0] if self.lots else 0
        above, below = (lots, 0) if self.lots > 0 else (0, lots)
        total = 0
        for nearest, spare in zip(self._nearest, (above, below), strict=True):
            bare = longs = 0
            for place, sign in nearest:
                longs += sign * counts[place]
                if longs < 0:
                    bare -= longs
                    longs = 0
            if bare > spare:
                total += bare - spare
        return total


class Margins(dict[int, int]):
    """By one unit of a group: the most that it loses."""

    __slots__ = ("_nothing", "_reader")

    def __init__(self, reader: Reader, nothing: int) -> None:
        super().__init__()
        self._reader = reader
        self._nothing = nothing

    def __missing__(self, unit: int) -> int:
        reader = self._reader
        found = self[unit] = reader.most_lost(
            reader.unpack((unit + self._nothing).to_bytes(reader.size, "little"))
        )
        return found


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _ranks(pieces: Sequence[Piece]) -> dict[int, int]:
    """Return by expiry what it adds to a mark."""
    first = pieces[0].expiry
    if all(piece.expiry == first for piece in pieces):
        return {first: 0}
    expiries = sorted({piece.expiry for piece in pieces})
    return {expiry: EXPIRY * rank for rank, expiry in enumerate(expiries)}


def _nearest(chain: Sequence[Piece], shares: int) -> list[list[tuple[int, int]]]:
    """
    Return, for calls and puts, places from the last expiry to the first, longs before shorts.

    With every place comes the sign of what is held there.
    """
    order = sorted(
        range(len(chain)), key=lambda place: (-chain[place].expiry, chain[place].quantity < 0)
    )
    return [
        [
            (place + shares, _sign(chain[place].quantity))
            for place in order
            if chain[place].is_put is is_put
        ]
        for is_put in (False, True)
    ]
