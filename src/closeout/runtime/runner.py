"""
Runs one close: event in, journal, effects out.

An event that changes the state is on disk before any of its effects begins (invariant
I1). While the journal cannot write, the event waits, nothing is sent, and the status
says so.

It catches broadly: after an error of ours, whatever it was, the close asks the broker where it
stands, as after a start, rather than wait for what nobody does any more (invariant I9).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial, reduce
from typing import TypeGuard

import structlog

from closeout.closing.effects import Effect, PlaceOrder, ReplaceOrder, WakeAfter
from closeout.closing.events import (
    CancelRequested,
    CloseOpened,
    Event,
    OrderNotSent,
    OrderReported,
    Recovered,
    TradeRevised,
)
from closeout.closing.snapshots import MarketSnapshot
from closeout.closing.state import CloseState, Phase
from closeout.closing.step import step
from closeout.closing.witness import brings_fill
from closeout.ports import Clock, Journal, JournalFailed, NotOwner
from closeout.runtime.clock import finishes
from closeout.runtime.narrate import narrate
from closeout.runtime.perform import Performer

log = structlog.get_logger(__name__)

_TOLD_AFTER = 0.002
"""Seconds until the log tells of a new close, if nothing else is to be told before."""

_DECIDED_WITHIN = timedelta(seconds=5)
"""How long an order may follow what was seen of account and market: the journal may take long."""

_JOURNAL_RETRY = timedelta(seconds=1)
_AFTER_STUMBLE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every runner of an account shares."""

    journal: Journal
    performer: Performer
    clock: Clock
    look: Callable[[Iterable[str]], MarketSnapshot]
    on_change: Callable[["Runner", CloseState], None]
    on_journal: Callable[[str | None], None]
    on_fenced: Callable[[], None]
    """Hears that another process has taken the account."""


