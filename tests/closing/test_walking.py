"""A working order walks: replaced in place, or withdrawn and sent anew, never twice."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from support.builders import (
    AT,
    a_leg,
    a_report,
    a_strategy,
    a_walking_close,
    a_walking_plan,
    after,
    an_iron_condor,
    checked,
    in_twelve_prices,
    of_kind,
    opened,
    placed,
    put,
    run,
    told,
)

from closeout.closing.effects import (
    CancelOrder,
    CheckAccount,
    Effect,
    FollowOrder,
    LookUpOrder,
    ReplaceOrder,
    SeeMarket,
    WakeAfter,
)
from closeout.closing.events import (
    CancelAcknowledged,
    CancelFailed,
    CancelRequested,
    FasterRequested,
    LimitRequested,
    MarketSeen,
    OrderNotFound,
    OrderNotSent,
    OrderRefused,
    OrderReported,
    OutcomeLost,
    Recovered,
    Woke,
)
from closeout.closing.moves import Replacing, Walking, Withdrawing
from closeout.closing.pacing import WalkTerms
from closeout.closing.schedule import Pace, Schedule
from closeout.closing.state import CloseState, Phase
from closeout.closing.step import step
from closeout.closing.walk import AtEnd, Holding
from closeout.closing.walking import check_limit
from closeout.domain.errors import CannotPlan
from closeout.domain.orders import OrderStatus, Ticket
from closeout.domain.quotes import NetQuote

FIRST, SECOND, THIRD = (f"closeout-c1-0-{number}" for number in range(3))


def seen(seconds: float, mid: str = "0.00", trouble: Holding | None = None) -> MarketSeen:
    """The condor's market: natural is 0.24 above mid, as it was at the start."""
    middle, half = Decimal(mid), Decimal("0.24")
    return MarketSeen(after(seconds), NetQuote(middle + half, middle, middle - half), trouble)


def a_walk(at_end: AtEnd = AtEnd.REST, worst: str | None = None, units: int = 10) -> CloseState:
    """Twelve prices over a minute, from 0.00 to 0.24 in strides of 0.02."""
    terms = in_twelve_prices(at_end=at_end, worst_price=None if worst is None else Decimal(worst))
    return a_walking_close(an_iron_condor(units), terms, half="0.06")


def a_looking_walk() -> CloseState:
    """The same walk, with a look every second."""
    schedule = Schedule(
        timedelta(seconds=60), timedelta(seconds=5), look_every=timedelta(seconds=1)
    )
    return a_walking_close(an_iron_condor(10), WalkTerms(Pace.CUSTOM, schedule), half="0.06")


def looked(state: CloseState, ended: OrderReported) -> tuple[CloseState, tuple[Effect, ...]]:
    """Let the withdrawn order end, and the account show what the close still holds."""
    state, effects = run(state, ended)
    assert ([], [state.attempt.ticket.client_order_id]) == (
        placed(effects),
        [effect.client_order_id for effect in of_kind(CheckAccount, effects)],
    )
    return run(state, checked(state, ended.at))


def walking(state: CloseState) -> Walking:
    assert state.walking is not None
    return state.walking


def replaced(effects: object) -> list[Ticket]:
    return [effect.ticket for effect in of_kind(ReplaceOrder, effects)]  # type: ignore[arg-type] # of effects


def taken(
    state: CloseState,
    seconds: float,
    number: int = 2,
    status: OrderStatus = OrderStatus.PENDING_NEW,
) -> OrderReported:
    """The broker's 200: a new order, of which nothing more is known."""
    moving = walking(state).moving
    assert isinstance(moving, Replacing)
    report = a_report(
        moving.ticket,
        status,
        order_id=f"order-{number}",
        replaces=f"order-{number - 1}",
        updated=after(seconds),
    )
    return told(report, after(seconds))


def gone(state: CloseState, seconds: float, number: int = 1, filled: int = 0) -> OrderReported:
    """The old order says that it was replaced."""
    report = a_report(
        state.attempt.ticket,
        OrderStatus.REPLACED,
        filled=filled,
        order_id=f"order-{number}",
        replaced_by=f"order-{number + 1}",
        updated=after(seconds),
    )
    return told(report, after(seconds))


def old_order(
    state: CloseState, status: OrderStatus, seconds: float, filled: int = 0
) -> OrderReported:
    report = a_report(state.attempt.ticket, status, filled=filled, updated=after(seconds))
    return told(report, after(seconds))


def stepped(state: CloseState, seconds: float, number: int = 2) -> CloseState:
    """Take one step that goes as it should."""
    state, _ = run(state, seen(seconds))
    state, _ = run(state, taken(state, seconds, number))
    state, _ = run(state, gone(state, seconds + 0.2, number - 1))
    report = a_report(
        state.attempt.ticket, order_id=f"order-{number}", updated=after(seconds + 0.3)
    )
    state, _ = run(state, told(report, after(seconds + 0.3)))
    return state


def test_an_order_that_was_lost_goes_again_at_the_price_it_went_at() -> None:
    """Its first sending may yet arrive: the same id never stands for two orders."""
    state, _ = step(None, replace(opened(), plan=a_walking_plan()))
    absences = (OrderNotFound(after(each), FIRST) for each in (1, 2, 6, 16, 31, 32))
    state, _ = run(state, OutcomeLost(after(0), FIRST, "timeout"), *absences)
    net = NetQuote(Decimal("0.90"), Decimal("0.70"), Decimal("0.50"))
    _, effects = run(state, checked(state, after(33), net=net))

    assert [(FIRST, Decimal(0))] == [
        (ticket.client_order_id, ticket.limit) for ticket in placed(effects)
    ]


def test_an_order_that_could_not_be_sent_goes_again_at_the_price_it_was_to_go_at() -> None:
    state, _ = step(None, replace(opened(), plan=a_walking_plan()))
    state, _ = run(state, OrderNotSent(after(1), FIRST, "429", timedelta(seconds=1)))
    net = NetQuote(Decimal("0.90"), Decimal("0.70"), Decimal("0.50"))
    _, effects = run(state, checked(state, after(3), net=net))

    assert [(FIRST, Decimal(0))] == [
        (ticket.client_order_id, ticket.limit) for ticket in placed(effects)
    ]


