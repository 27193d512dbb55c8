"""
Begins closes.

One lock stands before every new close, so that a double click, a second tab and a repeated
request find the first one instead of becoming a second order.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from closeout.closing.step import fold
from closeout.ports import Clock, Journal, JournalFailed
from closeout.runtime.beginnings import Beginning
from closeout.runtime.book import Book
from closeout.runtime.keys import Keys
from closeout.runtime.ownership import Ownership
from closeout.runtime.preparing import Preparer
from closeout.runtime.previews import Previews
from closeout.runtime.recorder import Adopt, Recorder
from closeout.runtime.refusals import NotReady
from closeout.runtime.requests import CloseRequest
from closeout.runtime.roster import Roster
from closeout.runtime.runner import Runner

_OPEN_WITHIN = timedelta(seconds=5)
"""How long a stop waits for closes that are just being opened."""


class Opener:
    """The way from a request to a runner, one for each close."""

    def __init__(
        self,
        journal: Journal,
        book: Book,
        clock: Clock,
        *,
        roster: Roster,
        ownership: Ownership,
        preparer: Preparer,
        adopt: Adopt,
        take_up: Callable[[Runner], None],
    ) -> None:
        self._journal = journal
        self._book = book
        self._roster = roster
        self._ownership = ownership
        self._preparer = preparer
        self._adopt = adopt
        self._take_up = take_up
        self._lock = asyncio.Lock()
        self._openings: set[asyncio.Task[Runner]] = set()
        self.keys = Keys(journal)
        self._recorder = Recorder(journal, book, clock, roster=roster, keys=self.keys, adopt=adopt)
        self.previews = Previews(clock)
        self.before_opening: Callable[[], Awaitable[None]] = _at_once
        """Awaited before a close is planned: what was said of strategies must be known then."""

    async def open(self, request: CloseRequest) -> Runner:
        """
        Begin a close, or return the one that already does this.

        Raises:
            NotBegun: see `refusals`; CannotPlan: no order can do it; ReadFailed: the
                account could not be read; JournalFailed: the intent could not be written.
                Nothing was sent in any of these cases.
        """
        # A caller that goes away must not stop it between the journal and the order.
        opening = asyncio.create_task(self._open(request))
        self._openings.add(opening)
        opening.add_done_callback(self._openings.discard)
        return await asyncio.shield(opening)

    async def _open(self, request: CloseRequest) -> Runner:
        async with self._lock:
            self._require_recovered()
            request = replace(request, portion=self.previews.portion(request))
            known = await self._known(request)
            if known is None:
                await self._recorder.doubts.clear()
                await self.before_opening()
                known = await self._plan(request)
            # Before anybody else may ask under this key.
            self.keys.note_answered(known.state.close_id, request)
        if isinstance(known, Runner):
            return known
        # Outside of the lock, so that closes begun together are written together.
        return await self._written(known, request)

    async def _written(self, beginning: Beginning, request: CloseRequest) -> Runner:
        try:
            return await beginning.written
        except JournalFailed:
            self.keys.forget(request)
            raise

    async def _plan(self, request: CloseRequest) -> Beginning:
        # Only now: a repeated request finds its close though its preview is long forgotten.
        shown = self.previews.named_by(request)
        if shown is not None:
            request = replace(
                shown.request,
                idempotency_key=request.idempotency_key,
                preview_id=request.preview_id,
            )
        prepared = await self._preparer.prepare(request, shown)
        self._require_recovered()
        return self._recorder.begin(request, prepared)

    @asynccontextmanager
    async def beginning_none(self) -> AsyncIterator[None]:
        """
        Keep new closes from being planned and begun meanwhile.

        Raises: StandingBy, NotReady; JournalFailed: whether one has begun is not known.
        """
        async with self._lock:
            writing = [each.written for each in self._roster.beginnings.values()]
            await asyncio.gather(*writing, return_exceptions=True)
            # One of them may be on record though the journal could not say so.
            await self._recorder.doubts.clear()
            self._require_recovered()
            yield

    def _require_recovered(self) -> None:
        """Raises: StandingBy, NotReady."""
        self._ownership.require_no_other()
        if not self._roster.is_complete:
            # A close of the last run may have these very contracts.
            raise NotReady(
                "The closes of the last run have not been taken up yet. Nothing was sent."
            )

    async def _known(self, request: CloseRequest) -> Runner | Beginning | None:
        """Find the close that this request has begun before, or that has its contracts."""
        for beginning in self._roster.beginnings.values():
            if beginning.is_under_key_of(request):
                return beginning
        close_id = await self.keys.find(self._book.account_number(), request)
        if close_id is None:
            return self._roster.claimant(request)
        return self._roster.beginnings.get(close_id) or await self._runner(close_id)

    async def _runner(self, close_id: str) -> Runner:
        runner = self._roster.runners.get(close_id)
        if runner is not None:
            return runner
        stored = await self._journal.load(close_id)
        assert stored is not None, "a recorded key leads to a recorded close"
        self._require_recovered()
        found = self._roster.runners.get(close_id)
        if found is not None:
            # It was in doubt and has turned up meanwhile: a close has one runner.
            return found
        runner = self._adopt(fold(stored.events), len(stored.events))
        if not runner.state.phase.is_end:
            # The database had committed the close and could not say so.
            self._take_up(runner)
        return runner

    def is_of(self, runner: Runner, request: CloseRequest) -> bool:
        """Whether this close was begun by just such a request."""
        return self.keys.began(runner.state.close_id, request)

    async def stop(self) -> None:
        """Begin no more; what is being opened is opened first."""
        if self._openings:
            await asyncio.wait(self._openings, timeout=_OPEN_WITHIN.total_seconds())
        await self._recorder.doubts.stop()


async def _at_once() -> None:
    """Wait for nothing."""
