"""What a request is about, so that a fault can be matched to it."""

from __future__ import annotations

from aiohttp import web

from alpaca_simulator.exchange.orders import Order
from alpaca_simulator.exchange.refusals import Refusal
from alpaca_simulator.wire.broker import Broker
from alpaca_simulator.wire.faults import Occasion
from alpaca_simulator.wire.params import Query


def occasion_of(broker: Broker, request: web.Request, body: object) -> Occasion:
    """Method and path, with the client order id and symbols the request names.

    A request for one order by its id is about that order's client order id and contracts.
    """
    where = f"{request.method} {request.path}"
    order = _order_in_path(broker, request)
    if order is not None:
        symbols = frozenset(row.symbol for row in order.contracts)
        return Occasion(where, order.client_order_id, symbols)
    rows = _rows(body)
    symbols = frozenset(Query.joining(request.query).listed("symbols")) | {
        symbol for row in rows if isinstance(symbol := row.get("symbol"), str)
    }
    if "symbol" in request.match_info:
        symbols |= {request.match_info["symbol"]}
    return Occasion(where, _client_order_id(request, rows), symbols)


def _client_order_id(request: web.Request, rows: list[dict[str, object]]) -> str:
    given = rows[0].get("client_order_id") if rows else None
    return given if isinstance(given, str) else request.query.get("client_order_id", "")


def _rows(body: object) -> list[dict[str, object]]:
    """An order body and its legs."""
    if not isinstance(body, dict):
        return []
    legs = body.get("legs")
    if not isinstance(legs, list):
        return [body]
    return [body, *(leg for leg in legs if isinstance(leg, dict))]


def _order_in_path(broker: Broker, request: web.Request) -> Order | None:
    if "order_id" not in request.match_info:
        return None
    try:
        return broker.driver.exchange.order(request.match_info["order_id"])
    except Refusal:
        return None
