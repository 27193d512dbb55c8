"""Orders of other hands that hold the contracts: cancelled when told to, proof awaited."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from support.builders import (
    a_report,
    a_ticket,
    a_walking_plan,
    after,
    checked,
    of_kind,
    opened,
    placed,
    put,
    run,
    told,
)

from closeout.closing.effects import CancelOrder, CheckAccount, Effect, FollowOrder, WakeAfter
from closeout.closing.events import (
    CancelAcknowledged,
    CancelFailed,
    CancelRequested,
    Event,
    OrderNotSent,
    OrderReported,
    ReadMissed,
    Recovered,
    Woke,
)
from closeout.closing.state import CloseState, Phase
from closeout.closing.step import fold, step
from closeout.closing.timing import FOLLOW_UP
from closeout.closing.wording import describe
from closeout.domain.orders import OrderStatus
from closeout.domain.quotes import NetQuote

SHORT = put(450)
FIRST, SECOND = "by-hand-1", "by-hand-2"
IDENTITY = "closeout-c1-0-0"


def opening(*conflicts: str) -> tuple[CloseState, tuple[Effect, ...]]:
    return step(None, opened(conflicts=conflicts or (FIRST,)))


def by_hand(
    status: OrderStatus, *, at: float = 2, order_id: str = FIRST, filled: int = 0
) -> OrderReported:
    ticket = a_ticket((SHORT, 1), units=3)
    report = a_report(ticket, status, filled=filled, order_id=order_id, client_order_id="theirs")
    return told(report, after(at))


def over(*events: Event) -> CloseState:
    """Return a close whose only conflict is over."""
    return run(opening()[0], by_hand(OrderStatus.CANCELED), *events)[0]


def reason(state: CloseState) -> str | None:
    return state.reason.code if state.reason else None


def test_a_close_that_was_told_to_cancels_exactly_the_named_orders() -> None:
    state, effects = opening(FIRST, SECOND)

    assert Phase.CLEARING is state.phase
    assert [FIRST, SECOND] == [each.order_id for each in of_kind(CancelOrder, effects)]
    assert [] == placed(effects)
    assert f"{FIRST} and {SECOND}" in describe(state)


def test_what_goes_after_a_long_clearing_is_tried_as_long_as_any_other_order() -> None:
    """The orders in its way are gone by now, and a request too many is no broken line."""
    state = over()
    state, _ = run(state, checked(state, after(55)))

    too_many = OrderNotSent(after(61), IDENTITY, "429", timedelta(seconds=1))
    state, _ = run(state, too_many)
    assert Phase.SENDING is state.phase
    state, _ = run(state, replace(too_many, at=after(115)))
    assert (Phase.REJECTED, "broker_unreachable") == (state.phase, reason(state))


def test_a_cancel_that_was_taken_proves_nothing() -> None:
    state, effects = run(opening()[0], CancelAcknowledged(after(1), FIRST))

    assert (Phase.CLEARING, []) == (state.phase, of_kind(CheckAccount, effects))
    assert of_kind(WakeAfter, effects)


def test_the_account_is_looked_at_only_when_every_order_is_over() -> None:
    state, _ = opening(FIRST, SECOND)
    state, effects = run(state, by_hand(OrderStatus.CANCELED))
    assert [] == of_kind(CheckAccount, effects)

    _, effects = run(state, by_hand(OrderStatus.FILLED, at=3, order_id=SECOND, filled=3))
    assert (CheckAccount(IDENTITY, after=after(3)),) == effects


def test_the_close_is_sent_when_its_contracts_are_free() -> None:
    state = over()
    state, effects = run(state, checked(state, after(3)))

    assert Phase.SENDING is state.phase
    assert [10] == [ticket.units for ticket in placed(effects)]


def test_a_walk_begins_in_the_market_it_goes_out_in() -> None:
    """Planned from 0.00, and the conflict took two seconds."""
    event = replace(opened(conflicts=(FIRST,)), plan=a_walking_plan())
    state, _ = run(step(None, event)[0], by_hand(OrderStatus.CANCELED))
    net = NetQuote(Decimal("-0.10"), Decimal("-0.30"), Decimal("-0.50"))
    _, effects = run(state, checked(state, after(3), net=net))

    assert [Decimal("-0.30")] == [ticket.limit for ticket in placed(effects)]


def test_a_snapshot_before_the_orders_are_over_is_no_proof() -> None:
    state, _ = opening(FIRST, SECOND)
    state, _ = run(state, by_hand(OrderStatus.CANCELED))

    assert (state, ()) == run(state, checked(state, after(3)))


def test_contracts_that_are_not_free_yet_are_waited_for() -> None:
    state = over()
    state, effects = run(state, checked(state, after(3), free={SHORT: 7}))
    assert (Phase.CLEARING, []) == (state.phase, placed(effects))
    assert of_kind(WakeAfter, effects)

    _, effects = run(state, Woke(after(4)))
    assert (CheckAccount(IDENTITY, after=after(4)),) == effects


def test_an_order_that_fills_while_it_is_being_cancelled_leaves_less_to_close() -> None:
    state, _ = opening()
    state, _ = run(state, by_hand(OrderStatus.FILLED, filled=3))
    state, effects = run(state, checked(state, after(3), held={SHORT: -7}))

    assert [7] == [ticket.units for ticket in placed(effects)]
    assert {SHORT: 3} == dict(state.elsewhere)


@pytest.mark.parametrize("why", ["order is already filled", "timeout"])
def test_a_cancel_that_failed_is_followed_by_a_look_at_the_order(why: str) -> None:
    _, effects = run(opening()[0], CancelFailed(after(1), FIRST, why, timedelta(0)))

    assert FollowOrder(FIRST) in effects
    assert of_kind(WakeAfter, effects)


def test_a_cancel_that_failed_waits_as_long_as_alpaca_says() -> None:
    long = timedelta(seconds=90)
    for asked, waited in ((timedelta(0), FOLLOW_UP), (long, long)):
        _, effects = run(opening()[0], CancelFailed(after(1), FIRST, "rate limited", asked))

        assert (FollowOrder(FIRST), WakeAfter(waited)) == effects


def test_a_cancel_of_which_nothing_came_is_asked_for_again() -> None:
    state, _ = run(opening()[0], CancelAcknowledged(after(1), FIRST))
    _, early = run(state, Woke(after(3)))
    again, late = run(state, Woke(after(16)))

    assert [] == of_kind(CancelOrder, early)
    assert [CancelOrder(FIRST)] == of_kind(CancelOrder, late)
    assert FollowOrder(FIRST) in early
    assert again != state, "so that the intent is in the journal"


def test_after_a_restart_the_cancel_goes_on() -> None:
    state, effects = run(opening()[0], Recovered(after(9)))
    assert (WakeAfter(timedelta(0)),) == effects

    _, effects = run(state, Woke(after(9)))
    assert {FollowOrder(FIRST), CancelOrder(FIRST)} <= {*effects}


def test_a_read_that_fails_is_tried_again() -> None:
    _, effects = run(over(), ReadMissed(after(3), "504", timedelta(seconds=2)))

    assert (WakeAfter(timedelta(seconds=2)),) == effects


@pytest.mark.parametrize("last", [Woke(after(60)), Woke(after(9000))])
def test_orders_that_do_not_go_away_are_for_a_person(last: Event) -> None:
    state, effects = run(opening(FIRST, SECOND)[0], by_hand(OrderStatus.CANCELED), last)

    assert (Phase.NEEDS_ATTENTION, "conflicts_remain", ()) == (state.phase, reason(state), effects)
    assert SECOND in describe(state)
    assert FIRST not in describe(state)


def test_every_order_that_may_still_work_is_named() -> None:
    state, _ = run(opening(FIRST, SECOND)[0], Woke(after(60)))

    assert f"{FIRST}, {SECOND} may still work" == (state.reason and state.reason.detail)


def test_contracts_that_never_come_free_are_for_a_person() -> None:
    state = over()
    state, effects = run(state, checked(state, after(61), free={SHORT: 7}))

    assert (Phase.NEEDS_ATTENTION, "conflicts_remain", ()) == (state.phase, reason(state), effects)
    assert "their contracts did not come free" == (state.reason and state.reason.detail)


def test_a_person_may_stop_while_orders_are_cleared_away() -> None:
    state, effects = run(opening()[0], CancelRequested(after(1)))

    assert (Phase.CANCELLED, "cancelled_before_sending") == (state.phase, reason(state))
    assert [] == placed(effects)


def test_an_order_nobody_named_changes_nothing() -> None:
    state, _ = opening()

    assert (state, ()) == run(state, by_hand(OrderStatus.CANCELED, order_id=SECOND))
    assert (state, ()) == run(state, CancelAcknowledged(after(1), SECOND))
    assert (state, ()) == run(state, CancelFailed(after(1), SECOND, "no", timedelta(0)))


def test_the_journal_alone_leads_to_the_same_state() -> None:
    first = opened(conflicts=(FIRST,))
    state = over(CancelAcknowledged(after(2), FIRST))
    look = checked(state, after(3))
    events: list[Event] = [
        first,
        by_hand(OrderStatus.CANCELED),
        CancelAcknowledged(after(2), FIRST),
        look,
    ]

    assert run(state, look)[0] == fold(events)
