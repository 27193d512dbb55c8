"""
The best cover of one component of contracts by named shapes, by branch and bound.

The first contract that is still free must be in some group, so every named group that holds it
is tried, with as many units as there are; uneven ones (2:3) only as all that is free of them.
What decides is told in `recognition`: no short more uncovered than must be, then groups,
margin, cuts. What is equal in all of them is decided by the order in which groups are tried:
those that use up the most holdings first, then the largest, then along the chain.

Covers of the fewest groups that may do are looked for first, then of one more, and so on: few
groups leave little to try, and the last of them must be all that is left. A branch ends when
it cannot beat the best cover found. What is free needs at least

- as many groups as it takes for its `deals`, and as many as are left: none of fewer were found;
- as much margin as all of it would as one group: groups are at their worst at different
  prices, the whole at one;
- one cut a contract.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from closeout.domain.combining import (
    LARGEST,
    Combination,
    Counts,
    Places,
    Shape,
    entire,
    is_in_ratio,
)
from closeout.domain.component import Component
from closeout.domain.deals import DEALS_MAX
from closeout.domain.names import Piece

BUDGET = 100
"""
Steps of the search in one component until a cover is found, of the fewest groups there can be;
it is the best one if the search ends within `_MORE` steps. Where none is found, the best is
taken that `_MORE` steps find among covers of any number of groups. Either is exact in its
contracts and the same every time. Other components do not notice.
"""
_MORE = 150


class Found(NamedTuple):
    """A group of the cover. `lots` are the hundreds of shares beside the options."""

    pieces: tuple[Piece, ...]
    lots: int

    @property
    def is_hedged(self) -> bool:
        """Whether long and short contracts of each right balance, without shares."""
        puts = calls = 0
        for _, is_put, _, quantity in self.pieces:
            if is_put:
                puts += quantity
            else:
                calls += quantity
        return not (self.lots or puts or calls)


_LAST_TWO = 2

_Cost = tuple[int, int, int]
"""Groups, margin, cuts: fewer is better, in this order."""
_Take = tuple[Places, Shape, int]
"""So many units of a shape."""
_Taken = tuple[_Take, ...]
_Option = tuple[int, Places, Shape, int]
"""A take, and before it the set of places that it leaves free."""


def best_cover(pieces: Sequence[Piece], lots: int) -> list[Found]:
    """Cover sorted pieces of one root and lots of shares; shares that stay alone are left out."""
    component = Component(pieces, lots)
    return [found for take in _best(component) if (found := _found(component, *take)).pieces]


def _found(component: Component, places: Places, shape: Shape, units: int) -> Found:
    pieces, lots = [], 0
    shares = int(component.lots != 0)
    for place, ratio in zip(places, shape.ratios, strict=True):
        count = ratio * units if component.longs >> place & 1 else -ratio * units
        if place < shares:
            lots = count
        else:
            strike, is_put, expiry, _ = component.chain[place - shares]
            pieces.append(Piece(strike, is_put, expiry, count))
    return Found(tuple(pieces), lots)


def _best(component: Component) -> _Taken:
    counts = component.counts
    whole = _made(component.wholes[component.all], counts)
    if whole:
        return (whole,)
    budget = BUDGET
    fewest = component.fewest(counts, component.deals(counts))
    for limit in range(max(_LAST_TWO, fewest), len(counts) + 1):
        search = _Search(component, limit, budget)
        search.run()
        if search.best:
            return search.best
        if search.is_cut_off:
            break
        budget -= search.steps
    last = _Search(component, len(counts), 0, is_last=True)
    last.run()
    return last.best


def _made(combination: Combination | None, counts: Counts) -> _Take | None:
    """Return all that there is of these as one group, if they have a name in such numbers."""
    if combination is None:
        return None
    wanted = combination.pick(counts)
    if not is_in_ratio(min(wanted), max(wanted)):
        return None
    made = entire(combination.pattern, wanted)
    return (combination.places, *made) if made else None


@dataclass(slots=True)
class _Search:
    """One pass over a component, for covers of just `limit` groups: there are none of fewer."""

    component: Component
    limit: int
    budget: int
    is_last: bool = False
    """Then there may be covers of fewer groups, and one is found in any case."""
    best: _Taken = ()
    steps: int = 0
    is_cut_off: bool = False
    _best_cost: _Cost | None = None
    _seen: dict[Counts, _Cost] = field(default_factory=dict)
    """What was paid to leave just these contracts: paying more for the same cannot win."""

    def run(self) -> None:
        component = self.component
        self._descend(component.counts, component.all, (), None, component.deals(component.counts))

    @property
    def cost(self) -> _Cost:
        """What the best costs. Many components have but one cover, whose cost nobody asks."""
        if self._best_cost is None:
            self._best_cost = self._cost(self.best)
        return self._best_cost

    def _descend(
        self, counts: Counts, free: int, taken: _Taken, spent: _Cost | None, deals: int
    ) -> None:
        """
        Find the best of what may follow `taken`.

        `deals` are what is free needs at least; `spent` is None while there is nothing to beat.
        """
        if self.best or self.is_last:
            spent = spent or self._cost(taken)
            known = self._seen.get(counts)
            if known is not None and known <= spent:
                return
            self._seen[counts] = spent
        if self.best and spent and not self._may_win(counts, free, spent, deals):
            return
        if self.limit - len(taken) == _LAST_TWO:
            self._end_in_two(counts, free, taken, deals)
        else:
            self._try_all(counts, free, taken, spent, deals)

    def _try_all(
        self, counts: Counts, free: int, taken: _Taken, spent: _Cost | None, deals: int
    ) -> None:
        """Try every group of the first free contract."""
        after = self.limit - len(taken) - 1
        best_before, component = self.best, self.component
        for left, places, shape, units in self._options(counts, free, after, deals):
            if self.best is not best_before:
                best_before, spent = self.best, spent or self._cost(taken)
                if not self._may_win(counts, free, spent, deals):
                    return
            if self._is_time_up():
                return
            with_it = (*taken, (places, shape, units))
            if not left:
                self.steps += 1
                self._end(with_it)
                continue
            still = _without(counts, places, shape, units)
            needed = component.deals(still)
            if component.fewest(still, needed) <= after:
                self.steps += 1
                paid = self._paid(spent, places, shape, units) if spent else None
                self._descend(still, left, with_it, paid, needed)

    def _is_time_up(self) -> bool:
        """Tell whether there were too many steps; a cover that is found gives more of them."""
        if self.best:
            self.is_cut_off = self.steps >= self.budget + _MORE
        else:
            self.is_cut_off = self.steps >= self.budget and not self.is_last
        return self.is_cut_off

    def _end_in_two(self, counts: Counts, free: int, taken: _Taken, deals: int) -> None:
        """Try every group that leaves what may be one: that need not be searched."""
        wholes = self.component.wholes
        if deals <= DEALS_MAX and (whole := _made(wholes[free], counts)):
            self._end((*taken, whole))
            return
        for left, places, shape, units in self._options(counts, free, 1, deals):
            last = _made(wholes[left], _without(counts, places, shape, units))
            if last:
                self.steps += 1
                self._end((*taken, (places, shape, units), last))

    def _end(self, taken: _Taken) -> None:
        cost = None
        if self.best and len(taken) >= len(self.best):
            cost = self._cost(taken)
            if cost >= self.cost:
                return
        self._best_cost = cost
        self.best, self.limit = taken, len(taken)

    # --- costs ----------------------------------------------------------------------------

    def _cost(self, taken: _Taken) -> _Cost:
        cost: _Cost = (0, 0, 0)
        for places, shape, units in taken:
            cost = self._paid(cost, places, shape, units)
        return cost

    def _paid(self, spent: _Cost, places: Places, shape: Shape, units: int) -> _Cost:
        groups, margin, cuts = spent
        bound = self.component.losses.margin(places, shape.ratios)
        return (groups + 1, margin + units * bound, cuts + len(places))

    def _may_win(self, counts: Counts, free: int, spent: _Cost, deals: int) -> bool:
        groups, margin, cuts = spent
        fewest, left = _groups_for(deals), len(self.best) - groups
        if fewest > left:
            return False
        if (self.is_last and fewest < left) or self.component.lots < 0:
            # Shares that stay alone bind nothing here, so with short ones margin has no bound.
            return True
        margin += self.component.losses.together(counts)
        return (len(self.best), margin, cuts + free.bit_count()) < self.cost

    # --- groups that hold the first free contract -----------------------------------------

    def _options(self, counts: Counts, free: int, after: int, deals: int) -> list[_Option]:
        """
        Return the groups of the first free contract that `after` more may follow.

        Those that use up the most holdings come first.
        """
        component, having, used = self.component, _having(counts), ~free
        smallest, most = free.bit_count() - LARGEST * after, DEALS_MAX * after
        options: list[_Option] = []
        for mask, places, pick, pattern, plain, twice in component.rows(counts, free):
            if mask & used:
                continue
            if len(places) < smallest:
                break
            wanted = pick(counts)
            units, largest = min(wanted), max(wanted)
            if plain and deals - plain.deals <= most:
                options.append((free & ~(mask & having[units]), places, plain, units))
            if (
                units < largest
                and is_in_ratio(units, largest)
                and (made := entire(pattern, wanted))
            ):
                options.append((free ^ mask, places, *made))
            if twice:
                options += _with_body(places, wanted, twice, free)
        if after == 1:
            wholes = component.wholes
            options = [option for option in options if wholes[option[0]]]
        if options:
            options = self._that_leave_cover(counts, options)
            options.sort(key=_how_many_left)
        return options

    def _that_leave_cover(self, counts: Counts, options: list[_Option]) -> list[_Option]:
        """Leave out what makes more shorts end up uncovered than must be."""
        component, kept = self.component, []
        if component.is_simple:
            # Of each right, what is taken and what is left must not need one another.
            net: tuple[int, int] | None = None
            for option in options:
                _, _, (_, calls, puts, _), units = option
                if calls or puts:
                    net = net or component.net(counts)
                    if calls * (net[0] - units * calls) < 0 or puts * (net[1] - units * puts) < 0:
                        continue
                kept.append(option)
            return kept
        bare = component.bare(counts)
        for option in options:
            _, places, shape, units = option
            left = component.bare(_without(counts, places, shape, units))
            if left + units * component.bare_in(places, shape) == bare:
                kept.append(option)
        return kept


def _groups_for(deals: int) -> int:
    return -(-deals // DEALS_MAX)


def _with_body(places: Places, wanted: Counts, shape: Shape, free: int) -> list[_Option]:
    """Return as many as there are, unless they are all: then they are entire."""
    units = min([count // ratio for count, ratio in zip(wanted, shape.ratios, strict=True)])
    used_up = [
        place
        for place, count, ratio in zip(places, wanted, shape.ratios, strict=True)
        if count == units * ratio
    ]
    if not units or len(used_up) == len(places):
        return []
    return [(free - sum([1 << place for place in used_up]), places, shape, units)]


def _without(counts: Counts, places: Places, shape: Shape, units: int) -> Counts:
    left = list(counts)
    for place, ratio in zip(places, shape.ratios, strict=True):
        left[place] -= units * ratio
    return tuple(left)


def _having(counts: Counts) -> dict[int, int]:
    """Return, by count, the set of places that have it."""
    having: dict[int, int] = {}
    for place, count in enumerate(counts):
        having[count] = having.get(count, 0) | 1 << place
    return having


def _how_many_left(option: _Option) -> int:
    return option[0].bit_count()
