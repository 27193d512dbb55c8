"""The checkers' own books: what was sent, what each close did, and what all of them share."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from simulation.loop import Process, VirtualLoop
from simulation.ownership import Ownership
from simulation.sights import Sight
from simulation.venue import Venue

from closeout.closing.ids import close_of
from closeout.closing.state import CloseState
from closeout.domain.orders import OrderReport, Ticket
from closeout.runtime.requests import CloseRequest


class Fate(StrEnum):
    """What the process can know of an order it sent."""

    IN_FLIGHT = "in flight"
    NOT_SENT = "not sent"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"
    FOUND = "found"


@dataclass(slots=True)
class Sent:
    """One client order id and everything that was done under it."""

    ticket: Ticket
    since: float
    fate: Fate = Fate.IN_FLIGHT
    may_arrive: int = 0
    """Requests under way to the venue."""
    absences: list[float] = field(default_factory=list)
    """When look-ups since then did not find it."""
    replaces: str | None = None
    """The broker's id of the order it was to replace."""

    refusal: str = ""
    """What the broker said when it said no."""

    @property
    def is_settled(self) -> bool:
        return self.fate in (Fate.NOT_SENT, Fate.REFUSED, Fate.FOUND) or self.is_absent

    @property
    def is_absent(self) -> bool:
        """At least five look-ups over thirty seconds found nothing (docs: closing/timing)."""
        return len(self.absences) >= 5 and self.absences[-1] - self.since >= 29.999


@dataclass(slots=True)
class Tracked:
    """A close as its committed events tell it, and what truly came of it."""

    state: CloseState
    opened: float
    request: CloseRequest | None
    owner: int | None
    sent: dict[str, Sent] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    """The ids whose refusal is on record."""
    order_ids: list[str] = field(default_factory=list)
    fills: Counter[str] = field(default_factory=Counter)
    last_fill: float = 0.0
    looked: float = 0.0
    """When the account was last looked at for its order."""
    begun: dict[int, float] = field(default_factory=dict)
    """When a step's walk was priced again because its turn had come."""
    busted: Counter[str] = field(default_factory=Counter)
    """Contracts of fills that the exchange took back."""
    knows_of_bust: bool = False
    """Whether the process was told of it and lived on."""
    is_replaced: bool = False
    """Somebody else replaced an order of it."""
    seen: float | None = None
    """When the market was last looked at for a step, as committed."""
    began: dict[int, float] = field(default_factory=dict)
    """When the first order of each step went out."""
    is_hurried: bool = False
    chosen: set[Decimal] = field(default_factory=set)
    """The limits that somebody chose while it walked."""

    def forget_refusals(self, at: float) -> None:
        """The process that was refused died; what it had not written down nobody knows."""
        for identity, sent in self.sent.items():
            if sent.fate in (Fate.REFUSED, Fate.DUPLICATE) and identity not in self.refused:
                sent.fate, sent.since = Fate.UNKNOWN, at

    @property
    def reports(self) -> list[OrderReport]:
        """What the broker has told of its orders, as committed."""
        return [each for attempt in self.state.attempts for each in attempt.orders]

    def is_reported(self, client_order_id: str) -> bool:
        return any(each.client_order_id == client_order_id for each in self.reports)

    def refused_package(self, ticket: Ticket) -> Sent | None:
        """The package that this leg goes in the place of; a refused replacement is none."""
        orders = {attempt.ticket.client_order_id for attempt in self.state.attempts}
        if ticket.is_package:
            return None
        [leg] = ticket.legs
        found = [
            sent
            for identity, sent in self.sent.items()
            if identity in orders
            and sent.ticket.is_package
            and sent.fate is Fate.REFUSED
            and sent.ticket.contracts(leg.symbol)
        ]
        return found[-1] if found else None


@dataclass(frozen=True, slots=True)
class Violation:
    rule: str
    at: float
    text: str

    def __str__(self) -> str:
        return f"{self.rule} at {self.at:.3f} s: {self.text}"


class Books:
    """What one seed's checkers look at, what they know of it, and what they found wrong."""

    def __init__(
        self, loop: VirtualLoop, venue: Venue, ownership: Ownership, start: datetime
    ) -> None:
        self.loop = loop
        self.venue = venue
        self.own = ownership
        self.day = venue.day
        """As it was drawn; the venue's own heals."""
        self.violations: list[Violation] = []
        self.met: Counter[Sight] = Counter()
        self.closes: dict[str, Tracked] = {}
        self.close_of_order: dict[str, Tracked] = {}
        """The close of each order of ours, by the broker's id."""
        self.positions: dict[str, int] = {}
        """Position ids to the strategies they were seen to be."""
        self.owner: Process | None = None
        """The process that has the account, as the journal says."""
        self.touched: set[str] = set()
        """Symbols that another hand has traded."""
        self.froze = 0.0
        """The longest a process was frozen, seconds."""
        lag = max(venue.day.holdings_lag, venue.day.order_lag)
        self.slack = 1.0 + 20 * venue.day.latency + lag
        """Seconds by which what a process that never froze knows may be too old."""
        self.on_mark: Callable[[str], None] = lambda what: None
        """Hears what happens of interest: whoever wants to strike at that moment."""
        self._start = start

    def fail(self, rule: str, text: str) -> None:
        self.violations.append(Violation(rule, self.loop.time(), text))
        self.loop.is_halted = True

    def mark(self, what: str) -> None:
        self.on_mark(what)

    def touch(self, symbols: Iterable[str]) -> None:
        """Note that another hand trades these."""
        self.touched.update(symbols)

    def seconds(self, at: datetime) -> float:
        """Convert a time to seconds since the day began."""
        return (at - self._start).total_seconds()

    # --- whose the account is ---------------------------------------------------------

    def is_at_work(self, process: Process) -> bool:
        """Whether the account is this process's by what is on record."""
        return self.owner is process

    def check_owner(self, process: Process, what: str) -> None:
        if not self.is_at_work(process):
            self.fail("I2", f"process {process.number} {what}, and the account is another's")

    # --- closes -----------------------------------------------------------------------

    def close_with(self, client_order_id: str) -> Tracked | None:
        """The close that this order is of, if that is on record."""
        return self.closes.get(close_of(client_order_id) or "?")

    def running(self) -> list[Tracked]:
        return [each for each in self.closes.values() if not each.state.phase.is_end]

    # --- how old knowledge can be -----------------------------------------------------

    @property
    def leeway(self) -> float:
        """Seconds by which what a process knows may be older than it was meant to be."""
        return self.slack + self.froze

    def since(self, tracked: Tracked) -> float:
        """How old what was known when the close was planned can be."""
        known = max(tracked.opened, tracked.looked)
        return max(0.0, known - self.leeway)

    def since_opened(self, tracked: Tracked) -> float:
        """How old what was known when the close was opened can be."""
        return max(0.0, tracked.opened - self.leeway)
