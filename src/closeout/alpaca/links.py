"""A stream that is lost and found again: when to retry, and what is said about it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

import structlog

from closeout.ports import Clock, LinkDown, LinkUp

HANDSHAKE_REFUSED_WAIT = timedelta(seconds=5)
"""
Alpaca allows one connection per stream and answers 429 or 406 until it has noticed that the
old one is gone; integrators wait 5 s and more.
"""

HOPELESS_WAIT = timedelta(seconds=60)
"""Refused keys or a missing subscription last until a person changes them."""

_log = structlog.get_logger("closeout.alpaca")


class Dropped(Exception):
    """The stream ended, or could not be had. `at_least` is how long to leave it alone."""

    def __init__(self, reason: str, *, at_least: timedelta = timedelta(0)) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at_least = at_least


@dataclass(frozen=True, slots=True)
class Backoff:
    """
    How long to wait before the next attempt: doubling, half of it random, bounded.

    The random half keeps many clients from coming back in step. A link that stayed up for
    `settled` starts again from `first`; one that fell sooner counts as a failed attempt.
    """

    first: timedelta = timedelta(milliseconds=500)
    longest: timedelta = timedelta(seconds=30)
    settled: timedelta = timedelta(seconds=10)

    def wait(self, attempt: int, chance: float) -> timedelta:
        """Return the wait after failed `attempt` (from 0); `chance` is drawn from [0, 1)."""
        doublings = min(attempt, 16)
        whole = min(self.first * (1 << doublings), self.longest)
        return whole / 2 + whole / 2 * chance


Visit = Callable[[Callable[[], None]], Awaitable[None]]
"""Connects, calls the given function once it is served, reads, and ends with `Dropped`."""


class Link:
    """
    Keeps one stream connected and tells every change once.

    `LinkUp.gap` runs from the moment the stream was lost, or from the first failed attempt;
    it is None only when the very first attempt succeeded.
    """

    def __init__(
        self,
        name: str,
        visit: Visit,
        on_change: Callable[[LinkUp | LinkDown], None],
        *,
        clock: Clock,
        backoff: Backoff,
        chance: Callable[[], float],
    ) -> None:
        self._name = name
        self._visit = visit
        self._on_change = on_change
        self._clock = clock
        self._backoff = backoff
        self._chance = chance
        self._failures = 0
        self._up_since: datetime | None = None
        self._down_since: datetime | None = None
        self._told: str | None = None

    async def run(self) -> NoReturn:
        """Stay connected until cancelled."""
        while True:
            try:
                await self._visit(self._up)
                dropped = Dropped("the stream ended")
            except Dropped as ended:
                dropped = ended
            await self._clock.sleep(self._down(dropped))

    def _up(self) -> None:
        now = self._clock.now()
        gap = None if self._down_since is None else now - self._down_since
        self._up_since, self._down_since, self._told = now, None, None
        _log.info("alpaca_stream_up", stream=self._name, gap=gap and gap.total_seconds())
        self._on_change(LinkUp(at=now, gap=gap))

    def _down(self, dropped: Dropped) -> timedelta:
        """Note the loss and return how long to wait."""
        now = self._clock.now()
        if self._up_since is not None and now - self._up_since >= self._backoff.settled:
            self._failures = 0
        self._up_since = None
        self._down_since = self._down_since or now
        wait = max(self._backoff.wait(self._failures, self._chance()), dropped.at_least)
        self._failures += 1
        self._tell(now, dropped.reason, wait)
        return wait

    def _tell(self, now: datetime, reason: str, wait: timedelta) -> None:
        _log.warning(
            "alpaca_stream_down", stream=self._name, reason=reason, retry_in=wait.total_seconds()
        )
        if reason != self._told:
            self._told = reason
            self._on_change(LinkDown(at=now, reason=reason))
