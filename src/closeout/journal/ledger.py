"""
Requests to rows: one group, one transaction.

Requests are checked against the heads of their closes before anything is written, so that
one that is out of date fails alone. What only the database can refuse (a key that another
process took) undoes the whole group, which is then written again one by one.

Before anything else a group locks the leases of the accounts that are ours and looks
whether they still are. Whoever takes one waits for that lock, so no event is written by a
process that no longer owns its account, however long it was frozen in between.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import assert_never

from sqlalchemy import Connection, bindparam, func, insert, select, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from closeout.journal.chain import Head, genesis, genesis_of_edits, link
from closeout.journal.codec import Encoded
from closeout.journal.engines import Engines
from closeout.journal.failures import JournalBelongsToAnother, explain
from closeout.journal.requests import (
    Appending,
    Binding,
    Editing,
    Ending,
    Opening,
    Releasing,
    Renewing,
    Request,
    Taking,
)
from closeout.journal.tables import close, close_event, edit, edit_key, edit_log, lease, meta
from closeout.ports import JournalFailed, NotOwner, SequenceTaken

Outcome = JournalFailed | None

# In one order, so that two workers that append to the same closes cannot deadlock.
_READ_HEADS = (
    select(close.c.close_id, close.c.account, close.c.length, close.c.head)
    .where(close.c.close_id.in_(bindparam("close_ids", expanding=True)))
    .order_by(close.c.close_id)
    .with_for_update()
)
_READ_EPOCH = select(lease.c.epoch).where(lease.c.account == bindparam("name")).with_for_update()
_ADD_CLOSE, _ADD_EVENT = insert(close), insert(close_event)
_RENEW = update(lease).where(lease.c.account == bindparam("name")).values(beat=lease.c.beat + 1)
_RELEASE = update(lease).where(lease.c.account == bindparam("name")).values(owner=None)
_TAKE = (
    update(lease)
    .where(
        lease.c.account == bindparam("name"),
        lease.c.epoch == bindparam("seen_epoch"),
        lease.c.beat == bindparam("seen_beat"),
    )
    .values(epoch=bindparam("new_epoch"), beat=0, owner=bindparam("new_owner"))
)
_READ_IDENTITY = select(meta.c.value).where(meta.c.name == "identity")
_MOVE_HEAD = (
    update(close)
    .where(close.c.close_id == bindparam("id"))
    .values(length=bindparam("new_length"), head=bindparam("new_head"))
)
_END = (
    update(close)
    .where(close.c.close_id == bindparam("id"))
    .values(
        ended_at=func.coalesce(
            close.c.ended_at,
            select(func.max(close_event.c.at))
            .where(close_event.c.close_id == bindparam("id"))
            .scalar_subquery(),
        )
    )
)
_READ_EDITS = (
    select(edit_log.c.account, edit_log.c.length, edit_log.c.head)
    .where(edit_log.c.account == bindparam("name"))
    .with_for_update()
)
_MOVE_EDITS = (
    update(edit_log)
    .where(edit_log.c.account == bindparam("name"))
    .values(length=bindparam("new_length"), head=bindparam("new_head"))
)
_RESUME = update(close).where(close.c.close_id == bindparam("id")).values(ended_at=None)


class Ledger:
    """Writes groups of requests, as the owner of the accounts whose leases it has taken."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._epochs: dict[str, int] = {}
        """The accounts that are ours, and since which epoch."""

    def commit(self, requests: Sequence[Request]) -> list[Outcome]:
        """Write what can be written; None for a request that is committed, else why it is not."""
        try:
            return self._commit_together(requests)
        except JournalFailed as failure:
            return [_again(failure) for _ in requests]
        except (IntegrityError, DataError) as error:
            if len(requests) == 1:
                return [explain(error, self._engines.place)]
            return [outcome for request in requests for outcome in self.commit([request])]
        except DBAPIError as error:
            return [explain(error, self._engines.place) for _ in requests]

    def _commit_together(self, requests: Sequence[Request]) -> list[Outcome]:
        with self._engines.turn, self._engines.write.begin() as connection:
            # The leases first: whoever takes one holds no other lock, so nobody can deadlock.
            epochs = _still_ours(connection, self._epochs)
            group = _Group(connection, epochs, *_read_heads(connection, requests))
            outcomes = [group.take(request) for request in requests]
            group.write()
        # Only now, since a file that vanished earlier is gone now too.
        self._engines.check_files()
        self._epochs = group.epochs
        return outcomes


