"""``/v1beta1/options``: latest quotes and trades, snapshots, the chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from alpaca_simulator.exchange.contracts import parse_occ
from alpaca_simulator.exchange.quotes import Snapshot
from alpaca_simulator.exchange.refusals import Refusal
from alpaca_simulator.wire.params import BadParameter
from alpaca_simulator.wire.render import market
from alpaca_simulator.wire.rest.call import Answer, Call, Json, page
from alpaca_simulator.wire.rest.reference import contract_filter
from alpaca_simulator.wire.text import instant

_FEEDS: Final = frozenset({"opra", "indicative"})
_MOST_SYMBOLS: Final = 100
_PAGE: Final = 100
_MOST: Final = 1000


def latest_quotes(call: Call) -> Answer:
    _check_feed(call)
    quotes = {symbol: call.exchange.quote(symbol) for symbol in _symbols(call)}
    return Answer(
        200,
        {
            "quotes": {
                symbol: market.option_quote(quote, instant(quote.at))
                for symbol, quote in quotes.items()
                if quote is not None
            }
        },
    )


def latest_trades(call: Call) -> Answer:
    _check_feed(call)
    trades = {symbol: call.exchange.trade(symbol) for symbol in _symbols(call)}
    return Answer(
        200,
        {
            "trades": {
                symbol: market.option_trade(trade, instant(trade.at))
                for symbol, trade in trades.items()
                if trade is not None
            }
        },
    )


def snapshots(call: Call) -> Answer:
    _check_feed(call)
    return _snapshots(call, _symbols(call))


def chain(call: Call) -> Answer:
    """All contracts of one underlying that pass the filters, ordered by symbol."""
    _check_feed(call)
    underlying, root = call.parts["symbol"], call.query.text("root_symbol")
    if root not in {None, underlying}:
        return _snapshots(call, [])
    found = call.exchange.contracts(contract_filter(call.query, frozenset({underlying})))
    return _snapshots(call, sorted(it.contract.symbol for it in found))


def _snapshots(call: Call, symbols: Sequence[str]) -> Answer:
    """Only the page is valued; `updated_since` then thins it."""
    chosen, token = page(symbols, call.query, default=_PAGE, most=_MOST)
    since = call.query.moment("updated_since")
    found = call.exchange.snapshots(chosen)
    rows = {
        symbol: _row(found[symbol])
        for symbol in chosen
        if symbol in found and (since is None or found[symbol].quote.at >= since)
    }
    return Answer(200, {"snapshots": rows, "next_page_token": token})


def _row(it: Snapshot) -> Json:
    return market.option_snapshot(
        it,
        market.option_quote(it.quote, instant(it.quote.at)),
        market.option_trade(it.trade, instant(it.trade.at)),
    )


def _symbols(call: Call) -> list[str]:
    call.query.required("symbols")
    symbols = call.query.listed("symbols")
    if len(symbols) > _MOST_SYMBOLS:
        raise BadParameter(f"too many symbols: at most {_MOST_SYMBOLS} are allowed")
    for symbol in symbols:
        if parse_occ(symbol) is None:
            raise BadParameter(f"invalid symbol: {symbol}")
    return symbols


def _check_feed(call: Call) -> None:
    """Opra is the default for whoever has it; Basic has only the indicative feed."""
    feed = call.query.one_of("feed", _FEEDS, default="indicative" if call.basic else "opra")
    if feed == "opra" and call.basic:
        raise Refusal(403, 0, "OPRA agreement is not signed")
