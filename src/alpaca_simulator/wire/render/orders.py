"""Orders as JSON. REST and the trade updates stream print the same order differently.

Shapes: the order examples of Alpaca's trading-api.json for REST, the published mleg fill of
docs.alpaca.markets/docs/websocket-streaming for the stream.
"""

from collections.abc import Sequence
from typing import Any, Final

from alpaca_simulator.exchange.orders import Order
from alpaca_simulator.wire.text import instant, instant_or_null, number, number_or_null

Json = dict[str, Any]
ZERO_UUID: Final = "00000000-0000-0000-0000-000000000000"


def rest_order(order: Order, *, nested: bool) -> Json:
    """One order as the REST endpoints print it; its legs only when `nested`."""
    row = _common(order) | {
        "asset_id": order.asset_id,
        "side": order.side or "",
        "source": None,
        "subtag": None,
        "legs": None,
    }
    if order.legs and nested:
        row["legs"] = [rest_order(leg, nested=False) for leg in order.legs]
    if not order.legs:
        row["expires_at"] = instant(order.expires_at)
        row["position_intent"] = order.position_intent
    if order.ratio_qty is not None:
        row["ratio_qty"] = number(order.ratio_qty)
    if row.get("position_intent", "") is None:
        del row["position_intent"]
    return row


def order_rows(orders: Sequence[Order], *, nested: bool, limit: int) -> list[Json]:
    """A list answer: packages with their legs inside, or else every leg as a row of its own."""
    if nested:
        return [rest_order(order, nested=True) for order in orders[:limit]]
    flat = [row for order in orders for row in (order, *order.legs)]
    return [rest_order(row, nested=False) for row in flat[:limit]]


def stream_order(order: Order) -> Json:
    """One order as a trade update carries it: always nested, `cancel_requested_at` told."""
    is_parent = bool(order.legs)
    row = _common(order) | {
        "cancel_requested_at": instant_or_null(order.cancel_requested_at),
        "asset_id": ZERO_UUID if is_parent else order.asset_id,
        "side": "buy" if is_parent else order.side,
        "legs": [stream_order(leg) for leg in order.legs] if is_parent else None,
    }
    if order.ratio_qty is not None:
        row["ratio_qty"] = number(order.ratio_qty)
    return row


def _common(order: Order) -> Json:
    return {
        "id": order.id,
        "client_order_id": order.client_order_id,
        "created_at": instant(order.created_at),
        "updated_at": instant(order.updated_at),
        "submitted_at": instant(order.submitted_at),
        "filled_at": instant_or_null(order.filled_at),
        "expired_at": instant_or_null(order.expired_at),
        "canceled_at": instant_or_null(order.canceled_at),
        "failed_at": instant_or_null(order.failed_at),
        "replaced_at": instant_or_null(order.replaced_at),
        "replaced_by": order.replaced_by,
        "replaces": order.replaces,
        "symbol": order.symbol,
        "asset_class": order.asset_class or "",
        "notional": None,
        "qty": number(order.qty),
        "filled_qty": number(order.filled_qty),
        "filled_avg_price": number_or_null(order.filled_avg_price),
        "order_class": order.order_class,
        "order_type": order.type or "",
        "type": order.type or "",
        "time_in_force": order.time_in_force,
        "limit_price": number_or_null(order.limit_price),
        "stop_price": number_or_null(order.stop_price),
        "status": order.status,
        "extended_hours": order.extended_hours,
        "trail_percent": None,
        "trail_price": None,
        "hwm": None,
    }
