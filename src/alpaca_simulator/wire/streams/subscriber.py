"""One connection to a market data stream: what it may hear and what it asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from alpaca_simulator.wire.streams.codec import Codec
from alpaca_simulator.wire.streams.feeds import Feed, StreamError
from alpaca_simulator.wire.streams.outbox import Outbox

STAR = "*"


class Subscriber:
    """Subscriptions by channel, and messages gathered into one array a turn of the loop."""

    def __init__(self, outbox: Outbox, codec: Codec, feed: Feed) -> None:
        self.outbox = outbox
        self.codec = codec
        self.feed = feed
        self.is_authenticated = False
        self._channels: dict[str, dict[str, None]] = {channel: {} for channel in feed.channels}
        self._pending: list[msgspec.Raw] = []

    def wants(self, channel: str, symbol: str) -> bool:
        chosen = self._channels[channel]
        return symbol in chosen or STAR in chosen

    def symbols(self) -> set[str]:
        """Everything named in any channel, a star included."""
        return {symbol for chosen in self._channels.values() for symbol in chosen}

    def say(self, messages: list[dict[str, object]]) -> None:
        """Send control messages at once; JSON goes as text, MessagePack as binary frames."""
        self._send(self.codec.encode(messages))

    def dismiss(self, error: StreamError) -> None:
        """Tell an error and close."""
        self.say(error.frame)
        self.outbox.finish()

    def time_out(self) -> None:
        if not self.is_authenticated:
            self.dismiss(StreamError.AUTH_TIMEOUT)

    def deliver(self, message: msgspec.Raw) -> None:
        if not self._pending:
            asyncio.get_running_loop().call_soon(self._flush)
        self._pending.append(message)

    def change(self, action: str, channels: Mapping[object, object]) -> None:
        """Subscribe or unsubscribe, and answer with the full list or an error.

        After an error the subscriptions stay as they were.
        """
        wanted = {name: symbols for name, symbols in channels.items() if name != "action"}
        error = self._objection(action, wanted)
        if error is not None:
            self.say(error.frame)
            return
        for channel, symbols in wanted.items():
            assert isinstance(channel, str)
            assert isinstance(symbols, list)
            if action == "subscribe":
                self._channels[channel].update(dict.fromkeys(symbols))
            else:
                for symbol in symbols:
                    self._channels[channel].pop(symbol, None)
        self.say([self._listing()])

    def _objection(self, action: str, wanted: Mapping[object, object]) -> StreamError | None:
        if not self.is_authenticated:
            return StreamError.NOT_AUTHENTICATED
        if not wanted.keys() <= self._channels.keys():
            return StreamError.INVALID_ACTION
        for channel, symbols in wanted.items():
            if not isinstance(symbols, list) or not all(isinstance(one, str) for one in symbols):
                return StreamError.INVALID_SYNTAX
            if action == "unsubscribe":
                continue
            if self.feed.is_options and channel == "quotes" and STAR in symbols:
                return StreamError.NO_STAR_FOR_QUOTES
            assert isinstance(channel, str)
            after = self._channels[channel].keys() | set(symbols)
            if self.feed.symbol_limit is not None and len(after) > self.feed.symbol_limit:
                return StreamError.SYMBOL_LIMIT
        return None

    def _listing(self) -> dict[str, object]:
        lists = {name: list(chosen) for name, chosen in self._channels.items()}
        return {"T": "subscription", **lists}

    def _flush(self) -> None:
        batch, self._pending = self._pending, []
        self._send(self.codec.encode(batch))

    def _send(self, data: bytes) -> None:
        frame = data if self.codec is Codec.MSGPACK else data.decode()
        if not self.outbox.put(frame):
            self.outbox.clear()
            self.dismiss(StreamError.SLOW_CLIENT)
