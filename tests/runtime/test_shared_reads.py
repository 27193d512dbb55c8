"""Many closes, few requests."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from support.bench import AT_MARKET, Bench
from support.eventually import settle
from support.manual_clock import ManualClock

from closeout.closing.state import Phase
from closeout.ports import ReadFailed
from closeout.runtime.lookups import AT_ONCE
from closeout.runtime.requests import CloseRequest
from closeout.runtime.shared import PATIENCE, Shared


@dataclass
class Slow:
    """A read that answers with its number when the gate opens."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    begun: int = 0
    failing: ReadFailed | None = None

    async def read(self) -> int:
        self.begun += 1
        number = self.begun
        await self.gate.wait()
        if self.failing is not None:
            raise self.failing
        return number


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


async def test_whoever_asks_while_a_read_is_under_way_shares_the_next(clock: ManualClock) -> None:
    """What began before the question may not know what it is about."""
    slow = Slow()
    shared = Shared(slow.read, clock)
    first = asyncio.create_task(shared())
    await settle()
    later = [asyncio.create_task(shared()) for _ in range(5)]
    await settle()
    slow.gate.set()

    assert [1, 2, 2, 2, 2, 2] == await asyncio.gather(first, *later)


async def test_whoever_asks_at_the_same_moment_shares_one_read(clock: ManualClock) -> None:
    slow = Slow()
    slow.gate.set()
    shared = Shared(slow.read, clock)

    assert (1, 1, 1) == tuple(await asyncio.gather(shared(), shared(), shared()))


async def test_a_failure_is_shared_and_the_next_read_tries_again(clock: ManualClock) -> None:
    slow = Slow(failing=ReadFailed("HTTP 500"))
    slow.gate.set()
    shared = Shared(slow.read, clock)
    answers = await asyncio.gather(shared(), shared(), return_exceptions=True)
    slow.failing = None

    assert [ReadFailed, ReadFailed] == [type(each) for each in answers]
    assert 2 == await shared()


async def test_a_reader_that_goes_away_leaves_the_others_their_answer(clock: ManualClock) -> None:
    slow = Slow()
    shared = Shared(slow.read, clock)
    first, second = asyncio.create_task(shared()), asyncio.create_task(shared())
    await settle()
    first.cancel()
    slow.gate.set()

    with pytest.raises(asyncio.CancelledError):
        await first
    assert (1, 1) == (await second, slow.begun)


async def test_a_read_that_hangs_holds_the_next_up_no_longer_than_a_moment(
    clock: ManualClock,
) -> None:
    slow = Slow()
    shared = Shared(slow.read, clock)
    hanging = asyncio.create_task(shared())
    await settle()
    later = [asyncio.create_task(shared()) for _ in range(3)]
    await clock.advance(PATIENCE)
    begun = slow.begun
    slow.gate.set()

    assert 2 == begun
    assert [1, 2, 2, 2] == await asyncio.gather(hanging, *later)


async def test_who_asks_after_a_read_has_begun_never_shares_it_however_many_are_out(
    clock: ManualClock,
) -> None:
    """Ask at every step of a read that hangs, and of the one that has overtaken it."""
    slow = Slow()
    shared = Shared(slow.read, clock)
    asked: list[tuple[int, asyncio.Task[int]]] = []
    for _ in range(6):
        asked.append((slow.begun, asyncio.create_task(shared())))
        await clock.advance(PATIENCE / 2)
    slow.gate.set()

    assert [] == [begun for begun, answer in asked if await answer <= begun]


async def test_who_waits_for_a_read_that_is_stopped_hears_so(clock: ManualClock) -> None:
    shared = Shared(Slow().read, clock)
    waiting = asyncio.create_task(shared())
    await settle()
    await shared.stop()

    with pytest.raises(ReadFailed, match="stopping"):
        await waiting


async def test_looks_and_look_ups_of_one_moment_share_each_list(bench: Bench) -> None:
    book = bench.engine.book
    bench.broker.reads.clear()
    await asyncio.gather(
        book.refresh(), book.refresh(), book.read_orders(), book.read_holdings(), book.refresh()
    )

    assert (1, 1) == (bench.broker.reads["holdings"], bench.broker.reads["order_history"])


async def test_many_closes_that_start_again_share_their_look_ups(empty_bench: Bench) -> None:
    bench = empty_bench
    for number in range(20):
        bench.broker.quantities[f"SPY261218P00{500 + number}000"] = Decimal(1)
    await bench.start()
    for strategy in bench.engine.book.grouping.strategies:
        for leg in strategy.legs:
            await bench.supervisor.open(CloseRequest(strategy.id, leg.id, AT_MARKET))
    await settle()
    bench.broker.reads.clear()

    await bench.restart()

    phases = {runner.state.phase for runner in bench.supervisor.running()}
    assert ({Phase.WORKING}, 20) == (phases, len(bench.supervisor.running()))
    assert bench.broker.reads["order_by_client_id"] <= AT_ONCE
    assert bench.broker.reads.total() <= 20