def test_what_is_left_of_a_withdrawn_order_goes_at_the_price_it_was_withdrawn_for() -> None:
    state, _ = run(a_walk(), told(a_report(a_walk().attempt.ticket, filled=4), after(1)))
    state, _ = run(state, seen(5), CancelAcknowledged(after(5.1), "order-1"))
    state, _ = run(state, old_order(state, OrderStatus.CANCELED, 5.2, filled=4))
    net = NetQuote(Decimal("0.90"), Decimal("0.70"), Decimal("0.50"))
    _, effects = run(state, checked(state, after(5.3), net=net))

    assert [(6, Decimal("0.02"))] == [(ticket.units, ticket.limit) for ticket in placed(effects)]


# --- steps ------------------------------------------------------------------------------------


def test_a_step_is_due_after_every_interval() -> None:
    state = a_walk()
    early, early_effects = step(state, Woke(after(4)))
    due, effects = step(state, Woke(after(5)))

    assert [] == of_kind(SeeMarket, early_effects)
    assert WakeAfter(timedelta(seconds=1)) in early_effects
    assert [SeeMarket(state.attempt.ticket.legs, walking(state).walk)] == of_kind(
        SeeMarket, effects
    )
    assert WakeAfter(timedelta(seconds=5)) in effects
    assert state == early == due


def test_a_look_at_the_market_moves_the_limit_by_one_stride_under_an_id_of_its_own() -> None:
    state, effects = run(a_walk(), seen(5))

    [ticket] = replaced(effects)
    assert (SECOND, Decimal("0.02"), 10) == (ticket.client_order_id, ticket.limit, ticket.units)
    assert "order-1" == of_kind(ReplaceOrder, effects)[0].order_id
    assert Phase.WORKING == state.phase


def test_an_answer_of_200_is_not_a_replacement() -> None:
    state, _ = run(a_walk(), seen(5))
    state, _ = run(state, taken(state, 5.1))

    assert Decimal("0.00") == walking(state).limit
    assert isinstance(walking(state).moving, Replacing)
    assert FIRST == state.attempt.ticket.client_order_id


def test_it_counts_when_the_old_order_says_that_it_was_replaced() -> None:
    state = stepped(a_walk(), 5)

    assert (Decimal("0.02"), None) == (walking(state).limit, walking(state).moving)
    assert (SECOND, Decimal("0.02")) == (
        state.attempt.ticket.client_order_id,
        state.attempt.ticket.limit,
    )


def test_when_it_counts_the_next_step_is_waited_for() -> None:
    state, _ = run(a_walk(), seen(5))
    state, _ = run(state, taken(state, 5.2))
    _, effects = run(state, gone(state, 5.5))
    assert (WakeAfter(timedelta(seconds=4.5)),) == effects


def test_the_stream_may_tell_of_the_old_order_first() -> None:
    state, _ = run(a_walk(), seen(5))
    told_first, effects = run(state, gone(state, 5.1))
    assert [FollowOrder("order-2")] == of_kind(FollowOrder, effects)
    assert Decimal("0.00") == walking(told_first).limit
    state, _ = run(told_first, taken(told_first, 5.2, status=OrderStatus.NEW))
    assert Decimal("0.02") == walking(state).limit


def test_age_is_measured_over_the_whole_chain() -> None:
    state = stepped(stepped(a_walk(), 5), 10, number=3)

    assert AT == walking(state).began_at == walking(state).since
    assert after(60) == walking(state).ends_at
    _, effects = run(state, seen(50))
    assert Decimal("0.14") == replaced(effects)[0].limit


def test_a_look_at_what_an_order_before_it_traded_at_moves_nothing() -> None:
    """It took so long that the order it was asked for had filled and the next one stood."""
    state = a_walk()
    legs = state.attempt.ticket.legs

    _, effects = run(state, replace(seen(6), legs=legs[:2]))
    assert [] == replaced(effects)
    _, effects = run(state, replace(seen(6), legs=legs))
    assert 1 == len(replaced(effects))


def test_one_step_an_interval_however_often_the_market_is_seen() -> None:
    state = stepped(a_walk(), 5)

    assert (state, ()) == step(state, seen(9.9))
    _, effects = step(state, seen(10))
    assert 1 == len(replaced(effects))


def test_between_strides_a_look_moves_nothing_in_a_market_that_stands() -> None:
    state = stepped(a_looking_walk(), 5)
    state, effects = step(state, seen(7))
    assert (Holding.BETWEEN_TICKS, ()) == (walking(state).holding, effects)
    _, effects = step(state, seen(10))
    assert [Decimal("0.04")] == [ticket.limit for ticket in replaced(effects)]


def test_between_strides_a_look_takes_back_what_the_market_has_come_to_meet() -> None:
    state = stepped(a_looking_walk(), 5)
    _, effects = step(state, seen(7, mid="-0.05"))
    assert [Decimal("-0.03")] == [ticket.limit for ticket in replaced(effects)]


def test_a_stride_that_bad_quotes_held_is_taken_at_the_next_look() -> None:
    state, _ = step(a_looking_walk(), seen(5, trouble=Holding.STALE))
    _, effects = step(state, seen(6))
    assert [Decimal("0.02")] == [ticket.limit for ticket in replaced(effects)]


def test_the_next_look_waits_until_a_replaced_order_has_stood_a_second() -> None:
    state, _ = run(a_looking_walk(), seen(5))
    state, _ = run(state, taken(state, 5.2))
    state, effects = run(state, gone(state, 5.4))
    assert (WakeAfter(timedelta(seconds=1)),) == effects
    _, effects = step(state, Woke(after(6.4)))
    assert 1 == len(of_kind(SeeMarket, effects))


