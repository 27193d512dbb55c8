"""How a person wants to trade."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from closeout.closing.pacing import WalkTerms
from closeout.domain.orders import OrderType


class NoBid(StrEnum):
    """What is done with a long leg that nobody bids for."""

    INCLUDE = "include"
    LEAVE = "leave"
    TICK = "tick"


class IfRefused(StrEnum):
    """What is done when the broker refuses a package as such."""

    STOP = "stop"
    LEG_IN = "leg_in"


@dataclass(frozen=True, slots=True)
class Terms:
    """
    How the user wants to trade.

    `offset` is dollars per share from the net mid, debit positive; `price` is the limit
    itself, signed as in `Ticket`. Both need a limit order; without them it goes at mid, or
    where its `walk` begins.
    """

    order_type: OrderType
    offset: Decimal | None = None
    price: Decimal | None = None
    walk: WalkTerms | None = None
    no_bid: NoBid = NoBid.INCLUDE
    if_refused: IfRefused = IfRefused.STOP

    @property
    def needs_mid(self) -> bool:
        """Whether a limit order's prices depend on quotes."""
        return self.price is None or self.if_refused is IfRefused.LEG_IN
