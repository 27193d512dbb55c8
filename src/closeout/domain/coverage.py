"""
How many short options nothing covers.

A short option is covered by a long one of the same root and right that lives at least
as long, or, for a call, by a hundred shares (Alpaca's level-3 rule: no naked shorts;
docs.alpaca.markets, options level 3 trading).
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from closeout.domain.occ import Right, option_or_none
from closeout.domain.strategies import OPTION_MULTIPLIER


def uncovered_contracts(quantities: Mapping[str, Decimal]) -> int:
    """Count the short contracts of an account that nothing covers; symbols to signed quantity."""
    return sum(_uncovered_by_class(quantities).values())


def newly_uncovered(before: Mapping[str, Decimal], after: Mapping[str, Decimal]) -> int:
    """
    Count the short contracts that nothing covers any more.

    Each class by itself: a call that is bought back makes up for no put that is left bare.
    """
    known = _uncovered_by_class(before)
    now = _uncovered_by_class(after)
    return sum(max(0, bare - known.get(each, 0)) for each, bare in now.items())


def _uncovered_by_class(quantities: Mapping[str, Decimal]) -> dict[tuple[str, Right], int]:
    classes: dict[tuple[str, Right], list[tuple[date, int]]] = defaultdict(list)
    for symbol, quantity in quantities.items():
        option = option_or_none(symbol)
        if option is not None and quantity:
            classes[(option.root, option.right)].append((option.expiry, int(quantity)))
    return {
        (root, right): max(0, _bare(rows) - _share_cover(root, right, quantities))
        for (root, right), rows in classes.items()
    }


def _share_cover(root: str, right: Right, quantities: Mapping[str, Decimal]) -> int:
    if right is not Right.CALL:
        return 0
    return max(0, int(quantities.get(root, Decimal(0))) // OPTION_MULTIPLIER)


def _bare(rows: list[tuple[date, int]]) -> int:
    """Match shorts to longs that expire no sooner, latest shorts first; return what is left."""
    spare = bare = 0
    # Longs come before shorts of the same day: they cover each other.
    for _, quantity in sorted(rows, key=lambda row: (row[0], row[1] > 0), reverse=True):
        if quantity > 0:
            spare += quantity
        else:
            covered = min(spare, -quantity)
            spare -= covered
            bare += -quantity - covered
    return bare
