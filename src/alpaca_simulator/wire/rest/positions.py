"""``/v2/positions``: what is held, and closing it at market."""

from __future__ import annotations

from alpaca_simulator.exchange.exchange import CloseOutcome
from alpaca_simulator.exchange.refusals import Refusal
from alpaca_simulator.wire.params import BadParameter
from alpaca_simulator.wire.render.account import position
from alpaca_simulator.wire.render.orders import rest_order
from alpaca_simulator.wire.rest.call import Answer, Call, Json


def list_positions(call: Call) -> Answer:
    return Answer(200, [position(it) for it in call.exchange.positions()])


def get_position(call: Call) -> Answer:
    return Answer(200, position(call.exchange.position(call.parts["symbol"])))


def close_position(call: Call) -> Answer:
    qty, percentage = call.query.decimal("qty"), call.query.decimal("percentage")
    if qty is not None and percentage is not None:
        raise BadParameter("only one of qty or percentage is accepted")
    order = call.exchange.close_position(call.parts["symbol"], qty=qty, percentage=percentage)
    return Answer(200, rest_order(order, nested=True), order)


def close_all(call: Call) -> Answer:
    outcomes = call.exchange.close_all_positions(
        cancel_orders=call.query.flag("cancel_orders") or False
    )
    return Answer(207, [_closed(it) for it in outcomes])


def _closed(it: CloseOutcome) -> Json:
    if isinstance(it.outcome, Refusal):
        return {"symbol": it.symbol, "status": it.outcome.status, "body": it.outcome.body()}
    return {"symbol": it.symbol, "status": 200, "body": rest_order(it.outcome, nested=True)}
