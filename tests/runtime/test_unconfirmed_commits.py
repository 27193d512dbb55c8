"""
A database can go away while it commits: the write may be there though it was not confirmed.

Such a write is looked for before anything else is concluded.
"""

import asyncio
from collections.abc import Sequence

import pytest
from support.bench import Bench
from support.eventually import settle
from support.memory_journal import MemoryJournal

from closeout.closing.events import Event
from closeout.closing.state import Phase
from closeout.domain.edits import Edit
from closeout.ports import AskedUnder, JournalFailed, StoredClose, Unconfirmed


class UnconfirmedJournal(MemoryJournal):
    """Commits the next `unconfirmed` writes and says that they failed; then may be `away`."""

    def __init__(self) -> None:
        super().__init__()
        self.unconfirmed = 0
        self.goes_away = False
        self.answers = asyncio.Event()
        """Cleared while a close that is loaded takes its time."""
        self.answers.set()

    async def open(
        self,
        *,
        close_id: str,
        account: str,
        position_id: str,
        idempotency_key: str | None,
        fingerprint: str,
        events: Sequence[Event],
    ) -> None:
        await super().open(
            close_id=close_id,
            account=account,
            position_id=position_id,
            idempotency_key=idempotency_key,
            fingerprint=fingerprint,
            events=events,
        )
        self._lose_confirmation()

    async def append(self, close_id: str, *, sequence: int, events: Sequence[Event]) -> None:
        await super().append(close_id, sequence=sequence, events=events)
        self._lose_confirmation()

    async def load(self, close_id: str) -> StoredClose | None:
        found = await super().load(close_id)
        await self.answers.wait()
        return found

    async def append_edit(self, account: str, edit: Edit, asked: AskedUnder | None = None) -> None:
        await super().append_edit(account, edit, asked)
        self._lose_confirmation()

    def _lose_confirmation(self) -> None:
        if self.unconfirmed:
            self.unconfirmed -= 1
            self.failing = "the database is away" if self.goes_away else None
            raise JournalFailed("the database went away during the commit")


@pytest.fixture
async def journal(empty_bench: Bench) -> UnconfirmedJournal:
    """The journal of a running engine on ten SPY condors."""
    bench = empty_bench
    bench.journal = journal = UnconfirmedJournal()
    bench._wire()
    bench.hold_condor()
    await bench.start()
    return journal


async def refused_in_doubt(
    bench: Bench, journal: UnconfirmedJournal, key: str | None = None
) -> None:
    """Ask for a close that is recorded by a database which goes away before it says so."""
    journal.unconfirmed, journal.goes_away = 1, True
    with pytest.raises(Unconfirmed):
        await bench.open(key=key)


async def test_a_close_whose_opening_was_recorded_unconfirmed_begins(
    empty_bench: Bench, journal: UnconfirmedJournal
) -> None:
    journal.unconfirmed = 1

    runner = await empty_bench.open()

    assert 1 == len(empty_bench.broker.sent)
    assert [runner.state.close_id] == journal.close_ids


async def test_an_event_that_was_recorded_unconfirmed_is_not_written_again(
    empty_bench: Bench, journal: UnconfirmedJournal
) -> None:
    runner = await empty_bench.open()
    journal.unconfirmed = 1

    empty_bench.broker.fill()
    await empty_bench.clock.seconds(5)

    assert Phase.CLOSED is runner.state.phase
    assert empty_bench.supervisor.journal_error is None


async def test_a_close_that_was_refused_and_turns_up_in_the_journal_is_never_sent(
    empty_bench: Bench, journal: UnconfirmedJournal
) -> None:
    bench = empty_bench
    await refused_in_doubt(bench, journal)

    journal.failing = None
    await bench.clock.seconds(60)

    [close_id] = journal.close_ids
    assert [] == bench.broker.sent
    assert (Phase.CANCELLED, True) == (bench.state(close_id).phase, journal.has_ended(close_id))


async def test_a_close_that_two_find_at_once_is_worked_by_one(
    empty_bench: Bench, journal: UnconfirmedJournal
) -> None:
    """It is looked for to be given up, and asked for again under its key, in the same moment."""
    bench = empty_bench
    await refused_in_doubt(bench, journal, key="once")
    journal.failing = None
    journal.answers.clear()
    await bench.clock.seconds(1)
    again = asyncio.create_task(bench.open(key="once"))
    await settle()
    journal.answers.set()

    runner = await again
    await bench.clock.seconds(60)

    [close_id] = journal.close_ids
    assert Phase.CANCELLED is runner.state.phase
    assert runner.state == bench.state(close_id)
    assert [] == bench.broker.sent


async def test_nothing_new_begins_while_it_is_not_known_what_was_recorded(
    empty_bench: Bench, journal: UnconfirmedJournal
) -> None:
    bench = empty_bench
    await refused_in_doubt(bench, journal)
    journal.failing = None

    with pytest.raises(JournalFailed, match="turned up"):
        await bench.open()
    await bench.clock.seconds(5)
    await bench.open()
    await settle()

    assert 1 == len(bench.broker.sent)


async def test_nothing_is_regrouped_while_it_is_not_known_what_was_recorded(
    empty_bench: Bench, journal: UnconfirmedJournal
) -> None:
    bench = empty_bench
    four = [(leg.id, 4) for leg in bench.strategy.legs]
    await refused_in_doubt(bench, journal)
    journal.failing = None

    with pytest.raises(JournalFailed, match="turned up"):
        await bench.engine.regrouper.split(bench.strategy.id, [four])
    await bench.clock.seconds(5)
    await bench.engine.regrouper.split(bench.strategy.id, [four])

    assert 2 == len(bench.engine.book.grouping.strategies)


async def test_a_close_is_planned_on_an_edit_that_was_recorded_unconfirmed(
    empty_bench: Bench, journal: UnconfirmedJournal
) -> None:
    bench = empty_bench
    four = [(leg.id, 4) for leg in bench.strategy.legs]
    journal.unconfirmed = 1
    with pytest.raises(JournalFailed):
        await bench.engine.regrouper.split(bench.strategy.id, [four])

    await bench.open()

    assert [6] == [ticket.units for ticket in bench.broker.sent]


async def test_its_key_leads_to_the_close_that_turned_up(
    empty_bench: Bench, journal: UnconfirmedJournal
) -> None:
    bench = empty_bench
    await refused_in_doubt(bench, journal, key="one click")
    journal.failing = None
    await bench.clock.seconds(60)

    again = await bench.open(key="one click")

    assert [again.state.close_id] == journal.close_ids
    assert [] == bench.broker.sent
