"""
Appends without end and says after each that returned; killed by test_crash.

Run as `crash_writer.py URL`; prints `close_id count`.
"""

import asyncio
import sys

from journal.samples import AT, OPENED, open_close, started

from closeout.closing.events import Woke
from closeout.journal.store import SqlJournal


async def write(journal: SqlJournal, close_id: str) -> None:
    await open_close(journal, close_id)
    count = 1
    while True:
        print(close_id, count, flush=True)  # noqa: T201 -- this is what it is for
        await journal.append(close_id, sequence=count, events=[Woke(at=AT), OPENED])
        count += 2


async def main(url: str) -> None:
    journal = await started(url)
    await asyncio.gather(*(write(journal, f"c{number}") for number in range(8)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
