"""What must hold before anything is sent. Each guard names what stands in the way."""

from collections.abc import Collection, Iterable
from decimal import Decimal

from closeout.closing.plans import Plan, Target
from closeout.domain.coverage import newly_uncovered
from closeout.domain.errors import CannotPlan
from closeout.domain.holdings import Holdings
from closeout.domain.orders import OrderReport
from closeout.domain.strategies import Leg


def check_reduces(
    plan: Plan,
    holdings: Holdings,
    open_orders: Iterable[OrderReport],
    *,
    cancels: Collection[str] = (),
) -> None:
    """
    Refuse a plan that would close more than is there and free (invariant I3).

    `cancels` are the ids of open orders that are cancelled first.

    Raises:
        CannotPlan: `position_changed` when less is held than is to be closed,
            `contracts_held` when another open order holds the contracts.
    """
    orders = tuple(open_orders)
    for target in plan.targets:
        held = holdings.quantity(target.symbol)
        if held * target.side.sign > 0 or abs(held) < target.contracts:
            raise CannotPlan(
                "position_changed",
                f"The account holds {_count(held)} of {target.symbol} now, not the "
                f"{target.contracts} this would close. Look at the refreshed position.",
            )
        _check_free(target, holdings, orders, cancels)


def holders(plan: Plan, holdings: Holdings, orders: Iterable[OrderReport]) -> list[OrderReport]:
    """Return the open orders that hold contracts the plan lacks."""
    short = [target for target in plan.targets if not _is_free(target, holdings)]
    return [order for order in orders if any(_holds(order, target) for target in short)]


def _is_free(target: Target, holdings: Holdings) -> bool:
    row = holdings.row(target.symbol)
    return row is None or row.available >= target.contracts


def _holds(order: OrderReport, target: Target) -> bool:
    leg = order.leg(target.symbol)
    return leg is not None and leg.side in (None, target.side) and not order.status.is_final


def _check_free(
    target: Target,
    holdings: Holdings,
    orders: tuple[OrderReport, ...],
    cancels: Collection[str],
) -> None:
    if _is_free(target, holdings):
        return
    row = holdings.row(target.symbol)
    assert row is not None, "without a row nothing is held back"
    holders = [order for order in orders if _holds(order, target)]
    if holders and all(order.order_id in cancels for order in holders):
        return
    named = ", ".join(order.order_id for order in holders) or "an order Alpaca does not list"
    raise CannotPlan(
        "contracts_held",
        f"Only {_count(row.available)} of the {target.contracts} contracts of {target.symbol} "
        f"are free: open order {named} holds the rest. "
        "Cancel it first, or ask to have it cancelled (cancel_conflicting).",
    )


def check_coverage(plan: Plan, holdings: Holdings) -> None:
    """
    Refuse a plan that leaves more uncovered shorts than there are (invariant I6).

    Every step is checked as if the plan stopped after it, and against what is there when it
    comes, as Alpaca judges it.

    Raises:
        CannotPlan: `would_uncover`.
    """
    quantities: dict[str, Decimal] = {}
    for symbol in plan.symbols:
        quantities |= holdings.of_root(symbol)
    for step in plan.steps:
        before = dict(quantities)
        for leg in step.legs:
            change = leg.side.sign * step.units * leg.ratio
            quantities[leg.symbol] = quantities.get(leg.symbol, Decimal(0)) + change
        bare = newly_uncovered(before, quantities)
        if bare:
            symbols = " and ".join(leg.symbol for leg in step.legs)
            raise CannotPlan(
                "would_uncover",
                f"Selling {symbols} would leave {bare} short contract{'s' if bare > 1 else ''} "
                "uncovered, which Alpaca refuses. Buy the short leg back first, or close the "
                "whole strategy.",
            )


def leg_would_uncover(leg: Leg, holdings: Holdings) -> bool:
    """Whether selling this leg alone leaves more uncovered shorts than there are."""
    if leg.is_short:
        return False
    before = holdings.of_root(leg.symbol)
    after = {**before, leg.symbol: before.get(leg.symbol, Decimal(0)) - leg.quantity}
    return newly_uncovered(before, after) > 0


def _count(quantity: Decimal) -> str:
    return format(quantity.normalize(), "f")
