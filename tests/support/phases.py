"""Every phase of a close as prepared states, and every event in the ways it may come."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from support.builders import (
    a_report,
    a_sending_close,
    a_walking_close,
    a_working_close,
    after,
    checked,
    opened,
    run,
    told,
)

from closeout.closing.events import (
    AccountChecked,
    CancelAcknowledged,
    CancelFailed,
    CancelRequested,
    Event,
    FasterRequested,
    HoldingsRead,
    LimitRequested,
    MarketSeen,
    OrderNotFound,
    OrderNotSent,
    OrderRefused,
    OrderReported,
    OutcomeLost,
    ReadMissed,
    Recovered,
    TradeRevised,
    Woke,
)
from closeout.closing.state import CloseState
from closeout.closing.step import step
from closeout.closing.walk import Holding
from closeout.domain.orders import Execution, OrderStatus
from closeout.domain.quotes import NetQuote

ID = "closeout-c1-0-0"
TICKET = a_sending_close().attempt.ticket
SYMBOLS = [leg.symbol for leg in TICKET.legs]
DUPLICATE = "client_order_id must be unique"


def report(status: OrderStatus, filled: int = 0) -> OrderReported:
    return told(a_report(TICKET, status, filled=filled, updated=after(50)), after(60))


def refused(message: str) -> OrderRefused:
    return OrderRefused(after(60), ID, 422, 42210000, message, ())


def held(*quantities: int) -> HoldingsRead:
    pairs = zip(SYMBOLS, map(Decimal, quantities), strict=True)
    return HoldingsRead(after(120), tuple(pairs))


def short(seconds: float) -> HoldingsRead:
    return replace(held(4, -4, -4, 4), at=after(seconds))


def absent() -> list[Event]:
    return [OrderNotFound(after(second), ID) for second in (95, 110, 120, 124, 126)]


NEXT = "closeout-c1-0-1"
SEEN = MarketSeen(after(6), NetQuote(Decimal("0.20"), Decimal(0), Decimal("-0.20")), None)


def walked(status: OrderStatus, filled: int = 0) -> OrderReported:
    ticket = a_walking_close().attempt.ticket
    return told(a_report(ticket, status, filled=filled, updated=after(5)), after(5))


def there(units: int, free: int | None = None) -> AccountChecked:
    quantities = {
        symbol: sign * units for symbol, sign in zip(SYMBOLS, (1, -1, -1, 1), strict=True)
    }
    available = None if free is None else dict.fromkeys(SYMBOLS, free)
    return checked(a_sending_close(), after(60), held=quantities, free=available)


def a_clearing_close() -> CloseState:
    state, _ = step(None, opened(conflicts=("by-hand-1",)))
    return state


def by_hand(status: OrderStatus) -> OrderReported:
    row = a_report(TICKET, status, order_id="by-hand-1", client_order_id="theirs")
    return told(row, after(2))


def busted() -> TradeRevised:
    trade = Execution("trade-1", "order-1-leg-0", SYMBOLS[0], 1, Decimal("1.00"), after(50))
    return TradeRevised(after(60), FILLED.report, (trade,))


LOST = OutcomeLost(after(1), ID, "timeout")
WAITING = OrderNotSent(after(1), ID, "429", timedelta(seconds=1))
CANCEL = CancelRequested(after(1))
FILLED = report(OrderStatus.FILLED, 10)
DISAGREES = [
    HoldingsRead(after(60 + 10 * n), tuple((symbol, Decimal(1)) for symbol in SYMBOLS))
    for n in range(6)
]

STATES: dict[str, Callable[[], CloseState]] = {
    "clearing": a_clearing_close,
    "clearing, waiting for contracts": lambda: run(
        a_clearing_close(), by_hand(OrderStatus.CANCELED)
    )[0],
    "sending, absent before": lambda: run(a_sending_close(), LOST, *absent())[0],
    "sending": a_sending_close,
    "waiting to send": lambda: run(a_sending_close(), WAITING)[0],
    "sending, to be cancelled": lambda: run(a_sending_close(), CANCEL)[0],
    "unknown": lambda: run(a_sending_close(), LOST)[0],
    "unknown, to be cancelled": lambda: run(a_sending_close(), LOST, CANCEL)[0],
    "unknown, id taken": lambda: run(a_sending_close(), refused(DUPLICATE))[0],
    "working": a_working_close,
    "working, partly filled": lambda: run(
        a_working_close(), report(OrderStatus.PARTIALLY_FILLED, 4)
    )[0],
    "walking": a_walking_close,
    "walking, being replaced": lambda: run(a_walking_close(), SEEN)[0],
    "walking, resting": lambda: run(a_walking_close(), LimitRequested(after(0), Decimal(0)))[0],
    "walking, partly filled": lambda: run(
        a_walking_close(), walked(OrderStatus.PARTIALLY_FILLED, 4)
    )[0],
    "walking, being withdrawn": lambda: run(
        a_walking_close(), walked(OrderStatus.PARTIALLY_FILLED, 4), SEEN
    )[0],
    "walking, to be cancelled": lambda: run(a_walking_close(), SEEN, CANCEL)[0],
    "working, short of contracts": lambda: run(a_working_close(), short(5))[0],
    "cancelling, to go again": lambda: run(a_working_close(), short(5), short(21))[0],
    "cancelling": lambda: run(a_working_close(), CANCEL)[0],
    "cancelling, acknowledged": lambda: run(
        a_working_close(), CANCEL, CancelAcknowledged(after(2), "order-1")
    )[0],
    "verifying": lambda: run(a_working_close(), FILLED)[0],
    "closed": lambda: run(a_working_close(), FILLED, held(0, 0, 0, 0))[0],
    "cancelled": lambda: run(a_working_close(), CANCEL, report(OrderStatus.CANCELED, 4))[0],
    "cancelled elsewhere": lambda: run(a_working_close(), report(OrderStatus.CANCELED))[0],
    "rejected": lambda: run(a_sending_close(), refused("no"))[0],
    "rejected, never arrived": lambda: run(a_sending_close(), LOST, *absent())[0],
    "rejected after acceptance": lambda: run(a_working_close(), report(OrderStatus.REJECTED))[0],
    "needs attention, expired": lambda: run(a_working_close(), report(OrderStatus.EXPIRED, 4))[0],
    "needs attention, disagreement": lambda: run(a_working_close(), FILLED, *DISAGREES)[0],
    "needs attention, busted": lambda: run(a_working_close(), FILLED, busted())[0],
    "needs attention, hidden": lambda: run(a_sending_close(), refused(DUPLICATE), *absent())[0],
}

EVENTS: dict[str, Event] = {
    **{f"told {status.value}": report(status, 4) for status in OrderStatus},
    "told nothing filled": report(OrderStatus.NEW),
    "told all filled": FILLED,
    "told without legs": told(a_report(TICKET, OrderStatus.CANCELED, filled=4, legs=False)),
    "trade busted": busted(),
    "trade corrected to less": TradeRevised(
        after(60), report(OrderStatus.PARTIALLY_FILLED, 3).report, ()
    ),
    "another's purchase taken back": TradeRevised(
        after(60),
        a_report(
            TICKET, OrderStatus.FILLED, filled=1, order_id="order-9", client_order_id="theirs"
        ),
        (),
    ),
    "trade's price corrected": TradeRevised(after(60), FILLED.report, ()),
    "told of a replacement": told(
        a_report(TICKET, order_id="order-2", client_order_id="theirs", replaces="order-1")
    ),
    "replacement taken": told(
        a_report(TICKET, order_id="order-2", client_order_id=NEXT, replaces="order-1")
    ),
    "replacement in place": told(
        a_report(TICKET, OrderStatus.REPLACED, replaced_by="order-2", updated=after(50))
    ),
    "replacement refused": OrderRefused(after(60), NEXT, 403, 40310000, "disabled", ()),
    "replacement off the ticks": OrderRefused(after(60), NEXT, 422, 42210000, "increment", ()),
    "replacement not sent": OrderNotSent(after(60), NEXT, "429", timedelta(seconds=1)),
    "replacement lost": OutcomeLost(after(60), NEXT, "timeout"),
    "replacement not found": OrderNotFound(after(60), NEXT),
    "market seen": SEEN,
    "market not seen": MarketSeen(after(6), None, Holding.MISSING),
    "hurried": FasterRequested(after(60)),
    "limit chosen": LimitRequested(after(60), Decimal("0.05")),
    "told of a stranger": told(a_report(TICKET, order_id="order-9", client_order_id="theirs")),
    "refused": refused("insufficient qty"),
    "refused, id taken": refused(DUPLICATE),
    "not sent": OrderNotSent(after(60), ID, "429", timedelta(seconds=1)),
    "lost": OutcomeLost(after(60), ID, "timeout"),
    "not found": OrderNotFound(after(60), ID),
    "not found, much later": OrderNotFound(after(9999), ID),
    "cancel": CancelRequested(after(60)),
    "cancel acknowledged": CancelAcknowledged(after(60), "order-1"),
    "cancel failed": CancelFailed(after(60), "order-1", "filled", timedelta(0)),
    "holdings gone": held(0, 0, 0, 0),
    "holdings as before": held(10, -10, -10, 10),
    "holdings turned": held(-1, 1, 1, -1),
    "account as before": there(10),
    "account shrunk": there(4),
    "account without the position": there(0),
    "account turned": there(-10),
    "account held by others": there(10, free=3),
    "conflict cancelled": by_hand(OrderStatus.CANCELED),
    "conflict's cancel taken": CancelAcknowledged(after(60), "by-hand-1"),
    "conflict's cancel failed": CancelFailed(after(60), "by-hand-1", "filled", timedelta(0)),
    "read missed": ReadMissed(after(60), "504", timedelta(0)),
    "woke": Woke(after(60)),
    "woke, much later": Woke(after(9999)),
    "recovered": Recovered(after(60)),
}
