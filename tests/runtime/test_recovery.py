"""A restart in the middle of a close: it is found in the journal and followed to its end."""

import asyncio
from datetime import timedelta

import pytest
from support.bench import AT_MARKET, LONG_CALL, Bench
from support.eventually import eventually, settle
from support.fakes import hold, lose_after_taking, lose_before_taking, rate_limited

from closeout.closing.events import Recovered
from closeout.closing.state import Phase
from closeout.domain.edits import Edit
from closeout.domain.orders import OrderStatus
from closeout.runtime.requests import CloseRequest


async def test_a_crash_while_sending_asks_the_broker_before_anything_else(bench: Bench) -> None:
    bench.broker.script(hold(asyncio.Event()))
    runner = await bench.open()
    bench.broker.take(bench.broker.sent[0])

    await bench.restart()

    assert Phase.WORKING is bench.state(runner.state.close_id).phase
    assert 1 == len(bench.broker.sent)


async def test_a_crash_before_sending_sends_once_when_nothing_is_found(bench: Bench) -> None:
    bench.broker.script(hold(asyncio.Event()))
    runner = await bench.open()
    await bench.restart()
    phase_before = bench.state(runner.state.close_id).phase

    await bench.clock.seconds(45)

    first, second = bench.broker.sent
    assert Phase.UNKNOWN is phase_before
    assert first == second
    assert Phase.WORKING is bench.state(runner.state.close_id).phase


async def test_a_close_of_yesterday_that_never_arrived_is_not_sent_today(bench: Bench) -> None:
    bench.broker.script(hold(asyncio.Event()))
    runner = await bench.open()
    await bench.stop()
    await bench.clock.advance(timedelta(hours=20))

    await bench.restart()
    await bench.clock.seconds(60)

    assert Phase.REJECTED is bench.state(runner.state.close_id).phase
    assert 1 == len(bench.broker.sent)


async def test_a_close_that_waited_to_send_is_not_sent_after_a_night(bench: Bench) -> None:
    bench.broker.script(rate_limited(timedelta(seconds=30)))
    runner = await bench.open()
    await bench.stop()
    await bench.clock.advance(timedelta(hours=20))

    await bench.restart()
    await bench.clock.seconds(60)

    assert Phase.REJECTED is bench.state(runner.state.close_id).phase
    assert 1 == len(bench.broker.sent)


async def test_an_unknown_outcome_is_settled_after_a_restart(bench: Bench) -> None:
    bench.broker.script(lose_after_taking)
    bench.broker.drop_stream()
    bench.broker.fail("order_by_client_id")
    runner = await bench.open()
    bench.broker.heal()

    await bench.restart()

    assert Phase.WORKING is bench.state(runner.state.close_id).phase
    assert 1 == len(bench.broker.sent)


async def test_a_fill_while_we_were_away_closes_it(bench: Bench) -> None:
    runner = await bench.open()
    await bench.stop()
    bench.broker.fill()

    await bench.restart()
    state = await bench.reaches(runner.state.close_id, Phase.CLOSED)

    assert 10 == state.filled(LONG_CALL)
    assert bench.journal.has_ended(state.close_id)


async def test_a_cancel_goes_on_after_a_restart(bench: Bench) -> None:
    bench.broker.cancel_completes = False
    runner = await bench.open()
    bench.supervisor.cancel(runner.state.close_id)
    await settle()
    await bench.stop()
    bench.broker.end(OrderStatus.CANCELED)

    await bench.restart()

    assert await bench.reaches(runner.state.close_id, Phase.CANCELLED)


async def test_verifying_goes_on_after_a_restart(bench: Bench) -> None:
    runner = await bench.open()
    bench.broker.freeze_holdings()
    bench.broker.fill()
    await bench.reaches(runner.state.close_id, Phase.VERIFYING)
    bench.broker.thaw_holdings()

    await bench.restart()

    assert await bench.reaches(runner.state.close_id, Phase.CLOSED)


async def test_shares_are_sold_once_after_a_restart_between_the_steps(empty_bench: Bench) -> None:
    bench = empty_bench
    bench.hold_covered_call()
    await bench.start()
    runner = await bench.open()
    await bench.stop()
    bench.broker.fill()

    await bench.restart()
    await eventually(lambda: 2 == len(bench.broker.sent))
    bench.broker.fill()

    assert await bench.reaches(runner.state.close_id, Phase.CLOSED)
    assert 2 == len(bench.broker.sent)


async def test_ended_closes_are_remembered_and_left_alone(bench: Bench) -> None:
    runner = await bench.open()
    bench.broker.fill()
    await bench.reaches(runner.state.close_id, Phase.CLOSED)
    written = len(bench.journal.events(runner.state.close_id))

    await bench.restart()
    await bench.clock.seconds(60)

    assert Phase.CLOSED is bench.state(runner.state.close_id).phase
    assert written == len(bench.journal.events(runner.state.close_id))


