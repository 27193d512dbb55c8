"""Alpaca's own SDK, alpaca-py 0.44.0, unchanged, against a simulator process on loopback."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.data.historical.option import OptionHistoricalDataClient
from alpaca.data.historical.stock import StockHistoricalDataClient
from alpaca.data.live.option import OptionDataStream
from alpaca.data.live.stock import StockDataStream
from alpaca.data.models import Quote
from alpaca.data.requests import (
    OptionChainRequest,
    OptionLatestQuoteRequest,
    OptionLatestTradeRequest,
    OptionSnapshotRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockSnapshotRequest,
)
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import (
    AccountStatus,
    ContractType,
    OrderClass,
    OrderSide,
    OrderStatus,
    PositionIntent,
    PositionSide,
    QueryOrderStatus,
    TimeInForce,
    TradeEvent,
)
from alpaca.trading.models import TradeUpdate
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetCalendarRequest,
    GetOptionContractsRequest,
    GetOrderByIdRequest,
    GetOrdersRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    OptionLegRequest,
    ReplaceOrderRequest,
)
from alpaca.trading.stream import TradingStream
from simulator.wire.desk import SCENARIO
from support.simulator import SimulatorProcess, eventually

KEYS = SimulatorProcess.keys
Sdk = Any  # its methods answer unions of models and raw data


@pytest.fixture
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(scenario=str(SCENARIO), stepped=True) as running:
        yield running


@pytest.fixture(scope="module")
def unchanged() -> Iterator[SimulatorProcess]:
    """One for all tests that only read."""
    with SimulatorProcess(scenario=str(SCENARIO), stepped=True) as running:
        yield running


@pytest.fixture
def reading(unchanged: SimulatorProcess) -> Sdk:
    return TradingClient(*KEYS, url_override=unchanged.url)


@pytest.fixture
def trading(simulator: SimulatorProcess) -> Sdk:
    return TradingClient(*KEYS, url_override=simulator.url)


@contextmanager
def running(stream: Any, simulator: SimulatorProcess, name: str) -> Iterator[None]:
    """The stream in a thread of its own, from when it has subscribed until it is stopped.

    The SDK looks for its stop only between frames or after 5 s, so its socket is cut as well.
    """
    thread = threading.Thread(target=stream.run, daemon=True)
    thread.start()
    try:
        eventually(lambda: simulator.connections()[name])
        yield
    finally:
        stream.stop()
        simulator.disconnect(name.removesuffix("_subscribed"))
        thread.join(10)
        assert not thread.is_alive()


def condor(trading: Sdk) -> list[str]:
    symbols = [str(it.symbol) for it in trading.get_all_positions() if len(it.symbol) > 6]
    return sorted((it for it in symbols if it.startswith("SPY")), key=lambda it: int(it[-8:]))


def long_call(trading: Sdk) -> str:
    return str(next(it.symbol for it in trading.get_all_positions() if it.symbol.startswith("QQQ")))


def closing_legs(symbols: list[str]) -> list[OptionLegRequest]:
    intents = [
        PositionIntent.SELL_TO_CLOSE,
        PositionIntent.BUY_TO_CLOSE,
        PositionIntent.BUY_TO_CLOSE,
        PositionIntent.SELL_TO_CLOSE,
    ]
    return [
        OptionLegRequest(symbol=symbol, ratio_qty=1, position_intent=intent)
        for symbol, intent in zip(symbols, intents, strict=True)
    ]


def test_account_clock_calendar_and_assets_are_read(reading: Sdk) -> None:
    account = reading.get_account()
    assert AccountStatus.ACTIVE is account.status
    assert 3 == account.options_trading_level
    clock = reading.get_clock()
    assert clock.is_open is True
    [day] = reading.get_calendar(
        GetCalendarRequest(start=date(2026, 11, 27), end=date(2026, 11, 27))
    )
    assert 13 == day.close.hour
    spy = reading.get_asset("SPY")
    assert "SPY" == spy.symbol
    assert {"SPY", "QQQ"} == {asset.symbol for asset in reading.get_all_assets()}
    assert reading.get_account_configurations().suspend_trade is False


def test_positions_are_read(reading: Sdk) -> None:
    positions = reading.get_all_positions()
    assert 6 == len(positions)
    short = reading.get_open_position(condor(reading)[1])
    assert (PositionSide.SHORT, "-4") == (short.side, short.qty)


def test_contracts_are_read(reading: Sdk) -> None:
    query = GetOptionContractsRequest(
        underlying_symbols=["SPY", "QQQ"], type=ContractType.PUT, expiration_date_lte="2099-01-01"
    )
    answer = reading.get_option_contracts(query)
    assert answer.next_page_token
    assert {ContractType.PUT} == {contract.type for contract in answer.option_contracts}
    one = reading.get_option_contract(condor(reading)[0])
    assert "100" == one.size


def test_quotes_trades_snapshots_and_the_chain_are_read(
    unchanged: SimulatorProcess, reading: Sdk
) -> None:
    options: Sdk = OptionHistoricalDataClient(*KEYS, url_override=unchanged.url)
    symbols = condor(reading)
    quotes = options.get_option_latest_quote(OptionLatestQuoteRequest(symbol_or_symbols=symbols))
    assert set(symbols) == set(quotes)
    assert all(quote.ask_price > 0 for quote in quotes.values())
    trades = options.get_option_latest_trade(OptionLatestTradeRequest(symbol_or_symbols=symbols[0]))
    assert trades[symbols[0]].price > 0
    snapshots = options.get_option_snapshot(OptionSnapshotRequest(symbol_or_symbols=symbols))
    assert -1 < snapshots[symbols[0]].greeks.delta < 0
    chain = options.get_option_chain(
        OptionChainRequest(underlying_symbol="SPY", type=ContractType.CALL)
    )
    assert len(chain) > 100  # more than a page, so the SDK followed the tokens
    stocks: Sdk = StockHistoricalDataClient(*KEYS, url_override=unchanged.url)
    names = ["SPY", "QQQ"]
    assert set(names) == set(
        stocks.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols=names))
    )
    assert set(names) == set(
        stocks.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols=names))
    )
    snapshot = stocks.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols=names))
    assert snapshot["SPY"].latest_trade.price > 0


def test_a_condor_is_closed_as_one_order(simulator: SimulatorProcess, trading: Sdk) -> None:
    order = trading.submit_order(
        MarketOrderRequest(
            qty=4,
            order_class=OrderClass.MLEG,
            time_in_force=TimeInForce.DAY,
            legs=closing_legs(condor(trading)),
            client_order_id="sdk-close",
        )
    )
    assert (OrderClass.MLEG, 4) == (order.order_class, len(order.legs))
    simulator.advance(1)
    simulator.advance(1)
    filled = trading.get_order_by_client_id("sdk-close")
    assert OrderStatus.FILLED is filled.status
    assert [] == condor(trading)
    assert 2 == len(trading.get_all_positions())


def test_a_package_is_replaced_and_cancelled(simulator: SimulatorProcess, trading: Sdk) -> None:
    order = trading.submit_order(
        LimitOrderRequest(
            qty=4,
            limit_price=-20,
            order_class=OrderClass.MLEG,
            time_in_force=TimeInForce.DAY,
            legs=closing_legs(condor(trading)),
        )
    )
    simulator.advance(1)
    replaced = trading.replace_order_by_id(order.id, ReplaceOrderRequest(limit_price=-19.5))
    assert order.id == replaced.replaces
    simulator.advance(1)
    trading.cancel_order_by_id(replaced.id)
    simulator.advance(1)
    gone = trading.get_order_by_id(replaced.id, GetOrderByIdRequest(nested=True))
    assert (OrderStatus.CANCELED, "-19.5", 4) == (gone.status, gone.limit_price, len(gone.legs))
    closed = trading.get_orders(
        GetOrdersRequest(status=QueryOrderStatus.CLOSED, nested=True, limit=2)
    )
    assert [OrderStatus.CANCELED, OrderStatus.REPLACED] == [it.status for it in closed]


def test_a_single_leg_is_closed(simulator: SimulatorProcess, trading: Sdk) -> None:
    order = trading.submit_order(
        MarketOrderRequest(
            symbol=long_call(trading),
            qty=1,
            side=OrderSide.SELL,
            time_in_force=TimeInForce.DAY,
            position_intent=PositionIntent.SELL_TO_CLOSE,
        )
    )
    simulator.advance(1)
    simulator.advance(1)
    assert OrderStatus.FILLED is trading.get_order_by_id(order.id).status


def test_a_refusal_is_an_api_error_with_alpacas_code(reading: Sdk) -> None:
    request = MarketOrderRequest(
        symbol=long_call(reading),
        qty=9,
        side=OrderSide.SELL,
        time_in_force=TimeInForce.DAY,
        position_intent=PositionIntent.SELL_TO_CLOSE,
    )
    with pytest.raises(APIError) as refused:
        reading.submit_order(request)
    assert (403, 40310000) == (refused.value.status_code, refused.value.code)


def test_positions_are_closed_one_by_one_and_all_at_once(
    simulator: SimulatorProcess, trading: Sdk
) -> None:
    order = trading.close_position(long_call(trading), ClosePositionRequest(qty="1"))
    assert (OrderSide.SELL, "1") == (order.side, order.qty)
    simulator.advance(1)
    simulator.advance(1)
    outcomes = trading.close_all_positions(cancel_orders=True)
    assert 6 == len(outcomes)
    assert {200} <= {outcome.status for outcome in outcomes}


def test_all_orders_are_cancelled(simulator: SimulatorProcess, trading: Sdk) -> None:
    order = trading.submit_order(
        LimitOrderRequest(
            symbol=long_call(trading),
            qty=1,
            limit_price=900,
            side=OrderSide.SELL,
            time_in_force=TimeInForce.DAY,
        )
    )
    simulator.advance(1)
    [outcome] = trading.cancel_orders()
    assert (order.id, 200) == (outcome.id, outcome.status)


@pytest.mark.parametrize("raw", [False, True])
def test_the_trading_stream_hears_a_fill(
    simulator: SimulatorProcess, trading: Sdk, *, raw: bool
) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    stream = TradingStream(*KEYS, raw_data=raw, url_override=f"{simulator.stream_url}/stream")

    async def hear(update: Any) -> None:
        heard.put(update)

    stream.subscribe_trade_updates(hear)
    with running(stream, simulator, "trade_updates_subscribed"):
        trading.submit_order(
            MarketOrderRequest(
                qty=4,
                order_class=OrderClass.MLEG,
                time_in_force=TimeInForce.DAY,
                legs=closing_legs(condor(trading)),
            )
        )
        simulator.advance(1)
        simulator.advance(1)
        updates = [heard.get(timeout=10) for _ in range(3)]
    if raw:
        assert ["pending_new", "new", "fill"] == [it["data"]["event"] for it in updates]
        assert 4 == len(updates[-1]["data"]["legs"])
    else:
        assert all(isinstance(it, TradeUpdate) for it in updates)
        assert [TradeEvent.PENDING_NEW, TradeEvent.NEW, TradeEvent.FILL] == [
            it.event for it in updates
        ]
        assert 4 == updates[-1].qty


def test_the_option_stream_hears_quotes(simulator: SimulatorProcess, trading: Sdk) -> None:
    symbol = condor(trading)[1]
    heard: queue.Queue[Any] = queue.Queue()
    stream = OptionDataStream(*KEYS, url_override=f"{simulator.stream_url}/v1beta1/indicative")

    async def hear(quote: Any) -> None:
        heard.put(quote)

    stream.subscribe_quotes(hear, symbol)
    with running(stream, simulator, "options_subscribed"):
        simulator.pin_quote(symbol, "1.25", "1.45")
        quote = heard.get(timeout=10)
        while (quote.bid_price, quote.ask_price) != (1.25, 1.45):
            quote = heard.get(timeout=10)
    assert isinstance(quote, Quote)
    assert symbol == quote.symbol


def test_the_stock_stream_hears_quotes_and_trades(simulator: SimulatorProcess) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    stream = StockDataStream(*KEYS, url_override=f"{simulator.stream_url}/v2/iex")

    async def hear(message: Any) -> None:
        heard.put(type(message).__name__)

    stream.subscribe_quotes(hear, "SPY")
    stream.subscribe_trades(hear, "SPY")
    with running(stream, simulator, "stocks_subscribed"):
        simulator.set_spot("SPY", "611")
        assert {"Quote", "Trade"} == {heard.get(timeout=10), heard.get(timeout=10)}
