"""
What legs bring at expiry, exactly: a payoff that is straight between the strikes.

Dollars of P&L against the spot on the day the options end. Legs of several expiries have no
exact payoff, for the later ones are still worth something then: `outlook` values them by a model.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from closeout.domain.occ import Right
from closeout.domain.strategies import Leg

_ZERO = Decimal(0)

Knot = tuple[Decimal, Decimal]
"""A spot, dollars per share, and the P&L there, dollars."""


@dataclass(frozen=True, slots=True)
class Payoff:
    """
    P&L by spot: straight between `knots`, the first of which is a spot of zero.

    Beyond the last knot it goes on with `slope` dollars for every dollar of spot.
    """

    knots: tuple[Knot, ...]
    slope: Decimal

    def at(self, spot: Decimal) -> Decimal:
        """Return the P&L at a spot of zero or more, dollars."""
        for (left, low), (right, high) in pairwise(self.knots):
            if left <= spot <= right:
                return low + (high - low) * (spot - left) / (right - left)
        last, pnl = self.knots[-1]
        return pnl + self.slope * (spot - last)

    @property
    def best(self) -> Decimal | None:
        """The highest P&L, None when it has no limit."""
        return None if self.slope > _ZERO else max(pnl for _, pnl in self.knots)

    @property
    def worst(self) -> Decimal | None:
        """The lowest P&L, None when it has no limit."""
        return None if self.slope < _ZERO else min(pnl for _, pnl in self.knots)

    @property
    def break_evens(self) -> tuple[Decimal, ...]:
        """The spots above zero where profit meets loss; of a flat stretch at zero, its ends."""
        found = {spot for spot, pnl in self.knots if spot and not pnl}
        found -= {knot for knot in found if self._is_flat_at(knot)}
        found |= {root for root in map(_root, *self._pieces()) if root is not None}
        last, pnl = self.knots[-1]
        if self.slope * pnl < _ZERO:
            found.add(last - pnl / self.slope)
        return tuple(sorted(found))

    def _pieces(self) -> tuple[Sequence[Knot], Sequence[Knot]]:
        return self.knots[:-1], self.knots[1:]

    def _is_flat_at(self, spot: Decimal) -> bool:
        """Whether it is zero on both sides of a knot, so that nothing changes there."""
        index = next(number for number, knot in enumerate(self.knots) if knot[0] == spot)
        after = self.knots[index + 1][1] if index + 1 < len(self.knots) else self.slope
        return not self.knots[index - 1][1] and not after


@dataclass(frozen=True, slots=True)
class Risk:
    """
    The best and the worst that can come of legs held to their first expiry, dollars of P&L.

    A loss is negative. With `unlimited_profit` there is no `max_profit`, and so for loss.
    `is_modelled` says that legs outlive the first expiry and a model values them.
    """

    max_profit: Decimal | None
    max_loss: Decimal | None
    unlimited_profit: bool
    unlimited_loss: bool
    break_evens: tuple[Decimal, ...]
    is_modelled: bool


def exact_risk(legs: Sequence[Leg]) -> Risk | None:
    """Return the risk of legs whose options all end on one day; None where it is not exact."""
    payoff = payoff_at_expiry(legs)
    if payoff is None:
        return None
    return Risk(
        max_profit=payoff.best,
        max_loss=payoff.worst,
        unlimited_profit=payoff.best is None,
        unlimited_loss=payoff.worst is None,
        break_evens=payoff.break_evens,
        is_modelled=False,
    )


def payoff_at_expiry(legs: Sequence[Leg]) -> Payoff | None:
    """
    Return what legs bring on the one day their options end, shares being sold then.

    None when that cannot be known: options of several expiries, an adjusted contract (what
    it delivers is not in its symbol), or a leg whose entry price nobody tells.
    """
    cost = entry_cost(legs)
    if cost is None or has_adjusted(legs) or len(expiries(legs)) > 1:
        return None
    strikes = {leg.option.strike for leg in legs if leg.option is not None}
    spots = sorted({_ZERO, *strikes})
    return Payoff(
        knots=tuple((spot, intrinsic(legs, spot) - cost) for spot in spots),
        slope=slope_at_infinity(legs),
    )


def intrinsic(legs: Iterable[Leg], spot: Decimal) -> Decimal:
    """Return what legs are worth exercised or sold at a spot, dollars; shorts are negative."""
    return sum((_intrinsic(leg, spot) * leg.quantity * leg.multiplier for leg in legs), _ZERO)


def entry_cost(legs: Iterable[Leg]) -> Decimal | None:
    """Return what opening cost, dollars: paid positive, received negative; None if untold."""
    total = _ZERO
    for leg in legs:
        if leg.entry_price is None:
            return None
        total += leg.entry_price * leg.quantity * leg.multiplier
    return total


def slope_at_infinity(legs: Iterable[Leg]) -> Decimal:
    """Return the dollars that one dollar of spot brings far above every strike."""
    return Decimal(sum(leg.quantity * leg.multiplier for leg in legs if not _is_put(leg)))


def has_adjusted(legs: Iterable[Leg]) -> bool:
    """Whether a corporate action has changed what one of the contracts delivers."""
    return any(leg.option is not None and leg.option.is_adjusted for leg in legs)


def expiries(legs: Iterable[Leg]) -> frozenset[date]:
    return frozenset(leg.option.expiry for leg in legs if leg.option is not None)


def _intrinsic(leg: Leg, spot: Decimal) -> Decimal:
    option = leg.option
    if option is None:
        return spot
    gain = spot - option.strike if option.right is Right.CALL else option.strike - spot
    return max(gain, _ZERO)


def _is_put(leg: Leg) -> bool:
    return leg.option is not None and leg.option.right is Right.PUT


def _root(left: Knot, right: Knot) -> Decimal | None:
    """Where the line between two knots crosses zero, strictly between them."""
    (start, low), (end, high) = left, right
    if low * high >= _ZERO:
        return None
    return start + (end - start) * low / (low - high)
