"""`closeout doctor`, run as a command: it says what it looked at, and fails when it must."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from journal.samples import EVENTS, open_close, started

_SOURCES = Path(__file__).parents[2] / "src"


def doctor(folder: Path, **environment: str) -> tuple[int, dict[str, str], str]:
    """Run it: exit code, what it said of each thing, and all it printed."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "closeout", "doctor"],
        cwd=folder,
        env=kept
        | {"PYTHONPATH": str(_SOURCES), "CLOSEOUT_DATA_DIR": str(folder), "CLOSEOUT_PAGE_DIR": ""}
        | {"CLOSEOUT_PAGE_DIR": str(page(folder))}
        | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    return done.returncode, said, done.stdout + done.stderr


def page(folder: Path) -> Path:
    built = folder / "page"
    built.mkdir(exist_ok=True)
    (built / "index.html").touch()
    return built


def journal_at(folder: Path) -> Path:
    """A journal with one close, whose owner was killed."""
    path = folder / "simulated" / "desk" / "journal.db"
    path.parent.mkdir(parents=True)

    async def write() -> None:
        journal = await started(f"sqlite:///{path}", accounts=["paper"])
        await open_close(journal, events=EVENTS[:4])
        await journal.close()

    asyncio.run(write())
    return path


def test_before_the_first_start_nothing_is_wrong_and_nothing_is_made(tmp_path: Path) -> None:
    code, said, _ = doctor(tmp_path)

    assert 0 == code
    assert "none yet" in said["note   journal"]
    assert "SIMULATED" in said["ok     settings"]
    assert not (tmp_path / "simulated").exists()


def test_a_whole_journal_is_counted_and_its_last_owner_named(tmp_path: Path) -> None:
    journal_at(tmp_path)

    code, said, _ = doctor(tmp_path)

    assert 0 == code
    assert "1 closes with 4 events" in said["ok     journal"]
    assert "a test worked account paper last and gives no sign of life" in said["note   owner"]


def test_a_broken_chain_is_named_and_fails(tmp_path: Path) -> None:
    with closing(sqlite3.connect(journal_at(tmp_path), isolation_level=None)) as hand:
        hand.execute("DROP TRIGGER close_event_no_update")
        hand.execute("UPDATE close_event SET payload = '{}' WHERE sequence = 2")

    code, said, _ = doctor(tmp_path)

    assert 1 == code
    assert "event 2 of close c1: it was altered" in said["WRONG  journal"]


def test_a_journal_that_cannot_be_read_fails_with_the_reason(tmp_path: Path) -> None:
    journal_at(tmp_path).write_bytes(b"this is a letter to my grandmother" * 200)

    code, said, _ = doctor(tmp_path)

    assert 1 == code
    assert "no SQLite database" in said["WRONG  journal"]


def test_a_broker_that_cannot_be_reached_fails_with_its_address(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9"

    code, said, _ = doctor(tmp_path, CLOSEOUT_ALPACA_TRADING_URL=nobody)

    assert 1 == code
    assert nobody in said["WRONG  broker"]


@pytest.mark.parametrize("keys", [{"ALPACA_API_KEY": "PKVERYPUBLIC"}])
def test_settings_that_do_not_fit_are_told_without_the_key(
    tmp_path: Path, keys: dict[str, str]
) -> None:
    code, _, printed = doctor(tmp_path, **keys)

    assert 2 == code
    assert "set both ALPACA_API_KEY and ALPACA_SECRET_KEY" in printed
    assert "PKVERYPUBLIC" not in printed


def test_a_page_that_is_not_built_fails(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    code, said, _ = doctor(tmp_path, CLOSEOUT_PAGE_DIR=str(tmp_path / "empty"))

    assert 1 == code
    assert "make build" in said["WRONG  page"]
