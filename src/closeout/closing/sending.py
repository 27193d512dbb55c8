"""
What came of sending an order: refused, not sent, lost.

Lost is not failed: the order is looked up until it is found or certainly absent.
"""

from dataclasses import replace
from datetime import datetime

from closeout.closing import timing
from closeout.closing.attempts import Attempt
from closeout.closing.cancelling import cancel_unsent
from closeout.closing.effects import CheckAccount, PlaceOrder, ReadHoldings, WakeAfter
from closeout.closing.events import (
    AccountChecked,
    OrderNotFound,
    OrderNotSent,
    OrderRefused,
    OutcomeLost,
)
from closeout.closing.ids import client_order_id
from closeout.closing.legging import can_leg_in, is_about_the_package, leg_in
from closeout.closing.moving import (
    is_replacement,
    on_replacement_lost,
    on_replacement_not_sent,
    on_replacement_refused,
)
from closeout.closing.rooms import Room, fit
from closeout.closing.state import CloseState, Phase, Reason
from closeout.closing.transitions import Result, busted, end_short, enter, look_up, prepare
from closeout.closing.walk import Grid
from closeout.closing.walking import priced_in
from closeout.domain.pricing import coarser_rule


def on_refused(state: CloseState, event: OrderRefused) -> Result:
    """Believe a refusal, unless the order may exist all the same."""
    if is_replacement(state, event.client_order_id):
        return on_replacement_refused(state, event)
    if not _is_awaited(state, event.client_order_id):
        # The order exists, or it is over: a refusal of a repeated send says nothing.
        return state, ()
    refused = event.refused
    if refused.is_duplicate_id:
        reason = Reason("duplicate_id", event.message)
        return enter(state, Phase.UNKNOWN, event.at, reason), (look_up(state),)
    of_package = is_about_the_package(event.http_status, event.message)
    if state.resends:
        # The first sending may have arrived late, and hold what this one was refused.
        reason = Reason("package_refused_again" if of_package else "refused_again", event.message)
        return enter(state, Phase.UNKNOWN, event.at, reason), (look_up(state),)
    if refused.is_increment and not state.cancel_requested:
        return _send_on_coarser_tick(state, event)
    if of_package and state.phase is Phase.SENDING and can_leg_in(state, event.at):
        return leg_in(state, event.message, event.at)
    return _reject(state, event.message, event.at)


def _send_on_coarser_tick(state: CloseState, event: OrderRefused) -> Result:
    """Send the order again on the coarser tick that its refusal has taught, no dearer for us."""
    attempt = state.attempt
    limit, legs = attempt.ticket.limit, attempt.ticket.legs
    rule = None if limit is None else coarser_rule(limit)
    if limit is None or rule is None:
        return _reject(state, event.message, event.at)
    grid = Grid(rule, None if attempt.ticket.is_package else legs[0].side)
    net = grid.floor(grid.price(limit))
    if net > grid.price(limit):
        # Less than the smallest price there is: nothing can be bought for it.
        return _reject(state, event.message, event.at)
    number = attempt.next_number
    identity = client_order_id(state.close_id, step=attempt.step, attempt=number)
    ticket = replace(attempt.ticket, client_order_id=identity, limit=grid.price(net))
    refused = state.with_attempt(replace(attempt, refusal=event.message))
    again = Attempt(step=attempt.step, number=number, ticket=ticket, sent_at=event.at)
    walking = state.walking
    if walking is not None:
        walking = replace(walking, walk=replace(walking.walk, grid=grid), limit=net)
    return prepare(replace(refused, learned=rule, walking=walking), again, event.at)


def _reject(state: CloseState, message: str, at: datetime) -> Result:
    refused = state.with_attempt(replace(state.attempt, refusal=message))
    return end_short(refused, Phase.REJECTED, at, Reason("refused", message))


