"""Outlooks are kept up at a calm pace, only for what moved, and never hold anything back."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from support.bench import CONDOR, LONG_CALL, LONG_PUT, SHORT_PUT, Bench
from support.eventually import settle

from closeout.domain.marks import Greeks, OptionMark
from closeout.domain.outlook import Outlook, Source
from closeout.domain.quotes import Quote
from closeout.runtime.outlooks import AT_LEAST_EVERY, EVERY, MARKS_EVERY, MARKS_LAST, Outlooks

Work = Callable[[], Sequence[Outlook]]
DELTA = Greeks(-0.25, 0.01, -0.1, 0.3, 0.0)


class Kept:
    """Outlooks on a bench. What is valued is done at once and counted."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.valued: list[int] = []
        self.outlooks = Outlooks(
            bench.engine.book,
            bench.quotes,
            bench.clock,
            bench.engine.feed,
            rate=0.0,
            offload=self._value,
        )

    def _value(self, work: Work) -> Awaitable[Sequence[Outlook]]:
        async def at_once() -> Sequence[Outlook]:
            found = work()
            self.valued.append(len(found))
            return found

        return at_once()

    @property
    def only(self) -> Outlook:
        found = self.outlooks.of(self.bench.strategy)
        assert found is not None
        return found

    def push(self, symbol: str, bid: str, ask: str) -> None:
        now = self.bench.clock.now()
        self.bench.quotes.push(Quote(symbol, Decimal(bid), Decimal(ask), 1, 1, now))


@pytest.fixture
async def kept(empty_bench: Bench) -> Kept:
    empty_bench.hold_condor()
    empty_bench.quotes.set("SPY", "590.00", "590.10")
    await empty_bench.start()
    return Kept(empty_bench)


async def test_before_the_first_look_only_the_exact_is_known(kept: Kept) -> None:
    strategy = kept.bench.strategy
    risk = kept.outlooks.risk_of(strategy)

    assert None is kept.outlooks.of(strategy)
    assert risk is not None
    assert (Decimal(0), Decimal(-10_000)) == (risk.max_profit, risk.max_loss)


async def test_a_look_values_everything_held_in_one_go(kept: Kept) -> None:
    kept.bench.open_package({"QQQ261218C00600000": 1, "QQQ261218C00610000": -1}, 2)
    await kept.bench.engine.book.refresh()

    await kept.outlooks.look()

    assert [2] == kept.valued


async def test_what_did_not_move_is_not_valued_again(kept: Kept) -> None:
    await kept.outlooks.look()
    await kept.outlooks.look()
    assert [1] == kept.valued

    kept.push("SPY", "591.00", "591.10")
    await kept.outlooks.look()
    assert [1, 1] == kept.valued


async def test_a_quote_that_only_grew_younger_moves_nothing(kept: Kept) -> None:
    await kept.outlooks.look()
    kept.push("SPY", "590.00", "590.10")
    await kept.outlooks.look()

    assert [1] == kept.valued


async def test_time_alone_moves_greeks(kept: Kept) -> None:
    await kept.outlooks.look()
    first = kept.only
    await kept.bench.clock.advance(AT_LEAST_EVERY)
    await kept.outlooks.look()

    assert first.greeks != kept.only.greeks


async def test_whoever_listens_hears_of_what_came_out_different(kept: Kept) -> None:
    with kept.bench.engine.feed.listen() as listener:
        await kept.outlooks.look()
        assert {kept.bench.strategy.id} == listener.take().outlooks
        await kept.outlooks.look()
        assert set() == listener.take().outlooks


async def test_an_outlook_of_other_legs_is_none(kept: Kept) -> None:
    """After a partial close the old greeks would be those of contracts that are gone."""
    await kept.outlooks.look()
    for symbol, ratio in CONDOR.items():
        kept.bench.broker.quantities[symbol] = Decimal(4 * ratio)
    await kept.bench.engine.book.refresh()

    assert None is kept.outlooks.of(kept.bench.strategy)
    await kept.outlooks.look()
    assert kept.only.greeks is not None


async def test_what_is_gone_is_forgotten(kept: Kept) -> None:
    await kept.outlooks.look()
    gone = kept.bench.strategy
    kept.bench.broker.quantities.clear()
    await kept.bench.engine.book.refresh()
    await kept.outlooks.look()

    assert None is kept.outlooks.of(gone)


async def test_the_brokers_greeks_are_shown_while_young(kept: Kept) -> None:
    mark = OptionMark(SHORT_PUT, DELTA, 0.3, kept.bench.clock.now())
    kept.bench.quotes.told[SHORT_PUT] = mark

    async def sources() -> set[Source | None]:
        await kept.outlooks.look()
        return {leg.source for leg in kept.only.legs}

    await kept.outlooks.read_marks()
    assert {Source.ALPACA, Source.COMPUTED} == await sources()
    await kept.bench.clock.advance(MARKS_LAST)
    assert {Source.COMPUTED} == await sources()


async def test_unread_greeks_are_computed(kept: Kept) -> None:
    kept.bench.quotes.failing = "HTTP 500"

    await kept.outlooks.read_marks()
    await kept.outlooks.look()

    assert {Source.COMPUTED} == {leg.source for leg in kept.only.legs}


async def test_it_looks_every_two_seconds_and_asks_for_greeks_every_minute(kept: Kept) -> None:
    running = asyncio.create_task(kept.outlooks.run())
    await settle()
    for step in range(1, 61):
        kept.push("SPY", f"{590 + step}.00", f"{590 + step}.10")
        await kept.bench.clock.advance(timedelta(seconds=1))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert 1 + 60 // EVERY.total_seconds() == len(kept.valued)
    assert 1 + 60 // MARKS_EVERY.total_seconds() == len(kept.bench.quotes.marked)
    assert frozenset(CONDOR) == kept.bench.quotes.marked[0]


async def test_positions_that_are_not_held_can_be_looked_at(kept: Kept) -> None:
    legs = kept.bench.strategy.legs
    rest = tuple(leg for leg in legs if leg.symbol not in {LONG_PUT, LONG_CALL})

    whole, left, nothing = await kept.outlooks.look_at([legs, rest, ()])

    assert whole.picture is not None
    assert left.picture is not None
    assert None is nothing.picture
