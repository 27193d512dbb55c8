"""What a close would send now, from what the book knows."""

from decimal import Decimal

from closeout.api.deps import Desk
from closeout.closing.plan import Terms
from closeout.closing.plans import Plan
from closeout.closing.preview import StepPreview, preview_steps, warnings_for, worth
from closeout.domain.errors import CannotPlan
from closeout.domain.orders import OrderType, TicketLeg
from closeout.domain.strategies import Leg, Strategy
from closeout.runtime.breaker import BreakerState
from closeout.runtime.refusals import (
    AccountBlocked,
    MarketClosed,
    NotReady,
    UnknownLeg,
    UnknownPosition,
)
from closeout.runtime.requests import Prepared
from closeout.schemas.closes import (
    ClosePreview,
    ClosePreviewRequest,
    PreviewLeg,
    PreviewOrder,
    PreviewWarning,
)

Problem = tuple[str, str]


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


async def preview(desk: Desk, position_id: str, body: ClosePreviewRequest) -> ClosePreview:
    """
    Show the orders as they would be sent, or why none would be.

    Raises: NotReady, UnknownPosition, UnknownLeg.
    """
    strategy, leg = find(desk, position_id, body.leg_id)
    terms = Terms(
        order_type=OrderType(body.order_type),
        offset=body.limit_price_offset,
        price=body.limit_price,
    )
    if desk.engine.breaker.state(desk.clock.now()) is BreakerState.CLOSED:
        await desk.engine.supervisor.preparer.learn_ticks(strategy, terms)
    try:
        prepared = desk.engine.supervisor.preparer.plan(strategy, leg, terms)
    except CannotPlan as problem:
        return _preview(desk, strategy, leg, None, (problem.reason_code, str(problem)))
    return _preview(desk, strategy, leg, prepared, _problem(desk, prepared, terms))


def _problem(desk: Desk, prepared: Prepared, terms: Terms) -> Problem | None:
    """Say what would stand in the way if it were sent now."""
    book = desk.engine.book
    if book.account is not None and book.account.blocked_reason is not None:
        return (AccountBlocked.code, book.account.blocked_reason)
    market = book.market
    if terms.order_type is OrderType.MARKET and market is not None and not market.is_open:
        closed = MarketClosed(market.next_open)
        return (closed.code, str(closed))
    try:
        desk.engine.supervisor.preparer.check(prepared.plan, book.open_orders())
    except CannotPlan as problem:
        return (problem.reason_code, str(problem))
    return None


def _preview(
    desk: Desk,
    strategy: Strategy,
    leg: Leg | None,
    prepared: Prepared | None,
    problem: Problem | None,
) -> ClosePreview:
    book, now = desk.engine.book, desk.clock.now()
    legs = (leg,) if leg is not None else strategy.legs
    plan = prepared.plan if prepared else None
    steps = preview_steps(plan, book.quotes) if plan else ()
    total = worth(steps, legs) if steps else None
    market = book.market
    return ClosePreview(
        position_id=strategy.id,
        leg_id=leg.id if leg else None,
        ticker=strategy.underlying,
        strategy=strategy.name,
        orders=[_order(desk, step, legs) for step in steps],
        cash_natural=_cents(total.cash_natural) if total else None,
        cash_mid=_cents(total.cash_mid) if total else None,
        cash_limit=_cents(total.cash_limit) if total else None,
        pnl_natural=_cents(total.pnl_natural) if total else None,
        pnl_mid=_cents(total.pnl_mid) if total else None,
        pnl_limit=_cents(total.pnl_limit) if total else None,
        warnings=_warnings(desk, plan) if plan else [],
        problem=problem[1] if problem else None,
        problem_code=problem[0] if problem else None,
        limit_allowed=problem is not None and problem[0] == MarketClosed.code,
        market_open=market.is_open if market else None,
        next_open=market.next_open if market else None,
        as_of=now,
    )


def _warnings(desk: Desk, plan: Plan) -> list[PreviewWarning]:
    found = warnings_for(plan, desk.engine.book.quotes, desk.clock.now(), desk.option_feed)
    return [
        PreviewWarning(code=each.code, severity=each.severity.value, message=each.message)
        for each in found
    ]


def _order(desk: Desk, each: StepPreview, legs: tuple[Leg, ...]) -> PreviewOrder:
    step = each.step
    ids = {leg.symbol: leg.id for leg in legs}
    return PreviewOrder(
        order_class="mleg" if len(step.legs) > 1 else "simple",
        order_type=step.order_type.value,
        time_in_force="day",
        units=step.units,
        limit_price=step.limit,
        natural=each.net.natural if each.net else None,
        mid=each.net.mid if each.net else None,
        legs=[_leg(desk, leg, step.units, ids[leg.symbol]) for leg in step.legs],
    )


def _leg(desk: Desk, leg: TicketLeg, units: int, leg_id: str) -> PreviewLeg:
    quote = desk.engine.book.quotes.get(leg.symbol)
    return PreviewLeg(
        leg_id=leg_id,
        symbol=leg.symbol,
        action=leg.intent.value,
        quantity=units * leg.ratio,
        ratio=leg.ratio,
        bid=quote.bid if quote else None,
        ask=quote.ask if quote else None,
        mid=quote.mid if quote else None,
        quote_at=quote.at if quote else None,
    )


def _cents(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal("0.01"))
