"""A throw-away PostgreSQL server for the test session, and a new database for each test."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

_UNPRIVILEGED = ("postgres", "nobody")
_START_SECONDS = 30


@dataclass
class Cluster:
    """
    A running server on 127.0.0.1 that no disk waits for: it is thrown away anyway.

    It can be stopped and started again, as servers are.
    """

    programs: Path
    folder: Path
    user: str | None
    port: int
    _process: subprocess.Popen[bytes] | None = None
    _names: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        return f"postgresql://closeout@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"test_{next(self._names)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def create(self) -> None:
        """Make the files of an empty cluster, owned by the user the server runs as."""
        if self.user is not None:
            shutil.chown(self.folder, self.user)
        subprocess.run(
            [
                self.programs / "initdb",
                *("--pgdata", self.folder / "data", "--username", "closeout", "--auth", "trust"),
                *("--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            user=self.user,
            cwd=self.folder,
        )

    def start(self) -> None:
        """Start the server and return once it answers."""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": 50,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", *options],
                stdout=log,
                stderr=log,
                user=self.user,
                cwd=self.folder,
            )
        self._wait_until_it_answers(self._process)

    def stop(self) -> None:
        """Stop the server at once; open connections break."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=_START_SECONDS)

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"PostgreSQL does not start: {(self.folder / 'log').read_text()}")
                time.sleep(0.02)
            else:
                return


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Make a cluster in a temporary folder, start it, and leave nothing of it behind."""
    # pytest's own folder is closed to the user the server must run as.
    with tempfile.TemporaryDirectory(prefix="closeout-postgres-") as name:
        cluster = Cluster(_programs(), Path(name), _unprivileged_user(), _free_port())
        cluster.create()
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """The session's server."""
    with running_cluster() as cluster:
        yield cluster


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs; Debian keeps them off the PATH."""
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise pytest.fail(
        "These tests need PostgreSQL's programs initdb and postgres: install them, for example "
        "with apt-get install postgresql or brew install postgresql"
    )


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root; anybody else runs it as they are."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _UNPRIVILEGED if name in known)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
