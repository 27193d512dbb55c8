"""How long a close waits for what, to the instant at which it waits no longer."""

from datetime import timedelta
from decimal import Decimal

import pytest
from closing.test_walking import a_walk, seen
from support.builders import (
    AT,
    a_report,
    a_sending_close,
    a_walking_close,
    a_working_close,
    after,
    checked,
    of_kind,
    opened,
    placed,
    put,
    run,
    told,
)

from closeout.closing.effects import CancelOrder, CheckAccount, Effect, ReplaceOrder, WakeAfter
from closeout.closing.events import (
    CancelAcknowledged,
    CancelRequested,
    HoldingsRead,
    LimitRequested,
    OrderNotFound,
    OrderNotSent,
    OutcomeLost,
    ReadMissed,
    Woke,
)
from closeout.closing.state import CloseState, Phase
from closeout.closing.step import step
from closeout.closing.walk import AtEnd
from closeout.domain.orders import OrderStatus

ID = "closeout-c1-0-0"
SHORT = put(450)


def waits(effects: tuple[Effect, ...]) -> list[float]:
    return [effect.delay.total_seconds() for effect in of_kind(WakeAfter, effects)]


def holdings(state: CloseState, seconds: float, contracts: int) -> HoldingsRead:
    """A snapshot that shows so many of the ten units of everything."""
    rows = ((each.symbol, each.held * contracts / 10) for each in state.plan.targets)
    return HoldingsRead(after(seconds), tuple((symbol, Decimal(int(n))) for symbol, n in rows))


def not_sent(seconds: float) -> OrderNotSent:
    return OrderNotSent(after(seconds), ID, "503", timedelta(0))


@pytest.mark.parametrize(
    ("looks", "phase"),
    [
        ((2, 3, 4, 5, 31), Phase.SENDING),
        ((2, 3, 4, 5, 30.9), Phase.UNKNOWN),
        ((2, 3, 4, 31), Phase.UNKNOWN),
        ((2, 3, 4, 5, 120), Phase.SENDING),
        ((2, 3, 4, 5, 120.1), Phase.REJECTED),
    ],
)
def test_absent_after_five_looks_and_thirty_seconds_and_sent_again_for_two_minutes(
    looks: tuple[float, ...], phase: Phase
) -> None:
    state, _ = run(a_sending_close(), OutcomeLost(after(1), ID, "timeout"))

    assert phase is run(state, *(OrderNotFound(after(at), ID) for at in looks))[0].phase


@pytest.mark.parametrize(("seconds", "phase"), [(59.9, Phase.SENDING), (60, Phase.REJECTED)])
def test_a_broker_that_cannot_be_reached_is_given_up_after_a_minute(
    seconds: float, phase: Phase
) -> None:
    state, _ = run(a_sending_close(), not_sent(1), not_sent(seconds))

    assert phase is state.phase


def test_what_was_not_sent_is_sent_for_two_minutes_after_the_click() -> None:
    state, _ = run(a_sending_close(), not_sent(1))
    _, early = run(state, Woke(after(120)))
    late, _ = run(state, Woke(after(120.1)))

    assert [CheckAccount(ID)] == [*early]
    assert late.reason is not None
    assert (Phase.REJECTED, "broker_unreachable", "503") == (
        late.phase,
        late.reason.code,
        late.reason.detail,
    )


def test_contracts_that_are_held_are_waited_for_thirty_seconds() -> None:
    state, _ = run(a_sending_close(), not_sent(1))
    _, early = run(state, checked(state, after(29.9), free={SHORT: 7}))
    _, late = run(state, checked(state, after(30), free={SHORT: 7}))

    assert ([], [0.25]) == (placed(early), waits(early))
    assert [7] == [ticket.units for ticket in placed(late)]


def test_conflicting_orders_may_take_a_minute_to_go() -> None:
    state, _ = step(None, opened(conflicts=("by-hand-1",)))

    assert Phase.CLEARING is run(state, Woke(after(59.9)))[0].phase
    assert Phase.NEEDS_ATTENTION is run(state, Woke(after(60)))[0].phase


@pytest.mark.parametrize(("seconds", "phase"), [(19.9, Phase.WORKING), (20, Phase.CANCELLING)])
def test_an_order_for_more_than_there_is_is_cancelled_after_fifteen_seconds(
    seconds: float, phase: Phase
) -> None:
    state = a_working_close()
    state, _ = run(state, holdings(state, 5, 4), holdings(state, seconds, 4))

    assert phase is state.phase


@pytest.mark.parametrize(
    ("reads", "phase"),
    [
        ((1, 2, 3, 4, 30), Phase.NEEDS_ATTENTION),
        ((1, 2, 3, 4, 29.9), Phase.VERIFYING),
        ((1, 2, 3, 30), Phase.VERIFYING),
    ],
)
def test_positions_may_disagree_for_thirty_seconds_and_five_reads(
    reads: tuple[float, ...], phase: Phase
) -> None:
    state = a_working_close()
    state, _ = run(state, told(a_report(state.attempt.ticket, OrderStatus.FILLED, filled=10)))

    assert phase is run(state, *(holdings(state, at, 10) for at in reads))[0].phase


