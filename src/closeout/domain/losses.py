"""What contracts can lose at expiry, premiums apart: the margin of a group, and of many."""

import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import mul

from closeout.domain.combining import Counts, Places
from closeout.domain.names import Piece

_ZERO = 1 << 62


@dataclass(slots=True)
class Losses:
    """
    Losses of the contracts of one component, in thousandths of a dollar a share.

    What a contract loses at every price is one number of 64 bits a price: to add up all prices
    is then one addition. Losses may be negative, so each is lifted by `_ZERO` to be read.
    """

    chain: Sequence[Piece]
    """From the last to the first."""
    lots: int
    _prices: int = 0
    _zeros: int = 0
    _of_one: list[int] = field(default_factory=list)
    _margins: dict[tuple[Places, Counts], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        prices = [*dict.fromkeys([piece.strike for piece in self.chain]), 0]
        prices.append(2 * self.chain[0].strike)  # where a naked call is judged
        rows = [_lost_by(piece, prices) for piece in self.chain]
        if self.lots:
            rows.insert(0, [-price if self.lots > 0 else price for price in prices])
        self._prices = len(prices)
        self._zeros = _packed([0] * len(prices))
        self._of_one = [_packed(row) - self._zeros for row in rows]

    def margin(self, places: Places, ratios: Counts) -> int:
        """Return the most that one unit of a group loses; shares alone bind nothing."""
        known = self._margins.get((places, ratios))
        if known is None:
            of_one = self._of_one
            lost = [of_one[place] * ratio for place, ratio in zip(places, ratios, strict=True)]
            known = 0 if self.lots and places == (0,) else self._most(sum(lost))
            self._margins[places, ratios] = known
        return known

    def together(self, counts: Counts) -> int:
        """Return the most that so many of each lose as one group; no cover of them has less."""
        return self._most(sum(map(mul, self._of_one, counts)))

    def _most(self, losses: int) -> int:
        lifted = (losses + self._zeros).to_bytes(8 * self._prices, sys.byteorder)
        return max(memoryview(lifted).cast("Q")) - _ZERO


def _packed(values: Iterable[int]) -> int:
    return int.from_bytes(array("Q", [value + _ZERO for value in values]).tobytes(), sys.byteorder)


def _lost_by(piece: Piece, prices: Sequence[int]) -> list[int]:
    strike, sign = piece.strike, 1 if piece.quantity > 0 else -1
    if piece.is_put:
        return [sign * (price - strike) if price < strike else 0 for price in prices]
    return [sign * (strike - price) if price > strike else 0 for price in prices]
