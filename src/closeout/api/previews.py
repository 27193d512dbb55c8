"""What a close would send now, from what the book knows."""

from collections.abc import Sequence

from closeout.api.deps import Desk
from closeout.api.metrics import risks_out
from closeout.api.preview_views import PreviewView, Problem
from closeout.api.terms import terms_of
from closeout.closing.aftermath import remaining_legs
from closeout.closing.partial import Portion
from closeout.closing.terms import Terms
from closeout.domain.errors import CannotPlan
from closeout.domain.orders import OrderType
from closeout.domain.strategies import Leg, Strategy
from closeout.runtime.breaker import BreakerState
from closeout.runtime.refusals import (
    AccountBlocked,
    MarketClosed,
    NotReady,
    UnknownLeg,
    UnknownPosition,
)
from closeout.runtime.requests import CloseRequest, Prepared
from closeout.schemas.closes import (
    ClosePreviewRequest,
    Portioned,
)
from closeout.schemas.previews import ClosePreview


def find(desk: Desk, position_id: str, leg_id: str | None) -> tuple[Strategy, Leg | None]:
    """
    Find a strategy and, with an id, a leg of it.

    Raises: NotReady, UnknownPosition, UnknownLeg.
    """
    if desk.engine.book.holdings is None:
        raise NotReady("The account has not been read yet, so nothing is known of its positions.")
    strategy = desk.engine.book.strategy(position_id)
    if strategy is None:
        raise UnknownPosition("There is no such position now. It may be closed already.")
    if leg_id is None:
        return strategy, None
    leg = strategy.leg(leg_id)
    if leg is None:
        raise UnknownLeg("The position has no such leg now. It may be closed already.")
    return strategy, leg


def portion_in(body: Portioned) -> Portion:
    """Read how much of a strategy is meant."""
    return Portion(units=body.units, percent=body.percent, leg_ids=tuple(body.leg_ids or ()))


async def preview(desk: Desk, position_id: str, body: ClosePreviewRequest) -> ClosePreview:
    """
    Show the orders as they would be sent, or why none would be.

    Raises: NotReady, UnknownPosition, UnknownLeg.
    """
    strategy, leg = find(desk, position_id, body.leg_id)
    desk.engine.attention.draw()
    terms = terms_of(body, body.order_type, offset=body.limit_price_offset, price=body.limit_price)
    portion = portion_in(body) if leg is None else Portion(quantity=body.quantity)
    if desk.engine.breaker.state(desk.clock.now()) is BreakerState.CLOSED:
        await desk.engine.supervisor.preparer.learn_ticks(strategy, terms)
    holdings = desk.engine.book.holdings
    assert holdings is not None, "a strategy comes from holdings"
    view = PreviewView(desk, strategy, leg, holdings, desk.clock.now())
    try:
        prepared = desk.engine.supervisor.preparer.plan(strategy, leg, terms, portion)
    except CannotPlan as unplannable:
        return view.show(None, (unplannable.reason_code, str(unplannable)))
    preparer, orders = desk.engine.supervisor.preparer, desk.engine.book.orders.open()
    cancels = preparer.conflicts(prepared.plan, orders) if body.cancel_conflicting else ()
    problem, kept = _problem(desk, prepared, terms, cancels=cancels), None
    if problem is None:
        request = CloseRequest(
            strategy.id,
            body.leg_id,
            terms,
            stated=body.model_dump(),
            portion=portion,
            cancel_conflicting=body.cancel_conflicting,
        )
        kept = desk.engine.supervisor.previews.keep(
            request, prepared.plan, prepared.decided, cancels=cancels
        )
    shown = view.show(prepared.plan, problem, kept, cancels)
    # Last, for it is done on another thread, and plan and quotes must be of one moment.
    left = remaining_legs(strategy, prepared.plan)
    before, after = await risks_out(desk, strategy.legs, left)
    return shown.model_copy(update={"risk_before": before, "risk_after": after})


def _problem(
    desk: Desk, prepared: Prepared, terms: Terms, *, cancels: Sequence[str]
) -> Problem | None:
    """Say what would stand in the way if it were sent now, conflicts cancelled or not."""
    book = desk.engine.book
    if book.account is not None and book.account.blocked_reason is not None:
        return (AccountBlocked.code, book.account.blocked_reason)
    market = book.market
    waits = terms.order_type is OrderType.LIMIT and terms.walk is None
    if not waits and market is not None and not market.is_open:
        closed = MarketClosed(market.next_open, walks=terms.walk is not None)
        return (closed.code, str(closed))
    try:
        preparer, orders = desk.engine.supervisor.preparer, book.orders.open()
        preparer.check(prepared.plan, orders, cancels=cancels)
    except CannotPlan as problem:
        return (problem.reason_code, str(problem))
    return None
