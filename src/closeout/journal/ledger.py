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

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from closeout.journal import statements
from closeout.journal.chain import Head, genesis, genesis_of_edits, link
from closeout.journal.codec import Encoded
from closeout.journal.driver import Transaction
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
from closeout.ports import JournalFailed, NotOwner, SequenceTaken

Outcome = JournalFailed | None


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
        with self._engines.writing() as writing:
            # The leases first: whoever takes one holds no other lock, so nobody can deadlock.
            epochs = _still_ours(writing, self._epochs)
            group = _Group(writing, epochs, *_read_heads(writing, requests))
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
        writing: Transaction,
        epochs: dict[str, int],
        heads: dict[str, Head],
        accounts: dict[str, str],
    ) -> None:
        self._writing = writing
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
                    self._writing.run(statements.RENEW_LEASE, {"name": request.account})
                case Releasing():
                    self._release(request.account)
                case _:
                    assert_never(request)
        except JournalFailed as failure:
            return failure
        return None

    def write(self) -> None:
        """Write what was taken, each table at once."""
        run_each = self._writing.run_each
        if self._opened:
            heads = {id_: _head_row(self._heads[id_]) for id_ in self._opened}
            run_each(statements.ADD_CLOSE, [row | heads[id_] for id_, row in self._opened.items()])
        if self._events:
            run_each(statements.ADD_EVENT, self._events)
        if moved := sorted(self._appended - self._opened.keys()):
            run_each(statements.MOVE_HEAD, [_moved_row(id_, self._heads[id_]) for id_ in moved])
        for statement, ended in ((statements.END, True), (statements.RESUME, False)):
            if ids := sorted(id_ for id_, now in self._ended.items() if now is ended):
                run_each(statement, [{"id": id_} for id_ in ids])

    def _take(self, request: Taking) -> None:
        seen = request.seen
        epoch = 1 if seen is None else seen.epoch + 1
        if seen is None:
            row = {"account": request.account, "epoch": epoch, "beat": 0, "owner": request.owner}
            self._writing.run(statements.ADD_LEASE, row)
        else:
            taken = self._writing.run(
                statements.TAKE_LEASE,
                {
                    "name": request.account,
                    "seen_epoch": seen.epoch,
                    "seen_beat": seen.beat,
                    "new_epoch": epoch,
                    "new_owner": request.owner,
                },
            )
            if taken == 0:
                raise NotOwner(f"Account {request.account} has an owner that is alive.")
        self.epochs[request.account] = epoch

    def _release(self, account: str) -> None:
        if self.epochs.pop(account, None) is not None:
            self._writing.run(statements.RELEASE_LEASE, {"name": account})

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
        account, run = request.account, self._writing.run
        self._require_ours(account)
        rows = self._writing.read(statements.READ_EDITS, {"name": account})
        before = Head(*rows[0]) if rows else genesis_of_edits(account)
        if request.number != before.length + 1:
            raise SequenceTaken(
                f"Edit {request.number} of account {account} cannot be written; the next is "
                f"{before.length + 1}: load the edits and go on from there."
            )
        after = link(before, account, request.edit)
        if not rows:
            run(statements.ADD_EDITS, {"account": account} | _head_row(after))
        else:
            run(
                statements.MOVE_EDITS,
                {"name": account, "new_length": after.length, "new_head": after.hash},
            )
        run(
            statements.ADD_EDIT,
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
                statements.ADD_EDIT_KEY,
                {
                    "account": account,
                    "idempotency_key": request.asked.key,
                    "fingerprint": request.asked.fingerprint,
                    "number": after.length,
                },
            )

    def _bind(self, request: Binding) -> None:
        bound = self._writing.read(statements.READ_IDENTITY, {})
        if not bound:
            row = {"name": "identity", "value": request.identity}
            self._writing.run(statements.ADD_META, row)
        elif bound[0][0] != request.identity:
            raise JournalBelongsToAnother(
                f"This journal belongs to {bound[0][0]}, not to {request.identity}: give each its "
                "own with CLOSEOUT_DATABASE_URL. Nothing was written."
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


def _still_ours(writing: Transaction, epochs: dict[str, int]) -> dict[str, int]:
    """Return those of our accounts that nobody has taken since, and keep it so until the end."""
    now = {name: writing.read(statements.READ_EPOCH, {"name": name}) for name in sorted(epochs)}
    return {name: epoch for name, epoch in epochs.items() if [*now[name]] == [(epoch,)]}


def _read_heads(
    writing: Transaction, requests: Sequence[Request]
) -> tuple[dict[str, Head], dict[str, str]]:
    """Return the heads of the closes that are written to, and the accounts they are of."""
    ids = sorted({each.close_id for each in requests if isinstance(each, Appending | Ending)})
    if not ids:
        return {}, {}
    named = {f"id{number}": close_id for number, close_id in enumerate(ids)}
    rows = writing.read(statements.read_heads(len(ids)), named)
    heads = {close_id: Head(length, head) for close_id, _, length, head in rows}
    return heads, {close_id: account for close_id, account, _, _ in rows}


def _head_row(head: Head) -> dict[str, object]:
    return {"length": head.length, "head": head.hash}


def _moved_row(close_id: str, head: Head) -> dict[str, object]:
    return {"id": close_id, "new_length": head.length, "new_head": head.hash}


def _again(failure: JournalFailed) -> JournalFailed:
    """Return a copy: one exception raised in many tasks would mix up their tracebacks."""
    return type(failure)(*failure.args)
