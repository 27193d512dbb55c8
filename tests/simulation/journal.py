"""
A journal in memory that keeps only what was committed.

A write is committed some time after it was asked for; when
its process dies before that, nobody knows whether it was, and the seed decides.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from simulation.disk import Disk, Record
from simulation.sights import Sight
from simulation.site import Site

from closeout.closing.events import Event
from closeout.domain.edits import Edit
from closeout.ports import (
    AskedUnder,
    JournalFailed,
    Lease,
    NotOwner,
    OrderHistory,
    SequenceTaken,
    SettlementHistory,
    StoredClose,
)


class SimulatedJournal:
    """The `Journal` port of one process."""

    def __init__(self, site: Site, disk: Disk) -> None:
        self._loop = site.loop
        self._venue = site.venue
        self._disk = disk
        self._process = site.process
        self._checks = site.checks
        self._chance = site.chance
        self._epoch: int | None = None
        self._waiting: list[tuple[Callable[[], None], asyncio.Future[None]]] = []

    async def lease(self, account: str) -> Lease | None:
        await self._read()
        return self._disk.lease

    async def take_lease(self, account: str, *, owner: str, seen: Lease | None) -> None:
        epoch = 1 if seen is None else seen.epoch + 1

        def commit() -> None:
            if self._disk.lease != seen:
                raise NotOwner("the owner is alive")
            self._disk.lease = Lease(epoch, 0, owner)
            self._checks.taken(self._process)

        await self._write(commit)
        self._epoch = epoch

    async def renew_lease(self, account: str) -> None:
        def commit() -> None:
            lease = self._owned()
            self._disk.lease = replace(lease, beat=lease.beat + 1)

        if self._is_alone:
            commit()
        else:
            await self._write(commit)

    @property
    def _is_alone(self) -> bool:
        """Whether nobody would notice how long a sign of life takes: most events are these."""
        day = self._venue.day
        return not day.has_second and not day.has_journal_trouble and day.journal_delay < 0.1

    async def release_lease(self, account: str) -> None:
        def commit() -> None:
            self._disk.lease = replace(self._owned(), owner=None)

        await self._write(commit)

    def _owned(self) -> Lease:
        lease = self._disk.lease
        if lease is None or lease.epoch != self._epoch:
            self._checks.books.met[Sight.FENCED] += 1
            raise NotOwner("another process has taken the account")
        return lease

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
        def commit() -> None:
            self._owned()
            taken = idempotency_key is not None and self._disk.find_by_key(idempotency_key)
            if close_id in self._disk.records or taken:
                raise SequenceTaken(f"{close_id} or its key is recorded already")
            record = Record(close_id, account, position_id, idempotency_key, fingerprint)
            self._disk.records[close_id] = record
            record.events.extend(events)
            self._checks.committed(self._process, record, events)

        try:
            await self._write(commit)
        except JournalFailed:
            self._checks.promises.unsaid(self._process, close_id, fingerprint)
            raise

    async def append(self, close_id: str, *, sequence: int, events: Sequence[Event]) -> None:
        def commit() -> None:
            self._owned()
            record = self._disk.records[close_id]
            if sequence < len(record.events):
                raise SequenceTaken(f"event {sequence} of {close_id} is written")
            if sequence > len(record.events):
                raise JournalFailed(f"event {sequence} of {close_id} leaves a hole")
            record.events.extend(events)
            self._checks.committed(self._process, record, events)

        await self._write(commit)

    async def load(self, close_id: str) -> StoredClose | None:
        await self._read()
        record = self._disk.records.get(close_id)
        return None if record is None else _stored(record)

    async def load_recent(self, account: str, *, limit: int) -> tuple[StoredClose, ...]:
        await self._read()
        return tuple(_stored(each) for each in reversed(self._disk.records.values()))[:limit]

    async def load_unfinished(self, account: str) -> tuple[StoredClose, ...]:
        await self._read()
        return tuple(_stored(each) for each in self._disk.records.values() if not each.is_ended)

    async def mark_ended(self, close_id: str, *, ended: bool) -> None:
        def commit() -> None:
            self._owned()
            self._disk.records[close_id].is_ended = ended

        await self._write(commit)

    async def find_by_key(self, account: str, idempotency_key: str) -> tuple[str, str] | None:
        await self._read()
        record = self._disk.find_by_key(idempotency_key)
        return None if record is None else (record.close_id, record.fingerprint)

    async def load_keys(self, account: str) -> dict[str, tuple[str, str]]:
        await self._read()
        return {
            record.key: (record.close_id, record.fingerprint)
            for record in self._disk.records.values()
            if record.key is not None
        }

    async def load_history(self, account: str) -> OrderHistory:
        await self._read()
        return self._disk.history

    async def keep_history(self, account: str, news: OrderHistory) -> None:
        def commit() -> None:
            known = self._disk.history
            orders = {order.order_id: order for order in (*known.orders, *news.orders)}
            self._disk.history = OrderHistory(tuple(orders.values()), news.until or known.until)

        await self._write(commit)

    async def load_settlements(self, account: str) -> SettlementHistory:
        await self._read()
        return self._disk.settled

    async def keep_settlements(self, account: str, news: SettlementHistory) -> None:
        def commit() -> None:
            known = self._disk.settled
            rows = {each.activity_id: each for each in (*known.settlements, *news.settlements)}
            self._disk.settled = SettlementHistory(tuple(rows.values()), news.until or known.until)

        await self._write(commit)

    async def append_edit(self, account: str, edit: Edit, asked: AskedUnder | None = None) -> None:
        assert asked is None, "people of the simulation give their edits no keys"

        def commit() -> None:
            self._owned()
            if edit.number != len(self._disk.edits) + 1:
                raise SequenceTaken(f"edit {edit.number} is not the next")
            self._disk.edits.append(edit)
            self._checks.requests.edited(edit)

        await self._write(commit)

    async def find_edit(self, account: str, idempotency_key: str) -> tuple[int, str] | None:
        await self._read()
        return None

    async def load_edits(self, account: str) -> tuple[Edit, ...]:
        await self._read()
        return tuple(self._disk.edits)

    async def close(self) -> None:
        return

    async def _read(self) -> None:
        await asyncio.sleep(self._venue.day.journal_delay)
        self._check_disk()

    async def _write(self, commit: Callable[[], None]) -> None:
        said: asyncio.Future[None] = self._loop.create_future()
        self._waiting = [each for each in self._waiting if not each[1].done()]
        self._waiting.append((commit, said))
        delay = self._chance.uniform(0.2, 1.8) * self._venue.day.journal_delay
        self._loop.later(delay, self._commit, commit, said)
        await said

    def die(self) -> None:
        """The process is killed: of what was under way the seed decides what was in time."""
        for commit, said in self._waiting:
            if not said.done() and self._chance.random() < 0.5:
                self._commit(commit, said)
            said.cancel()

    def _commit(self, commit: Callable[[], None], said: "asyncio.Future[None]") -> None:
        """The write reaches the disk, or not."""
        if said.done():
            return
        try:
            self._check_disk()
            commit()
            self._confirm()
        except JournalFailed as failure:
            self._checks.books.met[Sight.JOURNAL_TROUBLE] += 1
            if self._process.is_alive:
                said.set_exception(failure)
            return
        said.set_result(None)

    def _confirm(self) -> None:
        if self._chance.random() < self._venue.day.commits_unsaid:
            raise JournalFailed("the database went away while it committed")

    def _check_disk(self) -> None:
        day = self._venue.day
        if self._loop.time() < self._disk.down_until:
            raise JournalFailed("the disk is full")
        if day.journal_failures and self._chance.random() < day.journal_failures:
            raise JournalFailed("the database is locked")


def _stored(record: Record) -> StoredClose:
    return StoredClose(record.close_id, record.account, record.position_id, tuple(record.events))
