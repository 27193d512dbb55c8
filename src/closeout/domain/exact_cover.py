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
from typing import NamedTuple

from closeout.domain.component import Component
from closeout.domain.names import Piece
from closeout.domain.options import Take, all_of
from closeout.domain.searching import LAST_TWO, Search, Taken

BUDGET = 100
"""
Steps of the search in one component until a cover is found, of the fewest groups there can be;
it is the best one if the search ends within `searching.MORE` steps. Where none is found, the best
is taken that `MORE` steps find among covers of any number of groups. Either is exact in its
contracts and the same every time. Other components do not notice.
"""


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


def best_cover(pieces: Sequence[Piece], lots: int) -> list[Found]:
    """Cover sorted pieces of one root and lots of shares; shares that stay alone are left out."""
    component = Component(pieces, lots)
    return [found for take in _best(component) if (found := _found(component, take)).pieces]


def _found(component: Component, take: Take) -> Found:
    places, shape, units, _ = take
    pieces, lots = [], 0
    shares, chain = int(component.lots != 0), component.chain
    for place, ratio in zip(places, shape.ratios, strict=True):
        if place < shares:
            lots = ratio * units if component.lots > 0 else -ratio * units
            continue
        piece = chain[place - shares]
        strike, is_put, expiry, held = piece
        count = ratio * units if held > 0 else -ratio * units
        pieces.append(piece if count == held else Piece(strike, is_put, expiry, count))
    return Found(tuple(pieces), lots)


def _best(component: Component) -> Taken:
    held = component.held
    whole = all_of(component, component.all, held, component.counts(held))
    if whole:
        return (whole,)
    budget = BUDGET
    fewest = component.fewest(held, component.deals(held))
    for limit in range(max(LAST_TWO, fewest), component.size + 1):
        search = Search(component, limit, budget)
        search.run()
        if search.best:
            return search.best
        if search.is_cut_off:
            break
        budget -= search.steps
    last = Search(component, component.size, 0, is_last=True)
    last.run()
    return last.best
