"""
Begins closes, keeps their runners, and brings them what the world says.

One lock stands before every new close, so that a double click, a second tab and a
repeated request find the first one instead of becoming a second order.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from closeout.closing.effects import Effect
from closeout.closing.events import (
    CancelRequested,
    CloseOpened,
    FasterRequested,
    LimitRequested,
    OrderNotSent,
    OrderReported,
    TradeRevised,
    Woke,
)
from closeout.closing.events import Recovered as CloseRecovered
from closeout.closing.ids import close_of
from closeout.closing.reconcile import has_shrunk, reconcile
from closeout.closing.staleness import Tolerance
from closeout.closing.state import CloseState, Phase
from closeout.closing.step import fold, step
from closeout.closing.walking import can_change, check_limit
from closeout.domain.holdings import Holdings
from closeout.domain.orders import Execution, Fill, OrderReport
from closeout.ports import Broker, Clock, Journal, JournalFailed, NotOwner, ReadFailed, StoredClose
from closeout.runtime.beginnings import Beginning
from closeout.runtime.book import Book
from closeout.runtime.budget import Budget
from closeout.runtime.doubts import LOOK_AGAIN, Doubts
from closeout.runtime.feed import Feed
from closeout.runtime.keys import Keys
from closeout.runtime.narrate import narrate
from closeout.runtime.ownership import Ownership
from closeout.runtime.perform import CLOCKS_DIFFER, Performer
from closeout.runtime.preparing import Preparer
from closeout.runtime.previews import Previews
from closeout.runtime.refusals import (
    AlreadyCrossing,
    NotCancellable,
    NotReady,
    NotWalking,
    UnknownClose,
)
from closeout.runtime.requests import CloseRequest, Prepared
from closeout.runtime.runner import Runner, Surroundings

log = structlog.get_logger(__name__)

KEPT_CLOSES = 1000
"""Ended closes kept at hand: for the page, and to know whose contracts they took."""

SHOWN_CLOSES = 50
"""Closes that are shown, beside all running ones, while another process works them."""

_DECIDE_WITHIN = timedelta(seconds=15)

_OPEN_WITHIN = timedelta(seconds=5)
"""How long a stop waits for closes that are just being opened."""


class Supervisor:
    """Every close of one account."""

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
        self._broker = broker
        self._journal = journal
        self._book = book
        self._clock = clock
        self._feed = feed
        self._ownership = ownership
        self._runners: dict[str, Runner] = {}
        self._followed: dict[str, CloseState] = {}
        """What another process has recorded; nothing here is worked."""
        self._seen_of: dict[str, int] = {}
        """How many events of each of them were seen."""
        self._lock = asyncio.Lock()
        self._openings: set[asyncio.Task[Runner]] = set()
        self._beginnings: dict[str, Beginning] = {}
        self._keys = Keys(journal)
        self._doubts = Doubts(journal, clock, self._end_unsent)
        self._recovered = False
        self.before_opening: Callable[[], Awaitable[None]] = _at_once
        """Awaited before a close is planned: what was said of strategies must be known then."""
        self.journal_error: str | None = None
        self.stale_positions = asyncio.Event()
        """Set when a fill or an end makes a fresh look at the holdings worthwhile."""
        self.preparer = Preparer(broker, book, clock, self.claims, tolerance or Tolerance())
        self.previews = Previews(clock)
        self._around = Surroundings(
            journal=journal,
            performer=Performer(broker, book, clock, self.claims, budget),
            clock=clock,
            look=book.snapshot,
            on_change=self._on_change,
            on_journal=self.note_journal,
            on_fenced=ownership.lose,
        )

    # --- beginning --------------------------------------------------------------------

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
                await self._doubts.clear()
                await self.before_opening()
                known = await self._plan(request)
            # Before anybody else may ask under this key.
            self._keys.note_answered(known.state.close_id, request)
        if isinstance(known, Runner):
            return known
        # Outside of the lock, so that closes begun together are written together.
        return await self._written(known, request)

    async def _written(self, beginning: Beginning, request: CloseRequest) -> Runner:
        try:
            return await beginning.written
        except JournalFailed:
            self._keys.forget(request)
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
        prepared = await self.preparer.prepare(request, shown)
        self._require_recovered()
        return self._begin(request, prepared)

    @asynccontextmanager
    async def beginning_none(self) -> AsyncIterator[None]:
        """
        Keep new closes from being planned and begun meanwhile.

        Raises: StandingBy, NotReady.
        """
        async with self._lock:
            writing = [each.written for each in self._beginnings.values()]
            await asyncio.gather(*writing, return_exceptions=True)
            self._require_recovered()
            yield

    def _require_recovered(self) -> None:
        """Raises: StandingBy, NotReady."""
        self._ownership.require_no_other()
        if not self._recovered:
            # A close of the last run may have these very contracts.
            raise NotReady(
                "The closes of the last run have not been taken up yet. Nothing was sent."
            )

    async def _known(self, request: CloseRequest) -> Runner | Beginning | None:
        """Find the close that this request has begun before, or that has its contracts."""
        for beginning in self._beginnings.values():
            if beginning.is_under_key_of(request):
                return beginning
        close_id = await self._keys.find(self._account_number(), request)
        if close_id is None:
            return self._claimant(request)
        return self._beginnings.get(close_id) or await self._runner(close_id)

    def _claimant(self, request: CloseRequest) -> Runner | Beginning | None:
        """
        Return the close, running or about to, that has a leg of this request.

        Also when it closes only a part of the leg: two partial closes of one leg at the same
        time cannot be told from one that was asked for twice.
        """
        closes: list[Runner | Beginning] = [*self._beginnings.values(), *self.running()]
        for each in closes:
            state = each.state
            if state.position_id != request.position_id:
                continue
            legs = {target.leg_id for target in state.plan.targets}
            if request.leg_ids is None or not legs.isdisjoint(request.leg_ids):
                return each
        return None

    def is_of(self, runner: Runner, request: CloseRequest) -> bool:
        """Whether this close was begun by just such a request."""
        return self._keys.began(runner.state.close_id, request)

    def _begin(self, request: CloseRequest, prepared: Prepared) -> Beginning:
        """Claim the contracts of a close, and begin to write it."""
        now = self._clock.now()
        opened = CloseOpened(
            at=now,
            close_id=_new_close_id(int(now.timestamp() * 1000)),
            account=prepared.strategy.account,
            position_id=request.position_id,
            leg_id=request.leg_id,
            ticker=prepared.strategy.underlying,
            strategy=prepared.strategy.name,
            plan=prepared.plan,
            conflicts=prepared.conflicts,
            decided=prepared.decided,
            market=self._book.snapshot(prepared.plan.symbols),
            entry_prices=_entry_prices(prepared),
        )
        state, effects = step(None, opened)
        written = asyncio.create_task(self._write(request, opened, state, effects))
        self._beginnings[state.close_id] = beginning = Beginning(state, request, written)
        return beginning

    async def _write(
        self,
        request: CloseRequest,
        opened: CloseOpened,
        state: CloseState,
        effects: tuple[Effect, ...],
    ) -> Runner:
        try:
            await self._record(request, opened, state)
            narrate(None, state, opened)
            self._keys.note_begun(state.close_id, request)
            runner = self._adopt(state, sequence=1)
            runner.start(effects)
            return runner
        finally:
            del self._beginnings[state.close_id]

    async def _record(self, request: CloseRequest, opened: CloseOpened, state: CloseState) -> None:
        try:
            await self._journal.open(
                close_id=state.close_id,
                account=state.account,
                position_id=state.position_id,
                idempotency_key=request.idempotency_key,
                fingerprint=request.fingerprint,
                events=[opened],
            )
        except NotOwner:
            raise
        except JournalFailed:
            if not await self._doubts.is_written(state.close_id):
                self._keys.doubt(request)
                raise

    async def _end_unsent(self, stored: StoredClose) -> None:
        if stored.close_id in self._runners:
            return
        runner = self._adopt(fold(stored.events), sequence=len(stored.events))
        identity = runner.state.attempt.ticket.client_order_id
        reason = "the journal could not confirm the intent"
        runner.post(OrderNotSent(self._clock.now(), identity, reason, LOOK_AGAIN))
        runner.post(CancelRequested(self._clock.now()))
        while not runner.state.phase.is_end:
            await self._clock.sleep(LOOK_AGAIN)

    def _adopt(self, state: CloseState, *, sequence: int) -> Runner:
        runner = Runner(state, sequence=sequence, around=self._around)
        self._runners[state.close_id] = runner
        self._feed.close_changed(state.close_id)
        return runner

    async def decided(self, runner: Runner) -> CloseState:
        """Wait until something is known of the first order."""
        return await runner.decided(_DECIDE_WITHIN)

    # --- while they run ---------------------------------------------------------------

    def cancel(self, close_id: str) -> CloseState:
        """
        Ask a close to stop. It says itself what came of it.

        Raises: StandingBy, UnknownClose, NotCancellable.
        """
        runner = self._ours(close_id)
        if runner.state.cancel_requested and not runner.state.phase.is_end:
            return runner.state
        if not runner.state.can_cancel:
            raise NotCancellable(
                "This close has ended."
                if runner.state.phase.is_end
                else "All fills are in; there is nothing left to cancel."
            )
        runner.post(CancelRequested(self._clock.now()))
        return runner.state

    def _ours(self, close_id: str) -> Runner:
        self._ownership.require_no_other()
        runner = self._runners.get(close_id)
        if runner is None:
            raise UnknownClose("There is no close of this id.")
        return runner

    def hurry(self, close_id: str) -> CloseState:
        """
        Ask a walk to go on at the next faster pace.

        Raises: StandingBy, UnknownClose, NotWalking, AlreadyCrossing.
        """
        runner = self._walking(close_id)
        walking = runner.state.walking
        if walking is not None and walking.walk.hurried:
            raise AlreadyCrossing("It is going to natural already; nothing is faster than that.")
        runner.post(FasterRequested(self._clock.now()))
        return runner.state

    def change_limit(self, close_id: str, limit: Decimal) -> CloseState:
        """
        Ask a walk to stop and rest at this limit, signed as in `Ticket`.

        Raises: StandingBy, UnknownClose, NotWalking; CannotPlan: `beyond_worst`, `invalid_tick`.
        """
        runner = self._walking(close_id)
        check_limit(runner.state, limit)
        runner.post(LimitRequested(self._clock.now(), limit))
        return runner.state

    def _walking(self, close_id: str) -> Runner:
        runner = self._ours(close_id)
        if runner.state.walking is None:
            raise NotWalking("This close was begun without a pace, so there is no walk to change.")
        if not can_change(runner.state):
            raise NotWalking(
                "This close has ended."
                if runner.state.phase.is_end
                else "This close is being cancelled or has filled; its price cannot change now."
            )
        return runner

    def take_report(self, report: OrderReport) -> bool:
        """Bring a report to the close it speaks of; False when it is nobody's."""
        runner = self._runner_of(report)
        if runner is None:
            return False
        runner.post(OrderReported(self._clock.now(), report, "stream"))
        return True

    def take_revision(self, report: OrderReport, undone: tuple[Execution, ...]) -> bool:
        """Bring the news of a trade that was taken back or corrected; False if nobody's."""
        runner = self._runner_of(report)
        if runner is None:
            return False
        runner.post(TradeRevised(self._clock.now(), report, undone))
        return True

    def _runner_of(self, report: OrderReport) -> Runner | None:
        close_id = close_of(report.client_order_id)
        runner = self._runners.get(close_id) if close_id else None
        if runner is not None:
            return runner
        return next((each for each in self.running() if each.state.knows(report)), None)

    async def reconcile(self, holdings: Holdings) -> None:
        """Bring every close up to what the book has just read of the account."""
        runners = list(self._runners.values())
        states = [runner.state for runner in runners]
        short = [each.opened_at for each in states if has_shrunk(each, holdings, states)]
        fills = await self._fills_since(min(short)) if short else ()
        running = [runner.state.opened_at for runner in runners if not runner.state.phase.is_end]
        orders = self._book.orders.since(min(running, default=holdings.at))
        for runner in runners:
            for event in reconcile(
                runner.state,
                orders,
                holdings,
                at=self._clock.now(),
                fills=fills,
                others=states,
            ):
                runner.post(event)

    async def _fills_since(self, since: datetime) -> tuple[Fill, ...]:
        """Read who traded: for the words alone, so that a failure holds up nothing."""
        try:
            return await self._broker.fills(since - CLOCKS_DIFFER)
        except ReadFailed as failure:
            log.warning("fills.unread", reason=str(failure))
            return ()

    def look_again(self) -> None:
        """After a gap in the stream: have every running close ask the broker at once."""
        for runner in self.running():
            runner.post(Woke(self._clock.now()))

    async def recover(self) -> None:
        """
        Take up the closes that the last run left unfinished, and remember the ended ones.

        Once is enough: a close has one runner, whatever else of the start must be repeated.

        Raises: JournalFailed.
        """
        if self._recovered:
            return
        account = self._account_number()
        recent = await self._journal.load_recent(account, limit=KEPT_CLOSES)
        unfinished = await self._journal.load_unfinished(account)
        await self._keys.load(account)
        self._recovered = True
        for stored in {each.close_id: each for each in (*recent, *unfinished)}.values():
            self._adopt(fold(stored.events), sequence=len(stored.events))
        self._followed.clear()
        self._seen_of.clear()
        for stored in unfinished:
            self._take_up(self._runners[stored.close_id])

    async def follow(self) -> None:
        """
        Show the closes as the process that works them has recorded them.

        Raises: JournalFailed.
        """
        account = self._account_number()
        recent = await self._journal.load_recent(account, limit=SHOWN_CLOSES)
        unfinished = await self._journal.load_unfinished(account)
        for stored in (*recent, *unfinished):
            if self._seen_of.get(stored.close_id) == len(stored.events):
                continue
            self._seen_of[stored.close_id] = len(stored.events)
            self._followed[stored.close_id] = fold(stored.events)
            self._feed.close_changed(stored.close_id)
            self._feed.positions_changed()

    async def stand_down(self) -> None:
        """Let go of every close: another process works them now."""
        self._recovered = False
        await self.stop()
        self._followed = {close_id: runner.state for close_id, runner in self._runners.items()}
        self._runners.clear()

    def _take_up(self, runner: Runner) -> None:
        log.info("close.recovered", close_id=runner.state.close_id, phase=runner.state.phase.value)
        runner.post(CloseRecovered(self._clock.now()))

    async def stop(self) -> None:
        """Stop working without ending any close; what is being opened is opened first."""
        if self._openings:
            await asyncio.wait(self._openings, timeout=_OPEN_WITHIN.total_seconds())
        await self._doubts.stop()
        await asyncio.gather(*(runner.stop() for runner in self._runners.values()))

    # --- what is known ----------------------------------------------------------------

    def running(self) -> list[Runner]:
        return [runner for runner in self._runners.values() if not runner.state.phase.is_end]

    def close(self, close_id: str) -> CloseState | None:
        runner = self._runners.get(close_id)
        return self._followed.get(close_id) if runner is None else runner.state

    def closes(self) -> list[CloseState]:
        """Newest first."""
        return sorted(
            self._states(), key=lambda state: (state.opened_at, state.close_id), reverse=True
        )

    def claims(self) -> list[CloseState]:
        """
        What is closed or being closed, newest first, for whoever plans more of it.

        A close that is still being written has its contracts already. It is not shown before
        it is on record.
        """
        return [*(each.state for each in self._beginnings.values()), *self.closes()]

    def running_close(self, position_id: str) -> CloseState | None:
        return next(
            (
                state
                for state in self._states()
                if state.position_id == position_id and not state.phase.is_end
            ),
            None,
        )

    def owners(self) -> dict[str, str]:
        """Client order ids of Closeout's orders, to the strategy each closed."""
        return {
            identity: state.position_id
            for state in self._states()
            for identity in state.client_order_ids
        }

    def _states(self) -> list[CloseState]:
        return [*self._followed.values(), *(runner.state for runner in self._runners.values())]

    async def _runner(self, close_id: str) -> Runner:
        runner = self._runners.get(close_id)
        if runner is not None:
            return runner
        stored = await self._journal.load(close_id)
        assert stored is not None, "a recorded key leads to a recorded close"
        runner = self._adopt(fold(stored.events), sequence=len(stored.events))
        if not runner.state.phase.is_end:
            # The database had committed the close and could not say so.
            self._take_up(runner)
        return runner

    def _account_number(self) -> str:
        if self._book.account is None:
            raise NotReady("The account has not been read yet. Nothing was sent.")
        return self._book.account.number

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


def _entry_prices(prepared: Prepared) -> tuple[tuple[str, Decimal], ...]:
    closing = set(prepared.plan.symbols)
    return tuple(
        (leg.symbol, leg.entry_price)
        for leg in prepared.strategy.legs
        if leg.symbol in closing and leg.entry_price is not None
    )


def _new_close_id(milliseconds: int) -> str:
    """Sortable by time and never guessed twice."""
    return f"{milliseconds:012x}{secrets.token_hex(6)}"


async def _at_once() -> None:
    """Wait for nothing."""
