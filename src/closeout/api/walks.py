"""The walk of a close against the market of this moment."""

from datetime import datetime

from closeout.api.deps import Desk
from closeout.closing.moves import Walking
from closeout.closing.state import CloseState, Phase
from closeout.closing.strides import is_over
from closeout.closing.walk import AtEnd
from closeout.closing.walking import can_change
from closeout.domain.errors import NoPrice
from closeout.domain.pricing import net_quote
from closeout.domain.quotes import NetQuote
from closeout.schemas.pacing import WalkMovedOut, WalkOut


def walk_out(desk: Desk, state: CloseState) -> WalkOut | None:
    """Show the walk of a close; None when it has none."""
    walking = state.walking
    if walking is None:
        return None
    now = desk.clock.now() if state.ended_at is None else state.ended_at
    walk, net = walking.walk, _net(desk, state)
    age = walking.age(now)
    price = walk.grid.price
    return WalkOut(
        pace=walk.pace.value,
        step=walk.schedule.step_at(age) + 1,
        steps=walk.schedule.prices,
        limit=price(walking.limit),
        mid=None if net is None else price(net.mid),
        natural=None if net is None else price(net.natural),
        worst=None if walk.worst is None else price(walk.grid.floor(walk.worst)),
        started_at=walking.began_at,
        ends_at=walking.ends_at,
        next_step_at=_next_step_at(state, walking, now),
        holding=walking.holding.value if walking.holding else None,
        at_end=walk.at_end.value,
        crossing=walk.at_end is AtEnd.CROSS and is_over(walk, age),
        resting=walking.is_resting,
        changing=walking.moving is not None,
        changeable=can_change(state),
    )


def walks_moved(desk: Desk, symbols: set[str]) -> list[WalkMovedOut]:
    """Show the running walks of which a leg's quote has moved."""
    moved = []
    for runner in desk.engine.supervisor.running():
        state = runner.state
        if any(symbol in symbols for symbol in state.plan.symbols):
            walk = walk_out(desk, state)
            if walk is not None:
                moved.append(WalkMovedOut(close_id=state.close_id, walk=walk))
    return moved


def _net(desk: Desk, state: CloseState) -> NetQuote | None:
    if state.phase.is_end:
        return None
    try:
        return net_quote(state.attempt.ticket.legs, desk.engine.book.quotes)
    except NoPrice:
        return None


def _next_step_at(state: CloseState, walking: Walking, now: datetime) -> datetime | None:
    if walking.is_resting or state.phase is not Phase.WORKING or state.cancel_requested:
        return None
    return now + walking.next_price_in(now)
