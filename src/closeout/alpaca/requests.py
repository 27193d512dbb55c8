"""What is sent: order bodies and query values, numbers as strings like Alpaca's own samples."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from closeout.domain.orders import Ticket, TicketLeg

PACKAGE_LEGS_MAX = 4
"""`mleg` takes 2 to 4 legs (Alpaca's OpenAPI, `legs.maxItems`)."""


def order_body(ticket: Ticket) -> bytes:
    """
    Return the JSON of `POST /v2/orders`, time in force day.

    A package is an `mleg` order: no symbol or side on the parent, `limit_price` positive for
    a net debit and negative for a net credit, `qty` times `ratio_qty` contracts per leg. Every
    leg says `buy_to_close` or `sell_to_close`, without which Alpaca infers an intent and may
    open.
    """
    assert len(ticket.legs) <= PACKAGE_LEGS_MAX, "a plan splits what one order cannot carry"
    shape = _package(ticket) if ticket.is_package else _single(ticket)
    return msgspec.json.encode(_common(ticket) | shape)


def replacement_body(ticket: Ticket) -> bytes:
    """
    Return the JSON of `PATCH /v2/orders/{id}`: another limit under another client id.

    Without `qty` the total stays what it was, whatever has filled of it; the limit of a
    package is signed as in `order_body`.
    """
    assert ticket.limit is not None, "a market order has nothing to replace"
    body = {
        "limit_price": decimal_text(ticket.limit),
        "client_order_id": ticket.client_order_id,
    }
    return msgspec.json.encode(body)


def decimal_text(number: Decimal) -> str:
    """Plain digits: an exponent or a negative zero is legal Decimal and not a legal price."""
    return format(number, "f") if number else "0"


def instant_text(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _common(ticket: Ticket) -> dict[str, Any]:
    body = {
        "client_order_id": ticket.client_order_id,
        "type": ticket.order_type.value,
        "time_in_force": "day",
    }
    if ticket.limit is not None:
        body["limit_price"] = decimal_text(ticket.limit)
    return body


def _package(ticket: Ticket) -> dict[str, Any]:
    return {
        "order_class": "mleg",
        "qty": str(ticket.units),
        "legs": [_package_leg(leg) for leg in ticket.legs],
    }


def _package_leg(leg: TicketLeg) -> dict[str, str]:
    return {
        "symbol": leg.symbol,
        "ratio_qty": str(leg.ratio),
        "side": leg.side.value,
        "position_intent": leg.intent.value,
    }


def _single(ticket: Ticket) -> dict[str, Any]:
    (leg,) = ticket.legs
    return {
        "symbol": leg.symbol,
        "qty": str(ticket.contracts(leg.symbol)),
        "side": leg.side.value,
        "position_intent": leg.intent.value,
    }
