"""A process shows only what a read has brought, everything in exactly one place (I8)."""

from dataclasses import dataclass
from decimal import Decimal

from simulation.books import Books
from simulation.loop import Process

from closeout.domain.holdings import Holdings
from closeout.runtime.engine import Engine


@dataclass(slots=True)
class _Watched:
    """What a running process shows of its book."""

    engine: Engine
    holdings: Holdings | None = None
    grouping: object = None


class Reads:
    def __init__(self, books: Books) -> None:
        self._books = books
        self._reads: list[tuple[float, Holdings]] = []
        self._watched: dict[Process, _Watched] = {}

    def read_holdings(self, read: Holdings) -> None:
        self._reads.append((self._books.seconds(read.at), read))

    def read_failed(self) -> None:
        self._books.mark("read failed")

    def since(self, at: float) -> list[Holdings]:
        return [read for read_at, read in self._reads if read_at >= at]

    def watch(self, process: Process, engine: Engine) -> None:
        """Look at this process's book from now on."""
        self._watched[process] = _Watched(engine)

    def unwatch(self, process: Process) -> None:
        del self._watched[process]

    def engine(self, process: Process) -> Engine:
        return self._watched[process].engine

    def look(self, process: Process) -> None:
        """Called after every step of a process."""
        seen = self._watched.get(process)
        if seen is None:
            return
        book = seen.engine.book
        if book.holdings is not seen.holdings:
            if not any(read is book.holdings for _, read in self._reads):
                self._books.fail("I8", "the book shows holdings that no read has brought")
            seen.holdings = book.holdings
        if book.grouping is not seen.grouping:
            self._check_grouping(seen.engine)
            seen.grouping = book.grouping

    def _check_grouping(self, engine: Engine) -> None:
        """Everything held is in exactly one place."""
        held = (
            {}
            if engine.book.holdings is None
            else {row.symbol: row.quantity for row in engine.book.holdings.rows}
        )
        shown: dict[str, Decimal] = {}
        for strategy in engine.book.grouping.strategies:
            for leg in strategy.legs:
                shown[leg.symbol] = shown.get(leg.symbol, Decimal(0)) + leg.quantity
        for left in engine.book.grouping.unassigned:
            shown[left.symbol] = shown.get(left.symbol, Decimal(0)) + left.quantity
        if shown != held:
            self._books.fail("I8", "the strategies do not add up to the holdings")

    def check_shown(self, engine: Engine) -> None:
        """The day is over: what is held is what is shown."""
        truth = {s: row.quantity for s, row in self._books.venue.truth.rows.items()}
        held = engine.book.holdings
        shown = {} if held is None else {row.symbol: int(row.quantity) for row in held.rows}
        if shown != truth:
            text = "long after the last trade the book does not show what is held"
            self._books.fail("I8", text)
