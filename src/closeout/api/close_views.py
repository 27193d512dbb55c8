"""Closes as the contract shows them, and what a close request is answered."""

from decimal import Decimal
from typing import Literal

from closeout.api.deps import Desk
from closeout.api.report_views import report_out
from closeout.api.walks import walk_out
from closeout.closing.attempts import Attempt
from closeout.closing.plans import Target
from closeout.closing.report import report_of
from closeout.closing.state import CloseState, Phase
from closeout.closing.wording import describe
from closeout.schemas.closes import (
    AttemptOut,
    ClearedFirstOut,
    CloseLegOut,
    CloseLegResponse,
    CloseOrderResult,
    CloseOut,
    CloseStrategyResponse,
    ElsewhereOut,
    LegStatus,
)

LegState = Literal["waiting", "sending", "unknown", "working", "filled", "failed", "ended"]


def close_out(desk: Desk, state: CloseState) -> CloseOut:
    """Show a close with every leg and every order."""
    legs = [_leg_out(state, target) for target in state.plan.targets]
    return CloseOut(
        id=state.close_id,
        account=state.account,
        position_id=state.position_id,
        leg_id=state.leg_id,
        ticker=state.ticker,
        strategy=state.strategy,
        phase=state.phase.value,
        message=describe(state),
        reason_code=state.reason.code if state.reason else None,
        order_type=state.order_type.value,
        legs=legs,
        total_legs=len(legs),
        closed_legs=sum(leg.status == "filled" for leg in legs),
        attempts=[_attempt_out(state, attempt) for attempt in state.attempts],
        cash=_cash(state),
        walk=walk_out(desk, state),
        conflicts=[
            ClearedFirstOut(order_id=each.order_id, over=each.is_over) for each in state.conflicts
        ],
        elsewhere=[
            ElsewhereOut(
                symbol=symbol,
                contracts=contracts,
                order_ids=[hand.order_id for hand in state.hands if hand.symbol == symbol],
            )
            for symbol, contracts in state.elsewhere
        ],
        cancellable=state.can_cancel,
        ended=state.phase.is_end,
        opened_at=state.opened_at,
        updated_at=state.updated_at,
        ended_at=state.ended_at,
        report=None if (report := report_of(state)) is None else report_out(report),
    )


def strategy_response(
    state: CloseState, *, beyond: frozenset[str] = frozenset()
) -> CloseStrategyResponse:
    """
    Answer a strategy close with what is known of its legs now.

    `beyond` names legs of which more was asked for than this close, which was running, closes.
    """
    orders = [_order_result(state, target) for target in state.plan.targets]
    taken = sum(_is_taken(state, target) for target in state.plan.targets)
    status: Literal["success", "partial", "error"] = "partial"
    if not taken:
        status = "error"
    elif taken == len(orders) and not beyond:
        status = "success"
    left_out = beyond - {target.leg_id for target in state.plan.targets}
    return CloseStrategyResponse(
        status=status,
        position_id=state.position_id,
        orders=orders,
        message=_answer(state) + (_LESS if beyond else ""),
        total_legs=len(orders) + len(left_out),
        closed_legs=sum(order.status == "filled" for order in orders),
        close_id=state.close_id,
        phase=state.phase.value,
    )


def leg_response(
    state: CloseState, leg_id: str, *, beyond: frozenset[str] = frozenset()
) -> CloseLegResponse:
    """Answer a leg close; the close may be one of the whole strategy that has this leg."""
    target = next(each for each in state.plan.targets if each.leg_id == leg_id)
    return CloseLegResponse(
        status="success" if _is_taken(state, target) else "error",
        order=_order_result(state, target),
        message=_answer(state) + (_LESS if beyond else ""),
        close_id=state.close_id,
        phase=state.phase.value,
    )


_LESS = (
    " This is a close of less than you ask for, which was running already; ask again when it "
    "has ended."
)


def _answer(state: CloseState) -> str:
    """Say where the close stands, to somebody who has waited as long as we let him."""
    if state.phase is Phase.SENDING and not state.unsent:
        return (
            "Alpaca has not answered yet. Closeout goes on following the order. "
            "Do not send it again."
        )
    return describe(state)


def _attempt_of(state: CloseState, target: Target) -> Attempt | None:
    """Return the newest order that trades this leg; None while its step waits."""
    for attempt in reversed(state.attempts):
        if any(leg.symbol == target.symbol for leg in attempt.ticket.legs):
            return attempt
    return None


