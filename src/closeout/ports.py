"""What the runtime needs of the world. Adapters implement these; the core knows none of them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from closeout.closing.events import Event
from closeout.domain.announcements import Announcement
from closeout.domain.deliverables import ContractTerms
from closeout.domain.edits import Edit
from closeout.domain.errors import CloseoutError
from closeout.domain.holdings import Account, Holdings, MarketClock
from closeout.domain.marks import OptionMark
from closeout.domain.orders import Fill, OrderReport, Ticket, TradeUpdate
from closeout.domain.outcomes import CancelOutcome, PlaceOutcome, ReplaceOutcome
from closeout.domain.quotes import Quote
from closeout.domain.settlements import Settlement


class ReadFailed(CloseoutError):
    """
    The broker could not be read; nothing is known, least of all that nothing is there.

    `retry_after` is how long the broker asked us to wait, or None.
    """

    code = "broker_unavailable"

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class HistoryCut(ReadFailed):
    """
    A long history could be read in part: `orders` are all of it up to the newest of them.

    Reading on from there is enough.
    """

    def __init__(self, failure: ReadFailed, orders: tuple[OrderReport, ...]) -> None:
        super().__init__(str(failure), retry_after=failure.retry_after)
        self.orders = orders


class JournalFailed(CloseoutError):
    """The journal could not write; nothing may be sent (invariant I1)."""

    code = "journal_unavailable"


class Unconfirmed(JournalFailed):
    """The journal cannot say whether it has recorded a close of which nothing was sent."""


class SequenceTaken(JournalFailed):
    """Somebody else wrote this close's next event: this writer is out of date."""

    code = "journal_conflict"


class NotOwner(JournalFailed):
    """Another process owns the account: nothing was written, and nothing may be sent."""

    code = "standing_by"


class HandedOver(NotOwner):
    """The close is on record, and goes on with the process that has taken the account since."""


@dataclass(frozen=True, slots=True)
class LinkUp:
    """A stream is connected, authorised and subscribed. `gap` is how long it was away."""

    at: datetime
    gap: timedelta | None


