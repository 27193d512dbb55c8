"""Trade updates as JSON, in the shape of docs.alpaca.markets/docs/websocket-streaming."""

import uuid
from typing import Any

from alpaca_simulator.exchange.events import LegExecution, TradeUpdate
from alpaca_simulator.wire.render.orders import stream_order
from alpaca_simulator.wire.text import instant, number, ulid

Json = dict[str, Any]


def trade_update(update: TradeUpdate) -> Json:
    """The whole message. A package's fill carries `legs` and `position_qtys` and no execution_id.

    Events that are no executions carry neither price nor quantity.
    """
    data: Json = {
        "at": instant(update.timestamp),
        "event_id": _event_id(update),
        "event": update.event,
        "timestamp": instant(update.timestamp),
        "order": stream_order(update.order),
    }
    if update.price is not None and update.qty is not None:
        data["price"] = number(update.price)
        data["qty"] = number(update.qty)
    if update.execution_id is not None:
        data["execution_id"] = update.execution_id
    if update.position_qty is not None:
        data["position_qty"] = number(update.position_qty)
    if update.legs:
        data["position_qtys"] = {s: number(qty) for s, qty in update.position_qtys.items()}
        data["legs"] = [_execution(leg) for leg in update.legs]
    return {"stream": "trade_updates", "data": data}


def _execution(leg: LegExecution) -> Json:
    return {
        "execution_id": leg.execution_id,
        "qty": number(leg.qty),
        "price": number(leg.price),
        "order_id": leg.order_id,
        "symbol": leg.symbol,
        "timestamp": instant(leg.timestamp),
    }


def _event_id(update: TradeUpdate) -> str:
    """The exchange's event id as a ULID: the same event keeps the same id however often sent."""
    try:
        entropy = uuid.UUID(update.event_id).int
    except ValueError:
        return update.event_id
    return ulid(update.timestamp, entropy)
