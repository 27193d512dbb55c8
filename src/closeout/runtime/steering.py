"""What a person may ask of a close that is under way: to stop, to go faster, to rest elsewhere."""

from datetime import datetime
from decimal import Decimal

from closeout.closing.events import CancelRequested, FasterRequested, LimitRequested
from closeout.closing.moves import Walking
from closeout.closing.state import CloseState
from closeout.closing.walking import can_change, check_limit
from closeout.ports import Clock
from closeout.runtime.ownership import Ownership
from closeout.runtime.refusals import (
    AlreadyCrossing,
    NotCancellable,
    NotReady,
    NotWalking,
    UnknownClose,
)
from closeout.runtime.roster import Roster
from closeout.runtime.runner import Runner


class Steering:
    """Takes a person's wishes to the close. The close says itself what comes of them."""

    def __init__(self, roster: Roster, ownership: Ownership, clock: Clock) -> None:
        self._roster = roster
        self._ownership = ownership
        self._clock = clock

    def cancel(self, close_id: str) -> CloseState:
        """
        Ask a close to stop. It says itself what came of it.

        Raises: StandingBy, NotReady, UnknownClose, NotCancellable.
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

    def hurry(self, close_id: str, began_at: datetime | None = None) -> CloseState:
        """
        Ask a walk to go on at the next faster pace.

        `began_at` says which of the close's walks was meant; without it, the one under way is.

        Raises: StandingBy, NotReady, UnknownClose, NotWalking, AlreadyCrossing.
        """
        runner, walking = self._walking(close_id, began_at)
        if walking.walk.hurried:
            raise AlreadyCrossing("It is going to natural already; nothing is faster than that.")
        runner.post(FasterRequested(self._clock.now(), walking.since))
        return runner.state

    def change_limit(
        self, close_id: str, limit: Decimal, began_at: datetime | None = None
    ) -> CloseState:
        """
        Ask a walk to stop and rest at this limit, signed as in `Ticket`.

        `began_at` is as in `hurry`.

        Raises:
            StandingBy, NotReady, UnknownClose, NotWalking.
            CannotPlan: `beyond_worst`, `invalid_tick`.
        """
        runner, walking = self._walking(close_id, began_at)
        check_limit(runner.state, limit)
        runner.post(LimitRequested(self._clock.now(), limit, walking.began_at))
        return runner.state

    def _walking(self, close_id: str, began_at: datetime | None) -> tuple[Runner, Walking]:
        runner = self._ours(close_id)
        walking = runner.state.walking
        if walking is None:
            raise NotWalking("This close was begun without a pace, so there is no walk to change.")
        if not can_change(runner.state):
            raise NotWalking(
                "This close has ended."
                if runner.state.phase.is_end
                else "This close is being cancelled or has filled; its price cannot change now."
            )
        if not can_change(runner.state, began_at):
            raise NotWalking(
                "That order is over, and the next one of this close walks now. Nothing was "
                "changed: look at it, and ask again."
            )
        return runner, walking

    def _ours(self, close_id: str) -> Runner:
        self._ownership.require_no_other()
        if not (self._ownership.is_ours and self._roster.is_complete):
            # What a close that is let go is told is lost, and one not taken up yet is not unknown.
            raise NotReady(
                "The closes of this account are just being handed over or taken up. Nothing was "
                "changed; ask again in a few seconds."
            )
        runner = self._roster.runners.get(close_id)
        if runner is None:
            raise UnknownClose("There is no close of this id.")
        return runner
