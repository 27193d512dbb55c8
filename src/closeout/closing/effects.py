"""What a close wants done, in the imperative. The runtime performs these."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from closeout.closing.walk import Walk
from closeout.domain.orders import Ticket, TicketLeg


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Send this order, once."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Ask the broker to cancel."""

    order_id: str


@dataclass(frozen=True, slots=True)
class ReplaceOrder:
    """Ask the broker to put this order, once, in the place of that one."""

    order_id: str
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class SeeMarket:
    """Look at what the legs of a walking order trade at."""

    legs: tuple[TicketLeg, ...]
    walk: Walk


@dataclass(frozen=True, slots=True)
class LookUpOrder:
    """Ask the broker what it knows of an order under this client id."""

    client_order_id: str


@dataclass(frozen=True, slots=True)
class FollowOrder:
    """Ask for an order by the broker's id: the replacement somebody else put in its place."""

    order_id: str


@dataclass(frozen=True, slots=True)
class ReadHoldings:
    """Read a fresh snapshot of the holdings."""


@dataclass(frozen=True, slots=True)
class CheckAccount:
    """
    Look at the account before this order goes out: what is held, what is free.

    `after` asks for a snapshot read after that instant. `lost_at` is when the order was sent
    before without a trace: then recent orders and fills must know nothing of it either.
    """

    client_order_id: str
    after: datetime | None = None
    lost_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WakeAfter:
    """Deliver `Woke` after this long; a later request replaces an earlier one."""

    delay: timedelta


Effect = (
    PlaceOrder
    | ReplaceOrder
    | CancelOrder
    | LookUpOrder
    | FollowOrder
    | ReadHoldings
    | CheckAccount
    | SeeMarket
    | WakeAfter
)
