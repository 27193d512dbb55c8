"""What the account holds: one row a symbol, netted, as Alpaca keeps it."""

from dataclasses import dataclass
from decimal import Decimal

from alpaca_simulator.exchange.orders import AssetClass


@dataclass(frozen=True, slots=True)
class Holding:
    """Net signed contracts (or shares) of one symbol and their average entry price per share."""

    symbol: str
    qty: int
    avg_entry_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A holding valued now: a row of GET /v2/positions.

    `qty`, `qty_available`, `market_value` and `cost_basis` are negative for short positions;
    money is whole dollars with the contract multiplier applied.
    """

    asset_id: str
    symbol: str
    exchange: str
    asset_class: AssetClass
    asset_marginable: bool
    qty: int
    qty_available: int
    avg_entry_price: Decimal
    current_price: Decimal
    lastday_price: Decimal
    market_value: Decimal
    cost_basis: Decimal
    unrealized_pl: Decimal
    unrealized_plpc: Decimal
    unrealized_intraday_pl: Decimal
    unrealized_intraday_plpc: Decimal
    change_today: Decimal

    @property
    def side(self) -> str:
        return "long" if self.qty > 0 else "short"
