"""Rows back to closes. A close and its events are always read in one statement."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from closeout.domain.edits import Edit
from closeout.journal.codec import decode, decode_edit
from closeout.journal.tables import close, close_event, edit, edit_key, edit_log
from closeout.journal.tables import lease as leases
from closeout.ports import JournalFailed, Lease, StoredClose

AnyRow = Row[*tuple[Any, ...]]

_NEWEST_FIRST = (close.c.opened_at.desc(), close.c.close_id.desc())


def load(connection: Connection, close_id: str) -> StoredClose | None:
    """Return one close, or None if it was never opened."""
    found = _closes(connection, select(close).where(close.c.close_id == close_id))
    return next(iter(found), None)


def load_recent(connection: Connection, account: str, limit: int) -> tuple[StoredClose, ...]:
    """Return the `limit` newest closes of `account`, newest first."""
    newest = select(close).where(close.c.account == account).order_by(*_NEWEST_FIRST).limit(limit)
    return _closes(connection, newest)


def load_unfinished(connection: Connection, account: str) -> tuple[StoredClose, ...]:
    """Return the closes of `account` that are not marked ended, newest first."""
    return _closes(
        connection,
        select(close).where(close.c.account == account, close.c.ended_at.is_(None)),
    )


def find_by_key(connection: Connection, account: str, key: str) -> tuple[str, str] | None:
    """Return the close id and fingerprint recorded under an idempotency key."""
    row = connection.execute(
        select(close.c.close_id, close.c.fingerprint).where(
            close.c.account == account, close.c.idempotency_key == key
        )
    ).one_or_none()
    return None if row is None else (row.close_id, row.fingerprint)


def load_keys(connection: Connection, account: str) -> dict[str, tuple[str, str]]:
    """Return close id and fingerprint of every idempotency key of `account`."""
    rows = connection.execute(
        select(close.c.idempotency_key, close.c.close_id, close.c.fingerprint).where(
            close.c.account == account, close.c.idempotency_key.is_not(None)
        )
    )
    return {row.idempotency_key: (row.close_id, row.fingerprint) for row in rows}


def lease(connection: Connection, account: str) -> Lease | None:
    """Return the lease of `account`, or None if nobody ever had it."""
    row = connection.execute(select(leases).where(leases.c.account == account)).one_or_none()
    return None if row is None else Lease(row.epoch, row.beat, row.owner)


def find_edit(connection: Connection, account: str, idempotency_key: str) -> tuple[int, str] | None:
    """Return the number and fingerprint of the edit that has this key, or None."""
    row = connection.execute(
        select(edit_key.c.number, edit_key.c.fingerprint).where(
            edit_key.c.account == account, edit_key.c.idempotency_key == idempotency_key
        )
    ).one_or_none()
    return None if row is None else (row.number, row.fingerprint)


def load_edits(connection: Connection, account: str) -> tuple[Edit, ...]:
    """Return every edit of `account`, oldest first."""
    rows = connection.execute(
        select(edit_log.c.length, edit.c.number, edit.c.kind, edit.c.payload)
        .join_from(edit_log, edit, edit_log.c.account == edit.c.account, isouter=True)
        .where(edit_log.c.account == account)
        .order_by(edit.c.number)
    ).all()
    present = [row for row in rows if row.number is not None]
    length = rows[0].length if rows else 0
    if [row.number for row in present] != list(range(1, length + 1)):
        raise JournalFailed(
            f"Account {account} should have {length} edits and some are missing or too many: "
            "`closeout doctor` checks the journal, and a backup holds what was there."
        )
    return tuple(
        decode_edit(row.kind, row.payload, row=f"Edit {row.number} of account {account}")
        for row in present
    )


def _closes(connection: Connection, which: Select[Any]) -> tuple[StoredClose, ...]:
    chosen = which.subquery()
    # Outer, so that a close whose events are lost is missed loudly.
    rows = connection.execute(
        select(
            chosen.c.close_id,
            chosen.c.account,
            chosen.c.position_id,
            chosen.c.length,
            close_event.c.sequence,
            close_event.c.kind,
            close_event.c.payload,
        )
        .join_from(chosen, close_event, chosen.c.close_id == close_event.c.close_id, isouter=True)
        .order_by(chosen.c.opened_at.desc(), chosen.c.close_id.desc(), close_event.c.sequence)
    )
    by_close = groupby(rows, key=lambda row: row.close_id)
    return tuple(_close(list(group)) for _, group in by_close)


def _close(rows: list[AnyRow]) -> StoredClose:
    first = rows[0]
    present = [row for row in rows if row.sequence is not None]
    _require_all(first.close_id, first.length, (row.sequence for row in present))
    return StoredClose(
        close_id=first.close_id,
        account=first.account,
        position_id=first.position_id,
        events=tuple(
            decode(row.kind, row.payload, row=f"Event {row.sequence} of close {row.close_id}")
            for row in present
        ),
    )


def _require_all(close_id: str, length: int, sequences: Iterable[int]) -> None:
    missing = set(range(length)).symmetric_difference(sequences)
    if missing:
        raise JournalFailed(
            f"Close {close_id} should have {length} events and event {min(missing)} is missing "
            "or too many: `closeout doctor` checks the journal, and a backup holds what was there."
        )