def test_nothing_is_replaced_while_a_replacement_is_under_way() -> None:
    state, _ = run(a_walk(), seen(5))

    assert (state, ()) == step(state, seen(11))


@pytest.mark.parametrize(
    "status", [OrderStatus.ACCEPTED, OrderStatus.PENDING_NEW, OrderStatus.PENDING_REPLACE]
)
def test_an_order_that_is_not_at_work_yet_is_left_alone(status: OrderStatus) -> None:
    state, _ = run(a_walk(), old_order(a_walk(), status, 2))

    assert (state, ()) == step(state, seen(5))


def test_an_order_stands_a_second_before_it_is_replaced() -> None:
    state, _ = run(a_walk(), FasterRequested(after(0.5)))

    assert (state, ()) == step(state, seen(0.9))
    _, effects = step(state, seen(1))
    assert 1 == len(replaced(effects))


def test_why_it_holds_still_is_written_down_once() -> None:
    state, effects = run(a_walk(), seen(5, trouble=Holding.STALE))

    assert (Holding.STALE, ()) == (walking(state).holding, effects)
    assert (state, ()) == step(state, seen(10, trouble=Holding.STALE))
    state, _ = step(state, seen(15))
    assert walking(state).holding is None


def test_worst_is_kept_to() -> None:
    _, effects = run(a_walk(worst="0.01"), seen(55))
    assert Decimal("0.01") == replaced(effects)[0].limit


# --- replacements that fail -------------------------------------------------------------------


def test_a_replacement_that_is_rejected_later_leaves_the_old_order_to_be_withdrawn() -> None:
    state, _ = run(a_walk(), seen(5))
    state, _ = run(state, taken(state, 5.1))
    state, effects = run(state, taken(state, 5.5, status=OrderStatus.REJECTED))

    assert [CancelOrder("order-1")] == of_kind(CancelOrder, effects)
    assert walking(state).by_cancel
    state, effects = looked(state, old_order(state, OrderStatus.CANCELED, 6))
    [ticket] = placed(effects)
    assert (THIRD, Decimal("0.02"), 10) == (ticket.client_order_id, ticket.limit, ticket.units)
    assert Phase.SENDING == state.phase


def test_a_lost_answer_has_both_orders_looked_at() -> None:
    state, _ = run(a_walk(), seen(5))
    after_it, effects = step(state, OutcomeLost(after(6), SECOND, "timeout"))

    assert state == after_it
    assert {LookUpOrder(FIRST), LookUpOrder(SECOND)} <= {*effects}


def test_a_replacement_nobody_hears_of_is_given_up_and_the_order_withdrawn() -> None:
    state, _ = run(a_walk(), seen(5))
    waiting, effects = step(state, Woke(after(10.9)))
    assert (state, []) == (waiting, of_kind(CancelOrder, effects))
    state, effects = step(state, Woke(after(11)))
    assert [CancelOrder("order-1")] == of_kind(CancelOrder, effects)


def test_one_that_arrives_late_is_withdrawn_in_its_place() -> None:
    state, _ = run(a_walk(), seen(5), Woke(after(11)))
    state, effects = run(state, gone(state, 11.5))
    assert FollowOrder("order-2") in effects
    late = a_report(
        replace(state.attempt.ticket, client_order_id=SECOND),
        order_id="order-2",
        replaces="order-1",
        updated=after(12),
    )
    state, effects = run(state, told(late, after(12)))
    assert [CancelOrder("order-2")] == of_kind(CancelOrder, effects)
    ended = replace(late, status=OrderStatus.CANCELED, updated_at=after(13))
    state, effects = looked(state, told(ended, after(13)))
    assert [THIRD] == [ticket.client_order_id for ticket in placed(effects)]


def test_nothing_goes_anew_before_the_cancel_is_proven() -> None:
    state, _ = run(a_walk(), seen(5), Woke(after(11)))
    state, effects = run(
        state,
        CancelAcknowledged(after(11.2), "order-1"),
        CancelFailed(after(11.3), "order-1", "?", timedelta(0)),
        old_order(state, OrderStatus.PENDING_CANCEL, 12),
    )
    assert [] == placed(effects)
    assert Phase.WORKING == state.phase


def test_a_silent_cancel_is_asked_for_again() -> None:
    state, _ = run(a_walk(), seen(5), Woke(after(11)))
    _, effects = step(state, Woke(after(13)))
    assert [CancelOrder("order-1")] == of_kind(CancelOrder, effects)
    state, _ = run(state, CancelAcknowledged(after(11.2), "order-1"))
    _, effects = step(state, Woke(after(13)))
    assert [] == of_kind(CancelOrder, effects)


def test_one_that_was_answered_and_dropped_does_not_hide_the_order_at_work() -> None:
    """Alpaca has been seen to answer 200 while the old order lived on and no new one came."""
    state, _ = run(a_walk(), seen(5))
    state, _ = run(state, taken(state, 5.1), old_order(state, OrderStatus.NEW, 6))
    state, effects = run(state, Woke(after(11)))
    assert [CancelOrder("order-1")] == of_kind(CancelOrder, effects)
    state, effects = looked(state, old_order(state, OrderStatus.CANCELED, 12, filled=3))
    assert [(THIRD, 7)] == [(ticket.client_order_id, ticket.units) for ticket in placed(effects)]


@pytest.mark.parametrize(("mid", "limit"), [("-0.30", "-0.06"), ("0.10", "0.02")])
def test_what_goes_anew_goes_no_further_than_natural_by_then(mid: str, limit: str) -> None:
    """It was to go at 0.02, and the order before it was long in being cancelled."""
    state, _ = run(a_walk(), seen(5), Woke(after(11)))
    state, _ = run(state, old_order(state, OrderStatus.CANCELED, 60, filled=2))

    state, effects = run(state, checked(state, after(61), net=seen(61, mid).net))

    assert [Decimal(limit)] == [ticket.limit for ticket in placed(effects)]
    assert Decimal(limit) == walking(state).limit


