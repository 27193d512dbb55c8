"""
How many groups some contracts need at least, whatever their strikes are.

Take every group apart into *deals*: one long with one short of the same right, so many
contracts of both, or of one and of what lies outside, where its right does not balance. No
named shape is more than two deals, and the deals of a cover settle every right: contracts
that deals link, directly or by others, balance. Such a set of n needs n - 1 deals, so all of a
right need as many deals as there are contracts (what lies outside is one more), less the
number of sets that balance. Equal longs and shorts are best sets of two; others take three.

Where groups are so few that each must be two deals, and all deals the fewest there can be, it
is often known how large they are. If what is left when equals are paired off is nothing, or
three, there are as many sets only if just these pairs are made: their deals are the counts,
and those of the three the two counts on one side. The ratios of a shape are at most 3, and so
are those of its deals: the sizes must make pairs of 1:1, 1:2, 1:3 or 2:3, or else it takes
one more group. This holds within one expiry, where no short is left uncovered beside a long of
its right, so that what lies outside is on one side.
"""

from functools import lru_cache

DEALS_MAX = 2
"""Deals in one named shape."""

Deals = tuple[int, ...]
"""The fewest deals: how large each is if there are no more, 0 where that is not known."""

_THREE = 3
_SIZES_MAX = 12
"""How many sizes are looked at; more are in so many groups that time is up before."""


@lru_cache(maxsize=16_384)
def deals_of(sides: tuple[bool, ...], counts: tuple[int, ...]) -> Deals:
    """Return the deals that contracts of one right need at least; `sides` tell the longs."""
    longs: list[int] = []
    shorts: list[int] = []
    for is_long, count in zip(sides, counts, strict=True):
        if count:
            (longs if is_long else shorts).append(count)
    if not longs or not shorts:
        return tuple(longs or shorts)
    net = sum(longs) - sum(shorts)
    if net:
        (shorts if net > 0 else longs).append(abs(net))
    deals, bought = [], []
    for count in longs:
        if count in shorts:
            shorts.remove(count)
            deals.append(count)
        else:
            bought.append(count)
    left = len(bought) + len(shorts)
    if left <= _THREE:
        deals += bought if len(bought) > len(shorts) else shorts
        return tuple(deals)
    return (0,) * (len(deals) + left - min(len(bought), len(shorts), left // _THREE))


@lru_cache(maxsize=16_384)
def make_pairs(sizes: tuple[int, ...]) -> bool:
    """Whether groups of two deals may be made of deals of these sizes."""
    if not sizes or len(sizes) > _SIZES_MAX:
        return True
    first, *others = sizes
    return any(
        _may_join(first, other) and make_pairs((*others[:place], *others[place + 1 :]))
        for place, other in enumerate(others)
    )


def _may_join(one: int, other: int) -> bool:
    less, more = (one, other) if one < other else (other, one)
    return not less or 2 * more in (2 * less, 3 * less, 4 * less, 6 * less)
