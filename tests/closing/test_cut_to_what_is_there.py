"""Between plan and order the account may be traded elsewhere: an order is cut to what is there."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from support.builders import (
    a_covered_call,
    a_leg,
    a_report,
    a_sending_close,
    a_strategy,
    after,
    call,
    checked,
    of_kind,
    placed,
    put,
    run,
    told,
)

from closeout.closing.effects import CheckAccount, ReadHoldings, WakeAfter
from closeout.closing.events import AccountChecked, OrderNotFound, OrderNotSent, OutcomeLost, Woke
from closeout.closing.rooms import Fit, Room, fit
from closeout.closing.state import CloseState, Phase
from closeout.closing.wording import describe
from closeout.domain.orders import OrderReport, OrderStatus, Side, TicketLeg

ID = "closeout-c1-0-0"
SHORT, LONG = put(450), put(440)
CALL = call(140, "NVDA")


def reason(state: CloseState) -> str | None:
    return state.reason.code if state.reason else None


def waiting_to_send() -> CloseState:
    """Return a condor's close that was turned away once and looks at the account again."""
    return run(
        a_sending_close(), OrderNotSent(after(1), ID, "429", timedelta(seconds=1)), Woke(after(2))
    )[0]


def lost_and_absent() -> CloseState:
    looked = (OrderNotFound(after(3 + second), ID) for second in (0, 1, 5, 15, 29, 31))
    return run(a_sending_close(), OutcomeLost(after(2), ID, "timeout"), *looked)[0]


def test_what_is_there_is_counted_in_whole_units() -> None:
    legs = (TicketLeg(LONG, 1, Side.SELL), TicketLeg(SHORT, 2, Side.BUY))
    rooms = (Room(LONG, Decimal(10), Decimal(10)), Room(SHORT, Decimal(-15), Decimal(15)))

    assert Fit(held=7, free=7) == fit(legs, 10, rooms)


def test_what_other_orders_hold_is_held_and_not_free() -> None:
    assert Fit(held=10, free=4) == fit(
        (TicketLeg(LONG, 1, Side.SELL),), 10, (Room(LONG, Decimal(10), Decimal(4)),)
    )


def test_what_other_closes_claim_is_not_ours() -> None:
    assert Fit(held=10, free=6) == fit(
        (TicketLeg(LONG, 1, Side.SELL),), 10, (Room(LONG, Decimal(10), Decimal(10), claimed=4),)
    )


def test_what_has_turned_round_is_not_there() -> None:
    assert Fit(held=0, free=0) == fit(
        (TicketLeg(LONG, 1, Side.SELL),), 10, (Room(LONG, Decimal(-10), Decimal(10)),)
    )


def test_an_order_that_still_fits_goes_as_it_is() -> None:
    state = waiting_to_send()
    after_, effects = run(state, checked(state, after(3)))

    assert [state.attempt.ticket] == placed(effects)
    assert Phase.SENDING is after_.phase


def test_a_position_that_grew_is_closed_as_far_as_was_asked() -> None:
    state = waiting_to_send()
    _, effects = run(state, checked(state, after(3), held={LONG: 14, SHORT: -14}))

    assert [state.attempt.ticket] == placed(effects)


def test_a_package_stays_even_when_one_leg_has_shrunk() -> None:
    state = waiting_to_send()
    state, effects = run(state, checked(state, after(3), held={SHORT: -4}))

    (ticket,) = placed(effects)
    assert {4} == {ticket.contracts(symbol) for symbol in state.plan.symbols}
    assert "closeout-c1-0-1" == ticket.client_order_id, "another order has another id"
    assert {SHORT: 6} == dict(state.elsewhere)


def test_what_a_cut_order_leaves_is_for_a_person() -> None:
    state = waiting_to_send()
    state, _ = run(state, checked(state, after(3), held={SHORT: -4}))
    filled = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=4)
    state, _ = run(state, told(filled, after(4)))

    assert (Phase.NEEDS_ATTENTION, "left_over") == (state.phase, reason(state))
    assert f"6 {LONG}" in describe(state)
    assert f"6 {SHORT}" not in describe(state)


def test_a_position_that_is_gone_is_closed_by_another_hand() -> None:
    state = waiting_to_send()
    gone = dict.fromkeys(state.plan.symbols, 0)
    state, effects = run(state, checked(state, after(3), held=gone))
    assert (Phase.VERIFYING, (ReadHoldings(),)) == (state.phase, effects)

    assert dict.fromkeys(state.plan.symbols, 10) == dict(state.elsewhere)


