"""The machine's clock may be ahead of the broker's, which times orders and trades by its own."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from support.bench import LONG_CALL, Bench
from support.eventually import settle
from support.fakes import lose_before_taking

from closeout.closing.state import Phase
from closeout.domain.holdings import MarketClock
from closeout.domain.orders import Fill

AHEAD = timedelta(minutes=10)


@pytest.fixture
async def ahead(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    sound = bench.broker.market_clock

    async def behind() -> MarketClock:
        told = await sound()
        return replace(told, at=told.at - AHEAD)

    monkeypatch.setattr(bench.broker, "market_clock", behind)
    await bench.engine.book.read_market()
    return bench


async def test_before_an_order_goes_again_trades_are_looked_for_by_the_brokers_clock(
    ahead: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime] = []

    async def fills(since: datetime) -> tuple[Fill, ...]:
        asked.append(since)
        return ()

    monkeypatch.setattr(ahead.broker, "fills", fills)
    ahead.broker.script(lose_before_taking)
    lost_at = ahead.clock.now()
    await ahead.open()
    await ahead.clock.seconds(45)

    assert 2 == len(ahead.broker.sent)
    assert asked
    assert lost_at - AHEAD >= max(asked)


async def test_a_look_at_the_account_finds_an_order_that_is_older_by_the_brokers_clock(
    ahead: Bench,
) -> None:
    runner = await ahead.open()
    ahead.broker.newest.submitted_at -= AHEAD
    ahead.broker.drop_stream()
    await settle()
    ahead.broker.fail("order", "order_by_client_id")
    ahead.broker.fill()

    await ahead.clock.seconds(35)

    assert (Phase.CLOSED, 10) == (runner.state.phase, runner.state.filled(LONG_CALL))
