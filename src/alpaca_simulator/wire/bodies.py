"""Request bodies read into the exchange's requests.

Numbers may come as JSON strings, as the specification has them, or as JSON numbers (`2.0`), as
alpaca-py sends them. Unknown fields are ignored, as Alpaca does.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from decimal import Decimal
from typing import TypeVar

import msgspec

from alpaca_simulator.exchange.account import Configurations
from alpaca_simulator.exchange.orders import (
    LegRequest,
    OrderClass,
    OrderRequest,
    OrderType,
    PositionIntent,
    ReplaceRequest,
    Side,
    TimeInForce,
)
from alpaca_simulator.exchange.refusals import Refusal
from alpaca_simulator.wire.params import BadParameter, Choice, read_choice

_PLACE = re.compile(r" - at `\$\.?(.*)`$")


class _Leg(msgspec.Struct):
    symbol: str | None = None
    ratio_qty: Decimal | None = None
    side: str | None = None
    position_intent: str | None = None


class _Order(msgspec.Struct):
    qty: Decimal | None = None
    notional: Decimal | None = None
    symbol: str | None = None
    side: str | None = None
    type: str | None = None
    time_in_force: str | None = None
    order_class: str | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    extended_hours: bool | None = None
    client_order_id: str | None = None
    position_intent: str | None = None
    legs: list[_Leg] | None = None


class _Replacement(msgspec.Struct):
    qty: Decimal | None = None
    time_in_force: str | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    client_order_id: str | None = None


class _Configurations(msgspec.Struct):
    suspend_trade: bool | None = None
    no_shorting: bool | None = None
    fractional_trading: bool | None = None
    max_margin_multiplier: str | None = None
    max_options_trading_level: int | None = None
    ptp_no_exception_entry: bool | None = None
    disable_overnight_trading: bool | None = None
    trade_confirm_email: str | None = None


Body = TypeVar("Body")


def read_order(raw: bytes) -> OrderRequest:
    """The body of POST /v2/orders.

    Raises:
        BadParameter: If a field has no readable value.
        Refusal: If it is no JSON object.
    """
    body = _decode(raw, _Order)
    return OrderRequest(
        qty=_finite("qty", body.qty),
        notional=_finite("notional", body.notional),
        symbol=body.symbol or None,
        side=_optional("side", body.side, Side),
        type=_required("type", body.type, OrderType),
        time_in_force=_required("time_in_force", body.time_in_force, TimeInForce),
        order_class=_optional("order_class", body.order_class, OrderClass),
        limit_price=_finite("limit_price", body.limit_price),
        stop_price=_finite("stop_price", body.stop_price),
        extended_hours=bool(body.extended_hours),
        client_order_id=body.client_order_id or None,
        position_intent=_optional("position_intent", body.position_intent, PositionIntent),
        legs=tuple(_leg(index, leg) for index, leg in enumerate(body.legs or ())),
    )


def read_replacement(raw: bytes) -> ReplaceRequest:
    """The body of PATCH /v2/orders/{id}; raises as `read_order`."""
    body = _decode(raw, _Replacement)
    return ReplaceRequest(
        qty=_finite("qty", body.qty),
        time_in_force=_optional("time_in_force", body.time_in_force, TimeInForce),
        limit_price=_finite("limit_price", body.limit_price),
        stop_price=_finite("stop_price", body.stop_price),
        client_order_id=body.client_order_id or None,
    )


def read_configurations(raw: bytes, current: Configurations) -> Configurations:
    """The body of PATCH /v2/account/configurations laid over what is in force."""
    body = _decode(raw, _Configurations)
    given = {field.name: getattr(body, field.name, None) for field in fields(current)}
    return replace(current, **{name: value for name, value in given.items() if value is not None})


def _leg(index: int, leg: _Leg) -> LegRequest:
    if not leg.symbol:
        raise BadParameter(f"leg.{index} symbol is required")
    ratio = _finite(f"leg.{index} ratio_qty", leg.ratio_qty)
    if ratio is None:
        raise BadParameter(f"leg.{index} ratio_qty is required")
    return LegRequest(
        symbol=leg.symbol,
        ratio_qty=ratio,
        side=_optional(f"leg.{index} side", leg.side, Side),
        position_intent=_optional(
            f"leg.{index} position intent", leg.position_intent, PositionIntent
        ),
    )


def _decode(raw: bytes, kind: type[Body]) -> Body:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        place = _PLACE.search(str(error))
        raise BadParameter(f"invalid value for {place[1] if place else 'body'}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(400, 40010000, "request body format is invalid") from error


def _finite(name: str, value: Decimal | None) -> Decimal | None:
    if value is not None and not value.is_finite():
        raise BadParameter(f"invalid value for {name}")
    return value


def _optional(name: str, value: str | None, kind: type[Choice]) -> Choice | None:
    return read_choice(name, value, kind) if value else None


def _required(name: str, value: str | None, kind: type[Choice]) -> Choice:
    if not value:
        raise BadParameter(f"{name} is required")
    return read_choice(name, value, kind)
