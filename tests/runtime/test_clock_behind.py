"""The machine's clock may be behind the exchanges', which time quotes by their own."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.bench import LONG_CALL, Bench

from closeout.domain.holdings import MarketClock
from closeout.domain.quotes import Quote

BEHIND = timedelta(minutes=10)


@pytest.fixture
async def behind(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    clock, quote = bench.broker.market_clock, bench.quotes.quote

    async def clock_ahead() -> MarketClock:
        told = await clock()
        return replace(told, at=told.at + BEHIND)

    def quote_ahead(symbol: str) -> Quote:
        told = quote(symbol)
        return replace(told, at=told.at + BEHIND)

    monkeypatch.setattr(bench.broker, "market_clock", clock_ahead)
    monkeypatch.setattr(bench.quotes, "quote", quote_ahead)
    await bench.engine.book.read_market()
    return bench


async def test_a_quote_that_is_old_by_the_exchanges_clock_is_read_before_it_prices(
    behind: Bench,
) -> None:
    """By ours it has not even been made."""
    behind.quotes.push(behind.quotes.quote(LONG_CALL))
    await behind.clock.seconds(60)
    behind.quotes.set(LONG_CALL, "3.00", "3.20")

    await behind.engine.book.freshen_quotes([LONG_CALL], older_than=timedelta(seconds=5))

    assert "3.00" == str(behind.engine.book.quotes[LONG_CALL].bid)


async def test_a_quote_that_is_young_by_the_exchanges_clock_is_not_read_again(
    behind: Bench,
) -> None:
    behind.quotes.push(behind.quotes.quote(LONG_CALL))
    reads = behind.quotes.reads

    await behind.engine.book.freshen_quotes([LONG_CALL], older_than=timedelta(seconds=5))

    assert reads == behind.quotes.reads
