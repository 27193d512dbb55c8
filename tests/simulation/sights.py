"""
What a seed has come through.

A situation that no seed reaches is one in which nothing was checked, whatever the number of
seeds; so `make test` asks that each of these was reached, and `make simulate` counts them.
"""

from collections.abc import Iterator
from enum import StrEnum

from closeout.closing.events import (
    CloseOpened,
    Event,
    FasterRequested,
    LimitRequested,
    MarketSeen,
    OrderNotSent,
    Recovered,
)
from closeout.closing.moves import Replacing, Withdrawing
from closeout.closing.moving import is_replacement
from closeout.closing.partial import WHOLE
from closeout.closing.state import CloseState, Phase
from closeout.domain.outcomes import NotSent, OutcomeUnknown, PlaceOutcome, Refused
from closeout.runtime.requests import CloseRequest


class Sight(StrEnum):
    """One kind of situation."""

    # What was asked for.
    PART = "a part closed"
    LEG = "a leg closed"
    SEVERAL_ORDERS = "a plan of several orders"
    MANY_LEGS = "a plan of more than four legs"
    LATER_ORDER = "a later order of a plan sent"
    WALK = "a walk"
    WALK_OF_PART = "a walk of a part"
    # What became of orders.
    NOT_SENT = "an order that could not be sent"
    LOST_FOUND = "a lost order found"
    ABSENT = "a lost order sent again"
    LEGGED_IN = "a refused package gone leg by leg"
    # Walks.
    STEPPED = "a limit replaced"
    HELD_STILL = "a walk that held still"
    HURRIED = "a walk hurried"
    CHOSEN = "a limit chosen"
    CROSSED = "a walk that crossed"
    RESTED = "a walk that came to rest"
    GIVEN_UP = "a walk cancelled at its end"
    REPLACE_NOT_SENT = "a replacement that could not be sent"
    REPLACE_REFUSED = "a replacement refused"
    REPLACE_LOST = "a replacement lost"
    REPLACE_DROPPED = "a replacement answered and dropped"
    OVERTAKEN = "a replacement overtaken by another hand's"
    WITHDRAWN = "an order withdrawn"
    ANEW = "an order sent anew"
    ANEW_REST = "the rest of an order sent anew"
    # Other hands.
    CUT = "an order cut to what is there"
    CLOSED_ELSEWHERE = "a close that others have closed"
    REPLACED_ELSEWHERE = "an order replaced by others"
    CLEARED = "orders in the way cancelled"
    BUSTED = "a trade of a close taken back"
    BUSTED_AFTER_END = "a trade taken back after the close"
    ASSIGNED = "an assignment"
    SETTLED = "an assignment told by the broker"
    EXPIRED = "an expiry"
    # The user's word about strategies.
    MERGED = "strategies merged"
    SPLIT = "a strategy split"
    MOVED = "contracts moved to another strategy"
    RENAMED = "a strategy renamed"
    UNDONE = "an edit undone"
    EDIT_REFUSED = "an edit refused, for a close runs"
    EDITED_CLOSED = "an edited strategy closed"
    # The process and what it stands on.
    RECOVERED = "a close taken up after a crash"
    FROZEN = "a frozen process"
    GAP = "a gap in the stream"
    JOURNAL_TROUBLE = "a write that failed"
    # Two processes.
    TAKEN_OVER = "an account taken over"
    TAKEN_UP = "a running close taken over"
    FENCED = "a late write refused"
    HELD_BACK = "an order held back by an owner that was not sure"
    STANDS_BY = "a click at the process that stands by"


def opened(event: CloseOpened, request: CloseRequest | None) -> Iterator[Sight]:
    """What a close that begins shows."""
    is_part = request is not None and request.portion != WHOLE
    if is_part:
        yield Sight.PART
    if event.leg_id is not None:
        yield Sight.LEG
    if len(event.plan.steps) > 1:
        yield Sight.SEVERAL_ORDERS
    if len(event.plan.targets) > 4:
        yield Sight.MANY_LEGS
    if any(each.walk is not None for each in event.plan.steps):
        yield Sight.WALK
        if is_part:
            yield Sight.WALK_OF_PART


def moved(before: CloseState, after: CloseState, event: Event) -> Iterator[Sight]:
    """What a step of a close shows."""
    yield from _sending(before, after, event)
    yield from _walking(before, after, event)
    yield from _ends(before, after)


def _sending(before: CloseState, after: CloseState, event: Event) -> Iterator[Sight]:
    if isinstance(event, OrderNotSent) and "could not be sure" in event.reason:
        yield Sight.HELD_BACK
    elif isinstance(event, OrderNotSent) and not is_replacement(before, event.client_order_id):
        yield Sight.NOT_SENT
    if before.phase is Phase.UNKNOWN and after.phase in (Phase.WORKING, Phase.VERIFYING):
        yield Sight.LOST_FOUND
    if after.resends > before.resends:
        yield Sight.ABSENT
    if isinstance(event, Recovered):
        yield Sight.RECOVERED
    if len(after.plan.steps) > len(before.plan.steps):
        yield Sight.LEGGED_IN
    old, new = before.attempt, after.attempt
    if new.step > old.step:
        yield Sight.LATER_ORDER
    elif new.number != old.number and len(after.attempts) == len(before.attempts):
        yield Sight.CUT
    if before.phase is Phase.CLEARING and after.phase is Phase.SENDING:
        yield Sight.CLEARED


def _walking(  # noqa: C901, PLR0912 - a list
    before: CloseState, after: CloseState, event: Event
) -> Iterator[Sight]:
    was, now = before.walking, after.walking
    if was is None or now is None:
        return
    old, new = before.attempt, after.attempt
    if isinstance(was.moving, Replacing) and new.ticket == was.moving.ticket:
        yield Sight.STEPPED
    elif isinstance(was.moving, Replacing) and now.moving is None:
        is_replaced = (
            each.replaced_by for each in new.orders if each.order_id == was.moving.order_id
        )
        if any(is_replaced):
            yield Sight.OVERTAKEN
    if isinstance(was.moving, Withdrawing) and new.number != old.number and new.step == old.step:
        yield Sight.ANEW_REST if old.has_fills else Sight.ANEW
    if isinstance(now.moving, Withdrawing) and not isinstance(was.moving, Withdrawing):
        yield Sight.WITHDRAWN
    if isinstance(event, FasterRequested):
        yield Sight.HURRIED
    if isinstance(event, LimitRequested):
        yield Sight.CHOSEN
    if isinstance(event, MarketSeen):
        if event.trouble is not None:
            yield Sight.HELD_STILL
        elif now.moving is not None and event.at - was.since > was.walk.schedule.budget:
            yield Sight.CROSSED
    if now.is_resting and not was.is_resting and not isinstance(event, LimitRequested):
        yield Sight.RESTED
    if now.is_cancelled and not was.is_cancelled:
        yield Sight.GIVEN_UP


def replaced(outcome: PlaceOutcome) -> Iterator[Sight]:
    """What the answer to a replacement shows."""
    match outcome:
        case NotSent():
            yield Sight.REPLACE_NOT_SENT
        case Refused():
            yield Sight.REPLACE_REFUSED
        case OutcomeUnknown():
            yield Sight.REPLACE_LOST


def _ends(before: CloseState, after: CloseState) -> Iterator[Sight]:
    if len(after.busts) > len(before.busts):
        yield Sight.BUSTED_AFTER_END if before.phase is Phase.CLOSED else Sight.BUSTED
    if after.phase is Phase.CLOSED and before.phase is not Phase.CLOSED and after.elsewhere:
        yield Sight.CLOSED_ELSEWHERE
