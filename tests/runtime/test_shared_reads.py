"""Many closes, few requests."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from support.bench import AT_MARKET, Bench
from support.eventually import settle

from closeout.closing.state import Phase
from closeout.ports import ReadFailed
from closeout.runtime.lookups import AT_ONCE
from closeout.runtime.requests import CloseRequest
from closeout.runtime.shared import Shared


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


async def test_whoever_asks_while_a_read_is_under_way_shares_the_next() -> None:
    """What began before the question may not know what it is about."""
    slow = Slow()
    shared = Shared(slow.read)
    first = asyncio.create_task(shared())
    await settle()
    later = [asyncio.create_task(shared()) for _ in range(5)]
    await settle()
    slow.gate.set()

    assert [1, 2, 2, 2, 2, 2] == await asyncio.gather(first, *later)


async def test_whoever_asks_at_the_same_moment_shares_one_read() -> None:
    slow = Slow()
    slow.gate.set()
    shared = Shared(slow.read)

    assert (1, 1, 1) == tuple(await asyncio.gather(shared(), shared(), shared()))


async def test_a_failure_is_shared_and_the_next_read_tries_again() -> None:
    slow = Slow(failing=ReadFailed("HTTP 500"))
    slow.gate.set()
    shared = Shared(slow.read)
    answers = await asyncio.gather(shared(), shared(), return_exceptions=True)
    slow.failing = None

    assert [ReadFailed, ReadFailed] == [type(each) for each in answers]
    assert 2 == await shared()


async def test_a_reader_that_goes_away_leaves_the_others_their_answer() -> None:
    slow = Slow()
    shared = Shared(slow.read)
    first, second = asyncio.create_task(shared()), asyncio.create_task(shared())
    await settle()
    first.cancel()
    slow.gate.set()

    with pytest.raises(asyncio.CancelledError):
        await first
    assert 2 == await second


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
