"""An order whose outcome is not known: silence is not a no."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.builders import (
    a_report,
    a_sending_close,
    after,
    checked,
    of_kind,
    placed,
    run,
    told,
)

from closeout.closing.effects import CancelOrder, Effect, LookUpOrder, WakeAfter
from closeout.closing.events import (
    CancelRequested,
    OrderNotFound,
    OrderNotSent,
    OrderRefused,
    OutcomeLost,
    ReadMissed,
    Woke,
)
from closeout.closing.state import CloseState, Phase
from closeout.domain.orders import OrderStatus

ID = "closeout-c1-0-0"
DUPLICATE = "client_order_id must be unique"


def lost(at: float = 1) -> OutcomeLost:
    return OutcomeLost(after(at), ID, "no answer within 5 s")


def not_found(at: float) -> OrderNotFound:
    return OrderNotFound(after(at), ID)


def refused(message: str, at: float) -> OrderRefused:
    return OrderRefused(after(at), ID, 422, 40010001, message, ())


def an_unknown_close() -> CloseState:
    state, _ = run(a_sending_close(), lost())
    return state


def absent(state: CloseState, since: float) -> tuple[CloseState, tuple[Effect, ...]]:
    """Look for the order from `since` on until half a minute has gone by; it is never there."""
    return run(state, *(not_found(since + second) for second in (0, 1, 5, 15, 29, 31)))


def reason(state: CloseState) -> str | None:
    return state.reason.code if state.reason else None


def test_a_lost_answer_is_looked_up_and_nothing_is_sent() -> None:
    state, effects = run(a_sending_close(), lost())

    assert (Phase.UNKNOWN, (LookUpOrder(ID),)) == (state.phase, effects)
    assert None is state.ended_at


@pytest.mark.parametrize(
    ("status", "filled", "phase"),
    [
        (OrderStatus.NEW, 0, Phase.WORKING),
        (OrderStatus.PARTIALLY_FILLED, 4, Phase.WORKING),
        (OrderStatus.FILLED, 10, Phase.VERIFYING),
        (OrderStatus.REJECTED, 0, Phase.REJECTED),
        (OrderStatus.CANCELED, 0, Phase.CANCELLED),
        (OrderStatus.UNRECOGNISED, 0, Phase.WORKING),
    ],
)
def test_an_order_that_is_found_is_what_it_is(
    status: OrderStatus, filled: int, phase: Phase
) -> None:
    state = an_unknown_close()
    state, effects = run(state, told(a_report(state.attempt.ticket, status, filled=filled)))

    assert phase == state.phase
    assert [] == placed(effects)


def test_not_found_is_looked_for_again_with_growing_patience() -> None:
    waits = []
    state = an_unknown_close()
    for second in (1.1, 1.7, 2.9, 5, 9.2, 14.3):
        state, effects = run(state, not_found(second))
        waits += [effect.delay.total_seconds() for effect in of_kind(WakeAfter, effects)]
        state, effects = run(state, Woke(after(second + 0.1)))
        assert (LookUpOrder(ID),) == effects

    assert [0.5, 1, 2, 4, 5, 5] == waits
    assert Phase.UNKNOWN == state.phase


def test_not_found_five_times_at_once_is_not_absent() -> None:
    """Alpaca's own reads lag: it takes half a minute as well."""
    state, effects = run(an_unknown_close(), *(not_found(2 + n / 10) for n in range(9)))

    assert (Phase.UNKNOWN, []) == (state.phase, placed(effects))


def test_an_answer_that_took_half_a_minute_says_nothing_of_that_time() -> None:
    """The order may have arrived since it was asked for; a frozen process hears late."""
    late = OrderNotFound(after(40), ID, asked_at=after(9))
    state, effects = run(an_unknown_close(), *(not_found(2 + n) for n in range(4)), late)

    assert (Phase.UNKNOWN, 1) == (state.phase, len(of_kind(WakeAfter, effects[-1:])))
    state, _ = run(state, replace(late, at=after(46), asked_at=after(45)))
    assert Phase.SENDING is state.phase


def test_half_a_minute_with_few_answers_is_not_absent() -> None:
    """Failed reads are no answers."""
    missed = ReadMissed(after(20), "504", timedelta(0))
    state, effects = run(an_unknown_close(), missed, missed, not_found(40), not_found(41))

    assert (Phase.UNKNOWN, []) == (state.phase, placed(effects))


def test_an_order_that_never_arrived_goes_again_once_under_its_own_id() -> None:
    before = an_unknown_close()
    waiting, unsent = absent(before, since=2)
    assert (Phase.SENDING, []) == (waiting.phase, placed(unsent))
    state, effects = run(waiting, checked(waiting, after(34)))

    assert Phase.SENDING == state.phase
    assert [before.attempt.ticket] == placed(effects)


