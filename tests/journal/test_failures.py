"""What goes wrong with disks and servers: said in a sentence, and nothing half written."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from journal.samples import AT, EVENTS, OPENED, open_close, started
from sqlalchemy import event, text
from support.postgres import Cluster, running_cluster

from closeout.closing.events import OrderRefused, Woke
from closeout.journal.engines import Engines, open_engines
from closeout.journal.store import SqlJournal
from closeout.journal.writer import Writer
from closeout.ports import JournalFailed, SequenceTaken

SHORT = timedelta(milliseconds=100)


@pytest.fixture
async def on_disk(sqlite_url: str) -> AsyncIterator[SqlJournal]:
    journal = await started(sqlite_url, patience=SHORT)
    await open_close(journal)
    yield journal
    await journal.close()


def pragma(journal: SqlJournal, statement: str) -> None:
    """Run a PRAGMA on the writer's own connection: it is the only one of its pool."""
    journal._engines.line.close()
    with journal._engines.write.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA {statement}")


def big_events() -> list[OrderRefused]:
    """Several that fit where one page is free, and several that do not."""
    return [
        OrderRefused(
            at=AT,
            client_order_id="c1-1-1",
            http_status=403,
            code=None,
            message="no" * 10_000,
            related_orders=(),
        )
    ] * 20


async def test_a_full_disk_fails_the_append_and_writes_nothing_of_it(on_disk: SqlJournal) -> None:
    pragma(on_disk, "max_page_count = 20")

    with pytest.raises(JournalFailed, match="disk is full: free some space"):
        await on_disk.append("c1", sequence=1, events=[Woke(at=AT), *big_events()])

    stored = await on_disk.load("c1")
    assert stored is not None
    assert (OPENED,) == stored.events
    assert (await on_disk.verify()).broken is None


async def test_writing_goes_on_once_the_disk_has_room_again(on_disk: SqlJournal) -> None:
    pragma(on_disk, "max_page_count = 20")
    with pytest.raises(JournalFailed):
        await on_disk.append("c1", sequence=1, events=big_events())
    pragma(on_disk, "max_page_count = 1000000")

    await on_disk.append("c1", sequence=1, events=big_events())

    stored = await on_disk.load("c1")
    assert stored is not None
    assert 21 == len(stored.events)


async def test_a_full_disk_fails_everyone_of_the_group(on_disk: SqlJournal) -> None:
    pragma(on_disk, "max_page_count = 20")

    outcomes = await asyncio.gather(
        on_disk.append("c1", sequence=1, events=big_events()),
        open_close(on_disk, "c2"),
        open_close(on_disk, "c3"),
        return_exceptions=True,
    )
    present = [await on_disk.load(each) is not None for each in ("c2", "c3")]

    # Whoever is told so is written; whoever is told not is not.
    assert isinstance(outcomes[0], JournalFailed)
    assert present == [outcome is None for outcome in outcomes[1:]]


async def test_a_read_only_journal_says_who_needs_which_right(on_disk: SqlJournal) -> None:
    pragma(on_disk, "query_only = ON")

    with pytest.raises(JournalFailed, match="read-only: give the user"):
        await on_disk.append("c1", sequence=1, events=[Woke(at=AT)])