class Runner:
    """
    One close and the task that works it.

    The task ends with the close and starts again when late evidence comes.
    """

    def __init__(self, state: CloseState, *, sequence: int, around: Surroundings) -> None:
        self.state = state
        self._sequence = sequence
        self._around = around
        self._inbox: asyncio.Queue[tuple[Event, timedelta]] = asyncio.Queue()
        """What came, and when by the clock that nobody sets."""
        self._waiting: deque[Event] = deque()
        """What came and is not on record yet, the event that is being written first."""
        self._worker: asyncio.Task[None] | None = None
        self._jobs: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._is_stopped = False
        self._untold: Callable[[], None] | None = None
        """The opening, until the log has told of it."""

    def start(self, opened: CloseOpened, effects: tuple[Effect, ...]) -> None:
        """Begin with the effects of an opening that is already in the journal."""
        clock = self._around.clock
        self._perform(effects, clock.monotonic() - (clock.now() - opened.at))
        self._ensure_worker()
        # Not now: a line of the log takes as long as the order on its way to the socket.
        self._untold = partial(narrate, None, self.state, opened)
        asyncio.get_running_loop().call_later(_TOLD_AFTER, self._tell_opening)

    def post(self, event: Event) -> None:
        """Deliver an event; returns at once. One that was stopped takes no more."""
        if self._is_stopped:
            return
        self._inbox.put_nowait((event, self._around.clock.monotonic()))
        self._waiting.append(event)
        self._ensure_worker()

    @property
    def heard(self) -> CloseState:
        """
        The state, and what the exchange took back of its trades though it is not on record yet.

        What others plan must not wait for a slow disk to know of it (invariant I6).
        """
        if not self._has_revisions:
            return self.state
        news = [each for each in self._waiting if isinstance(each, OrderReported | TradeRevised)]
        return reduce(lambda state, event: step(state, event)[0], news, self.state)

    @property
    def _has_revisions(self) -> bool:
        return any(isinstance(each, TradeRevised) for each in self._waiting)

    async def decided(self, within: timedelta) -> CloseState:
        """Return the state once something is known of the first order, or when time is up."""
        if not await finishes(self._leave_sending(), within, self._around.clock):
            log.info("close.undecided", close_id=self.state.close_id)
        return self.state

    async def _leave_sending(self) -> None:
        while self.state.phase in (Phase.CLEARING, Phase.SENDING):
            self._changed.clear()
            await self._changed.wait()

    def _tell_opening(self) -> None:
        untold, self._untold = self._untold, None
        if untold is not None:
            untold()

    async def stop(self) -> None:
        """Stop working, for good, without ending the close: the journal has all to go on."""
        self._is_stopped = True
        self._tell_opening()
        tasks = [task for task in (self._worker, self._alarm, *self._jobs) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ensure_worker(self) -> None:
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), name=f"close {self.state.close_id}")

    async def _work(self) -> None:
        try:
            while not (self.state.phase.is_end and self._inbox.empty()):
                await self._take(*await self._inbox.get())
                self._waiting.popleft()
        except NotOwner:
            # This close is somebody else's now; it is read again when the account is ours.
            self._around.on_fenced()
            return
        if self._alarm is not None:
            self._alarm.cancel()

    async def _take(self, event: Event, came: timedelta) -> None:
        """Raises: NotOwner."""
        try:
            await self._handle(event, came)
        except NotOwner:
            raise
        except Exception:
            log.exception("close.stumbled", close_id=self.state.close_id, over=type(event).__name__)
            self._ask_later()

    async def _handle(self, event: Event, came: timedelta) -> None:
        before = self.state
        after, effects = step(before, event)
        if _tells_of_fill(event, before, after):
            event = replace(event, market=self._around.look(after.plan.symbols))
            after, effects = step(before, event)
        if after != before:
            await self._write(event)
            await self._mark(before, after)
            self.state = after
            self._tell_opening()
            narrate(before, after, event)
            self._around.on_change(self, before)
            self._changed.set()
        self._perform(effects, came)

    async def _write(self, event: Event) -> None:
        journal = self._around.journal
        identity = self.state.close_id
        while True:
            try:
                await journal.append(identity, sequence=self._sequence, events=[event])
            except NotOwner:
                raise
            except JournalFailed as failure:
                if not await self._is_written(event):
                    log.error("journal.failed", close_id=identity, reason=str(failure))  # noqa: TRY400
                    self._around.on_journal(str(failure))
                    await self._around.clock.sleep(_JOURNAL_RETRY)
                    continue
            self._sequence += 1
            self._around.on_journal(None)
            return

    async def _is_written(self, event: Event) -> bool:
        """Whether a write that failed was committed: the database may not get to say so."""
        try:
            stored = await self._around.journal.load(self.state.close_id)
        except JournalFailed:
            return False
        return stored is not None and stored.events[self._sequence :] == (event,)

    async def _mark(self, before: CloseState, after: CloseState) -> None:
        """Losing this mark costs a needless look at the next start, so it is not retried."""
        if before.phase.is_end == after.phase.is_end:
            return
        try:
            await self._around.journal.mark_ended(after.close_id, ended=after.phase.is_end)
        except JournalFailed as failure:
            log.warning("journal.mark_failed", close_id=after.close_id, reason=str(failure))

    def _perform(self, effects: tuple[Effect, ...], decided: timedelta) -> None:
        """Begin what follows from an event that came then."""
        for effect in effects:
            job = asyncio.create_task(self._run_effect(effect, decided))
            if isinstance(effect, WakeAfter):
                self._set_alarm(job)
            else:
                self._jobs.add(job)
                job.add_done_callback(self._jobs.discard)

    def _set_alarm(self, alarm: asyncio.Task[None]) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = alarm

    async def _run_effect(self, effect: Effect, decided: timedelta) -> None:
        if isinstance(effect, PlaceOrder | ReplaceOrder):
            overtaken = self._overtaken(effect, decided)
            if overtaken is not None:
                self.post(self._not_sent(effect, overtaken))
                return
        try:
            event = await self._around.performer.perform(effect, self.state.plan.symbols)
        except Exception:
            log.exception(
                "close.stumbled", close_id=self.state.close_id, over=type(effect).__name__
            )
            self._ask_later()
            return
        if event is not None:
            self.post(event)

    def _overtaken(self, effect: PlaceOrder | ReplaceOrder, decided: timedelta) -> str | None:
        """Why an order is to be decided on anew: much may have come while it was written down."""
        if self._around.clock.monotonic() - decided > _DECIDED_WITHIN:
            return "writing it down took so long that it must be decided anew"
        if isinstance(effect, ReplaceOrder):
            return None
        if self._has_revisions:
            return "a trade was taken back meanwhile"
        if any(isinstance(each, CancelRequested) for each in self._waiting):
            return "it was cancelled meanwhile"
        return None

    def _not_sent(self, effect: PlaceOrder | ReplaceOrder, reason: str) -> OrderNotSent:
        """Have account or market looked at again."""
        identity = effect.ticket.client_order_id
        return OrderNotSent(self._around.clock.now(), identity, reason, timedelta(0))

    def _ask_later(self) -> None:
        self._set_alarm(asyncio.create_task(self._ask_again()))

    async def _ask_again(self) -> None:
        await self._around.clock.sleep(_AFTER_STUMBLE)
        self.post(Recovered(self._around.clock.now()))


def _tells_of_fill(event: Event, before: CloseState, after: CloseState) -> TypeGuard[OrderReported]:
    """Whether this report brings a fill, and not yet the market it is to be measured by."""
    is_bare = isinstance(event, OrderReported) and event.market is None
    return is_bare and brings_fill(before, after)
