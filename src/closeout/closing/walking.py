"""
A working order walks: when to look at the market, and what a look or a person makes of it.

Time is measured from the first limit over every replacement, and across restarts: each look
is due at a multiple of the walk's rhythm since then, whatever became of the ones before, and once
an order that was just replaced has stood for its second.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from closeout.closing import timing
from closeout.closing.cancelling import begin_cancel
from closeout.closing.effects import SeeMarket, WakeAfter
from closeout.closing.events import FasterRequested, LimitRequested, MarketSeen, Woke
from closeout.closing.moves import Walking
from closeout.closing.moving import move, watch_move
from closeout.closing.plans import PlanStep
from closeout.closing.sight import Sight
from closeout.closing.state import CloseState, Phase
from closeout.closing.strides import first_limit, is_over, next_limit, quickened
from closeout.closing.transitions import Result, ask
from closeout.closing.walk import AtEnd
from closeout.domain.errors import CannotPlan
from closeout.domain.orders import OrderStatus
from closeout.domain.quotes import NetQuote

_NONE = Decimal(0)
_REPLACEABLE = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED})


def begin(planned: PlanStep, at: datetime) -> Walking | None:
    """Start the walk of a step, if it has one."""
    if planned.walk is None or planned.limit is None:
        return None
    limit = planned.walk.grid.price(planned.limit)
    return Walking(walk=planned.walk, began_at=at, since=at, limit=limit, moved_at=at)


def is_to_begin(state: CloseState) -> bool:
    """
    Whether the order that waits to be sent is the first one of a walk, and was never tried.

    One that was keeps its price, also when it certainly did not arrive: it keeps its id, which
    is never used for two orders (invariant I2).
    """
    walking = state.walking
    return walking is not None and walking.moved_at == walking.began_at and not _was_tried(state)


def is_to_be_priced(state: CloseState) -> bool:
    """Whether what the market shows may still change the limit of the order that waits."""
    walking = state.walking
    goes_on = walking is not None and not walking.is_resting and not _was_tried(state)
    return goes_on or is_to_begin(state)


def _was_tried(state: CloseState) -> bool:
    return state.resends > 0 or state.reason is not None


def priced_in(net: NetQuote | None, state: CloseState) -> CloseState:
    """
    Put the order that waits into the market that it goes out into.

    A walk begins there: it was planned in another, and its turn may have come much later, beyond
    natural by now or far from it. One that goes on keeps its limit, but for natural: the order
    before it may have been long in being cancelled. Where nothing can be priced, nothing changes.
    """
    walking = state.walking
    if walking is None or net is None or not is_to_be_priced(state):
        return state
    walk, limit = walking.walk, min(walking.limit, walking.walk.grid.floor(net.natural))
    if is_to_begin(state):
        walk = replace(walk, width_at_start=max(net.width, _NONE))
        limit = first_limit(walk, net)
    ticket = replace(state.attempt.ticket, limit=walk.grid.price(limit))
    begun = state.with_attempt(replace(state.attempt, ticket=ticket))
    return replace(begun, walking=replace(walking, walk=walk, limit=limit))


def on_woke(state: CloseState, walking: Walking, event: Woke) -> Result:
    """
    Ask for the order, and take the step that is due, watch one that is under way, or end the walk.

    After a gap in the stream it is asked for whatever is done (invariant I9); of looks at the
    market that follow each other closely, some go without.
    """
    after, effects = _go_on(state, walking, event.at)
    looks = any(isinstance(effect, SeeMarket) for effect in effects)
    if looks and not event.after_gap and not _is_to_ask(walking, event.at):
        return after, effects
    return after, (*ask(state), *effects)


def wakes_in(walking: Walking, at: datetime) -> timedelta:
    """How long until there is something to do, whatever is heard of the order meanwhile."""
    if walking.moving is not None or walking.wanted is not None:
        return timing.CANCEL_RETRY
    return timing.poll_delay(walking.age(at)) if walking.is_resting else walking.next_wake(at)


def _is_to_ask(walking: Walking, at: datetime) -> bool:
    looks = max(timing.ASK_EVERY // walking.walk.schedule.look, 1)
    return _step(walking, at) % looks == 0


def _go_on(state: CloseState, walking: Walking, at: datetime) -> Result:
    if walking.moving is not None:
        return watch_move(state, walking, at)
    if walking.wanted is not None and may_move(state, walking, at):
        return move(state, walking, walking.wanted, at)
    if walking.is_resting:
        return state, (WakeAfter(timing.poll_delay(walking.age(at))),)
    if is_over(walking.walk, walking.age(at)) and walking.walk.at_end is not AtEnd.CROSS:
        return _end(state, walking, at)
    wake = WakeAfter(walking.next_wake(at))
    if _step(walking, at) > walking.stepped:
        return state, (look(state, walking), wake)
    return state, (wake,)


def _end(state: CloseState, walking: Walking, at: datetime) -> Result:
    """The time is used up, and the order is not to cross."""
    order = state.attempt.standing or state.attempt.latest
    if walking.walk.at_end is AtEnd.CANCEL and order is not None:
        cancelled = replace(walking, is_cancelled=True)
        return begin_cancel(
            replace(state, walking=cancelled, cancel_requested=True), order.order_id, at
        )
    rested = replace(state, walking=replace(walking, is_resting=True))
    return rested, (WakeAfter(timing.poll_delay(walking.age(at))),)


def on_market_seen(state: CloseState, event: MarketSeen) -> Result:
    """Move the limit to where it should stand now, or say why it stays."""
    walking = state.walking
    if walking is None or walking.moving or walking.is_resting:
        return state, ()
    if event.legs and event.legs != state.attempt.ticket.legs:
        # It was asked for an order before this one, and took long.
        return state, ()
    age = walking.age(event.at)
    if not may_move(state, walking, event.at) or _step(walking, event.at) <= walking.stepped:
        return state, ()
    if is_over(walking.walk, age) and walking.walk.at_end is not AtEnd.CROSS:
        return state, ()
    sight = Sight(event.net, event.trouble)
    decision = next_limit(walking.walk, walking.limit, sight, age, walking.strode)
    if decision.holding is not None:
        return replace(state, walking=replace(walking, holding=decision.holding)), ()
    stepping = replace(walking, stepped=_step(walking, event.at), holding=None)
    return move(state, stepping, decision.limit, event.at)


def on_faster_requested(state: CloseState, event: FasterRequested) -> Result:
    """Go on at the next faster pace, beginning with a step now."""
    walking = state.walking
    if walking is None or not can_change(state) or walking.walk.hurried:
        return state, ()
    if event.since not in (None, walking.since):
        return state, ()
    walking = replace(
        walking,
        walk=quickened(walking.walk, walking.age(event.at)),
        since=event.at,
        stepped=-1,
        is_resting=False,
        wanted=None,
    )
    return _at_once(replace(state, walking=walking), walking, event.at)


def on_limit_requested(state: CloseState, event: LimitRequested) -> Result:
    """Put the chosen limit in place, and let it rest there."""
    walking = state.walking
    if walking is None or not can_change(state, event.began_at):
        return state, ()
    wanted = walking.walk.grid.price(event.limit)
    walking = replace(walking, wanted=wanted, is_resting=True, holding=None)
    after = replace(state, walking=walking)
    if walking.moving is None and may_move(after, walking, event.at):
        return move(after, walking, wanted, event.at)
    return _at_once(after, walking, event.at)


def can_change(state: CloseState, began_at: datetime | None = None) -> bool:
    """
    Whether a person may still change how this order walks.

    `began_at` names the walk that was meant: a plan may have gone on to its next order since.
    """
    working = state.phase in (Phase.SENDING, Phase.UNKNOWN, Phase.WORKING)
    if state.walking is None or not working or state.cancel_requested:
        return False
    return began_at in (None, state.walking.began_at)


def check_limit(state: CloseState, limit: Decimal) -> None:
    """
    Say what is wrong with a limit that a person chose for a walking order.

    Raises:
        CannotPlan: `beyond_worst`, `invalid_tick`.
    """
    assert state.walking is not None, "only a walk has a limit to choose"
    grid, worst = state.walking.walk.grid, state.walking.walk.worst
    net = grid.price(limit)
    valid = grid.floor(net)
    if valid != net:
        above = grid.above(valid) if valid < net else valid
        raise CannotPlan(
            "invalid_tick",
            f"{limit} is on no valid price step: use {grid.price(valid)} or {grid.price(above)}.",
        )
    if worst is not None and net > worst:
        raise CannotPlan(
            "beyond_worst",
            f"{limit} is beyond the worst price of this close, {grid.price(grid.floor(worst))}. "
            "Nothing was changed.",
        )


def _at_once(state: CloseState, walking: Walking, at: datetime) -> Result:
    if state.phase is not Phase.WORKING or walking.moving is not None:
        return state, ()
    if walking.wanted is not None:
        return state, (WakeAfter(timing.FOLLOW_UP),)
    return state, (look(state, walking), WakeAfter(walking.next_wake(at)))


def may_move(state: CloseState, walking: Walking, at: datetime) -> bool:
    """Whether the order at work can be replaced now: known to stand, and for a moment."""
    order = state.attempt.latest
    if state.phase is not Phase.WORKING or state.cancel_requested or order is None:
        return False
    stood = at - max(walking.moved_at, state.phase_since)
    return order.status in _REPLACEABLE and stood >= _stands_for(state, walking, at)


def _stands_for(state: CloseState, walking: Walking, at: datetime) -> timedelta:
    """How long a limit stays before it moves: what a person asked for and the last stride hurry."""
    is_replaceable = not walking.by_cancel and not state.attempt.has_fills
    is_asked_for = walking.wanted is not None or walking.stepped < 0
    is_last = walking.walk.schedule.strides_left(walking.age(at)) == 1
    hurries = is_replaceable or is_asked_for or is_last
    return timing.REPLACE_AFTER if hurries else timing.WITHDRAW_AFTER


def look(state: CloseState, walking: Walking) -> SeeMarket:
    return SeeMarket(state.attempt.ticket.legs, walking.walk)


def _step(walking: Walking, at: datetime) -> int:
    """Count the looks of this pace that have been due, also beyond its end."""
    return walking.age(at) // walking.walk.schedule.look
