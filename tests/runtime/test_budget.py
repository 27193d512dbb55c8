"""Requests are shared by what they are for: a cancel never waits behind a walk."""

from datetime import timedelta

import pytest
from support.bench import SHORT_PUT, Bench
from support.eventually import settle
from support.manual_clock import ManualClock

from closeout.closing.pacing import WalkTerms
from closeout.closing.plan import Terms
from closeout.closing.schedule import Pace
from closeout.domain.orders import OrderType
from closeout.runtime.budget import Budget, Priority

GO = timedelta(0)


def used_up(clock: ManualClock, left: int) -> Budget:
    budget = Budget(clock)
    budget.take(Priority.EXIT, 200 - left)
    return budget


@pytest.mark.parametrize(
    ("left", "going"),
    [
        (0, [Priority.EXIT]),
        (20, [Priority.EXIT]),
        (21, [Priority.EXIT, Priority.REPLACE]),
        (41, [Priority.EXIT, Priority.REPLACE, Priority.QUERY]),
        (81, [*Priority]),
    ],
)
def test_who_may_go_when_so_much_is_left(left: int, going: list[Priority]) -> None:
    clock = ManualClock()
    assert going == [each for each in Priority if used_up(clock, left).take(each) == GO]


async def test_it_says_when_there_will_be_enough_and_then_there_is() -> None:
    clock = ManualClock()
    budget = used_up(clock, 20)
    wait = budget.take(Priority.REPLACE)
    assert timedelta(seconds=0.3) == wait
    await clock.advance(wait)
    assert GO == budget.take(Priority.REPLACE)


def test_exits_go_beyond_the_budget() -> None:
    budget = used_up(ManualClock(), 0)
    assert [GO] * 50 == [budget.take(Priority.EXIT) for _ in range(50)]


async def test_a_minute_fills_it_and_no_more() -> None:
    clock = ManualClock()
    budget = used_up(clock, 0)
    await clock.seconds(30)
    assert 100 == budget.left
    await clock.seconds(300)
    assert 200 == budget.left


def test_what_the_broker_says_counts_if_it_is_less() -> None:
    budget = Budget(ManualClock())
    budget.note(1000, None)
    assert 1000 == budget.left
    budget.note(1000, 5)
    budget.note(1000, 900)
    assert 5 == budget.left


async def test_a_walk_waits_and_a_cancel_does_not(bench: Bench) -> None:
    terms = Terms(OrderType.LIMIT, walk=WalkTerms(Pace.NORMAL))
    runner = await bench.open(terms, leg=SHORT_PUT)
    bench.engine.budget.take(Priority.EXIT, 400)
    reads = bench.broker.reads.total()
    await bench.clock.seconds(40)
    assert ([], reads) == (bench.broker.replaced, bench.broker.reads.total())

    bench.supervisor.cancel(runner.state.close_id)
    await settle()
    assert 1 == len(bench.broker.cancels)


async def test_a_walk_goes_on_when_there_is_enough_again(bench: Bench) -> None:
    terms = Terms(OrderType.LIMIT, walk=WalkTerms(Pace.NORMAL))
    await bench.open(terms, leg=SHORT_PUT)
    bench.engine.budget.take(Priority.EXIT, 200)
    await bench.clock.seconds(40)
    assert bench.broker.replaced


async def test_an_order_goes_though_nothing_is_left(bench: Bench) -> None:
    bench.engine.budget.take(Priority.EXIT, 500)
    await bench.open()
    assert 1 == len(bench.broker.sent)
