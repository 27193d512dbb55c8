"""The exchange takes a trade back.

Cash and contracts are as if it had not been, what comes back at the price of the trade. It is told
as `trade_bust`, with the ids the trade was told by. What becomes of the order is not documented, so
it stays as it was told.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from alpaca_simulator.exchange.events import TradeUpdate
from alpaca_simulator.exchange.refusals import unprocessable
from alpaca_simulator.exchange.world import World


def bust(world: World, trade: TradeUpdate) -> None:
    """Take back the trade that this event told of. Raises `Refusal` when it told of none."""
    traded = tuple(_traded(trade))
    if trade.event not in {"fill", "partial_fill"} or not traded:
        raise unprocessable("only a trade can be taken back")
    for symbol, qty, price in traded:
        world.ledger.trade(symbol, -qty, price)
    is_package = trade.order.is_mleg
    world.outbox.append(
        replace(
            trade,
            event="trade_bust",
            order=world.book[trade.order.id],
            event_id=world.chance.new_id(),
            timestamp=world.now,
            position_qty=None if is_package else world.ledger.qty(trade.order.symbol),
            position_qtys={leg.symbol: world.ledger.qty(leg.symbol) for leg in trade.legs},
        )
    )
    world.revision += 1


def _traded(trade: TradeUpdate) -> Iterator[tuple[str, int, Decimal]]:
    """Symbol, signed quantity and price of each leg."""
    rows = {row.symbol: row for row in trade.order.contracts}
    for leg in trade.legs:
        side = rows[leg.symbol].side
        assert side is not None, "every leg has a side"
        yield leg.symbol, side.sign * leg.qty, leg.price
    if not trade.legs and trade.qty is not None and trade.price is not None:
        side = trade.order.side
        assert side is not None, "a simple order has a side"
        yield trade.order.symbol, side.sign * trade.qty, trade.price
