"""Open orders that stand in the way of a plan."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from closeout.closing.plans import Plan, Target
from closeout.domain.orders import LegReport, OrderReport


@dataclass(frozen=True, slots=True)
class Conflict:
    """
    An open order that trades contracts of the plan.

    `holds`: it trades the same way, so Alpaca reserves for it what the plan wants to close
    (403, insufficient qty available). Otherwise it trades against the plan, and Alpaca may
    refuse the plan's order as a wash trade.
    """

    order: OrderReport
    legs: tuple[LegReport, ...]
    holds: bool


def find_conflicts(plan: Plan, open_orders: Iterable[OrderReport]) -> tuple[Conflict, ...]:
    """Return every open order that has a leg of the plan still to trade."""
    found = []
    for order in open_orders:
        shared = tuple(
            (leg, target)
            for leg in order.legs
            for target in plan.targets
            if leg.symbol == target.symbol and leg.filled < leg.quantity
        )
        if shared and not order.status.is_final:
            found.append(Conflict(order, tuple(leg for leg, _ in shared), _holds(shared)))
    return tuple(found)


def _holds(shared: Sequence[tuple[LegReport, Target]]) -> bool:
    return any(leg.side is target.side for leg, target in shared)
