"""``/v2/orders`` and its kin."""

from __future__ import annotations

from typing import Final

from alpaca_simulator.exchange.exchange import CancelOutcome
from alpaca_simulator.exchange.orders import AssetClass, OrderFilter, Side
from alpaca_simulator.wire.bodies import read_order, read_replacement
from alpaca_simulator.wire.params import BadParameter, Query
from alpaca_simulator.wire.render.orders import order_rows, rest_order
from alpaca_simulator.wire.rest.call import Answer, Call, Json

_STATUSES: Final = frozenset({"open", "closed", "all"})
_DIRECTIONS: Final = frozenset({"asc", "desc"})
_DEFAULT_LIMIT: Final = 50
_MOST: Final = 500


def submit(call: Call) -> Answer:
    order = call.exchange.submit(read_order(call.raw))
    return Answer(200, rest_order(order, nested=True), order)


def list_orders(call: Call) -> Answer:
    limit = call.query.integer("limit", default=_DEFAULT_LIMIT, most=_MOST)
    orders = call.exchange.orders(_filter(call.query, limit))
    nested = call.query.flag("nested") or False
    return Answer(200, order_rows(orders, nested=nested, limit=limit))


def get_order(call: Call) -> Answer:
    order = call.exchange.order(call.parts["order_id"])
    return Answer(200, rest_order(order, nested=call.query.flag("nested") or False))


def get_by_client_order_id(call: Call) -> Answer:
    """Nests packages unasked, as Alpaca's notebook on multi-leg orders relies on."""
    order = call.exchange.order_by_client_order_id(call.query.required("client_order_id"))
    return Answer(200, rest_order(order, nested=True))


def replace(call: Call) -> Answer:
    order = call.exchange.replace(call.parts["order_id"], read_replacement(call.raw))
    return Answer(200, rest_order(order, nested=True), order)


def cancel(call: Call) -> Answer:
    call.exchange.cancel(call.parts["order_id"])
    return Answer(204, None)


def cancel_all(call: Call) -> Answer:
    return Answer(207, [_cancelled(outcome) for outcome in call.exchange.cancel_all()])


def _cancelled(it: CancelOutcome) -> Json:
    if it.outcome is None:
        return {"id": it.order_id, "status": 200}
    return {"id": it.order_id, "status": it.outcome.status, "body": it.outcome.body()}


def _filter(query: Query, limit: int) -> OrderFilter:
    before, after = query.text("before_order_id"), query.text("after_order_id")
    times = query.moment("after"), query.moment("until")
    if before and after:
        raise BadParameter("before_order_id and after_order_id are mutually exclusive")
    if (before or after) and any(times):
        raise BadParameter("before_order_id and after_order_id exclude after and until")
    return OrderFilter(
        status=query.one_of("status", _STATUSES, default="open"),
        limit=limit,
        after=times[0],
        until=times[1],
        descending=query.one_of("direction", _DIRECTIONS, default="desc") == "desc",
        symbols=query.items("symbols"),
        side=query.choice("side", Side),
        asset_class=_asset_class(query),
        before_order_id=before,
        after_order_id=after,
    )


def _asset_class(query: Query) -> AssetClass | None:
    """One of ours if it stands alone in the list; several, or `all`, filter nothing."""
    names = query.listed("asset_class")
    known = [name for name in names if name in set(AssetClass)]
    return AssetClass(known[0]) if names == known and len(known) == 1 else None
