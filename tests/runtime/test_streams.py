"""Stream and REST are two witnesses; one is enough, and neither may lie dead."""

from datetime import timedelta

import pytest
from support.bench import CONDOR, CONDOR_UNITS, LONG_CALL, Bench
from support.builders import a_ticket
from support.eventually import eventually, settle

from closeout.closing.pacing import WalkTerms
from closeout.closing.plan import Terms
from closeout.closing.schedule import Pace
from closeout.closing.state import Phase
from closeout.domain.orders import OrderStatus, OrderType, Side, Ticket, TicketLeg
from closeout.ports import Missed
from closeout.runtime.breaker import FAILURES_TO_OPEN, OPEN_FOR
from closeout.runtime.budget import REQUESTS_A_MINUTE


async def test_a_fill_missed_in_a_gap_is_asked_for_at_once(bench: Bench) -> None:
    runner = await bench.open()
    await bench.clock.seconds(120)
    bench.broker.drop_stream()
    bench.broker.fill()
    await settle()
    missed = runner.state.phase

    bench.broker.reconnect_stream()
    state = await bench.reaches(runner.state.close_id, Phase.CLOSED)

    assert Phase.WORKING is missed
    assert bench.clock.now() == state.updated_at, "no time has passed"


async def test_a_fill_whose_message_could_not_be_read_is_asked_for_at_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = await bench.open()
    await bench.clock.seconds(120)
    monkeypatch.setattr(
        bench.broker, "tell", lambda *_: bench.broker.push(Missed(bench.clock.now()))
    )

    bench.broker.fill()
    state = await bench.reaches(runner.state.close_id, Phase.CLOSED)

    assert bench.clock.now() == state.updated_at, "no time has passed"


async def test_a_walk_asks_at_once_though_it_looks_more_often_than_it_asks(bench: Bench) -> None:
    """Two seconds after an even one: its next look alone would see the market only."""
    terms = Terms(OrderType.LIMIT, walk=WalkTerms(Pace.NORMAL))
    runner = await bench.open(terms)
    await bench.clock.seconds(2)
    bench.broker.drop_stream()
    bench.broker.fill()
    await settle()

    bench.broker.reconnect_stream()
    state = await bench.reaches(runner.state.close_id, Phase.CLOSED)

    assert bench.clock.now() == state.updated_at, "no time has passed"


async def test_after_a_gap_the_holdings_are_read_again(bench: Bench) -> None:
    bench.broker.drop_stream()
    bench.broker.hold(LONG_CALL, 7)
    await settle()

    bench.broker.reconnect_stream()
    await bench.clock.seconds(1)

    assert 7 == bench.leg(LONG_CALL).contracts


async def test_with_the_stream_down_polling_sees_the_fill(bench: Bench) -> None:
    bench.broker.drop_stream()
    runner = await bench.open()
    bench.broker.fill()

    await bench.clock.seconds(5)

    assert Phase.CLOSED is runner.state.phase


async def test_an_order_that_works_for_hours_is_still_polled(bench: Bench) -> None:
    bench.broker.drop_stream()
    runner = await bench.open()
    await bench.clock.advance(timedelta(hours=2))
    bench.broker.fill()

    await bench.clock.seconds(16)

    assert Phase.CLOSED is runner.state.phase


async def test_polling_goes_on_through_reads_that_fail(bench: Bench) -> None:
    bench.broker.drop_stream()
    runner = await bench.open()
    bench.broker.fill()
    bench.broker.fail("*")
    await bench.clock.seconds(300)
    phase_before = runner.state.phase

    bench.broker.heal()
    await bench.clock.seconds(20)

    assert (Phase.WORKING, Phase.CLOSED) == (phase_before, runner.state.phase)


async def test_an_update_told_twice_and_late_changes_nothing(bench: Bench) -> None:
    runner = await bench.open()
    order = bench.broker.newest
    bench.broker.fill(units=4)
    await settle()
    bench.broker.tell("partial_fill", order, 4)
    order.filled_units, order.status = 0, OrderStatus.NEW
    bench.broker.tell("new", order)
    await settle()

    assert 4 == runner.state.filled(LONG_CALL)
    assert Phase.WORKING is runner.state.phase


async def test_an_order_of_a_stranger_is_nobodys(bench: Bench) -> None:
    runner = await bench.open()
    before = runner.state
    leg = TicketLeg("QQQ261218P00500000", 1, Side.BUY)
    stranger = bench.broker.add(Ticket("by-hand", 1, (leg,), OrderType.MARKET, None))

    bench.broker.tell("new", stranger)
    await settle()

    assert before == runner.state


async def test_a_trade_made_elsewhere_shows_at_once(bench: Bench) -> None:
    leg = TicketLeg(LONG_CALL, 1, Side.SELL)
    bench.broker.add(Ticket("by-hand", 4, (leg,), OrderType.MARKET, None))
    bench.broker.fill()

    await bench.clock.seconds(1)

    assert 6 == bench.leg(LONG_CALL).contracts


async def test_an_order_told_before_the_first_look_does_not_hide_the_history(
    empty_bench: Bench,
) -> None:
    """The stream may be up before the first read: what came before is still read."""
    bench = empty_bench
    bench.hold_condor()
    bench.broker.fail("account")
    bench.engine.start()
    await settle()
    leg = TicketLeg(LONG_CALL, 1, Side.SELL)
    stranger = bench.broker.add(Ticket("by-hand", 1, (leg,), OrderType.MARKET, None))
    bench.broker.tell("new", stranger)
    await settle()

    bench.broker.heal()
    await bench.clock.seconds(3)
    await eventually(lambda: bench.engine.is_ready)

    assert [None] == bench.broker.history_asked[:1]
    assert "opening_order" == bench.strategy.grouped_by.value


