"""``/v2/stocks``: latest quotes and trades and snapshots, of many stocks or of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from alpaca_simulator.exchange.exchange import Exchange
from alpaca_simulator.exchange.refusals import Refusal
from alpaca_simulator.wire.render import market
from alpaca_simulator.wire.rest.call import Answer, Call, Json
from alpaca_simulator.wire.text import instant

_FEEDS: Final = frozenset({"iex", "sip", "delayed_sip"})
Render = Callable[[Exchange, str], Json | None]


def _quote(exchange: Exchange, symbol: str) -> Json | None:
    quote = exchange.quote(symbol)
    if quote is None:
        return None
    return market.stock_quote(quote, instant(quote.at), exchange.asset(symbol).exchange)


def _trade(exchange: Exchange, symbol: str) -> Json | None:
    trade = exchange.trade(symbol)
    if trade is None:
        return None
    return market.stock_trade(trade, instant(trade.at), exchange.asset(symbol).exchange)


def _snapshot(exchange: Exchange, symbol: str) -> Json | None:
    """Quote and trade; the simulator makes no bars, and Alpaca requires none here."""
    quote, trade = _quote(exchange, symbol), _trade(exchange, symbol)
    return {"latestQuote": quote, "latestTrade": trade} if quote and trade else None


def latest_quotes(call: Call) -> Answer:
    return Answer(200, {"quotes": _many(call, _quote)})


def latest_trades(call: Call) -> Answer:
    return Answer(200, {"trades": _many(call, _trade)})


def snapshots(call: Call) -> Answer:
    return Answer(200, _many(call, _snapshot))


def latest_quote(call: Call) -> Answer:
    return Answer(200, {"symbol": call.parts["symbol"], "quote": _one(call, _quote, "quote")})


def latest_trade(call: Call) -> Answer:
    return Answer(200, {"symbol": call.parts["symbol"], "trade": _one(call, _trade, "trade")})


def snapshot(call: Call) -> Answer:
    return Answer(200, {"symbol": call.parts["symbol"], **_one(call, _snapshot, "snapshot")})


def _many(call: Call, render: Render) -> Json:
    _check_feed(call)
    call.query.required("symbols")
    stocks = _stocks(call.exchange)
    rows = {
        symbol: render(call.exchange, symbol)
        for symbol in call.query.listed("symbols")
        if symbol in stocks
    }
    return {symbol: row for symbol, row in rows.items() if row is not None}


def _one(call: Call, render: Render, what: str) -> Json:
    _check_feed(call)
    symbol = call.parts["symbol"]
    row = render(call.exchange, symbol) if symbol in _stocks(call.exchange) else None
    if row is None:
        raise Refusal(404, 0, f"no {what} found for {symbol}")
    return row


def _stocks(exchange: Exchange) -> frozenset[str]:
    return frozenset(it.symbol for it in exchange.assets())


def _check_feed(call: Call) -> None:
    """Sip is the default for whoever has it; Basic has iex and the delayed feed."""
    feed = call.query.one_of("feed", _FEEDS, default="iex" if call.basic else "sip")
    if feed == "sip" and call.basic:
        raise Refusal(403, 0, "subscription does not permit querying recent SIP data")
