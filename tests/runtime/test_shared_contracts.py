"""
Two strategies that share a contract, which Alpaca nets into one row.

Whose contracts have gone is known from orders alone, so every word about one counts.
"""

import pytest
from support.bench import AT_MARKET, SHORT_PUT, Bench

from closeout.closing.state import Phase
from closeout.domain.holdings import Holdings
from closeout.domain.orders import OrderReport
from closeout.domain.strategies import GroupedBy
from closeout.runtime.requests import CloseRequest

OTHER = {
    "SPY261218P00540000": 1,
    SHORT_PUT: -1,
    "SPY261218C00640000": -1,
    "SPY261218C00650000": 1,
}

NEW = {"SPY261218P00500000": 1, "SPY261218P00510000": -1}


@pytest.fixture
async def bench(empty_bench: Bench) -> Bench:
    """Two condors of ten and of three that share their short put."""
    empty_bench.hold_condor()
    empty_bench.open_package(OTHER, 3)
    await empty_bench.start()
    return empty_bench


def short_puts(bench: Bench) -> dict[int, int]:
    """The shared contracts of each strategy, by the units it was opened with."""
    return {
        max(leg.contracts for leg in strategy.legs): sum(
            leg.contracts for leg in strategy.legs if leg.symbol == SHORT_PUT
        )
        for strategy in bench.engine.book.grouping.strategies
    }


async def test_a_fill_that_only_a_look_up_told_of_is_taken_from_its_own_strategy(
    bench: Bench,
) -> None:
    small = next(it for it in bench.engine.book.grouping.strategies if it.legs[0].contracts == 3)
    leg = next(leg for leg in small.legs if leg.symbol == SHORT_PUT)
    bench.broker.drop_stream()
    runner = await bench.supervisor.open(CloseRequest(small.id, leg.id, AT_MARKET))
    bench.broker.fill()
    bench.broker.fail("order_history")

    await bench.clock.seconds(5)

    assert Phase.CLOSED is runner.state.phase
    assert {10: 10, 3: 0} == short_puts(bench)


async def test_what_the_history_brings_counts_also_when_its_snapshot_comes_late(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the history was read, another read of the holdings has overtaken it."""
    book, broker = bench.engine.book, bench.broker
    read_history = broker.order_history

    async def overtaken(since: object) -> tuple[OrderReport, ...]:
        await bench.clock.seconds(0.1)
        newer: Holdings = await book.read_holdings()
        assert newer is book.holdings
        return await read_history(None)

    bench.open_package(NEW, 2)
    monkeypatch.setattr(broker, "order_history", overtaken)

    await book.refresh()

    ways = {strategy.grouped_by for strategy in book.grouping.strategies}
    assert {GroupedBy.OPENING_ORDER} == ways
