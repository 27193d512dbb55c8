"""A look at a journal from outside: nothing is changed, and a server may be at work on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DBAPIError

from closeout.journal.engines import Engines, open_engines
from closeout.journal.failures import explain
from closeout.journal.tables import HEAD, lease, meta
from closeout.journal.verify import Verification, verify
from closeout.ports import Lease

T = TypeVar("T")

_PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Inspection:
    """
    What a journal holds. `identity` is whose it is, as `SqlJournal.bind` wrote it.

    `is_current` says whether its tables are those of this program.
    """

    place: str
    identity: str | None
    is_current: bool
    checked: Verification
    leases: Mapping[str, Lease]


def inspect_journal(url: str) -> Inspection | None:
    """
    Read all of a journal and check its chains; None when there is none yet.

    Raises:
        JournalFailed: it cannot be read; the message says what to do.
    """
    return _look(url, _inspect)


def read_leases(url: str) -> Mapping[str, Lease]:
    """
    Read who works which account.

    Raises:
        JournalFailed: it cannot be read.
    """
    return _look(url, lambda connection, _: _leases(connection)) or {}


def _look(url: str, look: Callable[[Connection, Engines], T]) -> T | None:
    engines = open_engines(url, patience=_PATIENCE)
    try:
        # SQLite would make an empty file of a missing one.
        if engines.files is not None and not engines.files.database.exists():
            return None
        with engines.read.begin() as connection:
            return look(connection, engines)
    except DBAPIError as error:
        raise explain(error, engines.place) from error
    finally:
        engines.dispose()


def _inspect(connection: Connection, engines: Engines) -> Inspection | None:
    tables = inspect(connection).get_table_names()
    if "alembic_version" not in tables:
        return None
    version = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return Inspection(
        place=engines.place,
        identity=connection.scalar(select(meta.c.value).where(meta.c.name == "identity")),
        is_current=version == HEAD,
        checked=verify(connection),
        leases=_leases(connection) if lease.name in tables else {},
    )


def _leases(connection: Connection) -> dict[str, Lease]:
    rows = connection.execute(select(lease).order_by(lease.c.account))
    return {row.account: Lease(row.epoch, row.beat, row.owner) for row in rows}
