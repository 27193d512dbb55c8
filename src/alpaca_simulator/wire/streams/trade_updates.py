"""``/stream``: the trade updates of the account.

Frames are binary, as on paper, and hold JSON, or MessagePack for a client that asks for it in
its handshake. Source: docs.alpaca.markets/docs/websocket-streaming.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from aiohttp import WSMsgType, web

from alpaca_simulator.exchange.events import TradeUpdate
from alpaca_simulator.exchange.orders import Order
from alpaca_simulator.wire.credentials import Credentials
from alpaca_simulator.wire.faults import FaultBook
from alpaca_simulator.wire.render.updates import trade_update
from alpaca_simulator.wire.streams.codec import Codec, asked_for
from alpaca_simulator.wire.streams.gate import StreamGate
from alpaca_simulator.wire.streams.outbox import Outbox

NAME: Final = "trade_updates"


class _Listener:
    """One connection and how far it has come: nothing, authorized, listening."""

    def __init__(self, outbox: Outbox, codec: Codec) -> None:
        self.outbox = outbox
        self.codec = codec
        self.is_authorized = False
        self.is_listening = False

    def say(self, message: object) -> None:
        if not self.outbox.put(self.codec.encode(message)):
            self.outbox.drop()


class TradeUpdates:
    """All connections to ``/stream``.

    With `single`, a second connection is refused with 429 while the first lives, as Alpaca does
    until a stale socket has been reaped (alpaca-py issue 740).
    """

    def __init__(self, credentials: Credentials, faults: FaultBook, *, single: bool) -> None:
        self._credentials = credentials
        self._single = single
        self._listeners: set[_Listener] = set()
        self.gate = StreamGate(NAME, faults, self._cut_all)

    @property
    def connections(self) -> int:
        return len(self._listeners)

    @property
    def subscribed(self) -> int:
        """Connections that listen."""
        return sum(listener.is_listening for listener in self._listeners)

    def publish(self, update: TradeUpdate) -> None:
        """Send one update to every listening client; without one it is lost, as at Alpaca."""
        if not any(listener.is_listening for listener in self._listeners):
            return
        message = trade_update(update)
        self.gate.pass_on(
            lambda: self._broadcast(message),
            client_order_id=update.order.client_order_id,
            symbols=_symbols(update.order),
            event=update.event,
        )

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one handshake and stay with the client until it leaves."""
        refused = self.gate.refusal()
        if refused is None and self._single and self._listeners:
            refused = 429
        if refused is not None:
            return web.json_response({"message": "too many requests."}, status=refused)
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        listener = _Listener(Outbox(request, socket), asked_for(request.headers))
        self._listeners.add(listener)
        writer = asyncio.create_task(listener.outbox.drain())
        try:
            async for frame in socket:
                if frame.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    self._hear(listener, frame.data)
        finally:
            self._listeners.discard(listener)
            writer.cancel()
        return socket

    def close(self) -> None:
        """Say goodbye to every client."""
        for listener in list(self._listeners):
            listener.outbox.finish()

    def _hear(self, listener: _Listener, data: bytes | str) -> None:
        try:
            message = listener.codec.decode(data)
        except msgspec.DecodeError:
            message = None
        match message:
            case {"action": "authenticate" | "auth", "data": {"key_id": key, "secret_key": secret}}:
                self._authenticate(listener, key, secret)
            case {"action": "authenticate" | "auth", "key": key, "secret": secret}:
                self._authenticate(listener, key, secret)
            case {"action": "listen", "data": {"streams": [*streams]}}:
                _listen(listener, streams)
            case _:
                listener.say(_error("invalid message"))

    def _authenticate(self, listener: _Listener, key: object, secret: object) -> None:
        listener.is_authorized = self._credentials.admit(key, secret)
        listener.say(_authorization("authenticate", granted=listener.is_authorized))

    def _broadcast(self, message: dict[str, Any]) -> None:
        for listener in list(self._listeners):
            if listener.is_listening:
                listener.say(message)

    def _cut_all(self) -> None:
        for listener in list(self._listeners):
            listener.outbox.cut()


def _listen(listener: _Listener, streams: list[object]) -> None:
    """Each listen replaces the set; a stream missing from the answer was not granted."""
    if not listener.is_authorized:
        listener.say(_authorization("listen", granted=False))
        return
    granted = [NAME] if NAME in streams else []
    listener.is_listening = bool(granted)
    listener.say({"stream": "listening", "data": {"streams": granted}})


def _authorization(action: str, *, granted: bool) -> dict[str, Any]:
    status = "authorized" if granted else "unauthorized"
    return {"stream": "authorization", "data": {"status": status, "action": action}}


def _error(message: str) -> dict[str, Any]:
    return {"action": "error", "data": {"error_message": message}}


def _symbols(order: Order) -> frozenset[str]:
    return frozenset(row.symbol for row in order.contracts)