async def test_a_late_fill_brings_an_ended_close_back(bench: Bench) -> None:
    runner = await bench.open()
    order = bench.broker.newest
    bench.supervisor.cancel(runner.state.close_id)
    await bench.reaches(runner.state.close_id, Phase.CANCELLED)

    order.status = OrderStatus.NEW
    bench.broker.fill(order)
    state = await bench.reaches(runner.state.close_id, Phase.CLOSED)

    assert 10 == state.filled(LONG_CALL)
    assert bench.journal.has_ended(state.close_id)


async def test_a_late_fill_is_taken_after_a_restart_too(bench: Bench) -> None:
    runner = await bench.open()
    order = bench.broker.newest
    bench.supervisor.cancel(runner.state.close_id)
    await bench.reaches(runner.state.close_id, Phase.CANCELLED)
    await bench.restart()

    order.status = OrderStatus.NEW
    bench.broker.fill(order)

    assert await bench.reaches(runner.state.close_id, Phase.CLOSED)


async def test_a_first_read_that_fails_does_not_take_closes_up_twice(bench: Bench) -> None:
    bench.broker.script(lose_before_taking)
    runner = await bench.open()
    await bench.stop()
    bench.broker.fail("holdings")
    starting = asyncio.create_task(bench.restart())
    await bench.clock.seconds(20)
    bench.broker.heal()
    await bench.clock.seconds(5)
    await starting

    recorded = bench.journal.events(runner.state.close_id)
    assert 1 >= sum(isinstance(event, Recovered) for event in recorded)
    assert 1 >= bench.journal.refused_writes
    await bench.clock.seconds(60)
    assert 2 == len(bench.broker.sent), "once before and once after"
    assert None is bench.supervisor.journal_error


async def test_a_journal_that_cannot_be_read_at_the_start_is_tried_again(bench: Bench) -> None:
    runner = await bench.open()
    await bench.stop()
    bench.journal.failing = "locked"
    starting = asyncio.create_task(bench.restart())
    await bench.clock.seconds(10)
    told = (bench.engine.is_ready, bench.supervisor.journal_error, bench.engine.breaker.failures)

    bench.journal.failing = None
    await bench.clock.seconds(5)
    await starting

    assert (False, "locked", 0) == told
    assert Phase.WORKING is bench.state(runner.state.close_id).phase
    assert None is bench.supervisor.journal_error


async def test_a_close_at_the_start_knows_what_the_user_said_of_strategies(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal is slow in telling the edits, and the account can be read by then."""
    four = [(leg.id, 4) for leg in bench.strategy.legs]
    await bench.engine.regrouper.split(bench.strategy.id, [four])
    strategies = bench.engine.book.grouping.strategies
    ours = next(each for each in strategies if 4 == abs(each.legs[0].quantity))
    await bench.stop()
    bench._wire()
    load, told = bench.journal.load_edits, asyncio.Event()

    async def slowly(account: str) -> tuple[Edit, ...]:
        edits = await load(account)
        await told.wait()
        return edits

    monkeypatch.setattr(bench.journal, "load_edits", slowly)
    bench.engine.start()
    await settle()
    opening = asyncio.create_task(bench.supervisor.open(CloseRequest(ours.id, None, AT_MARKET)))
    await settle()
    told.set()

    await opening

    assert [4] == [ticket.units for ticket in bench.broker.sent]


async def test_an_edit_made_at_the_start_stays_though_older_ones_are_told_late(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.stop()
    bench._wire()
    load, told = bench.journal.load_edits, asyncio.Event()

    async def slowly(account: str) -> tuple[Edit, ...]:
        edits = await load(account)
        monkeypatch.setattr(bench.journal, "load_edits", load)
        await told.wait()
        return edits

    monkeypatch.setattr(bench.journal, "load_edits", slowly)
    bench.engine.start()
    await settle()
    await bench.engine.book.refresh()
    four = [(leg.id, 4) for leg in bench.strategy.legs]
    await bench.engine.regrouper.split(bench.strategy.id, [four])
    told.set()
    await eventually(lambda: bench.engine.is_ready)

    assert 2 == len(bench.engine.book.grouping.strategies)


@pytest.mark.parametrize("crash_after", range(6))
async def test_whatever_moment_it_stops_at_the_account_is_closed_once(
    bench: Bench, crash_after: int
) -> None:
    """Crash after so many seconds of a close whose answer is lost and whose fills dribble in."""
    bench.broker.script(lose_after_taking)
    bench.broker.drop_stream()
    runner = await bench.open()
    for second in range(12):
        if second == crash_after:
            await bench.restart()
        if bench.broker.newest.is_open and second % 2:
            bench.broker.fill(units=2)
        await bench.clock.seconds(1)

    assert await bench.reaches(runner.state.close_id, Phase.CLOSED)
    assert {} == bench.broker.quantities
    assert 1 == len(bench.broker.sent)
