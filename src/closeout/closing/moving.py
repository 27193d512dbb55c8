"""
Moving the limit of an order at work: replaced in place, or cancelled and sent anew.

Alpaca answers a replacement with 200 and a new order, and may still drop it or reject it later;
then the old order works on. So a replacement counts when the old order says that it was
replaced, and until then both are looked at. Where it is refused for good, comes to nothing or is
not heard of, the order is withdrawn: cancelled, its end awaited, and what is left sent anew.

Whether a replacement's quantity includes what the old order had filled is not documented, so an
order that has filled in part is never replaced, and one that filled while it was being replaced
is withdrawn at once unless its fills add up in one way only (invariant I3).
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from closeout.closing import timing
from closeout.closing.attempts import Attempt
from closeout.closing.effects import CancelOrder, Effect, ReplaceOrder, WakeAfter
from closeout.closing.events import (
    CancelAcknowledged,
    CancelFailed,
    OrderNotSent,
    OrderRefused,
    OutcomeLost,
)
from closeout.closing.ids import client_order_id, close_of
from closeout.closing.moves import Replacing, Walking, Withdrawing
from closeout.closing.state import CloseState, Phase, Reason
from closeout.closing.transitions import Result, ask, end_short, prepare
from closeout.domain.orders import OrderReport, OrderStatus
from closeout.domain.pricing import coarser_rule


def move(state: CloseState, walking: Walking, net: Decimal, at: datetime) -> Result:
    """Put the limit at `net`, in the way this order allows."""
    order, attempt = state.attempt.latest, state.attempt
    assert order is not None, "an order that is moved is known"
    if walking.by_cancel or attempt.has_fills:
        return withdraw(state, walking, net, at)
    number = attempt.next_number
    ticket = replace(
        attempt.ticket,
        client_order_id=client_order_id(state.close_id, step=attempt.step, attempt=number),
        limit=walking.walk.grid.price(net),
    )
    counted = state.with_attempt(replace(attempt, replacements=attempt.replacements + 1))
    moving = replace(walking, moving=Replacing(ticket, order.order_id, at, net))
    return (
        replace(counted, walking=moving),
        (ReplaceOrder(order.order_id, ticket), WakeAfter(timing.FOLLOW_UP)),
    )


def withdraw(state: CloseState, walking: Walking, net: Decimal, at: datetime) -> Result:
    """Cancel the order at work, to send what is left at `net`."""
    order = state.attempt.standing
    if order is None:
        # Another hand has replaced it by one we have not seen yet, or it is over.
        idle = replace(state, walking=replace(walking, moving=None))
        return idle, (*ask(idle), WakeAfter(timing.FOLLOW_UP))
    moving = Withdrawing(order.order_id, net, at)
    effects = (CancelOrder(order.order_id), WakeAfter(timing.CANCEL_RETRY))
    return replace(state, walking=replace(walking, moving=moving)), effects


# --- what came of a replacement ----------------------------------------------------------------


def is_replacement(state: CloseState, client_order_id: str) -> bool:
    """Whether this is the id of the replacement that is on its way."""
    walking = state.walking
    ticket = None if walking is None else walking.replacement
    return ticket is not None and ticket.client_order_id == client_order_id


def on_replacement_refused(state: CloseState, event: OrderRefused) -> Result:
    """
    Keep the order that stands. One that cannot be replaced at all is withdrawn.

    A price on no valid tick teaches the coarser grid, and the next step keeps to it.
    """
    walking = state.walking
    assert walking is not None
    assert isinstance(walking.moving, Replacing)
    refused = event.refused
    net = walking.moving.net
    idle = replace(walking, moving=None, refusals=walking.refusals + 1)
    coarser = coarser_rule(walking.walk.grid.price(net)) if refused.is_increment else None
    if coarser is not None:
        grid = replace(idle.walk.grid, rule=coarser)
        wanted = None if idle.wanted is None else grid.floor(idle.wanted)
        idle = replace(idle, walk=replace(idle.walk, grid=grid), stepped=-1, wanted=wanted)
        taught = replace(state, walking=idle, learned=coarser)
        return taught, (WakeAfter(timing.FOLLOW_UP),)
    if refused.is_duplicate_id:
        return state, (*ask(state), WakeAfter(timing.FOLLOW_UP))
    if refused.is_passing and idle.refusals < timing.REPLACE_REFUSALS:
        return replace(state, walking=idle), (*ask(state), WakeAfter(timing.FOLLOW_UP))
    if state.phase is not Phase.WORKING:
        return replace(state, walking=idle), ()
    return withdraw(state, replace(idle, by_cancel=True), net, event.at)


def on_replacement_not_sent(state: CloseState, event: OrderNotSent) -> Result:
    """Keep the order that stands, and take the step again when the broker can be asked."""
    walking = state.walking
    assert walking is not None
    idle = replace(walking, moving=None, stepped=-1)
    if state.phase is not Phase.WORKING:
        return replace(state, walking=idle), ()  # a cancel is looked after sooner
    delay = max(event.retry_after, timing.FOLLOW_UP)
    return replace(state, walking=idle), (WakeAfter(delay),)


def on_replacement_lost(state: CloseState, _: OutcomeLost) -> Result:
    """Look at both orders; nothing follows from silence."""
    return state, (*ask(state), WakeAfter(timing.FOLLOW_UP))


def on_withdrawal_acknowledged(state: CloseState, event: CancelAcknowledged) -> Result:
    """Note that the broker took the cancel; only the order's own end is proof."""
    walking = state.walking
    if walking is None or not isinstance(walking.moving, Withdrawing):
        return state, ()
    if walking.moving.order_id != event.order_id:
        return state, ()
    moving = replace(walking.moving, is_acknowledged=True)
    noted = replace(state, walking=replace(walking, moving=moving))
    return noted, (WakeAfter(timing.FOLLOW_UP),)