class _Group:
    """The rows of one transaction, gathered table by table."""

    def __init__(
        self,
        connection: Connection,
        epochs: dict[str, int],
        heads: dict[str, Head],
        accounts: dict[str, str],
    ) -> None:
        self._connection = connection
        self.epochs = epochs
        self._heads = heads
        self._accounts = accounts
        self._opened: dict[str, dict[str, object]] = {}
        self._events: list[dict[str, object]] = []
        self._appended: set[str] = set()
        self._ended: dict[str, bool] = {}

    def take(self, request: Request) -> Outcome:
        """Note the rows of `request`, or return why it cannot be written."""
        try:
            match request:
                case Opening():
                    self._open(request)
                case Appending():
                    self._append(request)
                case Ending():
                    self._own_head(request.close_id)
                    self._ended[request.close_id] = request.ended
                case Editing():
                    self._edit(request)
                case Binding():
                    self._bind(request)
                case Taking():
                    self._take(request)
                case Renewing():
                    self._require_ours(request.account)
                    self._connection.execute(_RENEW, {"name": request.account})
                case Releasing():
                    self._release(request.account)
                case _:
                    assert_never(request)
        except JournalFailed as failure:
            return failure
        return None

    def write(self) -> None:
        """Write what was taken, each table at once."""
        run = self._connection.execute
        if self._opened:
            heads = {id_: _head_row(self._heads[id_]) for id_ in self._opened}
            run(_ADD_CLOSE, [row | heads[id_] for id_, row in self._opened.items()])
        if self._events:
            run(_ADD_EVENT, self._events)
        if moved := sorted(self._appended - self._opened.keys()):
            run(_MOVE_HEAD, [_moved_row(id_, self._heads[id_]) for id_ in moved])
        for statement, ended in ((_END, True), (_RESUME, False)):
            if ids := sorted(id_ for id_, now in self._ended.items() if now is ended):
                run(statement, [{"id": id_} for id_ in ids])

    def _take(self, request: Taking) -> None:
        seen = request.seen
        epoch = 1 if seen is None else seen.epoch + 1
        if seen is None:
            row = {"account": request.account, "epoch": epoch, "beat": 0, "owner": request.owner}
            self._connection.execute(insert(lease), row)
        else:
            taken = self._connection.execute(
                _TAKE,
                {
                    "name": request.account,
                    "seen_epoch": seen.epoch,
                    "seen_beat": seen.beat,
                    "new_epoch": epoch,
                    "new_owner": request.owner,
                },
            )
            if taken.rowcount == 0:
                raise NotOwner(f"Account {request.account} has an owner that is alive.")
        self.epochs[request.account] = epoch

    def _release(self, account: str) -> None:
        if self.epochs.pop(account, None) is not None:
            self._connection.execute(_RELEASE, {"name": account})

    def _require_ours(self, account: str) -> None:
        if account not in self.epochs:
            raise NotOwner(
                f"This process does not own account {account}, or no longer: another one may "
                "work it. Nothing was written."
            )

    def _open(self, request: Opening) -> None:
        self._require_ours(request.identity.account)
        if request.close_id in self._heads:
            raise SequenceTaken(f"Close {request.close_id} is already in the journal: load it.")
        self._heads[request.close_id] = genesis(request.identity)
        self._accounts[request.close_id] = request.identity.account
        self._opened[request.close_id] = asdict(request.identity)
        self._add(request.close_id, request.events)

    def _append(self, request: Appending) -> None:
        length = self._own_head(request.close_id).length
        if request.sequence < length:
            raise SequenceTaken(
                f"Event {request.sequence} of close {request.close_id} is already written; "
                f"the next is {length}: load the close and go on from there."
            )
        if request.sequence > length:
            raise JournalFailed(
                f"Close {request.close_id} has {length} events, so event {request.sequence} "
                "cannot come next: some are missing. Load the close and go on from there."
            )
        self._appended.add(request.close_id)
        self._add(request.close_id, request.events)

    def _edit(self, request: Editing) -> None:
        """Write an edit at once: a person makes one now and then."""
        account, run = request.account, self._connection.execute
        self._require_ours(account)
        row = run(_READ_EDITS, {"name": account}).one_or_none()
        before = genesis_of_edits(account) if row is None else Head(row.length, row.head)
        if request.number != before.length + 1:
            raise SequenceTaken(
                f"Edit {request.number} of account {account} cannot be written; the next is "
                f"{before.length + 1}: load the edits and go on from there."
            )
        after = link(before, account, request.edit)
        if row is None:
            run(insert(edit_log), {"account": account} | _head_row(after))
        else:
            run(
                _MOVE_EDITS,
                {"name": account, "new_length": after.length, "new_head": after.hash},
            )
        run(
            insert(edit),
            {
                "account": account,
                "number": after.length,
                "kind": request.edit.kind,
                "at": request.edit.at,
                "payload": request.edit.payload,
                "previous_hash": before.hash,
                "hash": after.hash,
            },
        )
        if request.asked is not None:
            run(
                insert(edit_key),
                {
                    "account": account,
                    "idempotency_key": request.asked.key,
                    "fingerprint": request.asked.fingerprint,
                    "number": after.length,
                },
            )

    def _bind(self, request: Binding) -> None:
        bound = self._connection.scalar(_READ_IDENTITY)
        if bound is None:
            row = {"name": "identity", "value": request.identity}
            self._connection.execute(insert(meta), row)
        elif bound != request.identity:
            raise JournalBelongsToAnother(
                f"This journal belongs to {bound}, not to {request.identity}: give each its own "
                "with CLOSEOUT_DATABASE_URL. Nothing was written."
            )

    def _own_head(self, close_id: str) -> Head:
        head = self._heads.get(close_id)
        if head is None:
            raise JournalFailed(f"The journal has no close {close_id}: open it first.")
        self._require_ours(self._accounts[close_id])
        return head

    def _add(self, close_id: str, events: Iterable[Encoded]) -> None:
        for event in events:
            before = self._heads[close_id]
            after = link(before, close_id, event)
            self._events.append(
                {
                    "close_id": close_id,
                    "sequence": before.length,
                    "kind": event.kind,
                    "at": event.at,
                    "payload": event.payload,
                    "previous_hash": before.hash,
                    "hash": after.hash,
                }
            )
            self._heads[close_id] = after


