"""A simulator in a process of its own, for tests that need a broker on the wire.

    with SimulatorProcess(scenario="desk", stepped=True) as simulator:
        client = Client(simulator.url, *simulator.keys)

Everything is on 127.0.0.1 with a port of the system's choice; the process ends with the block,
and with the test run itself, as its standard input is a pipe from here.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self, TypeVar

Result = TypeVar("Result")
Json = Any

KEYS: Final = ("test-key", "test-secret")
_SOURCES: Final = Path(__file__).parents[2] / "src"
_PATIENCE: Final = 20.0


def eventually(probe: Callable[[], Result | None], *, within: float = _PATIENCE) -> Result:
    """Ask `probe` again and again until it answers something true.

    Raises:
        AssertionError: If it has not within that many seconds.
    """
    deadline = time.monotonic() + within
    while True:
        found = probe()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within} s: {probe}"
        time.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came over the wire."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> Json:
        return json.loads(self.raw)


class SimulatorProcess:
    """One running simulator. `arguments` are further flags of its command line."""

    keys = KEYS

    def __init__(
        self,
        *arguments: str,
        scenario: str = "desk",
        seed: int = 7,
        stepped: bool = False,
        state: Path | None = None,
        faults: Sequence[Mapping[str, Any]] = (),
        port: int = 0,
    ) -> None:
        self._command = [
            sys.executable,
            "-m",
            "alpaca_simulator",
            "--exit-with-stdin",
            *("--port", str(port), "--scenario", scenario, "--seed", str(seed)),
            *(("--stepped",) if stepped else ()),
            *(("--state", str(state)) if state else ()),
            *(("--fault", json.dumps(list(faults))) if faults else ()),
            *arguments,
        ]
        self._process: subprocess.Popen[str] | None = None
        self._errors: IO[str] | None = None
        self.ready: dict[str, Any] = {}

    # --- life

    def start(self) -> Self:
        """Start it and wait until it listens."""
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, "PYTHONPATH": str(_SOURCES)},
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise AssertionError(f"the simulator did not start: {self.stderr()}")
        self.ready = json.loads(line)
        return self

    def stop(self) -> int:
        """Close its standard input and wait; the exit code."""
        assert self._process is not None
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        return self._process.wait(_PATIENCE)

    def kill(self) -> None:
        """SIGKILL, as a crash of the machine would."""
        assert self._process is not None
        self._process.kill()
        self.stop()

    def terminate(self) -> int:
        """SIGTERM; the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(_PATIENCE)

    def stderr(self) -> str:
        assert self._errors is not None
        self._errors.seek(0)
        return self._errors.read()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()
        for pipe in (self._process.stdin, self._process.stdout) if self._process else ():
            if pipe is not None:
                pipe.close()
        if self._errors is not None:
            self._errors.close()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    # --- addresses

    @property
    def url(self) -> str:
        """Host part of every REST address, such as http://127.0.0.1:41234."""
        return str(self.ready["url"])

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def stream_url(self) -> str:
        """Host part of every WebSocket address; `/stream` is the trade updates'."""
        return self.url.replace("http", "ws", 1)

    # --- plain HTTP

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request with the keys. Refusals do not raise; a broken connection does.

        `headers` go on top; one that is empty is not sent.
        """
        sent = {
            "APCA-API-KEY-ID": KEYS[0],
            "APCA-API-SECRET-KEY": KEYS[1],
            "Content-Type": "application/json",
            **(headers or {}),
        }
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            connection.request(
                method,
                path,
                body=None if body is None else raw,
                headers={name: value for name, value in sent.items() if value},
            )
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def control(self, method: str, path: str, body: object = None) -> Json:
        """One call under /_sim, which must succeed."""
        reply = self.send(method, f"/_sim/{path}", body)
        assert reply.status == 200, reply.raw
        return reply.json

    # --- faults, and what was received

    def add_faults(self, *faults: Mapping[str, Any]) -> None:
        self.control("POST", "faults", list(faults))

    def clear_faults(self) -> None:
        self.control("DELETE", "faults")

    def faults(self) -> list[dict[str, Any]]:
        """The faults in force with `matched` and `struck`."""
        return list(self.control("GET", "faults"))

    def received(self, method: str = "", path: str = "") -> list[dict[str, Any]]:
        """The requests received, of that method and beginning with that path if given."""
        entries = self.control("GET", "received")
        return [
            entry
            for entry in entries
            if entry["method"].startswith(method) and entry["path"].startswith(path)
        ]

    def clear_received(self) -> None:
        self.control("DELETE", "received")

    # --- time and market

    def clock(self) -> dict[str, Any]:
        return dict(self.control("GET", "clock"))

    def advance(self, seconds: float) -> dict[str, Any]:
        """Move the world on by that many of its own seconds."""
        return dict(self.control("POST", "clock", {"advance": str(seconds)}))

    def set_speed(self, speed: float) -> None:
        self.control("POST", "clock", {"pace": "running", "speed": speed})

    def set_spot(self, symbol: str, price: Decimal | str) -> None:
        self.control("POST", "market", {"spot": {symbol: str(price)}})

    def freeze_market(self, *, frozen: bool = True) -> None:
        self.control("POST", "market", {"freeze": frozen})

    def pin_quote(self, symbol: str, bid: Decimal | str, ask: Decimal | str) -> None:
        """Give one symbol a fixed quote; a bid of 0 takes the bid away."""
        quote = {"bid": str(bid), "ask": str(ask), "bid_size": 0 if Decimal(bid) == 0 else 50}
        self.control("POST", "market", {"quotes": {symbol: {**quote, "ask_size": 50}}})

    def remove_bid(self, symbol: str) -> None:
        self.control("POST", "market", {"remove_bid": [symbol]})

    # --- fills

    def hold_fills(self) -> None:
        """Nothing trades any more except by `fill` and `trade`."""
        self.control("POST", "fills", {"mode": "hold"})

    def fill_everything(self) -> None:
        """Every order trades completely at the next step."""
        self.control("POST", "fills", {"mode": "all"})

    def release_fills(self) -> None:
        """Back to the scenario's fill model."""
        self.control("POST", "fills", {"mode": "auto"})

    def fill(
        self, order_id: str, units: int, *, price: Decimal | str | None = None
    ) -> dict[str, Any]:
        """Trade that many units of an order now; its order afterwards."""
        body = {"order_id": order_id, "units": units, "price": price and str(price)}
        return dict(self.control("POST", "fill", body))

    def trade(self, symbol: str, side: str, qty: int) -> dict[str, Any]:
        """Trade in the account by a foreign hand, as its owner would on the phone."""
        return dict(self.control("POST", "trade", {"symbol": symbol, "side": side, "qty": qty}))

    def assign(self, symbol: str, contracts: int) -> None:
        self.control("POST", "assign", {"symbol": symbol, "contracts": contracts})

    # --- streams and state

    def disconnect(self, stream: str, *, refuse_ms: int = 0) -> None:
        """Cut all connections of `trade_updates`, `options` or `stocks`."""
        self.control("POST", f"streams/{stream}/disconnect", {"refuse_ms": refuse_ms})

    def connections(self) -> dict[str, int]:
        """Sockets open on each stream, and under `..._subscribed` those that asked for anything."""
        return dict(self.control("GET", "streams"))

    def save(self) -> None:
        self.control("POST", "state")
