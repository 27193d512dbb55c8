"""The account, its configurations, positions and activities as JSON strings and booleans."""

from dataclasses import asdict
from typing import Any

from alpaca_simulator.exchange.account import Account, Configurations
from alpaca_simulator.exchange.activities import Activity, ActivityType
from alpaca_simulator.exchange.holdings import Position
from alpaca_simulator.wire.text import instant, number

Json = dict[str, Any]


def account(it: Account) -> Json:
    """GET /v2/account. Fields of the pattern-day-trader rule left the answer on 2026-07-06."""
    money = {
        name: number(getattr(it, name))
        for name in (
            "cash",
            "equity",
            "last_equity",
            "portfolio_value",
            "long_market_value",
            "short_market_value",
            "position_market_value",
            "initial_margin",
            "maintenance_margin",
            "last_maintenance_margin",
            "buying_power",
            "regt_buying_power",
            "options_buying_power",
            "non_marginable_buying_power",
        )
    }
    return money | {
        "id": it.id,
        "account_number": it.account_number,
        "status": it.status,
        "crypto_status": "ACTIVE",
        "crypto_tier": 1,
        "currency": it.currency,
        "created_at": instant(it.created_at),
        "balance_asof": it.balance_asof.isoformat(),
        "effective_buying_power": number(it.buying_power),
        "sma": number(it.equity),
        "accrued_fees": "0",
        "pending_transfer_in": "0",
        "pending_reg_taf_fees": "0",
        "intraday_adjustments": "0",
        "multiplier": it.multiplier,
        "options_approved_level": it.options_approved_level,
        "options_trading_level": it.options_trading_level,
        "trading_blocked": it.trading_blocked,
        "account_blocked": it.account_blocked,
        "transfers_blocked": it.transfers_blocked,
        "trade_suspended_by_user": it.trade_suspended_by_user,
        "shorting_enabled": it.shorting_enabled,
        "admin_configurations": {},
        "user_configurations": None,
    }


def configurations(it: Configurations) -> Json:
    return asdict(it)


def position(it: Position) -> Json:
    """A row of GET /v2/positions; short positions have negative quantities and values."""
    return {
        "asset_id": it.asset_id,
        "symbol": it.symbol,
        "exchange": it.exchange,
        "asset_class": it.asset_class,
        "asset_marginable": it.asset_marginable,
        "qty": number(it.qty),
        "avg_entry_price": number(it.avg_entry_price),
        "side": it.side,
        "market_value": number(it.market_value),
        "cost_basis": number(it.cost_basis),
        "unrealized_pl": number(it.unrealized_pl),
        "unrealized_plpc": number(it.unrealized_plpc),
        "unrealized_intraday_pl": number(it.unrealized_intraday_pl),
        "unrealized_intraday_plpc": number(it.unrealized_intraday_plpc),
        "current_price": number(it.current_price),
        "lastday_price": number(it.lastday_price),
        "change_today": number(it.change_today),
        "qty_available": number(it.qty_available),
    }


def activity(it: Activity, account_id: str) -> Json:
    return _fill(it) if it.type is ActivityType.FILL else _non_trade(it, account_id)


def _fill(it: Activity) -> Json:
    assert it.price is not None
    assert it.cum_qty is not None
    assert it.leaves_qty is not None
    return {
        "id": it.id,
        "activity_type": it.type,
        "transaction_time": instant(it.at),
        "type": it.fill_type,
        "price": number(it.price),
        "qty": number(it.qty),
        "side": it.side,
        "symbol": it.symbol,
        "leaves_qty": number(it.leaves_qty),
        "order_id": it.order_id,
        "cum_qty": number(it.cum_qty),
        "order_status": it.order_status,
    }


def _non_trade(it: Activity, account_id: str) -> Json:
    row = {
        "id": it.id,
        "account_id": account_id,
        "activity_type": it.type,
        "date": it.date.isoformat(),
        "net_amount": number(it.net_amount or 0),
        "description": it.description,
        "symbol": it.symbol,
        "qty": number(it.qty),
        "status": "executed",
    }
    if it.price is not None:
        row["price"] = number(it.price)
    if it.group_id is not None:
        row["group_id"] = it.group_id
    return row
