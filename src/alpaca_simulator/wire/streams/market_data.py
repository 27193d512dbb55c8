"""Quotes and trades to subscribers, over the endpoints of `feeds`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from alpaca_simulator.exchange.events import QuoteMoved, Traded
from alpaca_simulator.exchange.orders import AssetClass
from alpaca_simulator.wire.credentials import Credentials, has_key_headers
from alpaca_simulator.wire.faults import FaultBook
from alpaca_simulator.wire.render import market
from alpaca_simulator.wire.streams.codec import Codec, asked_for
from alpaca_simulator.wire.streams.feeds import AUTHENTICATION_SECONDS, FEEDS, Feed, StreamError
from alpaca_simulator.wire.streams.gate import StreamGate
from alpaca_simulator.wire.streams.outbox import Outbox
from alpaca_simulator.wire.streams.subscriber import Subscriber
from alpaca_simulator.wire.text import instant

DataEvent = QuoteMoved | Traded


class MarketData:
    """All connections to the market data streams.

    `watch` is told every symbol that somebody wants; `venue` knows the exchange of a stock. With
    `basic` the feeds of the paid plan are refused. `connections` may be open on one endpoint.
    """

    def __init__(
        self,
        credentials: Credentials,
        faults: FaultBook,
        *,
        watch: Callable[[set[str]], None],
        venue: Callable[[str], str],
        basic: bool,
        connections: int,
    ) -> None:
        self._credentials = credentials
        self._watch = watch
        self._venue = venue
        self._basic = basic
        self._limit = connections
        self._subscribers: set[Subscriber] = set()
        self.gates = {
            name: StreamGate(name, faults, lambda name=name: self._cut_all(name))  # type: ignore[misc]
            for name in sorted({feed.name for feed in FEEDS})
        }

    def connections(self, name: str) -> int:
        return sum(subscriber.feed.name == name for subscriber in self._subscribers)

    def subscribed(self, name: str) -> int:
        """Connections that asked for any symbol."""
        return sum(it.feed.name == name and bool(it.symbols()) for it in self._subscribers)

    def publish(self, events: Iterable[DataEvent]) -> None:
        """Send each event to those subscribed to its symbol."""
        for event in events:
            name = "options" if event.asset_class is AssetClass.OPTION else "stocks"
            channel, symbol = _address(event)
            readers = [
                subscriber
                for subscriber in self._subscribers
                if subscriber.feed.name == name and subscriber.wants(channel, symbol)
            ]
            if readers:
                self.gates[name].pass_on(
                    _Delivery(readers, self._messages(event)), symbols=frozenset({symbol})
                )

    async def serve(self, request: web.Request, feed: Feed) -> web.StreamResponse:
        """Answer one handshake and stay with the client until it leaves."""
        refused = self.gates[feed.name].refusal()
        if refused is not None:
            return web.json_response({"message": "too many requests."}, status=refused)
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        subscriber = Subscriber(Outbox(request, socket), asked_for(request.headers), feed)
        writer = asyncio.create_task(subscriber.outbox.drain())
        self._subscribers.add(subscriber)
        self._welcome(subscriber, request)
        try:
            async for frame in socket:
                if frame.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    self._hear(subscriber, frame.data)
        finally:
            self._subscribers.discard(subscriber)
            self._rewatch()
            writer.cancel()
        return socket

    def close(self) -> None:
        for subscriber in list(self._subscribers):
            subscriber.outbox.finish()

    def _welcome(self, subscriber: Subscriber, request: web.Request) -> None:
        if subscriber.feed.is_options and subscriber.codec is not Codec.MSGPACK:
            subscriber.dismiss(StreamError.MSGPACK_ONLY)
            return
        subscriber.say([{"T": "success", "msg": "connected"}])
        if has_key_headers(request.headers):
            self._admit(subscriber, known=self._credentials.admit_headers(request.headers))
        asyncio.get_running_loop().call_later(AUTHENTICATION_SECONDS, subscriber.time_out)

    def _hear(self, subscriber: Subscriber, data: bytes | str) -> None:
        try:
            message = subscriber.codec.decode(data)
        except msgspec.DecodeError:
            message = None
        match message:
            case {"action": "auth", "key": key, "secret": secret}:
                self._authenticate(subscriber, key, secret)
            case {"action": "subscribe" | "unsubscribe" as action, **channels}:
                subscriber.change(action, channels)
                self._rewatch()
            case _:
                subscriber.say(StreamError.INVALID_SYNTAX.frame)

    def _authenticate(self, subscriber: Subscriber, key: object, secret: object) -> None:
        if subscriber.is_authenticated:
            subscriber.say(StreamError.ALREADY_AUTHENTICATED.frame)
            return
        self._admit(subscriber, known=self._credentials.admit(key, secret))

    def _admit(self, subscriber: Subscriber, *, known: bool) -> None:
        others = sum(
            other.feed is subscriber.feed and other.is_authenticated for other in self._subscribers
        )
        if not known:
            subscriber.say(StreamError.AUTH_FAILED.frame)
        elif subscriber.feed.needs_plus and self._basic:
            subscriber.dismiss(StreamError.INSUFFICIENT_SUBSCRIPTION)
        elif others >= self._limit:
            subscriber.dismiss(StreamError.CONNECTION_LIMIT)
        else:
            subscriber.is_authenticated = True
            subscriber.say([{"T": "success", "msg": "authenticated"}])

    def _messages(self, event: DataEvent) -> dict[Codec, msgspec.Raw]:
        """The event once in each codec, to be shared by all its readers."""
        return {
            codec: msgspec.Raw(codec.encode(self._message(event, codec)))
            for codec in {subscriber.codec for subscriber in self._subscribers}
        }

    def _message(self, event: DataEvent, codec: Codec) -> dict[str, Any]:
        _, symbol = _address(event)
        moment = event.quote.at if isinstance(event, QuoteMoved) else event.trade.at
        at: datetime | str = moment if codec is Codec.MSGPACK else instant(moment)
        match event:
            case QuoteMoved(AssetClass.OPTION, quote):
                fields = market.option_quote(quote, at)
            case QuoteMoved(_, quote):
                fields = market.stock_quote(quote, at, self._venue(symbol))
            case Traded(AssetClass.OPTION, trade):
                fields = market.option_trade(trade, at)
            case Traded(_, trade):
                fields = market.stock_trade(trade, at, self._venue(symbol))
        return {"T": "q" if isinstance(event, QuoteMoved) else "t", "S": symbol, **fields}

    def _rewatch(self) -> None:
        self._watch({symbol for reader in self._subscribers for symbol in reader.symbols()})

    def _cut_all(self, name: str) -> None:
        for subscriber in list(self._subscribers):
            if subscriber.feed.name == name:
                subscriber.outbox.cut()


class _Delivery:
    """One message on its way to its readers; called once for every time it is sent."""

    __slots__ = ("_messages", "_readers")

    def __init__(self, readers: list[Subscriber], messages: dict[Codec, msgspec.Raw]) -> None:
        self._readers = readers
        self._messages = messages

    def __call__(self) -> None:
        for reader in self._readers:
            reader.deliver(self._messages[reader.codec])


def _address(event: DataEvent) -> tuple[str, str]:
    if isinstance(event, QuoteMoved):
        return "quotes", event.quote.symbol
    return "trades", event.trade.symbol