@dataclass(frozen=True, slots=True)
class LinkDown:
    """A stream is away; it goes on trying by itself."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Missed:
    """Something was told that could not be read. It may have been a fill."""

    at: datetime


StreamItem = TradeUpdate | LinkUp | LinkDown | Missed


class Broker(Protocol):
    """
    One account at the broker.

    Reads raise `ReadFailed`. `place`, `replace` and `cancel` never raise for what the broker or the
    network does: they return what is known. None ever sends twice by itself.
    """

    async def place(self, ticket: Ticket) -> PlaceOutcome: ...
    async def replace(self, order_id: str, ticket: Ticket) -> ReplaceOutcome:
        """
        Ask once that `ticket`, which differs in its client id and limit, take an order's place.

        The quantity is not sent: it stays the old order's total.
        """
        ...

    async def cancel(self, order_id: str) -> CancelOutcome: ...
    async def order(self, order_id: str) -> OrderReport | None: ...
    async def order_by_client_id(self, client_order_id: str) -> OrderReport | None: ...
    async def open_orders(self) -> tuple[OrderReport, ...]: ...

    async def order_history(self, since: datetime | None) -> tuple[OrderReport, ...]:
        """
        Every order submitted after `since`, any status, legs nested, oldest first.

        Raises:
            HistoryCut: the first pages could be read.
        """
        ...

    async def fills(self, since: datetime) -> tuple[Fill, ...]:
        """Every trade of the account after `since`, by whatever hand, oldest first."""
        ...

    async def settlements(self, since: datetime | None) -> tuple[Settlement, ...]:
        """Assignments, exercises, expiries and the shares they moved after `since`."""
        ...

    async def holdings(self) -> Holdings: ...
    async def account(self) -> Account: ...
    async def market_clock(self) -> MarketClock: ...

    async def penny_underlyings(self, symbols: Iterable[str]) -> Mapping[str, bool]:
        """For each OCC symbol, whether its class is in the penny program (Alpaca's `ppind`)."""
        ...

    async def contract_terms(self, symbols: Iterable[str]) -> Mapping[str, ContractTerms]:
        """What these contracts deliver. One the broker does not know is absent."""
        ...

    def updates(
        self,
    ) -> AbstractAsyncContextManager[AsyncIterator[StreamItem]]:
        """Trade updates for as long as the context is open, reconnecting by itself."""
        ...


QuoteSink = Callable[[Sequence[Quote]], None]
LinkSink = Callable[[str, LinkUp | LinkDown], None]


class Quotes(Protocol):
    """Live quotes of options and stocks."""

    @property
    def unserved(self) -> frozenset[str]:
        """Watched symbols that the streams refuse to serve, as beyond the plan's limit."""
        ...

    def watch(self, options: frozenset[str], stocks: frozenset[str]) -> None:
        """Stream exactly these from now on; safe to call while disconnected."""
        ...

    async def latest(self, options: frozenset[str], stocks: frozenset[str]) -> Mapping[str, Quote]:
        """
        Read current quotes over REST. A symbol without a quote is absent.

        Raises:
            ReadFailed: the data service could not be read.
        """
        ...

    async def marks(self, options: frozenset[str]) -> Mapping[str, OptionMark]:
        """
        Read the broker's greeks and volatility. A contract it says nothing of is absent.

        Raises:
            ReadFailed: the data service could not be read.
        """
        ...

    async def announcements(self, stocks: frozenset[str], until: date) -> tuple[Announcement, ...]:
        """
        Read the dividends and splits of these stocks that are to come until a day.

        Raises:
            ReadFailed: the data service could not be read.
        """
        ...

    def run(self, on_quotes: QuoteSink, on_link: LinkSink) -> Awaitable[None]:
        """
        Stream until cancelled. `on_link` gets `options` or `stocks` and the change.

        Sinks are called on the event loop and must return at once.
        """
        ...


@dataclass(frozen=True, slots=True)
class StoredClose:
    """A close as the journal keeps it: who it is and everything that happened to it."""

    close_id: str
    account: str
    position_id: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Lease:
    """
    Who owns an account, as it is on record.

    `epoch` grows with every change of hands and `beat` with every sign of life, so that a
    lease that was not renewed reads as it did. `owner` is for people; None when the last
    one let go.
    """

    epoch: int
    beat: int
    owner: str | None


@dataclass(frozen=True, slots=True)
class OrderHistory:
    """
    Orders of an account, each as it was last told of.

    Every order that was submitted before `until` is among those that are kept; None when
    that was never made sure.
    """

    orders: tuple[OrderReport, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SettlementHistory:
    """
    What happened without an order, as it was read.

    Everything the broker listed at `until` is among it; None when that was never made sure.
    """

    settlements: tuple[Settlement, ...] = ()
    until: datetime | None = None


class History(Protocol):
    """
    What is remembered of an account's past, so that only the news are asked for.

    A cache: the broker has the truth, and all of it can be read again. All methods raise
    `JournalFailed`, which stops no close.
    """

    async def load_history(self, account: str) -> OrderHistory:
        """Everything that was kept and can still be read, oldest first."""
        ...

    async def keep_history(self, account: str, news: OrderHistory) -> None:
        """
        Add to what is kept; of two reports of one order the younger stays.

        It need not survive a power cut, and never holds up the writing of a close for long.
        """
        ...

    async def load_settlements(self, account: str) -> SettlementHistory:
        """Everything that was kept and can still be read, oldest first."""
        ...

    async def keep_settlements(self, account: str, news: SettlementHistory) -> None:
        """Add to what is kept, as `keep_history` does."""
        ...


@dataclass(frozen=True, slots=True)
class AskedUnder:
    """An idempotency key, and what tells apart two requests that share one."""

    key: str
    fingerprint: str


class Journal(History, Protocol):
    """
    The append-only record of every close, and the history of orders.

    Every method raises `JournalFailed` when the disk or database does not answer for it.
    When a write of a close returns, it is on disk. Closes are written only by the owner of their
    account, which is checked in the very transaction: anybody else gets `NotOwner`.
    """

    async def lease(self, account: str) -> Lease | None:
        """Return who owns an account, or None if nobody ever did."""
        ...

    async def take_lease(self, account: str, *, owner: str, seen: Lease | None) -> None:
        """
        Own an account from now on, if its lease is still as it was `seen`.

        Whether its owner has been silent for long enough is for the caller to know.

        Raises:
            NotOwner: it was renewed or taken meanwhile.
        """
        ...

    async def renew_lease(self, account: str) -> None:
        """
        Give a sign of life.

        Raises:
            NotOwner: another process has taken the account.
        """
        ...

    async def release_lease(self, account: str) -> None:
        """Let go of an account, so that the next owner need not wait."""
        ...

    async def open(
        self,
        *,
        close_id: str,
        account: str,
        position_id: str,
        idempotency_key: str | None,
        fingerprint: str,
        events: Sequence[Event],
    ) -> None:
        """
        Record a new close with its first events in one commit.

        `fingerprint` tells apart two requests that share an idempotency key.
        """
        ...

    async def append(self, close_id: str, *, sequence: int, events: Sequence[Event]) -> None:
        """
        Add events; the first gets `sequence` (the count of events already there, from 0).

        Raises:
            SequenceTaken: that sequence is already written.
        """
        ...

    async def load(self, close_id: str) -> StoredClose | None: ...

    async def load_recent(self, account: str, *, limit: int) -> tuple[StoredClose, ...]:
        """The newest closes of an account, newest first."""
        ...

    async def load_unfinished(self, account: str) -> tuple[StoredClose, ...]:
        """Every close that was never marked ended, however old."""
        ...

    async def mark_ended(self, close_id: str, *, ended: bool) -> None:
        """
        Say whether a close belongs to `load_unfinished`.

        Late evidence can bring an ended close back to work.
        """
        ...

    async def find_by_key(self, account: str, idempotency_key: str) -> tuple[str, str] | None:
        """The close id and fingerprint first recorded under this key."""
        ...

    async def load_keys(self, account: str) -> Mapping[str, tuple[str, str]]:
        """Every idempotency key of an account, as `find_by_key` answers."""
        ...

    async def append_edit(self, account: str, edit: Edit, asked: AskedUnder | None = None) -> None:
        """
        Record what the user said about the account's strategies; its number must be the next.

        The key it was asked under goes on record with it.

        Raises:
            SequenceTaken: it is not: these edits are out of date.
        """
        ...

    async def load_edits(self, account: str) -> tuple[Edit, ...]:
        """Every edit of an account, oldest first."""
        ...

    async def find_edit(self, account: str, idempotency_key: str) -> tuple[int, str] | None:
        """The number and fingerprint of the edit that was asked for under this key."""
        ...

    async def close(self) -> None: ...


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...

    def monotonic(self) -> timedelta:
        """
        Return the time since some instant of the past.

        It is never set, and it goes on while this process is stopped or the machine sleeps.
        """
        ...

    async def sleep(self, duration: timedelta) -> None: ...
