"""Every working order is asked about after a gap in the stream (I9)."""

from collections import Counter
from collections.abc import Iterable, Mapping

from simulation.books import Books, Tracked
from simulation.loop import Process
from simulation.reads import Reads
from simulation.sights import Sight

from closeout.closing.state import Phase
from closeout.runtime.shared import PATIENCE

_WRITTEN_AGAIN = 1.0
"""Seconds until a write that failed is tried again; what came meanwhile waits for it."""


class Gaps:
    def __init__(self, books: Books, reads: Reads) -> None:
        self._books = books
        self._reads = reads
        self._asked: dict[str, float] = {}
        """When each order was last asked about, by its client id."""
        self._lists: Counter[Process] = Counter()
        """Reads of the list of orders under way."""

    def asking(self, process: Process, client_order_id: str) -> None:
        """The process begins to look an order up."""
        if self._books.is_at_work(process):
            self._asked[client_order_id] = self._books.loop.time()

    def listing(self, process: Process, client_order_ids: Iterable[str]) -> None:
        """The process begins to read the list of orders, which has these."""
        self._lists[process] += 1
        for each in client_order_ids:
            self.asking(process, each)

    def listed(self, process: Process) -> None:
        """A read of the list has ended."""
        self._lists[process] -= 1

    def came_up(self, process: Process) -> None:
        """The stream is back after a gap: every working close must ask what it missed."""
        books = self._books
        books.met[Sight.GAP] += 1
        if not books.is_at_work(process):
            return
        supervisor = self._reads.engine(process).supervisor
        working = {
            each.state.attempt.ticket.client_order_id: each
            for close_id, each in books.closes.items()
            if each.state.phase is Phase.WORKING and supervisor.close(close_id) == each.state
        }
        if working and not books.venue.day.has_journal_trouble:
            now = books.loop.time()
            books.loop.later(self._patience(process), self._check, process, working, now)

    def _patience(self, process: Process) -> float:
        """Seconds in which it must have asked."""
        # What is written since before the day healed takes as long as it did then.
        day = self._books.day
        wait = 1.0 + 8 * day.journal_delay
        if day.has_journal_trouble:
            wait += _WRITTEN_AGAIN
        if self._lists[process]:
            # One read of the list waits for another, but not for long.
            wait += PATIENCE.total_seconds()
        return wait

    def _check(self, process: Process, working: Mapping[str, Tracked], since: float) -> None:
        at_work = self._books.is_at_work(process)
        if not process.is_alive or process.is_frozen or not at_work or self._books.froze:
            return
        for identity, tracked in working.items():
            is_working = tracked.state.phase is Phase.WORKING
            names = {identity, *tracked.state.client_order_ids}
            if is_working and max(self._asked.get(each, -1.0) for each in names) < since:
                text = f"{identity} was not asked for after a gap in the stream"
                self._books.fail("I9", text)