@pytest.mark.parametrize(("seconds", "phase"), [(120, Phase.CLOSED), (120.1, Phase.CANCELLED)])
def test_two_minutes_after_a_cancel_elsewhere_what_goes_is_another_story(
    seconds: float, phase: Phase
) -> None:
    state = a_working_close()
    state, _ = run(state, told(a_report(state.attempt.ticket, OrderStatus.CANCELED)))

    assert phase is run(state, holdings(state, seconds, 0))[0].phase


def test_an_uneven_fill_is_looked_at_five_times() -> None:
    state = a_working_close()
    report = a_report(
        state.attempt.ticket, OrderStatus.FILLED, filled=10, fills={SHORT: 9}, updated=after(1)
    )
    state, _ = run(state, told(report, after(1)))
    state, effects = run(state, *(Woke(after(second)) for second in range(2, 7)))
    assert (Phase.WORKING, [1.0] * 5) == (state.phase, waits(effects))

    state, effects = run(state, Woke(after(7)))

    assert state.reason is not None
    assert (Phase.NEEDS_ATTENTION, "uneven_fill", ()) == (state.phase, state.reason.code, effects)


@pytest.mark.parametrize(("seconds", "again"), [(14.9, False), (15, True)])
def test_a_cancel_that_was_taken_is_asked_for_again_after_fifteen_seconds(
    seconds: float, *, again: bool
) -> None:
    state, _ = run(a_working_close(), CancelRequested(AT), CancelAcknowledged(after(1), "order-1"))
    _, effects = run(state, Woke(after(seconds)))

    assert again == bool(of_kind(CancelOrder, effects))
    assert [2.0] == waits(effects)


@pytest.mark.parametrize(("seconds", "withdrawn"), [(10.9, False), (11, True)])
def test_a_replacement_nobody_hears_of_has_six_seconds(seconds: float, *, withdrawn: bool) -> None:
    state, _ = run(a_walk(), seen(5))
    _, effects = run(state, Woke(after(seconds)))

    assert withdrawn == bool(of_kind(CancelOrder, effects))


@pytest.mark.parametrize(
    ("taken", "seconds", "again"),
    [(False, 12.9, False), (False, 13, True), (True, 25.9, False), (True, 26, True)],
)
def test_a_withdrawal_is_asked_for_again_after_two_seconds_or_fifteen_when_it_was_taken(
    seconds: float, *, taken: bool, again: bool
) -> None:
    state, _ = run(a_walk(), seen(5), Woke(after(11)))
    if taken:
        state, _ = run(state, CancelAcknowledged(after(11.5), "order-1"))
    _, effects = run(state, Woke(after(seconds)))

    assert again == bool(of_kind(CancelOrder, effects))


def test_a_withdrawal_that_was_asked_for_again_has_its_time_anew() -> None:
    state, _ = run(a_walk(), seen(5), Woke(after(11)), Woke(after(13)))

    assert [[], [CancelOrder("order-1")]] == [
        of_kind(CancelOrder, run(state, Woke(after(seconds)))[1]) for seconds in (14.9, 15)
    ]


@pytest.mark.parametrize(("seconds", "moves"), [(0.9, False), (1, True)])
def test_an_order_stands_for_a_second_before_it_is_replaced(seconds: float, *, moves: bool) -> None:
    _, effects = run(a_walking_close(), LimitRequested(after(seconds), Decimal("0.05")))

    assert moves == bool(of_kind(ReplaceOrder, effects))
    assert [1.0] == waits(effects)


@pytest.mark.parametrize(
    ("seconds", "wait"), [(0, 2), (9.9, 2), (10, 5), (59.9, 5), (60, 60), (9000, 60)]
)
def test_an_older_order_is_asked_for_less_often(seconds: float, wait: float) -> None:
    _, effects = run(a_working_close(), Woke(after(seconds)))

    assert [wait] == waits(effects)


KEPT = timedelta(seconds=27)
"""How long a look-up may have to wait, so that orders and cancels can go."""


@pytest.mark.parametrize(
    ("state", "longest"),
    [
        pytest.param(run(a_working_close(), CancelRequested(after(3)))[0], 2, id="a cancel"),
        pytest.param(step(None, opened(conflicts=("theirs",)))[0], 2, id="cancels of others"),
        pytest.param(run(a_walk(), seen(5))[0], 2, id="a replacement"),
        pytest.param(a_walk(AtEnd.CANCEL), 5, id="the next step of a walk"),
        pytest.param(a_working_close(), 27, id="nothing else"),
    ],
)
def test_a_read_that_has_to_wait_holds_nothing_else_up(state: CloseState, longest: float) -> None:
    _, effects = run(state, ReadMissed(after(5), "kept for orders and cancels", KEPT))
    assert [longest] == waits(effects)


def test_a_replacement_that_has_to_wait_holds_no_cancel_up() -> None:
    state, asked = run(a_walk(), seen(5), CancelRequested(after(6)))
    _, effects = run(state, OrderNotSent(after(7), "closeout-c1-0-1", "kept for cancels", KEPT))
    assert (2, []) == (waits(asked)[-1], waits(effects))
