"""While the journal cannot write, events wait and nothing is sent (invariant I1)."""

import asyncio
from datetime import timedelta
from decimal import Decimal

from support.bench import COVERED_CALL, COVERED_SHARES, SHORT_CALL, SHORT_PUT, Bench
from support.eventually import settle

from closeout.closing.pacing import WalkTerms
from closeout.closing.schedule import Pace, Schedule
from closeout.closing.state import Phase
from closeout.closing.terms import Terms
from closeout.domain.orders import OrderType
from closeout.runtime.runner import Runner


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


async def about_to_sell_the_shares(bench: Bench) -> Runner:
    """The call is bought back, and what was seen of the account is long in being written."""
    bench.hold_covered_call()
    await bench.start()
    runner = await bench.open()
    bench.broker.gates["holdings"] = asyncio.Event()
    await bench.clock.seconds(3)
    bench.broker.fill()
    await settle()
    bench.journal.gate = asyncio.Event()
    bench.broker.gates.pop("holdings").set()
    await bench.clock.seconds(20)
    assert [COVERED_CALL] == sold_and_bought(bench)
    return runner


def sold_and_bought(bench: Bench) -> list[str]:
    return [ticket.legs[0].symbol for ticket in bench.broker.sent]


async def write(bench: Bench) -> None:
    assert bench.journal.gate is not None
    bench.journal.gate.set()
    await bench.clock.seconds(2)


async def test_an_order_that_was_long_in_being_written_is_cut_to_what_is_there_by_then(
    empty_bench: Bench,
) -> None:
    await about_to_sell_the_shares(empty_bench)
    empty_bench.broker.hold(COVERED_SHARES, 40)

    await write(empty_bench)

    assert [1, 40] == [ticket.units for ticket in empty_bench.broker.sent]


async def test_an_order_that_was_cancelled_while_it_was_written_is_not_sent(
    empty_bench: Bench,
) -> None:
    runner = await about_to_sell_the_shares(empty_bench)
    empty_bench.supervisor.cancel(runner.state.close_id)

    await write(empty_bench)

    assert [COVERED_CALL] == sold_and_bought(empty_bench)
    assert Phase.CANCELLED is runner.state.phase


async def test_a_stride_that_was_long_in_being_written_is_priced_anew(bench: Bench) -> None:
    walk = WalkTerms(Pace.CUSTOM, Schedule(timedelta(seconds=60), timedelta(seconds=20)))
    await bench.open(Terms(OrderType.LIMIT, walk=walk))
    await bench.clock.seconds(19)
    bench.journal.gate = asyncio.Event()
    await bench.clock.seconds(10)
    for symbol in (SHORT_PUT, SHORT_CALL):
        bench.quotes.set(symbol, "2.50", "2.60")

    await write(bench)

    assert [Decimal("2.60")] == [ticket.limit for ticket in bench.broker.replaced]


async def test_a_close_that_was_long_in_being_recorded_is_cut_to_what_is_there_by_then(
    bench: Bench,
) -> None:
    bench.journal.gate = asyncio.Event()
    opening = asyncio.create_task(bench.open())
    await bench.clock.seconds(10)
    bench.broker.hold(SHORT_PUT, -4)

    await write(bench)
    await opening

    assert [4] == [ticket.units for ticket in bench.broker.sent]
