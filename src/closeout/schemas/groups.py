"""How contracts came to be a strategy, and what is left over, as the contract shows it."""

from datetime import datetime
from typing import Literal

from closeout.schemas.base import Money, Output

DeedName = Literal[
    "opened",
    "added",
    "reduced",
    "rolled",
    "assigned",
    "exercised",
    "expired",
    "delivered",
    "adjusted",
    "left",
    "regrouped",
]


class NettedOut(Output):
    """Contracts of a leg that others hold the other way, so that Alpaca holds only the net."""

    symbol: str
    contracts: int
    position_ids: list[str]
    message: str


class MissingOut(Output):
    """Contracts the history leaves to the strategy and the account no longer holds; signed."""

    symbol: str
    quantity: int


class OutsideEventOut(Output):
    """
    Something that happened to a strategy without Closeout, in words.

    `order_id` is the order or activity behind it. `at` of an assignment, exercise or expiry is
    the close of its day, for Alpaca tells only the day; of `gone`, when the account was read.
    """

    at: datetime | None
    kind: Literal[
        "assigned",
        "exercised",
        "expired",
        "delivered",
        "adjusted",
        "traded_elsewhere",
        "gone",
    ]
    text: str
    order_id: str


class RepairOut(Output):
    """
    What can be done about an orphan.

    `close`: the usual preview and close of this position. `attach`: merge it into
    `position_id`; the likeliest comes first: what makes a named shape, then what covers more
    shorts, then what shares an expiry, then what frees more margin.
    `leave`: note with `POST /api/positions/{id}/leave` that it was seen.
    """

    kind: Literal["close", "attach", "leave"]
    position_id: str | None
    text: str


class OrphanOut(Output):
    """Why a position is what is left of another, and the repairs on offer."""

    reason: str
    is_left: bool
    """Whether the user has seen just these legs and leaves them as they are."""
    repairs: list[RepairOut]


class UnassignedOut(Output):
    """A part of a holding that is in no position, and why. `quantity` is signed."""

    symbol: str
    quantity: Money
    reason: str
    is_difference: bool
    """Whether positions share this contract and do not come to what is held."""


class ChangeOut(Output):
    """Contracts that came (+) or went (-), at dollars per share."""

    symbol: str
    quantity: int
    price: Money | None


class DeedOut(Output):
    """
    One thing that happened to a strategy.

    `order_id` is the order or activity behind it. `pnl_realised` is dollars won by what was
    closed, null when a price is unknown, or what an adjusted contract multiplies it by.
    `position_ids` are strategies that contracts came from or went to.
    """

    at: datetime | None
    deed: DeedName
    order_id: str
    changes: list[ChangeOut]
    pnl_realised: Money | None
    position_ids: list[str]


class PositionHistory(Output):
    """Everything that is known to have happened to a strategy, oldest first."""

    position_id: str
    deeds: list[DeedOut]
    pnl_realised: Money | None
