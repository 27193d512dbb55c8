"""How a person wants a limit to walk, put onto one order in the market of this moment."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from closeout.closing.schedule import PACES, Pace, Schedule
from closeout.closing.sight import bidless
from closeout.closing.walk import AtEnd, Grid, Walk
from closeout.domain.errors import CannotPlan
from closeout.domain.orders import TicketLeg
from closeout.domain.quotes import NetQuote, Quote
from closeout.domain.strategies import Leg

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class WalkTerms:
    """
    The walk that was asked for. `schedule` is there for a custom pace.

    `worst_price` is the limit nobody goes beyond, signed as in `Ticket`; `worst_pnl` says the
    same in dollars of realised P&L of the whole close.
    """

    pace: Pace
    schedule: Schedule | None = None
    worst_price: Decimal | None = None
    worst_pnl: Decimal | None = None
    at_end: AtEnd = AtEnd.REST

    def __post_init__(self) -> None:
        assert (self.schedule is not None) == (self.pace is Pace.CUSTOM)
        assert self.worst_price is None or self.worst_pnl is None, "worst is said in one way"


def plan_walk(
    terms: WalkTerms,
    package: Sequence[TicketLeg],
    legs: Sequence[Leg],
    *,
    grid: Grid,
    net: NetQuote,
    quotes: Mapping[str, Quote],
) -> Walk:
    """
    Return the walk of an order that closes `legs` as `package`.

    Raises:
        CannotPlan: `no_entry_price`, `invalid_worst`.
    """
    worst = _worst(terms, legs, grid)
    if worst is not None and grid.floor(worst) > worst:
        raise CannotPlan(
            "invalid_worst",
            f"The worst price leaves no valid price: {package[0].symbol} costs at least "
            f"{grid.rule.below}.",
        )
    return Walk(
        schedule=terms.schedule or PACES[terms.pace],
        grid=grid,
        worst=None if worst is None else grid.floor(worst),
        at_end=terms.at_end,
        width_at_start=max(net.width, _NONE),
        bidless=bidless(package, quotes),
        pace=terms.pace,
    )


def _worst(terms: WalkTerms, legs: Sequence[Leg], grid: Grid) -> Decimal | None:
    """Return the worst net for one unit."""
    if terms.worst_price is not None:
        return grid.price(terms.worst_price)
    if terms.worst_pnl is None:
        return None
    cost = sum((known_entry(leg) * leg.quantity * leg.multiplier for leg in legs), _NONE)
    return -(cost + terms.worst_pnl) / _dollars_of_one(legs)


def known_entry(leg: Leg) -> Decimal:
    """
    Return what a leg was opened at.

    Raises:
        CannotPlan: `no_entry_price`.
    """
    if leg.entry_price is None:
        raise CannotPlan(
            "no_entry_price",
            f"The entry price of {leg.symbol} is not known, so no P&L can be kept to. "
            "Give the worst price instead.",
        )
    return leg.entry_price


def _dollars_of_one(legs: Sequence[Leg]) -> Decimal:
    """What one dollar of net price is worth over the whole order."""
    units = units_of(legs)
    return Decimal(units * legs[0].multiplier)


def units_of(legs: Sequence[Leg]) -> int:
    """How many units of a package these legs are."""
    return math.gcd(*(leg.contracts for leg in legs))
