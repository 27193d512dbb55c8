"""
Tells every browser what changed: each delta is built and encoded once for all of them.

Deltas carry a sequence number and the last ones are kept, so that a client which was
away resumes where it was; a client that falls behind gets a fresh snapshot.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog

from closeout.api.close_views import close_out
from closeout.api.deps import Desk
from closeout.api.groups import unassigned_out
from closeout.api.metrics import position_outlook_out
from closeout.api.views import position_out, position_quote_out, status_out
from closeout.api.walks import walks_moved
from closeout.runtime.feed import Changes, Listener
from closeout.schemas.stream import (
    CloseMessage,
    OutlooksMessage,
    PositionsMessage,
    QuotesMessage,
    SnapshotMessage,
    StatusMessage,
)

log = structlog.get_logger(__name__)

QUOTES_EVERY = timedelta(milliseconds=250)
"""Quotes are conflated to this pace; everything else goes after `GATHER`."""
GATHER = timedelta(milliseconds=20)
"""
Marks come in bursts and one picture serves them all. Building it takes milliseconds, and an
order that was just decided on leaves before it.
"""
HEARTBEAT = timedelta(seconds=5)
_KEPT_DELTAS = 512
_QUEUE_MAX = 256
_SNAPSHOT_CLOSES = 50

Delta = PositionsMessage | QuotesMessage | OutlooksMessage | CloseMessage | StatusMessage


class Client:
    """One connected browser. `lagging` means its queue ran over and it needs a snapshot."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[str] = asyncio.Queue(_QUEUE_MAX)
        self.lagging = False

    def offer(self, text: str) -> None:
        try:
            self.queue.put_nowait(text)
        except asyncio.QueueFull:
            self.lagging = True


class Hub:
    """Numbers deltas and hands them to every client."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.epoch = secrets.token_hex(8)
        self.seq = 0
        self._kept: deque[tuple[int, str]] = deque(maxlen=_KEPT_DELTAS)
        self._clients: set[Client] = set()
        self._quotes_at = 0.0

    @contextmanager
    def connect(self) -> Iterator[Client]:
        client = Client()
        self._clients.add(client)
        try:
            yield client
        finally:
            self._clients.discard(client)

    def snapshot(self) -> str:
        """Everything as it is now, at the present sequence number."""
        desk = self._desk
        closes = desk.engine.supervisor.closes()
        shown = [
            state
            for index, state in enumerate(closes)
            if index < _SNAPSHOT_CLOSES or not state.phase.is_end
        ]
        message = SnapshotMessage(
            type="snapshot",
            epoch=self.epoch,
            seq=self.seq,
            at=desk.clock.now(),
            status=status_out(desk),
            positions=[position_out(desk, each) for each in desk.engine.book.grouping.strategies],
            unassigned=unassigned_out(desk.engine.book.grouping),
            closes=[close_out(desk, state) for state in shown],
        )
        return message.model_dump_json()

    def since(self, epoch: str | None, seq: int | None) -> list[str] | None:
        """Return the deltas after `seq`, or None when they are not all kept."""
        if epoch != self.epoch or seq is None or seq > self.seq:
            return None
        missed = self.seq - seq
        kept = [text for number, text in self._kept if number > seq]
        return kept if len(kept) == missed else None

    async def run(self) -> None:
        """Publish changes and heartbeats until cancelled."""
        with self._desk.engine.feed.listen() as listener:
            await asyncio.gather(self._follow(listener), self._beat())

    async def _follow(self, listener: Listener) -> None:
        while True:
            await listener.wait()
            await asyncio.sleep(GATHER.total_seconds())
            if not self._is_urgent(listener.pending):
                await self._pace()
            with _going_on():
                await self._publish_changes(listener.take())

    async def _beat(self) -> None:
        """Some of the status changes with time alone, and silence must mean a dead line."""
        while True:
            await self._desk.clock.sleep(HEARTBEAT)
            with _going_on():
                self._publish(self._status())

    @staticmethod
    def _is_urgent(changes: Changes) -> bool:
        return changes.positions or changes.status or bool(changes.closes)

    async def _pace(self) -> None:
        """Hold quotes back until their turn has come."""
        loop = asyncio.get_running_loop()
        due = self._quotes_at + QUOTES_EVERY.total_seconds()
        if loop.time() < due:
            await asyncio.sleep(due - loop.time())

    async def _publish_changes(self, changes: Changes) -> None:
        for close_id in sorted(changes.closes):
            state = self._desk.engine.supervisor.close(close_id)
            if state is not None:
                self._publish(
                    CloseMessage(
                        type="close", seq=0, at=self._now(), close=close_out(self._desk, state)
                    )
                )
        if changes.positions or changes.closes:
            self._publish(await self._positions())
        else:
            if changes.symbols:
                self._publish_quotes(changes.symbols)
            self._publish_outlooks(changes.outlooks)
        if changes.status or changes.positions:
            self._publish(self._status())

    def _publish_quotes(self, symbols: set[str]) -> None:
        self._quotes_at = asyncio.get_running_loop().time()
        moved = [
            position_quote_out(self._desk, strategy)
            for strategy in self._desk.engine.book.grouping.strategies
            if strategy.underlying in symbols or any(leg.symbol in symbols for leg in strategy.legs)
        ]
        walks = walks_moved(self._desk, symbols)
        if moved or walks:
            self._publish(
                QuotesMessage(type="quotes", seq=0, at=self._now(), positions=moved, walks=walks)
            )

    def _publish_outlooks(self, ids: set[str]) -> None:
        strategies = self._desk.engine.book.grouping.strategies
        changed = [position_outlook_out(self._desk, each) for each in strategies if each.id in ids]
        if changed:
            self._publish(
                OutlooksMessage(type="outlooks", seq=0, at=self._now(), positions=changed)
            )

    async def _positions(self) -> PositionsMessage:
        """Make every row; an order that is on its way may pass between two of them."""
        grouping = self._desk.engine.book.grouping
        positions = []
        for strategy in grouping.strategies:
            positions.append(position_out(self._desk, strategy))
            await asyncio.sleep(0)
        return PositionsMessage(
            type="positions",
            seq=0,
            at=self._now(),
            positions=positions,
            unassigned=unassigned_out(grouping),
        )

    def _status(self) -> StatusMessage:
        return StatusMessage(type="status", seq=0, at=self._now(), status=status_out(self._desk))

    def _now(self) -> datetime:
        return self._desk.clock.now()

    def _publish(self, delta: Delta) -> None:
        self.seq += 1
        text = delta.model_copy(update={"seq": self.seq}).model_dump_json()
        self._kept.append((self.seq, text))
        for client in self._clients:
            client.offer(text)


@contextmanager
def _going_on() -> Iterator[None]:
    """The top of a task: what cannot be shown must not end the stream for everybody."""
    try:
        yield
    except Exception:
        log.exception("stream.unpublished")
