"""
The closes of one account over its life.

They are begun by the opener, steered by people, told by the reconciler what has happened, and
listed in the roster. Here these are wired; here closes are taken up after a start, followed while
another process works them, and let go when it takes the account.
"""

import asyncio
from collections.abc import Collection
from datetime import timedelta

import structlog

from closeout.closing.events import Recovered
from closeout.closing.staleness import Tolerance
from closeout.closing.state import CloseState, Phase
from closeout.closing.step import fold
from closeout.ports import Broker, Clock, Journal, StoredClose
from closeout.runtime.book import Book
from closeout.runtime.budget import Budget
from closeout.runtime.feed import Feed
from closeout.runtime.opener import Opener
from closeout.runtime.ownership import Ownership
from closeout.runtime.perform import Performer
from closeout.runtime.preparing import Preparer
from closeout.runtime.reconciler import Reconciler
from closeout.runtime.roster import Roster
from closeout.runtime.runner import Runner, Surroundings
from closeout.runtime.steering import Steering

log = structlog.get_logger(__name__)

KEPT_CLOSES = 1000
"""Ended closes kept at hand: for the page, and to know whose contracts they took."""

SHOWN_CLOSES = 50
"""Closes that are shown, beside all running ones, while another process works them."""

_DECIDE_WITHIN = timedelta(seconds=15)


class Supervisor:
    """Every close of one account, and who works at it."""

    def __init__(
        self,
        broker: Broker,
        journal: Journal,
        book: Book,
        clock: Clock,
        feed: Feed,
        *,
        ownership: Ownership,
        budget: Budget,
        tolerance: Tolerance | None = None,
    ) -> None:
        self._journal = journal
        self._book = book
        self._feed = feed
        self._roster = roster = Roster()
        self._seen_of: dict[str, int] = {}
        """How many events of each close that is followed were seen."""
        self.journal_error: str | None = None
        self.stale_positions = asyncio.Event()
        """Set when a fill or an end makes a fresh look at the holdings worthwhile."""
        self._around = Surroundings(
            journal=journal,
            performer=Performer(broker, book, clock, roster.claims, budget),
            clock=clock,
            look=book.snapshot,
            on_change=self._on_change,
            on_journal=self.note_journal,
            on_fenced=ownership.lose,
        )
        self._clock = clock
        self.preparer = Preparer(broker, book, clock, roster.claims, tolerance or Tolerance())
        self.opener = Opener(
            journal,
            book,
            clock,
            roster=roster,
            ownership=ownership,
            preparer=self.preparer,
            adopt=self._adopt,
            take_up=self._take_up,
        )
        self.previews = self.opener.previews
        self.reconciler = Reconciler(broker, book, clock, roster)
        steering = Steering(roster, ownership, clock)
        # One door for whoever serves people, whichever part answers.
        self.open, self.is_of = self.opener.open, self.opener.is_of
        self.cancel, self.hurry = steering.cancel, steering.hurry
        self.change_limit = steering.change_limit
        self.close, self.closes, self.claims = roster.close, roster.closes, roster.claims
        self.running, self.running_close = roster.running, roster.running_close
        self.owners = roster.owners

    async def decided(self, runner: Runner) -> CloseState:
        """Wait until something is known of the first order."""
        return await runner.decided(_DECIDE_WITHIN)

    # --- whose they are ---------------------------------------------------------------

    async def recover(self) -> None:
        """
        Take up the closes that the last run left unfinished, and remember the ended ones.

        Once is enough: a close has one runner, whatever else of the start must be repeated.

        Raises: JournalFailed.
        """
        if self._roster.is_complete:
            return
        account = self._book.account_number()
        recent = await self._journal.load_recent(account, limit=KEPT_CLOSES)
        unfinished = await self._journal.load_unfinished(account)
        await self.opener.keys.load(account)
        self._roster.is_complete = True
        for stored in {each.close_id: each for each in (*recent, *unfinished)}.values():
            self._adopt(fold(stored.events), len(stored.events))
        self._roster.followed.clear()
        self._seen_of.clear()
        for stored in unfinished:
            self._take_up(self._roster.runners[stored.close_id])

    async def follow(self) -> None:
        """
        Show the closes as the process that works them has recorded them.

        Raises: JournalFailed.
        """
        account = self._book.account_number()
        recent = await self._journal.load_recent(account, limit=SHOWN_CLOSES)
        unfinished = await self._journal.load_unfinished(account)
        listed = {each.close_id: each for each in (*recent, *unfinished)}
        for stored in (*listed.values(), *await self._ended_unlisted(listed)):
            if self._seen_of.get(stored.close_id) == len(stored.events):
                continue
            self._seen_of[stored.close_id] = len(stored.events)
            self._roster.followed[stored.close_id] = fold(stored.events)
            self._feed.close_changed(stored.close_id)
            self._feed.positions_changed()

    async def _ended_unlisted(self, listed: Collection[str]) -> list[StoredClose]:
        """
        Return closes that were last seen running and are neither unfinished nor recent any more.

        Raises: JournalFailed.
        """
        running = [each for each in self._roster.followed.values() if not each.phase.is_end]
        found = [
            await self._journal.load(each.close_id)
            for each in running
            if each.close_id not in listed
        ]
        return [each for each in found if each is not None]

    async def stand_down(self) -> None:
        """Let go of every close: another process works them now."""
        self._roster.is_complete = False
        await self.stop()
        runners = self._roster.runners
        self._roster.followed |= {close_id: each.state for close_id, each in runners.items()}
        self._seen_of.clear()
        runners.clear()

    async def stop(self) -> None:
        """Stop working without ending any close; what is being opened is opened first."""
        await self.opener.stop()
        await asyncio.gather(*(runner.stop() for runner in self._roster.runners.values()))

    def _adopt(self, state: CloseState, recorded: int) -> Runner:
        """Give a close its runner, of which so many events are on record."""
        runner = Runner(state, sequence=recorded, around=self._around)
        self._roster.runners[state.close_id] = runner
        self._feed.close_changed(state.close_id)
        return runner

    def _take_up(self, runner: Runner) -> None:
        log.info("close.recovered", close_id=runner.state.close_id, phase=runner.state.phase.value)
        runner.post(Recovered(self._clock.now()))

    # --- what they tell ---------------------------------------------------------------

    def _on_change(self, runner: Runner, before: CloseState) -> None:
        state = runner.state
        traded = any(state.filled(symbol) != before.filled(symbol) for symbol in state.plan.symbols)
        if traded or state.phase is Phase.CLOSED:
            self.stale_positions.set()
        self._feed.close_changed(state.close_id)
        if state.learned is not None and state.learned != before.learned:
            symbols = [leg.symbol for leg in state.attempt.ticket.legs]
            self._book.learn_refused_tick(symbols, state.learned)
        if traded or state.phase.is_end != before.phase.is_end:
            # Contracts have gone, or are free again.
            self._book.disturb()
        if state.phase.is_end != before.phase.is_end:
            self._feed.positions_changed()

    def note_journal(self, error: str | None) -> None:
        """Keep in sight whether the journal can write."""
        if error != self.journal_error:
            self.journal_error = error
            self._feed.status_changed()
