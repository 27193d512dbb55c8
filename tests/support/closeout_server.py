"""The whole server in a process of its own, beside a simulator in another.

    with SimulatorProcess() as simulator, CloseoutServer(simulator, folder) as closeout:
        close_id = closeout.close(closeout.position("AAPL"))
        closeout.wait_for(close_id, "closed")

Nothing of it is replaced: the command `closeout serve`, its own port, its own journal in
`folder`, every Alpaca address pointing at the simulator. It can be killed and started again.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

from support.simulator import Json, Reply, SimulatorProcess, eventually

ENDS: Final = frozenset({"closed", "cancelled", "rejected", "needs_attention"})
_SOURCES: Final = Path(__file__).parents[2] / "src"
_PATIENCE: Final = 30.0


class CloseoutServer:
    """
    One data folder, and the process that serves it now. `settings` go into its environment.

    `program` is what Python runs instead of the command itself.
    """

    def __init__(
        self,
        simulator: SimulatorProcess,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        *,
        program: Sequence[str] | None = None,
    ) -> None:
        self.folder = folder
        self._simulator = simulator
        self._settings = dict(settings or {})
        self._program = program or ("-m", "closeout", "serve", "--port", "0")
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._lines: list[str] = []
        self.url = ""

    # --- life

    def start(self) -> Self:
        """Start it and wait until it listens and has taken up what the last run left."""
        self.begin()
        eventually(self.is_at_work, within=_PATIENCE)
        return self

    def begin(self) -> None:
        """Start it and wait until it listens; another one may work the account."""
        assert self._process is None, "it runs already"
        self.folder.mkdir(parents=True, exist_ok=True)
        began = len(self._lines)
        self._process = subprocess.Popen(
            [sys.executable, *self._program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self._environment(),
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        self.url = eventually(lambda: self._listening(began), within=_PATIENCE)

    def kill(self) -> None:
        """SIGKILL, as a crash would; returns when it is gone."""
        self._end(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop, with SIGTERM or SIGINT; its exit code."""
        return self._end(how)

    def _end(self, how: signal.Signals) -> int:
        process, reader = self._process, self._reader
        assert process is not None, "it does not run"
        assert reader is not None, "it was started"
        process.send_signal(how)
        process.send_signal(signal.SIGCONT)  # or a frozen one never hears of it
        code = process.wait(_PATIENCE)
        reader.join(_PATIENCE)
        self._process = None
        return code

    def _environment(self) -> dict[str, str]:
        foreign = ("ALPACA_", "CLOSEOUT_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return {
            **kept,
            "PYTHONPATH": str(_SOURCES),
            "CLOSEOUT_DATA_DIR": str(self.folder),
            "CLOSEOUT_LOG_FORMAT": "json",
            "CLOSEOUT_ALPACA_TRADING_URL": self._simulator.url,
            "CLOSEOUT_ALPACA_DATA_URL": self._simulator.url,
            "CLOSEOUT_ALPACA_STREAM_URL": self._simulator.stream_url,
            **self._settings,
        }

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr as lines:
            self._lines.extend(lines)

    def _listening(self, began: int) -> str | None:
        assert self._process is not None
        assert self._process.poll() is None, "it ended at once: " + "".join(self._lines[began:])
        said = [line for line in self.logs(began) if line["event"] == "closeout.listening"]
        # By number: a name may be tried on IPv6 first.
        return str(said[0]["url"]).replace("localhost", "127.0.0.1") if said else None

    def freeze(self) -> None:
        """SIGSTOP: nothing of it runs, and nobody is told."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def is_at_work(self) -> bool:
        """Whether it owns the account and takes closes."""
        return self.get("/api/health").status == 200

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self.kill()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    # --- its log and its journal

    def logs(self, since: int = 0) -> list[dict[str, Any]]:
        """Every JSON line it wrote to stderr, in all its runs, from that line on."""
        return [json.loads(line) for line in self._lines[since:] if line.startswith("{")]

    def steps(self, close_id: str) -> list[dict[str, Any]]:
        """The log lines of one close, oldest first."""
        said = (line for line in self.logs() if line["event"] == "close.step")
        return [line for line in said if line["close_id"] == close_id]

    def journal(self) -> sqlite3.Connection:
        """Look into its journal, without being able to change it. The caller closes it."""
        (path,) = self.folder.rglob("journal.db")
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)

    # --- plain HTTP

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request. Refusals do not raise; a broken connection does."""
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_PATIENCE)
        sent = {"Content-Type": "application/json", **(headers or {})}
        try:
            raw = None if body is None else json.dumps(body)
            connection.request(method, path, body=raw, headers=sent)
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> Reply:
        return self.send("GET", path)

    def post(
        self, path: str, body: object = None, *, headers: Mapping[str, str] | None = None
    ) -> Reply:
        return self.send("POST", path, body, headers=headers)

    # --- positions and closes

    def positions(self) -> list[Json]:
        return list(self.get("/api/positions").json["positions"])

    def position(self, ticker: str) -> Json:
        """The only strategy on that underlying."""
        (found,) = [each for each in self.positions() if each["ticker"] == ticker]
        return found

    def post_close(self, position_id: str, *, key: str | None = None, **terms: object) -> Reply:
        """Ask for a strategy's close; the answer as it came."""
        return self.post(
            f"/api/positions/{position_id}/close-strategy",
            {"position_id": position_id, **terms},
            headers=None if key is None else {"Idempotency-Key": key},
        )

    def close(self, position_id: str, *, key: str | None = None, **terms: object) -> str:
        """Close a strategy; the id of the close, once Closeout has answered."""
        reply = self.post_close(position_id, key=key, **terms)
        assert reply.status == 200, reply.raw
        return str(reply.json["close_id"])

    def cancel(self, close_id: str) -> Reply:
        return self.post(f"/api/closes/{close_id}/cancel")

    def closes(self) -> list[Json]:
        """Newest first."""
        return list(self.get("/api/closes?limit=500").json["closes"])

    def state(self, close_id: str) -> Json:
        """The close as `GET /api/closes/{id}` tells it."""
        return self.get(f"/api/closes/{close_id}").json

    def wait_for(self, close_id: str, *phases: str, within: float = _PATIENCE) -> Json:
        """The close once it stands in one of these phases."""

        def look() -> Json | None:
            state = self.state(close_id)
            return state if state["phase"] in phases else None

        return eventually(look, within=within)

    def wait_until_ended(self, close_id: str, *, within: float = _PATIENCE) -> Json:
        """The close once it has come to an end, whichever."""
        return self.wait_for(close_id, *ENDS, within=within)
