"""Reads and time: looking again, and what is done when nothing came."""

from dataclasses import replace
from datetime import datetime, timedelta

from closeout.closing import timing, walking
from closeout.closing.clearing import on_woke_clearing
from closeout.closing.effects import CancelOrder, Effect, ReadHoldings, WakeAfter
from closeout.closing.events import HoldingsRead, ReadMissed, Woke
from closeout.closing.moving import resumed
from closeout.closing.sending import check, end_if_slept_over
from closeout.closing.shrinking import look_too, on_holdings_working
from closeout.closing.state import CloseState, Phase, Reason
from closeout.closing.transitions import Result, ask, end_short, enter, look_up
from closeout.domain.orders import OrderStatus


def on_holdings(state: CloseState, event: HoldingsRead) -> Result:
    """Compare a fresh snapshot with what fills say."""
    if event.at < state.phase_since:
        return state, ()  # read before the close stood where it stands
    if state.phase is Phase.WORKING:
        return on_holdings_working(state, event)
    if _may_be_gone(state, event.at):
        return _on_gone(state, event)
    if not _awaits_holdings(state):
        return state, ()
    left = _not_gone(state, event)
    if not left:
        reason = Reason("closed_elsewhere") if state.elsewhere else None
        return enter(state, Phase.CLOSED, event.at, reason), ()
    if state.phase is Phase.NEEDS_ATTENTION:
        return state, ()
    state = replace(state, misses=state.misses + 1)
    waited = event.at - state.phase_since
    if waited < timing.SETTLE_WITHIN or state.misses < timing.SETTLE_READS:
        return state, (WakeAfter(timing.lookup_delay(state.misses)),)
    reason = Reason("holdings_disagree", "; ".join(left))
    return enter(state, Phase.NEEDS_ATTENTION, event.at, reason), ()


def _awaits_holdings(state: CloseState) -> bool:
    disagreed = state.reason is not None and state.reason.code == "holdings_disagree"
    return state.phase is Phase.VERIFYING or (state.phase is Phase.NEEDS_ATTENTION and disagreed)


def _may_be_gone(state: CloseState, at: datetime) -> bool:
    """Whether the hand that cancelled the order may have closed the position as well."""
    is_ours = state.reason is None or state.reason.code != "cancelled_elsewhere"
    return not is_ours and at - state.phase_since <= timing.GONE_WITHIN


def _on_gone(state: CloseState, event: HoldingsRead) -> Result:
    if _not_gone(state, event):
        return state, ()
    taken = {each.symbol: state.remaining(each) for each in state.plan.targets}
    gone = {symbol: state.gone_elsewhere(symbol) + taken[symbol] for symbol in taken}
    elsewhere = tuple((symbol, contracts) for symbol, contracts in gone.items() if contracts)
    closed = enter(state, Phase.CLOSED, event.at, Reason("closed_elsewhere"))
    return replace(closed, elsewhere=elsewhere, hands=event.hands), ()


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


def on_read_missed(state: CloseState, event: ReadMissed) -> Result:
    """Learn nothing from a failed read, and ask again; what else is due does not wait for that."""
    if state.phase.is_end or (state.phase is Phase.SENDING and not state.unsent):
        return state, ()
    wait = max(event.retry_after, timing.FOLLOW_UP)
    if state.phase in (Phase.CLEARING, Phase.CANCELLING):
        wait = min(wait, timing.CANCEL_RETRY)
    elif state.phase is Phase.WORKING and state.walking is not None:
        wait = min(wait, walking.wakes_in(state.walking, event.at))
    return state, (WakeAfter(wait),)


def on_woke(state: CloseState, event: Woke) -> Result:
    """Do what was waited for."""
    at = event.at
    match state.phase:
        case Phase.CLEARING:
            return on_woke_clearing(state, at)
        case Phase.SENDING if state.unsent:
            return end_if_slept_over(state, at) or (state, (check(state),))
        case Phase.UNKNOWN:
            return state, (look_up(state),)
        case Phase.WORKING:
            return look_too(state, _poll(state, event))
        case Phase.CANCELLING:
            return _poll_cancel(state, at)
        case Phase.VERIFYING:
            return state, (ReadHoldings(),)
        case _:
            return state, ()


def _poll(state: CloseState, event: Woke) -> Result:
    at = event.at
    if state.attempt.status is OrderStatus.FILLED:
        return _poll_uneven(state, at)
    if state.walking is not None:
        return walking.on_woke(state, state.walking, event)
    return state, (*ask(state), WakeAfter(timing.poll_delay(at - state.attempt.sent_at)))


def _poll_uneven(state: CloseState, at: datetime) -> Result:
    """The order says it is filled, and yet not every contract is accounted for."""
    state = replace(state, misses=state.misses + 1)
    if state.misses > timing.SETTLE_READS:
        return end_short(state, Phase.NEEDS_ATTENTION, at, Reason("uneven_fill"))
    return state, (*ask(state), WakeAfter(timing.FOLLOW_UP))


def _poll_cancel(state: CloseState, at: datetime) -> Result:
    order = state.attempt.latest
    if order is not None and order.status is OrderStatus.FILLED:
        return _poll_uneven(state, at)
    effects: tuple[Effect, ...] = (*ask(state), WakeAfter(timing.CANCEL_RETRY))
    is_silent = at - state.phase_since >= timing.CANCEL_AGAIN_AFTER
    standing = state.attempt.standing
    if standing is None or (state.cancel_acknowledged and not is_silent):
        return state, effects
    return state, (CancelOrder(standing.order_id), *effects)


def on_recovered(state: CloseState, at: datetime) -> Result:
    """Go on after a restart, asking before acting."""
    if state.phase is Phase.SENDING and not state.unsent:
        # It may have been sent or not: only the broker knows.
        return enter(state, Phase.UNKNOWN, at, Reason("restarted")), (look_up(state),)
    # Fills may have been told meanwhile that nobody here has heard of.
    state = replace(state, short_since=None)
    if state.walking is not None:
        state = replace(state, walking=resumed(state.walking, at))
    return state, (WakeAfter(timedelta(0)),)
