"""Other hands in the account: whose orders took what a close was to close."""

from collections import Counter
from collections.abc import Iterable

from closeout.closing.rooms import Hand, Room
from closeout.closing.state import CloseState
from closeout.domain.orders import Fill


def hands_of(state: CloseState, fills: Iterable[Fill]) -> tuple[Hand, ...]:
    """Return what trades of the account that are not ours took since the close began."""
    ours = {
        identity
        for attempt in state.attempts
        for order in attempt.orders
        for identity in (order.order_id, *(leg.order_id for leg in order.legs))
    }
    sides = {target.symbol: target.side for target in state.plan.targets}
    taken: Counter[tuple[str, str]] = Counter()
    for fill in fills:
        is_later = fill.at >= state.opened_at
        if is_later and fill.order_id not in ours and sides.get(fill.symbol) is fill.side:
            taken[fill.symbol, fill.order_id] += fill.quantity
    return tuple(
        Hand(symbol, order_id, contracts) for (symbol, order_id), contracts in taken.items()
    )


def is_missing(state: CloseState, rooms: Iterable[Room]) -> bool:
    """Whether the account holds less than the close has still to close."""
    held = {room.symbol: -room.quantity for room in rooms}
    return any(
        held[target.symbol] * target.side.sign < state.remaining(target)
        for target in state.plan.targets
    )
