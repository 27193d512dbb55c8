"""How contracts came to be a strategy, and what is left over, as the contract shows it."""

from datetime import datetime
from typing import Literal

from closeout.schemas.base import Money, Output

DeedName = Literal[
    "opened", "added", "reduced", "rolled", "assigned", "exercised", "expired", "regrouped"
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


class UnassignedOut(Output):
    """A part of a holding that is in no position, and why. `quantity` is signed."""

    symbol: str
    quantity: Money
    reason: str


class ChangeOut(Output):
    """Contracts that came (+) or went (-), at dollars per share."""

    symbol: str
    quantity: int
    price: Money | None


class DeedOut(Output):
    """
    One thing that happened to a strategy.

    `order_id` is the order or activity behind it. `pnl_realised` is dollars won by what was
    closed, null when a price is unknown. `position_ids` are strategies that contracts came
    from or went to.
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
