"""
How many groups some contracts need at least, whatever their strikes are.

Take every group apart into *deals*: one long with one short of the same right, so many
contracts of both, or of one and of what lies outside, where its right does not balance. No
named shape is more than two deals, and the deals of a cover settle every right: contracts
that deals link, directly or by others, balance. Such a set of n needs n - 1 deals, so all of a
right need as many deals as there are contracts (what lies outside is one more), less the
number of sets that balance. Equal longs and shorts are best sets of two; others take three.
"""

from functools import lru_cache

DEALS_MAX = 2
"""Deals in one named shape."""


@lru_cache(maxsize=16_384)
def deals_of(sides: tuple[bool, ...], counts: tuple[int, ...]) -> int:
    """Return how many deals contracts of one right need at least; `sides` tell the longs."""
    longs: list[int] = []
    shorts: list[int] = []
    for is_long, count in zip(sides, counts, strict=True):
        if count:
            (longs if is_long else shorts).append(count)
    if not longs or not shorts:
        return len(longs) + len(shorts)
    net = sum(longs) - sum(shorts)
    if net:
        (shorts if net > 0 else longs).append(abs(net))
    contracts, pairs = len(longs) + len(shorts), 0
    for count in longs:
        if count in shorts:
            shorts.remove(count)
            pairs += 1
    bought, sold = len(longs) - pairs, len(shorts)
    return contracts - pairs - min(bought, sold, (bought + sold) // 3)
