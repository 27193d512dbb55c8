"""
One seed, lived through: a bad day, then healing, then an account that must be as it was said.

Everything random comes from the seed, so `python -m pytest ... SEED=n` lives it again.
"""

import asyncio
import random
import secrets
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest import mock

import structlog
from simulation.books import Books, Violation
from simulation.broker import SimulatedBroker
from simulation.checks import Checks
from simulation.days import Day, draw_day, with_theme, with_walk_faults
from simulation.disk import Disk
from simulation.holdings import open_account
from simulation.journal import SimulatedJournal
from simulation.loop import Process, Stuck, VirtualClock, VirtualLoop
from simulation.ownership import Ownership
from simulation.people import Act, OtherHand, User
from simulation.quotes import SimulatedQuotes
from simulation.sights import Sight
from simulation.site import Site
from simulation.venue import Venue

from closeout.closing.state import Phase
from closeout.runtime.engine import Engine

HEAL_WITHIN = 285.0
"""Seconds after healing in which every close must have ended, and stayed ended."""
QUIET = 45.0
"""For so many seconds at the end of them."""
_LINES_AT_ERROR = 40
_AFTER_BELL = 130.0
"""Seconds of a day that began ninety seconds before it."""
_FREEZES = (1.0, 20.0, 200.0)
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a seed. `trace` is the same whenever the seed is lived again."""

    seed: int
    day: Day
    violations: tuple[Violation, ...]
    phases: tuple[str, ...]
    reasons: tuple[str, ...]
    refusals: tuple[str, ...]
    seconds: float
    steps: int
    processes: int
    met: tuple[tuple[Sight, int], ...]
    trace: int

    def __str__(self) -> str:
        told = "; ".join(str(each) for each in self.violations[:3])
        return f"make simulate SEED={self.seed}  # {told} [{self.day.describe()}]"


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """A process and what it runs on."""

    process: Process
    engine: Engine
    broker: SimulatedBroker
    journal: SimulatedJournal

    def do(self, work: Callable[..., object], *args: Any) -> None:
        """Have it work as at a request, if it can."""
        if self.process.is_alive and not self.process.is_frozen:
            self.process.run(work, *args)


class World:
    """A seed's broker, its people, and the processes that come and go."""

    def __init__(self, seed: int, day: Day | None = None) -> None:
        self._chance = random.Random(seed)
        drawn = with_walk_faults(draw_day(self._chance), random.Random(f"{seed}:faults of walks"))
        drawn = with_theme(drawn, random.Random(f"{seed}:theme"))
        self.seed = seed
        self.day = drawn if day is None else day
        self.loop = VirtualLoop()  # type: ignore[abstract]
        account = open_account(
            self._chance,
            partials=self.day.partial_fills,
            near_the_bell=self.day.near_the_bell,
            shares_a_contract=self.day.edits > 0,
        )
        self._start = account.start
        self.clock = VirtualClock(self.loop, account.start)
        self.venue = Venue(self.loop, self.clock, account, self.day, self._chance)
        self.disk = Disk()
        self.owned = account.owned
        self._expires_today = account.expires_today
        self._own = Ownership(account.owned)
        self.books = Books(self.loop, self.venue, self._own, account.start)
        self.checks = Checks(self.books)
        self.books.on_mark = self._on_mark
        self.checks.orders.on_replacing = self._race
        self.checks.on_taken = self._taken
        self._walks = random.Random(f"{seed}:walks")
        self._themes = random.Random(f"{seed}:themes")
        self._races = random.Random(f"{seed}:races")
        self.user = User(self, self.checks, self._chance, self._walks, self._themes)
        self.other = OtherHand(self.venue, self.checks, self._chance)
        self.places: dict[int, Running | None] = {}
        """Where the program runs; a second place has its own process on the same account."""
        self._processes = 0
        self._pending_kill: tuple[str, int, int] | None = None
        self._held_until = 0.0
        self._busts_left = self.day.busts
        self._is_healed = False
        self._done = False

    # --- processes --------------------------------------------------------------------

    def boot(self, place: int = 0) -> None:
        """Start the program on what the disk has."""
        process = self.loop.process()
        site = Site(self.loop, self.clock, self.venue, process, self.checks, self._chance)
        broker, quotes = SimulatedBroker(site), SimulatedQuotes(site)
        journal = SimulatedJournal(site, self.disk)
        me = f"process {process.number}"
        engine: Engine = process.run(partial(Engine, me=me), broker, quotes, journal, self.clock)
        process.after_step = partial(self.checks.reads.look, process)
        process.on_kill = partial(self._buried, place)
        self._processes += 1
        self.places[place] = Running(process, engine, broker, journal)
        self.checks.reads.watch(process, engine)
        process.run(engine.start)

    @property
    def front(self) -> Running | None:
        """The process whose page people are at: the one that works, if one does."""
        alive = [each for each in self.places.values() if each is not None]
        awake = [each for each in alive if not each.process.is_frozen]
        at_work = [each for each in awake if each.engine.is_ready]
        return next(iter(at_work or awake or alive), None)

    @property
    def behind(self) -> Running | None:
        """The other one."""
        front = self.front
        others = (each for each in self.places.values() if each is not None)
        return next((each for each in others if each is not front), None)

    @property
    def engine(self) -> Engine | None:
        return None if self.front is None else self.front.engine

    def as_process(self, work: Callable[..., object], *args: Any) -> None:
        """Let the process in front do something, as a request to it would."""
        if self.front is not None:
            self.front.do(work, *args)

    def _buried(self, place: int) -> None:
        running = self.places[place]
        assert running is not None, "it was alive"
        self.places[place] = None
        self.checks.reads.unwatch(running.process)
        running.journal.die()
        wait = self._chance.choice((0.1, 1.0, 5.0, 20.0, 40.0, 150.0))
        self.loop.later(0.0 if self._is_healed else wait, self._revive, place)

    def _revive(self, place: int) -> None:
        if place in self.places and self.places[place] is None:
            self.boot(place)

    def _taken(self) -> None:
        """Another process has the account: of the last one's answers only what is on record."""
        self.user.forget()

    def _plan_kills(self, until: float) -> None:
        for _ in range(self.day.kills):
            if self._chance.random() < 0.4:
                self.loop.later(self._chance.uniform(0.0, until), self._kill_soon)
            else:
                self._pending_kill = self._draw_kill()

    def _draw_kill(self) -> tuple[str, int, int]:
        """Strike some steps after the n-th time that something of interest happens."""
        moments = ("sending", "answered", "arrived", "committed", "cancelling", "filled", "ended")
        return (
            self._chance.choice(moments),
            self._chance.randint(1, 4),
            self._chance.choice((0, 1, 2, 3, 5, 8, 13, 30)),
        )

    def _on_mark(self, what: str) -> None:
        self._trace = zlib.crc32(f"{what}@{self.loop.time():.9f}".encode(), self._trace)
        if what == "filled" and self._busts_left and not self._is_healed:
            self._busts_left -= 1
            self._at(self._themes.choice((0.1, 1.0, 4.0, 15.0)), self.other.bust)
        if what == "arrived" and self._chance.random() < self.day.foreign_hands * 0.6:
            self._meddle()
        if self._pending_kill is None or what != self._pending_kill[0]:
            return
        _, times, steps = self._pending_kill
        self._pending_kill = None if times <= 1 else (what, times - 1, steps)
        if times <= 1:
            self._kill_soon(steps)

    def _meddle(self) -> None:
        """Let another hand at the order that was just taken, while it rests."""
        if self._is_healed:
            return
        self._hold_fills(6.0)
        self._at(self._chance.uniform(0.2, 4.0), self.other.draw_meddling())

    def _race(self, order_id: str) -> None:
        """Have another hand replace the order that is just being replaced."""
        if not self._is_healed and self._races.random() < self.day.races:
            change = partial(self.other.change, order_id)
            self._at(self._races.uniform(0.0, self.day.latency), change)

    def _hold_fills(self, seconds: float) -> None:
        """Let nothing trade for so long, or longer where that was said before."""
        self._held_until = max(self._held_until, self.loop.time() + seconds)
        self.venue.hold_fills(hold=True)
        self.loop.later(seconds, self._let_fill)

    def _let_fill(self) -> None:
        if not self._is_healed and self.loop.time() >= self._held_until:
            self.venue.hold_fills(hold=False)

    def _kill_soon(self, steps: int = 0) -> None:
        if self.front is not None and not self._is_healed:
            process = self.front.process
            process.kill_at = process.steps + steps

    def _freeze(self, seconds: float) -> None:
        if self.front is not None and not self._is_healed:
            self.books.met[Sight.FROZEN] += 1
            self.books.froze = max(self.books.froze, seconds)
            process = self.front.process
            process.is_frozen = True
            self.loop.later(seconds, self.loop.thaw, process)

    # --- the day ----------------------------------------------------------------------

    async def live(self) -> None:
        self.loop.spawn(self.venue.turn())
        self.loop.spawn(self.venue.wander())
        self.boot()
        if self.day.has_second:
            self._at(self._themes.uniform(0.0, 12.0), self._boot_second)
        await self._first_look()
        bad = self._plan()
        await asyncio.sleep(bad)
        self._heal()
        await self._end()
        self._done = True

    async def _first_look(self) -> None:
        """Wait for the page, and note which position is which strategy."""
        deadline = self.loop.time() + 60.0
        while self.loop.time() < deadline:
            if self.engine is not None and self.engine.is_ready:
                break
            await asyncio.sleep(0.25)
        if self.engine is None or not self.engine.is_ready:
            return
        for strategy in self.engine.book.grouping.strategies:
            held = {leg.symbol: leg.quantity for leg in strategy.legs}
            found = [i for i, it in enumerate(self._own.owned) if it.contracts == held]
            if len(found) == 1:
                self.books.positions[strategy.id] = found[0]
        if len(self.books.positions) < len(self._own.owned):
            self.books.fail("books", "the page does not show the strategies that were opened")

    def _plan(self) -> float:
        """Draw what will happen; return how long the bad day lasts."""
        at = 8.0 if self.day.edits else 0.0
        for _ in range(self.day.edits):
            self._at(self._themes.uniform(0.0, at), self.user.edit)
        for _ in range(3 if self.day.foreign_hands > 0.5 else 1):
            if self._chance.random() < self.day.foreign_hands:
                self._at(at, self.other.rest)
        self._at(at, self.user.close)
        for _ in range(self._chance.choice((1, 2, 3, 5, 8))):
            at += self._chance.choice((0.0, 0.3, 2.0, 10.0)) * self._chance.random()
            self._at(at, self.user.draw_act())
        until = at + self._chance.choice((3.0, 15.0, 40.0))
        for seconds, act in self.user.draw_changes(until):
            self._at(seconds, act)
        while self._chance.random() < self.day.foreign_hands * 0.85:
            self._at(self._chance.uniform(0.0, until), self.other.draw_act())
        self._plan_kills(until)
        for _ in range(self.day.freezes):
            seconds = self._chance.choice((2.0, 4.0, 9.0) if self.day.has_second else _FREEZES)
            self.loop.later(self._chance.uniform(0.0, until), self._freeze, seconds)
        if self._chance.random() < self.day.journal_outages:
            self.loop.later(self._chance.uniform(0.0, until), self._fill_disk)
        return self._plan_market(until)

    def _plan_market(self, until: float) -> float:
        """Draw when nothing trades or is quoted, and what the day is fond of."""
        if self._chance.random() < self.day.slow_fills:
            self._hold_fills(self._chance.uniform(0.0, until))
        if (draw := self._walks.random()) < self.day.quiet_market:
            # A market that trades nothing at first: walks have somewhere to go.
            self._hold_fills(self._walks.uniform(5.0, until + 30.0))
        if draw < self.day.quiet_market > 0.5:
            until += 25.0
            for _ in range(2):
                self._at(self._walks.uniform(1.0, 15.0), self.user.close)
        for _ in range(self.day.edits):
            self._at(self._themes.uniform(0.0, until), self.user.edit)
        if self._walks.random() < self.day.quote_outages:
            self.loop.later(self._walks.uniform(1.0, until), self._kill_quotes)
        return until

    async def _boot_second(self) -> None:
        self.boot(1)

    def _at(self, seconds: float, act: Act) -> None:
        async def later() -> None:
            await asyncio.sleep(seconds)
            await act()

        self.loop.spawn(later())

    def _kill_quotes(self) -> None:
        self.venue.quotes_are_dead = not self._is_healed

    def _fill_disk(self) -> None:
        self.disk.down_until = self.loop.time() + self._chance.choice((0.5, 5.0, 30.0))

    def _heal(self) -> None:
        self._is_healed = True
        self._pending_kill = None
        self.disk.down_until = 0.0
        self.venue.heal(self.day.healed())
        if self.day.has_second and self._themes.random() < 0.5:
            self._leave_one()
        for place, running in [*self.places.items()]:
            if running is None:
                self.boot(place)
            else:
                running.process.kill_at = None
                self.loop.thaw(running.process)
                running.broker.heal()

    def _leave_one(self) -> None:
        """Have one of two processes go for good."""
        gone = self.behind
        for place, running in [*self.places.items()]:
            if running is None or running is gone:
                del self.places[place]
        if gone is not None:
            gone.process.on_kill = gone.journal.die
            self.checks.reads.unwatch(gone.process)
            gone.process.kill()
        if not self.places:
            self.places[0] = None

    async def _end(self) -> None:
        deadline = self.loop.time() + HEAL_WITHIN
        quiet = 0.0
        bell = _AFTER_BELL if self._expires_today else 0.0
        while self.loop.time() < deadline:
            if quiet >= QUIET and self.loop.time() >= bell and self._is_read():
                break
            await asyncio.sleep(1.0)
            quiet = 0.0 if self.checks.unended() else quiet + 1.0
            if self.day.near_the_bell:
                self.user.cancel_everything()
        assert self.front is not None, "the program runs"
        self.checks.final(self.front.engine)
        if self.behind is not None:
            self.checks.stands_by(self.behind.engine)

    def _is_read(self) -> bool:
        """Whether the account was read since it last changed: a breaker may hold that up."""
        held = None if self.engine is None else self.engine.book.holdings
        changed = self.venue.truth.at
        return held is not None and (held.at - self._start).total_seconds() >= changed

    # --- living it ----------------------------------------------------------------------

    _trace = 0

    def run(self) -> Outcome:
        with _quietly(self.checks, self.seed):
            director = self.loop.spawn(self.live())
            try:
                self.loop.run(director.done)
                if director.done():
                    director.result()
            except Stuck as stuck:
                self.books.fail("I9", str(stuck))
            finally:
                self._collect_crashes()
                self.loop.dispose()
        return self._outcome()

    def _collect_crashes(self) -> None:
        for task in self.loop.tasks():
            if not task.done() or task.cancelled() or _is_told(task):
                continue
            if task.exception() is not None:
                self.books.fail("crash", f"{task.get_coro()!r}: {task.exception()!r}")
        for trouble in self.loop.troubles:
            self.books.fail("crash", trouble)

    def _outcome(self) -> Outcome:
        closes = self.books.closes.values()
        return Outcome(
            seed=self.seed,
            day=self.day,
            violations=tuple(self.books.violations),
            phases=tuple(each.state.phase.value for each in closes),
            reasons=tuple(
                each.state.reason.code
                for each in closes
                if each.state.reason and each.state.phase is not Phase.CLOSED
            ),
            refusals=tuple(self.user.refusals),
            seconds=self.loop.time(),
            steps=self.loop.steps,
            processes=self._processes,
            met=tuple(sorted(self.books.met.items())),
            trace=self._trace,
        )


def _is_told(task: "asyncio.Task[Any]") -> bool:
    """Whether somebody who asked for it was told what it raised."""
    name = repr(task.get_coro())
    told = ("Opener._open", "Recorder._write", "Regrouper._decide_and_write")
    return any(each in name for each in told)


@contextmanager
def _quietly(checks: Checks, seed: int) -> Iterator[None]:
    """Have errors go to the checkers and all other lines nowhere; close ids from the seed."""

    def take(_: Any, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
        checks.logged(str(line.get("event")), dict(line))
        raise structlog.DropEvent

    ids = random.Random(f"{seed}:ids")
    settings = structlog.get_config()
    structlog.configure(
        processors=[take],
        wrapper_class=structlog.make_filtering_bound_logger(_LINES_AT_ERROR),
        cache_logger_on_first_use=False,
    )
    try:
        with mock.patch.object(secrets, "token_hex", lambda count: ids.randbytes(count).hex()):
            yield
    finally:
        structlog.configure(**settings)


def live(seed: int, day: Day | None = None) -> Outcome:
    """Live a seed, on its own day or on a given one."""
    return World(seed, day).run()


def healthy(seed: int) -> Outcome:
    """Live a seed on a day when nothing goes wrong."""
    return live(seed, Day())
