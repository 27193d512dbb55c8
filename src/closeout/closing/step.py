"""
The whole logic of a close: `state, effects = step(state, event)`.

Evidence is merged first and the phase follows from it, so a report may come late, twice
or out of order. A state that did not change needs no journal entry; an order is only
ever asked for by an event that changed the state, so that its intent is on disk before
it is sent (invariants I1 and I2).
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from closeout.closing.cancelling import (
    on_cancel_acknowledged,
    on_cancel_failed,
    on_cancel_requested,
)
from closeout.closing.clearing import (
    begin_clearing,
    on_conflict_kept,
    on_conflict_taken,
    on_conflicts_checked,
)
from closeout.closing.effects import PlaceOrder
from closeout.closing.events import (
    AccountChecked,
    CancelAcknowledged,
    CancelFailed,
    CancelRequested,
    CloseOpened,
    Event,
    FasterRequested,
    HoldingsRead,
    LimitRequested,
    MarketSeen,
    OrderNotFound,
    OrderNotSent,
    OrderRefused,
    OrderReported,
    OutcomeLost,
    ReadMissed,
    Recovered,
    TradeRevised,
    Woke,
)
from closeout.closing.evidence import on_report
from closeout.closing.revising import on_trade_revised
from closeout.closing.sending import on_checked, on_lost, on_not_found, on_not_sent, on_refused
from closeout.closing.state import CloseState, Phase
from closeout.closing.transitions import Result, first_attempt
from closeout.closing.walking import (
    begin,
    on_faster_requested,
    on_limit_requested,
    on_market_seen,
)
from closeout.closing.watching import on_holdings, on_read_missed, on_recovered, on_woke
from closeout.closing.witness import witness


def step(state: CloseState | None, event: Event) -> Result:
    """
    Apply one event and say what is to be done now.

    Only `CloseOpened` comes without a state, and only it does.
    """
    if isinstance(event, CloseOpened):
        assert state is None, "a close is opened once"
        opened, effects = _open(event)
        return witness(None, opened, event), effects
    assert state is not None, "a close begins with being opened"
    after, effects = _apply(state, event)
    after = witness(state, after, event)
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
            return on_report(state, event)
        case TradeRevised():
            return on_trade_revised(state, event)
        case OrderRefused():
            return on_refused(state, event)
        case OrderNotSent():
            return on_not_sent(state, event)
        case OutcomeLost():
            return on_lost(state, event)
        case OrderNotFound():
            return on_not_found(state, event)
        case CancelRequested():
            return on_cancel_requested(state, event)
        case CancelAcknowledged() if state.phase is Phase.CLEARING:
            return on_conflict_taken(state, event)
        case CancelAcknowledged():
            return on_cancel_acknowledged(state, event)
        case CancelFailed() if state.phase is Phase.CLEARING:
            return on_conflict_kept(state, event)
        case CancelFailed():
            return on_cancel_failed(state, event)
        case MarketSeen():
            return on_market_seen(state, event)
        case FasterRequested():
            return on_faster_requested(state, event)
        case LimitRequested():
            return on_limit_requested(state, event)
        case HoldingsRead():
            return on_holdings(state, event)
        case AccountChecked() if state.phase is Phase.CLEARING:
            return on_conflicts_checked(state, event)
        case AccountChecked():
            return on_checked(state, event)
        case ReadMissed():
            return on_read_missed(state, event)
        case Woke():
            return on_woke(state, event)
        case Recovered():
            return on_recovered(state, event.at)
        case CloseOpened():
            raise AssertionError("a close is opened once")
        case _:
            assert_never(event)


def _open(event: CloseOpened) -> Result:
    attempt = first_attempt(event.close_id, event.plan.steps[0], index=0, at=event.at)
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
        walking=begin(event.plan.steps[0], event.at),
    )
    if event.conflicts:
        return begin_clearing(state, event.conflicts, event.at)
    return state, (PlaceOrder(attempt.ticket),)
