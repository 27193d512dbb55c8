"""An order that works: fills, ends, and what the stream did not tell."""

from datetime import timedelta

import pytest
from support.builders import (
    a_report,
    a_working_close,
    after,
    call,
    of_kind,
    placed,
    run,
    told,
)

from closeout.closing.effects import FollowOrder, LookUpOrder, ReadHoldings, WakeAfter
from closeout.closing.events import OrderNotFound, ReadMissed, Woke
from closeout.closing.state import CloseState, Phase
from closeout.domain.orders import OrderReport, OrderStatus

ID = "closeout-c1-0-0"
NOT_FINAL = [status for status in OrderStatus if not status.is_final]


def a_close_with(status: OrderStatus, filled: int = 0) -> CloseState:
    state = a_working_close()
    state, _ = run(state, told(report(state, status, filled), after(5)))
    return state


def report(state: CloseState, status: OrderStatus, filled: int = 0) -> OrderReport:
    return a_report(state.attempt.ticket, status, filled=filled, updated=after(5))


def reason(state: CloseState) -> str | None:
    return state.reason.code if state.reason else None


def test_partial_fills_are_counted_and_the_rest_goes_on_working() -> None:
    state = a_close_with(OrderStatus.PARTIALLY_FILLED, 3)

    assert (Phase.WORKING, 3, True, False) == (
        state.phase,
        state.filled(call(470)),
        state.any_filled,
        state.all_filled,
    )
    assert [7, 7, 7, 7] == [state.remaining(target) for target in state.plan.targets]


def test_partial_fills_that_complete_are_verified() -> None:
    state = a_close_with(OrderStatus.PARTIALLY_FILLED, 3)
    state, effects = run(state, told(report(state, OrderStatus.FILLED, 10), after(6)))

    assert (Phase.VERIFYING, (ReadHoldings(),)) == (state.phase, effects)


@pytest.mark.parametrize(
    ("status", "filled", "phase", "code"),
    [
        (OrderStatus.CANCELED, 0, Phase.CANCELLED, "cancelled_elsewhere"),
        (OrderStatus.CANCELED, 4, Phase.CANCELLED, "cancelled_elsewhere"),
        (OrderStatus.EXPIRED, 0, Phase.NEEDS_ATTENTION, "expired"),
        (OrderStatus.EXPIRED, 4, Phase.NEEDS_ATTENTION, "expired"),
        (OrderStatus.REJECTED, 0, Phase.REJECTED, "rejected_by_broker"),
        (OrderStatus.REJECTED, 4, Phase.NEEDS_ATTENTION, "rejected_by_broker"),
    ],
)
def test_an_order_that_ends_short_ends_the_close(
    status: OrderStatus, filled: int, phase: Phase, code: str
) -> None:
    state = a_close_with(status, filled)

    assert (phase, code, after(5)) == (state.phase, reason(state), state.ended_at)


@pytest.mark.parametrize("status", NOT_FINAL)
def test_every_other_status_goes_on_working_also_one_we_do_not_know(status: OrderStatus) -> None:
    assert (Phase.WORKING, None) == (a_close_with(status).phase, a_close_with(status).ended_at)


@pytest.mark.parametrize(("age", "delay"), [(1, 2), (9, 2), (10, 5), (59, 5), (60, 60), (9999, 60)])
def test_rest_is_asked_beside_the_stream_less_often_as_time_goes_by(
    age: float, delay: float
) -> None:
    _, effects = run(a_working_close(), Woke(after(age)))

    assert (LookUpOrder(ID), WakeAfter(timedelta(seconds=delay))) == effects


def test_an_order_a_read_does_not_find_goes_on_working() -> None:
    """It was there before; a read that lags says nothing."""
    state = a_working_close()

    assert (state, ()) == run(state, OrderNotFound(after(9), ID))


