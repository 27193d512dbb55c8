"""
Sales of other hands that may take the cover off a short.

Each of two sales may leave a short to what the other sells, and Alpaca may take both: it lets the
cover of a put go when cash secures it, as users report. Both may fill, and the later one leaves the
short naked (invariant I6). Packages trade all their legs together and are not counted.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal

from closeout.closing.guards import check_coverage
from closeout.closing.plans import Plan
from closeout.closing.state import CloseState
from closeout.domain.errors import CannotPlan
from closeout.domain.holdings import Holding, Holdings, root_of
from closeout.domain.orders import OrderReport, Side
from closeout.runtime.orders import Orders


def sales_elsewhere(
    symbols: Sequence[str],
    holdings: Holdings,
    orders: Orders,
    closes: Sequence[CloseState],
    *,
    but: Collection[str] = (),
) -> list[OrderReport]:
    """Return the open sales of what can cover `symbols`, less those of closes and of `but`."""
    roots = {root_of(symbol) for symbol in symbols}
    held = {row.symbol for row in holdings.rows if _is_held_back(row)}
    if roots.isdisjoint(map(root_of, held)):
        return []
    return [
        order
        for order in orders.open()
        if _is_sale(order)
        and root_of(order.legs[0].symbol) in roots
        and order.order_id not in but
        and not any(state.knows(order) for state in closes)
    ]


def after_sales(holdings: Holdings, sales: Sequence[OrderReport]) -> Holdings:
    """Return what is left when these have filled: of each row at most what open orders hold."""
    if not sales:
        return holdings
    sold: Counter[str] = Counter()
    for order in sales:
        leg = order.legs[0]
        sold[leg.symbol] += leg.quantity - leg.filled
    return replace(holdings, rows=tuple(_less(row, sold[row.symbol]) for row in holdings.rows))


def check_unsold_cover(plan: Plan, left: Holdings, sales: Sequence[OrderReport]) -> None:
    """
    Refuse a plan that leaves shorts to cover which is on sale; `left` is what sales leave.

    Raises:
        CannotPlan: `would_uncover`, naming the orders.
    """
    if not sales:
        return
    try:
        check_coverage(plan, left)
    except CannotPlan as problem:
        names = ", ".join(order.order_id for order in sales)
        raise CannotPlan(
            problem.reason_code,
            f"What would still cover a short contract is on sale: open order {names} may fill "
            "too and leave it uncovered. Cancel that order first, or buy the short leg back.",
        ) from problem


def _is_sale(order: OrderReport) -> bool:
    return len(order.legs) == 1 and order.legs[0].side is Side.SELL


def _is_held_back(row: Holding) -> bool:
    return row.quantity > row.available


def _less(row: Holding, sold: int) -> Holding:
    if not sold or not _is_held_back(row):
        return row
    return replace(row, quantity=row.quantity - min(Decimal(sold), row.quantity - row.available))