def test_a_limit_that_a_person_chose_goes_anew_as_it_is() -> None:
    state, _ = run(a_walk(), LimitRequested(after(5), Decimal("0.11")), Woke(after(11)))
    state, _ = run(state, old_order(state, OrderStatus.CANCELED, 60))

    _, effects = run(state, checked(state, after(61), net=seen(61, "-0.30").net))

    assert [Decimal("0.11")] == [ticket.limit for ticket in placed(effects)]


def test_a_person_cancels_the_order_at_work_and_not_the_dropped_one() -> None:
    state, _ = run(a_walk(), seen(5))
    state, _ = run(state, taken(state, 5.1), old_order(state, OrderStatus.NEW, 6))
    state, effects = run(state, CancelRequested(after(7)))
    assert [CancelOrder("order-1")] == of_kind(CancelOrder, effects)
    state, _ = run(state, old_order(state, OrderStatus.CANCELED, 8))
    assert Phase.CANCELLED == state.phase


def by_phone(state: CloseState, status: OrderStatus, seconds: float) -> OrderReported:
    """Another hand puts an order of its own in place of what is left of ours, beyond natural."""
    ticket = replace(state.attempt.ticket, client_order_id="phone", units=8, limit=Decimal("3.40"))
    report = a_report(
        ticket, status, order_id="order-9", replaces="order-1", updated=after(seconds)
    )
    return told(report, after(seconds))


def withdrawn_after(last_of_theirs: OrderStatus) -> CloseState:
    """While ours is replaced, theirs comes and goes; ours filled in part, and is withdrawn."""
    state, _ = run(a_walk(), seen(5))
    late = taken(state, 9)
    theirs = by_phone(state, OrderStatus.NEW, 6), by_phone(state, last_of_theirs, 7)
    part = old_order(state, OrderStatus.PARTIALLY_FILLED, 8, filled=2)
    state, effects = run(state, *theirs, part, late)
    assert CancelOrder("order-1") in effects
    return state


def test_what_another_hand_has_replaced_and_cancelled_does_not_go_anew() -> None:
    """The news that ours was replaced comes last, and its cancel had been asked for."""
    state = withdrawn_after(OrderStatus.CANCELED)
    old = a_report(
        state.attempt.ticket,
        OrderStatus.REPLACED,
        filled=2,
        replaced_by="order-9",
        updated=after(10),
    )
    state, effects = run(state, told(old, after(10)))

    assert ([], []) == (placed(effects), of_kind(CheckAccount, effects))
    assert state.reason is not None
    assert (Phase.CANCELLED, "cancelled_elsewhere") == (state.phase, state.reason.code)


def test_what_goes_anew_goes_at_our_price_whatever_another_hand_had_made_of_it() -> None:
    state = withdrawn_after(OrderStatus.REJECTED)
    state, effects = looked(state, old_order(state, OrderStatus.CANCELED, 10, filled=2))

    assert [("0.00", 8)] == [(str(ticket.limit), ticket.units) for ticket in placed(effects)]


def test_a_fill_that_wins_the_race_closes() -> None:
    state, _ = run(a_walk(), seen(5), Woke(after(11)))
    state, effects = run(state, old_order(state, OrderStatus.FILLED, 12, filled=10))
    assert (Phase.VERIFYING, []) == (state.phase, placed(effects))


@pytest.mark.parametrize("message", ["replace mleg order is disabled", "insufficient qty"])
def test_an_order_that_cannot_be_replaced_is_withdrawn_then_and_later(message: str) -> None:
    state, _ = run(a_walk(), seen(5))
    state, effects = run(state, OrderRefused(after(6), SECOND, 403, 40310000, message, ()))
    assert [CancelOrder("order-1")] == of_kind(CancelOrder, effects)
    state, _ = run(state, old_order(state, OrderStatus.CANCELED, 7))
    new = a_report(state.attempt.ticket, order_id="order-2", updated=after(8))
    state, _ = run(state, told(new, after(8)))
    state, effects = run(state, seen(11.9))
    assert [] == of_kind(CancelOrder, effects)
    _, effects = run(state, seen(12))
    assert [CancelOrder("order-2")] == of_kind(CancelOrder, effects)


def test_an_order_in_no_state_to_be_replaced_is_looked_at_and_tried_again() -> None:
    state = a_walk()
    for number, second in enumerate((5, 10, 15), start=1):
        state, effects = run(state, seen(second))
        assert 1 == len(replaced(effects))
        identity = f"closeout-c1-0-{number}"
        words = "cannot replace order in pending_new status"
        state, effects = run(
            state, OrderRefused(after(second + 0.5), identity, 422, 42210000, words, ())
        )
    assert [CancelOrder("order-1")] == of_kind(CancelOrder, effects)


def refused_for_now(state: CloseState, seconds: float) -> CloseState:
    ticket = walking(state).replacement
    assert ticket is not None
    words = "cannot replace order in pending_new status"
    refusal = OrderRefused(after(seconds), ticket.client_order_id, 422, 42210000, words, ())
    return run(state, refusal)[0]


def test_an_order_in_no_state_to_be_replaced_is_looked_at_again_soon() -> None:
    state, _ = run(a_walk(), seen(5))
    for words in ("cannot replace order in pending_new status", "client_order_id must be unique"):
        refusal = OrderRefused(after(6), SECOND, 422, 42210000, words, ())

        _, effects = run(state, refusal)

        assert (LookUpOrder(FIRST), LookUpOrder(SECOND), WakeAfter(timedelta(seconds=1))) == effects


def test_only_refusals_in_a_row_end_the_replacing() -> None:
    state = a_walk()
    for second in (5, 10):
        state = refused_for_now(run(state, seen(second))[0], second + 0.5)
    state = stepped(state, 15)
    for second in (20, 25):
        state = refused_for_now(run(state, seen(second))[0], second + 0.5)
    assert None is walking(state).moving

    state = refused_for_now(run(state, seen(30))[0], 30.5)

    assert isinstance(walking(state).moving, Withdrawing)


