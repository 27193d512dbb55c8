"""What an endpoint is given and what it gives back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from alpaca_simulator.exchange.exchange import Exchange
from alpaca_simulator.exchange.orders import Order
from alpaca_simulator.wire.params import BadParameter, Query

Json = dict[str, Any]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Call:
    """One request that may be carried out.

    Attributes:
        parts: The variable parts of the path.
        raw: The body as it came.
        basic: Whether the account has the Basic market data plan.
    """

    exchange: Exchange
    query: Query
    parts: Mapping[str, str]
    raw: bytes = b""
    basic: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """`order` is the one that the call made, for the faults that concern orders."""

    status: int
    body: Json | list[Json] | None
    order: Order | None = None


Endpoint = Callable[[Call], Answer]


def page(
    items: Sequence[Item], query: Query, *, default: int, most: int
) -> tuple[Sequence[Item], str | None]:
    """The page that `limit` and `page_token` ask for, and the token of the next one.

    Raises:
        BadParameter: If either cannot be read.
    """
    size = query.integer("limit", default=default, most=most)
    start = _read_token(query.text("page_token"))
    end = start + size
    token = base64.b64encode(str(end).encode()).decode() if end < len(items) else None
    return items[start:end], token


def _read_token(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return max(0, int(base64.b64decode(token, validate=True)))
    except (binascii.Error, ValueError):
        raise BadParameter(f"invalid page_token: {token}") from None
