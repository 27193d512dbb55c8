"""Ways out: asking for a cancel, and Alpaca's own one-call close of a position."""

from decimal import ROUND_FLOOR, Decimal
from typing import Final

from alpaca_simulator.exchange.holdings import Holding
from alpaca_simulator.exchange.orders import (
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    PositionIntent,
    Side,
    TimeInForce,
)
from alpaca_simulator.exchange.refusals import BAD_REQUEST, unprocessable
from alpaca_simulator.exchange.transitions import moved
from alpaca_simulator.exchange.world import World

_ASKED: Final = frozenset({OrderStatus.CANCELED, OrderStatus.PENDING_CANCEL})
_WHOLE: Final = Decimal(100)


def ask_cancel(world: World, order: Order) -> None:
    """Asking again is no error, also after the cancel; a filled order refuses with 422."""
    if order.parent_id is not None:
        raise unprocessable("cannot cancel individual legs of a mleg order")
    if order.status in _ASKED:
        return
    if order.status is OrderStatus.PENDING_REPLACE:
        raise unprocessable("cannot cancel order in pending_replace status")
    if not order.status.is_open:
        raise unprocessable(f'order is already in "{order.status}" state')
    world.tell("pending_cancel", moved(world, order, OrderStatus.PENDING_CANCEL))


def closing_request(
    holding: Holding, *, qty: Decimal | None, percentage: Decimal | None
) -> OrderRequest:
    """The market day order behind DELETE /v2/positions/{symbol}."""
    if qty is not None and percentage is not None:
        raise unprocessable("only one of qty and percentage can be specified", BAD_REQUEST)
    amount = Decimal(abs(holding.qty))
    if percentage is not None:
        if not 0 < percentage <= _WHOLE:
            raise unprocessable("percentage must be between 0 and 100", BAD_REQUEST)
        amount = (amount * percentage / _WHOLE).to_integral_value(ROUND_FLOOR)
    side = Side.SELL if holding.qty > 0 else Side.BUY
    return OrderRequest(
        qty=amount if qty is None else qty,
        type=OrderType.MARKET,
        time_in_force=TimeInForce.DAY,
        symbol=holding.symbol,
        side=side,
        position_intent=PositionIntent(f"{side}_to_close"),
    )
