"""A covered call: the calls first, and the shares only when they are bought back."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from support.builders import (
    a_covered_call,
    a_report,
    a_sending_close,
    a_walking_close,
    after,
    call,
    checked,
    placed,
    run,
    told,
)

from closeout.closing.effects import LookUpOrder, ReadHoldings
from closeout.closing.events import (
    FasterRequested,
    HoldingsRead,
    LimitRequested,
    OrderNotFound,
    OrderNotSent,
    OrderRefused,
    OutcomeLost,
    Recovered,
    Woke,
)
from closeout.closing.state import CloseState, Phase
from closeout.domain.orders import OrderReport, OrderStatus
from closeout.domain.quotes import NetQuote

CALLS, SHARES = "closeout-c1-0-0", "closeout-c1-1-0"
CALL = call(140, "NVDA")


def a_close() -> CloseState:
    return a_sending_close(a_covered_call(2))


def report(state: CloseState, status: OrderStatus, filled: int = 0) -> OrderReport:
    number = state.attempt.step + 1
    return a_report(state.attempt.ticket, status, filled=filled, order_id=f"order-{number}")


def selling_the_shares() -> CloseState:
    state = a_close()
    filled = told(report(state, OrderStatus.FILLED, 2), after(2))
    return run(state, filled, checked(state, after(2)))[0]


def reason(state: CloseState) -> str | None:
    return state.reason.code if state.reason else None


def absent(state: CloseState, since: float) -> CloseState:
    seconds = (0, 1, 5, 15, 29, 31)
    looked = (OrderNotFound(after(since + each), SHARES) for each in seconds)
    return run(state, OutcomeLost(after(since), SHARES, "timeout"), *looked)[0]


def test_the_shares_wait_while_the_calls_work() -> None:
    state = a_close()
    working = told(report(state, OrderStatus.PARTIALLY_FILLED, 1))
    state, effects = run(state, working, Woke(after(60)))

    assert (Phase.WORKING, 1, []) == (state.phase, len(state.attempts), placed(effects))


def test_the_shares_go_as_soon_as_every_call_is_bought_back() -> None:
    state = a_close()
    filled = told(report(state, OrderStatus.FILLED, 2), after(2))
    state, effects = run(state, filled, checked(state, after(2)))

    (ticket,) = placed(effects)
    assert (Phase.SENDING, SHARES, 200, "NVDA") == (
        state.phase,
        ticket.client_order_id,
        ticket.units,
        ticket.legs[0].symbol,
    )
    assert after(2) == state.attempt.sent_at


def test_the_shares_walk_from_the_moment_at_which_it_is_their_turn() -> None:
    state = a_walking_close(a_covered_call(2))
    began = state.walking
    filled = told(a_report(state.attempt.ticket, OrderStatus.FILLED, filled=2), after(20))

    state, _ = run(state, filled, checked(state, after(21)))

    assert began is not None
    assert state.walking is not None
    assert ("NVDA", after(20)) == (state.attempt.ticket.legs[0].symbol, state.walking.began_at)
    assert state.plan.steps[1].limit == state.walking.walk.grid.price(state.walking.limit)


def turn_of_the_shares(net: NetQuote | None) -> tuple[CloseState, str]:
    """Let the calls fill while the market moves; return the limit the shares go at."""
    state = a_walking_close(a_covered_call(2))
    filled = told(a_report(state.attempt.ticket, OrderStatus.FILLED, filled=2), after(20))
    state, effects = run(state, filled, checked(state, after(21), net=net))
    (ticket,) = placed(effects)
    return state, str(ticket.limit)


def test_the_shares_walk_from_the_market_of_their_turn() -> None:
    """Planned at 1.00, where the calls were; 1.40 is bid for them by now."""
    net = NetQuote(Decimal("-1.40"), Decimal("-1.50"), Decimal("-1.60"))
    state, limit = turn_of_the_shares(net)

    assert state.walking is not None
    assert ("1.50", Decimal("-1.50")) == (limit, state.walking.limit)
    assert net.width == state.walking.walk.width_at_start


def test_the_shares_begin_as_planned_when_nothing_prices_them() -> None:
    assert "1.00" == turn_of_the_shares(None)[1]


def test_a_look_that_was_for_the_calls_prices_no_shares() -> None:
    """It took so long that the calls had filled: 3.60 a share is what they trade at."""
    state = a_walking_close(a_covered_call(2))
    of_calls = NetQuote(Decimal("3.70"), Decimal("3.60"), Decimal("3.50"))
    late = replace(checked(state, after(21), net=of_calls), client_order_id=CALLS)
    filled = told(a_report(state.attempt.ticket, OrderStatus.FILLED, filled=2), after(20))

    state, effects = run(state, filled, late)
    assert [] == placed(effects)
    _, effects = run(state, replace(checked(state, after(22)), client_order_id=SHARES))
    assert ["1.00"] == [str(ticket.limit) for ticket in placed(effects)]


@pytest.mark.parametrize("began", [0, 20], ids=["of the calls", "of the shares"])
def test_a_person_changes_the_walk_that_was_meant_and_no_other(began: float) -> None:
    """The calls filled while the wish waited; 3.40 was a limit for them."""
    state = a_walking_close(a_covered_call(2))
    filled = told(a_report(state.attempt.ticket, OrderStatus.FILLED, filled=2), after(20))
    state, _ = run(state, filled)
    assert state.walking is not None

    chosen, _ = run(state, LimitRequested(after(21), Decimal("3.40"), after(began)))
    hurried, _ = run(state, FasterRequested(after(21), after(began)))

    is_meant = began == 20
    assert (is_meant, is_meant) == (chosen != state, hurried != state)


def test_the_shares_do_not_go_when_the_machine_slept_while_it_looked() -> None:
    state = a_close()
    state, _ = run(state, told(report(state, OrderStatus.FILLED, 2), after(2)))

    state, effects = run(state, checked(state, after(8 * 3600)))

    assert (Phase.NEEDS_ATTENTION, []) == (state.phase, placed(effects))


def test_the_shares_go_once_however_often_the_fill_is_told() -> None:
    state = a_close()
    fill = told(report(state, OrderStatus.FILLED, 2), after(2))
    again = told(report(state, OrderStatus.FILLED, 2), after(3), source="read")
    looked = checked(state, after(4))
    _, effects = run(state, fill, again, fill, Woke(after(4)), looked, fill, looked)

    assert [SHARES] == [ticket.client_order_id for ticket in placed(effects)]


def test_all_is_verified_when_the_shares_are_sold_as_well() -> None:
    state = selling_the_shares()
    state, effects = run(state, told(report(state, OrderStatus.FILLED, 200), after(4)))
    assert (Phase.VERIFYING, (ReadHoldings(),)) == (state.phase, effects)

    state, _ = run(
        state,
        HoldingsRead(
            after(5),
            ((CALL, state.plan.targets[0].held * 0), ("NVDA", state.plan.targets[1].held * 0)),
        ),
    )
    assert Phase.CLOSED == state.phase


def test_calls_that_expire_leave_the_shares_alone() -> None:
    state = a_close()
    state, effects = run(state, told(report(state, OrderStatus.EXPIRED, 1), after(2)))

    assert (Phase.NEEDS_ATTENTION, "expired", []) == (state.phase, reason(state), placed(effects))


def test_shares_that_are_refused_are_for_a_person_since_the_calls_are_gone() -> None:
    state, _ = run(
        selling_the_shares(), OrderRefused(after(3), SHARES, 403, 40310000, "not allowed", ())
    )

    assert (Phase.NEEDS_ATTENTION, "refused") == (state.phase, reason(state))


def test_calls_that_fill_after_the_close_had_ended_do_not_set_the_shares_going() -> None:
    """The person was told that it ended, perhaps hours ago, and may have acted on it."""
    state = a_close()
    state, _ = run(state, told(report(state, OrderStatus.EXPIRED, 1), after(2)))
    state, effects = run(state, told(report(state, OrderStatus.FILLED, 2), after(9000)))

    assert [] == placed(effects)
    assert (Phase.NEEDS_ATTENTION, "filled_after_end") == (state.phase, reason(state))


def test_the_second_order_is_looked_up_under_its_own_id() -> None:
    state, effects = run(selling_the_shares(), OutcomeLost(after(3), SHARES, "timeout"))

    assert (Phase.UNKNOWN, (LookUpOrder(SHARES),)) == (state.phase, effects)


def test_late_answers_about_the_first_order_say_nothing_of_the_second() -> None:
    state = selling_the_shares()

    assert (state, ()) == run(
        state,
        OutcomeLost(after(3), CALLS, "timeout"),
        OrderRefused(after(3), CALLS, 403, None, "no", ()),
        OrderNotSent(after(3), CALLS, "429", timedelta(0)),
        OrderNotFound(after(3), CALLS),
    )


def test_late_misses_of_the_first_order_do_not_make_the_second_absent() -> None:
    state, _ = run(selling_the_shares(), OutcomeLost(after(3), SHARES, "timeout"))

    later, effects = run(state, *(OrderNotFound(after(10 * n), CALLS) for n in range(1, 9)))

    assert (Phase.UNKNOWN, []) == (later.phase, placed(effects))


def test_every_order_may_be_sent_again_once() -> None:
    """That the calls had to be sent twice takes nothing from the shares."""
    state, _ = run(a_close(), OutcomeLost(after(1), CALLS, "timeout"))
    state, _ = run(state, *(OrderNotFound(after(1 + n), CALLS) for n in (1, 2, 9, 20, 31)))
    assert (Phase.SENDING, 1) == (state.phase, state.resends)
    state, _ = run(state, told(report(state, OrderStatus.FILLED, 2), after(33)))

    assert Phase.SENDING == absent(state, since=35).phase


def test_a_restart_between_the_steps_looks_before_it_sends() -> None:
    state, effects = run(selling_the_shares(), Recovered(after(9)))

    assert (Phase.UNKNOWN, (LookUpOrder(SHARES),)) == (state.phase, effects)


def test_a_late_report_on_the_calls_does_not_disturb_the_shares() -> None:
    state = selling_the_shares()
    late = a_report(state.attempts[0].ticket, OrderStatus.FILLED, filled=2, updated=after(50))
    later, effects = run(state, told(late, after(50)))

    assert (Phase.SENDING, state.attempt, ()) == (later.phase, later.attempt, effects)