def test_what_was_not_sent_is_stepped_again_under_a_new_id() -> None:
    state, _ = run(a_walk(), seen(5))
    state, effects = run(state, OrderNotSent(after(5.1), SECOND, "429", timedelta(seconds=3)))
    assert (WakeAfter(timedelta(seconds=3)),) == effects
    assert walking(state).moving is None
    _, effects = run(state, seen(8.1))
    assert [THIRD] == [ticket.client_order_id for ticket in replaced(effects)]


def test_a_refused_increment_teaches_the_coarser_tick() -> None:
    state, _ = run(a_walk(), seen(5))
    words = "invalid limit price. must be a multiple of 0.05"
    state, _ = run(state, OrderRefused(after(6), SECOND, 422, 42210000, words, ()))
    assert walking(state).walk.grid.rule == state.learned
    _, effects = run(state, seen(20))
    assert [Decimal("0.05")] == [ticket.limit for ticket in replaced(effects)]


def test_a_first_order_refused_for_its_increment_walks_on_the_coarser_tick() -> None:
    """From 0.02, a tenth of the way, down to 0.00: no dearer than was said."""
    schedule = Schedule(timedelta(seconds=60), timedelta(seconds=5), Decimal("0.1"), Decimal(1))
    plan = a_walking_plan(an_iron_condor(10), WalkTerms(Pace.CUSTOM, schedule), half="0.06")
    state, _ = step(None, replace(opened(), plan=plan))
    words = "invalid limit price. must be a multiple of 0.05"
    state, _ = run(state, OrderRefused(after(1), FIRST, 422, 42210000, words, ()))
    state, _ = run(state, checked(state, after(1)))
    state, _ = run(state, told(a_report(state.attempt.ticket, updated=after(2)), after(2)))

    _, effects = run(state, seen(20))

    assert state.learned == walking(state).walk.grid.rule
    assert (Decimal("0.00"), SECOND) == (walking(state).limit, state.attempt.ticket.client_order_id)
    assert [Decimal("0.05")] == [ticket.limit for ticket in replaced(effects)]


def test_a_limit_that_a_person_chose_keeps_to_the_coarser_tick_too() -> None:
    state, _ = run(a_walk(), LimitRequested(after(7), Decimal("0.11")))
    words = "invalid limit price. must be a multiple of 0.05"
    state, _ = run(state, OrderRefused(after(8), SECOND, 422, 42210000, words, ()))
    assert Decimal("0.10") == walking(state).wanted
    _, effects = run(state, Woke(after(9)))
    assert [Decimal("0.10")] == [ticket.limit for ticket in replaced(effects)]


def test_after_a_coarser_tick_the_step_of_this_interval_is_taken_again() -> None:
    state, _ = run(a_walk(), seen(50))
    words = "invalid limit price. must be a multiple of 0.05"
    state, _ = run(state, OrderRefused(after(51), SECOND, 422, 42210000, words, ()))
    _, effects = run(state, seen(52))
    assert 1 == len(replaced(effects))


# --- partial fills ----------------------------------------------------------------------------


def test_a_partly_filled_order_is_withdrawn_and_only_the_rest_goes_anew() -> None:
    state = a_walk()
    state, _ = run(state, old_order(state, OrderStatus.PARTIALLY_FILLED, 2, filled=4))
    state, effects = run(state, seen(5))
    assert ([], [CancelOrder("order-1")]) == (replaced(effects), of_kind(CancelOrder, effects))
    state, effects = looked(state, old_order(state, OrderStatus.CANCELED, 6, filled=5))
    [ticket] = placed(effects)
    assert (5, Decimal("0.02")) == (ticket.units, ticket.limit)
    state, _ = run(
        state,
        told(a_report(ticket, OrderStatus.FILLED, filled=5, order_id="order-2"), after(7)),
    )
    assert Phase.VERIFYING == state.phase


