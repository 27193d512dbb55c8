"""Puts new closes on record, and finds out what became of those whose commit was not confirmed."""

import asyncio
import secrets
from collections.abc import Callable
from decimal import Decimal

from closeout.closing.effects import Effect
from closeout.closing.events import CancelRequested, CloseOpened, OrderNotSent
from closeout.closing.state import CloseState
from closeout.closing.step import fold, step
from closeout.ports import (
    Clock,
    HandedOver,
    Journal,
    JournalFailed,
    NotOwner,
    StoredClose,
    Unconfirmed,
)
from closeout.runtime.beginnings import Beginning
from closeout.runtime.book import Book
from closeout.runtime.doubts import LOOK_AGAIN, Doubts
from closeout.runtime.keys import Keys
from closeout.runtime.requests import CloseRequest, Prepared
from closeout.runtime.roster import Roster
from closeout.runtime.runner import Runner

Adopt = Callable[[CloseState, int], Runner]
"""Gives a close its runner, of which so many events are on record."""


class Recorder:
    """
    The way of a planned close to the disk, and only then to its runner.

    It has its contracts from the moment it is claimed.
    """

    def __init__(
        self,
        journal: Journal,
        book: Book,
        clock: Clock,
        *,
        roster: Roster,
        keys: Keys,
        adopt: Adopt,
    ) -> None:
        self._journal = journal
        self._book = book
        self._clock = clock
        self._roster = roster
        self._keys = keys
        self._adopt = adopt
        self.doubts = Doubts(journal, clock, self._end_unsent)

    def begin(self, request: CloseRequest, prepared: Prepared) -> Beginning:
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
        self._roster.beginnings[state.close_id] = beginning = Beginning(state, request, written)
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
            self._keys.note_begun(state.close_id, request)
            if not self._roster.is_complete:
                # It is on record, and whoever has the account now goes on with it.
                raise HandedOver("another process has taken the account")
            if (taken_up := self._roster.runners.get(state.close_id)) is not None:
                # The account was lost and is ours again: a close has one runner.
                return taken_up
            runner = self._adopt(state, 1)
            for event in self._roster.beginnings[state.close_id].revisions:
                runner.post(event)
            runner.start(opened, effects)
            return runner
        finally:
            del self._roster.beginnings[state.close_id]

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
        except JournalFailed as failure:
            if await self.doubts.is_written(state.close_id):
                return
            self._keys.doubt(request)
            if self.doubts.is_in_doubt(state.close_id):
                raise Unconfirmed(str(failure)) from failure
            raise

    async def _end_unsent(self, stored: StoredClose) -> None:
        if not self._roster.is_complete or stored.close_id in self._roster.runners:
            # Whoever works the account now has taken it up, or it was taken up here.
            return
        runner = self._adopt(fold(stored.events), len(stored.events))
        identity = runner.state.attempt.ticket.client_order_id
        reason = "the journal could not confirm the intent"
        runner.post(OrderNotSent(self._clock.now(), identity, reason, LOOK_AGAIN))
        runner.post(CancelRequested(self._clock.now()))
        while not runner.state.phase.is_end:
            await self._clock.sleep(LOOK_AGAIN)


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
