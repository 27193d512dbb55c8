"""Closed on evidence: fills account for everything, and a fresh snapshot agrees."""

from datetime import timedelta
from decimal import Decimal

import pytest
from support.builders import (
    AT,
    MARKET,
    a_market,
    a_report,
    a_working_close,
    after,
    an_iron_condor,
    call,
    holdings_of,
    of_kind,
    put,
    run,
    told,
)

from closeout.closing.effects import ReadHoldings, WakeAfter
from closeout.closing.events import CloseOpened, HoldingsRead, ReadMissed, Recovered, Woke
from closeout.closing.plan import plan_strategy
from closeout.closing.state import CloseState, Phase
from closeout.closing.step import step
from closeout.domain.orders import OrderStatus

SYMBOLS = (put(440), put(450), call(470), call(480))
HELD = dict(zip(SYMBOLS, (10, -10, -10, 10), strict=True))


def snapshot(at: float, **changes: int) -> HoldingsRead:
    """Return a snapshot with nothing of the condor left but `low`, `short`, ... say."""
    names = dict(zip(("low", "short", "upper", "high"), SYMBOLS, strict=True))
    left = dict.fromkeys(SYMBOLS, 0) | {names[key]: value for key, value in changes.items()}
    return HoldingsRead(after(at), tuple((key, Decimal(value)) for key, value in left.items()))


def a_verifying_close(state: CloseState | None = None) -> CloseState:
    state = state or a_working_close()
    filled = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=10, updated=after(1))
    state, _ = run(state, told(filled))
    return state


def reason(state: CloseState) -> str | None:
    return state.reason.code if state.reason else None


def test_fills_alone_do_not_close() -> None:
    assert (Phase.VERIFYING, None) == (a_verifying_close().phase, a_verifying_close().ended_at)


def test_a_snapshot_that_agrees_closes() -> None:
    state, effects = run(a_verifying_close(), snapshot(2))

    assert (Phase.CLOSED, after(2), ()) == (state.phase, state.ended_at, effects)


def test_a_snapshot_alone_does_not_close() -> None:
    """Somebody else may have closed it: our own order still works."""
    state = a_working_close()

    after_it, _ = run(state, snapshot(2))

    assert (Phase.WORKING, ()) == (after_it.phase, after_it.elsewhere)


def test_a_snapshot_that_lags_is_read_again_until_it_agrees() -> None:
    """Alpaca's positions have been ten seconds behind its orders."""
    state, effects = run(a_verifying_close(), snapshot(1, upper=-10), snapshot(3, upper=-4))
    assert Phase.VERIFYING == state.phase
    assert [0.5, 1] == [each.delay.total_seconds() for each in of_kind(WakeAfter, effects)]
    assert (state, (ReadHoldings(),)) == run(state, Woke(after(4)))

    state, _ = run(state, snapshot(5))
    assert Phase.CLOSED == state.phase


def test_snapshots_that_never_agree_are_for_a_person_with_the_difference_named() -> None:
    state, _ = run(a_verifying_close(), *(snapshot(second, upper=-4) for second in range(1, 40, 3)))

    assert (Phase.NEEDS_ATTENTION, "holdings_disagree") == (state.phase, reason(state))
    assert state.reason is not None
    assert f"{call(470)} shows -4, expected 0 or less" == state.reason.detail


def test_half_a_minute_of_failed_reads_is_not_disagreement() -> None:
    missed = ReadMissed(after(29), "504", timedelta(0))
    state, effects = run(a_verifying_close(), missed, missed, snapshot(50, upper=-4))

    assert Phase.VERIFYING == state.phase
    assert 3 == len(of_kind(WakeAfter, effects))


def test_five_snapshots_at_once_are_not_disagreement() -> None:
    state, _ = run(a_verifying_close(), *(snapshot(n / 10, upper=-4) for n in range(9)))

    assert Phase.VERIFYING == state.phase


def test_a_snapshot_that_agrees_later_closes_after_all() -> None:
    state, _ = run(a_verifying_close(), *(snapshot(second, upper=-4) for second in range(1, 40, 3)))
    same, effects = run(state, snapshot(60, upper=-4))
    assert (state, ()) == (same, effects)

    state, _ = run(state, snapshot(90))
    assert (Phase.CLOSED, after(90), None) == (state.phase, state.ended_at, reason(state))


def test_a_position_turned_round_is_not_closed() -> None:
    state, _ = run(a_verifying_close(), *(snapshot(second, upper=1) for second in range(1, 40, 3)))

    assert Phase.NEEDS_ATTENTION == state.phase


@pytest.mark.parametrize(
    ("left", "phase"),
    [
        (5, Phase.CLOSED),  # the other strategy's contracts are all that is left
        (0, Phase.CLOSED),  # and if somebody closed those meanwhile, ours are gone all the more
        (6, Phase.VERIFYING),
        (-1, Phase.VERIFYING),
    ],
)
def test_a_shared_contract_is_closed_when_the_others_share_is_left(left: int, phase: Phase) -> None:
    condor = an_iron_condor(10)
    account = holdings_of({**HELD, put(440): 15})
    plan = plan_strategy(condor, MARKET, a_market(), account)
    opened = CloseOpened(AT, "c1", "PA1", condor.id, None, "SPY", condor.name, plan)
    state, _ = step(None, opened)

    state, _ = run(a_verifying_close(state), snapshot(2, low=left))

    assert phase == state.phase


def test_waking_reads_again_and_a_restart_does_too() -> None:
    state = a_verifying_close()

    assert (state, (ReadHoldings(),)) == run(state, Woke(after(9)))
    assert (state, (WakeAfter(timedelta(0)),)) == run(state, Recovered(after(9)))


def test_more_fills_told_again_read_no_more_than_was_asked() -> None:
    state = a_verifying_close()
    again = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=10, updated=after(2))

    state, effects = run(state, told(again, after(2)))

    assert (Phase.VERIFYING, ()) == (state.phase, effects)


def test_closed_is_closed() -> None:
    state, _ = run(a_verifying_close(), snapshot(2))
    late = a_report(state.attempt.ticket, OrderStatus.CANCELED, filled=4, updated=after(1))

    later, effects = run(
        state, told(late, after(3)), Woke(after(4)), snapshot(5, upper=-10), Recovered(after(6))
    )

    assert (Phase.CLOSED, after(2)) == (later.phase, later.ended_at)
    assert [] == of_kind(ReadHoldings, effects)