def _leg_state(state: CloseState, target: Target) -> LegState:
    attempt = _attempt_of(state, target)
    if not state.remaining(target):
        return "filled"
    if attempt is None:
        return "ended" if state.phase.is_end else "waiting"
    if attempt is state.attempt and attempt.refusal is None:
        return _current_leg_state(state, attempt)
    if not state.phase.is_end:
        return "waiting"  # a later order has the rest of it
    return "ended" if attempt.refusal is None else "failed"


def _current_leg_state(state: CloseState, attempt: Attempt) -> LegState:
    if state.phase.is_end:
        return "ended"
    if state.phase is Phase.CLEARING:
        return "waiting"
    if state.phase is Phase.SENDING:
        return "sending"
    if state.phase is Phase.UNKNOWN and not attempt.orders:
        return "unknown"
    return "working"


def _is_taken(state: CloseState, target: Target) -> bool:
    """Whether the broker has this leg's order, working or filled."""
    return _leg_state(state, target) in ("working", "filled")


def _order_result(state: CloseState, target: Target) -> CloseOrderResult:
    attempt = _attempt_of(state, target)
    leg_state = _leg_state(state, target)
    latest = attempt.latest if attempt else None
    leg = latest.leg(target.symbol) if latest else None
    # The contract knows three words; the message says what is behind `submitted`.
    statuses: dict[LegState, LegStatus] = {"filled": "filled", "failed": "failed"}
    return CloseOrderResult(
        symbol=target.symbol,
        order_id=leg.order_id if leg else (latest.order_id if latest else None),
        status=statuses.get(leg_state, "submitted"),
        filled_qty=state.filled(target.symbol),
        filled_avg_price=_average_price(state, target.symbol),
        error_message=_trouble(state, attempt, leg_state),
    )


def _trouble(state: CloseState, attempt: Attempt | None, leg_state: LegState) -> str | None:
    match leg_state:
        case "filled" | "working":
            return None
        case "failed":
            return attempt.refusal if attempt else None
        case "waiting" if state.phase is not Phase.CLEARING:
            return "Waits until the orders before it have filled."
        case _:
            return describe(state)


def _leg_out(state: CloseState, target: Target) -> CloseLegOut:
    attempt = _attempt_of(state, target)
    leg_state = _leg_state(state, target)
    return CloseLegOut(
        leg_id=target.leg_id,
        symbol=target.symbol,
        action=target.side.closing.value,
        quantity=target.contracts,
        filled_qty=state.filled(target.symbol),
        filled_avg_price=_average_price(state, target.symbol),
        status=leg_state,
        error_message=_trouble(state, attempt, leg_state),
    )


def _average_price(state: CloseState, symbol: str) -> Decimal | None:
    """Average over every order of the close, dollars per share."""
    filled, paid = 0, Decimal(0)
    for attempt in state.attempts:
        for order in attempt.orders:
            leg = order.leg(symbol)
            if leg is not None and leg.filled and leg.average_price is not None:
                filled += leg.filled
                paid += leg.filled * leg.average_price
    return (paid / filled).quantize(Decimal("0.0001")).normalize() if filled else None


def _attempt_out(state: CloseState, attempt: Attempt) -> AttemptOut:
    latest = attempt.latest
    units = min((attempt.filled(leg.symbol) // leg.ratio for leg in attempt.ticket.legs), default=0)
    return AttemptOut(
        step=attempt.step,
        attempt=attempt.number,
        client_order_id=attempt.ticket.client_order_id,
        order_id=latest.order_id if latest else None,
        status=_attempt_status(state, attempt),
        order_class="mleg" if attempt.ticket.is_package else "simple",
        order_type=attempt.ticket.order_type.value,
        limit_price=attempt.ticket.limit,
        units=attempt.ticket.units,
        filled_units=units,
        net_fill_price=latest.net_price if latest and units else None,
        sent_at=attempt.sent_at,
    )


def _attempt_status(state: CloseState, attempt: Attempt) -> str:
    if attempt.latest is not None:
        return attempt.latest.raw_status
    if attempt.refusal is not None:
        return "refused"
    return "unknown" if state.phase is Phase.UNKNOWN else "sending"


def _cash(state: CloseState) -> Decimal | None:
    """Dollars received (positive) or paid so far."""
    multipliers = {target.symbol: target.multiplier for target in state.plan.targets}
    total = Decimal(0)
    for attempt in state.attempts:
        cash = attempt.cash(multipliers)
        if cash is None:
            return None
        total += cash
    return total.quantize(Decimal("0.01"))
