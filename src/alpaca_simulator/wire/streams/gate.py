"""What stands between an event and the clients of one stream: the stream's faults."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from alpaca_simulator.wire.faults import (
    STREAM_EVENT_KINDS,
    Fault,
    FaultBook,
    FaultKind,
    Occasion,
)

Send = Callable[[], None]
_HANDSHAKE = frozenset({FaultKind.REFUSE_CONNECT})


class StreamGate:
    """Passes messages on, drops, repeats, delays or swaps them, and keeps clients out.

    `cut_all` resets every connection of the stream.
    """

    def __init__(self, name: str, faults: FaultBook, cut_all: Callable[[], None]) -> None:
        self._where = f"stream {name}"
        self._faults = faults
        self._cut_all = cut_all
        self._overtaken: list[Send] = []
        self._refused_until = 0.0

    def pass_on(
        self, send: Send, *, client_order_id: str = "", symbols: frozenset[str], event: str = ""
    ) -> None:
        """Hand one message to its clients, unless and as a fault says otherwise."""
        occasion = Occasion(self._where, client_order_id, symbols, event)
        struck = self._faults.strike(occasion, STREAM_EVENT_KINDS)
        if struck:
            self._spoil(struck[0], send)
            return
        self._send(send)

    def refusal(self) -> int | None:
        """The HTTP status a handshake is refused with now, None if it may come in."""
        if asyncio.get_running_loop().time() < self._refused_until:
            return 429
        struck = self._faults.strike(Occasion(self._where), _HANDSHAKE)
        return (struck[0].status or 429) if struck else None

    def disconnect(self, refuse_seconds: float) -> None:
        """Reset every connection and refuse new ones for a while."""
        self._refused_until = asyncio.get_running_loop().time() + refuse_seconds
        self._cut_all()

    def _spoil(self, fault: Fault, send: Send) -> None:
        wait = self._faults.seconds(fault)
        match fault.kind:
            case FaultKind.DROP_EVENT:
                return
            case FaultKind.REPEAT_EVENT:
                for _ in range(1 + fault.copies):
                    self._send(send)
            case FaultKind.DELAY_EVENT:
                asyncio.get_running_loop().call_later(wait, send)
            case FaultKind.REORDER_EVENT:
                self._overtaken.append(send)
                asyncio.get_running_loop().call_later(wait, self._release, send)
            case _:
                self.disconnect(fault.refuse_ms / 1000)

    def _send(self, send: Send) -> None:
        send()
        for overtaken in list(self._overtaken):
            self._release(overtaken)

    def _release(self, send: Send) -> None:
        if send in self._overtaken:
            self._overtaken.remove(send)
            send()
