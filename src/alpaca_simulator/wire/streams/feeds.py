"""The market data streams by their paths, and the error frames they share.

Sources: docs.alpaca.markets/docs/streaming-market-data and .../real-time-option-data; the symbol
limits are those of the Basic and Algo Trader Plus plans (.../about-market-data-api).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

STOCK_CHANNELS: Final = (
    "trades",
    "quotes",
    "bars",
    "updatedBars",
    "dailyBars",
    "statuses",
    "lulds",
    "corrections",
    "cancelErrors",
)
OPTION_CHANNELS: Final = ("trades", "quotes")
AUTHENTICATION_SECONDS: Final = 10.0


class StreamError(IntEnum):
    """Codes of error frames."""

    INVALID_SYNTAX = 400
    NOT_AUTHENTICATED = 401
    AUTH_FAILED = 402
    ALREADY_AUTHENTICATED = 403
    AUTH_TIMEOUT = 404
    SYMBOL_LIMIT = 405
    CONNECTION_LIMIT = 406
    SLOW_CLIENT = 407
    INSUFFICIENT_SUBSCRIPTION = 409
    INVALID_ACTION = 410
    INSUFFICIENT_SCOPE = 411
    MSGPACK_ONLY = 412
    NO_STAR_FOR_QUOTES = 413
    INTERNAL = 500

    @property
    def frame(self) -> list[dict[str, object]]:
        return [{"T": "error", "code": int(self), "msg": _TEXTS[self]}]


_TEXTS: Final = {
    StreamError.INVALID_SYNTAX: "invalid syntax",
    StreamError.NOT_AUTHENTICATED: "not authenticated",
    StreamError.AUTH_FAILED: "auth failed",
    StreamError.ALREADY_AUTHENTICATED: "already authenticated",
    StreamError.AUTH_TIMEOUT: "auth timeout",
    StreamError.SYMBOL_LIMIT: "symbol limit exceeded",
    StreamError.CONNECTION_LIMIT: "connection limit exceeded",
    StreamError.SLOW_CLIENT: "slow client",
    StreamError.INSUFFICIENT_SUBSCRIPTION: "insufficient subscription",
    StreamError.INVALID_ACTION: "invalid subscribe action for this feed",
    StreamError.INSUFFICIENT_SCOPE: "insufficient scope",
    StreamError.MSGPACK_ONLY: "option messages are only available in MsgPack format",
    StreamError.NO_STAR_FOR_QUOTES: "star subscription is not allowed for option quotes",
    StreamError.INTERNAL: "internal error",
}


class Plan(StrEnum):
    """The market data plans: Basic has the iex, delayed_sip and indicative feeds alone."""

    BASIC = "basic"
    PLUS = "plus"


@dataclass(frozen=True, slots=True)
class Feed:
    """One endpoint.

    Attributes:
        path: Where clients connect.
        name: What its connections are called in faults and under /_sim: options or stocks.
        symbol_limit: Symbols one connection may have in a channel; None for no limit.
        needs_plus: Whether the Basic plan is refused with 409.
    """

    path: str
    name: str
    channels: tuple[str, ...]
    symbol_limit: int | None = None
    needs_plus: bool = False

    @property
    def is_options(self) -> bool:
        return self.name == "options"


FEEDS: Final = (
    Feed("/v1beta1/indicative", "options", OPTION_CHANNELS, symbol_limit=200),
    Feed("/v1beta1/opra", "options", OPTION_CHANNELS, symbol_limit=1000, needs_plus=True),
    Feed("/v2/iex", "stocks", STOCK_CHANNELS),
    Feed("/v2/sip", "stocks", STOCK_CHANNELS, needs_plus=True),
    Feed("/v2/delayed_sip", "stocks", STOCK_CHANNELS),
)
