"""What happened in the world, in order; the wire turns these into stream messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from alpaca_simulator.exchange.activities import Activity
from alpaca_simulator.exchange.orders import AssetClass, Order
from alpaca_simulator.exchange.quotes import Quote, Trade


@dataclass(frozen=True, slots=True, kw_only=True)
class LegExecution:
    """What one leg of a package traded in one fill."""

    execution_id: str
    order_id: str
    symbol: str
    qty: int
    price: Decimal
    timestamp: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeUpdate:
    """One message of the trade_updates stream.

    `event` is one of pending_new, accepted, new, partial_fill, fill, pending_cancel, canceled,
    expired, pending_replace, replaced, rejected, order_replace_rejected, order_cancel_rejected,
    trade_bust.

    For fills `price` and `qty` are of this execution (net price and units for a package). A simple
    order's fill has `execution_id` and `position_qty`; a package's has `legs` and `position_qtys`
    instead, as in Alpaca's published example. Position quantities are signed. A bust has all of
    the trade it takes back.
    """

    event: str
    order: Order
    event_id: str
    timestamp: datetime
    price: Decimal | None = None
    qty: int | None = None
    execution_id: str | None = None
    position_qty: int | None = None
    position_qtys: Mapping[str, int] = field(default_factory=dict)
    legs: tuple[LegExecution, ...] = ()


@dataclass(frozen=True, slots=True)
class QuoteMoved:
    """A watched symbol's bid or ask changed."""

    asset_class: AssetClass
    quote: Quote


@dataclass(frozen=True, slots=True)
class Traded:
    """A print in a watched symbol: the market's own in a stock, the account's in an option."""

    asset_class: AssetClass
    trade: Trade


@dataclass(frozen=True, slots=True)
class ActivityPosted:
    """A row was added to the account's activities."""

    activity: Activity


Event = TradeUpdate | QuoteMoved | Traded | ActivityPosted
