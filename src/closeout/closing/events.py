"""
What happened to a close, in the past tense. The journal keeps these and nothing else.

Every event carries `at`, when Closeout learnt of it. Fields are plain values, so that a
journal written today can be read by the program of next year.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from closeout.closing.plans import Plan
from closeout.closing.rooms import Hand, Room
from closeout.closing.snapshots import MarketSnapshot
from closeout.closing.walk import Holding
from closeout.domain.orders import Execution, OrderReport, TicketLeg
from closeout.domain.outcomes import Refused
from closeout.domain.quotes import NetQuote


@dataclass(frozen=True, slots=True)
class CloseOpened:
    """
    A close was asked for. This is also the intent of its first order.

    `conflicts` are the broker's ids of open orders that hold the contracts: the intent is to
    cancel them first.

    `decided` is the market that was decided on (a preview's, if one was named), `market` the
    one the first order goes into. `entry_prices` are dollars per share by symbol, where they
    are known.
    """

    at: datetime
    close_id: str
    account: str
    position_id: str
    leg_id: str | None
    ticker: str
    strategy: str
    plan: Plan
    conflicts: tuple[str, ...] = ()
    decided: MarketSnapshot | None = None
    market: MarketSnapshot | None = None
    entry_prices: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class OrderReported:
    """
    The broker told us about one of our orders: its answer to the order, the stream, or a read.

    Reports are cumulative and may come late, twice or out of order. One that brings a fill
    carries the `market` it was learnt in.
    """

    at: datetime
    report: OrderReport
    source: str
    """`answer`, `stream` or `read`."""
    market: MarketSnapshot | None = None


@dataclass(frozen=True, slots=True)
class TradeRevised:
    """
    The exchange took back or corrected a trade, of one of our orders or of what it may cover.

    `undone` are the trades that count no more (a bust). A correction names none: where its
    report says less than was filled, the difference counts no more.
    """

    at: datetime
    report: OrderReport
    undone: tuple[Execution, ...]


@dataclass(frozen=True, slots=True)
class OrderRefused:
    """The broker said no to an order; nothing of it works."""

    at: datetime
    client_order_id: str
    http_status: int
    code: int | None
    message: str
    related_orders: tuple[str, ...]

    @property
    def refused(self) -> Refused:
        """What the broker said, by which refusals are told apart."""
        return Refused(self.http_status, self.code, self.message, self.related_orders)


@dataclass(frozen=True, slots=True)
class OrderNotSent:
    """The order certainly did not reach the book and may go again under its id."""

    at: datetime
    client_order_id: str
    reason: str
    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class OutcomeLost:
    """An order was sent and its outcome is not known."""

    at: datetime
    client_order_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class OrderNotFound:
    """
    The broker was asked for an order and did not know it (yet).

    It says so of `asked_at`, and the answer may be long on its way. Journals from before December
    2026 do not tell.
    """

    at: datetime
    client_order_id: str
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """A person asked to stop this close."""

    at: datetime


@dataclass(frozen=True, slots=True)
class CancelAcknowledged:
    """The broker took the cancel; fills may still come."""

    at: datetime
    order_id: str


@dataclass(frozen=True, slots=True)
class CancelFailed:
    """
    The cancel was refused, lost or not sent. The order itself says what is true.

    `retry_after` is how long to wait before asking again.
    """

    at: datetime
    order_id: str
    reason: str
    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class MarketSeen:
    """
    A walking order's market was looked at, for a step.

    `trouble` says why nothing may be priced from it; `legs` are what one unit was of when it was
    asked for. Journals from before December 2026 do not tell.
    """

    at: datetime
    net: NetQuote | None
    trouble: Holding | None
    legs: tuple[TicketLeg, ...] = ()


@dataclass(frozen=True, slots=True)
class FasterRequested:
    """
    A person asked a walk to hurry.

    `since` says which, and at which pace, by when that began: while the wish was on its way the
    order may have ended, or an earlier wish have been heard. Journals from before December 2026
    do not tell.
    """

    at: datetime
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class LimitRequested:
    """
    A person chose the limit a walk is to rest at; signed as in `Ticket`.

    `began_at` says which: that of the order before may have ended while the wish was on its way.
    Journals from before December 2026 do not tell.
    """

    at: datetime
    limit: Decimal
    began_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HoldingsRead:
    """
    A fresh broker snapshot: signed quantity per symbol of this close.

    `hands` are other hands' trades of these contracts since the close began, where looked for.
    """

    at: datetime
    quantities: tuple[tuple[str, Decimal], ...]
    hands: tuple[Hand, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountChecked:
    """
    The account was looked at just before an order: what is there, and what is free.

    `hands` are as in `HoldingsRead`. `net` is what one unit of a walking order trades at, None
    where it keeps its limit or the quotes cannot be trusted.

    `client_order_id`, `lost_at` and `after` repeat what `CheckAccount` asked: an answer may come
    so late that another order waits. Journals from before December 2026 do not tell.
    """

    at: datetime
    rooms: tuple[Room, ...]
    hands: tuple[Hand, ...] = ()
    net: NetQuote | None = None
    client_order_id: str | None = None
    lost_at: datetime | None = None
    after: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReadMissed:
    """A read this close asked for failed; nothing was learnt."""

    at: datetime
    reason: str
    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class Woke:
    """The time this close asked to be woken at has come; or the stream had a gap until now."""

    at: datetime
    after_gap: bool = False


@dataclass(frozen=True, slots=True)
class Recovered:
    """The program started again with this close unfinished in its journal."""

    at: datetime


Event = (
    CloseOpened
    | OrderReported
    | TradeRevised
    | OrderRefused
    | OrderNotSent
    | OutcomeLost
    | OrderNotFound
    | CancelRequested
    | CancelAcknowledged
    | CancelFailed
    | MarketSeen
    | FasterRequested
    | LimitRequested
    | HoldingsRead
    | AccountChecked
    | ReadMissed
    | Woke
    | Recovered
)
