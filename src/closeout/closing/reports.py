"""Merging what the broker says: late, repeated and reordered reports change nothing."""

from dataclasses import replace

from closeout.closing.attempts import Attempt
from closeout.domain.orders import LegReport, OrderReport, OrderStatus


def absorb(attempt: Attempt, report: OrderReport) -> Attempt:
    """Return the attempt with `report` merged in; equal when it says nothing new."""
    orders = attempt.orders
    for index, known in enumerate(orders):
        if known.order_id == report.order_id:
            merged = merge(known, report)
            if merged == known and attempt.refusal is None:
                return attempt
            orders = (*orders[:index], merged, *orders[index + 1 :])
            break
    else:
        orders = (*orders, report)
    return replace(attempt, orders=orders, refusal=None)  # an order that is there was not refused


def merge(known: OrderReport, new: OrderReport) -> OrderReport:
    """
    Combine two reports of one order: fills only grow, an end stays an end.

    Status and fills are taken apart, for a report may know one and not the other: a list
    read without nesting has no legs, and a fill may be told after the cancel it preceded.
    """
    if new == known:
        return known
    base, other = (new, known) if _supersedes(new, known) else (known, new)
    return replace(
        base,
        filled_units=max(known.filled_units, new.filled_units),
        legs=_merge_legs(base, other),
        replaced_by=base.replaced_by or other.replaced_by,
        replaces=base.replaces or other.replaces,
        submitted_at=base.submitted_at or other.submitted_at,
    )


def _supersedes(new: OrderReport, known: OrderReport) -> bool:
    """Whether the status of `new` is the truer one: an end, then more fills, then younger."""
    if _finality(new.status) != _finality(known.status):
        return _finality(new.status) > _finality(known.status)
    if new.filled_units != known.filled_units:
        return new.filled_units > known.filled_units
    if new.updated_at is None or known.updated_at is None:
        return True
    return new.updated_at >= known.updated_at


def _finality(status: OrderStatus) -> int:
    """Filled stands over every other end: a cancel or replacement can lose that race."""
    return 2 if status is OrderStatus.FILLED else int(status.is_final)


def _merge_legs(base: OrderReport, other: OrderReport) -> tuple[LegReport, ...]:
    rows = base.legs or other.legs
    known = {leg.symbol: leg for leg in _legs_of(other, rows)}
    return tuple(_merge_leg(leg, known.get(leg.symbol)) for leg in _legs_of(base, rows))


def _legs_of(report: OrderReport, rows: tuple[LegReport, ...]) -> tuple[LegReport, ...]:
    """Fill in the legs of a report that came without: they fill together, prices unknown."""
    if report.legs:
        return report.legs
    return tuple(
        replace(leg, filled=report.filled_units * leg.ratio, average_price=None) for leg in rows
    )


def _merge_leg(leg: LegReport, other: LegReport | None) -> LegReport:
    if other is None:
        return leg
    if leg.intent is None and other.intent is not None:
        # The stream leaves the intent out (docs.alpaca.markets, websocket streaming).
        leg = replace(leg, intent=other.intent)
    if other.filled < leg.filled:
        return leg
    if other.filled == leg.filled and leg.average_price is not None:
        return leg
    return replace(leg, filled=other.filled, average_price=other.average_price)
