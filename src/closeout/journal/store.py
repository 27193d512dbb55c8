"""The journal as the runtime sees it: asyncio outside, threads inside."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from closeout.closing.events import Event
from closeout.domain.edits import Edit
from closeout.journal import history, reads, settlements
from closeout.journal.chain import Identity
from closeout.journal.codec import encode, instant
from closeout.journal.engines import READERS, Engines, open_engines
from closeout.journal.failures import explain
from closeout.journal.ledger import Ledger
from closeout.journal.migrate import upgrade
from closeout.journal.requests import (
    Appending,
    Binding,
    Editing,
    Ending,
    Opening,
    Releasing,
    Renewing,
    Taking,
)
from closeout.journal.verify import Verification, verify
from closeout.journal.writer import Writer
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

P = ParamSpec("P")
R = TypeVar("R")


class SqlJournal:
    """
    The `Journal` port on SQLite or PostgreSQL.

    A write that raises was not committed, with one exception no database can spare us: if
    PostgreSQL goes away during the commit itself, the write may be there. Loading the close
    tells, and appending again under the same sequence is safe either way.
    """

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._writer = Writer(Ledger(engines).commit)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="journal-reader")
        self._keeper = ThreadPoolExecutor(1, thread_name_prefix="journal-history")
        self._closed = False

    @classmethod
    async def start(cls, url: str, *, patience: timedelta = timedelta(seconds=5)) -> Self:
        """
        Open the journal at `url`, creating or upgrading its tables.

        `sqlite:////absolute/path` (its folder must exist) or `postgresql://user@host/name`.
        `patience` is how long a lock of another program is waited for.

        Raises:
            JournalFailed: it cannot be opened; the message says what to do.
        """
        engines = open_engines(url, patience=patience)
        try:
            await asyncio.to_thread(_prepare, engines)
        except BaseException:
            engines.dispose()
            raise
        return cls(engines)

    async def bind(self, identity: str) -> None:
        """
        Make this the journal of `identity` for good, or confirm that it is.

        Name broker, mode and account, such as `alpaca paper PA3XYZ` or `simulated desk 7`:
        the message for a person quotes it.

        Raises:
            JournalBelongsToAnother: it is the journal of another account or world.
        """
        await self._writer.write(Binding(identity))

    async def lease(self, account: str) -> Lease | None:
        """Return who owns an account, or None if nobody ever did."""
        return await self._read(reads.lease, account)

    async def take_lease(self, account: str, *, owner: str, seen: Lease | None) -> None:
        """
        Own an account from now on, if its lease is still as it was `seen`.

        Raises:
            NotOwner: it was renewed or taken meanwhile.
        """
        try:
            await self._writer.write(Taking(account, owner, seen))
        except SequenceTaken as taken:
            raise NotOwner(f"Another process was quicker to take account {account}.") from taken

    async def renew_lease(self, account: str) -> None:
        """
        Give a sign of life.

        Raises:
            NotOwner: another process has taken the account.
        """
        await self._writer.write(Renewing(account))

    async def release_lease(self, account: str) -> None:
        """Let go of an account; without effect when it is not ours."""
        await self._writer.write(Releasing(account))

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
        """
        Record a new close with its first events in one commit.

        Raises:
            SequenceTaken: the close, or another of this account under the same idempotency
                key, is already recorded; `find_by_key` tells which.
        """
        assert events, "a close begins with its intent"
        identity = Identity(
            close_id=close_id,
            account=account,
            position_id=position_id,
            opened_at=instant(events[0].at),
            idempotency_key=idempotency_key,
            fingerprint=fingerprint,
        )
        await self._writer.write(Opening(identity, tuple(map(encode, events))))

    async def append(self, close_id: str, *, sequence: int, events: Sequence[Event]) -> None:
        """
        Add events in one commit; the first gets `sequence`.

        Raises:
            SequenceTaken: that sequence is already written.
        """
        assert events, "an append adds something"
        await self._writer.write(Appending(close_id, sequence, tuple(map(encode, events))))

    async def load(self, close_id: str) -> StoredClose | None:
        """Return one close, or None if it was never opened."""
        return await self._read(reads.load, close_id)

    async def load_recent(self, account: str, *, limit: int) -> tuple[StoredClose, ...]:
        """Return the newest closes of an account, newest first."""
        return await self._read(reads.load_recent, account, limit)

    async def load_unfinished(self, account: str) -> tuple[StoredClose, ...]:
        """Return every close that is not marked ended, newest first."""
        return await self._read(reads.load_unfinished, account)

    async def mark_ended(self, close_id: str, *, ended: bool) -> None:
        """Take a close out of `load_unfinished`, or back in; a second time changes nothing."""
        await self._writer.write(Ending(close_id, ended))

    async def find_by_key(self, account: str, idempotency_key: str) -> tuple[str, str] | None:
        """Return the close id and fingerprint first recorded under this key."""
        return await self._read(reads.find_by_key, account, idempotency_key)

    async def load_keys(self, account: str) -> Mapping[str, tuple[str, str]]:
        """Return every idempotency key of an account, as `find_by_key` answers."""
        return await self._read(reads.load_keys, account)

    async def load_history(self, account: str) -> OrderHistory:
        """
        Return the orders that are kept of an account, oldest first.

        What cannot be read is left out, and `until` with it, so that all is asked for again.
        """
        return await self._read(history.load, account)

    async def keep_history(self, account: str, news: OrderHistory) -> None:
        """Add to the orders that are kept, a few in each transaction."""
        loop = asyncio.get_running_loop()
        for batch in history.batches(account, news):
            self._require_open()
            await loop.run_in_executor(self._keeper, self._keep, batch)

    def _keep(self, batch: history.Batch) -> None:
        with (
            _explained(self._engines),
            self._engines.turn,
            self._engines.cache.begin() as connection,
        ):
            history.keep(connection, batch)
        self._engines.check_files()

    async def load_settlements(self, account: str) -> SettlementHistory:
        """Return what is kept of what happened without an order, as `load_history` does."""
        return await self._read(settlements.load, account)

    async def keep_settlements(self, account: str, news: SettlementHistory) -> None:
        """Add to what is kept of what happened without an order."""
        self._require_open()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._keeper, self._keep_settlements, account, news)

    def _keep_settlements(self, account: str, news: SettlementHistory) -> None:
        with (
            _explained(self._engines),
            self._engines.turn,
            self._engines.cache.begin() as connection,
        ):
            settlements.keep(connection, account, news)
        self._engines.check_files()

    async def append_edit(self, account: str, edit: Edit, asked: AskedUnder | None = None) -> None:
        """
        Add the next edit of an account's strategies, with the key it was asked under.

        Raises:
            SequenceTaken: it is not the next.
        """
        await self._writer.write(Editing(account, edit.number, encode(edit), asked))

    async def find_edit(self, account: str, idempotency_key: str) -> tuple[int, str] | None:
        """Return the number and fingerprint of the edit asked for under this key."""
        return await self._read(reads.find_edit, account, idempotency_key)

    async def load_edits(self, account: str) -> tuple[Edit, ...]:
        """Return every edit of an account, oldest first."""
        return await self._read(reads.load_edits, account)

    async def verify(self) -> Verification:
        """Check every row against its hash chain; the first broken one is named."""
        return await self._read(verify)

    async def close(self) -> None:
        """Write what waits, then let go of the database."""
        if self._closed:
            return
        self._closed = True
        await self._writer.close()
        for pool in (self._keeper, self._readers):
            await asyncio.to_thread(pool.shutdown)
        self._engines.dispose()

    async def _read(
        self,
        query: Callable[Concatenate[Connection, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        self._require_open()

        def run() -> R:
            with _explained(self._engines), self._engines.read.begin() as connection:
                self._engines.check_files()
                return query(connection, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    def _require_open(self) -> None:
        if self._closed:
            raise JournalFailed("The journal is closed: Closeout is stopping.")


def _prepare(engines: Engines) -> None:
    with _explained(engines):
        upgrade(engines)
        engines.make_room()
        engines.check_files()


@contextmanager
def _explained(engines: Engines) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise explain(error, engines.place) from error
