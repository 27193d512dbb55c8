"""
What contracts can lose at expiry, premiums apart: the margin of a group, and of many.

What one of each contract loses at every price that counts is one packed number, of a lane a
price. What a package loses peaks where it holds something long, at nothing, or far above all
strikes, so no other prices are needed.
"""

from bisect import bisect
from collections.abc import Sequence

from closeout.domain.names import Piece
from closeout.domain.packing import Packing


def losses_of(pieces: Sequence[Piece], lots: int, packing: Packing) -> tuple[list[int], int]:
    """
    Return what one of each of sorted pieces loses, and at how many prices.

    Thousandths of a dollar a share; from the last piece to the first, shares before them.
    """
    prices = [0]
    for strike, _, _, quantity in pieces:
        if quantity > 0 and prices[-1] != strike:
            prices.append(strike)
    prices.append(2 * pieces[-1].strike)  # where a naked call is judged
    width, size = packing.width, len(prices)
    ones, levels = packing.ones(size), packing.packed(prices)
    of_one = []
    if lots:
        of_one.append(-levels if lots > 0 else levels)
    for strike, is_put, _, quantity in reversed(pieces):
        above = width * bisect(prices, strike)
        if is_put:
            below = (1 << above) - 1
            paid = strike * (ones & below) - (levels & below)
        else:
            paid = (levels >> above) - strike * (ones >> above) << above
        of_one.append(-paid if quantity > 0 else paid)
    return of_one, size
