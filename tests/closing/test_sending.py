"""From the click to the broker's answer."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from support.builders import (
    AT,
    a_leg,
    a_plan,
    a_report,
    a_sending_close,
    a_strategy,
    a_walking_plan,
    after,
    an_iron_condor,
    call,
    checked,
    holding_just,
    opened,
    placed,
    run,
    told,
)

from closeout.closing.effects import (
    CancelOrder,
    CheckAccount,
    LookUpOrder,
    PlaceOrder,
    ReadHoldings,
    WakeAfter,
)
from closeout.closing.events import (
    CancelRequested,
    Event,
    HoldingsRead,
    OrderNotSent,
    OrderRefused,
    OutcomeLost,
    ReadMissed,
    Woke,
)
from closeout.closing.pacing import WalkTerms
from closeout.closing.plan import Terms
from closeout.closing.schedule import Pace, Schedule
from closeout.closing.state import CloseState, Phase
from closeout.closing.step import fold, step
from closeout.domain.orders import OrderStatus, OrderType

ID = "closeout-c1-0-0"


def not_sent(seconds: float = 1, retry_after: float = 0) -> OrderNotSent:
    return OrderNotSent(after(seconds), ID, "rate limited", timedelta(seconds=retry_after))


def refused(message: str = "insufficient qty", at: float = 1, status: int = 403) -> OrderRefused:
    return OrderRefused(after(at), ID, status, 40310000, message, ())


def reason(state: CloseState) -> str | None:
    return state.reason.code if state.reason else None


def test_a_close_begins_by_sending_its_first_order() -> None:
    state, effects = step(None, opened())

    assert (Phase.SENDING, AT, None) == (state.phase, state.opened_at, state.ended_at)
    assert (PlaceOrder(state.attempt.ticket),) == effects
    assert (ID, 10) == (state.attempt.ticket.client_order_id, state.attempt.ticket.units)


def test_an_accepted_order_works_and_is_looked_at_soon() -> None:
    state = a_sending_close()
    state, effects = run(state, told(a_report(state.attempt.ticket), source="answer"))

    assert Phase.WORKING == state.phase
    assert (WakeAfter(timedelta(seconds=1)),) == effects


def test_an_order_that_fills_at_once_is_verified_and_then_closed() -> None:
    state = a_sending_close()
    state, effects = run(
        state, told(a_report(state.attempt.ticket, OrderStatus.FILLED, filled=10), after(1))
    )
    assert (Phase.VERIFYING, (ReadHoldings(),)) == (state.phase, effects)

    gone = tuple((row.symbol, row.quantity * 0) for row in holding_just(an_iron_condor()).rows)
    state, effects = run(state, HoldingsRead(after(2), gone))

    assert (Phase.CLOSED, after(2), ()) == (state.phase, state.ended_at, effects)


def test_a_refused_order_is_rejected_with_alpacas_words() -> None:
    state, effects = run(a_sending_close(), refused())

    assert (Phase.REJECTED, "refused", ()) == (state.phase, reason(state), effects)
    assert "insufficient qty" == (state.reason.detail if state.reason else "")
    assert "insufficient qty" == state.attempt.refusal
    assert after(1) == state.ended_at


def test_a_refusal_of_an_order_that_is_there_says_nothing() -> None:
    state = a_sending_close()
    state, _ = run(state, told(a_report(state.attempt.ticket)))

    assert (state, ()) == run(state, refused())


def test_a_duplicate_id_is_evidence_that_the_order_is_there() -> None:
    state, effects = run(a_sending_close(), refused("client_order_id must be unique", status=422))

    assert (Phase.UNKNOWN, (LookUpOrder(ID),)) == (state.phase, effects)


def test_what_was_not_taken_waits_its_turn_and_goes_again_under_the_same_id() -> None:
    state, waiting = run(a_sending_close(), not_sent(retry_after=3))
    assert (Phase.SENDING, (WakeAfter(timedelta(seconds=3)),)) == (state.phase, waiting)

    again, effects = run(state, Woke(after(4)), checked(state, after(4)))

    assert [state.attempt.ticket] == placed(effects)
    assert again != state, "so that it is in the journal before it is sent"


def test_going_again_never_happens_at_once() -> None:
    _, effects = run(a_sending_close(), not_sent(retry_after=0))

    assert (WakeAfter(timedelta(milliseconds=250)),) == effects


def test_it_goes_again_only_once_for_each_time_it_was_not_taken() -> None:
    state = a_sending_close()
    looks = [checked(state, after(2)), checked(state, after(3))]
    _, effects = run(state, not_sent(), Woke(after(2)), Woke(after(3)), *looks)

    assert 1 == len(placed(effects))


def test_waking_while_the_answer_is_awaited_sends_nothing() -> None:
    assert (a_sending_close(), ()) == run(a_sending_close(), Woke(after(1)))


def test_a_broker_that_stays_away_is_given_up() -> None:
    state = a_sending_close()
    for second in range(0, 60, 5):
        woke = after(second + 1)
        state, _ = run(state, not_sent(second), Woke(woke), checked(state, woke))
        assert Phase.SENDING == state.phase

    state, effects = run(state, not_sent(60))

    assert (Phase.REJECTED, "broker_unreachable", ()) == (state.phase, reason(state), effects)


@pytest.mark.parametrize("wait", [121, 3600])
def test_an_order_is_not_sent_long_after_the_click(wait: float) -> None:
    """The broker said to come back in an hour: by then nobody stands behind the price."""
    state, effects = run(a_sending_close(), not_sent(retry_after=wait), Woke(after(wait)))

    assert [] == placed(effects)
    assert (Phase.REJECTED, "broker_unreachable") == (state.phase, reason(state))


def test_a_cancel_while_it_waits_to_go_ends_it_unsent() -> None:
    state, effects = run(a_sending_close(), not_sent(), CancelRequested(after(2)), Woke(after(3)))

    assert (Phase.CANCELLED, "cancelled_before_sending") == (state.phase, reason(state))
    assert [] == placed(effects)


def test_a_cancel_before_the_answer_that_it_was_not_taken_ends_it_unsent() -> None:
    state, effects = run(a_sending_close(), CancelRequested(after(1)), not_sent(2))

    assert (Phase.CANCELLED, "cancelled_before_sending") == (state.phase, reason(state))
    assert [] == placed(effects)


def test_a_cancel_while_sending_cancels_the_order_as_soon_as_it_is_known() -> None:
    state, nothing = run(a_sending_close(), CancelRequested(after(1)))
    assert (Phase.SENDING, ()) == (state.phase, nothing)

    state, effects = run(state, told(a_report(state.attempt.ticket), after(2)))

    assert Phase.CANCELLING == state.phase
    assert CancelOrder("order-1") in effects


def test_an_order_that_filled_before_the_cancel_could_go_is_closed() -> None:
    state = a_sending_close()
    filled = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=10)

    state, effects = run(state, CancelRequested(after(1)), told(filled, after(2)))

    assert (Phase.VERIFYING, (ReadHoldings(),)) == (state.phase, effects)


def test_the_stream_may_know_the_order_before_the_answer_is_lost() -> None:
    state = a_sending_close()
    state, _ = run(state, told(a_report(state.attempt.ticket)))

    assert (state, ()) == run(state, OutcomeLost(after(1), ID, "timeout"))


def test_a_read_that_fails_while_sending_changes_nothing() -> None:
    state = a_sending_close()

    assert (state, ()) == run(state, ReadMissed(after(1), "500", timedelta(0)))


def test_a_report_on_somebody_elses_order_changes_nothing() -> None:
    state = a_sending_close()
    foreign = a_report(state.attempt.ticket, client_order_id="mine", order_id="order-9")

    assert (state, ()) == run(state, told(foreign))


def off_the_ticks(identity: str = ID) -> OrderRefused:
    words = "invalid limit price 1.02. must be a multiple of 0.05"
    return OrderRefused(after(1), identity, 422, 42210000, words, ())


def a_sending_limit(price: str) -> CloseState:
    plan = a_plan(an_iron_condor(), Terms(OrderType.LIMIT, price=Decimal(price)))
    state, _ = step(None, replace(opened(), plan=plan))
    return state


def test_a_refused_increment_sends_the_order_again_on_the_coarser_tick() -> None:
    state, effects = run(a_sending_limit("1.02"), off_the_ticks())
    assert (Phase.SENDING, [CheckAccount("closeout-c1-0-1")]) == (state.phase, [*effects])
    state, effects = run(state, checked(state, after(2)))

    [ticket] = placed(effects)
    assert ("closeout-c1-0-1", Decimal("1.00")) == (ticket.client_order_id, ticket.limit)
    assert Phase.SENDING == state.phase
    assert state.learned is not None
    assert Decimal("0.05") == state.learned.below


def test_a_credit_rounds_to_more_of_it() -> None:
    state, _ = run(a_sending_limit("-1.02"), off_the_ticks())
    _, effects = run(state, checked(state, after(2)))

    assert [Decimal("-1.05")] == [ticket.limit for ticket in placed(effects)]


def test_the_coarser_order_is_cut_to_what_is_still_there() -> None:
    state, _ = run(a_sending_limit("1.02"), off_the_ticks())
    left = {target.symbol: int(target.held) * 4 // 10 for target in state.plan.targets}
    _, effects = run(state, checked(state, after(2), held=left))

    assert [4] == [ticket.units for ticket in placed(effects)]


def test_a_price_that_every_tick_takes_is_refused_for_good() -> None:
    state, effects = run(a_sending_limit("1.00"), off_the_ticks())

    assert (Phase.REJECTED, after(1), ()) == (state.phase, state.ended_at, effects)


def test_a_purchase_for_less_than_the_smallest_price_is_refused_for_good() -> None:
    """A bid of 0.02 off the nickels would have to become 0.05, which is more than was asked."""
    strategy = a_strategy(a_leg(call(470), -1))
    plan = a_plan(strategy, Terms(OrderType.LIMIT, price=Decimal("0.02")))
    state, _ = step(None, replace(opened(strategy), plan=plan))

    state, effects = run(state, off_the_ticks())

    assert (Phase.REJECTED, after(1), ()) == (state.phase, state.ended_at, effects)
    assert off_the_ticks().message == state.attempt.refusal


def test_a_walk_whose_first_limit_is_off_the_ticks_goes_on_from_the_coarser_one() -> None:
    schedule = Schedule(timedelta(seconds=60), timedelta(seconds=5), Decimal("0.1"), Decimal(1))
    walk = WalkTerms(Pace.CUSTOM, schedule)
    state, _ = step(None, replace(opened(), plan=a_walking_plan(walk=walk)))
    first = state.attempt.ticket.limit

    state, _ = run(state, off_the_ticks())

    assert state.walking is not None
    assert (Decimal("0.02"), Decimal("0.00"), Decimal("0.00")) == (
        first,
        state.attempt.ticket.limit,
        state.walking.limit,
    )


def test_folding_the_events_is_stepping_through_them() -> None:
    events: list[Event] = [opened(), not_sent(), Woke(after(2)), refused(at=3)]
    state, _ = step(None, events[0])
    state, _ = run(state, *events[1:])

    assert state == fold(events)


def test_a_change_is_stamped_and_a_repetition_is_not() -> None:
    state = a_sending_close()
    report = a_report(state.attempt.ticket)
    state, _ = run(state, told(report, after(1)))
    again, effects = run(state, told(report, after(2)))

    assert (after(1), after(1), ()) == (state.updated_at, again.updated_at, effects)
