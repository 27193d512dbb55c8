"""A journal that was altered behind our back says where."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
from journal.samples import EVENTS, open_close

from closeout.closing.events import Event
from closeout.journal.store import SqlJournal
from closeout.journal.verify import BrokenRow, Verification
from closeout.ports import JournalFailed


class Hand:
    """Somebody with the database's own tools and no respect."""

    def __init__(self, url: str) -> None:
        self._connection: sqlite3.Connection | psycopg.Connection
        if url.startswith("sqlite"):
            self._connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            self._unlock = (
                "DROP TRIGGER IF EXISTS close_event_no_update",
                "DROP TRIGGER IF EXISTS close_event_no_delete",
            )
        else:
            self._connection = psycopg.connect(url, autocommit=True)
            self._unlock = (
                "ALTER TABLE close_event DISABLE TRIGGER USER",
                "SET session_replication_role = replica",
            )

    def run(self, *statements: str) -> None:
        for statement in statements:
            self._connection.execute(statement)

    def tamper(self, *statements: str) -> None:
        self.run(*self._unlock, *statements)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def hand(url: str, journal: SqlJournal) -> Iterator[Hand]:
    hand = Hand(url)
    yield hand
    hand.close()


async def three_closes(journal: SqlJournal, events: Sequence[Event] = EVENTS[:4]) -> None:
    for each in ("c1", "c2", "c3"):
        await open_close(journal, each, events=events)


async def test_an_untouched_journal_is_whole(journal: SqlJournal) -> None:
    await three_closes(journal)
    await journal.append("c2", sequence=4, events=EVENTS[4:])
    await journal.mark_ended("c2", ended=True)

    assert Verification(closes=3, events=12 + len(EVENTS) - 4, broken=None) == (
        await journal.verify()
    )


async def test_an_empty_journal_is_whole(journal: SqlJournal) -> None:
    assert Verification(closes=0, events=0, broken=None) == await journal.verify()


@pytest.mark.parametrize("statement", ["UPDATE close_event SET at = at", "DELETE FROM close_event"])
async def test_events_cannot_be_changed_or_deleted(
    journal: SqlJournal, hand: Hand, statement: str
) -> None:
    await three_closes(journal)

    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.RaiseException), match="only grows"):
        hand.run(statement)

    assert 12 == (await journal.verify()).events


@pytest.mark.parametrize(
    ("statement", "sequence", "reason"),
    [
        pytest.param(
            "UPDATE close_event SET payload = payload || ' ' WHERE sequence = 2",
            2,
            "altered",
            id="payload",
        ),
        pytest.param(
            "UPDATE close_event SET kind = 'woke' WHERE sequence = 1", 1, "altered", id="kind"
        ),
        pytest.param(
            "UPDATE close_event SET at = '1999' WHERE sequence = 3", 3, "altered", id="instant"
        ),
        pytest.param(
            "UPDATE close_event SET hash = 'x' WHERE sequence = 3", 3, "altered", id="hash"
        ),
        pytest.param("DELETE FROM close_event WHERE sequence = 0", 0, "missing", id="first"),
        pytest.param("DELETE FROM close_event WHERE sequence = 2", 2, "missing", id="middle"),
        pytest.param("DELETE FROM close_event WHERE sequence = 3", 3, "at the end", id="last"),
        pytest.param("DELETE FROM close_event", 0, "at the end", id="all"),
        pytest.param("UPDATE close SET account = 'live'", 0, "own row was altered", id="account"),
        pytest.param("UPDATE close SET fingerprint = ''", 0, "own row was altered", id="close"),
        pytest.param("UPDATE close SET head = 'x'", None, "last hash", id="head"),
        pytest.param("UPDATE close SET length = 3", None, "count", id="length"),
    ],
)
async def test_the_first_altered_or_lost_row_is_named(
    journal: SqlJournal, hand: Hand, statement: str, sequence: int | None, reason: str
) -> None:
    await three_closes(journal)
    which = " AND " if "WHERE" in statement else " WHERE "
    hand.tamper(f"{statement}{which}close_id = 'c2'")

    found = await journal.verify()

    assert isinstance(found.broken, BrokenRow)
    assert ("c2", sequence) == (found.broken.close_id, found.broken.sequence)
    assert reason in found.broken.reason


async def test_an_event_moved_to_another_close_is_found(journal: SqlJournal, hand: Hand) -> None:
    await three_closes(journal)
    hand.tamper(
        "DELETE FROM close_event WHERE close_id = 'c3' AND sequence = 3",
        "UPDATE close_event SET close_id = 'c3' WHERE close_id = 'c2' AND sequence = 3",
    )

    found = await journal.verify()

    assert BrokenRow("c2", 3, "it is missing at the end") == found.broken


async def test_an_event_whose_close_is_gone_is_found(journal: SqlJournal, hand: Hand) -> None:
    await three_closes(journal)
    hand.tamper("DELETE FROM close WHERE close_id = 'c2'")

    assert BrokenRow("c2", 0, "its close is missing") == (await journal.verify()).broken


def test_a_broken_row_reads_as_a_sentence() -> None:
    assert "event 3 of close c2: it was altered" == str(BrokenRow("c2", 3, "it was altered"))
    assert "close c2: it is odd" == str(BrokenRow("c2", None, "it is odd"))


async def test_a_close_with_a_lost_event_does_not_load_as_a_shorter_one(
    journal: SqlJournal, hand: Hand
) -> None:
    await three_closes(journal)
    hand.tamper("DELETE FROM close_event WHERE close_id = 'c2' AND sequence = 3")

    with pytest.raises(JournalFailed, match="c2 should have 4 events and event 3 is missing"):
        await journal.load("c2")
    with pytest.raises(JournalFailed, match="c2"):
        await journal.load_unfinished("paper")


async def test_a_close_that_lost_all_events_is_not_taken_for_none(
    journal: SqlJournal, hand: Hand
) -> None:
    await three_closes(journal)
    hand.tamper("DELETE FROM close_event WHERE close_id = 'c2'")

    with pytest.raises(JournalFailed, match="c2"):
        await journal.load("c2")


async def test_a_damaged_file_is_reported_as_one(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"this is a letter to my grandmother, not a database" * 100)

    with pytest.raises(JournalFailed, match="no SQLite database"):
        await SqlJournal.start(f"sqlite:///{path}")
