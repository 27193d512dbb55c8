"""Room in SQLite's log is made beforehand, and costs the database nothing."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from journal.samples import AT, open_close, started

from closeout.closing.events import Woke
from closeout.journal.log_room import ROOM
from closeout.journal.store import SqlJournal


def length_of_log(folder: Path) -> int:
    return (folder / "journal.db-wal").stat().st_size


async def test_the_log_has_its_length_before_the_first_close(
    sqlite_url: str, tmp_path: Path
) -> None:
    journal = await started(sqlite_url)
    before = length_of_log(tmp_path)

    await open_close(journal)
    for sequence in range(1, 20):
        await journal.append("c1", sequence=sequence, events=[Woke(at=AT)])

    assert before >= ROOM
    assert before == length_of_log(tmp_path)
    await journal.close()


async def test_nothing_of_it_is_in_the_database(sqlite_url: str, tmp_path: Path) -> None:
    journal = await started(sqlite_url)
    await journal.close()

    with closing(sqlite3.connect(tmp_path / "journal.db")) as plain:
        (pages,) = plain.execute("PRAGMA page_count").fetchone()
        tables = plain.execute("SELECT name FROM sqlite_master WHERE name = 'room'").fetchall()

    assert [] == tables
    assert pages * 4096 < ROOM / 10


async def test_what_a_crash_left_in_the_log_outlives_it(sqlite_url: str, tmp_path: Path) -> None:
    first = await started(sqlite_url)
    await open_close(first)
    log = tmp_path / "journal.db-wal"
    cut = log.read_bytes()[: 60 * 4096]
    # The first process died, and its log is short.
    (tmp_path / "crashed").mkdir()
    (tmp_path / "crashed/journal.db").write_bytes((tmp_path / "journal.db").read_bytes())
    (tmp_path / "crashed/journal.db-wal").write_bytes(cut)
    await first.close()

    second = await started(f"sqlite:///{tmp_path}/crashed/journal.db")

    assert await second.load("c1") is not None
    assert length_of_log(tmp_path / "crashed") >= ROOM
    await second.close()


async def test_a_journal_that_another_program_holds_is_opened_all_the_same(
    sqlite_url: str, tmp_path: Path
) -> None:
    await (await started(sqlite_url)).close()
    other = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    journal = await SqlJournal.start(sqlite_url, patience=timedelta(milliseconds=100))

    assert length_of_log(tmp_path) < ROOM
    other.close()
    await journal.close()
