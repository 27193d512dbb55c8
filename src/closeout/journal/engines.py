"""
Connections to the journal's database: one that writes closes, a few that only read, and one
that writes what may be lost.

They are apart so that a read never waits behind the writer's disk, and so that the history of
orders, a cache, is committed without waiting for the disk at all.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from closeout.journal.driver import Line, Transaction
from closeout.journal.log_room import make_room
from closeout.ports import JournalFailed

READERS = 2
"""Reads that run at the same time: a long check must not hold up a close that is loading."""


_BETWEEN_SWITCHES = 0.01


@dataclass(frozen=True, slots=True)
class Engines:
    """
    The engines of one journal and, for SQLite, the watch over its files.

    `turn` is held while one of the two writes. SQLite lets one write at a time and has the other
    ask again and again, which an endless row of short writes could outlast.
    """

    place: str
    write: Engine
    cache: Engine
    read: Engine
    files: "WatchedFiles | None"
    turn: AbstractContextManager[object]
    line: Line
    """How the writer writes."""

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Write at the writer's turn, in one transaction. Raises: DBAPIError."""
        with self.turn, self.line.transaction() as written:
            yield written

    def check_files(self) -> None:
        """
        Do nothing if the database is still where it was opened.

        Raises:
            JournalFailed: its file was moved or deleted.
        """
        if self.files is not None:
            self.files.check()

    def make_room(self) -> None:
        """Make writes quicker, where that can be done beforehand."""
        if self.files is not None:
            make_room(self.write, self.files.database)

    def dispose(self) -> None:
        self.line.close()
        for engine in (self.read, self.cache, self.write):
            engine.dispose()


class WatchedFiles:
    """
    The database file and its write-ahead log, as they were when first seen.

    SQLite goes on writing happily to files that were deleted under it, and everything
    written from then on is lost with the process.
    """

    def __init__(self, database: Path) -> None:
        self.database = database
        self._known: dict[Path, tuple[int, int] | None] = {
            database: None,
            database.with_name(f"{database.name}-wal"): None,
        }

    def check(self) -> None:
        """
        Compare the files with what was first seen of them.

        Raises:
            JournalFailed: one has gone or is another file now.
        """
        for path, known in self._known.items():
            present = _file_id(path)
            if known is None:
                self._known[path] = present
            elif present != known:
                raise JournalFailed(
                    f"The journal's file {path} was deleted or replaced while Closeout ran: "
                    "stop Closeout, put the file back and start again."
                )


def open_engines(url: str, *, patience: timedelta) -> Engines:
    """
    Return engines for `sqlite:///path` or `postgresql://...`, connected on first use.

    `patience` is how long a lock of somebody else is waited for.

    Raises:
        JournalFailed: the URL names no database a journal can be kept in.
    """
    parsed = _parse(url)
    place = parsed.render_as_string(hide_password=True)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed, place, patience)
    try:
        return _open_postgres(parsed, place, patience)
    except ImportError as error:
        raise JournalFailed(
            "PostgreSQL needs one more package: pip install 'closeout[postgres]'"
        ) from error


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, NoSuchModuleError) as error:
        raise JournalFailed(
            "CLOSEOUT_DATABASE_URL is no database URL; sqlite:////home/me/closeout.db is one"
        ) from error
    name = parsed.drivername.partition("+")[0]
    if name == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite+pysqlite")
    if name == "sqlite":
        raise JournalFailed(
            "A journal in memory would forget every close: name a file, sqlite:////path/to/file"
        )
    if name in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise JournalFailed(f"A journal is kept in SQLite or PostgreSQL, not in {name}")


def _open_sqlite(url: URL, place: str, patience: timedelta) -> Engines:
    assert url.database is not None
    write = create_engine(url, pool_size=1, max_overflow=0)
    cache = create_engine(url, pool_size=1, max_overflow=0)
    read = create_engine(url, pool_size=READERS, max_overflow=0)
    pragmas = [
        f"busy_timeout = {int(patience.total_seconds() * 1000)}",
        "synchronous = FULL",
        # Without it fsync on macOS leaves the data in the drive's own cache.
        "fullfsync = ON",
        "foreign_keys = ON",
    ]
    # IMMEDIATE: a transaction that reads first and then cannot get the write lock would
    # fail at once, without the busy timeout.
    immediate = "BEGIN IMMEDIATE"
    configure = partial(_configure_sqlite, patience=patience)
    configure(write, pragmas, begin=immediate)
    # In WAL mode nothing is damaged by this; a power cut may take the newest commits.
    configure(cache, [*pragmas, "synchronous = NORMAL"], begin=immediate)
    configure(read, [*pragmas, "query_only = ON"], begin="BEGIN")
    files = WatchedFiles(Path(url.database).absolute())
    line = Line(write, begin=immediate, keeps=True)
    return Engines(place, write, cache, read, files, Lock(), line)


def _configure_sqlite(
    engine: Engine, pragmas: list[str], *, begin: str, patience: timedelta
) -> None:
    def connected(connection: Any, _record: object) -> None:  # noqa: ANN401 -- the bare sqlite3 one
        # sqlite3's own idea of when to begin is switched off; SQLAlchemy begins below.
        connection.isolation_level = None
        _switch_to_wal(connection, patience)
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))


def _switch_to_wal(connection: sqlite3.Connection, patience: timedelta) -> None:
    """
    Log ahead, as this file does for good from then on.

    SQLite's own waiting is no use here: of two programs that switch a new file at once, each would
    wait for the other, so one of them is refused without a wait.
    """
    give_up = time.monotonic() + patience.total_seconds()
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(_BETWEEN_SWITCHES)
        else:
            return


def _open_postgres(url: URL, place: str, patience: timedelta) -> Engines:
    seconds = max(2, round(patience.total_seconds()))  # libpq takes no shorter timeout
    settings = {
        "lock_timeout": f"{int(patience.total_seconds() * 1000)}ms",
        # A server may be set up to answer before its disk does; this journal may not be.
        "synchronous_commit": "on",
        "default_transaction_isolation": r"read\ committed",
        # A process that freezes between two statements must not keep its locks.
        "idle_in_transaction_session_timeout": "1500ms",
    }

    def engine(size: int, **changed: str) -> Engine:
        options = (f"-c {name}={value}" for name, value in (settings | changed).items())
        return create_engine(
            url,
            pool_size=size,
            max_overflow=0,
            # Finds a connection that a server restart broke before anything is sent on it.
            pool_pre_ping=True,
            connect_args={
                "application_name": "closeout",
                "connect_timeout": seconds,
                "tcp_user_timeout": 2 * seconds * 1000,
                "options": " ".join(options),
            },
        )

    write, cache = engine(1), engine(1, synchronous_commit="off")
    line = Line(write, begin=None, keeps=False)
    return Engines(place, write, cache, engine(READERS), None, nullcontext(), line)


def _file_id(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 -- twice per commit; Path.stat is the same call, slower
    except OSError:
        return None
    return status.st_dev, status.st_ino
