"""
The named groups of one component: which contracts may be together.

Contracts are known by their *place*: places count from the end of the chain, and shares have
place 0. What comes after a contract then has all places below its own. Sets of places are bit
masks, and the first of a set is its highest bit.
"""

from collections.abc import Sequence

from closeout.domain.patterns import ANY_SIDE, EXPIRY, LARGEST, PATTERNS, Counts, Pattern, Shape

Places = tuple[int, ...]
Row = tuple[int, Places, Pattern, Shape | None, Shape | None, int]
"""
Contracts that have a name together: their set, places and pattern; the shape of one each and
that with a body of two between wings, where these have names; and one of each, packed.
"""

_WINDOW = 9
"""How many partners of a contract are tried in shapes of three and four."""


class Combinations(dict[int, Pattern | None]):
    """
    By a set of places: the pattern of all of them, None where they have no name.

    `sides` are those of the component, as in `Shape.fits`: what does not fit is left out.
    """

    __slots__ = ("_codes", "_each", "_near", "_rows", "_strikes", "sides")

    def __init__(
        self, codes: list[int], strikes: list[int], each: Sequence[int], sides: int
    ) -> None:
        super().__init__()
        self._codes = codes
        self._strikes = strikes
        self._each = each
        self.sides = sides
        self._rows: dict[int, list[Row]] = {}
        self._near: dict[Places, list[Row]] = {}

    def __missing__(self, free: int) -> Pattern | None:
        found = self[free] = self._whole(free) if free.bit_count() <= LARGEST else None
        return found

    def _whole(self, free: int) -> Pattern | None:
        codes, strikes = self._codes, self._strikes
        place = free.bit_length() - 1
        nearest, below = codes[place] // EXPIRY * EXPIRY, strikes[place]
        pattern = PATTERNS
        while free:
            place = free.bit_length() - 1
            free ^= 1 << place
            strike = strikes[place]
            longer = pattern[codes[place] - nearest + (strike > below)]
            if longer is None:
                return None
            pattern, below = longer, strike
        plain = pattern.plain
        return pattern if pattern.twice or (plain and plain.fits & self.sides) else None

    def rows(self, first: int, counts: Counts) -> list[Row]:
        """
        Return what a contract may be in with later ones: the largest first, then by the chain.

        Of many later ones only those likeliest by their counts are tried in large shapes.
        """
        if first > _WINDOW:
            likely = self._likely(first, counts)
            rows = self._near.get((first, *likely))
            if rows is None:
                rows = self._near[first, *likely] = self._all_with(first, likely)
            return rows
        rows = self._rows.get(first)
        if rows is None:
            rows = self._rows[first] = self._all_with(first, None)
        return rows

    def _likely(self, first: int, counts: Counts) -> Places:
        """As many contracts, then near in strike; shares always."""
        wanted, strike, strikes = counts[first], self._strikes[first], self._strikes

        def distance(place: int) -> tuple[int, int, int]:
            if not strikes[place]:
                return (0, 0, 0)
            count = counts[place]
            unlike = 0 if count == wanted else (1 if count in (2 * wanted, wanted / 2) else 2)
            return (unlike, abs(strikes[place] - strike), -place)

        others = [place for place in range(first) if counts[place]]
        return tuple(sorted(sorted(others, key=distance)[:_WINDOW], reverse=True))

    def _all_with(  # noqa: C901, PLR0912 - loops as deep as shapes are large
        self, first: int, near: Places | None
    ) -> list[Row]:
        """Follow the patterns from the first contract; `near` are all there are if it is None."""
        codes, strikes, each, sides = self._codes, self._strikes, self._each, self.sides
        nearest, is_simple = codes[first] // EXPIRY * EXPIRY, sides != ANY_SIDE
        if nearest:
            codes = [code - nearest for code in codes]
        of_one = PATTERNS[codes[first]]
        if of_one is None:
            return []
        quads: list[Row] = []
        triples: list[Row] = []
        pairs: list[Row] = []
        mask_1, each_1, strike_1 = 1 << first, each[first], strikes[first]
        below = _BELOW if near is None else _below(first, near)
        for second in range(first - 1, -1, -1):
            strike_2 = strikes[second]
            of_two = of_one[codes[second] + (strike_2 > strike_1)]
            if of_two is None:
                continue
            mask_2, each_2 = mask_1 | 1 << second, each_1 + each[second]
            plain = of_two.plain
            if plain and plain.fits & sides:
                pairs.append((mask_2, (first, second), of_two, plain, None, each_2))
            if (of_two.is_end and is_simple) or (near is not None and second not in near):
                continue
            for third in below[second]:
                strike_3 = strikes[third]
                of_three = of_two[codes[third] + (strike_3 > strike_2)]
                if of_three is None:
                    continue
                mask_3, each_3 = mask_2 | 1 << third, each_2 + each[third]
                plain, twice, places = of_three.plain, of_three.twice, (first, second, third)
                if plain and not plain.fits & sides:
                    plain = None
                if plain or twice:
                    triples.append((mask_3, places, of_three, plain, twice, each_3))
                if of_three.is_end and is_simple:
                    continue
                for fourth in below[third]:
                    of_four = of_three[codes[fourth] + (strikes[fourth] > strike_3)]
                    if of_four is not None and (plain := of_four.plain) and plain.fits & sides:
                        mask, unit = mask_3 | 1 << fourth, each_3 + each[fourth]
                        quads.append((mask, (*places, fourth), of_four, plain, None, unit))
        if of_one.plain and of_one.plain.fits & sides:
            pairs.append((mask_1, (first,), of_one, of_one.plain, None, each_1))
        return quads + triples + pairs


_BELOW = [range(place - 1, -1, -1) for place in range(_WINDOW + 1)]
"""By place: the later ones, along the chain."""


def _below(first: int, near: Places) -> list[Places]:
    """Return the same where only some of the later ones are tried."""
    return [tuple([other for other in near if other < place]) for place in range(first)]
