"""Moves that every part of the machine makes."""

from dataclasses import replace
from datetime import datetime

from closeout.closing.attempts import Attempt
from closeout.closing.busts import told
from closeout.closing.effects import (
    CheckAccount,
    Effect,
    FollowOrder,
    LookUpOrder,
)
from closeout.closing.ids import client_order_id
from closeout.closing.plans import PlanStep
from closeout.closing.state import CloseState, Phase, Reason
from closeout.domain.orders import Ticket

Result = tuple[CloseState, tuple[Effect, ...]]


def first_attempt(
    close_id: str, planned: PlanStep, *, index: int, at: datetime, number: int = 0
) -> Attempt:
    """Return the order of a step as it is about to be sent; `number` counts orders before it."""
    ticket = Ticket(
        client_order_id=client_order_id(close_id, step=index, attempt=number),
        units=planned.units,
        legs=planned.legs,
        order_type=planned.order_type,
        limit=planned.limit,
    )
    return Attempt(step=index, number=number, ticket=ticket, sent_at=at)


def prepare(state: CloseState, attempt: Attempt, at: datetime) -> Result:
    """Make this the next order: it goes out when a look at the account says that it fits."""
    entered = enter(state, Phase.SENDING, at)
    attempts = (*state.attempts, attempt)
    waiting = replace(entered, attempts=attempts, resends=0, unsent=True, undone_at=None)
    return waiting, (CheckAccount(attempt.ticket.client_order_id),)


def enter(
    state: CloseState, phase: Phase, at: datetime, reason: Reason | None = None
) -> CloseState:
    """Move to a phase, starting its clock."""
    return replace(
        state,
        phase=phase,
        phase_since=at,
        reason=reason,
        misses=0,
        unsent=False,
        short_since=None,
        is_recut=state.is_recut and not phase.is_end,
        ended_at=at if phase.is_end else None,
    )


def busted(state: CloseState) -> Reason:
    """Name the trades that the exchange has taken back."""
    return Reason("trade_busted", told(state.busts))


def end_short(state: CloseState, phase: Phase, at: datetime, reason: Reason) -> Result:
    """
    End without having closed everything.

    With something filled a person must look, and also where a trade was taken back.
    """
    if state.busts and phase is not Phase.NEEDS_ATTENTION:
        phase, reason = Phase.NEEDS_ATTENTION, busted(state)
    if state.any_filled and phase is Phase.REJECTED:
        phase = Phase.NEEDS_ATTENTION
    return enter(state, phase, at, reason), ()


def ask(state: CloseState) -> tuple[Effect, ...]:
    """
    Ask for the order by our id, and for what somebody put in its place by the broker's.

    A replacement has an id of its own, under which a look-up by ours may not find it.
    """
    own = look_up(state)
    order = state.attempt.latest
    replacement = state.walking.replacement if state.walking else None
    successor = state.attempt.unseen_successor
    if replacement is not None:
        return own, LookUpOrder(replacement.client_order_id)
    if successor is not None:
        return own, FollowOrder(successor)
    if order is not None and order.client_order_id != own.client_order_id:
        return own, FollowOrder(order.order_id)
    return (own,)


def look_up(state: CloseState) -> LookUpOrder:
    """Ask for the order by the id it was sent under."""
    return LookUpOrder(state.attempt.ticket.client_order_id)
