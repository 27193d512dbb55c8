"""The exchange takes back the purchase of a short: what covers it stays, also unseen (I6)."""

import asyncio
from datetime import timedelta

import pytest
from support.bench import LONG_PUT, SHORT_PUT, Bench
from support.broker_script import rate_limited
from support.eventually import eventually, settle
from support.fake_orders import FakeOrder

from closeout.closing.state import Phase
from closeout.domain.errors import CannotPlan


async def bought_back_and_taken_back(bench: Bench) -> None:
    """All short puts were bought back and one of them taken back, which no position shows yet."""
    runner = await bench.open(leg=SHORT_PUT)
    order = bench.broker.fill()
    await bench.reaches(runner.state.close_id, Phase.CLOSED)
    await bench.engine.book.refresh()
    bench.broker.freeze_holdings()
    bench.broker.bust(order, SHORT_PUT, contracts=1)
    await bench.reaches(runner.state.close_id, Phase.NEEDS_ATTENTION)


async def sent_before_and_after_positions_agree(
    bench: Bench, *, since: int
) -> tuple[list[int], list[int]]:
    """Units of the orders after so many: while positions are frozen, and once they are not."""
    await bench.clock.seconds(10)
    before = len(bench.broker.sent)
    bench.broker.thaw_holdings()
    await bench.clock.seconds(40)
    units = [ticket.units for ticket in bench.broker.sent]
    return units[since:before], units[before:]


async def test_what_covers_a_short_that_was_taken_back_is_not_planned_for_sale(
    bench: Bench,
) -> None:
    await bought_back_and_taken_back(bench)

    with pytest.raises(CannotPlan) as refusal:
        await bench.open(leg=LONG_PUT)

    assert ("positions_unsettled", 1) == (refusal.value.reason_code, len(bench.broker.sent))
    assert SHORT_PUT in str(refusal.value)


async def test_nor_sent_when_the_trade_is_taken_back_after_it_was_planned(bench: Bench) -> None:
    runner = await bench.open(leg=SHORT_PUT)
    order = bench.broker.fill()
    await bench.reaches(runner.state.close_id, Phase.CLOSED)
    bench.broker.script(rate_limited(timedelta(seconds=2)))
    sale = await bench.open(leg=LONG_PUT)
    bench.broker.freeze_holdings()
    bench.broker.bust(order, SHORT_PUT, contracts=1)

    assert ([], [9]) == await sent_before_and_after_positions_agree(bench, since=2)
    assert Phase.WORKING is sale.state.phase


async def test_a_sale_at_work_is_withdrawn_when_the_trade_of_its_short_is_taken_back(
    bench: Bench,
) -> None:
    runner = await bench.open(leg=SHORT_PUT)
    order = bench.broker.fill()
    await bench.reaches(runner.state.close_id, Phase.CLOSED)
    await bench.open(leg=LONG_PUT)
    bench.broker.freeze_holdings()

    bench.broker.bust(order, SHORT_PUT, contracts=1)
    await eventually(lambda: bench.broker.cancels)
    assert ([], [9]) == await sent_before_and_after_positions_agree(bench, since=2)


async def bought_back(bench: Bench) -> FakeOrder:
    """All short puts were bought back; return the order."""
    runner = await bench.open(leg=SHORT_PUT)
    order = bench.broker.fill()
    await bench.reaches(runner.state.close_id, Phase.CLOSED)
    await bench.engine.book.refresh()
    return order


async def take_back_unrecorded(bench: Bench, order: FakeOrder) -> None:
    """Let the exchange take one of them back, which neither journal nor positions show yet."""
    bench.journal.gate = bench.journal.gate or asyncio.Event()
    bench.broker.freeze_holdings()
    bench.broker.bust(order, SHORT_PUT, contracts=1)
    await settle()


def let_write(bench: Bench) -> None:
    assert bench.journal.gate is not None
    bench.journal.gate.set()


async def test_what_was_taken_back_counts_before_it_is_on_record(bench: Bench) -> None:
    await take_back_unrecorded(bench, await bought_back(bench))

    with pytest.raises(CannotPlan) as refusal:
        await bench.open(leg=LONG_PUT)

    assert ("positions_unsettled", 1) == (refusal.value.reason_code, len(bench.broker.sent))


async def test_a_sale_is_not_sent_when_the_trade_is_taken_back_while_it_is_written(
    bench: Bench,
) -> None:
    order = await bought_back(bench)
    bench.journal.gate = asyncio.Event()
    opening = asyncio.create_task(bench.open(leg=LONG_PUT))
    await settle()
    await take_back_unrecorded(bench, order)

    let_write(bench)
    await opening

    assert ([], [9]) == await sent_before_and_after_positions_agree(bench, since=1)


async def test_nor_when_it_is_taken_back_while_what_was_seen_of_the_account_is_written(
    bench: Bench,
) -> None:
    order = await bought_back(bench)
    bench.broker.script(rate_limited(timedelta(seconds=2)))
    await bench.open(leg=LONG_PUT)
    bench.journal.gate = asyncio.Event()
    await bench.clock.seconds(3)
    await take_back_unrecorded(bench, order)

    let_write(bench)

    assert ([], [9]) == await sent_before_and_after_positions_agree(bench, since=2)
