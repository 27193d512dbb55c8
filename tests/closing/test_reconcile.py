"""What a look at the account tells a close, as the events that it leads to."""

from datetime import datetime

from support.builders import (
    AT,
    a_report,
    a_sending_close,
    a_working_close,
    after,
    holdings_of,
    run,
    told,
)

from closeout.closing.events import Event, HoldingsRead, OrderReported
from closeout.closing.reconcile import reconcile
from closeout.closing.state import CloseState, Phase
from closeout.domain.holdings import Holdings
from closeout.domain.orders import OrderReport, OrderStatus

NOTHING = holdings_of({})


def told_by(
    state: CloseState, *orders: OrderReport, holdings: Holdings | None = None, at: datetime = AT
) -> tuple[Event, ...]:
    """Look at an account that holds what the close found, unless `holdings` says otherwise."""
    found = holdings_of({target.symbol: int(target.held) for target in state.plan.targets})
    return reconcile(state, orders, holdings or found, at=at)


def verifying() -> CloseState:
    state = a_working_close()
    filled = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=10)
    return run(state, told(filled, after(-5)))[0]


def test_an_order_that_arrived_unnoticed_is_told() -> None:
    state = a_sending_close()
    report = a_report(state.attempt.ticket)

    assert (OrderReported(AT, report, "read"),) == told_by(state, report)


def test_a_fill_that_the_stream_dropped_is_told() -> None:
    state = a_working_close()
    report = a_report(state.attempt.ticket, OrderStatus.PARTIALLY_FILLED, filled=4)

    assert (OrderReported(AT, report, "read"),) == told_by(state, report)


def test_what_is_known_is_not_told_again() -> None:
    state = a_working_close()

    assert () == told_by(state, a_report(state.attempt.ticket))


def test_orders_of_other_hands_are_not_told() -> None:
    state = a_working_close()
    foreign = a_report(state.attempt.ticket, order_id="order-9", client_order_id="theirs")

    assert () == told_by(state, foreign)


def test_a_late_fill_of_an_ended_close_is_told() -> None:
    state = a_working_close()
    state, _ = run(state, told(a_report(state.attempt.ticket, OrderStatus.CANCELED)))
    late = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=10)

    assert Phase.CANCELLED is state.phase
    assert OrderReported(AT, late, "read") == told_by(state, late)[0]


def test_a_close_that_waits_for_positions_gets_them() -> None:
    state = verifying()
    (event,) = told_by(state, holdings=NOTHING)

    assert isinstance(event, HoldingsRead)
    assert dict.fromkeys(state.plan.symbols, 0) == dict(event.quantities)
    assert Phase.CLOSED is run(state, event)[0].phase


def test_positions_read_before_the_last_fill_prove_nothing() -> None:
    state = a_working_close()
    filled = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=10)
    state, _ = run(state, told(filled, after(5)))

    assert () == told_by(state, holdings=NOTHING)
