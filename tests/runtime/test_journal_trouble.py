"""While the journal cannot write, events wait and nothing is sent (invariant I1)."""

from support.bench import Bench
from support.eventually import settle

from closeout.closing.state import Phase


async def test_a_cancel_waits_for_the_journal(bench: Bench) -> None:
    runner = await bench.open()
    bench.journal.failing = "disk full"
    bench.supervisor.cancel(runner.state.close_id)
    await bench.clock.seconds(30)
    asked_before = list(bench.broker.cancels)

    bench.journal.failing = None
    await bench.clock.seconds(2)

    assert [] == asked_before
    assert {bench.broker.newest.order_id} == set(bench.broker.cancels)
    assert Phase.CANCELLED is runner.state.phase


async def test_the_next_order_waits_for_the_journal(empty_bench: Bench) -> None:
    bench = empty_bench
    bench.hold_covered_call()
    await bench.start()
    await bench.open()
    bench.journal.failing = "disk full"
    bench.broker.fill()
    await bench.clock.seconds(30)
    sent_before = len(bench.broker.sent)

    bench.journal.failing = None
    await bench.clock.seconds(2)

    assert (1, 2) == (sent_before, len(bench.broker.sent))


async def test_no_event_is_lost_while_the_journal_is_away(bench: Bench) -> None:
    runner = await bench.open()
    bench.journal.failing = "disk full"
    bench.broker.fill(units=3)
    bench.broker.fill(units=7)
    await bench.clock.seconds(10)
    phase_before = runner.state.phase

    bench.journal.failing = None
    await bench.clock.seconds(2)

    assert (Phase.WORKING, Phase.CLOSED) == (phase_before, runner.state.phase)


async def test_the_trouble_is_in_sight_until_it_is_over(bench: Bench) -> None:
    await bench.open()
    bench.journal.failing = "disk full"
    bench.broker.fill(units=3)
    await settle()
    during = bench.supervisor.journal_error

    bench.journal.failing = None
    await bench.clock.seconds(2)

    assert ("disk full", None) == (during, bench.supervisor.journal_error)


async def test_a_lost_end_mark_costs_only_a_look_at_the_next_start(bench: Bench) -> None:
    runner = await bench.open()
    bench.broker.freeze_holdings()
    bench.broker.fill()
    await bench.reaches(runner.state.close_id, Phase.VERIFYING)
    bench.broker.thaw_holdings()
    bench.journal.lose_marks = True
    await bench.clock.seconds(2)
    bench.journal.lose_marks = False

    await bench.restart()
    await bench.clock.seconds(10)

    assert Phase.CLOSED is bench.state(runner.state.close_id).phase
    assert 1 == len(bench.broker.sent)
