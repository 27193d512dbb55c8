"""What is remembered of orders over a restart, and what is asked for again."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from structlog.testing import capture_logs
from support.bench import SHORT_PUT, Bench
from support.fake_orders import FakeOrder

from closeout.closing.state import Phase
from closeout.domain.chains import Deed
from closeout.domain.orders import OrderReport, OrderStatus, OrderType, Side, Ticket, TicketLeg
from closeout.domain.strategies import GroupedBy
from closeout.ports import HistoryCut, ReadFailed
from closeout.runtime.orders import OVERLAP, REACH

ROLLED_PUT = "SPY270115P00560000"
PUT_SPREAD = {"QQQ261218P00500000": 1, "QQQ261218P00510000": -1}


async def told_once_more(bench: Bench) -> None:
    """Let the account be looked at, and what was new be kept."""
    await bench.clock.seconds(31)
    await bench.clock.seconds(5)


def rest_elsewhere(bench: Bench, *, days: int) -> FakeOrder:
    """Put an order into the books that was sent by another hand so many days ago, and rests."""
    legs = (TicketLeg("NVDA", 1, Side.SELL),)
    order = bench.broker.add(
        Ticket(f"elsewhere-{days}", 10, legs, OrderType.LIMIT, Decimal("500.00"))
    )
    order.submitted_at = order.updated_at = bench.clock.now() - timedelta(days=days)
    return order


def roll_the_put(bench: Bench) -> None:
    """Let the short put of the condor have been rolled to January, five days ago."""
    legs = (TicketLeg(SHORT_PUT, 1, Side.BUY), TicketLeg(ROLLED_PUT, 1, Side.SELL))
    order = bench.broker.add(Ticket("roll", 10, legs, OrderType.MARKET, None))
    order.status, order.filled_units = OrderStatus.FILLED, 10
    order.prices = {SHORT_PUT: Decimal("2.00"), ROLLED_PUT: Decimal("3.10")}
    order.submitted_at = order.updated_at = bench.clock.now() - timedelta(days=5)
    order.opens = frozenset({ROLLED_PUT})
    bench.broker.quantities[ROLLED_PUT] = Decimal(-10)
    del bench.broker.quantities[SHORT_PUT]


async def test_a_restart_asks_only_for_what_is_new(bench: Bench) -> None:
    opened_at = bench.broker.newest.submitted_at
    bench.broker.history_asked.clear()

    await bench.restart()

    await told_once_more(bench)
    first, *later = bench.broker.history_asked
    assert opened_at - REACH == first
    assert {opened_at - OVERLAP} == set(later)


async def test_what_traded_while_we_were_away_is_found(bench: Bench) -> None:
    await bench.stop()
    await bench.clock.advance(timedelta(hours=20))
    bench.open_package(PUT_SPREAD, 3)
    bench.broker.newest.submitted_at = bench.clock.now() - timedelta(hours=1)
    bench.broker.history_asked.clear()

    await bench.restart()

    found = bench.engine.book.grouping.strategies
    assert {"SPY", "QQQ"} == {each.underlying for each in found}
    assert {GroupedBy.OPENING_ORDER} == {each.grouped_by for each in found}
    assert None not in bench.broker.history_asked


async def test_a_rolled_strategy_outlives_the_memory_of_the_broker(empty_bench: Bench) -> None:
    """
    Its identity, its entry prices and what happened to it, when no list reaches back to it.
    """
    bench = empty_bench
    bench.hold_condor()
    roll_the_put(bench)
    await bench.start()
    before, price = bench.engine.book.grouping, bench.leg(ROLLED_PUT).entry_price
    bench.broker.orders.clear()

    await bench.restart()

    assert before == bench.engine.book.grouping
    assert Decimal("3.10") == price
    told = [link.deed for link in before.histories[bench.strategy.id]]
    assert [Deed.OPENED, Deed.ROLLED, Deed.ROLLED] == told


async def test_a_broker_that_does_not_list_the_newest_order_is_asked_for_all(
    bench: Bench,
) -> None:
    bench.broker.orders.clear()
    bench.broker.history_asked.clear()

    with capture_logs() as logs:
        await bench.restart()

    assert None is bench.broker.history_asked[-1]
    assert 1 == count(logs, "history.not_joined")


async def test_an_order_that_rests_for_weeks_is_followed_by_itself(bench: Bench) -> None:
    """
    Everything since it was sent would be many pages, every half minute.
    """
    bench.open_package(PUT_SPREAD, 1)
    bench.broker.newest.submitted_at = bench.clock.now() - timedelta(days=2)
    order = rest_elsewhere(bench, days=20)
    bench.engine.book.note_order(order.report())
    await told_once_more(bench)
    rested = bench.engine.book.orders.open()
    bench.broker.history_asked.clear()

    order.status = OrderStatus.EXPIRED
    await told_once_more(bench)

    assert [order.order_id] == [each.order_id for each in rested]
    assert () == bench.engine.book.orders.open()
    two_days_ago = bench.clock.now() - timedelta(days=2, minutes=10)
    assert all(since is not None and since > two_days_ago for since in bench.broker.history_asked)


async def test_an_open_order_that_the_broker_has_forgotten_holds_nothing(bench: Bench) -> None:
    bench.open_package(PUT_SPREAD, 1)
    bench.broker.newest.submitted_at = bench.clock.now() - timedelta(days=2)
    order = rest_elsewhere(bench, days=20)
    bench.engine.book.note_order(order.report())
    bench.broker.orders.remove(order)

    await told_once_more(bench)
    asked = bench.broker.reads["order"]
    await told_once_more(bench)

    assert () == bench.engine.book.orders.open()
    assert asked == bench.broker.reads["order"], "it is asked for once"


async def test_what_ended_right_before_a_crash_is_asked_for_again(bench: Bench) -> None:
    """
    A fill may overtake a cancel, and only the cancel was kept.
    """
    bench.open_package(PUT_SPREAD, 1)
    bench.broker.newest.submitted_at = bench.clock.now() - timedelta(days=2)
    order = rest_elsewhere(bench, days=20)
    order.status, order.updated_at = OrderStatus.CANCELED, bench.clock.now()
    bench.engine.book.note_order(order.report())
    await told_once_more(bench)
    order.status, order.filled_units = OrderStatus.FILLED, 10
    order.prices = {"NVDA": Decimal("500.00")}

    await bench.restart()

    known = bench.engine.book.orders.under(order.client_order_id)
    assert known is not None
    assert (OrderStatus.FILLED, 10) == (known.status, known.filled_units)


async def test_a_trade_that_was_taken_back_while_we_were_away_is_not_counted(
    bench: Bench,
) -> None:
    """
    What the broker lists stands over what was kept, also when it is less.
    """
    bench.open_package(PUT_SPREAD, 3)
    busted = bench.broker.newest
    busted.submitted_at = busted.updated_at = bench.clock.now() - timedelta(hours=3)
    await told_once_more(bench)
    await bench.stop()
    busted.filled_units, busted.updated_at = 2, bench.clock.now()
    for symbol, ratio in PUT_SPREAD.items():
        bench.broker.hold(symbol, 2 * ratio)

    await bench.restart()

    known = bench.engine.book.orders.under(busted.client_order_id)
    assert known is not None
    assert 2 == known.filled_units
    spread = next(e for e in bench.engine.book.grouping.strategies if e.underlying == "QQQ")
    assert () == spread.missing


async def test_a_history_that_breaks_off_is_read_on_from_there(
    empty_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = empty_bench
    bench.hold_condor()
    bench.open_package(PUT_SPREAD, 1)
    opened, newer = bench.broker.orders
    newer.submitted_at = newer.updated_at = bench.clock.now() - timedelta(days=9)
    whole = bench.broker.order_history

    async def breaking_off(since: datetime | None) -> tuple[OrderReport, ...]:
        orders = await whole(since)
        if since is None:
            raise HistoryCut(ReadFailed("Alpaca answered HTTP 429"), orders[:1])
        return orders

    monkeypatch.setattr(bench.broker, "order_history", breaking_off)
    bench.engine.start()
    await bench.clock.seconds(5)

    assert [None, opened.submitted_at - REACH] == bench.broker.history_asked[:2]
    found = bench.engine.book.grouping.strategies
    assert {"SPY", "QQQ"} == {each.underlying for each in found}
    assert {GroupedBy.OPENING_ORDER} == {each.grouped_by for each in found}


async def test_a_history_that_cannot_be_kept_stops_no_close_and_is_told_once(
    bench: Bench,
) -> None:
    bench.journal.fail_history = True
    bench.broker.fills_at_once = True

    with capture_logs() as logs:
        runner = await bench.open()
        await bench.clock.seconds(60)

    assert Phase.CLOSED is bench.state(runner.state.close_id).phase
    assert bench.journal.refused_history > 1
    assert 1 == count(logs, "history.not_kept")


async def test_what_could_not_be_kept_is_kept_when_it_can_be_again(bench: Bench) -> None:
    bench.journal.fail_history = True
    bench.broker.fills_at_once = True
    await bench.open()
    await bench.clock.seconds(10)
    bench.journal.fail_history = False

    await bench.clock.seconds(10)

    assert {each.order_id for each in bench.broker.orders} == set(bench.journal.kept)


async def test_a_history_that_cannot_be_loaded_is_read_from_the_broker(bench: Bench) -> None:
    before = bench.engine.book.grouping
    await bench.stop()
    bench.journal.fail_history = True

    await bench.restart()

    assert before == bench.engine.book.grouping
    assert None is bench.broker.history_asked[-1]


async def test_nothing_is_kept_before_an_order_is_sent(empty_bench: Bench) -> None:
    """
    Keeping waits behind the click: not even the first look at the account has been kept yet.
    """
    bench = empty_bench
    bench.hold_condor()
    await bench.start()

    await bench.open()

    assert 1 == len(bench.broker.sent)
    assert {} == bench.journal.kept


async def test_a_process_that_is_told_to_stop_keeps_what_is_new(bench: Bench) -> None:
    bench.broker.fills_at_once = True
    await bench.open()

    await bench.stop()

    assert {each.order_id for each in bench.broker.orders} == set(bench.journal.kept)


async def test_what_was_being_kept_when_the_account_was_lost_is_kept_later(bench: Bench) -> None:
    """
    `until` must never stand for an order that is missing.
    """
    book = bench.engine.book
    await bench.clock.seconds(5)
    bench.broker.fills_at_once = True
    await bench.open()
    keeping = asyncio.create_task(book.keep_history())
    await asyncio.sleep(0)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert bench.broker.newest.order_id not in bench.journal.kept

    await bench.clock.seconds(5)

    assert bench.broker.newest.order_id in bench.journal.kept


def count(logs: Sequence[Mapping[str, object]], event: str) -> int:
    return sum(line["event"] == event for line in logs)


async def test_a_full_read_of_which_an_open_order_was_missing_is_repeated(bench: Bench) -> None:
    """The broker lists nothing of what was kept, and fails on the order that was open then."""
    bench.engine.book.note_order(rest_elsewhere(bench, days=40).report())
    await told_once_more(bench)
    await bench.stop()
    bench.open_package(PUT_SPREAD, 3)
    del bench.broker.orders[:-1]
    bench.broker.newest.submitted_at = bench.clock.now() - timedelta(days=35)
    bench.broker.fail("open_orders")
    bench.broker.history_asked.clear()
    restarting = asyncio.create_task(bench.restart())
    await bench.clock.seconds(1)
    assert None in bench.broker.history_asked

    bench.broker.heal()
    await bench.clock.seconds(3)
    await restarting

    found = {each.underlying: each for each in bench.engine.book.grouping.strategies}
    assert GroupedBy.OPENING_ORDER is found["QQQ"].grouped_by
