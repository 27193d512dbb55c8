"""No order is cancelled but for a reason on record, and what is in the way goes first (I1, I3)."""

from simulation.books import Books, Tracked
from simulation.loop import Process

from closeout.closing.moves import Withdrawing
from closeout.domain.holdings import root_of
from closeout.domain.orders import Ticket


class Cancels:
    def __init__(self, books: Books) -> None:
        self._books = books

    def cancelling(self, process: Process, order_id: str) -> None:
        """The adapter was given an order to cancel."""
        books = self._books
        books.mark("cancelling")
        books.check_owner(process, f"cancels {order_id}")
        tracked = books.close_of_order.get(order_id)
        if self._is_named(order_id):
            return
        if tracked is None:
            books.fail("I3", f"order {order_id} is not ours to cancel")
        elif not (
            tracked.state.cancel_requested
            or _is_withdrawn(tracked, order_id)
            or self._is_recut(tracked, order_id)
            or _is_undone_before(tracked, order_id)
        ):
            books.fail("I1", f"order {order_id} is cancelled without a committed request")

    def check_cleared(self, tracked: Tracked, ticket: Ticket) -> None:
        """What was in the way must be over before anything is sent."""
        for conflict in tracked.state.conflicts:
            order = self._books.venue.order(conflict.order_id)
            if order is not None and order.status.is_open:
                name = ticket.client_order_id
                text = f"{name} is sent while order {order.id} still holds its contracts"
                self._books.fail("I3", text)

    def _is_named(self, order_id: str) -> bool:
        """Whether a close in whose way it is and that was told to has committed to cancel it."""
        order = self._books.venue.order(order_id)
        rows = () if order is None else order.contracts
        trades = {(row.symbol, row.side.value) for row in rows if row.side is not None}
        return any(
            each.request is not None
            and each.request.cancel_conflicting
            and order_id in {conflict.order_id for conflict in each.state.conflicts}
            and trades & {(it.symbol, it.side.value) for it in each.state.plan.targets}
            for each in self._books.closes.values()
        )

    def _is_recut(self, tracked: Tracked, order_id: str) -> bool:
        """Whether it goes again for what is left by another hand, or by a trade taken back."""
        state = tracked.state
        roots = {*map(root_of, state.plan.symbols)}
        was_touched = not roots.isdisjoint(map(root_of, self._books.touched))
        return state.is_recut and state.cancelling_order == order_id and was_touched


def _is_withdrawn(tracked: Tracked, order_id: str) -> bool:
    moving = None if tracked.state.walking is None else tracked.state.walking.moving
    return isinstance(moving, Withdrawing) and moving.order_id == order_id


def _is_undone_before(tracked: Tracked, order_id: str) -> bool:
    """Whether a trade that it builds on was taken back."""
    return tracked.state.cancelling_order == order_id and any(tracked.busted.values())
