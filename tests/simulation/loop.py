"""
An event loop on virtual time, and processes in it that can be killed or frozen anywhere.

Time stands still while anybody can run and jumps to the next timer when nobody can. What a
process starts belongs to it: after `kill` none of it runs again, not even a `finally`.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from warnings import catch_warnings, simplefilter

T = TypeVar("T")

_PROCESS: ContextVar["Process | None"] = ContextVar("simulated process", default=None)
_STEPS_MAX = 400_000


class Call:
    """A call that is to come; `asyncio.Handle` does the same at twice the cost."""

    __slots__ = ("args", "callback", "context", "is_cancelled")

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None
    ) -> None:
        self.callback = callback
        self.args = args
        self.context = copy_context() if context is None else context
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True

    def cancelled(self) -> bool:
        return self.is_cancelled


@dataclass(eq=False, slots=True)
class Process:
    """One run of the program. `kill_at` is the step before which it dies."""

    number: int
    after_step: Callable[[], None] = lambda: None
    on_kill: Callable[[], None] = lambda: None
    is_alive: bool = True
    is_frozen: bool = False
    steps: int = 0
    kill_at: int | None = None
    tasks: list["asyncio.Task[Any]"] = field(default_factory=list)
    held: list[Call] = field(default_factory=list)
    context: Context = field(init=False)

    def __post_init__(self) -> None:
        self.context = copy_context()
        self.context.run(_PROCESS.set, self)

    def run(self, function: Callable[..., T], *args: Any) -> T:
        """Call `function` as this process: what it starts dies with it."""
        return self.context.copy().run(function, *args)

    def kill(self) -> None:
        """As `kill -9`: nothing of it runs any more."""
        if self.is_alive:
            self.is_alive = False
            self.held.clear()
            self.on_kill()


class Stuck(AssertionError):
    """Everybody waits and no timer is set, or somebody runs for ever."""


class VirtualLoop(asyncio.AbstractEventLoop):
    """Runs one handle at a time; everything random is somebody else's."""

    def __init__(self) -> None:
        self._now = 0.0
        self._ready: deque[Call] = deque()
        self._timers: list[tuple[float, int, Call]] = []
        self._count = 0
        self._world_tasks: list[asyncio.Task[Any]] = []
        self._processes: list[Process] = []
        self.world = copy_context()
        """The context of what outlives every process."""
        self.troubles: list[str] = []
        self.steps = 0
        self.is_halted = False
        """Whether somebody has seen enough."""

    # --- what asyncio asks of a loop --------------------------------------------------

    def time(self) -> float:
        return self._now

    get_debug = staticmethod(bool)  # False: every future asks, and this answers at no cost

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Call:
        call = Call(callback, args, context)
        self._ready.append(call)
        return call

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> Call:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> Call:
        call = Call(callback, args, context)
        self._count += 1
        # A cancelled one stays on the heap and is skipped when its time comes.
        heapq.heappush(self._timers, (when, self._count, call))
        return call

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> "asyncio.Task[T]":
        task: asyncio.Task[T] = asyncio.Task(coro, loop=self, name=name, context=context)
        owner = (context or copy_context()).get(_PROCESS)
        (self._world_tasks if owner is None else owner.tasks).append(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Collect: an error nobody asked for is a finding."""
        self.troubles.append(f"{context.get('message')}: {context.get('exception')!r}")

    # --- the world --------------------------------------------------------------------

    def process(self) -> Process:
        made = self.world.copy().run(Process, len(self._processes) + 1)
        self._processes.append(made)
        return made

    def later(self, delay: float, callback: Callable[..., object], *args: Any) -> None:
        """Call as the world, whatever becomes of who asked."""
        self.call_later(delay, callback, *args, context=self.world)

    def spawn(self, coro: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Start a task of the world."""
        return self.create_task(coro, context=self.world.copy())

    def thaw(self, process: Process) -> None:
        process.is_frozen = False
        self._ready.extend(process.held)
        process.held.clear()

    # --- running ----------------------------------------------------------------------

    def run(self, until: Callable[[], bool]) -> None:
        """
        Run until `until` says so, which is asked after every step, or somebody halts.

        Raises:
            Stuck: nothing is left to run, or there is no end of it.
        """
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        try:
            while not (until() or self.is_halted):
                self._step()
        finally:
            asyncio._set_running_loop(before)

    def _step(self) -> None:
        if not self._ready:
            self._jump()
        call = self._ready.popleft()
        if call.is_cancelled:
            return
        process = call.context.get(_PROCESS)
        if process is not None and not self._may_run(process, call):
            return
        self.steps += 1
        if self.steps > _STEPS_MAX:
            raise Stuck(f"{_STEPS_MAX} steps and no end")
        try:
            call.context.run(call.callback, *call.args)
        except Exception as error:  # noqa: BLE001 - as asyncio does
            self.call_exception_handler({"message": repr(call.callback), "exception": error})
        if process is not None:
            process.after_step()

    def _may_run(self, process: Process, call: Call) -> bool:
        if process.kill_at is not None and process.steps >= process.kill_at:
            process.kill_at = None
            process.kill()
        if not process.is_alive:
            return False
        if process.is_frozen:
            process.held.append(call)
            return False
        process.steps += 1
        return True

    def _jump(self) -> None:
        timers = self._timers
        while timers and timers[0][2].is_cancelled:
            heapq.heappop(timers)
        if not timers:
            raise Stuck("everybody waits and no timer is set")
        self._now = max(self._now, timers[0][0])
        while timers and timers[0][0] <= self._now:
            self._ready.append(heapq.heappop(timers)[2])

    def tasks(self) -> "list[asyncio.Task[Any]]":
        return [*self._world_tasks, *(task for each in self._processes for task in each.tasks)]

    def dispose(self) -> None:
        """Let go of everything; what a dead process left half done goes with it."""
        with catch_warnings():
            # What a task that never began was to await is thrown away with it.
            simplefilter("ignore", RuntimeWarning)
            for task in self.tasks():
                if not task.done():
                    task._log_destroy_pending = False  # type: ignore[attr-defined]
                    coro = task.get_coro()
                    assert coro is not None
                    with suppress(RuntimeError):
                        coro.close()
                elif not task.cancelled():
                    task.exception()
        self._ready.clear()
        self._timers.clear()


class VirtualClock:
    """The `Clock` port on the loop's time."""

    def __init__(self, loop: VirtualLoop, start: datetime) -> None:
        self._loop = loop
        self._start = start

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._loop.time())

    def monotonic(self) -> timedelta:
        return timedelta(seconds=self._loop.time())

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(max(0.0, duration.total_seconds()))
