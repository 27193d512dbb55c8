"""A person asks to stop: the order is cancelled, and says itself when it is over."""

from dataclasses import replace
from datetime import datetime

from closeout.closing import timing
from closeout.closing.effects import (
    CancelOrder,
    WakeAfter,
)
from closeout.closing.events import (
    CancelAcknowledged,
    CancelFailed,
    CancelRequested,
)
from closeout.closing.moving import on_withdrawal_acknowledged, on_withdrawal_failed
from closeout.closing.state import CloseState, Phase, Reason
from closeout.closing.transitions import Result, ask, end_short, enter


def on_cancel_requested(state: CloseState, event: CancelRequested) -> Result:
    """Cancel what works, and what is still on its way as soon as it is known to."""
    if not state.can_cancel:
        return state, ()
    state = replace(state, cancel_requested=True)
    if state.unsent:
        return cancel_unsent(state, event.at)
    order = state.attempt.standing or state.attempt.latest
    if state.phase is Phase.WORKING and order is not None:
        return begin_cancel(state, order.order_id, event.at)
    # Still sending or unknown: it is cancelled as soon as it is known to work.
    return state, ()


def cancel_unsent(state: CloseState, at: datetime) -> Result:
    """End while the order certainly is not at the broker."""
    code = "cancelled" if state.any_filled else "cancelled_before_sending"
    return end_short(state, Phase.CANCELLED, at, Reason(code))


def begin_cancel(state: CloseState, order_id: str, at: datetime) -> Result:
    """Ask the broker to cancel this order."""
    cancelling = replace(
        enter(state, Phase.CANCELLING, at), cancel_acknowledged=False, cancelling_order=order_id
    )
    return cancelling, (CancelOrder(order_id), WakeAfter(timing.CANCEL_RETRY))


def on_cancel_acknowledged(state: CloseState, event: CancelAcknowledged) -> Result:
    """Note that the broker took the cancel; the order says when it is over."""
    if state.phase is Phase.WORKING:
        return on_withdrawal_acknowledged(state, event)
    if state.phase is not Phase.CANCELLING or event.order_id != state.cancelling_order:
        return state, ()
    return replace(state, cancel_acknowledged=True), (WakeAfter(timing.FOLLOW_UP),)


def on_cancel_failed(state: CloseState, event: CancelFailed) -> Result:
    """Look at the order instead of believing the failure."""
    if state.phase is Phase.WORKING:
        return on_withdrawal_failed(state, event)
    if state.phase is not Phase.CANCELLING:
        return state, ()
    # Refused often means filled; the order itself says what is true.
    return state, (*ask(state), WakeAfter(max(event.retry_after, timing.FOLLOW_UP)))
