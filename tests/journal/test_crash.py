"""What a killed program was told is written is there when it comes back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from closeout.journal.store import SqlJournal

TESTS = Path(__file__).parents[1]


def write_until_killed(url: str, *, lines: int) -> dict[str, int]:
    """Return for each close how many events the writer was told are written."""
    environment = os.environ | {"PYTHONPATH": f"{TESTS.parent / 'src'}{os.pathsep}{TESTS}"}
    with subprocess.Popen(
        [sys.executable, TESTS / "journal" / "crash_writer.py", url],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        told = [writer.stdout.readline() for _ in range(lines)]
        writer.kill()
        told += writer.stdout.readlines()
    # A last line may be cut short; it then said nothing.
    return {close_id: int(count) for close_id, count in (line.split() for line in complete(told))}


def complete(lines: list[str]) -> list[str]:
    return [line for line in lines if line.endswith("\n")]


@pytest.mark.parametrize("lines", [9, 200, 900])
async def test_everything_that_was_reported_survives_a_kill(url: str, lines: int) -> None:
    told = write_until_killed(url, lines=lines)

    journal = await SqlJournal.start(url)
    checked = await journal.verify()
    stored = {each.close_id: len(each.events) for each in await journal.load_unfinished("paper")}
    await journal.close()

    assert checked.broken is None
    assert 8 == len(told)
    for close_id, count in told.items():
        assert stored[close_id] >= count
    # Appends are of two events: none was written by half.
    assert {1} == {count % 2 for count in stored.values()}
