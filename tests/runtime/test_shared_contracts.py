"""
Two strategies that share a contract, which Alpaca nets into one row.

Whose contracts have gone is known from orders alone, so every word about one counts.
"""

import pytest
from support.bench import AT_MARKET, LONG_PUT, SHORT_PUT, Bench
from support.eventually import settle
from support.fake_orders import FakeOrder

from closeout.closing.state import Phase
from closeout.domain.errors import CannotPlan
from closeout.domain.holdings import Holdings, MarketClock
from closeout.domain.orders import OrderReport, OrderType, Side, Ticket, TicketLeg, TradeUpdate
from closeout.domain.strategies import GroupedBy, Strategy
from closeout.ports import ReadFailed
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


def condor(bench: Bench, units: int) -> Strategy:
    """The strategy that was opened with so many units."""
    strategies = bench.engine.book.grouping.strategies
    return next(it for it in strategies if max(leg.contracts for leg in it.legs) == units)


async def fills_unheard(bench: Bench) -> FakeOrder:
    """
    Fill a close of the small condor's short put: positions show it, orders and stream do not,
    so that the big one seems to have lost those contracts.
    """
    small = condor(bench, 3)
    leg = next(leg for leg in small.legs if leg.symbol == SHORT_PUT)
    await bench.supervisor.open(CloseRequest(small.id, leg.id, AT_MARKET))
    await settle()
    bench.broker.drop_stream()
    order = bench.broker.fill()
    bench.broker.unlisted.add(order.client_order_id)
    return order


async def hear(bench: Bench, order: FakeOrder) -> None:
    """Let the stream tell of a fill at last."""
    bench.broker.push(TradeUpdate("fill", None, order.report(), (), (), order.updated_at))
    await settle()


async def test_a_fill_that_only_a_look_up_told_of_is_taken_from_its_own_strategy(
    bench: Bench,
) -> None:
    small = condor(bench, 3)
    leg = next(leg for leg in small.legs if leg.symbol == SHORT_PUT)
    bench.broker.drop_stream()
    runner = await bench.supervisor.open(CloseRequest(small.id, leg.id, AT_MARKET))
    bench.broker.fill()
    bench.broker.fail("order_history")

    await bench.clock.seconds(5)

    assert Phase.CLOSED is runner.state.phase
    assert {10: 10, 3: 0} == short_puts(bench)


async def test_a_fill_heard_of_while_a_close_is_prepared_is_taken_from_its_own_strategy(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker's clock is read meanwhile, and only then do positions and fills agree."""
    big, order = condor(bench, 10), await fills_unheard(bench)

    async def slowly() -> MarketClock:
        await hear(bench, order)
        raise ReadFailed("timed out")

    bench.engine.book._market = None
    monkeypatch.setattr(bench.broker, "market_clock", slowly)

    await bench.supervisor.open(CloseRequest(big.id, None, AT_MARKET))
    await settle()

    assert [3, 10] == [ticket.contracts(SHORT_PUT) for ticket in bench.broker.sent]


async def test_a_fill_heard_of_after_a_close_was_planned_does_not_make_its_plan_right(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another hand's order holds a contract, so open orders are read when the plan stands."""
    big, order = condor(bench, 10), await fills_unheard(bench)
    leg = TicketLeg(LONG_PUT, 1, Side.SELL)
    bench.broker.add(Ticket("elsewhere", 1, (leg,), OrderType.MARKET, None))
    read = bench.broker.open_orders

    async def slowly() -> tuple[OrderReport, ...]:
        await hear(bench, order)
        return await read()

    monkeypatch.setattr(bench.broker, "open_orders", slowly)
    request = CloseRequest(big.id, None, AT_MARKET, cancel_conflicting=True)

    with pytest.raises(CannotPlan) as refusal:
        await bench.supervisor.open(request)

    assert ("positions_unsettled", 1) == (refusal.value.reason_code, len(bench.broker.sent))


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
