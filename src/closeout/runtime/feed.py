"""
What has changed since a listener last looked.

Changes are marks, not messages: a slow listener finds one mark where a fast one found
ten, and reads the present state. Nothing queues up behind a slow listener.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Changes:
    """What to look at again. `symbols` are those whose quote moved, `outlooks` strategies."""

    positions: bool = False
    status: bool = False
    closes: set[str] = field(default_factory=set)
    symbols: set[str] = field(default_factory=set)
    outlooks: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return self.positions or self.status or bool(self.closes or self.symbols or self.outlooks)


class Listener:
    """One reader of the feed."""

    def __init__(self) -> None:
        self._changes = Changes()
        self._event = asyncio.Event()

    @property
    def pending(self) -> Changes:
        return self._changes

    def wake(self) -> None:
        self._event.set()

    async def wait(self) -> None:
        """Return when something is marked."""
        await self._event.wait()

    def take(self) -> Changes:
        """Return the marks and start with a clean sheet."""
        taken, self._changes = self._changes, Changes()
        self._event.clear()
        return taken


class Feed:
    """Marks changes for every listener."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        listener = Listener()
        self._listeners.append(listener)
        try:
            yield listener
        finally:
            self._listeners.remove(listener)

    @property
    def is_marked(self) -> bool:
        """Whether a listener has not looked at the last change yet."""
        return any(listener.pending for listener in self._listeners)

    def positions_changed(self) -> None:
        for listener in self._listeners:
            listener.pending.positions = True
            listener.wake()

    def status_changed(self) -> None:
        for listener in self._listeners:
            listener.pending.status = True
            listener.wake()

    def close_changed(self, close_id: str) -> None:
        for listener in self._listeners:
            listener.pending.closes.add(close_id)
            listener.wake()

    def quotes_moved(self, symbols: set[str]) -> None:
        for listener in self._listeners:
            listener.pending.symbols |= symbols
            listener.wake()

    def outlooks_changed(self, strategies: set[str]) -> None:
        for listener in self._listeners:
            listener.pending.outlooks |= strategies
            listener.wake()
