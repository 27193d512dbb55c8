"""
How long a committed append takes, beside what SQLite itself needs for one row.

Prints p50 and p99 of one append at 1 and at 16 at once, and appends a second, each with its
ratio to a bare `sqlite3` insert with synchronous=FULL on the same disk in the same run, so
that figures of different machines can be compared. The rounds take turns, because other
work on the machine comes and goes.

    python benchmarks/journal.py [--appends 4000] [--folder .] [--url postgresql://...]
"""

import argparse
import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path

from closeout.closing.events import Event, OrderReported
from closeout.domain.orders import Intent, LegReport, OrderReport, OrderStatus, Side
from closeout.journal.codec import encode
from closeout.journal.store import SqlJournal

ROUNDS = 5
AT = datetime(2026, 12, 1, 15, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sample:
    """What one round saw: milliseconds of each append, and seconds of the whole round."""

    milliseconds: tuple[float, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All rounds of one case."""

    p50: float
    p99: float
    rate: float


def condor_filling() -> Event:
    """Return the commonest event: the report of an iron condor in the middle of its fills."""
    leg = LegReport(
        order_id="61e69015-8549-4bfd-b9c3-01e75843f47d",
        symbol="SPY261218P00450000",
        side=Side.BUY,
        intent=Intent.BUY_TO_CLOSE,
        ratio=1,
        quantity=10,
        filled=4,
        average_price=Decimal("1.05"),
        status=OrderStatus.PARTIALLY_FILLED,
    )
    report = OrderReport(
        order_id="61e69015-8549-4bfd-b9c3-01e75843f47d",
        client_order_id="0b5c9a1e-1-1",
        status=OrderStatus.PARTIALLY_FILLED,
        raw_status="partially_filled",
        order_class="mleg",
        order_type="limit",
        units=10,
        filled_units=4,
        limit=Decimal("1.05"),
        net_price=Decimal("1.04"),
        legs=(leg,) * 4,
        submitted_at=AT,
        updated_at=AT,
        replaced_by=None,
        replaces=None,
    )
    return OrderReported(at=AT, report=report, source="stream")


EVENT = condor_filling()


class Bare:
    """One `sqlite3` connection, one table, one row and one fsync per commit."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, payload TEXT)")

    def insert(self, appends: int) -> Sample:
        payload = encode(EVENT).payload
        started = time.perf_counter()
        times = []
        for _ in range(appends):
            before = time.perf_counter()
            self._connection.execute("INSERT INTO event (payload) VALUES (?)", (payload,))
            times.append((time.perf_counter() - before) * 1000)
        return Sample(tuple(times), time.perf_counter() - started)

    def close(self) -> None:
        self._connection.close()


async def append(
    journal: SqlJournal, name: Callable[[], str], *, at_once: int, appends: int
) -> Sample:
    """Append one event at a time to each of `at_once` closes."""
    closes = [name() for _ in range(at_once)]
    for each in closes:
        await journal.open(
            close_id=each,
            account="paper",
            position_id="spy-1",
            idempotency_key=None,
            fingerprint="",
            events=[EVENT],
        )
    times: list[float] = []

    async def one(close_id: str) -> None:
        for sequence in range(1, appends // at_once + 1):
            before = time.perf_counter()
            await journal.append(close_id, sequence=sequence, events=[EVENT])
            times.append((time.perf_counter() - before) * 1000)

    started = time.perf_counter()
    await asyncio.gather(*map(one, closes))
    return Sample(tuple(times), time.perf_counter() - started)


def figures(samples: Iterable[Sample]) -> Figures:
    """Return the percentiles over all rounds, in milliseconds, and appends a second."""
    rounds = list(samples)
    times = sorted(each for sample in rounds for each in sample.milliseconds)
    return Figures(
        p50=times[len(times) // 2],
        p99=times[len(times) * 99 // 100],
        rate=len(times) / sum(sample.seconds for sample in rounds),
    )


async def measure(url: str, folder: Path, appends: int) -> dict[str, list[Sample]]:
    """Run every case in turn, `ROUNDS` times."""
    bare = Bare(folder / "bare.db")
    journal = await SqlJournal.start(url)
    await journal.take_lease("paper", owner="a benchmark", seen=await journal.lease("paper"))
    # A PostgreSQL database may hold the closes of an earlier run.
    numbers, run = count(), time.time_ns()
    samples: dict[str, list[Sample]] = {}

    def name() -> str:
        return f"{run}-{next(numbers)}"

    for _ in range(ROUNDS):
        samples.setdefault("bare sqlite3", []).append(bare.insert(appends // ROUNDS))
        for at_once in (1, 16, 256):
            seen = await append(journal, name, at_once=at_once, appends=appends // ROUNDS)
            samples.setdefault(f"journal, {at_once} at once", []).append(seen)
    await journal.close()
    bare.close()
    return samples


def report(samples: dict[str, list[Sample]]) -> None:
    """Print one line for each case, with ratios to the first."""
    bare = figures(next(iter(samples.values())))
    heads = f"{'p50 ms':>8}{'ratio':>7}{'p99 ms':>9}{'ratio':>7}{'per second':>12}{'ratio':>7}"
    print(f"{'':24}{heads}")
    for case, rounds in samples.items():
        seen = figures(rounds)
        print(
            f"{case:24}{seen.p50:8.2f}{seen.p50 / bare.p50:7.2f}"
            f"{seen.p99:9.2f}{seen.p99 / bare.p99:7.2f}"
            f"{seen.rate:12,.0f}{seen.rate / bare.rate:7.2f}"
        )


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--appends", type=int, default=4000, help="of each case, over all rounds")
    parser.add_argument("--folder", type=Path, default=Path(), help="on the disk to be measured")
    parser.add_argument("--url", help="a database other than a new SQLite file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        url = arguments.url or f"sqlite:///{name}/journal.db"
        report(asyncio.run(measure(url, Path(name), arguments.appends)))


if __name__ == "__main__":
    main()
