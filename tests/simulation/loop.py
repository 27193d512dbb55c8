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

T = TypeVar("T")

_PROCESS: ContextVar["Process | None"] = ContextVar("simulated process", default=None)


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
    held: list[asyncio.Handle] = field(default_factory=list)
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
    """Everybody waits and no timer is set."""


class VirtualLoop(asyncio.AbstractEventLoop):
    """Runs one handle at a time; everything random is somebody else's."""

    def __init__(self) -> None:
        self._now = 0.0
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._count = 0
        self._world_tasks: list[asyncio.Task[Any]] = []
        self._processes: list[Process] = []
        self.world = copy_context()
        """The context of what outlives every process."""
        self.troubles: list[str] = []
        self.steps = 0

    # --- what asyncio asks of a loop --------------------------------------------------

    def time(self) -> float:
        return self._now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Leave it on the heap: it is skipped when its time comes."""

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
        Run until `until` says so; it is asked after every step.

        Raises:
            Stuck: nothing is left to run.
        """
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        try:
            while not until():
                self._step()
        finally:
            asyncio._set_running_loop(before)

    def _step(self) -> None:
        if not self._ready:
            self._jump()
        handle = self._ready.popleft()
        if handle._cancelled:
            return
        process: Process | None = handle._context.get(_PROCESS)  # type: ignore[attr-defined]
        if process is not None and not self._may_run(process, handle):
            return
        self.steps += 1
        handle._run()
        if process is not None:
            process.after_step()

    def _may_run(self, process: Process, handle: asyncio.Handle) -> bool:
        if process.kill_at is not None and process.steps >= process.kill_at:
            process.kill_at = None
            process.kill()
        if not process.is_alive:
            return False
        if process.is_frozen:
            process.held.append(handle)
            return False
        process.steps += 1
        return True

    def _jump(self) -> None:
        while self._timers and self._timers[0][2]._cancelled:
            heapq.heappop(self._timers)
        if not self._timers:
            raise Stuck("everybody waits and no timer is set")
        self._now = max(self._now, self._timers[0][0])
        while self._timers and self._timers[0][0] <= self._now:
            self._ready.append(heapq.heappop(self._timers)[2])

    def tasks(self) -> "list[asyncio.Task[Any]]":
        return [*self._world_tasks, *(task for each in self._processes for task in each.tasks)]

    def dispose(self) -> None:
        """Let go of everything; what a dead process left half done goes with it."""
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
