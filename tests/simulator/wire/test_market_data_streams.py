"""The option and stock streams: MessagePack, subscriptions, limits and error frames."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import aiohttp
import msgspec
import pytest
from simulator.wire.desk import KEYS, Desk, Opener, example

from alpaca_simulator.wire.credentials import Credentials
from alpaca_simulator.wire.streams import feeds, market_data, outbox
from alpaca_simulator.wire.streams.feeds import Plan

Socket = aiohttp.ClientWebSocketResponse
MSGPACK = {"Content-Type": "application/msgpack"}
AUTH = {"action": "auth", "key": "k", "secret": "s"}
CONNECTED = [{"T": "success", "msg": "connected"}]
AUTHENTICATED = [{"T": "success", "msg": "authenticated"}]


async def hear(socket: Socket) -> Any:
    """The next frame: MessagePack in binary ones, JSON in text ones."""
    frame = await socket.receive(timeout=5)
    if frame.type is aiohttp.WSMsgType.TEXT:
        return json.loads(frame.data)
    assert aiohttp.WSMsgType.BINARY is frame.type, frame
    return msgspec.msgpack.decode(frame.data)


async def tell(socket: Socket, message: object) -> Any:
    """Say something in MessagePack and hear the answer."""
    await socket.send_bytes(msgspec.msgpack.encode(message))
    return await hear(socket)


@asynccontextmanager
async def authenticated(desk: Desk, path: str = "/v1beta1/opra") -> AsyncIterator[Socket]:
    async with desk.connect(path, headers=MSGPACK) as socket:
        assert CONNECTED == await hear(socket)
        assert AUTHENTICATED == await tell(socket, AUTH)
        yield socket


def error(code: int, text: str) -> list[dict[str, object]]:
    return [{"T": "error", "code": code, "msg": text}]


async def of_kind(socket: Socket, kind: str) -> Any:
    while True:
        for message in await hear(socket):
            if kind == message["T"]:
                return message


async def test_the_documented_conversation_takes_place(desk: Desk) -> None:
    recorded = [step["frame"] for step in example("option_stream_messages")]
    symbol = (await desk.condor())[1]
    async with authenticated(desk, "/v1beta1/indicative") as socket:
        answer = await tell(socket, {"action": "subscribe", "quotes": [symbol]})
        assert [{**recorded[4][0], "quotes": [symbol]}] == answer
        await desk.control("POST", "market", {"quotes": {symbol: {"bid": "1.25", "ask": "1.45"}}})
        quote = await of_kind(socket, "q")
    assert recorded[5][0].keys() == quote.keys()
    assert (symbol, 1.25, 1.45) == (quote["S"], quote["bp"], quote["ap"])


async def test_option_times_are_messagepack_timestamps(desk: Desk) -> None:
    symbol = (await desk.condor())[1]
    async with authenticated(desk) as socket:
        await tell(socket, {"action": "subscribe", "quotes": [symbol]})
        await desk.control("POST", "market", {"quotes": {symbol: {"bid": "1.25", "ask": "1.45"}}})
        quote = await of_kind(socket, "q")
    assert isinstance(quote["t"], datetime)


async def test_a_fill_is_printed_to_who_subscribed_to_trades(desk: Desk) -> None:
    symbol = await desk.long_call()
    async with authenticated(desk) as socket:
        await tell(socket, {"action": "subscribe", "trades": ["*"]})
        await desk.ask("DELETE", f"/v2/positions/{symbol}", qty="1")
        desk.step()
        desk.step()
        trade = await of_kind(socket, "t")
    recorded = example("option_stream_messages")[6]["frame"][0]
    assert recorded.keys() == trade.keys()
    assert (symbol, 1) == (trade["S"], trade["s"])


async def test_unsubscribing_answers_with_what_is_left(desk: Desk) -> None:
    first, second, *_ = await desk.condor()
    async with authenticated(desk) as socket:
        await tell(socket, {"action": "subscribe", "quotes": [first, second]})
        answer = await tell(socket, {"action": "unsubscribe", "quotes": [first]})
    assert [{"T": "subscription", "trades": [], "quotes": [second]}] == answer


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"action": "dance"}, error(400, "invalid syntax")),
        (AUTH, error(403, "already authenticated")),
        (
            {"action": "subscribe", "quotes": ["*"]},
            error(413, "star subscription is not allowed for option quotes"),
        ),
        (
            {"action": "subscribe", "bars": ["SPY"]},
            error(410, "invalid subscribe action for this feed"),
        ),
        ({"action": "subscribe", "quotes": "SPY"}, error(400, "invalid syntax")),
    ],
)
async def test_wrong_messages_are_answered_with_their_code(
    desk: Desk, message: dict[str, object], expected: list[dict[str, object]]
) -> None:
    async with authenticated(desk) as socket:
        assert expected == await tell(socket, message)


async def test_subscribing_before_authentication_is_refused(desk: Desk) -> None:
    async with desk.connect("/v1beta1/opra", headers=MSGPACK) as socket:
        await hear(socket)
        answer = await tell(socket, {"action": "subscribe", "quotes": ["X"]})
    assert error(401, "not authenticated") == answer


async def test_wrong_keys_fail_to_authenticate(open_desk: Opener) -> None:
    desk = await open_desk(credentials=Credentials("key", "secret"))
    async with desk.connect("/v1beta1/opra", headers=MSGPACK) as socket:
        await hear(socket)
        assert error(402, "auth failed") == await tell(socket, AUTH)


async def test_headers_authenticate_at_once(desk: Desk) -> None:
    async with desk.connect("/v1beta1/opra", headers={**MSGPACK, **KEYS}) as socket:
        assert [CONNECTED, AUTHENTICATED] == [await hear(socket), await hear(socket)]


async def test_who_does_not_authenticate_in_time_is_shown_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 10 == feeds.AUTHENTICATION_SECONDS
    monkeypatch.setattr(market_data, "AUTHENTICATION_SECONDS", 0.01)
    async with desk.connect("/v1beta1/opra", headers=MSGPACK) as socket:
        await hear(socket)
        assert error(404, "auth timeout") == await hear(socket)
        assert aiohttp.WSMsgType.CLOSE is (await socket.receive(timeout=5)).type


async def test_options_are_spoken_in_messagepack_only(desk: Desk) -> None:
    async with desk.connect("/v1beta1/opra") as socket:
        answer = await hear(socket)
    assert error(412, "option messages are only available in MsgPack format") == answer


async def test_a_second_connection_to_an_endpoint_is_one_too_many(desk: Desk) -> None:
    async with authenticated(desk), desk.connect("/v1beta1/opra", headers=MSGPACK) as second:
        await hear(second)
        assert error(406, "connection limit exceeded") == await tell(second, AUTH)


async def test_another_endpoint_has_a_connection_of_its_own(desk: Desk) -> None:
    async with authenticated(desk), authenticated(desk, "/v1beta1/indicative"):
        pass


@pytest.mark.parametrize(("path", "limit"), [("/v1beta1/indicative", 200), ("/v1beta1/opra", 1000)])
async def test_one_symbol_too_many_leaves_the_subscriptions_as_they_were(
    desk: Desk, path: str, limit: int
) -> None:
    symbols = [f"SPY261218P{strike:08d}" for strike in range(limit + 1)]
    async with authenticated(desk, path) as socket:
        await tell(socket, {"action": "subscribe", "quotes": symbols[:limit]})
        refused = await tell(socket, {"action": "subscribe", "quotes": symbols})
        listed = await tell(socket, {"action": "unsubscribe", "quotes": symbols[1:]})
    assert error(405, "symbol limit exceeded") == refused
    assert symbols[:1] == listed[0]["quotes"]


async def test_the_basic_plan_has_no_opra_and_no_sip(open_desk: Opener) -> None:
    desk = await open_desk(plan=Plan.BASIC)
    for path in ("/v1beta1/opra", "/v2/sip"):
        async with desk.connect(path, headers=MSGPACK) as socket:
            await hear(socket)
            assert error(409, "insufficient subscription") == await tell(socket, AUTH)


@pytest.mark.parametrize("path", ["/v2/iex", "/v2/sip", "/v2/delayed_sip"])
async def test_stocks_are_streamed_in_json(desk: Desk, path: str) -> None:
    async with desk.connect(path) as socket:
        assert CONNECTED == await hear(socket)
        await socket.send_json(AUTH)
        assert AUTHENTICATED == await hear(socket)
        await socket.send_json({"action": "subscribe", "quotes": ["SPY"], "bars": ["SPY"]})
        [listing] = await hear(socket)
        await desk.control("POST", "market", {"spot": {"SPY": "610"}})
        quote = await of_kind(socket, "q")
    assert (["SPY"], ["SPY"]) == (listing["quotes"], listing["bars"])
    assert quote["t"].endswith("Z")
    assert abs(Decimal(str(quote["bp"])) - 610) < 1


async def test_who_reads_too_slowly_is_told_and_shown_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "FULL", 3)
    async with authenticated(desk) as socket:
        [subscriber] = desk.broker.market_data._subscribers
        for number in range(4):  # without a turn of the loop between, so nothing is sent yet
            subscriber.say([{"T": "test", "number": number}])
        assert error(407, "slow client") == await hear(socket)
        assert aiohttp.WSMsgType.CLOSE is (await socket.receive(timeout=5)).type


async def test_a_star_brings_every_stock(desk: Desk) -> None:
    async with authenticated(desk, "/v2/iex") as socket:
        await tell(socket, {"action": "subscribe", "quotes": ["*"]})
        await desk.control("POST", "market", {"spot": {"SPY": "610", "QQQ": "490"}})
        seen: set[str] = set()
        async with asyncio.timeout(5):
            while {"SPY", "QQQ"} != seen:
                seen |= {message["S"] for message in await hear(socket)}
