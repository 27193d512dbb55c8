"""The tables on disk, and how they come there."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from journal.samples import AT, open_close
from sqlalchemy import inspect, text

from closeout.closing.events import Recovered
from closeout.journal.engines import Engines, open_engines
from closeout.journal.inspection import inspect_journal
from closeout.journal.migrate import scripts, upgrade
from closeout.journal.store import SqlJournal
from closeout.journal.tables import HEAD, metadata
from closeout.journal.verify import Verification
from closeout.ports import JournalFailed

ROOT = Path(__file__).parents[2]
FIRST = Path(__file__).with_name("first_journal.json")
"""Every row of a journal of the first release: one close that ended, one that did not."""


def engines_at(url: str) -> Engines:
    return open_engines(url, patience=timedelta(seconds=1))


async def test_tables_and_migrations_agree(url: str, journal: SqlJournal) -> None:
    engines = engines_at(url)
    with engines.read.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        differences = compare_metadata(context, metadata)
        names = {
            table: {each["name"] for each in inspect(connection).get_indexes(table)}
            for table in metadata.tables
        }
    engines.dispose()

    assert [] == differences
    assert {"ix_close_account_opened_at", "ix_close_account_ended_at"} <= names["close"]


def test_the_head_that_lets_a_start_skip_alembic_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(scripts()))

    assert HEAD == ScriptDirectory.from_config(config).get_current_head()


async def test_upgrading_twice_changes_nothing(url: str, journal: SqlJournal) -> None:
    await open_close(journal)
    engines = engines_at(url)

    upgrade(engines)

    engines.dispose()
    assert await journal.load("c1") is not None


def at_the_first_release(url: str) -> None:
    """Make the tables as the first release did, with what it had written in them."""
    engines = engines_at(url)
    config = Config()
    config.set_main_option("script_location", str(scripts()))
    with engines.write.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for name, rows in json.loads(FIRST.read_text()).items():
            columns = ", ".join(rows[0])
            places = ", ".join(f":{column}" for column in rows[0])
            connection.execute(text(f"INSERT INTO {name} ({columns}) VALUES ({places})"), rows)
    engines.dispose()


async def test_a_journal_of_the_first_release_is_whole_after_the_upgrade(url: str) -> None:
    at_the_first_release(url)

    journal = await SqlJournal.start(url)

    unfinished = await journal.load_unfinished("paper")
    ended = await journal.load("c1")
    await journal.take_lease("paper", owner="a test", seen=None)
    await journal.append("c2", sequence=3, events=[Recovered(AT)])
    await journal.close()
    seen = inspect_journal(url)
    assert ended is not None
    assert seen is not None
    assert (["c2"], 3, 2) == (
        [each.close_id for each in unfinished],
        len(unfinished[0].events),
        len(ended.events),
    )
    assert (True, Verification(closes=2, events=6, broken=None)) == (seen.is_current, seen.checked)


async def test_several_programs_may_start_on_an_empty_database_at_once(url: str) -> None:
    journals = await asyncio.gather(*(SqlJournal.start(url) for _ in range(4)))

    await journals[0].take_lease("paper", owner="a test", seen=None)
    await open_close(journals[0])
    seen = [await each.load("c1") for each in journals]

    for each in journals:
        await each.close()
    assert None not in seen


async def test_a_journal_of_a_newer_program_is_left_alone(url: str) -> None:
    await (await SqlJournal.start(url)).close()
    engines = engines_at(url)
    with engines.write.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("UPDATE meta SET value = '9.9.9' WHERE name = 'program'"))
    engines.dispose()

    with pytest.raises(JournalFailed, match=r"newer Closeout \(9.9.9, tables 9999\): update this"):
        await SqlJournal.start(url)


async def test_an_upgrade_that_fails_leaves_nothing_behind(url: str) -> None:
    engines = engines_at(url)
    with engines.write.begin() as connection:
        connection.execute(text("CREATE TABLE meta (somebody_elses INTEGER)"))

    with pytest.raises(JournalFailed, match="meta"):
        await SqlJournal.start(url)

    with engines.read.connect() as connection:
        tables = inspect(connection).get_table_names()
    engines.dispose()
    assert ["meta"] == tables


START = """
import asyncio, sys
from closeout.journal.store import SqlJournal
async def main():
    await (await SqlJournal.start(sys.argv[1])).close()
asyncio.run(main())
print("alembic" in sys.modules)
"""


def start_in_a_new_process(url: str, source: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", START, url],
        env=os.environ | {"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "" == done.stderr
    return done.stdout.strip()


def test_a_start_with_nothing_to_upgrade_does_not_pay_for_alembic(sqlite_url: str) -> None:
    assert "True" == start_in_a_new_process(sqlite_url, ROOT / "src")
    assert "False" == start_in_a_new_process(sqlite_url, ROOT / "src")


def test_an_installed_wheel_finds_its_migrations(tmp_path: Path, sqlite_url: str) -> None:
    """
    Laid out as the wheel is, away from the repository, a journal can still be created.
    """
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"][
        "targets"
    ]["wheel"]
    installed = tmp_path / "site-packages"
    for package in wheel["packages"]:
        shutil.copytree(ROOT / package, installed / Path(package).name)
    for source, target in wheel["force-include"].items():
        shutil.copytree(ROOT / source, installed / target)

    assert "True" == start_in_a_new_process(sqlite_url, installed)
