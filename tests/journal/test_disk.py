"""
Disks that fail under a running server: nothing is sent, it says so, and goes on by itself.

The trouble is real: the kernel refuses the server's writes, another program holds the lock,
the files belong to somebody else.
"""

import os
import pwd
import resource
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from journal.samples import open_close, started
from support.closeout_server import CloseoutServer
from support.simulator import Reply, SimulatorProcess, eventually

from closeout.ports import JournalFailed


@pytest.fixture
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(scenario="desk") as simulator:
        yield simulator


@pytest.fixture
def server(simulator: SimulatorProcess, tmp_path: Path) -> Iterator[CloseoutServer]:
    with CloseoutServer(simulator, tmp_path) as server:
        yield server


@contextmanager
def no_file_may_grow(server: CloseoutServer) -> Iterator[None]:
    """Have the kernel refuse every write of the server to a file, as a full disk does."""
    limits = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def locked_by_another_program(server: CloseoutServer) -> Iterator[None]:
    (path,) = server.folder.rglob("journal.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


TROUBLES = pytest.mark.parametrize(
    ("trouble", "sentence"),
    [(no_file_may_grow, "the disk"), (locked_by_another_program, "locked")],
)
Trouble = Callable[[CloseoutServer], AbstractContextManager[None]]


def is_refused(reply: Reply, sentence: str) -> bool:
    assert (503, "journal_unavailable") == (reply.status, reply.json["code"]), reply.raw
    return sentence in reply.json["detail"] and "Nothing was sent" in reply.json["detail"]


@TROUBLES
def test_a_close_is_refused_and_nothing_is_sent(
    server: CloseoutServer, simulator: SimulatorProcess, trouble: Trouble, sentence: str
) -> None:
    position = server.position("AAPL")["id"]
    with trouble(server):
        reply = server.post_close(position)
        said = eventually(lambda: server.get("/api/status").json["journal_error"])

    assert is_refused(reply, sentence)
    assert sentence in said
    assert [] == simulator.received("POST", "/v2/orders")
    assert [] == server.closes()


@TROUBLES
def test_it_goes_on_by_itself_when_the_journal_can_write_again(
    server: CloseoutServer, simulator: SimulatorProcess, trouble: Trouble, sentence: str
) -> None:
    simulator.hold_fills()
    close_id = server.close(server.position("AAPL")["id"])
    server.wait_for(close_id, "working")
    with trouble(server):
        eventually(lambda: server.get("/api/status").json["journal_error"])
        server.cancel(close_id)
        cancels_meanwhile = simulator.received("DELETE", "/v2/orders")

    state = server.wait_until_ended(close_id)
    eventually(lambda: server.get("/api/status").json["journal_error"] is None)

    assert [] == cancels_meanwhile
    assert "cancelled" == state["phase"]
    assert 1 == len(simulator.received("POST", "/v2/orders"))


@contextmanager
def somebody_else() -> Iterator[None]:
    """Be a user without rights of his own; whoever runs the tests as such already is one."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def foreign_folder() -> Iterator[Path]:
    """A folder that another user may enter; pytest's own are closed to him."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def protect(folder: Path) -> None:
    """Leave nobody but root the right to write."""
    for path in (*folder.iterdir(), folder):
        path.chmod(path.stat().st_mode & ~0o222)


async def test_files_that_may_not_be_written_are_told_with_the_right_that_is_missing(
    foreign_folder: Path,
) -> None:
    url = f"sqlite:///{foreign_folder}/journal.db"
    journal = await started(url)
    await open_close(journal)
    await journal.close()
    protect(foreign_folder)

    with somebody_else(), pytest.raises(JournalFailed, match=r"right to write|may be written to"):
        await started(url, patience=timedelta(seconds=1))
