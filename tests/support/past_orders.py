"""Orders of the past: what an account's history says was opened and closed."""

from datetime import timedelta
from decimal import Decimal

from support.builders import AT

from closeout.domain.orders import Intent, LegReport, OrderReport, OrderStatus, Side


def an_order(
    *legs: tuple[str, int],
    order_id: str,
    minute: int,
    closes: bool = False,
    client_order_id: str = "",
    price: str = "1.00",
    units: int = 1,
    known_intents: bool = True,
) -> OrderReport:
    """
    Return a filled order of the history: symbols with their signed ratio, bought positive.

    It was submitted `minute` minutes after `AT`.
    """
    at = AT + timedelta(minutes=minute)
    rows = (
        LegReport(
            order_id=f"{order_id}-{number}",
            symbol=symbol,
            side=Side.BUY if ratio > 0 else Side.SELL,
            intent=_intent(ratio, closes=closes) if known_intents else None,
            ratio=abs(ratio),
            quantity=abs(ratio) * units,
            filled=abs(ratio) * units,
            average_price=Decimal(price),
            status=OrderStatus.FILLED,
        )
        for number, (symbol, ratio) in enumerate(legs)
    )
    return OrderReport(
        order_id=order_id,
        client_order_id=client_order_id,
        status=OrderStatus.FILLED,
        raw_status="filled",
        order_class="mleg" if len(legs) > 1 else "simple",
        order_type="market",
        units=units,
        filled_units=units,
        limit=None,
        net_price=None,
        legs=tuple(rows),
        submitted_at=at,
        updated_at=at,
        replaced_by=None,
        replaces=None,
    )


def _intent(ratio: int, *, closes: bool) -> Intent:
    if closes:
        return Intent.BUY_TO_CLOSE if ratio > 0 else Intent.SELL_TO_CLOSE
    return Intent.BUY_TO_OPEN if ratio > 0 else Intent.SELL_TO_OPEN
