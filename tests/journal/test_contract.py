"""What the `Journal` port promises, on SQLite and on PostgreSQL alike."""

import asyncio
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from journal.samples import AT, EVENTS, OPENED, open_close, started

from closeout.closing.events import Woke
from closeout.journal.driver import Transaction
from closeout.journal.failures import JournalBelongsToAnother
from closeout.journal.store import SqlJournal
from closeout.ports import Journal, JournalFailed, SequenceTaken


def woke(seconds: int) -> Woke:
    return Woke(at=AT + timedelta(seconds=seconds))


async def test_it_is_the_journal_the_runtime_asks_for(journal: SqlJournal) -> None:
    port: Journal = journal

    assert await port.load("c1") is None


async def test_a_close_reads_back_with_all_that_happened_to_it(journal: SqlJournal) -> None:
    await open_close(journal, events=EVENTS[:2])
    await journal.append("c1", sequence=2, events=EVENTS[2:5])
    await journal.append("c1", sequence=5, events=EVENTS[5:])

    stored = await journal.load("c1")

    assert stored is not None
    assert ("c1", "paper", "spy-1") == (stored.close_id, stored.account, stored.position_id)
    assert EVENTS == stored.events


async def test_what_was_written_is_there_after_a_restart(url: str) -> None:
    first = await started(url)
    await open_close(first)
    await first.append("c1", sequence=1, events=[woke(1)])
    await first.close()

    second = await started(url)
    stored = await second.load("c1")
    await second.close()

    assert stored is not None
    assert (OPENED, woke(1)) == stored.events


async def test_a_close_that_was_never_opened_is_none(journal: SqlJournal) -> None:
    assert await journal.load("c9") is None


async def test_a_taken_sequence_is_refused_and_nothing_of_it_is_written(
    journal: SqlJournal,
) -> None:
    await open_close(journal, events=EVENTS[:3])

    with pytest.raises(SequenceTaken, match="Event 2 of close c1 is already written"):
        await journal.append("c1", sequence=2, events=[woke(1), woke(2)])

    stored = await journal.load("c1")
    assert stored is not None
    assert EVENTS[:3] == stored.events


async def test_a_sequence_that_would_leave_a_gap_is_refused(journal: SqlJournal) -> None:
    await open_close(journal)

    with pytest.raises(JournalFailed, match="some are missing") as caught:
        await journal.append("c1", sequence=2, events=[woke(1)])

    assert not isinstance(caught.value, SequenceTaken)


async def test_an_append_to_an_unknown_close_is_refused(journal: SqlJournal) -> None:
    with pytest.raises(JournalFailed, match="no close c9"):
        await journal.append("c9", sequence=0, events=[woke(1)])


async def test_of_two_that_write_the_same_event_one_learns_it_is_late(journal: SqlJournal) -> None:
    await open_close(journal)
    outcomes = await asyncio.gather(
        journal.append("c1", sequence=1, events=[woke(1)]),
        journal.append("c1", sequence=1, events=[woke(2)]),
        return_exceptions=True,
    )
    stored = await journal.load("c1")
    checked = await journal.verify()

    assert 1 == outcomes.count(None)
    assert [SequenceTaken] == [type(each) for each in outcomes if each is not None]
    assert stored is not None
    assert 2 == len(stored.events)
    assert checked.broken is None


async def test_a_close_is_opened_once(journal: SqlJournal) -> None:
    await open_close(journal)

    with pytest.raises(SequenceTaken):
        await open_close(journal, events=[OPENED, woke(1)])

    stored = await journal.load("c1")
    assert stored is not None
    assert (OPENED,) == stored.events


async def test_an_idempotency_key_names_one_close_of_an_account(journal: SqlJournal) -> None:
    await open_close(journal, "c1", key="click-1")

    with pytest.raises(SequenceTaken, match="idempotency key"):
        await open_close(journal, "c2", key="click-1")

    assert await journal.load("c2") is None
    assert ("c1", "fingerprint of c1") == await journal.find_by_key("paper", "click-1")


async def test_all_keys_of_an_account_are_told_at_once(journal: SqlJournal) -> None:
    await open_close(journal, "c1", key="click-1")
    await open_close(journal, "c2", key="click-2")
    await open_close(journal, "c3")
    await open_close(journal, "c4", account="live", key="click-1")

    keys = {"click-1": ("c1", "fingerprint of c1"), "click-2": ("c2", "fingerprint of c2")}
    assert keys == await journal.load_keys("paper")


async def test_another_account_may_use_the_same_idempotency_key(journal: SqlJournal) -> None:
    await open_close(journal, "c1", key="click-1")
    await open_close(journal, "c2", account="live", key="click-1")

    assert ("c2", "fingerprint of c2") == await journal.find_by_key("live", "click-1")
    assert await journal.find_by_key("other", "click-1") is None


async def test_closes_without_a_key_do_not_stand_in_each_others_way(journal: SqlJournal) -> None:
    await open_close(journal, "c1")
    await open_close(journal, "c2")

    assert 2 == len(await journal.load_recent("paper", limit=9))


async def test_recent_closes_are_the_newest_of_the_account_newest_first(
    journal: SqlJournal,
) -> None:
    for number in (2, 1, 3):
        await open_close(journal, f"c{number}", events=[woke(number), woke(9)])
    await open_close(journal, "other", account="live")

    recent = await journal.load_recent("paper", limit=2)

    assert ["c3", "c2"] == [stored.close_id for stored in recent]
    assert [(woke(3), woke(9)), (woke(2), woke(9))] == [stored.events for stored in recent]


