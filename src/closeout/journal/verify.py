"""The check that no row was altered or lost since it was written."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, inspect, select

from closeout.journal.chain import Head, Identity, genesis, genesis_of_edits, link
from closeout.journal.codec import Encoded
from closeout.journal.tables import close, close_event, edit, edit_log

_DOES_NOT_FOLLOW = (
    "it does not follow what comes before it: the event before or the close's own row was altered"
)


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """The first row that is not what was written. Without `sequence` it is the close's own."""

    close_id: str
    sequence: int | None
    reason: str

    def __str__(self) -> str:
        where = "" if self.sequence is None else f"event {self.sequence} of "
        return f"{where}close {self.close_id}: {self.reason}"


@dataclass(frozen=True, slots=True)
class BrokenEdit:
    """The first edit that is not what was written. Without `number` it is the count of them."""

    account: str
    number: int | None
    reason: str

    def __str__(self) -> str:
        where = "the edits" if self.number is None else f"edit {self.number}"
        return f"{where} of account {self.account}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked, up to the first broken row if there is one."""

    closes: int
    events: int
    broken: BrokenRow | BrokenEdit | None
    edits: int = 0


def verify(connection: Connection) -> Verification:
    """Follow every chain from its first link; memory does not grow with the journal."""
    closes = events = 0
    with closing(_groups(connection)) as groups:
        for group in groups:
            closes += 1
            events += sum(row.sequence is not None for row in group)
            if broken := _first_broken(group):
                return Verification(closes, events, broken)
    stray = _stray(connection)
    if stray is not None or not inspect(connection).has_table(edit.name):
        return Verification(closes, events, stray)
    edits, broken_edit = _edits(connection)
    return Verification(closes, events, broken_edit, edits)


def _groups(connection: Connection) -> Generator[list[Row[Any]], None, None]:
    event = close_event.c
    everything = (
        select(
            close,
            event.sequence,
            event.kind,
            event.at,
            event.payload,
            event.previous_hash,
            event.hash,
        )
        .join_from(close, close_event, isouter=True)
        .order_by(close.c.close_id, event.sequence)
    )
    with connection.execution_options(yield_per=1000).execute(everything) as rows:
        for _, group in groupby(rows, key=lambda row: row.close_id):
            yield list(group)


def _first_broken(rows: list[Row[Any]]) -> BrokenRow | None:
    own = rows[0]
    head = genesis(_identity(own))
    for row in (row for row in rows if row.sequence is not None):
        following = link(head, row.close_id, Encoded(row.kind, row.at, row.payload))
        if row.sequence != head.length:
            return BrokenRow(row.close_id, head.length, "it is missing")
        if row.previous_hash != head.hash:
            return BrokenRow(row.close_id, row.sequence, _DOES_NOT_FOLLOW)
        if row.hash != following.hash:
            return BrokenRow(row.close_id, row.sequence, "it was altered")
        head = following
    if own.length > head.length:
        return BrokenRow(own.close_id, head.length, "it is missing at the end")
    if (own.length, own.head) != (head.length, head.hash):
        return BrokenRow(own.close_id, None, "its count or its last hash was altered")
    return None


def _identity(row: Row[Any]) -> Identity:
    return Identity(
        close_id=row.close_id,
        account=row.account,
        position_id=row.position_id,
        opened_at=row.opened_at,
        idempotency_key=row.idempotency_key,
        fingerprint=row.fingerprint,
    )


def _stray(connection: Connection) -> BrokenRow | None:
    """Return an event whose close is gone, which foreign keys forbid as long as they are on."""
    known = select(close.c.close_id)
    row = connection.execute(
        select(close_event.c.close_id, close_event.c.sequence)
        .where(close_event.c.close_id.not_in(known))
        .order_by(close_event.c.close_id, close_event.c.sequence)
        .limit(1)
    ).one_or_none()
    return None if row is None else BrokenRow(row.close_id, row.sequence, "its close is missing")


def _edits(connection: Connection) -> tuple[int, BrokenEdit | None]:
    """Follow the edits of every account; return how many there are and the first broken one."""
    heads = {row.account: genesis_of_edits(row.account) for row in _edit_logs(connection)}
    count = 0
    with connection.execute(select(edit).order_by(edit.c.account, edit.c.number)) as rows:
        for row in rows:
            count += 1
            if broken := _wrong_edit(row, heads.get(row.account)):
                return count, broken
            heads[row.account] = Head(row.number, row.hash)
    return count, _first_cut_off(connection, heads)


def _wrong_edit(row: Row[Any], head: Head | None) -> BrokenEdit | None:
    if head is None:
        return BrokenEdit(row.account, row.number, "its account's row is missing")
    following = link(head, row.account, Encoded(row.kind, row.at, row.payload))
    if row.number != following.length:
        return BrokenEdit(row.account, following.length, "it is missing")
    if (row.previous_hash, row.hash) != (head.hash, following.hash):
        return BrokenEdit(row.account, row.number, "it or the one before was altered")
    return None


def _first_cut_off(connection: Connection, heads: Mapping[str, Head]) -> BrokenEdit | None:
    for row in _edit_logs(connection):
        head = heads[row.account]
        if row.length > head.length:
            return BrokenEdit(row.account, head.length + 1, "it is missing at the end")
        if (row.length, row.head) != (head.length, head.hash):
            return BrokenEdit(row.account, None, "their count or their last hash was altered")
    return None


def _edit_logs(connection: Connection) -> Sequence[Row[Any]]:
    return connection.execute(select(edit_log).order_by(edit_log.c.account)).all()
