"""Merging what the broker says: late, repeated and reordered reports change nothing."""

from dataclasses import replace

from closeout.closing.state import Attempt
from closeout.domain.orders import LegReport, OrderReport, OrderStatus


def absorb(attempt: Attempt, report: OrderReport) -> Attempt:
    """Return the attempt with `report` merged in; equal when it says nothing new."""
    for index, known in enumerate(attempt.orders):
        if known.order_id == report.order_id:
            merged = merge(known, report)
            orders = (*attempt.orders[:index], merged, *attempt.orders[index + 1 :])
            return replace(attempt, orders=orders)
    return replace(attempt, orders=(*attempt.orders, report))


def merge(known: OrderReport, new: OrderReport) -> OrderReport:
    """Combine two reports of one order: fills only grow, an end stays an end."""
    base, other = (new, known) if _supersedes(new, known) else (known, new)
    return replace(
        base,
        filled_units=max(known.filled_units, new.filled_units),
        legs=_merge_legs(base.legs, other.legs),
        replaced_by=base.replaced_by or other.replaced_by,
        replaces=base.replaces or other.replaces,
        submitted_at=base.submitted_at or other.submitted_at,
    )


def _supersedes(new: OrderReport, known: OrderReport) -> bool:
    if _rank(new) != _rank(known):
        return _rank(new) > _rank(known)
    if new.updated_at is None or known.updated_at is None:
        return True
    return new.updated_at >= known.updated_at


def _rank(report: OrderReport) -> tuple[int, int, int]:
    """Order reports by how much they know: contracts filled, then how final they are."""
    traded = sum(leg.filled for leg in report.legs)
    complete = report.status is OrderStatus.FILLED
    return (max(traded, report.filled_units), int(complete), int(report.status.is_final))


def _merge_legs(base: tuple[LegReport, ...], other: tuple[LegReport, ...]) -> tuple[LegReport, ...]:
    if not base:
        return other
    known = {leg.symbol: leg for leg in other}
    return tuple(_merge_leg(leg, known.get(leg.symbol)) for leg in base)


def _merge_leg(leg: LegReport, other: LegReport | None) -> LegReport:
    if other is None or other.filled <= leg.filled:
        return leg
    return replace(leg, filled=other.filled, average_price=other.average_price)