def _is_awaited(state: CloseState, client_order_id: str) -> bool:
    """Whether it is this order of which nothing is known yet."""
    waiting = state.phase in (Phase.SENDING, Phase.UNKNOWN) and not state.attempt.orders
    return waiting and state.attempt.ticket.client_order_id == client_order_id


def on_not_sent(state: CloseState, event: OrderNotSent) -> Result:
    """Wait and send again under the same id, for a while."""
    if is_replacement(state, event.client_order_id):
        return on_replacement_not_sent(state, event)
    if state.phase is not Phase.SENDING or not _is_awaited(state, event.client_order_id):
        return state, ()
    if state.cancel_requested:
        return cancel_unsent(state, event.at)
    if event.at - state.attempt.sent_at >= timing.UNREACHABLE_AFTER:
        reason = Reason("broker_unreachable", event.reason)
        return end_short(state, Phase.REJECTED, event.at, reason)
    delay = max(event.retry_after, timing.LOOKUP_DELAYS[0])
    waiting = replace(state, unsent=True, reason=Reason("waiting_to_send", event.reason))
    return waiting, (WakeAfter(delay),)


def on_lost(state: CloseState, event: OutcomeLost) -> Result:
    """Look the order up; it is neither failed nor working until it is found."""
    if is_replacement(state, event.client_order_id):
        return on_replacement_lost(state, event)
    if state.phase is not Phase.SENDING or not _is_awaited(state, event.client_order_id):
        return state, ()
    reason = Reason("outcome_unknown", event.reason)
    return enter(state, Phase.UNKNOWN, event.at, reason), (look_up(state),)


def on_not_found(state: CloseState, event: OrderNotFound) -> Result:
    """Count a look-up in vain; enough of them over enough time mean absent."""
    if state.phase is not Phase.UNKNOWN or not _is_awaited(state, event.client_order_id):
        return state, ()
    state = replace(state, misses=state.misses + 1)
    looked_for = (event.asked_at or event.at) - state.phase_since
    if looked_for < timing.ABSENT_AFTER or state.misses < timing.ABSENT_LOOKUPS:
        return state, (WakeAfter(timing.lookup_delay(state.misses)),)
    return _on_absent(state, event.at)


def _on_absent(state: CloseState, at: datetime) -> Result:
    """No look-up finds the order, so it never arrived, unless there is evidence that it did."""
    known = state.reason or Reason("outcome_unknown")
    if known.code == "duplicate_id":
        return end_short(state, Phase.NEEDS_ATTENTION, at, Reason("order_hidden"))
    if known.code == "package_refused_again" and can_leg_in(state, at):
        return leg_in(state, known.detail, at)
    if known.code in ("refused_again", "package_refused_again"):
        return _reject(state, known.detail, at)
    reason = Reason("never_arrived")
    if state.cancel_requested:
        return end_short(state, Phase.CANCELLED, at, reason)
    if state.resends or at - state.attempt.sent_at > timing.RESEND_WITHIN:
        return end_short(state, Phase.REJECTED, at, reason)
    entered = enter(state, Phase.SENDING, at)
    sending = replace(entered, resends=state.resends + 1, unsent=True)
    return sending, (check(sending),)


def check(state: CloseState) -> CheckAccount:
    """Ask what is there for the order that waits to be sent."""
    attempt = state.attempt
    lost_at = attempt.sent_at if state.resends else None
    return CheckAccount(attempt.ticket.client_order_id, after=state.undone_at, lost_at=lost_at)


def on_checked(state: CloseState, event: AccountChecked) -> Result:
    """Send the order that waits, cut to what is there and free."""
    if state.phase is not Phase.SENDING or not state.unsent or _is_late(state, event):
        return state, ()
    if state.is_recut and event.client_order_id is None:
        # It does not tell whether it was asked before a trade was taken back: one more does.
        return replace(state, is_recut=False), (check(state),)
    slept = end_if_slept_over(state, event.at)
    if slept is not None:
        return slept
    uncut = replace(state, is_recut=False)
    return send(uncut, event, give_up=state.phase_since + timing.FREE_WITHIN)


