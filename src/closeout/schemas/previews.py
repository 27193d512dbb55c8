"""What a close would send and bring, and what stands in its way."""

from datetime import datetime
from typing import Literal

from closeout.schemas.base import Money, Output
from closeout.schemas.closes import OrderType
from closeout.schemas.fees import FeesOut, LegFeeOut
from closeout.schemas.metrics import GreeksOut, PayoffOut, RiskOut
from closeout.schemas.positions import CloseAction


class PreviewLeg(Output):
    """
    One leg of an order as it would be sent; `quantity` is contracts or shares.

    Sizes are contracts (shares for stock) at bid and ask.
    """

    leg_id: str
    symbol: str
    action: CloseAction
    quantity: int
    ratio: int
    bid: Money | None
    bid_size: int | None
    ask: Money | None
    ask_size: int | None
    mid: Money | None
    quote_at: datetime | None
    quote_age_seconds: int | None
    fees: list[LegFeeOut]


class PreviewOrder(Output):
    """
    One order of the plan. Orders go out one after another, each after the last has filled.

    `natural`, `mid` and `worst` are net prices, dollars per share for one unit, debit
    positive and credit negative; `worst` is the limit nobody goes beyond, null for a
    market order.

    Limits are set now. At a pace `limit_price` is where the order begins, and one whose turn
    comes later begins in the market of then.

    `instead` are the single orders that take this one's place, in this sequence and each after
    the last has filled, when the broker refuses it as a package: with `if_refused: "leg_in"`,
    else empty. Limits in it are plain prices of a leg.
    """

    order_class: Literal["simple", "mleg"]
    order_type: OrderType
    time_in_force: Literal["day"]
    units: int
    limit_price: Money | None
    natural: Money | None
    mid: Money | None
    worst: Money | None
    legs: list[PreviewLeg]
    instead: "list[PreviewOrder]"


class PreviewWarning(Output):
    """
    Something to know before confirming. `symbol` is what it is about, if it is one.

    `code` is stable and says which warning it is; more may be added.
    """

    code: str
    severity: Literal["info", "warning", "danger"]
    message: str
    symbol: str | None


class BuyingPowerOut(Output):
    """
    Options buying power before and after, dollars, estimated before fees: Alpaca has no
    dry run.

    Margin is the universal spread rule over everything the account holds. `released` is
    what the close sets free of it, `cash` what it brings: at the limit, or at natural for a
    market order. Null where something is not known.
    """

    before: Money | None
    after: Money | None
    margin_before: Money | None
    margin_after: Money | None
    released: Money | None
    cash: Money | None


class ConflictLegOut(Output):
    """What an open order still trades of a contract that is to be closed."""

    symbol: str
    side: Literal["buy", "sell"] | None
    open_quantity: int


class ConflictOut(Output):
    """
    An open order on contracts of this close.

    `holds`: it closes them too, so they are not free while it works. Otherwise it trades
    against the close, and Alpaca may refuse that as a wash trade. `close_id` is the close
    of Closeout's it belongs to, null for an order placed elsewhere.
    """

    order_id: str
    client_order_id: str
    close_id: str | None
    status: str
    order_class: str
    order_type: str
    limit_price: Money | None
    submitted_at: datetime | None
    legs: list[ConflictLegOut]
    holds: bool
    message: str


class RemainingLegOut(Output):
    """A leg of the strategy that is there after the close; `quantity` is signed."""

    leg_id: str
    symbol: str
    quantity: int


class PositionRiskOut(Output):
    """
    What the strategy's legs may still come to, at their own entry prices.

    `risk` is null while a model has nothing to go by, `payoff` when no leg is left. Both
    payoffs may be drawn over one another: P&L against spot.
    """

    risk: RiskOut | None
    greeks: GreeksOut | None
    payoff: PayoffOut | None


class ClosePreview(Output):
    """
    Exactly what a close would send now.

    Net prices are dollars per share for one unit, debit positive and credit negative.
    `cash_*` are dollars for the whole close: positive is received, negative is paid.
    `pnl_*` is the P&L it realises, before fees. `problem` is set when the close would be
    refused beforehand, with what to do.

    A close that names `preview_id` before `expires_at` sends exactly these orders, or is
    answered 409 `preview_stale`. There is no id with a `problem`.
    """

    preview_id: str | None
    expires_at: datetime | None
    position_id: str
    leg_id: str | None
    ticker: str
    strategy: str
    orders: list[PreviewOrder]
    cash_natural: Money | None
    cash_mid: Money | None
    cash_limit: Money | None
    cash_worst: Money | None
    pnl_natural: Money | None
    pnl_mid: Money | None
    pnl_limit: Money | None
    pnl_worst: Money | None
    fees: FeesOut | None
    buying_power: BuyingPowerOut | None
    uncovered_before: int | None
    """Short contracts of the account that nothing covers."""
    uncovered_after: int | None
    remaining_legs: list[RemainingLegOut]
    risk_before: PositionRiskOut | None = None
    risk_after: PositionRiskOut | None = None
    """Of what remains; null when there is no plan."""
    conflicts: list[ConflictOut]
    cancels_first: list[str]
    """Broker ids of exactly the orders that `cancel_conflicting` will cancel before sending."""
    warnings: list[PreviewWarning]
    problem: str | None
    problem_code: str | None
    limit_allowed: bool
    """With a problem: whether a limit order would be taken (the market is closed)."""
    market_open: bool | None
    next_open: datetime | None
    feed: str
    """Where the option quotes come from: `indicative` or `opra`."""
    as_of: datetime
