"""
Facts that were read from the broker, one a row, and until when all of them were read.

Caches beside the record: no hash chain and no lease guard them, and each row may be replaced.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Column, Connection, Table, TextClause, select, text

from closeout.journal.codec import instant

T = TypeVar("T")


def keeping_until(ends: Table) -> TextClause:
    """Return the statement that moves the end of a cache on; it never moves back."""
    # One text for both databases: SQLAlchemy has the same only as two dialects.
    return text(
        f"INSERT INTO {ends.name} (account, read_until) "  # noqa: S608 - a table's name
        "VALUES (:account, :read_until) "
        "ON CONFLICT (account) DO UPDATE SET read_until = excluded.read_until "
        f"WHERE excluded.read_until > {ends.name}.read_until"
    )


def end(account: str, until: datetime) -> dict[str, str]:
    """Return the values of `keeping_until`."""
    return {"account": account, "read_until": instant(until)}


def load_facts(
    connection: Connection,
    account: str,
    facts: Table,
    ends: Table,
    *,
    decode: Callable[[str], T | None],
    by: tuple[Column[str], ...],
) -> tuple[tuple[T, ...], datetime | None]:
    """
    Return what is kept of an account in the order of some columns, and its end.

    A row that cannot be read is left out, and the end with it: then all must be asked for again.
    """
    rows = connection.execute(
        select(facts.c.payload).where(facts.c.account == account).order_by(*by)
    )
    read = [decode(row.payload) for row in rows]
    kept = tuple(each for each in read if each is not None)
    if len(kept) < len(read):
        return kept, None
    until = connection.scalar(select(ends.c.read_until).where(ends.c.account == account))
    return kept, None if until is None else datetime.fromisoformat(until)