async def test_a_locked_journal_says_so_after_its_patience(
    on_disk: SqlJournal, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(JournalFailed, match="another program has it locked"):
        await on_disk.append("c1", sequence=1, events=[Woke(at=AT)])

    other.execute("ROLLBACK")
    other.close()
    await on_disk.append("c1", sequence=1, events=[Woke(at=AT)])


async def test_reads_go_on_while_another_program_holds_the_lock(
    on_disk: SqlJournal, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    stored = await on_disk.load("c1")

    other.close()
    assert stored is not None


@pytest.mark.parametrize("name", ["journal.db", "journal.db-wal"])
async def test_a_file_that_vanished_is_noticed_at_the_next_write_and_read(
    on_disk: SqlJournal, tmp_path: Path, name: str
) -> None:
    """
    SQLite itself would go on and lose everything with the process.
    """
    (tmp_path / name).unlink()

    with pytest.raises(JournalFailed, match=f"{name} was deleted or replaced"):
        await on_disk.append("c1", sequence=1, events=[Woke(at=AT)])
    with pytest.raises(JournalFailed, match="deleted or replaced"):
        await on_disk.load("c1")


async def test_a_file_that_was_replaced_is_noticed(on_disk: SqlJournal, tmp_path: Path) -> None:
    (tmp_path / "journal.db").rename(tmp_path / "moved.db")
    (tmp_path / "journal.db").write_bytes((tmp_path / "moved.db").read_bytes())

    with pytest.raises(JournalFailed, match="deleted or replaced"):
        await on_disk.append("c1", sequence=1, events=[Woke(at=AT)])


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalFailed, match=r"no/such/journal.db failed: .*folder exists"):
        await SqlJournal.start(f"sqlite:///{tmp_path}/no/such/journal.db")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite://", "in memory would forget"),
        ("sqlite:///:memory:", "in memory would forget"),
        ("mysql://root@localhost/closes", "SQLite or PostgreSQL, not in mysql"),
        ("nonsense", "no database URL"),
    ],
)
async def test_a_url_no_journal_can_be_kept_at_is_explained(url: str, sentence: str) -> None:
    with pytest.raises(JournalFailed, match=sentence):
        await started(url)


async def test_sqlite_waits_for_the_disk_on_every_commit(on_disk: SqlJournal) -> None:
    on_disk._engines.line.close()
    with on_disk._engines.write.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }

    assert {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "busy_timeout": 100,
    } == settings


async def test_postgresql_waits_for_the_disk_also_where_the_server_is_lax(
    postgres: Cluster,
) -> None:
    url = postgres.new_database()
    engines = open_engines(url, patience=SHORT)
    with engines.write.begin() as connection:
        name = url.rpartition("/")[2]
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    engines.dispose()

    with engines.write.connect() as connection:
        setting = connection.scalar(text("SHOW synchronous_commit"))
    engines.dispose()

    assert "on" == setting


async def test_a_server_that_went_away_is_named_without_its_password() -> None:
    with running_cluster() as cluster:
        url = cluster.new_database().replace("closeout@", "closeout:hush@")
        journal = await started(url, patience=SHORT)
        await open_close(journal)
        cluster.stop()

        with pytest.raises(JournalFailed, match="server cannot be reached: start it") as written:
            await journal.append("c1", sequence=1, events=[Woke(at=AT)])
        with pytest.raises(JournalFailed, match="server cannot be reached") as read:
            await journal.load("c1")

        cluster.start()
        await journal.append("c1", sequence=1, events=[Woke(at=AT)])
        stored = await journal.load("c1")
        await journal.close()
    assert "hush" not in str(written.value) + str(read.value)
    assert stored is not None
    assert (OPENED, Woke(at=AT)) == stored.events


async def test_a_server_that_restarted_between_two_appends_goes_unnoticed() -> None:
    with running_cluster() as cluster:
        journal = await started(cluster.new_database())
        await open_close(journal)
        cluster.stop()
        cluster.start()

        await journal.append("c1", sequence=1, events=[Woke(at=AT)])
        await journal.close()


async def test_a_database_that_does_not_exist_is_explained(postgres: Cluster) -> None:
    with pytest.raises(JournalFailed, match=r"refused .*createdb.*nowhere"):
        await SqlJournal.start(postgres.url("nowhere"))


