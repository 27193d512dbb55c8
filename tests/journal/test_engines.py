"""Connections to a file that others open in the same moment."""

import sqlite3
from datetime import timedelta
from typing import cast

import pytest

from closeout.journal.engines import _switch_to_wal


class Refusing:
    """
    A connection whose first statements meet a lock that SQLite does not wait for.

    That happens to one of six programs in a hundred starts on a new file, so not to a test.
    """

    def __init__(self, refusals: int, code: int) -> None:
        self.refusals = refusals
        self._code = code
        self._connection = sqlite3.connect(":memory:")

    def execute(self, statement: str) -> sqlite3.Cursor:
        if self.refusals:
            self.refusals -= 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = self._code
            raise error
        return self._connection.execute(statement)

    def as_connection(self) -> sqlite3.Connection:
        return cast("sqlite3.Connection", self)


def test_a_start_beside_others_is_tried_again() -> None:
    busy = Refusing(3, sqlite3.SQLITE_BUSY)

    _switch_to_wal(busy.as_connection(), timedelta(seconds=5))

    assert 0 == busy.refusals


def test_patience_has_an_end() -> None:
    busy = Refusing(1_000_000, sqlite3.SQLITE_BUSY)

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        _switch_to_wal(busy.as_connection(), timedelta(milliseconds=20))


def test_what_is_no_lock_is_not_waited_for() -> None:
    broken = Refusing(2, sqlite3.SQLITE_NOTADB)

    with pytest.raises(sqlite3.OperationalError):
        _switch_to_wal(broken.as_connection(), timedelta(seconds=5))

    assert 1 == broken.refusals
