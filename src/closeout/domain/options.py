"""The named groups that a search may take next from what is still free."""

from functools import lru_cache
from operator import itemgetter

from closeout.domain.combining import Places, Row
from closeout.domain.component import Component
from closeout.domain.deals import DEALS_MAX
from closeout.domain.patterns import LARGEST, Counts, Shape, is_in_ratio

Take = tuple[Places, Shape, int, int]
"""So many units of a shape, and one unit as a held."""
Option = tuple[int, int, int, Take]
"""A take, and before it how many contracts it leaves free, which, and what is then held."""

_how_many_left = itemgetter(0)


def options(  # noqa: C901, PLR0912, PLR0917 - calls in the loop would cost a tenth of the time
    component: Component, held: int, counts: Counts, free: int, after: int, deals: int
) -> list[Option]:
    """
    Return the groups of the first free contract that `after` more may follow.

    Those that use up the most holdings come first. If one more is to follow, only those are
    returned that leave what may be one; what makes more shorts end up uncovered than must be
    is left out.
    """
    where: dict[int, int] = {}
    for bit, count in zip(component.bits, counts, strict=False):
        if count:
            where[count] = where.get(count, 0) | bit
    by_count = sorted(where.items())
    alike: dict[int, int] = {}
    combinations, one_each, overdrawn = component.combinations, component.each, component.overdrawn
    is_simple, is_last = component.is_simple, after == 1
    bare = 0 if is_simple else component.bare(held)
    smallest, least_deals = free.bit_count() - LARGEST * after, deals - DEALS_MAX * after
    used, found = ~free, []
    for row in combinations.rows(free.bit_length() - 1, counts):
        mask, places, _, plain, twice, each = row
        if mask & used:
            continue
        if len(places) < smallest:
            break
        for units, gone in by_count:  # noqa: B007 - the fewest, and what they use up
            gone &= mask  # noqa: PLW2901
            if gone:
                break
        if plain and plain.deals >= least_deals:
            left = free ^ gone
            if not is_last or combinations[left] is not None:
                still = held - units * each
                if (
                    not still & overdrawn
                    if is_simple
                    else component.leaves_cover(bare, still, units, each)
                ):
                    found.append((left.bit_count(), left, still, (places, plain, units, each)))
        is_entire = False
        if gone != mask:
            likes = alike.get(units)
            if likes is None:
                likes = alike[units] = _alike(units, where)
            is_entire = not mask & ~likes
        if not (is_entire or twice):
            continue
        for gone, shape, units, each in _uneven(row, counts, one_each, is_entire=is_entire):
            left = free ^ gone
            if is_last and combinations[left] is None:
                continue
            still = held - units * each
            if (
                shape.fits & combinations.sides and not still & overdrawn
                if is_simple
                else component.leaves_cover(bare, still, units, each)
            ):
                found.append((left.bit_count(), left, still, (places, shape, units, each)))
    found.sort(key=_how_many_left)
    return found


def all_of(component: Component, free: int, held: int, counts: Counts) -> Take | None:
    """Return all that there is of these as one group, if they have a name in such numbers."""
    pattern = component.combinations[free]
    if pattern is None:
        return None
    places = _places(free)
    wanted = tuple([counts[place] for place in places])
    least, most = min(wanted), max(wanted)
    if least == most:
        made = (pattern.plain, least) if pattern.plain else None
    else:
        made = pattern.entire(wanted) if is_in_ratio(least, most) else None
    if made is None:
        return None
    shape, units = made
    return (places, shape, units, (held - component.nothing) // units)


@lru_cache(maxsize=4096)
def _places(free: int) -> Places:
    return tuple([place for place in range(free.bit_length() - 1, -1, -1) if free >> place & 1])


def _alike(count: int, where: dict[int, int]) -> int:
    """Return the places of which there are as many, or in the ratio of a shape more."""
    places = where[count] | where.get(2 * count, 0) | where.get(3 * count, 0)
    return places if count % 2 else places | where.get(3 * count // 2, 0)


def _uneven(
    row: Row, counts: Counts, one_each: list[int], *, is_entire: bool
) -> list[tuple[int, Shape, int, int]]:
    """
    Return what is used up, shape, units and one unit of what is not one each.

    That is all there is of these, and as many with a body of two as there are.
    """
    mask, places, pattern, _, twice, each = row
    found = []
    if is_entire and (made := pattern.entire(tuple([counts[place] for place in places]))):
        shape, units = made
        found.append((mask, shape, units, _one_of(shape, places, one_each)))
    if twice:
        low, body, high = places
        of_low, of_body, of_high = counts[low], counts[body], counts[high]
        units = min(of_low, of_body // 2, of_high)
        gone = (
            (of_low == units) << low | (of_body == 2 * units) << body | (of_high == units) << high
        )
        if units and gone != mask:  # else it is entire
            found.append((gone, twice, units, each + one_each[body]))
    return found


def _one_of(shape: Shape, places: Places, one_each: list[int]) -> int:
    return sum([ratio * one_each[place] for place, ratio in zip(places, shape.ratios, strict=True)])
