"""
What the broker says of an order, and the phase that follows from it.

Reports come late, twice and out of order; they are merged first and judged together.
"""

from dataclasses import replace
from datetime import datetime

from closeout.closing import timing
from closeout.closing.cancelling import begin_cancel
from closeout.closing.clearing import on_conflict_report
from closeout.closing.effects import FollowOrder, ReadHoldings, WakeAfter
from closeout.closing.events import OrderReported
from closeout.closing.moving import (
    follow_withdrawal,
    is_withdrawn,
    send_anew,
    settle_replacement,
)
from closeout.closing.reports import absorb
from closeout.closing.shrinking import send_what_is_left
from closeout.closing.state import CloseState, Phase, Reason
from closeout.closing.transitions import Result, busted, end_short, enter, first_attempt, prepare
from closeout.closing.walking import begin
from closeout.domain.orders import OrderReport, OrderStatus


def on_report(state: CloseState, event: OrderReported) -> Result:
    """Merge a report; one that says nothing new changes nothing."""
    attempt = state.attempt_for(event.report)
    if attempt is None:
        return on_conflict_report(state, event)
    merged = _less_elsewhere(state.with_attempt(absorb(attempt, event.report)))
    waiting = state.phase in (Phase.SENDING, Phase.UNKNOWN)
    if merged == state and not waiting:
        return state, ()
    if state.phase.is_end and _evidence(merged) == _evidence(state):
        return merged, ()
    return settle(merged, event.at)


def _less_elsewhere(state: CloseState) -> CloseState:
    """What looked like another hand's was ours, as far as fills that came late account for it."""
    if not state.elsewhere:
        return state
    contracts = {target.symbol: target.contracts for target in state.plan.targets}
    counted = (
        (symbol, min(taken, max(0, contracts[symbol] - state.filled(symbol))))
        for symbol, taken in state.elsewhere
    )
    return replace(state, elsewhere=tuple((symbol, taken) for symbol, taken in counted if taken))


def _evidence(state: CloseState) -> list[tuple[object, ...]]:
    """What reports say that can change where a close stands; an end told again does not."""
    return [
        (order.order_id, order.status, order.replaced_by, order.filled_units, fills)
        for attempt in state.attempts
        for order in attempt.orders
        for fills in [tuple(leg.filled for leg in order.legs)]
    ]


def settle(state: CloseState, at: datetime) -> Result:
    """Let the phase follow from the evidence."""
    state, moved = settle_replacement(state, at)
    after, effects = _settle_phase(state, at)
    return after, (*moved, *effects)


def _settle_phase(state: CloseState, at: datetime) -> Result:
    order = state.attempt.latest
    if state.phase is Phase.CLOSED or order is None:
        return state, ()
    if state.all_filled:
        if state.phase is Phase.VERIFYING:
            return state, ()
        return enter(state, Phase.VERIFYING, at), (ReadHoldings(),)
    if state.attempt.is_filled:
        return _send_next(state, at)
    return _settle_open(state, order, at)


def _settle_open(state: CloseState, order: OrderReport, at: datetime) -> Result:
    match order.status:
        case OrderStatus.REPLACED if state.attempt.unseen_successor is not None:
            after, effects = _keep_working(state, order, at)
            return after, (FollowOrder(state.attempt.unseen_successor), *effects)
        case OrderStatus.CANCELED if state.busts:
            return end_short(state, Phase.NEEDS_ATTENTION, at, busted(state))
        case OrderStatus.CANCELED if is_withdrawn(state):
            return send_anew(state, at)
        case OrderStatus.CANCELED if _is_to_go_again(state, order):
            return send_what_is_left(state, at)
        case OrderStatus.CANCELED if state.walking is not None and not state.attempt.is_clear:
            return end_short(state, Phase.NEEDS_ATTENTION, at, Reason("fills_unclear"))
        case OrderStatus.CANCELED:
            return end_short(state, Phase.CANCELLED, at, Reason(_why_cancelled(state)))
        case OrderStatus.EXPIRED:
            return end_short(state, Phase.NEEDS_ATTENTION, at, Reason("expired"))
        case OrderStatus.REJECTED:
            return end_short(state, Phase.REJECTED, at, Reason("rejected_by_broker"))
        case _:
            return _keep_working(state, order, at)


def _is_to_go_again(state: CloseState, order: OrderReport) -> bool:
    """What another hand has put in place of the order we cancel, and has cancelled, is over."""
    is_wanted = state.phase is Phase.CANCELLING and not state.cancel_requested
    return state.is_recut and is_wanted and state.cancelling_order == order.order_id


def _why_cancelled(state: CloseState) -> str:
    if state.walking is not None and state.walking.is_cancelled:
        return "walk_ended"
    return "cancelled" if state.cancel_requested else "cancelled_elsewhere"


def _keep_working(state: CloseState, order: OrderReport, at: datetime) -> Result:
    if state.cancel_requested or state.is_recut or state.is_undone_before:
        order = state.attempt.standing or order
        if state.phase is Phase.CANCELLING and state.cancelling_order == order.order_id:
            return state, ()
        return begin_cancel(state, order.order_id, at)
    if state.phase is Phase.WORKING:
        return follow_withdrawal(state, at)
    return enter(state, Phase.WORKING, at), (WakeAfter(timing.FOLLOW_UP),)


def _is_left_behind(state: CloseState) -> bool:
    """Whether contracts of the steps so far are still held."""
    done = {leg.symbol for step in state.plan.steps[: state.attempt.step + 1] for leg in step.legs}
    later = {leg.symbol for step in state.plan.steps[state.attempt.step + 1 :] for leg in step.legs}
    return any(
        state.remaining(target) for target in state.plan.targets if target.symbol in done - later
    )


def _send_next(state: CloseState, at: datetime) -> Result:
    planned = state.next_step
    if state.busts:
        return end_short(state, Phase.NEEDS_ATTENTION, at, busted(state))
    if state.cancel_requested:
        return end_short(state, Phase.CANCELLED, at, Reason("cancelled"))
    if planned is None or _is_left_behind(state):
        # Only an order that was cut to what was free leaves something behind. A later step
        # must not go out then: it may be the cover of what is left.
        return end_short(state, Phase.NEEDS_ATTENTION, at, Reason("left_over"))
    if state.phase.is_end:
        # The person was told that it ended and may have acted on it.
        return end_short(state, Phase.NEEDS_ATTENTION, at, Reason("filled_after_end"))
    attempt = first_attempt(state.close_id, planned, index=state.attempt.step + 1, at=at)
    return prepare(replace(state, walking=begin(planned, at)), attempt, at)