def test_the_rest_goes_anew_only_as_far_as_another_hand_has_left_it() -> None:
    state = a_walk()
    state, _ = run(state, old_order(state, OrderStatus.PARTIALLY_FILLED, 2, filled=4), seen(5))
    state, _ = run(state, old_order(state, OrderStatus.CANCELED, 6, filled=4))
    left = {target.symbol: int(target.held) // 5 for target in state.plan.targets}

    state, effects = run(state, checked(state, after(7), held=left))

    assert [2] == [ticket.units for ticket in placed(effects)]
    assert dict.fromkeys(left, 4) == dict(state.elsewhere)


def test_what_other_hands_take_from_a_leg_twice_adds_up() -> None:
    state = a_walk()
    state, _ = run(state, old_order(state, OrderStatus.PARTIALLY_FILLED, 2, filled=4), seen(5))
    state, _ = run(state, old_order(state, OrderStatus.CANCELED, 6, filled=4))
    held = {target.symbol: int(target.held) // 10 for target in state.plan.targets}
    four = {symbol: 4 * one for symbol, one in held.items()}
    state, _ = run(state, checked(state, after(7), held=four))
    some = a_report(
        state.attempt.ticket, OrderStatus.PARTIALLY_FILLED, filled=1, order_id="order-2"
    )
    state, _ = run(state, told(some, after(8)), seen(12))
    state, _ = run(state, told(replace(some, status=OrderStatus.CANCELED), after(13)))

    state, effects = run(state, checked(state, after(14), held=held))

    assert [1] == [ticket.units for ticket in placed(effects)]
    assert dict.fromkeys(held, 2 + 2) == dict(state.elsewhere)


def test_nothing_goes_anew_over_orders_that_hold_the_contracts() -> None:
    state, _ = run(a_walk(), seen(5), Woke(after(11)))
    state, _ = run(state, old_order(state, OrderStatus.CANCELED, 12))
    held = dict.fromkeys(state.plan.symbols, 3)

    state, effects = run(state, checked(state, after(12), free=held))

    assert (Phase.SENDING, []) == (state.phase, placed(effects))


def replaced_after_a_fill(units: int, filled: int) -> CloseState:
    """Four units filled while the replacement was on its way; it says `filled` of `units`."""
    state, _ = run(a_walk(), seen(5))
    ticket = walking(state).replacement
    assert ticket is not None
    new = a_report(
        ticket,
        OrderStatus.PARTIALLY_FILLED if filled else OrderStatus.NEW,
        filled=filled,
        units=units,
        order_id="order-2",
        replaces="order-1",
        updated=after(6),
    )
    state, _ = run(state, told(new, after(6)), gone(state, 6.1, filled=4))
    return state


def test_a_replacement_for_the_rest_walks_on() -> None:
    state = replaced_after_a_fill(units=6, filled=0)
    assert (None, 6) == (walking(state).moving, state.attempt.units_left)


@pytest.mark.parametrize("filled", [0, 4])
def test_one_whose_fills_can_be_read_in_two_ways_is_withdrawn_and_nothing_goes_anew(
    filled: int,
) -> None:
    """Sending six when the replacement had filled four more would open two."""
    state = replaced_after_a_fill(units=10, filled=filled)
    assert isinstance(walking(state).moving, Withdrawing)
    ticket = state.attempt.ticket
    ended = a_report(
        ticket,
        OrderStatus.CANCELED,
        filled=4,
        order_id="order-2",
        replaces="order-1",
        updated=after(8),
    )
    state, effects = run(state, told(ended, after(8)))
    assert [] == placed(effects)
    assert (Phase.NEEDS_ATTENTION, "fills_unclear") == (
        state.phase,
        state.reason.code if state.reason else None,
    )


# --- a person, and time -----------------------------------------------------------------------


def test_a_cancel_stops_the_walk_and_what_took_the_orders_place_is_cancelled_too() -> None:
    state, _ = run(a_walk(), seen(5))
    state, effects = run(state, CancelRequested(after(5.1)))
    assert [CancelOrder("order-1")] == of_kind(CancelOrder, effects)
    state, _ = run(state, taken(state, 5.2, status=OrderStatus.NEW))
    state, effects = run(state, gone(state, 5.3))
    assert [CancelOrder("order-2")] == of_kind(CancelOrder, effects)
    assert [] == replaced(effects)
    ended = a_report(
        state.attempt.ticket, OrderStatus.CANCELED, order_id="order-2", updated=after(7)
    )
    state, _ = run(state, told(ended, after(7)))
    assert Phase.CANCELLED == state.phase


def test_faster_steps_now_at_the_next_pace() -> None:
    state, effects = run(a_walk(), FasterRequested(after(20)))
    assert (Pace.URGENT, after(35)) == (walking(state).walk.pace, walking(state).ends_at)
    assert 1 == len(of_kind(SeeMarket, effects))
    _, effects = run(state, seen(20.1))
    assert [Decimal("0.04")] == [ticket.limit for ticket in replaced(effects)]


def test_faster_than_urgent_goes_to_natural_and_not_past_worst() -> None:
    hurried = [FasterRequested(after(20)), FasterRequested(after(21))]
    for worst, limit in ((None, "0.24"), ("0.10", "0.10")):
        state, _ = run(a_walk(worst=worst), *hurried)
        _, effects = run(state, seen(21.1))
        assert [Decimal(limit)] == [ticket.limit for ticket in replaced(effects)]


def test_a_pace_is_hurried_once_however_often_that_was_asked_for() -> None:
    """While the journal could not write nothing seemed to come of it."""
    asked = [replace(FasterRequested(after(second)), since=AT) for second in (20, 21, 22)]
    state, _ = run(a_walk(), *asked)
    assert (Pace.URGENT, False) == (walking(state).walk.pace, walking(state).walk.hurried)

    state, _ = run(state, replace(FasterRequested(after(23)), since=after(20)))
    assert walking(state).walk.hurried


def test_what_is_to_be_cancelled_or_is_hurried_to_the_end_goes_no_faster() -> None:
    cancelled, _ = run(a_walk(), CancelRequested(after(5)))
    hurried, _ = run(a_walk(), FasterRequested(after(20)), FasterRequested(after(21)))

    for state in (cancelled, hurried):
        assert (state, ()) == step(state, FasterRequested(after(22)))


def test_a_chosen_limit_is_put_in_place_and_rests() -> None:
    state, effects = run(a_walk(), LimitRequested(after(7), Decimal("0.11")))
    assert [Decimal("0.11")] == [ticket.limit for ticket in replaced(effects)]
    state, _ = run(state, taken(state, 7.1, status=OrderStatus.NEW), gone(state, 7.2))
    assert (Decimal("0.11"), None) == (walking(state).limit, walking(state).wanted)
    assert (state, ()) == step(state, seen(15))
    _, effects = run(state, Woke(after(70)))
    assert [] == [*of_kind(SeeMarket, effects), *of_kind(CancelOrder, effects)]


def test_a_limit_chosen_during_a_step_follows_it() -> None:
    state, _ = run(a_walk(), seen(5))
    state, effects = run(state, LimitRequested(after(5.1), Decimal("-0.05")))
    assert [] == replaced(effects)
    state, _ = run(state, taken(state, 5.2, status=OrderStatus.NEW), gone(state, 5.3))
    _, effects = run(state, Woke(after(6.3)))
    assert [Decimal("-0.05")] == [ticket.limit for ticket in replaced(effects)]


def test_whoever_is_woken_to_move_an_order_asks_for_it_too() -> None:
    """It may be a gap in the stream, which has hidden a fill: nothing else would ask soon."""
    state, _ = run(a_walk(), LimitRequested(after(0.5), Decimal("0.11")))

    _, effects = run(state, Woke(after(2)))

    assert (LookUpOrder(FIRST), 1) == (effects[0], len(replaced(effects)))


def test_one_that_filled_in_part_moves_at_once_for_a_person_and_in_the_last_stride() -> None:
    some = old_order(a_walk(), OrderStatus.PARTIALLY_FILLED, 4, filled=4)
    for event in (
        LimitRequested(after(5), Decimal("0.11")),
        FasterRequested(after(5)),
        seen(56),
    ):
        standing, _ = run(a_walk(), some)
        moved_at = after(54) if isinstance(event, MarketSeen) else after(4)
        standing = replace(standing, walking=replace(walking(standing), moved_at=moved_at))
        _, effects = run(standing, event, *([seen(5.1)] if event.at == after(5) else []))
        assert [CancelOrder("order-1")] == of_kind(CancelOrder, effects)


def test_looks_every_second_ask_for_the_order_every_four_and_after_a_gap() -> None:
    terms = WalkTerms(Pace.CUSTOM, Schedule(timedelta(seconds=60), timedelta(seconds=1)))
    state = a_walking_close(an_iron_condor(), terms)
    asked = [
        second
        for second in range(1, 10)
        if of_kind(LookUpOrder, step(state, Woke(after(second)))[1])
    ]
    assert [4, 8] == asked
    assert of_kind(LookUpOrder, step(state, Woke(after(5), after_gap=True))[1])


def test_what_is_being_moved_is_asked_for_at_every_waking() -> None:
    terms = WalkTerms(Pace.CUSTOM, Schedule(timedelta(seconds=60), timedelta(seconds=1)))
    state, _ = run(a_walking_close(an_iron_condor(), terms), seen(5))
    assert of_kind(LookUpOrder, step(state, Woke(after(6)))[1])


@pytest.mark.parametrize(("limit", "code"), [("0.11", "beyond_worst"), ("0.105", "invalid_tick")])
def test_a_limit_beyond_worst_or_off_the_ticks_is_turned_away(limit: str, code: str) -> None:
    with pytest.raises(CannotPlan) as caught:
        check_limit(a_walk(worst="0.10"), Decimal(limit))
    assert code == caught.value.reason_code


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ("0.11", "0.11 is beyond the worst price of this close, 0.10. Nothing was changed."),
        ("0.105", "0.105 is on no valid price step: use 0.10 or 0.11."),
        ("-0.015", "-0.015 is on no valid price step: use -0.02 or -0.01."),
    ],
)
def test_a_limit_turned_away_is_told_with_one_that_is_not(limit: str, sentence: str) -> None:
    with pytest.raises(CannotPlan) as caught:
        check_limit(a_walk(worst="0.10"), Decimal(limit))
    assert sentence == str(caught.value)


