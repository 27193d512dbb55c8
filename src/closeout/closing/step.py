"""
The whole logic of a close: `state, effects = step(state, event)`.

Evidence is merged first and the phase follows from it, so a report may come late, twice
or out of order. A state that did not change needs no journal entry; an order is only
ever asked for by an event that changed the state, so that its intent is on disk before
it is sent (invariants I1 and I2).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from closeout.closing import timing
from closeout.closing.effects import (
    CancelOrder,
    Effect,
    FollowOrder,
    LookUpOrder,
    PlaceOrder,
    ReadHoldings,
    WakeAfter,
)
from closeout.closing.events import (
    CancelAcknowledged,
    CancelFailed,
    CancelRequested,
    CloseOpened,
    Event,
    HoldingsRead,
    OrderNotFound,
    OrderNotSent,
    OrderRefused,
    OrderReported,
    OutcomeLost,
    ReadMissed,
    Recovered,
    Woke,
)
from closeout.closing.ids import client_order_id
from closeout.closing.plans import PlanStep
from closeout.closing.reports import absorb
from closeout.closing.state import Attempt, CloseState, Phase, Reason
from closeout.domain.orders import OrderReport, OrderStatus, Ticket
from closeout.domain.outcomes import Refused

Result = tuple[CloseState, tuple[Effect, ...]]


def step(state: CloseState | None, event: Event) -> Result:
    """
    Apply one event and say what is to be done now.

    Only `CloseOpened` comes without a state, and only it does.
    """
    if isinstance(event, CloseOpened):
        assert state is None, "a close is opened once"
        return _open(event)
    assert state is not None, "a close begins with being opened"
    after, effects = _apply(state, event)
    if after != state:
        after = replace(after, updated_at=event.at)
    return after, effects


def fold(events: Iterable[Event]) -> CloseState:
    """Return the state that these events, oldest first, lead to."""
    state: CloseState | None = None
    for event in events:
        state, _ = step(state, event)
    assert state is not None, "a close has at least one event"
    return state


def _apply(state: CloseState, event: Event) -> Result:  # noqa: C901, PLR0912 - one case an event
    match event:
        case OrderReported():
            return _on_report(state, event)
        case OrderRefused():
            return _on_refused(state, event)
        case OrderNotSent():
            return _on_not_sent(state, event)
        case OutcomeLost():
            return _on_lost(state, event)
        case OrderNotFound():
            return _on_not_found(state, event)
        case CancelRequested():
            return _on_cancel_requested(state, event)
        case CancelAcknowledged():
            return _on_cancel_acknowledged(state, event)
        case CancelFailed():
            return _on_cancel_failed(state, event)
        case HoldingsRead():
            return _on_holdings(state, event)
        case ReadMissed():
            return _on_read_missed(state, event)
        case Woke():
            return _on_woke(state, event.at)
        case Recovered():
            return _on_recovered(state, event.at)
        case CloseOpened():
            raise AssertionError("a close is opened once")
        case _:
            assert_never(event)


def _open(event: CloseOpened) -> Result:
    attempt = _attempt(event.close_id, event.plan.steps[0], index=0, at=event.at)
    state = CloseState(
        close_id=event.close_id,
        account=event.account,
        position_id=event.position_id,
        leg_id=event.leg_id,
        ticker=event.ticker,
        strategy=event.strategy,
        plan=event.plan,
        attempts=(attempt,),
        phase=Phase.SENDING,
        phase_since=event.at,
        opened_at=event.at,
        updated_at=event.at,
    )
    return state, (PlaceOrder(attempt.ticket),)


def _attempt(close_id: str, planned: PlanStep, *, index: int, at: datetime) -> Attempt:
    ticket = Ticket(
        client_order_id=client_order_id(close_id, step=index, attempt=0),
        units=planned.units,
        legs=planned.legs,
        order_type=planned.order_type,
        limit=planned.limit,
    )
    return Attempt(step=index, number=0, ticket=ticket, sent_at=at)


def _enter(
    state: CloseState, phase: Phase, at: datetime, reason: Reason | None = None
) -> CloseState:
    """Move to a phase, starting its clock."""
    return replace(
        state,
        phase=phase,
        phase_since=at,
        reason=reason,
        misses=0,
        resend=False,
        ended_at=at if phase.is_end else None,
    )


def _end_short(state: CloseState, phase: Phase, at: datetime, reason: Reason) -> Result:
    """End without having closed everything; with something filled a person must look."""
    if state.any_filled and phase is Phase.REJECTED:
        phase = Phase.NEEDS_ATTENTION
    return _enter(state, phase, at, reason), ()


# --- what the broker says of an order -------------------------------------------------


def _on_report(state: CloseState, event: OrderReported) -> Result:
    attempt = state.attempt_for(event.report)
    if attempt is None:
        return state, ()
    merged = state.with_attempt(absorb(attempt, event.report))
    waiting = state.phase in (Phase.SENDING, Phase.UNKNOWN)
    if merged == state and not waiting:
        return state, ()
    if state.phase.is_end and _evidence(merged) == _evidence(state):
        return merged, ()
    return _settle(merged, event.at)


def _evidence(state: CloseState) -> list[tuple[object, ...]]:
    """What reports say that can change where a close stands; an end told again does not."""
    return [
        (order.order_id, order.status, order.replaced_by, order.filled_units, fills)
        for attempt in state.attempts
        for order in attempt.orders
        for fills in [tuple(leg.filled for leg in order.legs)]
    ]


def _settle(state: CloseState, at: datetime) -> Result:
    """Let the phase follow from the evidence."""
    order = state.attempt.latest
    if state.phase is Phase.CLOSED or order is None:
        return state, ()
    if state.all_filled:
        if state.phase is Phase.VERIFYING:
            return state, ()
        return _enter(state, Phase.VERIFYING, at), (ReadHoldings(),)
    if state.attempt.is_filled:
        return _send_next(state, at)
    return _settle_open(state, order, at)


def _settle_open(state: CloseState, order: OrderReport, at: datetime) -> Result:
    match order.status:
        case OrderStatus.REPLACED if state.attempt.unseen_successor is not None:
            after, effects = _keep_working(state, order, at)
            return after, (FollowOrder(state.attempt.unseen_successor), *effects)
        case OrderStatus.CANCELED:
            code = "cancelled" if state.cancel_requested else "cancelled_elsewhere"
            return _end_short(state, Phase.CANCELLED, at, Reason(code))
        case OrderStatus.EXPIRED:
            return _end_short(state, Phase.NEEDS_ATTENTION, at, Reason("expired"))
        case OrderStatus.REJECTED:
            return _end_short(state, Phase.REJECTED, at, Reason("rejected_by_broker"))
        case _:
            return _keep_working(state, order, at)


def _keep_working(state: CloseState, order: OrderReport, at: datetime) -> Result:
    if state.cancel_requested:
        if state.phase is Phase.CANCELLING and state.cancelling_order == order.order_id:
            return state, ()
        return _begin_cancel(state, order.order_id, at)
    if state.phase is Phase.WORKING:
        return state, ()
    return _enter(state, Phase.WORKING, at), (WakeAfter(timing.FOLLOW_UP),)


def _send_next(state: CloseState, at: datetime) -> Result:
    planned = state.next_step
    assert planned is not None, "with every step filled there is nothing left to close"
    if state.cancel_requested:
        return _end_short(state, Phase.CANCELLED, at, Reason("cancelled"))
    if state.phase.is_end:
        # The person was told that it ended and may have acted on it.
        return _end_short(state, Phase.NEEDS_ATTENTION, at, Reason("filled_after_end"))
    attempt = _attempt(state.close_id, planned, index=state.attempt.step + 1, at=at)
    entered = _enter(state, Phase.SENDING, at)
    sending = replace(entered, attempts=(*state.attempts, attempt), resends=0)
    return sending, (PlaceOrder(attempt.ticket),)


# --- what came of sending it ----------------------------------------------------------


def _on_refused(state: CloseState, event: OrderRefused) -> Result:
    if not _is_awaited(state, event.client_order_id):
        # The order exists, or it is over: a refusal of a repeated send says nothing.
        return state, ()
    if Refused(event.http_status, event.code, event.message).is_duplicate_id:
        reason = Reason("duplicate_id", event.message)
        return _enter(state, Phase.UNKNOWN, event.at, reason), (_look_up(state),)
    if state.resends:
        # The first sending may have arrived late, and hold what this one was refused.
        reason = Reason("refused_again", event.message)
        return _enter(state, Phase.UNKNOWN, event.at, reason), (_look_up(state),)
    return _reject(state, event.message, event.at)


def _reject(state: CloseState, message: str, at: datetime) -> Result:
    refused = state.with_attempt(replace(state.attempt, refusal=message))
    return _end_short(refused, Phase.REJECTED, at, Reason("refused", message))


def _is_awaited(state: CloseState, client_order_id: str) -> bool:
    """Whether it is this order of which nothing is known yet."""
    waiting = state.phase in (Phase.SENDING, Phase.UNKNOWN) and not state.attempt.orders
    return waiting and state.attempt.ticket.client_order_id == client_order_id


def _on_not_sent(state: CloseState, event: OrderNotSent) -> Result:
    if state.phase is not Phase.SENDING or not _is_awaited(state, event.client_order_id):
        return state, ()
    if state.cancel_requested:
        return _cancel_unsent(state, event.at)
    if event.at - state.phase_since >= timing.UNREACHABLE_AFTER:
        reason = Reason("broker_unreachable", event.reason)
        return _end_short(state, Phase.REJECTED, event.at, reason)
    delay = max(event.retry_after, timing.LOOKUP_DELAYS[0])
    waiting = replace(state, resend=True, reason=Reason("waiting_to_send", event.reason))
    return waiting, (WakeAfter(delay),)


def _on_lost(state: CloseState, event: OutcomeLost) -> Result:
    if state.phase is not Phase.SENDING or not _is_awaited(state, event.client_order_id):
        return state, ()
    reason = Reason("outcome_unknown", event.reason)
    return _enter(state, Phase.UNKNOWN, event.at, reason), (_look_up(state),)


def _on_not_found(state: CloseState, event: OrderNotFound) -> Result:
    if state.phase is not Phase.UNKNOWN or not _is_awaited(state, event.client_order_id):
        return state, ()
    state = replace(state, misses=state.misses + 1)
    looked_for = event.at - state.phase_since
    if looked_for < timing.ABSENT_AFTER or state.misses < timing.ABSENT_LOOKUPS:
        return state, (WakeAfter(timing.lookup_delay(state.misses)),)
    return _on_absent(state, event.at)


def _on_absent(state: CloseState, at: datetime) -> Result:
    """No look-up finds the order, so it never arrived, unless there is evidence that it did."""
    known = state.reason or Reason("outcome_unknown")
    if known.code == "duplicate_id":
        return _end_short(state, Phase.NEEDS_ATTENTION, at, Reason("order_hidden"))
    if known.code == "refused_again":
        return _reject(state, known.detail, at)
    reason = Reason("never_arrived")
    if state.cancel_requested:
        return _end_short(state, Phase.CANCELLED, at, reason)
    if state.resends or at - state.attempt.sent_at > timing.RESEND_WITHIN:
        return _end_short(state, Phase.REJECTED, at, reason)
    sending = replace(_enter(state, Phase.SENDING, at), resends=state.resends + 1)
    return sending, (PlaceOrder(state.attempt.ticket),)


# --- cancelling -----------------------------------------------------------------------


def _on_cancel_requested(state: CloseState, event: CancelRequested) -> Result:
    if not state.can_cancel:
        return state, ()
    state = replace(state, cancel_requested=True)
    if state.resend:
        return _cancel_unsent(state, event.at)
    order = state.attempt.latest
    if state.phase is Phase.WORKING and order is not None:
        return _begin_cancel(state, order.order_id, event.at)
    # Still sending or unknown: it is cancelled as soon as it is known to work.
    return state, ()


def _cancel_unsent(state: CloseState, at: datetime) -> Result:
    """End while the order certainly is not at the broker."""
    code = "cancelled" if state.any_filled else "cancelled_before_sending"
    return _end_short(state, Phase.CANCELLED, at, Reason(code))


def _begin_cancel(state: CloseState, order_id: str, at: datetime) -> Result:
    cancelling = replace(
        _enter(state, Phase.CANCELLING, at), cancel_acknowledged=False, cancelling_order=order_id
    )
    return cancelling, (CancelOrder(order_id), WakeAfter(timing.CANCEL_RETRY))


def _on_cancel_acknowledged(state: CloseState, event: CancelAcknowledged) -> Result:
    if state.phase is not Phase.CANCELLING or event.order_id != state.cancelling_order:
        return state, ()
    return replace(state, cancel_acknowledged=True), (WakeAfter(timing.FOLLOW_UP),)


def _on_cancel_failed(state: CloseState, event: CancelFailed) -> Result:
    if state.phase is not Phase.CANCELLING:
        return state, ()
    # Refused often means filled; the order itself says what is true.
    return state, (*_ask(state), WakeAfter(max(event.retry_after, timing.FOLLOW_UP)))


# --- reads and time -------------------------------------------------------------------


def _on_holdings(state: CloseState, event: HoldingsRead) -> Result:
    if not _awaits_holdings(state):
        return state, ()
    left = _not_gone(state, event)
    if not left:
        return _enter(state, Phase.CLOSED, event.at), ()
    if state.phase is Phase.NEEDS_ATTENTION:
        return state, ()
    state = replace(state, misses=state.misses + 1)
    waited = event.at - state.phase_since
    if waited < timing.SETTLE_WITHIN or state.misses < timing.SETTLE_READS:
        return state, (WakeAfter(timing.lookup_delay(state.misses)),)
    reason = Reason("holdings_disagree", "; ".join(left))
    return _enter(state, Phase.NEEDS_ATTENTION, event.at, reason), ()


def _awaits_holdings(state: CloseState) -> bool:
    disagreed = state.reason is not None and state.reason.code == "holdings_disagree"
    return state.phase is Phase.VERIFYING or (state.phase is Phase.NEEDS_ATTENTION and disagreed)


def _not_gone(state: CloseState, event: HoldingsRead) -> list[str]:
    """Name the symbols of which the broker still shows more than should be left."""
    quantities = dict(event.quantities)
    left = []
    for target in state.plan.targets:
        now = quantities[target.symbol]
        expected = abs(target.held) - target.contracts
        if now * target.held < 0 or abs(now) > expected:
            left.append(f"{target.symbol} shows {now:f}, expected {expected:f} or less")
    return left


def _on_read_missed(state: CloseState, event: ReadMissed) -> Result:
    if state.phase.is_end or state.phase is Phase.SENDING:
        return state, ()
    return state, (WakeAfter(max(event.retry_after, timing.FOLLOW_UP)),)


def _on_woke(state: CloseState, at: datetime) -> Result:
    match state.phase:
        case Phase.SENDING if state.resend:
            return _send_again(state, at)
        case Phase.UNKNOWN:
            return state, (_look_up(state),)
        case Phase.WORKING:
            return _poll(state, at)
        case Phase.CANCELLING:
            return _poll_cancel(state, at)
        case Phase.VERIFYING:
            return state, (ReadHoldings(),)
        case _:
            return state, ()


def _send_again(state: CloseState, at: datetime) -> Result:
    """Send what could not be sent, unless the machine slept over the decision."""
    if at - state.attempt.sent_at > timing.RESEND_WITHIN:
        detail = state.reason.detail if state.reason else ""
        return _end_short(state, Phase.REJECTED, at, Reason("broker_unreachable", detail))
    return replace(state, resend=False), (PlaceOrder(state.attempt.ticket),)


def _poll(state: CloseState, at: datetime) -> Result:
    if state.attempt.status is OrderStatus.FILLED:
        return _poll_uneven(state, at)
    return state, (*_ask(state), WakeAfter(timing.poll_delay(at - state.attempt.sent_at)))


def _poll_uneven(state: CloseState, at: datetime) -> Result:
    """The order says it is filled, and yet not every contract is accounted for."""
    state = replace(state, misses=state.misses + 1)
    if state.misses > timing.SETTLE_READS:
        return _end_short(state, Phase.NEEDS_ATTENTION, at, Reason("uneven_fill"))
    return state, (*_ask(state), WakeAfter(timing.FOLLOW_UP))


def _poll_cancel(state: CloseState, at: datetime) -> Result:
    order = state.attempt.latest
    if order is not None and order.status is OrderStatus.FILLED:
        return _poll_uneven(state, at)
    effects: tuple[Effect, ...] = (*_ask(state), WakeAfter(timing.CANCEL_RETRY))
    is_silent = at - state.phase_since >= timing.CANCEL_AGAIN_AFTER
    if order is None or order.status.is_final or (state.cancel_acknowledged and not is_silent):
        return state, effects
    return state, (CancelOrder(order.order_id), *effects)


def _on_recovered(state: CloseState, at: datetime) -> Result:
    if state.phase is Phase.SENDING and not state.resend:
        # It may have been sent or not: only the broker knows.
        return _enter(state, Phase.UNKNOWN, at, Reason("restarted")), (_look_up(state),)
    return state, (WakeAfter(timedelta(0)),)


def _ask(state: CloseState) -> tuple[Effect, ...]:
    """
    Ask for the order by our id, and for what somebody put in its place by the broker's.

    A replacement has an id of its own, under which a look-up by ours may not find it.
    """
    own = _look_up(state)
    order = state.attempt.latest
    successor = state.attempt.unseen_successor
    if successor is not None:
        return own, FollowOrder(successor)
    if order is not None and order.client_order_id != own.client_order_id:
        return own, FollowOrder(order.order_id)
    return (own,)


def _look_up(state: CloseState) -> LookUpOrder:
    return LookUpOrder(state.attempt.ticket.client_order_id)
