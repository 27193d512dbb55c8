"""
Orders of other hands are cancelled before ours goes out, and proof is awaited.

Only the orders that were named when the close was asked for are cancelled. Each must be over
by the broker's own word, and a snapshot read after that must show its contracts free: a
cancel that was taken may still be followed by a fill, and then less is left to close.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from closeout.closing import timing
from closeout.closing.conflicting import ConflictingOrder
from closeout.closing.effects import CancelOrder, CheckAccount, Effect, FollowOrder, WakeAfter
from closeout.closing.events import (
    AccountChecked,
    CancelAcknowledged,
    CancelFailed,
    OrderReported,
)
from closeout.closing.reports import merge
from closeout.closing.sending import send
from closeout.closing.state import CloseState, Phase, Reason
from closeout.closing.transitions import Result, end_short
from closeout.closing.walking import begin


def begin_clearing(state: CloseState, order_ids: Sequence[str], at: datetime) -> Result:
    """Ask the broker to cancel exactly these orders."""
    conflicts = tuple(ConflictingOrder(order_id, asked_at=at) for order_id in order_ids)
    clearing = replace(state, phase=Phase.CLEARING, unsent=True, conflicts=conflicts)
    cancels = tuple(CancelOrder(order_id) for order_id in order_ids)
    return clearing, (*cancels, WakeAfter(timing.CANCEL_RETRY))


def on_conflict_report(state: CloseState, event: OrderReported) -> Result:
    """Note what the broker says of a conflicting order; when all are over, look for the proof."""
    known = _conflict(state, event.report.order_id)
    if state.phase is not Phase.CLEARING or known is None:
        return state, ()
    report = event.report if known.report is None else merge(known.report, event.report)
    if report == known.report:
        return state, ()
    after = _with(state, replace(known, report=report))
    return after, (_check(after, event.at),) if _all_over(after) else ()


def on_conflict_taken(state: CloseState, event: CancelAcknowledged) -> Result:
    """Note that the broker took the cancel; the order says when it is over."""
    known = _conflict(state, event.order_id)
    if known is None:
        return state, ()
    return _with(state, replace(known, is_taken=True)), (WakeAfter(timing.FOLLOW_UP),)


def on_conflict_kept(state: CloseState, event: CancelFailed) -> Result:
    """Look at the order instead of believing the failure: refused often means filled."""
    if _conflict(state, event.order_id) is None:
        return state, ()
    wait = max(event.retry_after, timing.FOLLOW_UP)
    return state, (FollowOrder(event.order_id), WakeAfter(wait))


def on_conflicts_checked(state: CloseState, event: AccountChecked) -> Result:
    """Send when the contracts are free, cut to what is left of them."""
    if not _all_over(state):
        return state, ()
    if _is_late(state, event.at):
        return _give_up(state, event.at)
    if event.after and state.undone_at and event.after < state.undone_at:
        # A trade was taken back meanwhile, and what it opened again may need this as its cover.
        return state, (WakeAfter(timing.FOLLOW_UP),)
    # A walk begins with its first order, and so does the time in which it is tried.
    walking = begin(state.plan.steps[0], event.at)
    attempt = replace(state.attempt, sent_at=event.at)
    fresh = replace(state.with_attempt(attempt), walking=walking)
    after, effects = send(fresh, event, give_up=state.opened_at + timing.CLEAR_WITHIN)
    return (replace(after, walking=state.walking) if after.unsent else after), effects


def on_woke_clearing(state: CloseState, at: datetime) -> Result:
    """Look again at what is not over, and ask again for a cancel of which nothing came."""
    if _is_late(state, at):
        return _give_up(state, at)
    if _all_over(state):
        return state, (_check(state, at),)
    effects: tuple[Effect, ...] = ()
    for conflict in state.conflicts:
        if conflict.is_over:
            continue
        effects = (*effects, FollowOrder(conflict.order_id))
        if not conflict.is_taken or at - conflict.asked_at >= timing.CANCEL_AGAIN_AFTER:
            state = _with(state, replace(conflict, asked_at=at))
            effects = (*effects, CancelOrder(conflict.order_id))
    return state, (*effects, WakeAfter(timing.CANCEL_RETRY))


def _check(state: CloseState, at: datetime) -> CheckAccount:
    return CheckAccount(state.attempt.ticket.client_order_id, after=at)


def _is_late(state: CloseState, at: datetime) -> bool:
    return at - state.opened_at >= timing.CLEAR_WITHIN


def _give_up(state: CloseState, at: datetime) -> Result:
    """The orders of other hands may be gone, so a person must look."""
    left = ", ".join(each.order_id for each in state.conflicts if not each.is_over)
    detail = f"{left} may still work" if left else "their contracts did not come free"
    return end_short(state, Phase.NEEDS_ATTENTION, at, Reason("conflicts_remain", detail))


def _all_over(state: CloseState) -> bool:
    return all(conflict.is_over for conflict in state.conflicts)


def _conflict(state: CloseState, order_id: str) -> ConflictingOrder | None:
    return next((each for each in state.conflicts if each.order_id == order_id), None)


def _with(state: CloseState, conflict: ConflictingOrder) -> CloseState:
    conflicts = tuple(
        conflict if each.order_id == conflict.order_id else each for each in state.conflicts
    )
    return replace(state, conflicts=conflicts)
