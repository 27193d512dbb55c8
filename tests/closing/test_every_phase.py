"""Every phase meets every event: no exception, a sane state, an end that stays."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from support.builders import (
    a_report,
    a_sending_close,
    a_walking_close,
    a_working_close,
    after,
    checked,
    opened,
    placed,
    run,
    told,
)
from support.close_rules import Rules

from closeout.closing.events import (
    AccountChecked,
    CancelAcknowledged,
    CancelFailed,
    CancelRequested,
    CloseOpened,
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
    Woke,
)
from closeout.closing.state import CloseState, Phase
from closeout.closing.step import step
from closeout.closing.walk import Holding
from closeout.domain.orders import OrderStatus
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
    return HoldingsRead(after(60), tuple(pairs))


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
    "needs attention, hidden": lambda: run(a_sending_close(), refused(DUPLICATE), *absent())[0],
}

EVENTS: dict[str, Event] = {
    **{f"told {status.value}": report(status, 4) for status in OrderStatus},
    "told nothing filled": report(OrderStatus.NEW),
    "told all filled": FILLED,
    "told without legs": told(a_report(TICKET, OrderStatus.CANCELED, filled=4, legs=False)),
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


def test_the_table_has_every_phase_and_every_event() -> None:
    assert set(Phase) == {make().phase for make in STATES.values()}
    kinds = {type(event) for event in EVENTS.values()} | {CloseOpened}
    assert set(Event.__args__) == kinds


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_every_phase_takes_every_event(make: Callable[[], CloseState], event: Event) -> None:
    before = make()
    state, effects = step(before, event)

    Rules(before, ()).check(before, event, state, effects)


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_every_event_may_come_twice(make: Callable[[], CloseState], event: Event) -> None:
    """The second time sends nothing, for nothing new was decided."""
    state, _ = step(make(), event)
    again, effects = step(state, event)

    Rules(state, ()).check(state, event, again, effects)
    assert not placed(effects)


@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_a_close_is_opened_once(make: Callable[[], CloseState]) -> None:
    with pytest.raises(AssertionError, match="opened once"):
        step(make(), opened())


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_nothing_happens_to_a_close_that_was_not_opened(event: Event) -> None:
    with pytest.raises(AssertionError, match="begins with being opened"):
        step(None, event)


ALIVE = [key for key, make in STATES.items() if not make().phase.is_end]


@pytest.mark.parametrize("name", ALIVE)
def test_a_running_close_is_never_left_with_nothing_to_come(name: str) -> None:
    """After a restart every running close asks for something by itself."""
    state, effects = run(STATES[name](), Recovered(after(60)))

    assert state.phase.is_end or effects
    state, effects = run(state, Woke(after(61)))
    assert state.phase.is_end or effects
