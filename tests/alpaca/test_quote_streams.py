"""The two quote streams over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from aiohttp import WSMsgType, web
from support.scripted_alpaca import (
    KEY,
    SECRET,
    HurriedClock,
    ScriptedAlpaca,
    until,
    upgraded,
)

from closeout.alpaca import AlpacaQuotes
from closeout.domain.quotes import Quote
from closeout.ports import LinkDown, LinkUp

OPTIONS, STOCKS = "/v1beta1/indicative", "/v2/iex"
AT = datetime(2026, 11, 23, 15, tzinfo=UTC)
Answer = Callable[[dict[str, Any], set[str]], dict[str, Any] | None]


def a_quote(symbol: str, bid: float = 1.1) -> dict[str, Any]:
    return {"T": "q", "S": symbol, "t": AT, "bp": bid, "ap": 1.2, "bs": 1, "as": 2}


class Desk:
    """What one client was told, and what it asked for."""

    def __init__(self) -> None:
        self.quotes: list[Quote] = []
        self.batches = 0
        self.changes: list[tuple[str, LinkUp | LinkDown]] = []
        self.asked: list[dict[str, Any]] = []

    def on_quotes(self, quotes: Sequence[Quote]) -> None:
        self.quotes.extend(quotes)
        self.batches += 1

    def on_link(self, name: str, change: LinkUp | LinkDown) -> None:
        self.changes.append((name, change))

    def downs(self, name: str = "options") -> list[str]:
        return [c.reason for n, c in self.changes if n == name and isinstance(c, LinkDown)]

    def ups(self, name: str = "options") -> list[LinkUp]:
        return [c for n, c in self.changes if n == name and isinstance(c, LinkUp)]

    def asked_for(self, action: str) -> list[list[str]]:
        return [message["quotes"] for message in self.asked if message["action"] == action]


class MarketData:
    """A stream that takes clients in and answers what they ask for."""

    def __init__(self, server: ScriptedAlpaca, desk: Desk, path: str = OPTIONS) -> None:
        self.desk = desk
        self.socket: web.WebSocketResponse | None = None
        self.connections = 0
        self.on_auth: list[dict[str, Any]] = []
        """Answers to authentication, one per connection, before they succeed."""
        self.answer: Answer = lambda _, served: {"T": "subscription", "quotes": sorted(served)}
        server.on_stream(path, self.play)

    async def play(self, request: web.BaseRequest, number: int) -> web.StreamResponse:
        socket = await upgraded(request)
        self.connections += 1
        assert "application/msgpack" == request.headers["Content-Type"]
        await self.say(socket, {"T": "success", "msg": "connected"})
        auth = msgspec.msgpack.decode(await socket.receive_bytes())
        assert {"action": "auth", "key": KEY, "secret": SECRET} == auth
        if self.on_auth:
            await self.say(socket, self.on_auth.pop(0))
        else:
            await self.say(socket, {"T": "success", "msg": "authenticated"})
            self.socket = socket
        await self.listen(socket)
        return socket

    async def listen(self, socket: web.WebSocketResponse) -> None:
        served: set[str] = set()
        async for message in socket:
            if message.type is not WSMsgType.BINARY:
                continue
            asked = msgspec.msgpack.decode(message.data)
            self.desk.asked.append(asked)
            symbols = set(asked["quotes"])
            after = served | symbols if asked["action"] == "subscribe" else served - symbols
            answer = self.answer(asked, after)
            if answer is not None:
                served = set(answer["quotes"]) if answer["T"] == "subscription" else served
                await self.say(socket, answer)

    async def say(self, socket: web.WebSocketResponse, *messages: dict[str, Any]) -> None:
        await socket.send_bytes(msgspec.msgpack.encode(list(messages)))

    async def tell(self, *messages: dict[str, Any]) -> None:
        assert self.socket is not None
        await self.say(self.socket, *messages)

    async def cut(self) -> None:
        assert self.socket is not None
        await self.socket.close()


@asynccontextmanager
async def running(quotes: AlpacaQuotes, desk: Desk) -> AsyncIterator[None]:
    task = asyncio.ensure_future(quotes.run(desk.on_quotes, desk.on_link))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_quotes_of_watched_symbols_reach_the_sink_a_frame_at_a_time(
    server: ScriptedAlpaca, quotes: AlpacaQuotes, desk: Desk
) -> None:
    options, stocks = MarketData(server, desk), MarketData(server, desk, STOCKS)
    quotes.watch(frozenset({"A", "B"}), frozenset({"SPY"}))

    async with running(quotes, desk):
        await until(lambda: bool(desk.ups() and desk.ups("stocks")))
        await options.tell(a_quote("A", 9.46), a_quote("B", 0))
        await stocks.tell(a_quote("SPY", 612.34))
        await until(lambda: 3 == len(desk.quotes))

    bids = {quote.symbol: quote.bid for quote in desk.quotes}
    assert {"A": Decimal("9.46"), "B": Decimal(0), "SPY": Decimal("612.34")} == bids
    assert 2 == desk.batches
    assert [["A", "B"], ["SPY"]] == sorted(desk.asked_for("subscribe"))


async def test_a_stock_stream_that_answers_in_json_is_understood(
    server: ScriptedAlpaca, quotes: AlpacaQuotes, desk: Desk
) -> None:
    async def script(request: web.BaseRequest, number: int) -> web.StreamResponse:
        socket = await upgraded(request)
        await socket.send_str('[{"T":"success","msg":"connected"}]')
        await socket.receive()
        await socket.send_str('[{"T":"success","msg":"authenticated"}]')
        quote = a_quote("SPY") | {"t": "2026-11-23T15:00:00Z"}
        await socket.send_str(json.dumps([quote]))
        await socket.receive()
        return socket

    server.on_stream(STOCKS, script)

    async with running(quotes, desk):
        await until(lambda: bool(desk.quotes))

    assert Decimal("1.1") == desk.quotes[0].bid


async def test_watching_something_else_asks_only_for_the_difference(
    server: ScriptedAlpaca, quotes: AlpacaQuotes, desk: Desk
) -> None:
    MarketData(server, desk)
    quotes.watch(frozenset({"A", "B"}), frozenset())

    async with running(quotes, desk):
        await until(lambda: bool(desk.ups()))
        quotes.watch(frozenset({"B", "C"}), frozenset())
        await until(lambda: 3 == len(desk.asked))

    assert [["A", "B"], ["C"]] == desk.asked_for("subscribe")
    assert [["A"]] == desk.asked_for("unsubscribe")


async def test_a_message_from_before_a_request_is_no_answer_to_it(
    server: ScriptedAlpaca, quotes: AlpacaQuotes, desk: Desk
) -> None:
    options = MarketData(server, desk)
    quotes.watch(frozenset({"A"}), frozenset())

    async with running(quotes, desk):
        await until(lambda: bool(desk.ups()))
        await options.tell({"T": "error", "code": 400, "msg": "late"}, a_quote("A"))
        await until(lambda: bool(desk.quotes))
        quotes.watch(frozenset({"A", "B"}), frozenset())
        await until(lambda: 2 == len(desk.asked))
        await options.tell(a_quote("B"))
        await until(lambda: 2 == len(desk.quotes))

    assert frozenset() == quotes.unserved


async def test_a_reconnect_subscribes_anew_to_what_is_watched_by_then(
    server: ScriptedAlpaca, quotes: AlpacaQuotes, desk: Desk, clock: HurriedClock
) -> None:
    options = MarketData(server, desk)
    quotes.watch(frozenset({"A"}), frozenset())

    async with running(quotes, desk):
        await until(lambda: bool(desk.ups()))
        quotes.watch(frozenset({"A", "B"}), frozenset())
        await until(lambda: 2 == len(desk.asked))
        await options.cut()
        await until(lambda: 2 == len(desk.ups()))

    assert [["A"], ["B"], ["A", "B"]] == desk.asked_for("subscribe")
    assert desk.ups()[0].gap is None
    assert (desk.ups()[1].gap or timedelta(0)) > timedelta(0)


@pytest.mark.parametrize(
    "case",
    [
        (402, "auth failed", "did not accept the API keys", 60),
        (404, "auth timeout", "too long", 0),
        (406, "connection limit exceeded", "connection limit", 5),
        (409, "insufficient subscription", "does not include this feed", 60),
        (500, "internal error", "internal error", 0),
        (499, "something new", "something new", 0),
    ],
)
async def test_an_error_at_authentication_is_told_and_waited_out(
    server: ScriptedAlpaca,
    quotes: AlpacaQuotes,
    desk: Desk,
    clock: HurriedClock,
    case: tuple[int, str, str, int],
) -> None:
    code, message, word, least = case
    MarketData(server, desk, STOCKS)
    options = MarketData(server, desk)
    options.on_auth.append({"T": "error", "code": code, "msg": message})

    async with running(quotes, desk):
        await until(lambda: bool(desk.ups()))

    (reason,) = desk.downs()
    assert word in reason
    assert str(code) in reason
    assert max(timedelta(seconds=least), timedelta(milliseconds=250)) == clock.sleeps[0]


async def test_an_insufficient_subscription_found_later_says_so(
    server: ScriptedAlpaca, quotes: AlpacaQuotes, desk: Desk
) -> None:
    options = MarketData(server, desk)
    options.answer = lambda *_: {"T": "error", "code": 409, "msg": "insufficient subscription"}
    quotes.watch(frozenset({"A"}), frozenset())

    async with running(quotes, desk):
        await until(lambda: bool(desk.downs()))

    assert "does not include this feed" in desk.downs()[0]


async def test_beyond_the_symbol_limit_the_old_ones_stay_and_the_room_is_used(
    server: ScriptedAlpaca, quotes: AlpacaQuotes, desk: Desk
) -> None:
    options = MarketData(server, desk)

    def at_most_five(_: dict[str, Any], after: set[str]) -> dict[str, Any]:
        if len(after) > 5:
            return {"T": "error", "code": 405, "msg": "symbol limit exceeded"}
        return {"T": "subscription", "quotes": sorted(after)}

    options.answer = at_most_five
    quotes.watch(frozenset("ABC"), frozenset())

    async with running(quotes, desk):
        await until(lambda: bool(desk.ups()))
        quotes.watch(frozenset("ABCDEFGH"), frozenset())
        await until(lambda: 3 == len(quotes.unserved))
        await options.tell(a_quote("A"))
        await until(lambda: bool(desk.quotes))

    assert frozenset("FGH") == quotes.unserved
    assert [] == desk.asked_for("unsubscribe")
    assert [] == desk.downs()
    assert 1 == options.connections


async def test_a_request_alpaca_finds_wrong_is_not_repeated(
    server: ScriptedAlpaca, quotes: AlpacaQuotes, desk: Desk
) -> None:
    options = MarketData(server, desk)
    options.answer = lambda *_: {"T": "error", "code": 400, "msg": "invalid syntax"}
    quotes.watch(frozenset({"A"}), frozenset())

    async with running(quotes, desk):
        await until(lambda: bool(desk.ups()))

    assert 1 == len(desk.asked)
    assert frozenset("A") == quotes.unserved


async def test_a_subscription_without_an_answer_ends_the_connection(
    server: ScriptedAlpaca, quotes: AlpacaQuotes, desk: Desk
) -> None:
    options = MarketData(server, desk)
    options.answer = lambda *_: None
    quotes.watch(frozenset({"A"}), frozenset())

    async with running(quotes, desk):
        await until(lambda: bool(desk.downs()))

    assert "no answer to subscribe" in desk.downs()[0]
    assert [] == desk.ups()


async def test_a_frame_that_cannot_be_read_is_survived(
    server: ScriptedAlpaca, quotes: AlpacaQuotes, desk: Desk
) -> None:
    options = MarketData(server, desk)

    async with running(quotes, desk):
        await until(lambda: bool(desk.ups()))
        assert options.socket is not None
        await options.socket.send_bytes(b"\xc1\xc1")
        await options.socket.send_str("hello")
        await options.tell(a_quote("A"))
        await until(lambda: bool(desk.quotes))

    assert [] == desk.downs()


async def test_garbage_instead_of_a_greeting_is_retried(
    server: ScriptedAlpaca, quotes: AlpacaQuotes, desk: Desk
) -> None:
    async def script(request: web.BaseRequest, number: int) -> web.StreamResponse:
        socket = await upgraded(request)
        await socket.send_str("<html>")
        await socket.receive()
        return socket

    server.on_stream(OPTIONS, script)

    async with running(quotes, desk):
        await until(lambda: bool(desk.downs()))


async def test_one_stream_being_away_does_not_touch_the_other(
    server: ScriptedAlpaca, quotes: AlpacaQuotes, desk: Desk
) -> None:
    options, stocks = MarketData(server, desk), MarketData(server, desk, STOCKS)

    async with running(quotes, desk):
        await until(lambda: bool(desk.ups() and desk.ups("stocks")))
        await stocks.cut()
        await until(lambda: bool(desk.downs("stocks")))
        await options.tell(a_quote("A"))
        await until(lambda: bool(desk.quotes))

    assert [] == desk.downs()
