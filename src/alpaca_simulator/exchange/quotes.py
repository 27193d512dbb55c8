"""What the market data side shows: quotes, trades, greeks, snapshots."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """A two-sided market in dollars per share; a bid of zero with size zero means no bid."""

    symbol: str
    bid: Decimal
    bid_size: int
    ask: Decimal
    ask_size: int
    at: datetime

    @property
    def mid(self) -> Decimal:
        return (self.bid + self.ask) / 2

    @property
    def has_bid(self) -> bool:
        return self.bid > 0


@dataclass(frozen=True, slots=True)
class Trade:
    """The last sale as shown, dollars per share."""

    symbol: str
    price: Decimal
    size: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Greeks:
    """Per share and per year for delta and gamma, per day for theta, per point for vega and rho."""

    delta: float
    gamma: float
    theta: float
    vega: float
    rho: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Latest quote and trade of one symbol; greeks and volatility only for options."""

    symbol: str
    quote: Quote
    trade: Trade
    greeks: Greeks | None = None
    implied_volatility: float | None = None
