"""A cancel is a request: what counts is what becomes of the order."""

from datetime import timedelta

import pytest
from support.builders import (
    a_covered_call,
    a_report,
    a_sending_close,
    a_working_close,
    after,
    call,
    of_kind,
    placed,
    run,
    told,
)

from closeout.closing.effects import CancelOrder, LookUpOrder, ReadHoldings, WakeAfter
from closeout.closing.events import (
    CancelAcknowledged,
    CancelFailed,
    CancelRequested,
    ReadMissed,
    Recovered,
    Woke,
)
from closeout.closing.state import CloseState, Phase
from closeout.domain.orders import OrderReport, OrderStatus

ID = "closeout-c1-0-0"
ASKED = CancelRequested(after(1))
TAKEN = CancelAcknowledged(after(2), "order-1")


def report(state: CloseState, status: OrderStatus, filled: int = 0) -> OrderReport:
    return a_report(state.attempt.ticket, status, filled=filled, updated=after(3))


def a_cancelling_close() -> CloseState:
    state, _ = run(a_working_close(), ASKED)
    return state


def reason(state: CloseState) -> str | None:
    return state.reason.code if state.reason else None


def test_asking_to_stop_cancels_the_working_order() -> None:
    state, effects = run(a_working_close(), ASKED)

    assert (Phase.CANCELLING, True, None) == (state.phase, state.cancel_requested, state.ended_at)
    assert (CancelOrder("order-1"), WakeAfter(timedelta(seconds=2))) == effects


def test_a_cancel_that_was_taken_is_not_yet_done() -> None:
    state, effects = run(a_cancelling_close(), TAKEN)

    assert (Phase.CANCELLING, None) == (state.phase, state.ended_at)
    assert (WakeAfter(timedelta(seconds=1)),) == effects


@pytest.mark.parametrize("filled", [0, 4])
def test_a_cancelled_order_ends_the_close_as_asked(filled: int) -> None:
    state = a_cancelling_close()
    state, effects = run(state, TAKEN, told(report(state, OrderStatus.CANCELED, filled), after(3)))

    assert (Phase.CANCELLED, "cancelled", after(3)) == (state.phase, reason(state), state.ended_at)
    assert filled == state.filled(call(470))
    assert [] == placed(effects)


def test_a_fill_after_an_acknowledged_cancel_still_closes() -> None:
    state = a_cancelling_close()
    state, effects = run(state, TAKEN, told(report(state, OrderStatus.FILLED, 10), after(3)))

    assert Phase.VERIFYING == state.phase
    assert ReadHoldings() in effects


def test_a_fill_after_the_close_was_cancelled_still_closes() -> None:
    state = a_cancelling_close()
    state, _ = run(state, told(report(state, OrderStatus.CANCELED, 4), after(3)))
    state, effects = run(state, told(report(state, OrderStatus.FILLED, 10), after(4)))

    assert (Phase.VERIFYING, None, (ReadHoldings(),)) == (state.phase, state.ended_at, effects)


def test_a_partial_fill_meanwhile_counts_and_goes_on_cancelling() -> None:
    state = a_cancelling_close()
    state, effects = run(state, told(report(state, OrderStatus.PENDING_CANCEL, 4), after(3)))

    assert (Phase.CANCELLING, 4, ()) == (state.phase, state.filled(call(470)), effects)


def test_asking_twice_asks_the_broker_once() -> None:
    state = a_cancelling_close()

    assert (state, ()) == run(state, CancelRequested(after(2)))


def test_a_cancel_that_was_not_acknowledged_is_asked_for_again() -> None:
    _, effects = run(a_cancelling_close(), Woke(after(3)))

    assert [CancelOrder("order-1")] == of_kind(CancelOrder, effects)
    assert [LookUpOrder(ID)] == of_kind(LookUpOrder, effects)
    assert [WakeAfter(timedelta(seconds=2))] == of_kind(WakeAfter, effects)


