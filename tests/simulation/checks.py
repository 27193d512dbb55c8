"""
What must never happen, watched from outside with books of its own.

Every rule is named after the invariant it guards, and each family of them has its own checker.
The checkers see what is sent, what is committed and what the exchange truly did; of the core
they use only what a fresh process would know, the fold of the committed events.
"""

from collections.abc import Callable, Sequence
from typing import Any

from simulation import sights
from simulation.answers import Answers
from simulation.books import Books, Tracked
from simulation.cancels import Cancels
from simulation.claims import Claims
from simulation.closed import Closed
from simulation.cover import Cover
from simulation.disk import Record
from simulation.edits import EditBook
from simulation.ends import Ends
from simulation.fills import Fills
from simulation.gaps import Gaps
from simulation.loop import Process
from simulation.orders import Orders
from simulation.prices import Prices
from simulation.promises import Promises
from simulation.reads import Reads
from simulation.requests import Requests
from simulation.sights import Sight

from closeout.closing.events import (
    AccountChecked,
    CloseOpened,
    Event,
    FasterRequested,
    MarketSeen,
    OrderRefused,
)
from closeout.closing.state import CloseState
from closeout.closing.step import step
from closeout.runtime.engine import Engine


class Checks:
    """One seed's checkers, and what more than one of them must hear."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.prices = Prices(books.venue)
        self.edits = EditBook(books.own, books.positions)
        self.requests = Requests(books, self.prices, self.edits)
        self.promises = Promises(books)
        self.cancels = Cancels(books)
        self.cover = Cover(books)
        self.orders = Orders(
            books,
            promises=self.promises,
            requests=self.requests,
            cancels=self.cancels,
            claims=Claims(books),
            cover=self.cover,
            prices=self.prices,
        )
        self.answers = Answers(books)
        self.fills = Fills(books, self.cover)
        self.reads = Reads(books)
        self.gaps = Gaps(books, self.reads)
        self._closed = Closed(books, self.reads)
        self._ends = Ends(books, self._closed)
        self._expected: set[str] = set()
        self.on_taken: Callable[[], None] = lambda: None
        """Hears that a process has taken the account."""

    # --- the journal ------------------------------------------------------------------

    def taken(self, process: Process) -> None:
        """This process has the account now; what another one said or heard is forgotten."""
        books = self.books
        last, books.owner = books.owner, process
        self.promises.forget()
        unfinished = books.running()
        for tracked in unfinished:
            tracked.forget_refusals(books.loop.time())
        self.on_taken()
        if last is not None and books.day.has_second and last is not process:
            books.met[Sight.TAKEN_OVER] += 1
            books.met.update([Sight.TAKEN_UP] * len(unfinished))
            self.expect("account.lost")

    def committed(self, process: Process, record: Record, events: Sequence[Event]) -> None:
        self.books.mark("committed")
        self.books.check_owner(process, f"writes of {record.close_id}")
        for event in events:
            tracked = self.books.closes.get(record.close_id)
            if isinstance(event, CloseOpened):
                self._opened(record, event)
            elif tracked is not None:
                self._moved(tracked, event)

    def _opened(self, record: Record, event: CloseOpened) -> None:
        state, _ = step(None, event)
        symbols = frozenset(event.plan.symbols)
        owner = self.books.positions.get(event.position_id)
        if owner is None and event.position_id not in self.edits.forgotten:
            owner = self.books.own.only_one_with(symbols)
        tracked = Tracked(
            state=state,
            opened=self.books.seconds(event.at),
            request=self.requests.of(record.fingerprint),
            owner=owner,
        )
        self.books.closes[record.close_id] = tracked
        self.books.met.update(sights.opened(event, tracked.request))
        self.requests.check_portion(tracked)

    def _moved(self, tracked: Tracked, event: Event) -> None:
        before = tracked.state
        tracked.state, _ = step(before, event)
        self.orders.check_in_place(tracked, before)
        self.books.met.update(sights.moved(before, tracked.state, event))
        self._note(tracked, before, event)
        if tracked.state.phase.is_end and tracked.state.phase is not before.phase:
            self._ends.ended(tracked)

    def _note(self, tracked: Tracked, before: CloseState, event: Event) -> None:
        """Keep what the fold of the events does not say."""
        match event:
            case OrderRefused():
                tracked.refused.add(event.client_order_id)
            case MarketSeen():
                tracked.seen = self.books.seconds(event.at)
            case FasterRequested():
                tracked.is_hurried = True
            case AccountChecked():
                tracked.looked = self.books.seconds(event.at)
                if event.net is not None:
                    tracked.begun[before.attempt.step] = tracked.looked

    # --- what the program itself says ---------------------------------------------------

    def expect(self, event: str) -> None:
        """An error line that a fault of ours explains."""
        self._expected.add(event)

    def logged(self, event: str, details: dict[str, Any]) -> None:
        """The program wrote a line of level error."""
        if event not in self._expected and event != "journal.failed":
            info = details.get("exc_info")
            self.books.fail("crash", f"{event}: {info!r}")

    # --- the end of the day -----------------------------------------------------------

    def unended(self) -> list[str]:
        return [f"{each.state.close_id} is {each.state.phase}" for each in self.books.running()]

    def final(self, engine: Engine) -> None:
        """Everything has healed and time has passed."""
        for text in self.unended():
            self.books.fail("I9", f"{text} and did not end")
        for close_id, tracked in self.books.closes.items():
            if engine.supervisor.close(close_id) != tracked.state:
                self.books.fail("I9", f"{close_id} is not what its journal says")
            self._ends.check_quiet(tracked)
            self._closed.check_flat(tracked)
            self._ends.check_alarm(tracked)
            self._closed.check_bust(tracked)
        self.fills.check_ledger()
        self.reads.check_shown(engine)

    def stands_by(self, engine: Engine) -> None:
        """Long after the last event, the process that stands by shows what is on record."""
        for close_id, tracked in self.books.closes.items():
            if engine.supervisor.close(close_id) != tracked.state:
                text = f"{close_id} is shown otherwise by the process that stands by"
                self.books.fail("I9", text)
