"""The user's edits on record, on SQLite and on PostgreSQL alike."""

from datetime import timedelta
from pathlib import Path

import journal.strategies  # noqa: F401 -- instants that are drawn know their zone
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journal.samples import AT, EDITS, golden_edits, started
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from closeout.domain.edits import EditsUndone
from closeout.journal.codec import EDIT_TYPES, decode_edit, encode
from closeout.journal.engines import open_engines
from closeout.journal.store import SqlJournal
from closeout.journal.verify import BrokenEdit
from closeout.ports import AskedUnder, Journal, JournalFailed, NotOwner, SequenceTaken

PATIENCE = timedelta(seconds=2)
GOLDEN = Path(__file__).with_name("golden_edits.json")


async def keep(journal: SqlJournal) -> None:
    for edit in EDITS:
        await journal.append_edit("paper", edit)


def tamper(url: str, statement: str) -> None:
    """Alter rows as no Closeout would, with its guards taken away first."""
    engines = open_engines(url, patience=PATIENCE)
    with engines.write.begin() as connection:
        if connection.dialect.name == "sqlite":
            for verb in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER edit_no_{verb}"))
        else:
            connection.execute(text("DROP TRIGGER edit_only_grows ON edit"))
        connection.execute(text(statement))
    engines.dispose()


async def test_edits_read_back_as_they_were_made(journal: SqlJournal) -> None:
    port: Journal = journal
    assert () == await port.load_edits("paper")

    await keep(journal)

    assert EDITS == await port.load_edits("paper")
    assert () == await port.load_edits("another account")


async def test_edits_are_there_after_a_restart(url: str) -> None:
    first = await started(url)
    await keep(first)
    await first.close()

    second = await started(url)
    edits = await second.load_edits("paper")
    await second.close()

    assert EDITS == edits


@pytest.mark.parametrize("number", [0, 1, 3])
async def test_an_edit_that_is_not_the_next_is_refused(journal: SqlJournal, number: int) -> None:
    await journal.append_edit("paper", EDITS[0])

    with pytest.raises(SequenceTaken, match="the next is 2"):
        await journal.append_edit("paper", EditsUndone(number, AT, "Undid it", ()))

    assert EDITS[:1] == await journal.load_edits("paper")


async def test_only_the_owner_of_an_account_edits_it(journal: SqlJournal, url: str) -> None:
    other = await SqlJournal.start(url)

    with pytest.raises(NotOwner):
        await other.append_edit("paper", EDITS[0])
    await other.take_lease("paper", owner="the other", seen=await other.lease("paper"))
    with pytest.raises(NotOwner):
        await journal.append_edit("paper", EDITS[0])
    await other.append_edit("paper", EDITS[0])
    await other.close()

    assert EDITS[:1] == await journal.load_edits("paper")


async def test_whole_edits_are_found_whole(journal: SqlJournal) -> None:
    await keep(journal)

    checked = await journal.verify()

    assert (len(EDITS), None) == (checked.edits, checked.broken)


@pytest.mark.parametrize(
    ("statement", "number", "reason"),
    [
        ("UPDATE edit SET payload = '{}' WHERE number = 2", 2, "altered"),
        ("UPDATE edit SET at = '' WHERE number = 1", 1, "altered"),
        ("DELETE FROM edit WHERE number = 2", 2, "missing"),
        (f"DELETE FROM edit WHERE number = {len(EDITS)}", len(EDITS), "at the end"),
        ("UPDATE edit_log SET head = 'x'", None, "last hash"),
    ],
)
async def test_an_altered_or_lost_edit_is_named(
    journal: SqlJournal, url: str, statement: str, number: int | None, reason: str
) -> None:
    await keep(journal)
    tamper(url, statement)

    broken = (await journal.verify()).broken

    assert isinstance(broken, BrokenEdit)
    assert ("paper", number) == (broken.account, broken.number)
    assert reason in str(broken)


async def test_lost_edits_do_not_load_as_fewer(journal: SqlJournal, url: str) -> None:
    await keep(journal)
    tamper(url, f"DELETE FROM edit WHERE number = {len(EDITS)}")

    with pytest.raises(JournalFailed, match=r"should have \d edits"):
        await journal.load_edits("paper")


@pytest.mark.parametrize("statement", ["UPDATE edit SET kind = 'x'", "DELETE FROM edit"])
async def test_the_database_itself_keeps_edits_from_change(
    journal: SqlJournal, url: str, statement: str
) -> None:
    await keep(journal)
    engines = open_engines(url, patience=PATIENCE)

    with pytest.raises(DBAPIError, match="only grows"), engines.write.begin() as connection:
        connection.execute(text(statement))

    engines.dispose()


@pytest.mark.parametrize("kind", sorted(EDIT_TYPES))
@settings(deadline=None)
@given(data=st.data())
def test_every_edit_of_a_kind_reads_back_as_it_was_written(kind: str, data: st.DataObject) -> None:
    edit = data.draw(st.from_type(EDIT_TYPES[kind]))

    encoded = encode(edit)

    assert kind == encoded.kind
    assert edit == decode_edit(encoded.kind, encoded.payload, row="it")


def test_todays_edits_are_those_of_the_golden_file() -> None:
    """A change of an old kind needs a default for journals that lack the field."""
    assert GOLDEN.read_text() == golden_edits()


def test_golden_edits_read_back() -> None:
    payloads = msgspec.json.decode(GOLDEN.read_text(), type=list[tuple[str, msgspec.Raw]])

    assert EDITS == tuple(
        decode_edit(kind, bytes(text).decode(), row="it") for kind, text in payloads
    )


async def test_an_edit_is_found_by_the_key_it_was_asked_under(url: str) -> None:
    first = await started(url)
    await first.append_edit("paper", EDITS[0], AskedUnder("k", "f"))
    await first.append_edit("paper", EDITS[1])
    await first.close()

    second = await started(url)
    found = await second.find_edit("paper", "k")
    others = [await second.find_edit(*each) for each in (("paper", "l"), ("live", "k"))]
    await second.close()

    assert ((1, "f"), [None, None]) == (found, others)


async def test_a_key_is_for_one_edit_and_a_second_one_is_not_written(journal: SqlJournal) -> None:
    await journal.append_edit("paper", EDITS[0], AskedUnder("k", "f"))
    with pytest.raises(JournalFailed):
        await journal.append_edit("paper", EDITS[1], AskedUnder("k", "g"))

    assert EDITS[:1] == await journal.load_edits("paper")