def test_a_cancel_that_was_acknowledged_is_only_looked_at() -> None:
    _, effects = run(a_cancelling_close(), TAKEN, Woke(after(4)), Woke(after(6)))

    assert [] == of_kind(CancelOrder, effects)
    assert 2 == len(of_kind(LookUpOrder, effects))


def test_an_acknowledged_cancel_of_which_nothing_comes_is_asked_for_again() -> None:
    """Alpaca tells a late refusal only on the stream, which may have been away."""
    _, effects = run(a_cancelling_close(), TAKEN, Woke(after(17)))

    assert [CancelOrder("order-1")] == of_kind(CancelOrder, effects)


@pytest.mark.parametrize("retry_after", [0, 6])
def test_a_cancel_that_failed_asks_what_is_true(retry_after: float) -> None:
    """Refused often means filled."""
    failed = CancelFailed(after(2), "order-1", "is filled", timedelta(seconds=retry_after))
    state, effects = run(a_cancelling_close(), failed)

    assert Phase.CANCELLING == state.phase
    assert (LookUpOrder(ID), WakeAfter(timedelta(seconds=max(1, retry_after)))) == effects


def test_a_read_that_fails_while_cancelling_is_tried_again() -> None:
    _, effects = run(a_cancelling_close(), ReadMissed(after(2), "504", timedelta(0)))

    assert (WakeAfter(timedelta(seconds=1)),) == effects


def test_a_restart_goes_on_cancelling() -> None:
    state, effects = run(a_cancelling_close(), Recovered(after(60)), Woke(after(60)))

    assert Phase.CANCELLING == state.phase
    assert CancelOrder("order-1") in effects


def test_a_filled_order_that_does_not_add_up_is_not_cancelled_for_ever() -> None:
    state = a_cancelling_close()
    uneven = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=10, fills={call(470): 9})
    state, _ = run(state, told(uneven, after(3)))
    state, effects = run(state, *(Woke(after(4 + n)) for n in range(6)))

    assert (Phase.NEEDS_ATTENTION, "uneven_fill") == (state.phase, reason(state))
    assert [] == of_kind(CancelOrder, effects)


def test_an_order_replaced_while_it_is_cancelled_has_its_replacement_cancelled() -> None:
    """A foreign hand moved the price at the same moment; the cancel of the old one was taken."""
    state = a_cancelling_close()
    ticket = state.attempt.ticket
    replaced = a_report(ticket, OrderStatus.REPLACED, replaced_by="order-2", updated=after(3))
    other = a_report(ticket, order_id="order-2", client_order_id="theirs", replaces="order-1")

    state, effects = run(state, TAKEN, told(replaced, after(3)), told(other, after(4)))

    assert Phase.CANCELLING == state.phase
    assert [CancelOrder("order-2")] == of_kind(CancelOrder, effects)

    state, _ = run(state, TAKEN)
    _, effects = run(state, Woke(after(6)))
    assert [CancelOrder("order-2")] == of_kind(CancelOrder, effects), "the old answer was not it"


@pytest.mark.parametrize("phase", [Phase.VERIFYING, Phase.REJECTED])
def test_there_is_nothing_to_cancel_when_all_is_filled_or_over(phase: Phase) -> None:
    state = a_working_close()
    ends = {
        Phase.VERIFYING: report(state, OrderStatus.FILLED, 10),
        Phase.REJECTED: report(state, OrderStatus.REJECTED),
    }
    state, _ = run(state, told(ends[phase]))

    assert (phase, False) == (state.phase, state.can_cancel)
    assert (state, ()) == run(state, CancelRequested(after(9)))


def test_a_cancel_between_the_steps_keeps_the_next_one_from_going() -> None:
    """The calls are bought back and the shares stay: nothing is bare."""
    state = a_sending_close(a_covered_call())
    bought = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=2)

    state, effects = run(state, ASKED, told(bought, after(2)))

    assert (Phase.CANCELLED, "cancelled", []) == (state.phase, reason(state), placed(effects))
    assert (2, 0) == (state.filled(call(140, "NVDA")), state.filled("NVDA"))
