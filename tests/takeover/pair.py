"""Two servers on one account: the first works it, the second stands by."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from protocol.books import Books
from support.closeout_server import CloseoutServer
from support.simulator import Json, SimulatorProcess, eventually

TAKEN_WITHIN = 5.0
"""Seconds: three of silence, and what it takes to notice and to take up the closes."""


@dataclass(frozen=True, slots=True)
class Pair:
    simulator: SimulatorProcess
    first: CloseoutServer
    second: CloseoutServer
    books: Books
    is_sqlite: bool

    def begin_close(self) -> str:
        """A close whose order rests at the broker."""
        self.simulator.hold_fills()
        close_id = self.first.close(self.first.position("AAPL")["id"])
        self.first.wait_for(close_id, "working")
        return close_id

    def freeze_first(self) -> None:
        """
        Stop the first, but not in the middle of a write.

        Nobody can break the lock of a stopped process on an SQLite file; PostgreSQL's server can.
        """
        self.first.freeze()
        while self.is_sqlite and self._is_locked():
            self.first.thaw()
            # It needs time to finish: frozen again at once it might never get any further.
            eventually(lambda: not self._is_locked())
            self.first.freeze()

    def _is_locked(self) -> bool:
        (path,) = self.first.folder.rglob("journal.db")
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            connection.execute("ROLLBACK")
            return False

    def wait_until_second_works(self) -> None:
        eventually(self.second.is_at_work, within=TAKEN_WITHIN)

    def fill(self, close_id: str) -> None:
        """Trade all that is left of the close's order."""
        (order,) = self.books.orders(close_id)
        self.simulator.fill(order["id"], int(order["qty"]))

    def ended(self, server: CloseoutServer, close_id: str) -> Json:
        """The close once it has ended, and the broker agrees: one order, taken once."""
        state = server.wait_until_ended(close_id)
        self.books.check(state)
        assert len(self.books.sent(close_id)) == 1, "an order was sent again"
        return state


@contextmanager
def open_pair(folder: Path, database: str | None) -> Iterator[Pair]:
    """
    Start both on one journal: an SQLite file in the folder they share, or that database.
    """
    settings = {} if database is None else {"CLOSEOUT_DATABASE_URL": database}
    own = folder if database is None else folder / "second"
    with SimulatorProcess(scenario="desk") as simulator:
        books = Books.open(simulator)
        with CloseoutServer(simulator, folder, settings) as first:
            second = CloseoutServer(simulator, own, settings)
            second.begin()
            try:
                eventually(lambda: second.get("/api/status").json["standing_by"])
                yield Pair(simulator, first, second, books, database is None)
            finally:
                second.kill()