def test_a_single_sale_is_spoken_of_in_plain_prices() -> None:
    strategy = a_strategy(a_leg(put(450), 3))
    state = a_walking_close(strategy, in_twelve_prices(worst_price=Decimal("0.95")))
    assert (Decimal("1.00"), Decimal("-1.00")) == (
        state.attempt.ticket.limit,
        walking(state).limit,
    )
    check_limit(state, Decimal("0.95"))
    with pytest.raises(CannotPlan, match=r"beyond the worst price of this close, 0\.95"):
        check_limit(state, Decimal("0.94"))


def test_it_rests_where_it_ends() -> None:
    state, effects = run(a_walk(), Woke(after(60)))
    assert walking(state).is_resting
    assert [] == of_kind(CancelOrder, effects)
    assert (state, ()) == step(state, seen(65))


def test_it_is_cancelled_at_its_end_where_that_was_chosen() -> None:
    state, effects = run(a_walk(AtEnd.CANCEL), Woke(after(60)))
    assert [CancelOrder("order-1")] == of_kind(CancelOrder, effects)
    state, _ = run(state, old_order(state, OrderStatus.CANCELED, 61))
    assert (Phase.CANCELLED, "walk_ended") == (
        state.phase,
        state.reason.code if state.reason else None,
    )


def test_it_crosses_at_its_end_and_goes_on_following() -> None:
    state, effects = run(a_walk(AtEnd.CROSS, worst="0.60"), Woke(after(60)))
    assert 1 == len(of_kind(SeeMarket, effects))
    _, effects = run(state, seen(60.1, mid="0.20"))
    assert [Decimal("0.44")] == [ticket.limit for ticket in replaced(effects)]


def test_after_a_restart_its_age_goes_on_and_a_replacement_is_looked_for() -> None:
    state, _ = run(a_walk(), seen(5))
    state, _ = run(state, Recovered(after(30)))
    state, effects = run(state, Woke(after(30)))
    assert (AT, []) == (walking(state).since, of_kind(CancelOrder, effects))
    assert {LookUpOrder(FIRST), LookUpOrder(SECOND)} <= {*effects}


def test_a_hand_that_changes_the_order_elsewhere_ends_the_walk() -> None:
    state, _ = run(a_walk(), gone(a_walk(), 3))
    theirs = a_report(
        state.attempt.ticket,
        order_id="order-2",
        client_order_id="theirs",
        replaces="order-1",
        updated=after(4),
    )
    state, _ = run(state, told(theirs, after(4)))
    assert walking(state).is_resting
    assert (state, ()) == step(state, seen(10))


def test_a_late_answer_revives_nothing_where_another_hand_has_replaced_and_cancelled() -> None:
    """An order has one successor: ours was answered with 200, and dropped for theirs."""
    stepping, _ = run(a_walk(), seen(5))
    state, _ = run(stepping, gone(stepping, 5.1))
    theirs = a_report(
        state.attempt.ticket,
        OrderStatus.CANCELED,
        order_id="order-2",
        client_order_id="theirs",
        replaces="order-1",
        updated=after(6),
    )
    state, _ = run(state, told(theirs, after(6)))
    assert Phase.CANCELLED is state.phase

    ours = replace(taken(stepping, 7).report, order_id="order-3")
    state, effects = run(state, told(ours, after(7)))

    assert (Phase.CANCELLED, ()) == (state.phase, effects)


def a_race_lost(by: str | None = "order-9") -> CloseState:
    """Ours was answered with 200, and `by` took the order's place, of which nothing is known."""
    state, _ = run(a_walk(), seen(5))
    state, _ = run(state, taken(state, 5.1))
    order = gone(state, 5.2).report
    return run(state, told(replace(order, replaced_by=by), after(5.2)))[0]


