"""Orders as Alpaca keeps them: a request comes in, an `Order` lives through its statuses.

Quantities are whole contracts (or shares) for simple orders and whole units for multi-leg ones.
Prices are dollars per share; a multi-leg net price is positive for a debit, negative for a credit.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class AssetClass(StrEnum):
    STOCK = "us_equity"
    OPTION = "us_option"


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY


class PositionIntent(StrEnum):
    BUY_TO_OPEN = "buy_to_open"
    BUY_TO_CLOSE = "buy_to_close"
    SELL_TO_OPEN = "sell_to_open"
    SELL_TO_CLOSE = "sell_to_close"

    @property
    def opens(self) -> bool:
        return self in {PositionIntent.BUY_TO_OPEN, PositionIntent.SELL_TO_OPEN}

    @property
    def closes(self) -> bool:
        return not self.opens

    @property
    def side(self) -> Side:
        buys = {PositionIntent.BUY_TO_OPEN, PositionIntent.BUY_TO_CLOSE}
        return Side.BUY if self in buys else Side.SELL


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"


class OrderClass(StrEnum):
    SIMPLE = "simple"
    BRACKET = "bracket"
    OCO = "oco"
    OTO = "oto"
    MLEG = "mleg"


class TimeInForce(StrEnum):
    DAY = "day"
    GTC = "gtc"
    OPG = "opg"
    CLS = "cls"
    IOC = "ioc"
    FOK = "fok"


class OrderStatus(StrEnum):
    PENDING_NEW = "pending_new"
    ACCEPTED = "accepted"
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    DONE_FOR_DAY = "done_for_day"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REPLACED = "replaced"
    REJECTED = "rejected"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"

    @property
    def is_open(self) -> bool:
        """Whether Alpaca lists the order under `status=open` and holds its quantity."""
        return self not in _ENDED


_ENDED = frozenset(
    {
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.EXPIRED,
        OrderStatus.REPLACED,
        OrderStatus.REJECTED,
        OrderStatus.DONE_FOR_DAY,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRequest:
    """One leg of a multi-leg request: `ratio_qty` contracts for each unit of the order.

    `side` may be left out when `position_intent` says it.
    """

    symbol: str
    ratio_qty: Decimal
    side: Side | None = None
    position_intent: PositionIntent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """The body of POST /v2/orders, with values read but not yet judged.

    `order_class` absent or empty means simple. `symbol` and `side` belong to simple orders,
    `legs` to multi-leg ones.
    """

    qty: Decimal | None
    type: OrderType
    time_in_force: TimeInForce
    symbol: str | None = None
    side: Side | None = None
    order_class: OrderClass | None = None
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    extended_hours: bool = False
    client_order_id: str | None = None
    position_intent: PositionIntent | None = None
    legs: tuple[LegRequest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceRequest:
    """The body of PATCH /v2/orders/{id}; what is None stays as it is."""

    qty: Decimal | None = None
    time_in_force: TimeInForce | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    client_order_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order at one moment. Orders never change in place: an event carries its own snapshot.

    The parent of a multi-leg order has an empty `symbol` and `asset_id`, no `asset_class`, no
    `side`, and its `legs`; a leg has `parent_id`, `ratio_qty`, no `type` and no prices of its own.
    `filled_avg_price` of a parent is the signed net per unit, as in Alpaca's published sample.
    """

    id: str
    client_order_id: str
    created_at: datetime
    submitted_at: datetime
    updated_at: datetime
    expires_at: datetime
    symbol: str
    asset_id: str
    asset_class: AssetClass | None
    qty: int
    status: OrderStatus
    order_class: OrderClass
    type: OrderType | None
    time_in_force: TimeInForce
    side: Side | None = None
    position_intent: PositionIntent | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    extended_hours: bool = False
    ratio_qty: int | None = None
    parent_id: str | None = None
    legs: tuple["Order", ...] = ()
    filled_qty: int = 0
    filled_value: Decimal = Decimal(0)
    """The sum of price x quantity over all executions, exact, signed for a parent."""
    filled_at: datetime | None = None
    expired_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    canceled_at: datetime | None = None
    failed_at: datetime | None = None
    replaced_at: datetime | None = None
    replaced_by: str | None = None
    replaces: str | None = None
    reserved: Decimal = Decimal(0)
    """Options buying power, in dollars, that each open unit binds."""
    triggered: bool = False
    """Whether a stop order's stop has been touched."""
    reason: str = ""
    """Why the broker ended the order, for a person; Alpaca has no such field in its answers."""

    @property
    def is_mleg(self) -> bool:
        return self.order_class is OrderClass.MLEG

    @property
    def open_qty(self) -> int:
        return self.qty - self.filled_qty

    @property
    def filled_avg_price(self) -> Decimal | None:
        if self.filled_qty == 0:
            return None
        return plain(self.filled_value / self.filled_qty)

    @property
    def contracts(self) -> tuple["Order", ...]:
        """The rows that move holdings: the legs of a package, or the simple order itself."""
        return self.legs or (self,)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """The query of GET /v2/orders. `after` and `until` are exclusive and judge `submitted_at`.

    With `asset_class` OPTION, `symbols` may hold underlyings. Multi-leg parents have no symbol;
    they are found by the symbols of their legs.
    """

    status: str = "open"
    limit: int = 50
    after: datetime | None = None
    until: datetime | None = None
    descending: bool = True
    symbols: frozenset[str] = frozenset()
    side: Side | None = None
    asset_class: AssetClass | None = None
    before_order_id: str | None = None
    after_order_id: str | None = None


def plain(price: Decimal) -> Decimal:
    """An average with at most six decimals and no trailing zeros, as Alpaca prints them."""
    rounded = price.quantize(Decimal("0.000001")).normalize()
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral_value() else rounded
