"""Every close ends with a reason, and not while an order may still trade (I4, I5, I9, I11)."""

from simulation.books import Books, Fate, Sent, Tracked
from simulation.closed import Closed
from simulation.sights import Sight

from closeout.closing.state import Phase
from closeout.closing.wording import describe

_PATIENCE = 60.0
_UNTIL_FREE = 30.0


class Ends:
    def __init__(self, books: Books, closed: Closed) -> None:
        self._books = books
        self._closed = closed

    def ended(self, tracked: Tracked) -> None:
        self._books.mark("ended")
        state = tracked.state
        name = f"{state.close_id} ended {state.phase}"
        if state.phase is Phase.CLOSED:
            if tracked.owner in self._books.own.edited:
                self._books.met[Sight.EDITED_CLOSED] += 1
            self._closed.check(tracked)
        elif state.reason is None or not describe(state):
            self._books.fail("I9", f"{name} without a reason")
        elif state.phase is not Phase.NEEDS_ATTENTION:
            self._check_over(tracked, f"{name} ({state.reason.code})")

    def _check_over(self, tracked: Tracked, name: str) -> None:
        """A close was cancelled or rejected: whatever it sent is over, and known to be."""
        is_rejected = tracked.state.phase is Phase.REJECTED
        if self._is_live(tracked):
            self._books.fail("I4", f"{name} while an order of it works")
        waiting = [*tracked.sent][-1:] if is_rejected else []
        for identity, sent in tracked.sent.items():
            if self._can_only_be_refused(sent):
                continue
            if sent.may_arrive:
                self._books.fail("I4", f"{name} while {identity} is under way")
            elif not sent.is_settled and not tracked.is_reported(identity):
                self._books.fail("I4", f"{name} and {identity} is {sent.fate}")
            elif sent.fate is Fate.NOT_SENT and identity in waiting:
                self._check_patience(tracked, name)
        self._check_counted(tracked, name)
        if is_rejected and tracked.fills.total():
            self._books.fail("I4", f"{name} though contracts of it were filled")

    def _is_live(self, tracked: Tracked) -> bool:
        orders = (self._books.venue.order(order_id) for order_id in tracked.order_ids)
        return any(order is not None and order.status.is_open for order in orders)

    def _can_only_be_refused(self, sent: Sent) -> bool:
        """Whether it is to replace an order that is over."""
        order = None if sent.replaces is None else self._books.venue.order(sent.replaces)
        return order is not None and not order.status.is_open

    def _check_patience(self, tracked: Tracked, name: str) -> None:
        """What could not be sent goes again for a minute before it is given up."""
        reason = tracked.state.reason
        waited = self._books.loop.time() - tracked.opened
        if reason is not None and reason.code == "position_changed":
            if not self._was_gone(tracked):
                self._books.fail("I11", f"{name} though its contracts were there")
        elif reason is not None and reason.code == "contracts_held":
            if waited < _UNTIL_FREE:
                self._books.fail("I11", f"{name} though they could have come free")
        elif waited < _PATIENCE:
            self._books.fail("I4", f"{name} though the order could have gone again")

    def _was_gone(self, tracked: Tracked) -> bool:
        """Whether there was a moment when not one unit of its order was held."""
        legs = tracked.state.attempt.ticket.legs
        return any(
            -moment.quantity(leg.symbol) * leg.side.sign < leg.ratio
            for moment in self._books.venue.moments_since(self._books.since(tracked))
            for leg in legs
        )

    def _check_counted(self, tracked: Tracked, name: str) -> None:
        for target in tracked.state.plan.targets:
            known, true = tracked.state.filled(target.symbol), tracked.fills[target.symbol]
            if known != true and not tracked.busted:
                text = f"{name} knowing {known} of {true} fills of {target.symbol}"
                self._books.fail("I5", text)

    def check_quiet(self, tracked: Tracked) -> None:
        """The day is over: nothing of it works any more."""
        if self._is_live(tracked):
            text = f"{tracked.state.close_id} has ended and an order of it still works"
            self._books.fail("I9", text)

    def check_alarm(self, tracked: Tracked) -> None:
        """The day is over: nobody is asked to look at what is whole."""
        state = tracked.state
        if state.phase is not Phase.NEEDS_ATTENTION or tracked.is_replaced:
            return
        whole = all(tracked.fills[it.symbol] == it.contracts for it in state.plan.targets)
        if whole and not self._books.touched & {*state.plan.symbols}:
            self._books.fail("I9", f"{state.close_id} is closed and says {state.reason}")
