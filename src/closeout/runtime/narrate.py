"""The log of a close: every step with its ids, symbols and prices, never a key."""

from typing import Any

import structlog

from closeout.closing.events import (
    AccountChecked,
    CancelAcknowledged,
    CancelFailed,
    CloseOpened,
    Event,
    HoldingsRead,
    OrderNotFound,
    OrderNotSent,
    OrderRefused,
    OrderReported,
    OutcomeLost,
    TradeRevised,
)
from closeout.closing.state import CloseState

log = structlog.get_logger("closeout.close")


def narrate(before: CloseState | None, after: CloseState, event: Event) -> None:
    """Write one line about a step of a close."""
    log.info(
        "close.step",
        close_id=after.close_id,
        account=after.account,
        happened=type(event).__name__,
        phase=after.phase.value,
        phase_before=before.phase.value if before else None,
        reason=after.reason.code if after.reason else None,
        client_order_id=after.attempt.ticket.client_order_id,
        order_id=after.attempt.latest.order_id if after.attempt.latest else None,
        symbols=list(after.plan.symbols),
        limit=_text(after.attempt.ticket.limit),
        filled={target.symbol: after.filled(target.symbol) for target in after.plan.targets},
        **_details(event),
    )


def _details(event: Event) -> dict[str, Any]:
    match event:
        case CloseOpened():
            return {"position_id": event.position_id, "steps": len(event.plan.steps)}
        case OrderReported(report=report, source=source):
            prices = {leg.symbol: _text(leg.average_price) for leg in report.legs}
            return {"status": report.raw_status, "source": source, "prices": prices}
        case TradeRevised(report=report, undone=undone):
            trades = [f"{trade.quantity} {trade.symbol} {trade.price}" for trade in undone]
            return {"status": report.raw_status, "undone": trades}
        case OrderRefused():
            return {"http_status": event.http_status, "code": event.code, "detail": event.message}
        case OrderNotSent(reason=reason) | OutcomeLost(reason=reason) | CancelFailed(reason=reason):
            return {"detail": reason}
        case OrderNotFound() | CancelAcknowledged():
            return {}
        case HoldingsRead(quantities=quantities):
            return {"held": {symbol: _text(quantity) for symbol, quantity in quantities}}
        case AccountChecked(rooms=rooms):
            return {
                "held": {room.symbol: _text(room.quantity) for room in rooms},
                "available": {room.symbol: _text(room.available) for room in rooms},
            }
        case _:
            return {}


def _text(value: object) -> str | None:
    return None if value is None else str(value)