async def test_an_ended_close_is_no_longer_unfinished(journal: SqlJournal) -> None:
    for number in (1, 2, 3):
        await open_close(journal, f"c{number}", events=[woke(number)])
    await open_close(journal, "other", account="live")

    await journal.mark_ended("c2", ended=True)
    await journal.mark_ended("c2", ended=True)

    unfinished = await journal.load_unfinished("paper")
    assert ["c3", "c1"] == [stored.close_id for stored in unfinished]


async def test_late_evidence_can_bring_an_ended_close_back_to_work(journal: SqlJournal) -> None:
    await open_close(journal)
    await journal.mark_ended("c1", ended=True)
    await journal.append("c1", sequence=1, events=[woke(1)])
    ended = await journal.load_unfinished("paper")

    await journal.mark_ended("c1", ended=False)

    assert () == ended
    (back,) = await journal.load_unfinished("paper")
    assert (OPENED, woke(1)) == back.events


async def test_an_unknown_close_cannot_end(journal: SqlJournal) -> None:
    with pytest.raises(JournalFailed, match="no close c9"):
        await journal.mark_ended("c9", ended=True)


async def test_a_journal_serves_the_account_it_was_bound_to_for_good(url: str) -> None:
    first = await started(url)
    await first.bind("alpaca paper PA3XYZ")
    await first.bind("alpaca paper PA3XYZ")
    await first.close()

    second = await started(url)
    with pytest.raises(JournalBelongsToAnother, match="belongs to alpaca paper PA3XYZ, not to sim"):
        await second.bind("simulated desk 7")
    await second.bind("alpaca paper PA3XYZ")
    await second.close()


async def test_many_appends_at_once_share_their_commits(
    journal: SqlJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    closes = [f"c{number}" for number in range(200)]
    await asyncio.gather(*(open_close(journal, each) for each in closes))
    commits: list[object] = []
    plain = journal._engines.line.transaction

    def counted() -> AbstractContextManager[Transaction]:
        commits.append(plain)
        return plain()

    monkeypatch.setattr(journal._engines.line, "transaction", counted)

    await asyncio.gather(*(journal.append(each, sequence=1, events=[woke(1)]) for each in closes))

    assert 1 <= len(commits) <= 20
    for each in closes:
        stored = await journal.load(each)
        assert stored is not None
        assert (OPENED, woke(1)) == stored.events


async def test_one_bad_append_does_not_fail_the_others_of_its_group(journal: SqlJournal) -> None:
    for each in ("good", "late"):
        await open_close(journal, each, events=[OPENED, woke(1)])

    outcomes = await asyncio.gather(
        journal.append("good", sequence=2, events=[woke(2)]),
        journal.append("late", sequence=1, events=[woke(2)]),
        journal.append("good", sequence=3, events=[woke(3)]),
        journal.append("never", sequence=0, events=[woke(2)]),
        journal.append("good", sequence=4, events=[woke(4)]),
        return_exceptions=True,
    )

    assert [None, SequenceTaken, None, JournalFailed, None] == [
        None if each is None else type(each) for each in outcomes
    ]
    good = await journal.load("good")
    assert good is not None
    assert (OPENED, *map(woke, range(1, 5))) == good.events
    assert (await journal.verify()).broken is None


async def test_a_taken_key_does_not_fail_the_others_of_its_group(journal: SqlJournal) -> None:
    await open_close(journal, "first", key="click-1")

    outcomes = await asyncio.gather(
        open_close(journal, "c1"),
        open_close(journal, "c2", key="click-1"),
        journal.append("c1", sequence=1, events=[woke(1)]),
        open_close(journal, "c3", key="click-3"),
        open_close(journal, "c4", key="click-3"),
        return_exceptions=True,
    )

    assert [None, SequenceTaken, None, None, SequenceTaken] == [
        None if each is None else type(each) for each in outcomes
    ]
    recent = await journal.load_recent("paper", limit=9)
    assert {"first", "c1", "c3"} == {stored.close_id for stored in recent}
    assert (await journal.verify()).broken is None


async def test_what_waits_is_written_before_the_journal_closes(url: str) -> None:
    journal = await started(url)
    opening = asyncio.ensure_future(open_close(journal))
    await asyncio.sleep(0)

    await journal.close()
    await opening

    again = await started(url)
    assert await again.load("c1") is not None
    await again.close()


async def test_a_closed_journal_says_so(journal: SqlJournal) -> None:
    await journal.close()
    await journal.close()

    with pytest.raises(JournalFailed, match="closed"):
        await open_close(journal)
    with pytest.raises(JournalFailed, match="closed"):
        await journal.load("c1")


async def test_a_caller_that_gave_up_does_not_disturb_the_others(journal: SqlJournal) -> None:
    gone = asyncio.ensure_future(open_close(journal, "c1"))
    stays = asyncio.ensure_future(open_close(journal, "c2"))
    await asyncio.sleep(0)
    gone.cancel()

    await stays

    assert await journal.load("c2") is not None


async def test_texts_of_any_script_are_kept(journal: SqlJournal) -> None:
    await journal.take_lease("Prüfkonto 東京", owner="äöü", seen=None)
    await journal.open(
        close_id="c1",
        account="Prüfkonto 東京",
        position_id="a'b\"c;--",
        idempotency_key="🔑",
        fingerprint="ß",
        events=[OPENED],
    )

    assert ("c1", "ß") == await journal.find_by_key("Prüfkonto 東京", "🔑")
    (stored,) = await journal.load_recent("Prüfkonto 東京", limit=1)
    assert "a'b\"c;--" == stored.position_id


async def test_a_path_with_odd_letters_is_a_fine_place(tmp_path: Path) -> None:
    folder = tmp_path / "my désk 100% & co"
    folder.mkdir()

    journal = await started(f"sqlite:///{folder}/journal.db")
    await open_close(journal)
    await journal.close()

    assert (folder / "journal.db").exists()