async def test_orders_missed_by_both_witnesses_are_read_later(bench: Bench) -> None:
    """What the stream tells after a gap is no proof that the history was read until then."""
    bench.broker.drop_stream()
    bench.broker.fail("*")
    await bench.clock.advance(timedelta(minutes=20))
    other = {symbol.replace("SPY", "QQQ"): ratio for symbol, ratio in CONDOR.items()}
    legs = tuple(
        TicketLeg(symbol, 1, Side.BUY if ratio > 0 else Side.SELL)
        for symbol, ratio in other.items()
    )
    opened = bench.broker.add(Ticket("by-hand", 2, legs, OrderType.MARKET, None))
    opened.opening = True
    bench.broker.fill(opened)
    await bench.clock.advance(timedelta(minutes=20))
    newer = TicketLeg(LONG_CALL, 1, Side.SELL)
    bench.broker.reconnect_stream()
    later = bench.broker.add(Ticket("by-hand-2", 1, (newer,), OrderType.MARKET, None))
    bench.broker.tell("new", later)
    await settle()

    bench.broker.heal()
    await bench.clock.seconds(60)

    found = {each.underlying: each for each in bench.engine.book.grouping.strategies}
    assert "opening_order" == found["QQQ"].grouped_by.value
    assert CONDOR_UNITS == found["SPY"].units


async def test_a_late_update_does_not_undo_what_the_book_knows(bench: Bench) -> None:
    """A repeated `new` of the opening order must not tear the strategy apart."""
    opening = bench.broker.orders[0]
    identity = bench.strategy.id
    opening.status, opening.filled_units = OrderStatus.NEW, 0
    bench.broker.tell("new", opening)
    await settle()
    opening.status, opening.filled_units = OrderStatus.FILLED, CONDOR_UNITS

    await bench.engine.book.read_holdings()

    assert identity == bench.strategy.id


async def test_quotes_missed_in_a_gap_are_read_again(bench: Bench) -> None:
    bench.quotes.drop("options")
    bench.quotes.set(LONG_CALL, "3.00", "3.20")

    await bench.clock.seconds(1)
    bench.quotes.reconnect("options", gap=timedelta(seconds=1))
    await bench.clock.seconds(1)

    assert "3.00" == str(bench.engine.book.quotes[LONG_CALL].bid)


async def test_quotes_that_could_not_be_read_are_read_later(empty_bench: Bench) -> None:
    bench = empty_bench
    bench.hold_condor()
    bench.quotes.failing = "HTTP 500"
    await bench.start()
    assert {} == bench.engine.book.quotes

    bench.quotes.failing = None
    await bench.clock.seconds(31)

    assert set(CONDOR) <= set(bench.engine.book.quotes)


async def test_a_stream_whose_reader_has_stumbled_is_not_whole_until_it_is_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as stumbling:
        stumbling.setattr(bench.engine.book, "note_order", stumble)
        bench.broker.tell("new", bench.broker.add(a_ticket((LONG_CALL, 1), units=1)))
        await settle()
    meanwhile = bench.engine.book.stream_is_whole
    await bench.clock.seconds(3)

    assert (False, True) == (meanwhile, bench.engine.book.stream_is_whole)


async def test_a_look_after_a_gap_that_fails_is_repeated_soon(bench: Bench) -> None:
    bench.broker.drop_stream()
    bench.broker.hold(LONG_CALL, 7)
    bench.broker.fail("holdings")
    bench.broker.reconnect_stream()
    await bench.clock.seconds(1)

    bench.broker.heal()
    await bench.clock.seconds(5)

    assert 7 == bench.leg(LONG_CALL).contracts


async def test_a_look_that_the_breaker_holds_back_is_not_forgotten(bench: Bench) -> None:
    for _ in range(FAILURES_TO_OPEN):
        bench.engine.breaker.failed(bench.clock.now())
    bench.broker.hold(LONG_CALL, 7)
    bench.broker.drop_stream()
    bench.broker.reconnect_stream()
    await bench.clock.advance(OPEN_FOR + timedelta(seconds=5))

    assert 7 == bench.leg(LONG_CALL).contracts


async def test_a_look_that_the_breaker_holds_back_uses_up_no_requests(bench: Bench) -> None:
    for _ in range(FAILURES_TO_OPEN):
        bench.engine.breaker.failed(bench.clock.now())
    bench.broker.reconnect_stream()
    await bench.clock.advance(OPEN_FOR - timedelta(seconds=1))

    assert REQUESTS_A_MINUTE == bench.engine.budget.left


async def test_quotes_beyond_the_limit_of_the_stream_are_read_all_the_same(bench: Bench) -> None:
    """The free plan streams 30 stocks and 200 options, and refuses the others."""
    bench.quotes.unserved = frozenset({LONG_CALL})
    bench.quotes.set(LONG_CALL, "3.00", "3.20")

    await bench.clock.seconds(31)

    assert "3.00" == str(bench.engine.book.quotes[LONG_CALL].bid)


@pytest.mark.parametrize(("stream", "symbol"), [("options", LONG_CALL), ("stocks", "SPY")])
async def test_quotes_of_a_stream_that_stays_away_are_read(
    bench: Bench, stream: str, symbol: str
) -> None:
    """Another program may have the one connection that the plan allows, all day long."""
    bench.quotes.drop(stream)
    bench.quotes.set(symbol, "3.00", "3.20")

    await bench.clock.seconds(31)

    assert "3.00" == str(bench.engine.book.quotes[symbol].bid)


async def test_quotes_that_are_streamed_are_not_read_again_and_again(bench: Bench) -> None:
    await bench.clock.seconds(5)
    reads = bench.quotes.reads

    await bench.clock.seconds(120)

    assert reads == bench.quotes.reads
