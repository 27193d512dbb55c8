"""Turns time into steps of the exchange, tells listeners what happened, and keeps the world.

The driver is the border between the pure exchange and the machine: it alone reads a clock and
writes the state file.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec

from alpaca_simulator.exchange.events import Event
from alpaca_simulator.exchange.exchange import Exchange
from alpaca_simulator.scenarios.model import Scenario

Listener = Callable[[Sequence[Event]], None]

_SAVE_EVERY: Final = 15.0
"""Seconds between saves while only prices move."""


class Pace(StrEnum):
    """Running: the world's time follows the wall clock times `speed`. Stepped: only `step`."""

    RUNNING = "running"
    STEPPED = "stepped"


class BadState(Exception):
    """A state file that cannot be resumed; the message names it and says what to do."""


class Driver:
    """Owns one exchange. All methods are to be called from one thread (the event loop's)."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        state_path: Path | None = None,
        pace: Pace = Pace.RUNNING,
        speed: float = 1.0,
        interval: float = 0.1,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.exchange = exchange
        self._state_path = state_path
        self._interval = interval
        self._monotonic = monotonic
        self._listeners: list[Listener] = []
        self._saved_revision = -1
        self._saved_at = monotonic()
        self.set_pace(pace, speed)

    @classmethod
    def start(
        cls,
        scenario: Scenario,
        *,
        seed: int,
        state_path: Path | None = None,
        pace: Pace = Pace.RUNNING,
        speed: float = 1.0,
        interval: float = 0.1,
        now: datetime | None = None,
    ) -> "Driver":
        """Resume the world at `state_path` when it is there, else begin the scenario.

        `now` is the world's first moment (the wall clock's when None). `interval` is the seconds
        between steps of `run`. A running world that is resumed goes on from the present: what
        happened meanwhile (sessions closed, contracts expired) happens at the first sync. Raises
        `BadState` when the file there cannot be read.
        """
        begun = now or datetime.now(UTC)
        saved = _load(state_path) if state_path else None
        exchange = saved or Exchange.from_scenario(scenario, seed, begun)
        driver = cls(exchange, state_path=state_path, pace=pace, speed=speed, interval=interval)
        if saved and pace is Pace.RUNNING and begun > exchange.now:
            driver._publish(exchange.advance(begun))
            driver.set_pace(pace, speed)
        return driver

    @property
    def pace(self) -> Pace:
        return self._pace

    @property
    def speed(self) -> float:
        return self._speed

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called with every non-empty batch of events; returns the way out."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def sync(self) -> None:
        """Bring a running world to the present and publish; a stepped one only publishes.

        Call it before answering a read and after every change. When orders, holdings or cash have
        changed the world is on disk before this returns, so what was acknowledged is never lost.
        """
        if self._pace is Pace.RUNNING:
            self._publish(self.exchange.advance(self._present()))
        else:
            self._publish(self.exchange.drain_events())

    def step(self, by: timedelta) -> None:
        """Move the world on by hand, in either pace."""
        self.step_to(self.exchange.now + by)

    def step_to(self, moment: datetime) -> None:
        """As `step`, to a moment; one that is past moves nothing."""
        self._publish(self.exchange.advance(moment))
        self.set_pace(self._pace, self._speed)

    def set_pace(self, pace: Pace, speed: float = 1.0) -> None:
        """Stop the clock, start it, or change its speed, from this moment on."""
        if speed <= 0:
            raise ValueError("speed must be above zero")
        self._pace, self._speed = pace, speed
        self._world_base = self.exchange.now
        self._machine_base = self._monotonic()

    async def run(self) -> None:
        """Keep syncing every `interval` seconds until cancelled, then save."""
        try:
            while True:
                self.sync()
                if self._monotonic() - self._saved_at > _SAVE_EVERY:
                    self.save()
                await asyncio.sleep(self._interval)
        finally:
            self.save()

    def save(self) -> None:
        """Write the world to `state_path` atomically; nothing without a path."""
        self._saved_revision = self.exchange.revision
        self._saved_at = self._monotonic()
        if self._state_path is not None:
            _write(self._state_path, self.exchange.to_state())

    def _present(self) -> datetime:
        elapsed = (self._monotonic() - self._machine_base) * self._speed
        return self._world_base + timedelta(seconds=elapsed)

    def _publish(self, events: list[Event]) -> None:
        if self.exchange.revision != self._saved_revision:
            self.save()
        if events:
            for listener in tuple(self._listeners):
                listener(events)


def _load(path: Path) -> Exchange | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return Exchange.from_state(msgspec.json.decode(content, type=dict[str, Any]))
    except (ValueError, KeyError, TypeError) as error:
        raise BadState(f"{path} cannot be resumed ({error}); remove it to begin anew") from error


def _write(path: Path, state: dict[str, Any]) -> None:
    """All or nothing: a crash leaves the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(state))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable; a directory cannot be opened on Windows, nor need it be."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
