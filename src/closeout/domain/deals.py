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

Sizes are known as well where one contract stands against all others: every other is a deal. Two
against two, of which none are equal, are three deals in either of two ways: the least of the
four goes to one of the others or to the other, and what is left follows.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter

from closeout.domain.packing import Reader

DEALS_MAX = 2
"""Deals in one named shape."""

Places = Sequence[int]
Sizes = tuple[int, ...]
Deals = tuple[Sizes, ...]
"""
The fewest deals, in every way that they can be made: how large each is if there are no more,
0 where that is not known.
"""

_TWO, _THREE = 2, 3
_SIZES_MAX = 12
"""How many sizes are looked at; more are in so many groups that time is up before."""


def deals_of(longs: list[int], shorts: list[int]) -> Deals:
    """Return the deals that contracts of one right need at least; the lists are used up."""
    if not longs or not shorts:
        return (tuple(longs or shorts),)
    net = sum(longs) - sum(shorts)
    if net > 0:
        shorts.append(net)
    elif net < 0:
        longs.append(-net)
    if len(longs) == 1 or len(shorts) == 1:
        return (tuple(shorts if len(longs) == 1 else longs),)
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
        return (tuple(deals),)
    if not deals and len(bought) == len(shorts) == _TWO:
        if min(shorts) < min(bought):
            bought, shorts = shorts, bought
        least, (one, other) = min(bought), shorts
        return ((least, one, other - least), (least, other, one - least))
    return ((0,) * (len(deals) + left - min(len(bought), len(shorts), left // _THREE)),)


class DealsOfRight(dict[int, Deals]):
    """
    By what is held of one right, and nothing else: the deals it needs.

    `mask` has all bits of the right's lanes.
    """

    __slots__ = ("_longs", "_reader", "_shorts", "mask")

    def __init__(self, reader: Reader, longs: Places, shorts: Places, mask: int) -> None:
        super().__init__()
        self._reader = reader
        self._longs, self._shorts = _picker(longs), _picker(shorts)
        self.mask = mask

    def __missing__(self, held: int) -> Deals:
        reader = self._reader
        counts = reader.unpack(held.to_bytes(reader.size, "little"))
        longs, shorts = filter(None, self._longs(counts)), filter(None, self._shorts(counts))
        found = self[held] = deals_of([*longs], [*shorts])
        return found


def _picker(places: Places) -> Callable[[tuple[int, ...]], tuple[int, ...]]:
    """Return what takes the items at these places; `itemgetter` makes no tuple of one."""
    if len(places) > 1:
        return itemgetter(*places)
    first = places[0] if places else 0
    return itemgetter(slice(first, first + len(places)))


def may_pair(some: Deals, others: Deals) -> bool:
    """Whether groups of two deals may be made of all of these."""
    for one in some:
        for other in others:
            if _make_pairs(one + other):
                return True
    return False


@lru_cache(maxsize=4096)
def _make_pairs(sizes: Sizes) -> bool:
    """Remembered: the sizes are small numbers, which come again in one account."""
    if len(sizes) > _SIZES_MAX or not sizes:
        return True
    first, others = sizes[0], sizes[1:]
    for place, other in enumerate(others):
        less, more = (first, other) if first < other else (other, first)
        if (
            less == more or not less or more == 2 * less or more == 3 * less or 2 * more == 3 * less
        ) and (len(others) == 1 or _make_pairs(others[:place] + others[place + 1 :])):
            return True
    return False
