"""
The claim shrinks while an order works: other hands took what it was to close.

An assignment, a liquidation or the user's phone leaves less than the order wants, and what it
fills beyond that would open contracts (invariant I3). So it is cancelled, its end awaited, and
what is left goes again by way of a look at the account. Positions may be ahead of fills, so
snapshots must say so for a while.
"""

from dataclasses import replace
from datetime import datetime

from closeout.closing import timing
from closeout.closing.attempts import Attempt
from closeout.closing.cancelling import begin_cancel
from closeout.closing.effects import ReadHoldings, WakeAfter
from closeout.closing.events import HoldingsRead
from closeout.closing.ids import client_order_id
from closeout.closing.moving import own_net, stand
from closeout.closing.state import CloseState, Phase, Reason
from closeout.closing.transitions import Result, ask, end_short, prepare


def is_short(state: CloseState, event: HoldingsRead) -> bool:
    """Whether a snapshot shows less than the order at work still wants."""
    held, attempt = dict(event.quantities), state.attempt
    for leg in attempt.ticket.legs:
        wanted = attempt.ticket.contracts(leg.symbol) - attempt.filled(leg.symbol)
        if -held[leg.symbol] * leg.side.sign < wanted:
            return True
    return False


def on_holdings_working(state: CloseState, event: HoldingsRead) -> Result:
    """Cancel an order for which snapshots have shown too little for long enough."""
    if state.cancel_requested:
        return state, ()
    if not is_short(state, event):
        return replace(state, short_since=None), ()
    if state.short_since is None:
        short = replace(state, short_since=event.at)
        return short, (*ask(state), WakeAfter(timing.FOLLOW_UP))
    order = state.attempt.standing
    is_moving = state.walking is not None and state.walking.moving is not None
    if event.at - state.short_since < timing.SHRUNK_AFTER or is_moving or order is None:
        return state, ()
    cancelling, effects = begin_cancel(state, order.order_id, event.at)
    return replace(cancelling, is_recut=True), effects


def look_too(state: CloseState, result: Result) -> Result:
    """Look at the holdings with every other look while they show too little."""
    after, effects = result
    if state.short_since is None or after.phase is not Phase.WORKING:
        return result
    sooner = (
        WakeAfter(min(each.delay, timing.SHRUNK_LOOK)) if isinstance(each, WakeAfter) else each
        for each in effects
    )
    return after, (ReadHoldings(), *sooner)


def send_what_is_left(state: CloseState, at: datetime) -> Result:
    """The order has ended: let what it did not fill go again, as far as it is there."""
    attempt, walking = state.attempt, state.walking
    units = attempt.units_left
    if units is None or not attempt.is_clear:
        code = "uneven_fill" if units is None else "fills_unclear"
        return end_short(state, Phase.NEEDS_ATTENTION, at, Reason(code))
    number = attempt.next_number
    identity = client_order_id(state.close_id, step=attempt.step, attempt=number)
    ticket = replace(attempt.ticket, client_order_id=identity, units=units)
    again = Attempt(step=attempt.step, number=number, ticket=ticket, sent_at=at)
    stood = None if walking is None else stand(walking, own_net(attempt, walking), at)
    return prepare(replace(state, walking=stood, is_recut=False), again, at)
