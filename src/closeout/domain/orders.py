"""Orders as Closeout asks for them, and as the broker reports them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Side(StrEnum):
    """Which way contracts go."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for contracts that come in, -1 for those that go out."""
        return 1 if self is Side.BUY else -1

    @property
    def closing(self) -> "Intent":
        return Intent.BUY_TO_CLOSE if self is Side.BUY else Intent.SELL_TO_CLOSE


class Intent(StrEnum):
    """Alpaca's `position_intent`. Closeout sends only the two that close."""

    BUY_TO_OPEN = "buy_to_open"
    BUY_TO_CLOSE = "buy_to_close"
    SELL_TO_OPEN = "sell_to_open"
    SELL_TO_CLOSE = "sell_to_close"

    @property
    def is_closing(self) -> bool:
        return self in (Intent.BUY_TO_CLOSE, Intent.SELL_TO_CLOSE)


class OrderType(StrEnum):
    """How an order is priced."""

    MARKET = "market"
    LIMIT = "limit"


class OrderStatus(StrEnum):
    """
    Alpaca's order statuses, and one of ours for words that are new to us.

    The usual progression is pending_new, new, partially_filled, filled.
    """

    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    DONE_FOR_DAY = "done_for_day"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REPLACED = "replaced"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"
    PENDING_REVIEW = "pending_review"
    ACCEPTED = "accepted"
    PENDING_NEW = "pending_new"
    ACCEPTED_FOR_BIDDING = "accepted_for_bidding"
    STOPPED = "stopped"
    REJECTED = "rejected"
    SUSPENDED = "suspended"
    CALCULATED = "calculated"
    HELD = "held"
    UNRECOGNISED = "unrecognised"

    @property
    def is_final(self) -> bool:
        """Whether no contract is expected to trade under this order any more."""
        return self in _FINAL


_FINAL = frozenset(
    {
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.EXPIRED,
        OrderStatus.REPLACED,
        OrderStatus.REJECTED,
    }
)


@dataclass(frozen=True, slots=True)
class TicketLeg:
    """One leg of an order to be sent: `ratio` contracts per unit, always closing."""

    symbol: str
    ratio: int
    side: Side

    @property
    def intent(self) -> Intent:
        return self.side.closing


@dataclass(frozen=True, slots=True)
class Ticket:
    """
    An order to be sent, time in force day.

    `units` is how often the package trades; contracts of a leg are units times ratio.
    `limit` is dollars per share for one unit. For a package a debit is positive and a
    credit negative (Alpaca's `mleg` rule); a single leg carries its plain price.
    """

    client_order_id: str
    units: int
    legs: tuple[TicketLeg, ...]
    order_type: OrderType
    limit: Decimal | None

    def __post_init__(self) -> None:
        assert self.units > 0, "an order trades something"
        assert self.legs, "an order has legs"
        assert all(leg.ratio > 0 for leg in self.legs), "ratios are positive"
        assert (self.limit is None) == (self.order_type is OrderType.MARKET)

    @property
    def is_package(self) -> bool:
        return len(self.legs) > 1

    def contracts(self, symbol: str) -> int:
        """Contracts of `symbol` this order trades, unsigned."""
        return self.units * sum(leg.ratio for leg in self.legs if leg.symbol == symbol)


@dataclass(frozen=True, slots=True)
class LegReport:
    """
    One leg as the broker reports it. A single-leg order reports itself as its only leg.

    `quantity` and `filled` are contracts or shares, unsigned; fractional shares are cut
    to whole ones. `average_price` is dollars per share.
    """

    order_id: str
    symbol: str
    side: Side | None
    intent: Intent | None
    ratio: int
    quantity: int
    filled: int
    average_price: Decimal | None
    status: OrderStatus


@dataclass(frozen=True, slots=True)
class OrderReport:
    """
    An order as the broker reports it, cumulative: a later report never fills less.

    `limit` and `net_price` are signed as in `Ticket`. `raw_status` keeps Alpaca's word
    when `status` is `UNRECOGNISED`.
    """

    order_id: str
    client_order_id: str
    status: OrderStatus
    raw_status: str
    order_class: str
    order_type: str
    units: int
    filled_units: int
    limit: Decimal | None
    net_price: Decimal | None
    legs: tuple[LegReport, ...]
    submitted_at: datetime | None
    updated_at: datetime | None
    replaced_by: str | None
    replaces: str | None

    def leg(self, symbol: str) -> LegReport | None:
        return next((leg for leg in self.legs if leg.symbol == symbol), None)


@dataclass(frozen=True, slots=True)
class Execution:
    """One trade of one leg: `quantity` unsigned contracts at `price` dollars per share."""

    execution_id: str
    order_id: str
    symbol: str
    quantity: int
    price: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Fill:
    """
    One trade of one contract in the account, whoever sent its order.

    `order_id` is the order's or, for a leg of a package, the leg's own. `quantity` is unsigned.
    """

    fill_id: str
    order_id: str
    symbol: str
    side: Side
    quantity: int
    price: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class TradeUpdate:
    """
    One message of Alpaca's trade-updates stream.

    `event` is Alpaca's word (`fill`, `canceled`, ...). `positions` is the signed holding
    per symbol after the trade, where the message told it.

    `is_revision` says that the exchange has taken back or corrected a trade; `undone` are the
    trades that count no more.
    """

    event: str
    event_id: str | None
    order: OrderReport
    executions: tuple[Execution, ...]
    positions: tuple[tuple[str, int], ...]
    at: datetime | None
    is_revision: bool = False
    undone: tuple[Execution, ...] = ()
