"""Which closes of the account are known here, and whose contracts they have."""

from closeout.closing.ids import close_of
from closeout.closing.state import CloseState
from closeout.domain.orders import OrderReport
from closeout.runtime.beginnings import Beginning
from closeout.runtime.requests import CloseRequest
from closeout.runtime.runner import Runner


class Roster:
    """
    Every close that is worked here, about to begin, or worked by another process.

    Ended closes stay for the page, and to know whose contracts they took.
    """

    def __init__(self) -> None:
        self.runners: dict[str, Runner] = {}
        self.beginnings: dict[str, Beginning] = {}
        """Closes that have their contracts and are not on record yet."""
        self.followed: dict[str, CloseState] = {}
        """What another process has recorded; nothing here is worked."""
        self.is_complete = False
        """Whether the closes of the last run are among them."""

    def running(self) -> list[Runner]:
        return [runner for runner in self.runners.values() if not runner.state.phase.is_end]

    def close(self, close_id: str) -> CloseState | None:
        runner = self.runners.get(close_id)
        return self.followed.get(close_id) if runner is None else runner.state

    def closes(self) -> list[CloseState]:
        """Newest first."""
        return sorted(
            self._states(), key=lambda state: (state.opened_at, state.close_id), reverse=True
        )

    def claims(self) -> list[CloseState]:
        """
        What is closed or being closed, in no order, for whoever plans more of it.

        A close that is still being written has its contracts already. It is not shown before
        it is on record. What the exchange took back counts before it is on record, too.
        """
        return [
            *(each.state for each in self.beginnings.values()),
            *self.followed.values(),
            *(runner.heard for runner in self.runners.values()),
        ]

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

    def claimant(self, request: CloseRequest) -> Runner | Beginning | None:
        """
        Return the close, running or about to, that has a leg of this request.

        Also when it closes only a part of the leg: two partial closes of one leg at the same
        time cannot be told from one that was asked for twice.
        """
        closes: list[Runner | Beginning] = [*self.beginnings.values(), *self.running()]
        for each in closes:
            state = each.state
            if state.position_id != request.position_id:
                continue
            legs = {target.leg_id for target in state.plan.targets}
            if request.leg_ids is None or not legs.isdisjoint(request.leg_ids):
                return each
        return None

    def runner_of(self, report: OrderReport) -> Runner | None:
        """Return the close that a report speaks of."""
        close_id = close_of(report.client_order_id)
        runner = self.runners.get(close_id) if close_id else None
        if runner is not None:
            return runner
        at_work = next((each for each in self.running() if each.state.knows(report)), None)
        return at_work or next(
            # An order that others put in the place of ours may be spoken of after the end, too.
            (each for each in self.runners.values() if each.state.attempt_for(report)),
            None,
        )

    def _states(self) -> list[CloseState]:
        return [*self.followed.values(), *(runner.state for runner in self.runners.values())]
