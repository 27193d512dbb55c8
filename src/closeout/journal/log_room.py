"""
Room in SQLite's write-ahead log, made before an order waits for it.

A commit that makes the log longer waits for the file system to record the new length, too. Once
the log has been as long as it gets, SQLite writes over it from the front.
"""

from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

ROOM = 4_000_000
"""Bytes: SQLite takes the log into the database after 1,000 pages of 4 KiB."""

_UNDONE = (
    # Ten pages: whatever is larger is spilled into the log before it is committed.
    "PRAGMA cache_size = 10",
    "BEGIN IMMEDIATE",
    "CREATE TABLE room (bytes BLOB)",
    f"INSERT INTO room VALUES (zeroblob({ROOM}))",  # noqa: S608 -- a number of ours
    "ROLLBACK",
    "PRAGMA cache_size = -2000",
)


def make_room(engine: Engine, database: Path) -> None:
    """
    Lengthen the log by a transaction that is undone; the database stays as it is.

    Where that fails, on a full disk or behind another program's lock, commits are a little slower.
    """
    log = database.with_name(f"{database.name}-wal")
    if log.exists() and log.stat().st_size >= ROOM:
        return
    failed = engine.dialect.loaded_dbapi.Error
    with suppress(DBAPIError), closing(engine.raw_connection()) as connection:
        try:
            cursor = connection.cursor()
            for statement in _UNDONE:
                cursor.execute(statement)
        except failed:
            connection.invalidate()  # and with it the small cache
