"""A close reads the account before it plans, unless what is known cannot have changed."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from support.bench import SHORT_CALL, SHORT_PUT, Bench
from support.builders import a_ticket
from support.eventually import settle

from closeout.closing.state import Phase
from closeout.domain.errors import CannotPlan
from closeout.ports import ReadFailed


@pytest.fixture
async def young(bench: Bench) -> Bench:
    """Its account was read 1.8 seconds ago, and the stream has been up since before that."""
    await bench.clock.seconds(2)
    bench.broker.reads.clear()
    return bench


async def test_a_young_snapshot_is_not_read_again(young: Bench) -> None:
    await young.open()

    assert (1, 0) == (len(young.broker.sent), young.broker.reads["holdings"])


async def test_one_of_two_seconds_is(young: Bench) -> None:
    await young.clock.seconds(0.2)

    await young.open()

    assert (1, 1) == (len(young.broker.sent), young.broker.reads["holdings"])


async def test_a_clock_that_is_set_back_keeps_nothing_young(young: Bench) -> None:
    young.clock.set_by(timedelta(hours=-1))
    await young.clock.seconds(0.2)

    await young.open()

    assert (1, 1) == (len(young.broker.sent), young.broker.reads["holdings"])


async def test_two_closes_in_a_row_read_once(bench: Bench) -> None:
    await bench.clock.seconds(10)
    bench.broker.reads.clear()

    await bench.open(leg=SHORT_PUT)
    await bench.clock.seconds(0.1)
    await bench.open(leg=SHORT_CALL)

    assert (2, 1) == (len(bench.broker.sent), bench.broker.reads["holdings"])


def break_the_stream(bench: Bench) -> None:
    bench.broker.drop_stream()


def mend_the_stream(bench: Bench) -> None:
    """What was missed in the gap is not known."""
    bench.broker.drop_stream()
    bench.broker.reconnect_stream()


def trade_elsewhere(bench: Bench) -> None:
    bench.broker.fill(bench.broker.add(a_ticket((SHORT_PUT, 1), units=6)))


def order_elsewhere(bench: Bench) -> None:
    """It holds contracts that were free."""
    order = bench.broker.add(a_ticket((SHORT_PUT, 1), units=6))
    bench.broker.tell("new", order)


@pytest.mark.parametrize(
    "happens", [break_the_stream, mend_the_stream, trade_elsewhere, order_elsewhere]
)
async def test_a_young_snapshot_is_read_again_after(
    happens: Callable[[Bench], None], young: Bench
) -> None:
    happens(young)
    await settle()
    before = young.broker.reads["holdings"]

    with suppress(CannotPlan):
        await young.open(leg=SHORT_PUT)

    assert before + 1 == young.broker.reads["holdings"]


async def test_contracts_that_a_cancel_has_freed_are_seen(young: Bench) -> None:
    first = await young.open(leg=SHORT_PUT)
    young.supervisor.cancel(first.state.close_id)
    await young.reaches(first.state.close_id, Phase.CANCELLED)

    await young.open(leg=SHORT_PUT)

    assert 2 == len(young.broker.sent)
    assert 1 == young.broker.reads["holdings"]


async def test_a_read_that_failed_leaves_nothing_young(young: Bench) -> None:
    young.broker.fail("holdings")
    with pytest.raises(ReadFailed):
        await young.engine.book.refresh()

    with pytest.raises(ReadFailed):
        await young.open()

    assert [] == young.broker.sent
