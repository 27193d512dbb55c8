"""
Statements made by SQLAlchemy, run by the database's own driver.

An order waits until its intent is on disk, and most of that wait was SQLAlchemy preparing each
statement anew. The writer has every statement put into the database's words once. Connections,
their pool, and the names of errors stay SQLAlchemy's.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Engine, PoolProxiedConnection
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.expression import ClauseElement

Parameters = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Words:
    """
    A statement in one database's words.

    `constants` are values it brings itself, `order` is of parameters that go by position.
    """

    text: str
    constants: Parameters
    order: Sequence[str] | None

    def given(self, parameters: Parameters) -> Any:  # noqa: ANN401 -- whatever the driver takes
        named = {**self.constants, **parameters}
        return named if self.order is None else [named[name] for name in self.order]


class Statement:
    """A statement with named parameters; `columns` are those an INSERT fills."""

    def __init__(self, clause: ClauseElement, columns: Sequence[str] | None = None) -> None:
        self._clause = clause
        self._columns = columns
        self._words: dict[str, _Words] = {}

    def for_(self, dialect: Dialect) -> _Words:
        words = self._words.get(dialect.name)
        if words is None:
            made: Any = self._clause.compile(dialect=dialect, column_keys=self._columns)
            # What a caller must give and forgets is an error, and never NULL.
            own = {name: each.value for name, each in made.binds.items() if not each.required}
            self._words[dialect.name] = words = _Words(made.string, own, made.positiontup)
        return words


class Transaction:
    """Runs statements; what is run is committed together, or not at all."""

    def __init__(self, cursor: DBAPICursor, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect

    def run(self, statement: Statement, parameters: Parameters) -> int:
        """Return how many rows it changed."""
        words = statement.for_(self._dialect)
        self._cursor.execute(words.text, words.given(parameters))
        return self._cursor.rowcount

    def run_each(self, statement: Statement, rows: Sequence[Parameters]) -> None:
        """
        Run it once for each row.

        Not with `executemany`, which sends PostgreSQL rows before it has asked for an answer. Until
        it asks, the server takes a frozen process for a busy one, and lets it keep its locks.
        """
        words = statement.for_(self._dialect)
        for row in rows:
            self._cursor.execute(words.text, words.given(row))

    def read(self, statement: Statement, parameters: Parameters) -> Sequence[Any]:
        """Return the rows it finds, each a tuple of its columns."""
        self.run(statement, parameters)
        return self._cursor.fetchall()


class Line:
    """
    The writer's way to the database, `begin` said before each transaction where a driver does not.

    A line that `keeps` its connection checks it out of the pool once, and again after an error;
    another lets the pool look each time whether the server is still there.
    """

    def __init__(self, engine: Engine, *, begin: str | None, keeps: bool) -> None:
        self._engine = engine
        self._begin = begin
        self._keeps = keeps
        self._kept: PoolProxiedConnection | None = None

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """
        Commit what is run inside, or undo it.

        Raises:
            DBAPIError: the database could not; nothing was committed, as far as it can tell.
        """
        dialect = self._engine.dialect
        errors = dialect.loaded_dbapi.Error
        try:
            with self._connection() as connection:
                cursor = connection.cursor()
                if self._begin is not None:
                    cursor.execute(self._begin)
                yield Transaction(cursor, dialect)
                connection.commit()
        except errors as error:
            raise DBAPIError.instance(None, None, error, errors, dialect=dialect) from error

    def close(self) -> None:
        """Give the connection back to the pool, which undoes what was not committed."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    @contextmanager
    def _connection(self) -> Iterator[PoolProxiedConnection]:
        connection = self._kept or self._engine.raw_connection()
        self._kept = connection if self._keeps else None
        try:
            yield connection
        except BaseException:
            self._kept = None
            connection.close()
            raise
        if not self._keeps:
            connection.close()
