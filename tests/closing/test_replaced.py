"""Somebody else changes our order: Alpaca puts a new one, with a new id, in its place."""

from datetime import timedelta

import pytest
from support.builders import (
    a_report,
    a_sending_close,
    a_working_close,
    after,
    call,
    of_kind,
    run,
    told,
)

from closeout.closing.effects import FollowOrder, LookUpOrder, ReadHoldings, WakeAfter
from closeout.closing.events import OutcomeLost, Woke
from closeout.closing.state import CloseState, Phase
from closeout.domain.orders import OrderReport, OrderStatus

ID = "closeout-c1-0-0"


def old(state: CloseState, filled: int = 0) -> OrderReport:
    return a_report(
        state.attempt.ticket,
        OrderStatus.REPLACED,
        filled=filled,
        replaced_by="order-2",
        updated=after(3),
    )


def new(
    state: CloseState, status: OrderStatus = OrderStatus.NEW, filled: int = 0, units: int = 10
) -> OrderReport:
    return a_report(
        state.attempt.ticket,
        status,
        filled=filled,
        units=units,
        order_id="order-2",
        client_order_id="theirs",
        replaces="order-1",
        updated=after(4),
    )


def reason(state: CloseState) -> str | None:
    return state.reason.code if state.reason else None


def a_replaced_close() -> CloseState:
    state = a_working_close()
    state, _ = run(state, told(old(state), after(3)), told(new(state), after(4)))
    return state


def test_the_replacement_is_followed_by_its_own_id() -> None:
    state = a_working_close()
    state, effects = run(state, told(old(state), after(3)))

    assert Phase.WORKING == state.phase
    assert FollowOrder("order-2") in effects


def test_it_is_asked_for_until_it_is_seen() -> None:
    state = a_working_close()
    state, _ = run(state, told(old(state), after(3)))
    _, effects = run(state, Woke(after(4)))

    assert (
        LookUpOrder(ID),
        FollowOrder("order-2"),
        WakeAfter(timedelta(seconds=2)),
    ) == effects


def test_a_replacement_the_stream_is_silent_about_is_asked_for_as_well() -> None:
    """A look-up by our id finds the old order only."""
    _, effects = run(a_replaced_close(), Woke(after(5)))

    assert FollowOrder("order-2") in effects


def test_the_fills_of_a_replacement_close_the_position() -> None:
    state = a_replaced_close()
    state, effects = run(state, told(new(state, OrderStatus.FILLED, 10), after(5)))

    assert (Phase.VERIFYING, (ReadHoldings(),)) == (state.phase, effects)


def test_fills_before_and_after_the_replacement_add_up() -> None:
    state = a_working_close()
    rest = new(state, OrderStatus.FILLED, filled=6, units=6)
    state, _ = run(state, told(old(state, filled=4), after(3)), told(rest, after(5)))

    assert (Phase.VERIFYING, 10) == (state.phase, state.filled(call(470)))


def test_fills_a_replacement_took_over_are_not_counted_twice() -> None:
    state = a_working_close()
    whole = new(state, OrderStatus.PARTIALLY_FILLED, filled=6)
    state, _ = run(state, told(old(state, filled=4), after(3)), told(whole, after(5)))

    assert (Phase.WORKING, 6) == (state.phase, state.filled(call(470)))


def test_a_replacement_may_be_heard_of_before_the_end_of_what_it_replaced() -> None:
    state = a_working_close()
    state, _ = run(state, told(new(state), after(3)), told(old(state), after(4)))
    assert Phase.WORKING == state.phase

    state, _ = run(state, told(new(state, OrderStatus.FILLED, 10), after(5)))
    assert Phase.VERIFYING == state.phase


@pytest.mark.parametrize(
    ("status", "phase", "code"),
    [
        (OrderStatus.CANCELED, Phase.CANCELLED, "cancelled_elsewhere"),
        (OrderStatus.EXPIRED, Phase.NEEDS_ATTENTION, "expired"),
    ],
)
def test_the_end_of_the_replacement_is_the_end(
    status: OrderStatus, phase: Phase, code: str
) -> None:
    state = a_replaced_close()
    state, _ = run(state, told(new(state, status), after(5)))

    assert (phase, code) == (state.phase, reason(state))


def test_a_rejected_replacement_leaves_the_old_order_working() -> None:
    """Alpaca has answered 200 to a replacement and rejected it later."""
    state = a_working_close()
    state, _ = run(state, told(new(state, OrderStatus.REJECTED), after(4)))
    assert (Phase.WORKING, None) == (state.phase, state.ended_at)

    filled = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=10, updated=after(6))
    state, _ = run(state, told(filled, after(6)))
    assert Phase.VERIFYING == state.phase


def test_a_rejected_replacement_does_not_colour_the_end_of_the_old_order() -> None:
    state = a_working_close()
    gone = a_report(state.attempt.ticket, OrderStatus.EXPIRED, updated=after(6))
    state, _ = run(state, told(new(state, OrderStatus.REJECTED), after(4)), told(gone, after(6)))

    assert (Phase.NEEDS_ATTENTION, "expired") == (state.phase, reason(state))


def test_a_replacement_that_filled_for_less_is_for_a_person() -> None:
    state = a_replaced_close()
    state, _ = run(state, told(new(state, OrderStatus.FILLED, filled=7, units=7), after(5)))
    state, _ = run(state, *(Woke(after(6 + n)) for n in range(6)))

    assert (Phase.NEEDS_ATTENTION, "uneven_fill") == (state.phase, reason(state))


def test_an_order_found_replaced_after_an_unknown_outcome_is_followed() -> None:
    state, _ = run(a_sending_close(), OutcomeLost(after(1), ID, "timeout"))
    state, effects = run(state, told(old(state), after(3)))

    assert Phase.WORKING == state.phase
    assert [FollowOrder("order-2")] == of_kind(FollowOrder, effects)


def test_a_chain_of_replacements_is_followed_to_its_end() -> None:
    state = a_replaced_close()
    gone = a_report(
        state.attempt.ticket,
        OrderStatus.REPLACED,
        order_id="order-2",
        client_order_id="theirs",
        replaced_by="order-3",
        updated=after(6),
    )
    state, effects = run(state, told(gone, after(6)))
    assert FollowOrder("order-3") in effects

    last = a_report(
        state.attempt.ticket,
        OrderStatus.FILLED,
        filled=10,
        order_id="order-3",
        client_order_id="theirs too",
    )
    state, _ = run(state, told(last, after(7)))
    assert Phase.VERIFYING == state.phase
