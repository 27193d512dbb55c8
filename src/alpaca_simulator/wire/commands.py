"""What can be told to ``/_sim/``: the bodies of its POST requests."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from alpaca_simulator.driver import Pace
from alpaca_simulator.exchange.hands import FillMode
from alpaca_simulator.exchange.orders import PositionIntent, Side


class ClockCommand(msgspec.Struct, forbid_unknown_fields=True):
    """POST /_sim/clock. Seconds and times are the world's; what is absent stays."""

    advance: Decimal | None = None
    to: datetime | None = None
    pace: Pace | None = None
    speed: Annotated[float, msgspec.Meta(gt=0)] | None = None


class PinnedQuote(msgspec.Struct, forbid_unknown_fields=True):
    """A quote that stands until it is lifted, dollars per share."""

    bid: Decimal
    ask: Decimal
    bid_size: int = 10
    ask_size: int = 10


class MarketCommand(msgspec.Struct, forbid_unknown_fields=True):
    """POST /_sim/market."""

    spot: dict[str, Decimal] = msgspec.field(default_factory=dict)
    freeze: bool | None = None
    quotes: dict[str, PinnedQuote] = msgspec.field(default_factory=dict)
    remove_bid: list[str] = msgspec.field(default_factory=list)
    unpin: list[str] = msgspec.field(default_factory=list)


class FillsCommand(msgspec.Struct, forbid_unknown_fields=True):
    """POST /_sim/fills: the mode for all orders, or what one order may trade by itself."""

    mode: FillMode | None = None
    order_id: str | None = None
    up_to: int | None = None


class FillCommand(msgspec.Struct, forbid_unknown_fields=True):
    """POST /_sim/fill: trade `units` of one order now, at `price` or at the natural price."""

    units: int
    order_id: str | None = None
    client_order_id: str | None = None
    price: Decimal | None = None


class TradeCommand(msgspec.Struct, forbid_unknown_fields=True):
    """POST /_sim/trade: an order of the account's owner from elsewhere, filled at once."""

    symbol: str
    side: Side
    qty: int
    price: Decimal | None = None
    position_intent: PositionIntent | None = None


class AssignCommand(msgspec.Struct, forbid_unknown_fields=True):
    """POST /_sim/assign: early assignment of short contracts."""

    symbol: str
    contracts: int


class AdjustCommand(msgspec.Struct, forbid_unknown_fields=True):
    """POST /_sim/adjust: a corporate action gives held options of a stock an adjusted root.

    One contract then delivers so many `shares`, and `cash` dollars beside them.
    """

    underlying: str
    shares: int = 100
    cash: Decimal = Decimal(0)


class LiquidateCommand(msgspec.Struct, forbid_unknown_fields=True):
    """POST /_sim/liquidate: the broker closes one leg, all of it or a part, on its last day."""

    symbol: str
    contracts: int | None = None


class RejectCommand(msgspec.Struct, forbid_unknown_fields=True):
    """POST /_sim/reject: the broker ends an open order."""

    order_id: str
    reason: str = "rejected by the simulator's controls"


class DisconnectCommand(msgspec.Struct, forbid_unknown_fields=True):
    """POST /_sim/streams/{name}/disconnect."""

    refuse_ms: int = 0