def on_withdrawal_failed(state: CloseState, event: CancelFailed) -> Result:
    """Look at the order instead of believing the failure."""
    walking = state.walking
    if walking is None or not isinstance(walking.moving, Withdrawing):
        return state, ()
    return state, (*ask(state), WakeAfter(max(event.retry_after, timing.FOLLOW_UP)))


def watch_move(state: CloseState, walking: Walking, at: datetime) -> Result:
    """Wait for a move that is under way, and give up a silent replacement."""
    moving = walking.moving
    if isinstance(moving, Replacing):
        if at - moving.since >= timing.REPLACE_WITHIN:
            return withdraw(state, walking, moving.net, at)
        return state, (WakeAfter(timing.FOLLOW_UP),)
    assert isinstance(moving, Withdrawing)
    effects: tuple[Effect, ...] = (WakeAfter(timing.CANCEL_RETRY),)
    order = state.attempt.standing
    patience = timing.CANCEL_AGAIN_AFTER if moving.is_acknowledged else timing.CANCEL_RETRY
    if order is None or at - moving.asked_at < patience:
        return state, effects
    again = Withdrawing(order.order_id, moving.net, at)
    withdrawing = replace(state, walking=replace(walking, moving=again))
    return withdrawing, (CancelOrder(order.order_id), *effects)


def resumed(walking: Walking, at: datetime) -> Walking:
    """After a restart: give a replacement that may have been sent time to be found."""
    if isinstance(walking.moving, Replacing):
        return replace(walking, moving=replace(walking.moving, since=at))
    return walking


# --- what the orders say -----------------------------------------------------------------------


def settle_replacement(state: CloseState, at: datetime) -> Result:
    """Let the replacement count as soon as the orders say so, or withdraw where it failed."""
    walking = state.walking
    if walking is None or state.phase not in (Phase.WORKING, Phase.CANCELLING):
        return state, ()
    heir = _foreign_heir(state, walking)
    if heir is not None:
        return replace(state, walking=_given_way(walking, heir)), ()
    if walking.moving is None:
        return _withdraw_unclear(state, walking, own_net(state.attempt, walking), at)
    if not isinstance(walking.moving, Replacing):
        return state, ()
    moving, attempt = walking.moving, state.attempt
    old = next((each for each in attempt.orders if each.order_id == moving.order_id), None)
    new = _order_of(attempt, moving.ticket.client_order_id)
    if old is None or new is None:
        return state, ()
    if new.status is OrderStatus.REJECTED:
        return _after_rejection(state, walking, old, moving.net, at)
    if old.status is not OrderStatus.REPLACED or old.replaced_by is None:
        return state, ()
    if not _is_heir(new, old):
        # Another hand was quicker, and ours cannot come any more.
        return replace(state, walking=_at_rest(walking)), ()
    after = state.with_attempt(replace(attempt, ticket=moving.ticket))
    stands = stand(walking, moving.net, at)
    delay = timing.REPLACE_AFTER if stands.wanted is not None else stands.next_wake(at)
    after, effects = _withdraw_unclear(replace(after, walking=stands), stands, moving.net, at)
    return after, effects or (WakeAfter(delay),)


