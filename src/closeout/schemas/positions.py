"""Strategies as the contract shows them: a position and its legs."""

from datetime import date, datetime
from typing import Literal

from closeout.schemas.base import Money, Output
from closeout.schemas.groups import MissingOut, NettedOut, OrphanOut, OutsideEventOut, UnassignedOut
from closeout.schemas.metrics import MetricsOut

Direction = Literal["Long", "Short"]
OptionType = Literal["Call", "Put"]
CloseAction = Literal["buy_to_close", "sell_to_close"]


class DeliverableOut(Output):
    """Shares of `symbol`, or dollars; `amount` is null while it is not determined yet."""

    kind: Literal["shares", "cash"]
    symbol: str
    amount: Money | None


class AdjustedOut(Output):
    """
    What one contract is after a corporate action, as Alpaca tells it.

    Its P&L goes by `multiplier`, 100 while that is not known. Nothing is said of its payoff and
    margin, and `text` says so. `deliverables` is null while they could not be read. `summary`
    is what a tag has room for: "delivers 50 AAPL and $12.50 cash".
    """

    multiplier: int | None
    deliverables: list[DeliverableOut] | None
    summary: str
    text: str


class LegOut(Output):
    """
    One leg of a strategy.

    `quantity` is positive contracts (shares for stock); `direction` carries the sign.
    Prices are dollars per share, `pnl_dollars` is dollars for the whole leg.
    A price that could not be read is null, never zero.
    """

    id: str
    symbol: str
    direction: Direction
    strike: Money | None
    option_type: OptionType | None
    quantity: int
    entry_price: Money | None
    current_price: Money | None
    bid: Money | None
    ask: Money | None
    expiry_date: date | None
    underlying: str
    pnl_dollars: Money | None
    pnl_percent: Money | None
    asset_class: Literal["us_option", "us_equity"]
    ratio: int
    close_action: CloseAction
    quote_at: datetime | None
    blocked_reason: str | None
    """Why this leg cannot be closed alone, as a sentence; null when it can."""
    adjusted: AdjustedOut | None
    """For a contract that a corporate action has changed; null for any other."""


class PositionOut(Output):
    """
    A strategy: the legs on one underlying that belong together.

    `id` is derived from content and is the same after every refresh and restart.
    `quantity` is strategy units; `created_at` is when it was opened, as far as the
    order history tells. `as_of` is the age of the holdings behind it.
    """

    id: str
    account: str
    ticker: str
    strategy: str
    expiry_date: date | None
    days_to_expiry: int | None
    spot_price: Money | None
    quantity: int
    legs: list[LegOut]
    total_pnl: Money | None
    created_at: datetime | None
    as_of: datetime
    net_entry: Money | None
    """Dollars per share for one unit: debit paid positive, credit received negative."""
    grouped_by: Literal["opening_order", "shape", "user"]
    """By the orders that opened it, by the shape of loose contracts, or by the user's word."""
    close_id: str | None
    """The running close of this strategy or of one of its legs."""
    spot_at: datetime | None
    blocked_reason: str | None
    """Why the whole strategy cannot be closed as it stands; null when it can."""
    metrics: MetricsOut
    netted_with: list[NettedOut]
    """Contracts that other positions hold the other way: they cannot trade."""
    missing: list[MissingOut]
    """What has gone without an order or event that says so."""
    events: list[OutsideEventOut]
    """What happened to it from outside, oldest first."""
    orphan: OrphanOut | None
    """Why it is what is left of another strategy, with repairs; null when it is none."""


class PositionsResponse(Output):
    """
    `error` means the holdings could not be read: what is shown is then old, not empty.

    While `reading` they are read for the first time since the start, so nothing has gone wrong
    and nothing is known: ask again in a moment.
    """

    status: Literal["success", "error"]
    positions: list[PositionOut]
    total_count: int
    as_of: datetime | None
    message: str | None
    reading: bool
    unassigned: list[UnassignedOut]
    """Parts of holdings that are in no position."""
