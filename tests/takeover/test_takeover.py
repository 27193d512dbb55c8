"""
Real processes on one account, killed with SIGKILL and stopped with SIGSTOP.

The second takes over within five seconds, and whatever the first still has in hand when it
goes on is neither written nor sent.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from support.closeout_server import CloseoutServer
from support.postgres import Cluster
from support.simulator import eventually
from takeover.pair import Pair, open_pair

from closeout.journal.store import SqlJournal

_WAITS_TO_INSERT = """
    SELECT pid FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO close %'
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str | None:
    """None for a file in the folder."""
    if request.param == "sqlite":
        return None
    return str(request.getfixturevalue("postgres").new_database())


@pytest.fixture
def pair(tmp_path: Path, database: str | None) -> Iterator[Pair]:
    with open_pair(tmp_path, database) as pair:
        yield pair


def standing_by(server: CloseoutServer) -> str | None:
    found = server.get("/api/status").json["standing_by"]
    return None if found is None else str(found)


def test_the_second_process_shows_the_account_and_says_who_works_it(pair: Pair) -> None:
    close_id = pair.begin_close()
    position = pair.first.position("AAPL")
    eventually(lambda: [each for each in pair.second.closes() if each["phase"] == "working"])
    eventually(pair.second.positions)  # it reads the closes first

    assert f"Process {pair.first.pid} on " in str(standing_by(pair.second))
    assert standing_by(pair.first) is None
    assert [each["id"] for each in pair.first.positions()] == [
        each["id"] for each in pair.second.positions()
    ]
    assert 503 == pair.second.get("/api/health").status
    for refused in (pair.second.post_close(position["id"]), pair.second.cancel(close_id)):
        assert (409, "standing_by") == (refused.status, refused.json["code"])
        assert str(pair.first.pid) in refused.json["detail"]
    assert 1 == len(pair.simulator.received("POST", "/v2/orders"))


def test_the_second_process_takes_over_when_the_first_is_killed(pair: Pair) -> None:
    close_id = pair.begin_close()

    pair.first.kill()
    pair.wait_until_second_works()

    pair.fill(close_id)
    assert "closed" == pair.ended(pair.second, close_id)["phase"]


def test_the_second_process_takes_over_at_once_when_the_first_stops_well(pair: Pair) -> None:
    close_id = pair.begin_close()

    pair.first.stop()
    pair.wait_until_second_works()

    pair.fill(close_id)
    assert "closed" == pair.ended(pair.second, close_id)["phase"]


def test_a_process_that_was_frozen_writes_and_sends_nothing_when_it_goes_on(
    pair: Pair, tmp_path: Path, database: str | None
) -> None:
    close_id = pair.begin_close()
    pair.freeze_first()
    pair.wait_until_second_works()
    pair.fill(close_id)
    state = pair.ended(pair.second, close_id)
    written = _written(tmp_path, database)

    # It finds the fill in its stream, and its own timers long overdue.
    pair.first.thaw()
    eventually(lambda: standing_by(pair.first))

    assert f"Process {pair.second.pid} on " in str(standing_by(pair.first))
    assert written == _written(tmp_path, database)
    assert "closed" == state["phase"]
    assert "closed" == pair.first.wait_for(close_id, "closed")["phase"]
    lost = [line for line in pair.first.logs() if line["event"] == "account.lost"]
    assert 1 == len(lost)
    assert 1 == len(pair.books.sent(close_id))
    refused = pair.first.post_close(pair.first.position("IWM")["id"])
    assert (409, "standing_by") == (refused.status, refused.json["code"])


def test_a_process_that_was_frozen_in_the_middle_of_a_write_keeps_no_lock(
    tmp_path: Path, postgres: Cluster
) -> None:
    url = postgres.new_database()
    with open_pair(tmp_path, url) as pair, psycopg.connect(url) as held:
        # Its transaction has locked the lease and inserts what stays locked until it is frozen.
        held.execute("LOCK TABLE close IN SHARE MODE")
        position = pair.first.position("AAPL")
        asking = Thread(target=pair.first.post_close, args=[position["id"]])
        asking.start()
        with psycopg.connect(url, autocommit=True) as watching:
            eventually(lambda: watching.execute(_WAITS_TO_INSERT).fetchone())
        pair.first.freeze()
        held.rollback()

        pair.wait_until_second_works()

        pair.first.thaw()
        asking.join()
        assert [] == pair.simulator.received("POST", "/v2/orders")


def test_the_account_goes_back_when_the_second_process_is_killed_in_turn(pair: Pair) -> None:
    close_id = pair.begin_close()
    pair.freeze_first()
    pair.wait_until_second_works()
    pair.first.thaw()
    eventually(lambda: standing_by(pair.first))

    pair.second.kill()
    eventually(pair.first.is_at_work, within=5.0)
    pair.second.begin()

    pair.fill(close_id)
    assert "closed" == pair.ended(pair.first, close_id)["phase"]


def _written(folder: Path, database: str | None) -> int:
    """How many events there are, every one in its chain."""

    url = database or f"sqlite:///{next(folder.rglob('journal.db'))}"

    async def count() -> int:
        journal = await SqlJournal.start(url)
        found = await journal.verify()
        await journal.close()
        assert found.broken is None
        return found.events

    return asyncio.run(count())
