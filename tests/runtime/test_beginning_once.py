"""What could make two orders of one wish, or see cover that is not there."""

import pytest
from support.bench import AT_MARKET, CONDOR, Bench
from support.builders import AT, MARKET, a_leg, a_market, a_strategy, holdings_of, put
from support.eventually import eventually, settle

from closeout.closing.events import CloseOpened
from closeout.closing.guards import check_coverage
from closeout.closing.plan import plan_leg, plan_strategy
from closeout.closing.state import Phase
from closeout.closing.step import step
from closeout.domain.errors import CannotPlan
from closeout.domain.holdings import MarketClock
from closeout.domain.orders import OrderType, Side, Ticket, TicketLeg
from closeout.ports import ReadFailed
from closeout.runtime.claims import holdings_after
from closeout.runtime.refusals import NotReady
from closeout.runtime.requests import CloseRequest


async def test_nothing_begins_before_the_closes_of_the_last_run_are_taken_up(bench: Bench) -> None:
    """They may have these very contracts."""
    await bench.open()
    request = bench.request()
    await bench.stop()
    bench._wire()
    bench.journal.failing = "the disk wakes up"
    bench.engine.start()
    await eventually(lambda: bench.engine.book.account)

    bench.journal.failing = None
    with pytest.raises(NotReady):
        await bench.supervisor.open(request)

    assert 1 == len(bench.broker.sent)


async def test_a_key_that_was_answered_with_a_running_close_keeps_to_it(bench: Bench) -> None:
    """The second tab's answer was lost; asking again must not close what was cancelled."""
    first = await bench.open(key="first tab")
    await bench.open(key="second tab")
    bench.supervisor.cancel(first.state.close_id)
    await eventually(lambda: first.state.phase is Phase.CANCELLED)

    again = await bench.open(key="second tab")
    await settle()

    assert first is again
    assert 1 == len(bench.broker.sent)


def test_fills_that_only_the_holdings_know_of_make_no_cover() -> None:
    """
    Two spreads share their short put. One is bought back whole, which the holdings show and
    its close has not heard of: the other's short is still there and needs its long.
    """
    spread = a_strategy(a_leg(put(440), 4), a_leg(put(450), -4))
    wing = a_leg(put(430), 3, strategy="pos_2")
    before = holdings_of({put(440): 4, put(450): -7, put(430): 3})
    now = holdings_of({put(450): -3, put(430): 3})
    running, _ = step(
        None,
        CloseOpened(
            at=AT,
            close_id="c1",
            account="PA1",
            position_id=spread.id,
            leg_id=None,
            ticker=spread.underlying,
            strategy=spread.name,
            plan=plan_strategy(spread, MARKET, a_market(), before),
        ),
    )
    plan = plan_leg(wing, MARKET, a_market(), now)

    with pytest.raises(CannotPlan) as refusal:
        check_coverage(plan, holdings_after(now, [running]))

    assert "would_uncover" == refusal.value.reason_code


async def test_contracts_that_are_gone_and_still_show_are_not_closed_again(bench: Bench) -> None:
    """Three of ten filled before the cancel, and Alpaca's positions lag behind."""
    runner = await bench.open()
    bench.broker.freeze_holdings()
    bench.broker.fill(units=3)
    bench.supervisor.cancel(runner.state.close_id)
    await eventually(lambda: runner.state.phase is Phase.CANCELLED)
    await bench.engine.book.refresh()
    shown = [strategy.id for strategy in bench.engine.book.grouping.strategies]

    for position_id in shown:
        with pytest.raises(CannotPlan) as refusal:
            await bench.supervisor.open(CloseRequest(position_id, None, AT_MARKET))
        assert "positions_unsettled" == refusal.value.reason_code
    bench.broker.thaw_holdings()
    await bench.engine.book.refresh()
    await bench.open()

    assert [10, 7] == [ticket.units for ticket in bench.broker.sent]


async def test_a_plan_is_not_made_from_holdings_that_grew_old_meanwhile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker's clock is slow to answer while another hand closes six of the ten."""

    legs = tuple(
        TicketLeg(symbol, 1, Side.SELL if ratio > 0 else Side.BUY)
        for symbol, ratio in CONDOR.items()
    )
    elsewhere = Ticket("elsewhere", 6, legs, OrderType.MARKET, None)

    async def slowly() -> MarketClock:
        monkeypatch.undo()
        await bench.clock.seconds(8)
        bench.broker.fill(bench.broker.add(elsewhere))
        raise ReadFailed("timed out")

    bench.engine.book._market = None
    monkeypatch.setattr(bench.broker, "market_clock", slowly)

    await bench.open()

    assert [4] == [ticket.units for ticket in bench.broker.sent]