async def test_a_lock_on_postgresql_says_so_after_its_patience(postgres: Cluster) -> None:
    url = postgres.new_database()
    journal = await started(url, patience=SHORT)
    await open_close(journal)
    other = open_engines(url, patience=SHORT)

    with other.write.begin() as connection:
        connection.execute(text("LOCK TABLE close IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(JournalFailed, match="another session has it locked"):
            await journal.append("c1", sequence=1, events=[Woke(at=AT)])

    await journal.append("c1", sequence=1, events=[Woke(at=AT)])
    await journal.close()
    other.dispose()


async def test_an_append_that_waited_for_another_worker_sees_what_it_wrote(
    postgres: Cluster,
) -> None:
    url = postgres.new_database()
    journal = await started(url)
    await open_close(journal)
    other = open_engines(url, patience=SHORT)

    with other.write.begin() as connection:
        connection.execute(text("UPDATE close SET length = 7 WHERE close_id = 'c1'"))
        append = asyncio.ensure_future(journal.append("c1", sequence=1, events=[Woke(at=AT)]))
        await someone_waits_for_a_lock(other)

    with pytest.raises(SequenceTaken, match="the next is 7"):
        await append
    await journal.close()
    other.dispose()


async def someone_waits_for_a_lock(engines: Engines) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(5):
        while True:
            with engines.read.begin() as connection:
                if connection.scalar(waiting):
                    return
            await asyncio.sleep(0.005)


async def test_a_text_the_server_cannot_hold_fails_alone(postgres: Cluster) -> None:
    journal = await started(postgres.new_database())

    outcomes = await asyncio.gather(
        open_close(journal, "c1"),
        open_close(journal, "c2", key="nul\0"),
        open_close(journal, "c3"),
        return_exceptions=True,
    )
    await journal.close()

    assert [None, JournalFailed, None] == [
        None if each is None else type(each) for each in outcomes
    ]


async def test_an_error_of_our_own_does_not_leave_callers_waiting(url: str) -> None:
    journal = await started(url)

    def explode(*_: object) -> None:
        raise ZeroDivisionError

    journal._engines.line.close()
    event.listen(journal._engines.write, "checkout", explode)
    with pytest.raises(JournalFailed, match="ZeroDivisionError"):
        await open_close(journal)
    event.remove(journal._engines.write, "checkout", explode)

    await open_close(journal)
    await journal.close()


@pytest.mark.parametrize("trouble", ["read only", "vanished"])
async def test_each_caller_gets_an_exception_of_its_own(
    on_disk: SqlJournal, tmp_path: Path, trouble: str
) -> None:
    if trouble == "vanished":
        (tmp_path / "journal.db").unlink()
    else:
        pragma(on_disk, "query_only = ON")

    outcomes = await asyncio.gather(
        *(open_close(on_disk, f"d{number}") for number in range(5)), return_exceptions=True
    )

    assert 5 == len({id(each) for each in outcomes})
    assert all(isinstance(each, JournalFailed) for each in outcomes)


def test_a_writer_survives_a_loop_that_closed_under_it(sqlite_url: str) -> None:
    """
    The loop that asked is gone when the commit is done; the next loop is served.
    """
    journal = asyncio.run(started(sqlite_url))

    async def ask_and_leave() -> None:
        asyncio.ensure_future(open_close(journal)).cancel()
        waiting = asyncio.ensure_future(open_close(journal))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(ask_and_leave())

    async def check() -> None:
        await open_close(journal, "c2", events=EVENTS[:2])
        assert await journal.load("c2") is not None
        await journal.close()

    asyncio.run(check())


async def test_requests_are_written_in_the_order_they_came() -> None:
    groups: list[list[object]] = []

    def commit(requests: object) -> list[JournalFailed | None]:
        assert isinstance(requests, list)
        groups.append(requests)
        return [SequenceTaken("taken") if each == "bad" else None for each in requests]

    writer = Writer(commit)
    asked: list[object] = ["a", "b", "bad", "c"]
    outcomes = await asyncio.gather(
        *(writer.write(each) for each in asked),  # type: ignore[arg-type] # the writer never looks inside
        return_exceptions=True,
    )
    await writer.close()

    assert asked == [each for group in groups for each in group]
    assert [2] == [number for number, each in enumerate(outcomes) if each is not None]
