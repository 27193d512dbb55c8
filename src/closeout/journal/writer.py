"""
The one thread that writes, and the queue before it.

Whatever waits when the thread is free goes into one transaction: while one group is on its
way to the disk the next gathers, so that the disk's latency is paid once for all of them.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread

from closeout.journal.requests import Request
from closeout.ports import JournalFailed

GROUP_MAX = 512
"""Requests in one transaction: enough for any storm, and no wait grows without bound."""

Outcome = JournalFailed | None
Commit = Callable[[Sequence[Request]], Sequence[Outcome]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    request: Request
    written: asyncio.Future[None]


class Writer:
    """
    Hands requests to `commit` in groups, in the order in which they came.

    A caller that is cancelled may still have its request written.
    """

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._closed = False
        # A daemon: nobody was promised what still waits when the interpreter goes.
        self._thread = Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    async def write(self, request: Request) -> None:
        """
        Return once `request` is committed.

        Raises:
            JournalFailed: it is not.
        """
        if self._closed:
            raise JournalFailed("The journal is closed: Closeout is stopping.")
        written = asyncio.get_running_loop().create_future()
        self._queue.put(_Waiting(request, written))
        await written

    async def close(self) -> None:
        """Write what waits, then stop the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while group := self._next_group():
            try:
                outcomes = self._commit([waiting.request for waiting in group])
            except Exception as error:  # noqa: BLE001 -- border: a dead thread would hang every close
                outcomes = [_unexpected(error) for _ in group]
            _deliver(group, outcomes)

    def _next_group(self) -> list[_Waiting]:
        """Return what waits, at least one; nothing at all once the writer is closed."""
        first = self._queue.get()
        if first is None:
            return []
        group = [first]
        with suppress(Empty):
            while len(group) < GROUP_MAX:
                waiting = self._queue.get_nowait()
                if waiting is None:
                    self._queue.put(None)
                    break
                group.append(waiting)
        return group


def _deliver(group: list[_Waiting], outcomes: Sequence[Outcome]) -> None:
    loops: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[None], Outcome]]] = {}
    for waiting, outcome in zip(group, outcomes, strict=True):
        loops.setdefault(waiting.written.get_loop(), []).append((waiting.written, outcome))
    for loop, settled in loops.items():
        # A loop that was closed meanwhile has nobody left to tell.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, settled)


def _settle(settled: list[tuple[asyncio.Future[None], Outcome]]) -> None:
    for written, outcome in settled:
        if written.done():
            continue
        if outcome is None:
            written.set_result(None)
        else:
            written.set_exception(outcome)


def _unexpected(error: Exception) -> JournalFailed:
    failure = JournalFailed(f"The journal met an error of its own, please report it: {error!r}")
    failure.__cause__ = error
    return failure
