"""
Messages of `/ws`: one snapshot, then deltas, each with the next sequence number.

A client that reconnects with `/ws?epoch=E&since=N` gets what it missed, or a fresh
snapshot when that is no longer kept. `epoch` changes when the server restarts.
"""

from datetime import datetime
from typing import Literal

from closeout.schemas.base import Money, Output
from closeout.schemas.closes import CloseOut
from closeout.schemas.groups import UnassignedOut
from closeout.schemas.metrics import OutlookOut, RiskOut, WorthOut
from closeout.schemas.pacing import WalkMovedOut
from closeout.schemas.positions import PositionOut
from closeout.schemas.status import StatusOut


class LegQuoteOut(Output):
    """The moving part of a leg."""

    id: str
    bid: Money | None
    ask: Money | None
    current_price: Money | None
    pnl_dollars: Money | None
    pnl_percent: Money | None
    quote_at: datetime | None


class PositionQuoteOut(Output):
    """The moving part of a position."""

    id: str
    spot_price: Money | None
    spot_at: datetime | None
    total_pnl: Money | None
    worth: WorthOut
    legs: list[LegQuoteOut]


class PositionOutlookOut(Output):
    """What a model says of a position now; it takes the place of `metrics.risk` and `.outlook`."""

    id: str
    risk: RiskOut | None
    outlook: OutlookOut | None


class SnapshotMessage(Output):
    """Everything, at `seq`."""

    type: Literal["snapshot"]
    epoch: str
    seq: int
    at: datetime
    status: StatusOut
    positions: list[PositionOut]
    unassigned: list[UnassignedOut]
    closes: list[CloseOut]


class PositionsMessage(Output):
    """The whole list again: a strategy came, went or changed its size."""

    type: Literal["positions"]
    seq: int
    at: datetime
    positions: list[PositionOut]
    unassigned: list[UnassignedOut]


class QuotesMessage(Output):
    """Conflated quotes: only what moved since the last one, and the walks they are for."""

    type: Literal["quotes"]
    seq: int
    at: datetime
    positions: list[PositionQuoteOut]
    walks: list[WalkMovedOut]


class OutlooksMessage(Output):
    """Outlooks that came out different; every few seconds while the market moves."""

    type: Literal["outlooks"]
    seq: int
    at: datetime
    positions: list[PositionOutlookOut]


class CloseMessage(Output):
    """A close changed."""

    type: Literal["close"]
    seq: int
    at: datetime
    close: CloseOut


class StatusMessage(Output):
    """Connection, market or breaker changed; also sent every few seconds as a heartbeat."""

    type: Literal["status"]
    seq: int
    at: datetime
    status: StatusOut


STREAM_MESSAGES = (
    SnapshotMessage,
    PositionsMessage,
    QuotesMessage,
    OutlooksMessage,
    CloseMessage,
    StatusMessage,
)
