"""
Who may write: the owner of the account and nobody else, on SQLite and on PostgreSQL alike.

The check stands in the transaction of every write, so that a process that was frozen at any
instruction cannot write once another one has taken its account.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from journal.samples import AT, OPENED, open_close, started
from sqlalchemy import text
from support.postgres import Cluster

from closeout.closing.events import Woke
from closeout.journal.store import SqlJournal
from closeout.ports import Lease, NotOwner

PATIENCE = timedelta(seconds=2)


def woke(seconds: int) -> Woke:
    return Woke(at=AT + timedelta(seconds=seconds))


@pytest.fixture
async def other(url: str, journal: SqlJournal) -> AsyncIterator[SqlJournal]:
    """A second process on the same database, which owns nothing."""
    other = await SqlJournal.start(url, patience=PATIENCE)
    yield other
    await other.close()


async def take(journal: SqlJournal, account: str = "paper") -> None:
    await journal.take_lease(account, owner="the other", seen=await journal.lease(account))


async def test_an_account_nobody_has_owned_has_no_lease(other: SqlJournal) -> None:
    assert await other.lease("never seen") is None


async def test_the_first_owner_is_on_record(other: SqlJournal) -> None:
    await other.take_lease("new", owner="process 7 on desk", seen=None)

    assert Lease(epoch=1, beat=0, owner="process 7 on desk") == await other.lease("new")


async def test_a_sign_of_life_changes_how_the_lease_reads(
    journal: SqlJournal, other: SqlJournal
) -> None:
    before = await other.lease("paper")

    await journal.renew_lease("paper")

    assert before is not None
    assert Lease(before.epoch, before.beat + 1, before.owner) == await other.lease("paper")


async def test_a_change_of_hands_raises_the_epoch(journal: SqlJournal, other: SqlJournal) -> None:
    before = await journal.lease("paper")

    await take(other)

    assert before is not None
    assert Lease(before.epoch + 1, 0, "the other") == await journal.lease("paper")


async def test_a_lease_that_was_renewed_since_it_was_seen_is_not_taken(
    journal: SqlJournal, other: SqlJournal
) -> None:
    seen = await other.lease("paper")
    await journal.renew_lease("paper")

    with pytest.raises(NotOwner, match="alive"):
        await other.take_lease("paper", owner="the other", seen=seen)

    await journal.renew_lease("paper")


async def test_of_many_that_reach_for_the_same_lease_one_gets_it(url: str) -> None:
    journals = [await SqlJournal.start(url, patience=PATIENCE) for _ in range(4)]

    first = await asyncio.gather(
        *(each.take_lease("new", owner="one", seen=None) for each in journals),
        return_exceptions=True,
    )
    seen = await journals[0].lease("new")
    second = await asyncio.gather(
        *(each.take_lease("new", owner="one", seen=seen) for each in journals),
        return_exceptions=True,
    )

    for each in journals:
        await each.close()
    for outcomes in (first, second):
        refused = [type(each) for each in outcomes if each is not None]
        assert [NotOwner] * 3 == refused


async def test_nobody_writes_to_an_account_without_owning_it(
    journal: SqlJournal, other: SqlJournal
) -> None:
    await open_close(journal)

    with pytest.raises(NotOwner, match="does not own account paper"):
        await open_close(other, "c2")
    with pytest.raises(NotOwner):
        await other.append("c1", sequence=1, events=[woke(1)])
    with pytest.raises(NotOwner):
        await other.mark_ended("c1", ended=True)

    assert await other.load("c2") is None
    (stored,) = await other.load_unfinished("paper")
    assert (OPENED,) == stored.events


async def test_late_writes_of_the_owner_before_are_all_refused(
    journal: SqlJournal, other: SqlJournal
) -> None:
    await open_close(journal)
    await take(other)

    late = await asyncio.gather(
        *(journal.append("c1", sequence=1, events=[woke(1)]) for _ in range(500)),
        open_close(journal, "c2"),
        journal.mark_ended("c1", ended=True),
        journal.renew_lease("paper"),
        return_exceptions=True,
    )
    await other.append("c1", sequence=1, events=[woke(9)])

    assert {NotOwner} == {type(each) for each in late}
    assert await other.load("c2") is None
    (stored,) = await other.load_unfinished("paper")
    assert (OPENED, woke(9)) == stored.events
    assert (await other.verify()).broken is None


async def test_writes_of_other_accounts_in_the_same_group_are_not_refused(
    journal: SqlJournal, other: SqlJournal
) -> None:
    await open_close(journal, "c1")
    await open_close(journal, "c2", account="live")
    await take(other, "paper")

    outcomes = await asyncio.gather(
        journal.append("c1", sequence=1, events=[woke(1)]),
        journal.append("c2", sequence=1, events=[woke(1)]),
        return_exceptions=True,
    )

    assert [NotOwner, type(None)] == [type(each) for each in outcomes]


async def test_an_account_that_was_let_go_is_free_and_no_longer_written(
    journal: SqlJournal, other: SqlJournal
) -> None:
    await open_close(journal)

    await journal.release_lease("paper")
    free = await other.lease("paper")

    assert free is not None
    assert free.owner is None
    with pytest.raises(NotOwner):
        await journal.append("c1", sequence=1, events=[woke(1)])
    await other.take_lease("paper", owner="the other", seen=free)
    await other.append("c1", sequence=1, events=[woke(1)])


async def test_letting_go_late_does_not_free_what_another_has_taken(
    journal: SqlJournal, other: SqlJournal
) -> None:
    await take(other)

    await journal.release_lease("paper")

    lease = await other.lease("paper")
    assert lease is not None
    assert "the other" == lease.owner
    await open_close(other)


async def test_whoever_takes_an_account_waits_for_the_write_that_is_under_way(
    postgres: Cluster,
) -> None:
    """
    The owner froze after the check and before its commit: the server ends its transaction.
    """
    url = postgres.new_database()
    journal = await started(url)
    await open_close(journal)
    other = await SqlJournal.start(url)
    with journal._engines.write.connect() as frozen:
        frozen.execute(text("SELECT epoch FROM lease WHERE account = 'paper' FOR UPDATE"))

        await take(other)

        frozen.invalidate()
    with pytest.raises(NotOwner):
        await journal.append("c1", sequence=1, events=[woke(1)])
    await journal.close()
    await other.close()
