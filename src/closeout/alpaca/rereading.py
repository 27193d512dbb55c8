"""
Lists that are read again and again, and of which little changes.

Making our own values of Alpaca's rows costs more than decoding them, while a person waits. A row
that came just so the last time has been made already.
"""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

Row = TypeVar("Row")
Value = TypeVar("Value")


class Rereading(Generic[Row, Value]):
    """
    Makes values of the rows of a list, and remembers those of the last list only.

    `name` tells which row of the last list a row is to be compared with.
    """

    def __init__(self, name: Callable[[Row], str], make: Callable[[Row], Value]) -> None:
        self._name = name
        self._make = make
        self._last: dict[str, tuple[Row, Value]] = {}

    def values(self, rows: Iterable[Row]) -> tuple[Value, ...]:
        """Return a value for each row, in their order."""
        pairs = [self._pair(row) for row in rows]
        self._last = {self._name(pair[0]): pair for pair in pairs}
        return tuple(value for _, value in pairs)

    def _pair(self, row: Row) -> tuple[Row, Value]:
        last = self._last.get(self._name(row))
        return last if last is not None and last[0] == row else (row, self._make(row))