def end_if_slept_over(state: CloseState, at: datetime) -> Result | None:
    """End what waits to be sent if the machine slept over the decision, None if it did not."""
    if at - state.attempt.sent_at <= timing.RESEND_WITHIN:
        return None
    if state.resends:
        return end_short(state, Phase.NEEDS_ATTENTION, at, Reason("order_hidden"))
    detail = state.reason.detail if state.reason else ""
    return end_short(state, Phase.REJECTED, at, Reason("broker_unreachable", detail))


def _is_late(state: CloseState, event: AccountChecked) -> bool:
    """
    Whether it was asked for another order, before this one was lost or before a trade was undone.

    Its price would be of other legs, it has not looked for a trace of the first sending, or it
    does not show the short whose cover this one may sell.
    """
    answered = CheckAccount(event.client_order_id or "", event.after, event.lost_at)
    return event.client_order_id is not None and answered != check(state)


def send(state: CloseState, event: AccountChecked, *, give_up: datetime) -> Result:
    """
    Send what fits; what another order holds is waited for until `give_up`.

    No more goes than the close has left: positions may not show its own last fills yet.

    An order that was sent before goes again in its own size or not at all: what is missing
    or held may be its own doing.
    """
    if state.busts:
        # What is open again may need what this order would sell as its cover.
        return end_short(state, Phase.NEEDS_ATTENTION, event.at, busted(state))
    ticket = state.attempt.ticket
    fits = fit(ticket.legs, _units_left(state), event.rooms)
    if fits.free < fits.held and event.at < give_up:
        waiting = replace(state, misses=state.misses + 1)
        return waiting, (WakeAfter(timing.lookup_delay(state.misses)),)
    if state.resends and fits.free < ticket.units:
        return end_short(state, Phase.NEEDS_ATTENTION, event.at, Reason("changed_meanwhile"))
    gone = _gone_elsewhere(state, event.rooms)
    state = replace(state, elsewhere=gone, hands=event.hands or state.hands)
    if fits.free:
        fitted = state if fits.free == ticket.units else _cut(state, fits.free)
        return _place(priced_in(event.net, fitted), event.at)
    if state.all_filled:
        return enter(state, Phase.VERIFYING, event.at), (ReadHoldings(),)
    code = "contracts_held" if fits.held else "position_changed"
    return end_short(state, Phase.REJECTED, event.at, Reason(code))


def _units_left(state: CloseState) -> int:
    """How much of the order neither fills nor other hands have taken."""
    ticket = state.attempt.ticket
    left = {target.symbol: state.remaining(target) for target in state.plan.targets}
    return min(ticket.units, *(left[leg.symbol] // leg.ratio for leg in ticket.legs))


def _place(state: CloseState, at: datetime) -> Result:
    sending = replace(enter(state, Phase.SENDING, at), resends=state.resends)
    return sending, (PlaceOrder(state.attempt.ticket),)


def _cut(state: CloseState, units: int) -> CloseState:
    """Make the order smaller, under an id of its own."""
    attempt = state.attempt
    number = attempt.next_number
    identity = client_order_id(state.close_id, step=attempt.step, attempt=number)
    ticket = replace(attempt.ticket, client_order_id=identity, units=units)
    cut = replace(attempt, number=number, ticket=ticket)
    return replace(state, attempts=(*state.attempts[:-1], cut))


def _gone_elsewhere(state: CloseState, rooms: tuple[Room, ...]) -> tuple[tuple[str, int], ...]:
    """Count what this order was to close and the account no longer holds."""
    gone = dict(state.elsewhere)
    held = {room.symbol: room for room in rooms}
    for leg in state.attempt.ticket.legs:
        target = next(each for each in state.plan.targets if each.symbol == leg.symbol)
        missing = state.remaining(target) - held[leg.symbol].held_for(leg)
        if missing > 0:
            gone[leg.symbol] = gone.get(leg.symbol, 0) + missing
    return tuple(gone.items())