def test_a_position_that_turned_round_is_never_sent() -> None:
    state = waiting_to_send()
    _, effects = run(state, checked(state, after(3), held={SHORT: 3}))

    assert [] == placed(effects)


def test_contracts_that_show_as_held_are_waited_for() -> None:
    """Positions lag: the order that held them may be over."""
    state = waiting_to_send()
    state, effects = run(state, checked(state, after(3), free={SHORT: 0}))

    assert [] == placed(effects)
    assert of_kind(WakeAfter, effects)


def test_what_stays_held_is_left_out_at_last() -> None:
    state = waiting_to_send()
    _, effects = run(state, checked(state, after(40), free={SHORT: 7}))

    assert [7] == [ticket.units for ticket in placed(effects)]


def test_nothing_free_at_all_ends_it_with_the_reason() -> None:
    state = waiting_to_send()
    state, effects = run(state, checked(state, after(40), free={SHORT: 0}))

    assert (Phase.REJECTED, "contracts_held", ()) == (state.phase, reason(state), effects)


def test_an_order_that_may_yet_arrive_goes_again_in_its_own_size_or_not_at_all() -> None:
    state = lost_and_absent()
    same, effects = run(state, checked(state, after(35)))
    assert [state.attempt.ticket] == placed(effects)

    changed, effects = run(state, checked(state, after(35), held={SHORT: -4}))
    assert (Phase.NEEDS_ATTENTION, "changed_meanwhile") == (changed.phase, reason(changed))
    assert [] == placed(effects)
    assert Phase.SENDING is same.phase


def test_an_absent_order_is_sent_again_only_when_orders_and_fills_know_nothing_of_it() -> None:
    _, effects = run(
        a_sending_close(),
        OutcomeLost(after(2), ID, "timeout"),
        *(OrderNotFound(after(3 + second), ID) for second in (0, 1, 5, 15, 29, 31)),
    )

    assert CheckAccount(ID, lost_at=after(0)) == effects[-1]


def test_a_look_from_before_an_order_was_lost_sends_it_not_again() -> None:
    """It asked neither orders nor fills whether it had arrived after all."""
    state = lost_and_absent()
    before = replace(checked(state, after(35)), client_order_id=ID)
    state, effects = run(state, before)
    assert [] == placed(effects)

    _, effects = run(state, replace(before, lost_at=after(0)))
    assert [ID] == [ticket.client_order_id for ticket in placed(effects)]


def test_a_later_step_is_cut_too() -> None:
    state = a_sending_close(a_covered_call(2))
    calls = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=2)
    state, _ = run(state, told(calls, after(2)))
    state, effects = run(state, checked(state, after(3), held={CALL: 0, "NVDA": 150}))

    assert [150] == [ticket.units for ticket in placed(effects)]
    assert {"NVDA": 50} == dict(state.elsewhere)


def test_a_later_step_does_not_uncover_what_an_earlier_one_had_to_leave() -> None:
    """One call is held by another order: its shares stay."""
    state = a_sending_close(a_covered_call(2))
    turned_away = OrderNotSent(after(1), ID, "429", timedelta(seconds=1))
    state, _ = run(state, turned_away, Woke(after(2)))
    state, _ = run(state, checked(state, after(40), free={CALL: 1}))
    filled = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=1)
    state, effects = run(state, told(filled, after(41)))

    assert (Phase.NEEDS_ATTENTION, "left_over", ()) == (state.phase, reason(state), effects)


def test_a_later_step_never_takes_more_than_the_close_has_left() -> None:
    """One of seven was sold elsewhere, and positions do not show the second order's fill yet."""
    legs = (a_leg(LONG, 7), a_leg(SHORT, -5), a_leg(call(470), -4), a_leg(call(480), 4))
    state = a_sending_close(a_strategy(*legs))
    state, _ = run(state, told(_all_filled(state), after(2)))
    state, _ = run(state, checked(state, after(3), held={LONG: 2}))
    state, _ = run(state, told(_all_filled(state), after(4)))

    state, effects = run(state, checked(state, after(5), held={LONG: 2}))

    assert [1] == [ticket.contracts(LONG) for ticket in placed(effects)]
    assert {LONG: 1} == dict(state.elsewhere)


def _all_filled(state: CloseState) -> OrderReport:
    ticket = state.attempt.ticket
    return a_report(
        ticket, OrderStatus.FILLED, filled=ticket.units, order_id=ticket.client_order_id
    )


def test_a_look_nobody_asked_for_changes_nothing() -> None:
    state = a_sending_close()
    look: AccountChecked = checked(state, after(3), held={SHORT: 0})

    assert (state, ()) == run(state, look)
