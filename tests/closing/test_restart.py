"""The program starts again in the middle of a close: look first, never send twice."""

from datetime import timedelta

import pytest
from support.builders import (
    a_report,
    a_sending_close,
    a_working_close,
    after,
    checked,
    opened,
    placed,
    run,
    told,
)

from closeout.closing.effects import LookUpOrder, ReadHoldings, WakeAfter
from closeout.closing.events import Event, OrderNotFound, OrderNotSent, OutcomeLost, Recovered, Woke
from closeout.closing.state import Phase
from closeout.closing.step import fold
from closeout.domain.orders import OrderStatus

ID = "closeout-c1-0-0"
WAITING = OrderNotSent(after(1), ID, "429", timedelta(seconds=5))
LOST = OutcomeLost(after(1), ID, "timeout")


def looked_for(since: float) -> list[Event]:
    return [OrderNotFound(after(since + second), ID) for second in (0, 1, 5, 15, 29, 31)]


def test_an_order_that_may_have_been_sent_is_looked_up() -> None:
    state, effects = run(a_sending_close(), Recovered(after(9)))

    assert (Phase.UNKNOWN, (LookUpOrder(ID),)) == (state.phase, effects)


def test_an_order_that_was_sent_before_the_crash_is_found_and_worked() -> None:
    state, _ = run(a_sending_close(), Recovered(after(9)))
    state, effects = run(state, told(a_report(state.attempt.ticket), source="read"))

    assert (Phase.WORKING, []) == (state.phase, placed(effects))


def test_an_order_that_was_never_sent_goes_while_the_decision_is_young() -> None:
    state = a_sending_close()
    state, effects = run(state, Recovered(after(9)), *looked_for(10), checked(state, after(42)))

    assert Phase.SENDING == state.phase
    assert [state.attempt.ticket] == placed(effects)


@pytest.mark.parametrize("downtime", [120, 3600, 86_400])
def test_an_order_that_was_never_sent_does_not_go_after_a_long_night(downtime: float) -> None:
    state, effects = run(a_sending_close(), Recovered(after(downtime)), *looked_for(downtime))

    assert [] == placed(effects)
    assert Phase.REJECTED == state.phase


def test_an_order_that_waited_its_turn_goes_after_a_short_restart() -> None:
    state, effects = run(a_sending_close(), WAITING, Recovered(after(9)))
    assert (Phase.SENDING, WakeAfter(timedelta(0))) == (state.phase, effects[-1])

    _, effects = run(state, Woke(after(9)), checked(state, after(9)))
    assert [state.attempt.ticket] == placed(effects)


@pytest.mark.parametrize("downtime", [121, 86_400])
def test_an_order_that_waited_its_turn_does_not_go_after_a_long_night(downtime: float) -> None:
    state, effects = run(
        a_sending_close(), WAITING, Recovered(after(downtime)), Woke(after(downtime))
    )

    assert [] == placed(effects)
    assert Phase.REJECTED == state.phase


def test_one_that_had_just_gone_again_is_looked_up() -> None:
    state = a_sending_close()
    looked = checked(state, after(6))
    state, effects = run(state, WAITING, Woke(after(6)), looked, Recovered(after(9)))

    assert Phase.UNKNOWN == state.phase
    assert LookUpOrder(ID) == effects[-1]


def test_an_unknown_order_is_looked_up_at_once() -> None:
    state, effects = run(a_sending_close(), LOST, Recovered(after(9)), Woke(after(9)))

    assert Phase.UNKNOWN == state.phase
    assert LookUpOrder(ID) == effects[-1]


def test_a_working_order_is_looked_up_at_once() -> None:
    state, effects = run(a_working_close(), Recovered(after(9)), Woke(after(9)))

    assert Phase.WORKING == state.phase
    assert LookUpOrder(ID) in effects


def test_what_filled_while_nobody_was_there_is_verified() -> None:
    state, _ = run(a_working_close(), Recovered(after(900)), Woke(after(900)))
    filled = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=10, updated=after(60))
    state, effects = run(state, told(filled, after(901), source="read"))

    assert (Phase.VERIFYING, (ReadHoldings(),)) == (state.phase, effects)


def test_an_order_lost_before_and_after_a_restart_is_sent_at_most_twice() -> None:
    """And both times under the same id, which Alpaca takes once."""
    state = a_sending_close()
    state, effects = run(
        state,
        LOST,
        *looked_for(2),
        checked(state, after(34)),
        Recovered(after(40)),
        *looked_for(41),
        Recovered(after(80)),
        *looked_for(81),
    )

    assert (Phase.REJECTED, 1) == (state.phase, len(placed(effects)))


def test_the_journal_alone_leads_to_the_same_state() -> None:
    events = [opened(), LOST, *looked_for(2), Recovered(after(40)), Woke(after(41))]
    state = a_sending_close()

    assert run(state, *events[1:])[0] == fold(events)