def _still_ours(connection: Connection, epochs: dict[str, int]) -> dict[str, int]:
    """Return those of our accounts that nobody has taken since, and keep it so until the end."""
    now = {name: connection.scalar(_READ_EPOCH, {"name": name}) for name in sorted(epochs)}
    return {name: epoch for name, epoch in epochs.items() if now[name] == epoch}


def _read_heads(
    connection: Connection, requests: Sequence[Request]
) -> tuple[dict[str, Head], dict[str, str]]:
    """Return the heads of the closes that are written to, and the accounts they are of."""
    ids = {each.close_id for each in requests if isinstance(each, Appending | Ending)}
    if not ids:
        return {}, {}
    rows = connection.execute(_READ_HEADS, {"close_ids": sorted(ids)}).all()
    heads = {row.close_id: Head(row.length, row.head) for row in rows}
    return heads, {row.close_id: row.account for row in rows}


def _head_row(head: Head) -> dict[str, object]:
    return {"length": head.length, "head": head.hash}


def _moved_row(close_id: str, head: Head) -> dict[str, object]:
    return {"id": close_id, "new_length": head.length, "new_head": head.hash}


def _again(failure: JournalFailed) -> JournalFailed:
    """Return a copy: one exception raised in many tasks would mix up their tracebacks."""
    return type(failure)(*failure.args)