def own_net(attempt: Attempt, walking: Walking) -> Decimal:
    """Return our own price, also where another hand has moved the order to one of theirs."""
    assert attempt.ticket.limit is not None, "what walks has a limit"
    return walking.walk.grid.price(attempt.ticket.limit)


def _withdraw_unclear(state: CloseState, walking: Walking, net: Decimal, at: datetime) -> Result:
    """Withdraw a replacement that may be at work for more than is left."""
    order = state.attempt.latest
    is_ours = order is not None and close_of(order.client_order_id) == state.close_id
    is_live = order is not None and not order.status.is_final
    if state.attempt.is_clear or not (is_ours and is_live) or state.cancel_requested:
        return state, ()
    return withdraw(state, walking, net, at)


def _is_heir(order: OrderReport, old: OrderReport) -> bool:
    """Whether this is the order that took the old one's place: an order has one successor."""
    return old.replaced_by == order.order_id


def _foreign_heir(state: CloseState, walking: Walking) -> OrderReport | None:
    """Return the order that another hand has put in place of ours, when that is news."""
    attempt = state.attempt
    order = attempt.latest
    if order is None or close_of(order.client_order_id) == state.close_id:
        return None
    heirs = {each.replaced_by for each in attempt.orders}
    is_in_place = order.order_id in heirs or order.status is not OrderStatus.PENDING_NEW
    is_news = order.order_id != walking.gave_way_to
    return order if is_in_place and is_news else None


def _given_way(walking: Walking, heir: OrderReport) -> Walking:
    """The walk is not to fight a person: it rests at their limit until somebody asks for more."""
    limit = walking.limit if heir.limit is None else walking.walk.grid.price(heir.limit)
    return replace(_at_rest(walking), limit=limit, gave_way_to=heir.order_id)


def _at_rest(walking: Walking) -> Walking:
    return replace(walking, moving=None, wanted=None, is_resting=True)


def _after_rejection(
    state: CloseState, walking: Walking, old: OrderReport, net: Decimal, at: datetime
) -> Result:
    idle = replace(walking, moving=None)
    if old.status.is_final or state.cancel_requested:
        return replace(state, walking=idle), ()
    return withdraw(state, replace(idle, by_cancel=True), net, at)


def stand(walking: Walking, net: Decimal, at: datetime) -> Walking:
    """Note that the limit stands at `net` from now on."""
    wanted = None if walking.wanted == net else walking.wanted
    return replace(walking, limit=net, moved_at=at, moving=None, wanted=wanted, refusals=0)


def follow_withdrawal(state: CloseState, at: datetime) -> Result:
    """A withdrawn order turned out to have been replaced: cancel what took its place."""
    walking, order = state.walking, state.attempt.standing
    if walking is None or not isinstance(walking.moving, Withdrawing) or order is None:
        return state, ()
    if walking.moving.order_id == order.order_id:
        return state, ()
    return withdraw(state, walking, walking.moving.net, at)


def is_withdrawn(state: CloseState) -> bool:
    """
    Whether the order that has just ended was withdrawn to go anew.

    It must be the one whose cancel was asked for: what another hand has put in its place and
    cancelled is over.
    """
    walking, order = state.walking, state.attempt.latest
    if walking is None or order is None or not isinstance(walking.moving, Withdrawing):
        return False
    is_ours_to_send = state.phase is Phase.WORKING and not state.cancel_requested
    return is_ours_to_send and walking.moving.order_id == order.order_id


def send_anew(state: CloseState, at: datetime) -> Result:
    """The withdrawn order has ended: send what is left of it at the limit that was wanted."""
    walking, attempt = state.walking, state.attempt
    assert walking is not None
    assert isinstance(walking.moving, Withdrawing)
    if not attempt.is_clear:
        return end_short(state, Phase.NEEDS_ATTENTION, at, Reason("fills_unclear"))
    units = attempt.units_left
    if units is None:
        return end_short(state, Phase.NEEDS_ATTENTION, at, Reason("uneven_fill"))
    number = attempt.next_number
    net = walking.moving.net
    ticket = replace(
        attempt.ticket,
        client_order_id=client_order_id(state.close_id, step=attempt.step, attempt=number),
        units=units,
        limit=walking.walk.grid.price(net),
    )
    again = Attempt(step=attempt.step, number=number, ticket=ticket, sent_at=at)
    return prepare(replace(state, walking=stand(walking, net, at)), again, at)


def _order_of(attempt: Attempt, identity: str) -> OrderReport | None:
    return next((each for each in attempt.orders if each.client_order_id == identity), None)
