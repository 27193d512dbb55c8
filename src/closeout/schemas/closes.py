"""Closing a strategy or a leg: what is asked, what is answered, what is tracked."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from closeout.schemas.base import Money, Output
from closeout.schemas.pacing import Pacing, WalkOut, check_pace
from closeout.schemas.positions import CloseAction
from closeout.schemas.reports import ReportOut

OrderType = Literal["market", "limit"]
LegStatus = Literal["submitted", "filled", "failed"]
PreviewId = Annotated[str, Field(min_length=1, max_length=64)]
Offset = Annotated[Decimal, Field(ge=-1000, le=1000, max_digits=10, decimal_places=4)]
NetLimit = Annotated[Decimal, Field(ge=-100_000, le=100_000, max_digits=12, decimal_places=4)]
LimitPrice = Annotated[Decimal, Field(ge=0, le=100_000, max_digits=12, decimal_places=4)]
Count = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
Percent = Literal[25, 50, 75, 100]
LegId = Annotated[str, Field(min_length=1, max_length=128)]
LegIds = Annotated[list[LegId], Field(min_length=1, max_length=100)]

PhaseName = Literal[
    "clearing",
    "sending",
    "unknown",
    "working",
    "cancelling",
    "verifying",
    "closed",
    "cancelled",
    "rejected",
    "needs_attention",
]


class Termed(Pacing):
    """
    What is done in two cases that a person may want to decide beforehand.

    `no_bid`: a long leg that nobody bids for is closed with the rest (`include`), left where
    it is (`leave`), or offered at one tick after everything else (`tick`).
    `if_refused`: when Alpaca refuses a package as such, or packages are switched off, the close
    ends (`stop`), or goes on leg by leg, shorts first, each filled before the next (`leg_in`).
    """

    no_bid: Literal["include", "leave", "tick"] = "include"
    if_refused: Literal["stop", "leg_in"] = "stop"


class Portioned(Termed):
    """
    How much of a strategy: `units` of it, or a `percent` of them, of all legs or of `leg_ids`.

    A percentage is rounded down to whole units and is at least one unit. Legs may be chosen
    when what is left is no more naked than before.
    """

    units: Count | None = None
    percent: Percent | None = None
    leg_ids: LegIds | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if self.units is not None and self.percent is not None:
            raise ValueError("give units or percent, not both")
        if self.leg_ids is not None and len(set(self.leg_ids)) < len(self.leg_ids):
            raise ValueError("leg_ids names a leg twice: name each once")
        return self


class CloseStrategyRequest(Portioned):
    """
    Close a strategy: every leg of it, or the part that `units`, `percent` and `leg_ids` say.

    `limit_price_offset` is dollars per share added to the net mid of one unit, debit
    positive: +0.05 pays up to five cents more (or receives five cents less) than mid.
    `limit_price` is the limit itself, as a preview showed it: a package's net price, debit
    positive and credit negative, or the plain price of a single leg. A limit order with
    neither goes at mid.

    `cancel_conflicting`: open orders that hold the contracts are cancelled first, exactly
    those, and the close is sent when they are over and the contracts are free.

    With `preview_id` exactly the orders of that preview are sent. Its terms need not be said
    again; the ones that are must be the same.
    """

    position_id: str = Field(min_length=1, max_length=128)
    order_type: OrderType = "market"
    limit_price_offset: Offset | None = None
    limit_price: NetLimit | None = None
    cancel_conflicting: bool = False
    preview_id: PreviewId | None = None

    @model_validator(mode="after")
    def _prices_fit(self) -> Self:
        prices = [self.limit_price_offset, self.limit_price]
        check_pace(self.pace, self.order_type, prices)
        if self.order_type == "market" and any(price is not None for price in prices):
            raise ValueError("limit_price_offset and limit_price go with order_type 'limit'")
        if all(price is not None for price in prices):
            raise ValueError("give limit_price_offset or limit_price, not both")
        return self


class CloseLegRequest(Termed):
    """
    Close one leg, or `quantity` contracts (or shares) of it.

    `limit_price` is dollars per share of that leg, not negative. A limit order without
    a price goes at the leg's mid.

    `cancel_conflicting` and `preview_id` are as in `CloseStrategyRequest`.
    """

    leg_id: LegId
    order_type: OrderType = "market"
    limit_price: LimitPrice | None = None
    cancel_conflicting: bool = False
    preview_id: PreviewId | None = None
    quantity: Count | None = None

    @model_validator(mode="after")
    def _price_needs_limit(self) -> Self:
        check_pace(self.pace, self.order_type, [self.limit_price])
        if self.order_type == "market" and self.limit_price is not None:
            raise ValueError("limit_price goes with order_type 'limit'")
        return self


class ClosePreviewRequest(Portioned):
    """What would be sent: a strategy close, or with `leg_id` a leg close."""

    leg_id: LegId | None = None
    order_type: OrderType = "market"
    limit_price_offset: Offset | None = None
    limit_price: LimitPrice | None = None
    cancel_conflicting: bool = False
    quantity: Count | None = None

    @model_validator(mode="after")
    def _measure_fits(self) -> Self:
        parts = (self.units, self.percent, self.leg_ids)
        if self.leg_id is not None and any(part is not None for part in parts):
            raise ValueError("a leg close takes quantity, not units, percent or leg_ids")
        if self.leg_id is None and self.quantity is not None:
            raise ValueError("a strategy close takes units or percent, not quantity")
        return self

    @model_validator(mode="after")
    def _prices_fit(self) -> Self:
        check_pace(self.pace, self.order_type, [self.limit_price_offset, self.limit_price])
        if self.order_type == "market" and (self.limit_price_offset, self.limit_price) != (
            None,
            None,
        ):
            raise ValueError("a market order takes no limit_price_offset and no limit_price")
        if self.leg_id is None and self.limit_price is not None:
            raise ValueError("a strategy close takes limit_price_offset, not limit_price")
        if self.leg_id is not None and self.limit_price_offset is not None:
            raise ValueError("a leg close takes limit_price, not limit_price_offset")
        return self


class CloseOrderResult(Output):
    """
    One leg's closing order.

    `failed` means the broker said no to it, and nothing of this leg works any more.
    """

    symbol: str
    order_id: str | None
    status: LegStatus
    filled_qty: int
    filled_avg_price: Money | None
    error_message: str | None


class CloseStrategyResponse(Output):
    """
    `success`: every leg's closing order was accepted or filled. `partial`: some.
    `error`: none, and `message` says why and what to do. `closed_legs` counts filled legs.
    """

    status: Literal["success", "partial", "error"]
    position_id: str
    orders: list[CloseOrderResult]
    message: str | None
    total_legs: int
    closed_legs: int
    close_id: str | None
    phase: PhaseName | None


class CloseLegResponse(Output):
    """As `CloseStrategyResponse`, for one leg."""

    status: Literal["success", "error"]
    order: CloseOrderResult | None
    message: str | None
    close_id: str | None
    phase: PhaseName | None


class CloseLegOut(Output):
    """A leg of a running or ended close, with what has become of it."""

    leg_id: str
    symbol: str
    action: CloseAction
    quantity: int
    filled_qty: int
    filled_avg_price: Money | None
    status: Literal["waiting", "sending", "unknown", "working", "filled", "failed", "ended"]
    """`ended`: its order is over (cancelled or expired) and contracts are left."""
    error_message: str | None


class AttemptOut(Output):
    """One order sent to the broker."""

    step: int
    attempt: int
    client_order_id: str
    order_id: str | None
    status: str
    """Alpaca's word for it, or `sending` or `unknown` before there is one."""
    order_class: Literal["simple", "mleg"]
    order_type: OrderType
    limit_price: Money | None
    units: int
    filled_units: int
    net_fill_price: Money | None
    sent_at: datetime


