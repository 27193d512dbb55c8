"""One pass of the search for a cover: branch and bound, in the order in which groups are tried."""

import math

from closeout.domain.component import Component
from closeout.domain.deals import DEALS_MAX, may_pair
from closeout.domain.options import Option, Take, all_of, options
from closeout.domain.patterns import Counts

MORE = 150
"""Steps that are gone on with when a cover is found."""
LAST_TWO = 2

Taken = tuple[Take, ...]
_Cost = tuple[int, int, int]
"""Groups, margin, cuts: fewer is better, in this order."""


class Search:
    """Looks for covers of just `limit` groups: there are none of fewer."""

    __slots__ = (
        "_allowed",
        "_best_cost",
        "_budget",
        "_component",
        "_is_last",
        "_limit",
        "_seen",
        "best",
        "is_cut_off",
        "steps",
    )

    def __init__(
        self, component: Component, limit: int, budget: int, *, is_last: bool = False
    ) -> None:
        """
        Prepare a pass.

        In the last of them there may be covers of fewer groups, and one is found in any case.
        """
        self._component = component
        self._limit = limit
        self._budget = budget
        self._is_last = is_last
        self._allowed = math.inf if is_last else budget
        """How many steps may be made; a cover that is found gives more of them."""
        self._best_cost: _Cost | None = None
        self._seen: dict[int, _Cost] = {}
        """What was paid to leave just this held: paying more for the same cannot win."""
        self.best: Taken = ()
        self.steps = 0
        self.is_cut_off = False

    def run(self) -> None:
        component = self._component
        self._descend(component.held, component.all, (), None, component.deals(component.held))

    def _descend(self, held: int, free: int, taken: Taken, spent: _Cost | None, deals: int) -> None:
        """
        Find the best of what may follow `taken`.

        `deals` are what is free needs at least; `spent` is None while there is nothing to beat.
        """
        counts = self._component.counts(held)
        if self.best or self._is_last:
            spent = spent or self._cost(taken)
            known = self._seen.get(held)
            if known is not None and known <= spent:
                return
            self._seen[held] = spent
            if self.best and not self._may_win(counts, free, spent, deals):
                return
        after = self._limit - len(taken) - 1
        if after == 1:
            self._end_in_two(held, counts, free, taken, deals)
        else:
            found = options(self._component, held, counts, free, after, deals)
            self._try_all(found, counts, free, taken, spent, deals)

    def _try_all(  # noqa: PLR0917 - the state of the search
        self,
        found: list[Option],
        counts: Counts,
        free: int,
        taken: Taken,
        spent: _Cost | None,
        deals: int,
    ) -> None:
        """Try every group of the first free contract."""
        component, best_before = self._component, self.best
        is_simple, calls, puts = component.is_simple, component.calls, component.puts
        of_calls, of_puts = calls.mask, puts.mask
        most = DEALS_MAX * (self._limit - len(taken) - 1)
        for _, left, still, take in found:
            if self.best is not best_before:
                best_before, spent = self.best, spent or self._cost(taken)
                if not self._may_win(counts, free, spent, deals):
                    return
            if self.steps >= self._allowed:
                self.is_cut_off = True
                return
            if not left:
                self.steps += 1
                self._end((*taken, take))
                continue
            if is_simple:
                bought, sold = calls[still & of_calls], puts[still & of_puts]
                needed = len(bought[0]) + len(sold[0])
                if needed > most or (needed == most and not may_pair(bought, sold)):
                    continue
            else:
                needed = component.deals(still)
                if needed > most:
                    continue
            self.steps += 1
            paid = None
            if spent:
                groups, margin, cuts = spent
                places, _, units, each = take
                paid = (groups + 1, margin + units * component.margins[each], cuts + len(places))
            self._descend(still, left, (*taken, take), paid, needed)

    def _end_in_two(self, held: int, counts: Counts, free: int, taken: Taken, deals: int) -> None:
        """
        Try every group that leaves what may be one: that need not be searched.

        All of it as one is for the last pass alone: there are no covers of fewer groups in others.
        """
        component = self._component
        if self._is_last and (whole := all_of(component, free, held, counts)):
            self._end((*taken, whole))
            return
        for _, left, still, take in options(component, held, counts, free, 1, deals):
            last = all_of(component, left, still, component.counts(still))
            if last:
                self.steps += 1
                self._end((*taken, take, last))

    def _end(self, taken: Taken) -> None:
        cost = None
        if self.best and len(taken) >= len(self.best):
            cost = self._cost(taken)
            if cost >= self._cost_of_best():
                return
        self._best_cost = cost
        self.best, self._limit = taken, len(taken)
        self._allowed = self._budget + MORE

    # --- costs ----------------------------------------------------------------------------

    def _cost_of_best(self) -> _Cost:
        """Many components have but one cover, whose cost nobody asks."""
        if self._best_cost is None:
            self._best_cost = self._cost(self.best)
        return self._best_cost

    def _cost(self, taken: Taken) -> _Cost:
        margins = self._component.margins
        margin = cuts = 0
        for places, _, units, each in taken:
            margin += units * margins[each]
            cuts += len(places)
        return (len(taken), margin, cuts)

    def _may_win(self, counts: Counts, free: int, spent: _Cost, deals: int) -> bool:
        """Whether a cover with these groups may be better; see `exact_cover` for the bounds."""
        groups, margin, cuts = spent
        fewest, left = -(-deals // DEALS_MAX), len(self.best) - groups
        if fewest > left:
            return False
        if (self._is_last and fewest < left) or self._component.lots < 0:
            # Shares that stay alone bind nothing here, so with short ones margin has no bound.
            return True
        margin += self._component.reader.most_lost(counts)
        return (len(self.best), margin, cuts + free.bit_count()) < self._cost_of_best()
