"""
How much of an order is still there to be closed, and free.

Between plan and order the account may be traded elsewhere. Every order is cut to what is
there, in whole units, so that the legs of a package stay even (invariants I3 and I6).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from closeout.domain.orders import TicketLeg


@dataclass(frozen=True, slots=True)
class Room:
    """
    What a fresh look at the account says of one symbol.

    `quantity` is signed. `available` is unsigned, what no open order holds; `claimed` is what
    other running closes have still to take.
    """

    symbol: str
    quantity: Decimal
    available: Decimal
    claimed: int = 0

    def held_for(self, leg: TicketLeg) -> int:
        """Contracts this leg could close: none when the holding is gone or has turned round."""
        return max(0, int(-self.quantity * leg.side.sign))

    def free_for(self, leg: TicketLeg) -> int:
        """Of these, what no open order holds and no other close claims."""
        return max(0, min(self.held_for(leg) - self.claimed, int(self.available)))


@dataclass(frozen=True, slots=True)
class Hand:
    """What an order of another hand took of one symbol, in contracts, unsigned."""

    symbol: str
    order_id: str
    contracts: int


@dataclass(frozen=True, slots=True)
class Fit:
    """Whole units of an order: what is held, and what of that is free."""

    held: int
    free: int


def fit(legs: Sequence[TicketLeg], units: int, rooms: Iterable[Room]) -> Fit:
    """Say how many of `units` could be sent."""
    by_symbol: Mapping[str, Room] = {room.symbol: room for room in rooms}
    held = [by_symbol[leg.symbol].held_for(leg) // leg.ratio for leg in legs]
    free = [by_symbol[leg.symbol].free_for(leg) // leg.ratio for leg in legs]
    return Fit(held=min(units, *held), free=min(units, *free))