def test_absent_for_the_second_time_it_is_given_up() -> None:
    state, _ = absent(an_unknown_close(), since=2)
    state, _ = run(state, lost(35))
    state, effects = absent(state, since=36)

    assert (Phase.REJECTED, "never_arrived", []) == (state.phase, reason(state), placed(effects))


def test_an_old_decision_is_not_sent_again() -> None:
    """Two minutes after the click the price is not the user's any more."""
    state, effects = absent(an_unknown_close(), since=95)

    assert (Phase.REJECTED, "never_arrived", []) == (state.phase, reason(state), placed(effects))


def test_a_cancel_while_unknown_waits_for_the_evidence() -> None:
    state, effects = run(an_unknown_close(), CancelRequested(after(2)))
    assert (Phase.UNKNOWN, True, ()) == (state.phase, state.cancel_requested, effects)

    found, effects = run(state, told(a_report(state.attempt.ticket), after(3)))
    assert Phase.CANCELLING == found.phase
    assert CancelOrder("order-1") in effects

    gone, effects = absent(state, since=2)
    assert (Phase.CANCELLED, "never_arrived", []) == (gone.phase, reason(gone), placed(effects))


def test_an_order_that_turns_up_after_it_was_given_up_is_worked_again() -> None:
    state, _ = absent(an_unknown_close(), since=95)
    state, effects = run(state, told(a_report(state.attempt.ticket), after(130)))

    assert (Phase.WORKING, None) == (state.phase, state.ended_at)
    assert of_kind(WakeAfter, effects)


def test_a_duplicate_answer_to_the_second_sending_is_looked_up() -> None:
    """The first one had arrived after all, later than anybody looked."""
    state, _ = absent(an_unknown_close(), since=2)
    state, effects = run(state, refused(DUPLICATE, 34))
    assert (Phase.UNKNOWN, (LookUpOrder(ID),)) == (state.phase, effects)

    state, _ = run(state, told(a_report(state.attempt.ticket, OrderStatus.FILLED, filled=10)))
    assert Phase.VERIFYING == state.phase


def test_an_order_alpaca_has_and_does_not_show_is_for_a_person() -> None:
    """Its id is taken, so it was received: it is neither sent again nor called rejected."""
    state, _ = run(a_sending_close(), refused(DUPLICATE, 1))
    state, effects = absent(state, since=2)

    assert (Phase.NEEDS_ATTENTION, "order_hidden") == (state.phase, reason(state))
    assert [] == placed(effects)

    state, _ = run(state, told(a_report(state.attempt.ticket), after(99)))
    assert Phase.WORKING == state.phase


def test_a_refusal_of_the_second_sending_says_nothing_of_the_first() -> None:
    """The first may be what holds the contracts: it is looked for before anything is said."""
    state, _ = absent(an_unknown_close(), since=2)
    state, effects = run(state, refused("insufficient qty available for order", 34))
    assert (Phase.UNKNOWN, (LookUpOrder(ID),)) == (state.phase, effects)

    found, _ = run(state, told(a_report(state.attempt.ticket), after(36)))
    assert Phase.WORKING == found.phase

    gone, effects = absent(state, since=35)
    assert (Phase.REJECTED, "refused", []) == (gone.phase, reason(gone), placed(effects))
    assert "insufficient qty available for order" == gone.attempt.refusal


def test_not_taken_at_the_second_sending_waits_its_turn() -> None:
    state, _ = absent(an_unknown_close(), since=2)
    state, _ = run(state, OrderNotSent(after(34), ID, "429", timedelta(seconds=1)))
    state, effects = run(state, Woke(after(36)), checked(state, after(36)))

    assert [state.attempt.ticket] == placed(effects)


def test_what_went_once_and_cannot_go_again_in_time_is_for_a_person() -> None:
    """The first sending may have arrived after all, so it is not called rejected."""
    state, _ = absent(an_unknown_close(), since=2)
    state, _ = run(state, OrderNotSent(after(34), ID, "503", timedelta(seconds=1)))
    state, effects = run(state, Woke(after(121)))

    assert (Phase.NEEDS_ATTENTION, "order_hidden", ()) == (state.phase, reason(state), effects)
    assert after(121) == state.ended_at


@pytest.mark.parametrize("retry_after", [0, 7])
def test_a_failed_read_is_asked_again(retry_after: float) -> None:
    missed = ReadMissed(after(2), "504", timedelta(seconds=retry_after))
    state, effects = run(an_unknown_close(), missed)

    assert Phase.UNKNOWN == state.phase
    assert (WakeAfter(timedelta(seconds=max(1, retry_after))),) == effects
