"""The orders that are kept beside the closes, on SQLite and on PostgreSQL alike."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from journal.samples import AT, REPORT, open_close, started
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text
from support.eventually import eventually
from support.past_orders import an_order

from closeout.domain.orders import OrderReport, OrderStatus
from closeout.journal.engines import Engines
from closeout.journal.history import BATCH
from closeout.journal.store import SqlJournal
from closeout.ports import History, JournalFailed, OrderHistory

CONDOR = (("SPY261218P00550000", 1), ("SPY261218P00560000", -1))


def orders(count: int) -> tuple[OrderReport, ...]:
    return tuple(an_order(*CONDOR, order_id=f"o-{n:04}", minute=n) for n in range(count))


async def test_it_is_the_history_the_runtime_asks_for(journal: SqlJournal) -> None:
    port: History = journal

    assert OrderHistory() == await port.load_history("paper")


async def test_orders_read_back_as_they_were_told_oldest_first(url: str) -> None:
    first = await started(url)
    many = orders(2 * BATCH + 7)
    await first.keep_history("paper", OrderHistory((*reversed(many[1:]), many[0]), AT))
    await first.close()

    second = await started(url)
    kept = await second.load_history("paper")
    await second.close()

    assert OrderHistory(many, AT) == kept


async def test_what_an_order_lacks_is_kept_as_lacking(journal: SqlJournal) -> None:
    bare = replace(REPORT, submitted_at=None, updated_at=None, limit=None, net_price=None, legs=())

    await journal.keep_history("paper", OrderHistory((bare,)))

    assert OrderHistory((bare,), None) == await journal.load_history("paper")


async def test_of_two_reports_of_one_order_the_younger_stays(journal: SqlJournal) -> None:
    later = AT + timedelta(seconds=1)
    filled = replace(REPORT, status=OrderStatus.FILLED, updated_at=later)

    for told in (REPORT, filled, REPORT):
        await journal.keep_history("paper", OrderHistory((told,)))

    assert (filled,) == (await journal.load_history("paper")).orders


async def test_until_only_grows(journal: SqlJournal) -> None:
    for until in (AT, AT + timedelta(hours=1), AT, None):
        await journal.keep_history("paper", OrderHistory((), until))

    assert AT + timedelta(hours=1) == (await journal.load_history("paper")).until


async def test_each_account_has_a_history_of_its_own(journal: SqlJournal) -> None:
    await journal.keep_history("paper", OrderHistory((REPORT,), AT))

    assert OrderHistory() == await journal.load_history("live")


async def test_a_history_can_be_deleted_and_begins_anew(journal: SqlJournal) -> None:
    await journal.keep_history("paper", OrderHistory((REPORT,), AT))

    run(journal._engines, "DELETE FROM order_fact", "DELETE FROM order_history")

    assert OrderHistory() == await journal.load_history("paper")


@pytest.mark.parametrize("payload", ["{}", '{"order_id":', '{"order_id":7}'])
async def test_a_row_that_cannot_be_read_has_everything_asked_for_again(
    journal: SqlJournal, payload: str
) -> None:
    first, second = orders(2)
    await journal.keep_history("paper", OrderHistory((first, second), AT))
    run(
        journal._engines,
        f"UPDATE order_fact SET payload = '{payload}' WHERE order_id = '{first.order_id}'",
    )

    assert OrderHistory((second,), None) == await journal.load_history("paper")


async def test_until_is_not_written_when_an_order_before_it_was_not(journal: SqlJournal) -> None:
    many = orders(2 * BATCH)
    many = (*many[:-1], replace(many[-1], updated_at=AT.replace(tzinfo=None)))

    with pytest.raises(JournalFailed, match="no time zone"):
        await journal.keep_history("paper", OrderHistory(many, AT))

    kept = await journal.load_history("paper")
    assert (BATCH, None) == (len(kept.orders), kept.until)


async def test_a_close_is_written_between_two_batches_of_a_long_history(
    journal: SqlJournal,
) -> None:
    batches: list[object] = []
    sqlalchemy_event.listen(journal._engines.cache, "commit", batches.append)
    keeping = asyncio.create_task(journal.keep_history("paper", OrderHistory(orders(5_000), AT)))
    await eventually(lambda: bool(batches))

    await open_close(journal)
    before = len(batches)

    await keeping
    assert before < len(batches) == 5_000 / BATCH + 1


async def test_history_is_committed_without_waiting_for_the_disk(journal: SqlJournal) -> None:
    """2 is SQLite's `FULL`, 1 its `NORMAL`, which in WAL mode does not sync at a commit."""
    journal._engines.line.close()
    setting = (
        "PRAGMA synchronous"
        if journal._engines.write.dialect.name == "sqlite"
        else "SHOW synchronous_commit"
    )

    said = []
    for engine in (journal._engines.write, journal._engines.cache):
        with engine.begin() as connection:
            said.append(connection.scalar(text(setting)))

    assert said in ([2, 1], ["on", "off"])


async def test_a_closed_journal_keeps_nothing_more(journal: SqlJournal) -> None:
    await journal.close()

    with pytest.raises(JournalFailed, match="closed"):
        await journal.keep_history("paper", OrderHistory((REPORT,)))
    with pytest.raises(JournalFailed, match="closed"):
        await journal.load_history("paper")


def run(engines: Engines, *statements: str) -> None:
    engines.line.close()
    with engines.write.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
