"""The account as GET /v2/account and its configurations show it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Configurations:
    """GET and PATCH /v2/account/configurations. `suspend_trade` refuses every new order."""

    suspend_trade: bool = False
    no_shorting: bool = False
    fractional_trading: bool = True
    max_margin_multiplier: str = "2"
    max_options_trading_level: int = 3
    ptp_no_exception_entry: bool = False
    disable_overnight_trading: bool = False
    trade_confirm_email: str = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """GET /v2/account. Money in dollars; fields of the retired PDT rule are not shown."""

    id: str
    account_number: str
    status: str
    currency: str
    created_at: datetime
    balance_asof: date
    cash: Decimal
    equity: Decimal
    last_equity: Decimal
    portfolio_value: Decimal
    long_market_value: Decimal
    short_market_value: Decimal
    position_market_value: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    last_maintenance_margin: Decimal
    buying_power: Decimal
    regt_buying_power: Decimal
    options_buying_power: Decimal
    non_marginable_buying_power: Decimal
    multiplier: str
    options_approved_level: int
    options_trading_level: int
    trading_blocked: bool
    account_blocked: bool
    transfers_blocked: bool
    trade_suspended_by_user: bool
    shorting_enabled: bool
