"""Turns time into steps of the exchange, tells listeners what happened, and keeps the world.

The driver is the border between the pure exchange and the machine: it alone reads a clock and
writes the state file.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from alpaca_simulator.exchange.events import Event
from alpaca_simulator.exchange.exchange import Exchange
from alpaca_simulator.scenarios.model import Scenario

Listener = Callable[[Sequence[Event]], None]


class Pace(StrEnum):
    """Running: the world's time follows the wall clock times `speed`. Stepped: only `step`."""

    RUNNING = "running"
    STEPPED = "stepped"


class Driver:
    """Owns one exchange. All methods are to be called from one thread (the event loop's)."""

    exchange: Exchange

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
        between steps of `run`.
        """
        raise NotImplementedError

    @property
    def pace(self) -> Pace:
        raise NotImplementedError

    @property
    def speed(self) -> float:
        raise NotImplementedError

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called with every non-empty batch of events; returns the way out."""
        raise NotImplementedError

    def sync(self) -> None:
        """Bring a running world to the present and publish; a stepped one only publishes.

        Call it before answering a read and after every change. When orders, holdings or cash have
        changed the world is on disk before this returns, so what was acknowledged is never lost.
        """
        raise NotImplementedError

    def step(self, by: timedelta) -> None:
        """Move the world on by hand, in either pace."""
        raise NotImplementedError

    def step_to(self, moment: datetime) -> None:
        raise NotImplementedError

    def set_pace(self, pace: Pace, speed: float = 1.0) -> None:
        """Stop the clock, start it, or change its speed, from this moment on."""
        raise NotImplementedError

    async def run(self) -> None:
        """Keep syncing every `interval` seconds until cancelled, then save."""
        raise NotImplementedError

    def save(self) -> None:
        """Write the world to `state_path` atomically; nothing without a path."""
        raise NotImplementedError