def test_a_read_that_fails_is_tried_again() -> None:
    state = a_working_close()

    assert (state, (WakeAfter(timedelta(seconds=4)),)) == run(
        state, ReadMissed(after(9), "504", timedelta(seconds=4))
    )


def test_reports_that_come_late_and_twice_change_nothing() -> None:
    state = a_close_with(OrderStatus.PARTIALLY_FILLED, 3)
    late = a_report(state.attempt.ticket, OrderStatus.NEW, updated=after(1))

    assert (state, ()) == run(state, told(late, after(7)), told(late, after(8)))


def test_the_last_fill_may_be_told_before_the_first() -> None:
    state = a_close_with(OrderStatus.FILLED, 10)
    early = a_report(state.attempt.ticket, OrderStatus.PARTIALLY_FILLED, filled=2, updated=after(1))

    assert (state, ()) == run(state, told(early, after(7)))


@pytest.mark.parametrize("end", [OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED])
def test_an_end_stays_ended_when_older_reports_follow(end: OrderStatus) -> None:
    state = a_close_with(end, 4)
    early = a_report(state.attempt.ticket, OrderStatus.PARTIALLY_FILLED, filled=2, updated=after(1))

    later, effects = run(state, told(early, after(7)), Woke(after(8)))

    assert (state.phase, state.ended_at, ()) == (later.phase, later.ended_at, effects)


def test_an_end_stays_ended_when_it_is_merely_told_again() -> None:
    """REST stamps the same end a little later than the stream."""
    state = a_close_with(OrderStatus.EXPIRED, 4)
    again = a_report(state.attempt.ticket, OrderStatus.EXPIRED, filled=4, updated=after(6))

    later, effects = run(state, told(again, after(7)))

    assert (Phase.NEEDS_ATTENTION, after(5), ()) == (later.phase, later.ended_at, effects)


@pytest.mark.parametrize("end", [OrderStatus.CANCELED, OrderStatus.EXPIRED])
def test_fills_told_after_an_end_count(end: OrderStatus) -> None:
    state = a_close_with(end, 4)
    more = a_report(state.attempt.ticket, OrderStatus.PARTIALLY_FILLED, filled=6, updated=after(4))

    later, effects = run(state, told(more, after(7)))

    assert (state.phase, 6, ()) == (later.phase, later.filled(call(470)), effects)


@pytest.mark.parametrize("end", [OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED])
def test_an_order_that_filled_after_all_is_verified(end: OrderStatus) -> None:
    state = a_close_with(end, 4)
    state, effects = run(state, told(report(state, OrderStatus.FILLED, 10), after(7)))

    assert (Phase.VERIFYING, None, (ReadHoldings(),)) == (state.phase, state.ended_at, effects)


def test_a_filled_order_whose_legs_do_not_add_up_is_looked_at_and_then_for_a_person() -> None:
    state = a_working_close()
    uneven = a_report(
        state.attempt.ticket, OrderStatus.FILLED, filled=10, fills={call(470): 9}, updated=after(5)
    )
    state, _ = run(state, told(uneven, after(5)))
    assert Phase.WORKING == state.phase

    asked = 0
    while not state.phase.is_end:
        state, effects = run(state, Woke(after(6 + asked)))
        asked += len(of_kind(LookUpOrder, effects))
        assert asked < 10
    assert (Phase.NEEDS_ATTENTION, "uneven_fill", 5) == (state.phase, reason(state), asked)

    state, _ = run(state, told(report(state, OrderStatus.FILLED, 10), after(30)))
    assert Phase.VERIFYING == state.phase


def test_nothing_is_ever_sent_while_an_order_works() -> None:
    state = a_working_close()
    _, effects = run(
        state,
        Woke(after(1)),
        told(report(state, OrderStatus.PARTIALLY_FILLED, 1)),
        OrderNotFound(after(40), ID),
        Woke(after(41)),
    )

    assert [] == placed(effects)
    assert [] == of_kind(FollowOrder, effects)
