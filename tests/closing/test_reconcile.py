"""What a look at the account tells a close, as the events that it leads to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from support.builders import (
    AT,
    a_report,
    a_sending_close,
    a_ticket,
    a_working_close,
    after,
    holdings_of,
    put,
    run,
    told,
)
from support.phases import STATES

from closeout.closing.events import CancelRequested, Event, HoldingsRead, OrderReported
from closeout.closing.reconcile import News, reconcile
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


def left(state: CloseState, contracts: int, seconds: float) -> Holdings:
    """An account that shows this many of each leg of the close."""
    rows = {target.symbol: int(target.held) * contracts // 10 for target in state.plan.targets}
    return replace(holdings_of(rows), at=after(seconds))


@pytest.mark.parametrize(
    ("name", "is_told"),
    [
        ("cancelled elsewhere", True),  # other hands may have closed it
        ("needs attention, disagreement", True),  # they may agree in the end
        ("cancelled", False),
        ("needs attention, expired", False),
        ("rejected", False),
    ],
)
def test_only_some_ends_go_on_looking_at_the_positions(name: str, *, is_told: bool) -> None:
    state = STATES[name]()
    soon = (state.phase_since - AT).total_seconds() + 1

    assert is_told == bool(told_by(state, holdings=left(state, 0, soon)))


def test_a_close_is_no_other_close_to_itself() -> None:
    state = STATES["cancelled elsewhere"]()
    soon = (state.phase_since - AT).total_seconds() + 1

    assert reconcile(state, (), left(state, 0, soon), at=AT, others=[state])


@pytest.mark.parametrize(("seconds", "is_told"), [(119, True), (120, True), (121, False)])
def test_an_order_cancelled_elsewhere_is_looked_after_for_two_minutes(
    seconds: float, *, is_told: bool
) -> None:
    state = STATES["cancelled elsewhere"]()
    ended = (state.phase_since - AT).total_seconds()

    assert is_told == bool(told_by(state, holdings=left(state, 0, ended + seconds)))


def test_what_shrinks_is_told_until_it_is_whole_again() -> None:
    state = STATES["working, short of contracts"]()

    assert told_by(state, holdings=left(state, 10, 9)), "so that it knows that all are there"
    assert () == told_by(a_working_close(), holdings=left(state, 10, 9))


def test_a_conflicting_order_is_told_while_it_is_being_cleared() -> None:
    state = STATES["clearing"]()
    partly, more = (
        a_report(
            a_ticket((put(450), 1)),
            OrderStatus.PARTIALLY_FILLED,
            filled=filled,
            order_id="by-hand-1",
            client_order_id="theirs",
        )
        for filled in (1, 2)
    )

    assert (OrderReported(AT, partly, "read"),) == told_by(state, partly)
    state, _ = run(state, told(partly))
    assert () == told_by(state, partly)
    assert (OrderReported(AT, more, "read"),) == told_by(state, more)
    stopped, _ = run(state, CancelRequested(after(1)))
    assert () == told_by(stopped, more)


def test_positions_read_before_the_last_fill_prove_nothing() -> None:
    state = a_working_close()
    filled = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=10)
    state, _ = run(state, told(filled, after(5)))

    assert () == told_by(state, holdings=NOTHING)


@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_news_brings_a_close_all_that_speaks_of_it(make: Callable[[], CloseState]) -> None:
    """Under its own name, its order's, as what was replaced or replaces; and in its order."""
    state = make()
    known = a_report(state.attempt.ticket)
    others = [
        a_report(state.attempt.ticket, order_id=f"order-{n}", client_order_id=f"theirs-{n}")
        for n in range(9, 12)
    ]
    heir = replace(others[0], replaces=known.order_id)
    held = [
        replace(known, order_id=each.order_id, client_order_id="theirs", filled_units=1)
        for each in state.conflicts
    ]
    orders = [others[1], heir, known, *held, others[2]]
    whole = told_by(state, *orders)

    about = News(orders).about(state)

    assert whole == told_by(state, *about)
    assert others[1] not in about
    assert others[2] not in about
