"""Quotes, trades, snapshots, contracts, assets and sessions as JSON.

The data side sends JSON numbers, the trading side strings, as Alpaca does.
"""

from datetime import datetime
from typing import Any, Final

from alpaca_simulator.exchange.contracts import MULTIPLIER, Asset, ListedContract, asset_id
from alpaca_simulator.exchange.corporate import CorporateAction
from alpaca_simulator.exchange.quotes import Greeks, Quote, Snapshot, Trade
from alpaca_simulator.exchange.sessions import ClockReading, Session
from alpaca_simulator.wire.text import eastern, number

Json = dict[str, Any]
_OPTION_VENUES: Final = "ABCEHIJMNPQTUWXZ"
_STOCK_VENUES: Final = "KNPQVYZ"
_TAPES: Final = {"NYSE": "A", "ARCA": "B", "AMEX": "B", "BATS": "B", "NASDAQ": "C"}


def option_quote(quote: Quote, at: datetime | str) -> Json:
    """`at` is text in REST and JSON, a datetime where MessagePack's timestamp extension goes."""
    return {
        "t": at,
        "bx": _venue(quote.symbol, quote.bid_size, _OPTION_VENUES),
        "bp": float(quote.bid),
        "bs": quote.bid_size,
        "ax": _venue(quote.symbol, quote.ask_size, _OPTION_VENUES),
        "ap": float(quote.ask),
        "as": quote.ask_size,
        "c": "A",
    }


def option_trade(trade: Trade, at: datetime | str) -> Json:
    return {
        "t": at,
        "x": _venue(trade.symbol, trade.size, _OPTION_VENUES),
        "p": float(trade.price),
        "s": trade.size,
        "c": "I",
    }


def stock_quote(quote: Quote, at: datetime | str, exchange: str) -> Json:
    return {
        "t": at,
        "bx": _venue(quote.symbol, quote.bid_size, _STOCK_VENUES),
        "bp": float(quote.bid),
        "bs": quote.bid_size,
        "ax": _venue(quote.symbol, quote.ask_size, _STOCK_VENUES),
        "ap": float(quote.ask),
        "as": quote.ask_size,
        "c": ["R"],
        "z": _TAPES.get(exchange, "C"),
    }


def stock_trade(trade: Trade, at: datetime | str, exchange: str) -> Json:
    return {
        "t": at,
        "x": _venue(trade.symbol, trade.size, _STOCK_VENUES),
        "p": float(trade.price),
        "s": trade.size,
        "c": ["@"],
        "i": int(trade.at.timestamp() * 1_000_000),
        "z": _TAPES.get(exchange, "C"),
    }


def greeks(it: Greeks) -> Json:
    return {
        "delta": it.delta,
        "gamma": it.gamma,
        "theta": it.theta,
        "vega": it.vega,
        "rho": it.rho,
    }


def option_snapshot(it: Snapshot, quote: Json, trade: Json) -> Json:
    """Greeks and volatility are left out where they cannot be computed, as Alpaca does."""
    row: Json = {"latestQuote": quote, "latestTrade": trade}
    if it.greeks is not None:
        row["greeks"] = greeks(it.greeks)
    if it.implied_volatility is not None:
        row["impliedVolatility"] = it.implied_volatility
    return row


def contract(it: ListedContract, *, deliverables: bool) -> Json:
    """A row of GET /v2/options/contracts; deliverables only where they were asked for."""
    row: Json = {
        "id": it.contract.asset_id,
        "symbol": it.contract.symbol,
        "name": it.name,
        "status": "active",
        "tradable": it.tradable,
        "expiration_date": it.contract.expiration.isoformat(),
        "root_symbol": it.contract.root,
        "underlying_symbol": it.contract.underlying,
        "underlying_asset_id": it.underlying_asset_id,
        "type": it.contract.kind,
        "style": "american",
        "strike_price": number(it.contract.strike),
        "multiplier": str(MULTIPLIER),
        "size": str(MULTIPLIER),
        "ppind": it.ppind,
        "open_interest": number(it.open_interest),
    }
    if it.open_interest_date is not None:
        row["open_interest_date"] = it.open_interest_date.isoformat()
    if it.close_price is not None and it.close_price_date is not None:
        row["close_price"] = number(it.close_price)
        row["close_price_date"] = it.close_price_date.isoformat()
    if deliverables:
        row["deliverables"] = _deliverables(it)
    return row


def _deliverables(it: ListedContract) -> list[Json]:
    shares: Json = {
        "type": "equity",
        "symbol": it.contract.underlying,
        "asset_id": it.underlying_asset_id,
        "amount": str(it.delivery.shares),
        "allocation_percentage": "100",
        "settlement_type": "T+2",
        "settlement_method": "CCC",
        "delayed_settlement": False,
    }
    if not it.delivery.cash:
        return [shares]
    cash: Json = {
        "type": "cash",
        "symbol": "USD",
        "amount": number(it.delivery.cash),
        "allocation_percentage": "0",
        "settlement_type": "T+0",
        "settlement_method": "CADF",
        "delayed_settlement": False,
    }
    return [shares, cash]


def asset(it: Asset) -> Json:
    return {
        "id": it.id,
        "class": "us_equity",
        "exchange": it.exchange,
        "symbol": it.symbol,
        "name": it.name,
        "status": "active",
        "tradable": True,
        "marginable": True,
        "shortable": True,
        "easy_to_borrow": True,
        "borrow_status": "easy_to_borrow",
        "fractionable": True,
        "attributes": ["has_options"],
    }


def cash_dividend(it: CorporateAction) -> Json:
    return {
        **_action(it),
        "cusip": _cusip(it.symbol),
        "rate": float(it.rate),
        "special": it.special,
        "foreign": False,
        "payable_date": it.process_date.isoformat(),
        "record_date": it.ex_date.isoformat(),
    }


def forward_split(it: CorporateAction) -> Json:
    return {**_action(it), "cusip": _cusip(it.symbol), **_rates(it)}


def reverse_split(it: CorporateAction) -> Json:
    """A reverse split gives the stock a new CUSIP."""
    cusips = {"old_cusip": _cusip(it.symbol), "new_cusip": _cusip(f"{it.symbol} {it.ex_date}")}
    return {**_action(it), **cusips, **_rates(it)}


def _action(it: CorporateAction) -> Json:
    return {
        "id": it.id,
        "symbol": it.symbol,
        "ex_date": it.ex_date.isoformat(),
        "process_date": it.process_date.isoformat(),
    }


def _rates(it: CorporateAction) -> Json:
    return {"new_rate": float(it.new), "old_rate": float(it.old)}


def _cusip(name: str) -> str:
    """Nine digits that belong to the name and to no real security."""
    return f"{int(asset_id(name)[:8], 16):010d}"[-9:]


def clock(it: ClockReading) -> Json:
    return {
        "timestamp": eastern(it.timestamp),
        "is_open": it.is_open,
        "next_open": eastern(it.next_open),
        "next_close": eastern(it.next_close),
    }


def session(it: Session, settlement: Session) -> Json:
    """A row of GET /v2/calendar; extended hours 4:00 to 20:00, settlement the next session."""
    return {
        "date": it.date.isoformat(),
        "open": f"{it.open:%H:%M}",
        "close": f"{it.close:%H:%M}",
        "session_open": "0400",
        "session_close": "2000",
        "settlement_date": settlement.date.isoformat(),
    }


def _venue(symbol: str, size: int, venues: str) -> str:
    """An exchange letter that changes with the quote, without chance."""
    return venues[(sum(symbol.encode()) + size) % len(venues)]
