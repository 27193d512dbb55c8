"""How a limit is to walk, and how it walks."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from closeout.schemas.base import Input, Money, Output

PaceName = Literal["patient", "normal", "urgent", "custom"]
AtEndName = Literal["rest", "cancel", "cross"]
Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=5, decimal_places=4)]
WorstPrice = Annotated[Decimal, Field(ge=-100_000, le=100_000, max_digits=12, decimal_places=4)]
WorstPnl = Annotated[
    Decimal, Field(ge=-1_000_000_000, le=1_000_000_000, max_digits=14, decimal_places=2)
]


class CustomWalk(Input):
    """
    A walk of one's own: how long, how often, and between which shares of the way from mid (0)
    to natural (1). The budget holds at least two intervals: each price stands for one of them.
    """

    budget_seconds: Annotated[int, Field(ge=4, le=23_400)]
    interval_seconds: Annotated[int, Field(ge=2, le=3_600)]
    start_share: Share = Decimal(0)
    end_share: Share = Decimal(1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.budget_seconds < 2 * self.interval_seconds:
            raise ValueError("budget_seconds must be at least twice interval_seconds")
        if self.start_share > self.end_share:
            raise ValueError("start_share must not be beyond end_share")
        return self


class Pacing(Input):
    """
    What a close request says of a price walk; all of it is optional.

    `pace` lets a limit order walk from mid towards natural: patient in 5 minutes, normal (from a
    fifth of the way) in 60 seconds, urgent in 15. Where the market comes towards it, the limit
    goes back to where it should stand by then. Nobody goes beyond `worst_price` (signed as
    `limit_price`) or, said the other way, below `worst_pnl` dollars of realised P&L of the whole
    close. `at_end` says what becomes of the order when the time is used up: it rests (if nothing
    is said), is cancelled, or crosses to natural, never beyond worst.
    """

    pace: PaceName | None = None
    walk: CustomWalk | None = None
    worst_price: WorstPrice | None = None
    worst_pnl: WorstPnl | None = None
    at_end: AtEndName | None = None

    @model_validator(mode="after")
    def _walk_fits(self) -> Self:
        if self.pace is None:
            asked = (self.walk, self.worst_price, self.worst_pnl, self.at_end)
            if any(each is not None for each in asked):
                raise ValueError("walk, worst_price, worst_pnl and at_end go with a pace")
            return self
        if (self.pace == "custom") != (self.walk is not None):
            raise ValueError("walk goes with pace 'custom', and the other way round")
        if self.worst_price is not None and self.worst_pnl is not None:
            raise ValueError("give worst_price or worst_pnl, not both")
        return self


def check_pace(pace: PaceName | None, order_type: str, prices: list[Decimal | None]) -> None:
    """Raises: ValueError: the pace does not go with the order type or with a price."""
    if pace is None:
        return
    if order_type != "limit":
        raise ValueError("pace goes with order_type 'limit'")
    if any(price is not None for price in prices):
        raise ValueError("a pace finds its own prices: give no limit price and no offset with it")


class WalkOut(Output):
    """
    The walk of a close. Prices are signed as `limit_price` of its order.

    `limit` stands at the broker; `mid` and `natural` move with the market and are null while a
    quote is missing or when the close has ended. `step` of `steps` counts the prices of the
    present pace. `holding` says why it stands still: missing, crossed, stale, no_bid, wide
    (quotes that price nothing), improved (the market came to the limit), between_ticks (the next
    price is not due yet), at_worst, arrived.
    """

    pace: PaceName
    step: int
    steps: int
    limit: Money
    mid: Money | None
    natural: Money | None
    worst: Money | None
    started_at: datetime
    ends_at: datetime
    next_step_at: datetime | None
    holding: str | None
    at_end: AtEndName
    crossing: bool
    """It goes to natural now, as far as worst."""
    resting: bool
    """It has stopped: the limit stays."""
    changing: bool
    """The order is being replaced, or cancelled to go anew."""
    changeable: bool
    """Whether `faster` and `limit` may still be asked for."""


class ChangeWalkRequest(Input):
    """
    Which walk is meant, by its `started_at`: 409 when the next order's walks by now.

    Without it, the walk that is under way when the request arrives.
    """

    started_at: AwareDatetime | None = None


class ChangeLimitRequest(ChangeWalkRequest):
    """The limit a walk is to rest at, signed as `limit_price`: never beyond worst."""

    limit_price: WorstPrice


class WalkMovedOut(Output):
    """The moving part of a running walk."""

    close_id: str
    walk: WalkOut
