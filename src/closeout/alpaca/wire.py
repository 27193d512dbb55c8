"""
The JSON Alpaca sends, as far as it is used, and how bytes become it.

Unknown fields are ignored and anything may be missing except what names the thing. msgspec
builds a Decimal from the digits of a JSON string or number, never by way of a float.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

import msgspec

from closeout.ports import ReadFailed

T = TypeVar("T")

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time that says its offset; Alpaca writes `Z` or New York's."""


class Unreadable(ReadFailed):
    """What came is not what Alpaca documents; nothing is known by it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Alpaca's answer could not be read: {reason}")


class OrderRow(msgspec.Struct, frozen=True):
    """An order, or one leg of it; legs are full orders of their own."""

    id: str
    client_order_id: str | None = None
    status: str | None = None
    order_class: str | None = None
    type: str | None = None
    order_type: str | None = None
    symbol: str | None = None
    side: str | None = None
    position_intent: str | None = None
    qty: Decimal | None = None
    filled_qty: Decimal | None = None
    filled_avg_price: Decimal | None = None
    limit_price: Decimal | None = None
    ratio_qty: Decimal | None = None
    created_at: Instant | None = None
    submitted_at: Instant | None = None
    updated_at: Instant | None = None
    replaced_by: str | None = None
    replaces: str | None = None
    legs: "list[OrderRow] | None" = None


class PositionRow(msgspec.Struct, frozen=True):
    symbol: str
    qty: Decimal
    side: str | None = None
    qty_available: Decimal | None = None
    avg_entry_price: Decimal | None = None
    asset_class: str | None = None


class FillRow(msgspec.Struct, frozen=True):
    """A row of the account's FILL activities."""

    id: str
    order_id: str
    symbol: str
    side: str
    qty: Decimal
    price: Decimal
    transaction_time: Instant


class SettlementRow(msgspec.Struct, frozen=True):
    """A row of the account's OPASN, OPEXC, OPEXP and OPTRD activities."""

    id: str
    activity_type: str
    symbol: str
    qty: Decimal
    date: date
    status: str | None = None
    price: Decimal | None = None


class AccountRow(msgspec.Struct, frozen=True):
    account_number: str
    status: str | None = None
    equity: Decimal | None = None
    cash: Decimal | None = None
    options_buying_power: Decimal | None = None
    options_trading_level: int | None = None
    account_blocked: bool | None = None
    trading_blocked: bool | None = None
    trade_suspended_by_user: bool | None = None


class ClockRow(msgspec.Struct, frozen=True):
    is_open: bool
    next_open: Instant
    next_close: Instant
    timestamp: Instant


class DeliverableRow(msgspec.Struct, frozen=True):
    type: str
    symbol: str | None = None
    amount: Decimal | None = None
    delayed_settlement: bool | None = None


class ContractRow(msgspec.Struct, frozen=True):
    ppind: bool | None = None
    multiplier: Decimal | None = None
    deliverables: list[DeliverableRow] | None = None


class ErrorRow(msgspec.Struct, frozen=True):
    """An error body; `existing_order_id` is the other order of a suspected wash trade."""

    code: int | None = None
    message: str | None = None
    related_orders: list[str] | None = None
    existing_order_id: str | None = None


class ExecutionRow(msgspec.Struct, frozen=True):
    """One leg's trade inside a multi-leg fill."""

    symbol: str
    qty: Decimal
    price: Decimal
    execution_id: str | None = None
    order_id: str | None = None
    timestamp: Instant | None = None


class UpdateRow(msgspec.Struct, frozen=True):
    """The `data` of a trade update. A multi-leg fill is one event with `legs`."""

    event: str
    order: OrderRow
    event_id: str | None = None
    execution_id: str | None = None
    timestamp: Instant | None = None
    at: Instant | None = None
    price: Decimal | None = None
    qty: Decimal | None = None
    position_qty: Decimal | None = None
    position_qtys: dict[str, Decimal] | None = None
    legs: list[ExecutionRow] | None = None


class QuoteRow(msgspec.Struct, frozen=True):
    t: Instant | None = None
    bp: Decimal | None = None
    ap: Decimal | None = None
    bs: int | float | None = None
    as_: int | float | None = msgspec.field(default=None, name="as")


class QuotesRow(msgspec.Struct, frozen=True):
    quotes: dict[str, QuoteRow | None] | None = None


class GreeksRow(msgspec.Struct, frozen=True):
    """Alpaca's own Black-Scholes, as binary floats: nobody orders by them."""

    delta: float
    gamma: float
    theta: float
    vega: float
    rho: float


class SnapshotRow(msgspec.Struct, frozen=True):
    """One contract; greeks and volatility are left out where they cannot be computed."""

    greeks: GreeksRow | None = None
    volatility: float | None = msgspec.field(default=None, name="impliedVolatility")


class SnapshotsRow(msgspec.Struct, frozen=True):
    snapshots: dict[str, SnapshotRow | None] | None = None
    next_page_token: str | None = None


class DividendRow(msgspec.Struct, frozen=True):
    symbol: str
    ex_date: date
    rate: Decimal
    special: bool | None = None


class SplitRow(msgspec.Struct, frozen=True):
    symbol: str
    ex_date: date
    new_rate: Decimal
    old_rate: Decimal


class ActionsRow(msgspec.Struct, frozen=True):
    """What is used of the kinds of corporate actions; a kind without any is left out."""

    cash_dividends: list[DividendRow] | None = None
    forward_splits: list[SplitRow] | None = None
    reverse_splits: list[SplitRow] | None = None


class CorporateActionsRow(msgspec.Struct, frozen=True):
    corporate_actions: ActionsRow
    next_page_token: str | None = None


def decode(kind: type[T], body: bytes) -> T:
    """
    Read JSON as `kind`.

    Raises:
        Unreadable: it is not JSON, or what names the thing is missing.
    """
    try:
        return _decoder(kind).decode(body)
    except msgspec.ValidationError:
        return _decode_leniently(kind, body)
    except (msgspec.DecodeError, UnicodeDecodeError) as failed:
        raise Unreadable(str(failed)) from None


def _decode_leniently(kind: type[T], body: bytes) -> T:
    """Alpaca writes an empty string for 'none' in many fields; read those as null."""
    try:
        return msgspec.convert(_emptied(_untyped.decode(body)), kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as failed:
        raise Unreadable(str(failed)) from None


def _emptied(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, Mapping):
        return {key: _emptied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_emptied(item) for item in value]
    return None if value == "" else value


_untyped = msgspec.json.Decoder(float_hook=Decimal)


_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def _decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Decoders are costly to make and free to keep; there is one for each kind of row."""
    if kind not in _decoders:
        _decoders[kind] = msgspec.json.Decoder(kind)
    return _decoders[kind]