def theirs(state: CloseState, status: OrderStatus = OrderStatus.NEW) -> OrderReported:
    """What another hand has put in the place of the first order, at 0.15."""
    report = a_report(
        state.attempt.ticket,
        status,
        order_id="order-9",
        client_order_id="theirs",
        replaces="order-1",
        updated=after(6),
    )
    return told(replace(report, limit=Decimal("0.15")), after(6))


def test_a_replacement_does_not_count_when_another_order_took_the_place() -> None:
    """Both were answered with 200, and an order has one successor."""
    state = a_race_lost()

    assert (FIRST, Decimal("0.00")) == (state.attempt.ticket.client_order_id, walking(state).limit)
    assert (None, True) == (walking(state).moving, walking(state).is_resting)
    assert (LookUpOrder(FIRST), FollowOrder("order-9")) == step(state, Woke(after(6)))[1][:2]

    state, _ = run(state, theirs(state))

    assert (FIRST, Decimal("0.15")) == (state.attempt.ticket.client_order_id, walking(state).limit)


def test_nor_before_it_is_known_which_order_took_the_place() -> None:
    state = a_race_lost(by=None)
    assert (FIRST, Decimal("0.00")) == (state.attempt.ticket.client_order_id, walking(state).limit)

    state, _ = run(state, gone(state, 6))

    assert (SECOND, Decimal("0.02")) == (state.attempt.ticket.client_order_id, walking(state).limit)


def test_an_order_that_another_hand_put_in_place_of_a_withdrawn_one_is_not_cancelled() -> None:
    state, _ = run(a_walk(), seen(5), Woke(after(11)))
    order = replace(gone(state, 11.5).report, replaced_by="order-9")

    state, effects = run(state, told(order, after(11.5)), theirs(state), Woke(after(14)))

    assert [] == of_kind(CancelOrder, effects)
    assert (None, True) == (walking(state).moving, walking(state).is_resting)


def test_what_another_hand_only_asks_for_does_not_end_the_walk() -> None:
    """It was answered with 200, and may still be dropped or rejected."""
    state, _ = run(a_walk(), theirs(a_walk(), OrderStatus.PENDING_NEW))
    assert not walking(state).is_resting

    state, _ = run(state, theirs(state, OrderStatus.REJECTED))
    _, effects = run(state, seen(10))

    assert [Decimal("0.02")] == [ticket.limit for ticket in replaced(effects)]


def test_a_limit_chosen_after_another_hand_has_changed_the_order_is_put_in_place() -> None:
    state = a_race_lost()
    state, _ = run(state, theirs(state, OrderStatus.PENDING_NEW))
    state, effects = run(state, LimitRequested(after(6.5), Decimal("0.11")), theirs(state))
    assert [] == replaced(effects)

    state, effects = run(state, Woke(after(7.5)))
    assert [("order-9", Decimal("0.11"))] == [
        (each.order_id, each.ticket.limit) for each in of_kind(ReplaceOrder, effects)
    ]
    moving = walking(state).moving
    assert isinstance(moving, Replacing)
    ours = a_report(moving.ticket, order_id="order-10", replaces="order-9", updated=after(8))
    over = replace(
        theirs(state, OrderStatus.REPLACED).report, replaced_by="order-10", updated_at=after(8)
    )

    state, _ = run(state, told(ours, after(8)), told(over, after(8)))

    assert (Decimal("0.11"), None) == (walking(state).limit, walking(state).moving)
    assert moving.ticket == state.attempt.ticket


def test_a_silent_replacement_of_an_order_that_others_have_replaced_is_not_withdrawn() -> None:
    """What took the order's place is not known yet: it is asked for."""
    stepping, _ = run(a_walk(), seen(5))
    state, _ = run(stepping, gone(stepping, 5.2))

    state, effects = run(state, Woke(after(12)))

    assert [] == of_kind(CancelOrder, effects)
    assert FollowOrder("order-2") in effects


@pytest.mark.parametrize(("theirs", "stands"), [("0.15", "0.15"), (None, "0.00")])
def test_what_another_hand_has_put_in_its_place_is_the_limit_that_stands(
    theirs: str | None, stands: str
) -> None:
    """A market order has none: then what was known stays."""
    state, _ = run(a_walk(), gone(a_walk(), 3))
    report = a_report(
        state.attempt.ticket,
        order_id="order-2",
        client_order_id="theirs",
        replaces="order-1",
        updated=after(4),
    )
    limit = None if theirs is None else Decimal(theirs)

    state, _ = run(state, told(replace(report, limit=limit), after(4)))

    assert Decimal(stands) == walking(state).limit


def test_cancelled_by_a_person_its_fills_can_still_be_read_in_two_ways() -> None:
    state, _ = run(replaced_after_a_fill(units=10, filled=0), CancelRequested(after(7)))
    ended = a_report(
        state.attempt.ticket,
        OrderStatus.CANCELED,
        filled=4,
        order_id="order-2",
        replaces="order-1",
        updated=after(8),
    )

    state, _ = run(state, told(ended, after(9)))

    assert (Phase.NEEDS_ATTENTION, "fills_unclear") == (
        state.phase,
        state.reason.code if state.reason else None,
    )
    assert (after(9), after(9)) == (state.ended_at, state.phase_since)


def test_a_chosen_limit_is_held_by_nothing() -> None:
    state, _ = run(a_walk(), seen(5, trouble=Holding.STALE))
    assert Holding.STALE is walking(state).holding

    state, _ = run(state, LimitRequested(after(7), Decimal("0.11")))

    assert None is walking(state).holding


def test_when_its_time_is_up_the_next_price_is_an_interval_away() -> None:
    """Not at that very instant, at which it is looked at already."""
    state = walking(a_walk())

    assert [timedelta(seconds=1), timedelta(seconds=5)] == [
        state.next_price_in(after(59)),
        state.next_price_in(after(60)),
    ]
