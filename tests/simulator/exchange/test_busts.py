"""A trade that the exchange takes back."""

import pytest
from simulator.exchange.worlds import BTC, STC, call, exchange, package, put, single

from alpaca_simulator.exchange.events import TradeUpdate
from alpaca_simulator.exchange.exchange import Exchange
from alpaca_simulator.exchange.orders import OrderRequest
from alpaca_simulator.exchange.refusals import Refusal

SHORT, LONG = put(580), put(570)


def filled(world: Exchange, request: OrderRequest, units: int) -> TradeUpdate:
    """Trade an order whole and return what was told of it."""
    order = world.submit(request)
    world.fill(order.id, units)
    return next(it for it in trades(world) if it.event == "fill")


def trades(world: Exchange) -> list[TradeUpdate]:
    return [it for it in world.drain_events() if isinstance(it, TradeUpdate)]


def test_cash_and_contracts_are_as_if_it_had_not_been() -> None:
    world = exchange({SHORT: -4, LONG: 4})
    cash = world._world.ledger.cash
    trade = filled(world, package((BTC, SHORT), (STC, LONG), qty="4"), 4)

    world.bust(trade)

    assert cash == world._world.ledger.cash
    assert {SHORT: -4, LONG: 4} == {row.symbol: row.qty for row in world._world.ledger.held()}


def test_it_is_told_by_the_ids_of_the_trade_and_the_order_stays() -> None:
    world = exchange({SHORT: -4, LONG: 4})
    trade = filled(world, package((BTC, SHORT), (STC, LONG), qty="4"), 4)

    world.bust(trade)

    [told] = trades(world)
    assert ("trade_bust", trade.legs, trade.order) == (told.event, told.legs, told.order)
    assert {SHORT: -4, LONG: 4} == told.position_qtys
    assert trade.event_id != told.event_id


def test_a_single_leg_is_taken_back_too() -> None:
    world = exchange({call(640): 3})
    trade = filled(world, single(call(640), STC, qty="2"), 2)

    world.bust(trade)

    [told] = trades(world)
    assert (3, trade.execution_id, 2) == (told.position_qty, told.execution_id, told.qty)


def test_what_is_no_trade_cannot_be_taken_back() -> None:
    world = exchange({call(640): 3})
    world.submit(single(call(640), STC))
    [told] = trades(world)

    with pytest.raises(Refusal, match="only a trade can be taken back"):
        world.bust(told)
