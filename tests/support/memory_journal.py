"""The journal port in memory, with a switch that makes it fail."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from closeout.closing.events import Event
from closeout.closing.step import fold
from closeout.domain.edits import Edit
from closeout.domain.orders import OrderReport
from closeout.domain.settlements import Settlement
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


@dataclass
class _Record:
    account: str
    position_id: str
    key: str | None
    fingerprint: str
    events: list[Event] = field(default_factory=list)
    ended: bool = False


class MemoryJournal:
    """
    The `Journal` port. What was written survives the engine that wrote it.

    `failing` makes every call fail with that reason; `gate`, when set, holds every write
    until it opens; `lose_marks` makes only `mark_ended` fail, `fail_history` only what has to do
    with the history of orders. It serves one engine; `rob`
    gives the account to another process, which is alive as long as somebody calls `beat`.
    """

    def __init__(self) -> None:
        self.failing: str | None = None
        self.refused_writes = 0
        self.lose_marks = False
        self.fail_history = False
        self.refused_history = 0
        self.kept: dict[str, OrderReport] = {}
        self.kept_until: datetime | None = None
        self.settled: dict[str, Settlement] = {}
        self.settled_until: datetime | None = None
        self.gate: asyncio.Event | None = None
        self.taken_from_us = False
        self._records: dict[str, _Record] = {}
        self._leases: dict[str, Lease] = {}
        self.edits: dict[str, list[Edit]] = {}
        self.edit_keys: dict[tuple[str, str], tuple[int, str]] = {}

    async def lease(self, account: str) -> Lease | None:
        await self._check()
        return self._leases.get(account)

    async def take_lease(self, account: str, *, owner: str, seen: Lease | None) -> None:
        await self._check()
        if self._leases.get(account) != seen:
            raise NotOwner(f"account {account} has an owner that is alive")
        self._leases[account] = Lease(0 if seen is None else seen.epoch + 1, 0, owner)
        self.taken_from_us = False

    async def renew_lease(self, account: str) -> None:
        await self._check()
        self._require_ours()
        known = self._leases[account]
        self._leases[account] = replace(known, beat=known.beat + 1)

    async def release_lease(self, account: str) -> None:
        await self._check()
        if not self.taken_from_us:
            self._leases[account] = replace(self._leases[account], owner=None)

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
        await self._before_write()
        taken = idempotency_key is not None and await self.find_by_key(account, idempotency_key)
        if close_id in self._records or taken:
            raise SequenceTaken(f"{close_id} or its key is recorded already")
        record = _Record(account, position_id, idempotency_key, fingerprint, list(events))
        self._records[close_id] = record

    async def append(self, close_id: str, *, sequence: int, events: Sequence[Event]) -> None:
        await self._before_write()
        record = self._records[close_id]
        if sequence < len(record.events):
            raise SequenceTaken(f"event {sequence} of {close_id} is written")
        assert sequence == len(record.events), "a journal has no holes"
        record.events.extend(events)

    async def load(self, close_id: str) -> StoredClose | None:
        await self._check()
        return self._stored(close_id) if close_id in self._records else None

    async def load_recent(self, account: str, *, limit: int) -> tuple[StoredClose, ...]:
        await self._check()
        ours = [each for each, record in self._records.items() if record.account == account]
        return tuple(self._stored(each) for each in reversed(ours))[:limit]

    async def load_unfinished(self, account: str) -> tuple[StoredClose, ...]:
        await self._check()
        return tuple(
            self._stored(each)
            for each, record in self._records.items()
            if record.account == account and not record.ended
        )

    async def mark_ended(self, close_id: str, *, ended: bool) -> None:
        await self._before_write()
        if self.lose_marks:
            raise JournalFailed("the mark was lost")
        self._records[close_id].ended = ended

    async def find_by_key(self, account: str, idempotency_key: str) -> tuple[str, str] | None:
        await self._check()
        for close_id, record in self._records.items():
            if (record.account, record.key) == (account, idempotency_key):
                return close_id, record.fingerprint
        return None

    async def load_keys(self, account: str) -> dict[str, tuple[str, str]]:
        await self._check()
        return {
            record.key: (close_id, record.fingerprint)
            for close_id, record in self._records.items()
            if record.account == account and record.key is not None
        }

    async def load_history(self, account: str) -> OrderHistory:
        await self._check_history()
        return OrderHistory(tuple(self.kept.values()), self.kept_until)

    async def keep_history(self, account: str, news: OrderHistory) -> None:
        await self._check_history()
        self.kept |= {order.order_id: order for order in news.orders}
        self.kept_until = news.until or self.kept_until

    async def load_settlements(self, account: str) -> SettlementHistory:
        await self._check_history()
        return SettlementHistory(tuple(self.settled.values()), self.settled_until)

    async def keep_settlements(self, account: str, news: SettlementHistory) -> None:
        await self._check_history()
        self.settled |= {each.activity_id: each for each in news.settlements}
        self.settled_until = news.until or self.settled_until

    async def append_edit(self, account: str, edit: Edit, asked: AskedUnder | None = None) -> None:
        await self._before_write()
        known = self.edits.setdefault(account, [])
        if edit.number != len(known) + 1:
            raise SequenceTaken(f"edit {edit.number} is not the next")
        known.append(edit)
        if asked is not None:
            self.edit_keys[account, asked.key] = (edit.number, asked.fingerprint)

    async def find_edit(self, account: str, idempotency_key: str) -> tuple[int, str] | None:
        await self._check()
        return self.edit_keys.get((account, idempotency_key))

    async def load_edits(self, account: str) -> tuple[Edit, ...]:
        await self._check()
        return tuple(self.edits.get(account, ()))

    async def close(self) -> None:
        return

    # --- for tests --------------------------------------------------------------------

    def rob(self, owner: str) -> None:
        """Let another process take every account that is ours."""
        self.taken_from_us = True
        for account, known in self._leases.items():
            self._leases[account] = Lease(known.epoch + 1, 0, owner)

    def beat(self) -> None:
        """Let the other process give a sign of life."""
        for account, known in self._leases.items():
            self._leases[account] = replace(known, beat=known.beat + 1)

    @property
    def close_ids(self) -> list[str]:
        return list(self._records)

    def events(self, close_id: str) -> list[Event]:
        return self._records[close_id].events

    def has_ended(self, close_id: str) -> bool:
        return self._records[close_id].ended

    def intents(self) -> set[str]:
        """Client order ids of every order that is on record as about to be sent."""
        return {
            identity
            for record in self._records.values()
            for identity in fold(record.events).client_order_ids
        }

    def _stored(self, close_id: str) -> StoredClose:
        record = self._records[close_id]
        return StoredClose(close_id, record.account, record.position_id, tuple(record.events))

    async def _before_write(self) -> None:
        if self.gate is not None:
            await self.gate.wait()
        try:
            await self._check()
            self._require_ours()
        except JournalFailed:
            self.refused_writes += 1
            raise

    def _require_ours(self) -> None:
        if self.taken_from_us:
            raise NotOwner("another process has taken the account")

    async def _check_history(self) -> None:
        await self._check()
        if self.fail_history:
            self.refused_history += 1
            raise JournalFailed("the disk is full")

    async def _check(self) -> None:
        """Give way, as over a disk, and fail if that is asked for."""
        await asyncio.sleep(0)
        if self.failing is not None:
            raise JournalFailed(self.failing)