class ClearedFirstOut(Output):
    """An open order that held the contracts and is cancelled before the close is sent."""

    order_id: str
    over: bool
    """Whether the broker has said that it trades no more."""


class ElsewhereOut(Output):
    """
    Contracts of a close that another hand took out of the account meanwhile.

    `order_ids` are the orders that did, as far as the account's fills tell; empty after an
    assignment or exercise, which have none.
    """

    symbol: str
    contracts: int
    order_ids: list[str]


class CloseOut(Output):
    """
    A close: the job of unwinding a strategy or a leg, tracked to its end.

    `phase` ends as closed, cancelled, rejected or needs_attention; `message` is a
    sentence for a person and never says closed for submitted. `cash` is dollars
    so far: positive received, negative paid.
    """

    id: str
    account: str
    position_id: str
    leg_id: str | None
    ticker: str
    strategy: str
    phase: PhaseName
    message: str
    reason_code: str | None
    order_type: OrderType
    legs: list[CloseLegOut]
    total_legs: int
    closed_legs: int
    attempts: list[AttemptOut]
    cash: Money | None
    walk: WalkOut | None
    conflicts: list[ClearedFirstOut]
    elsewhere: list[ElsewhereOut]
    cancellable: bool
    ended: bool
    opened_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    report: ReportOut | None
    """What has filled, held against the market; null while nothing has."""


class ClosesResponse(Output):
    """Newest first."""

    closes: list[CloseOut]
    total_count: int


class ChangeCloseResponse(Output):
    """The change was asked for; the close's walk says what came of it."""

    close: CloseOut
    message: str


class CancelCloseResponse(Output):
    """The cancel was asked for; the close says what came of it."""

    close: CloseOut
    message: str
