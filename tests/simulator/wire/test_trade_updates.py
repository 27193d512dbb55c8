"""The trade updates stream, and the published messages reproduced field by field."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec
import pytest
from simulator.wire.desk import Desk, Opener, closing, example, selling

from alpaca_simulator.wire.credentials import Credentials

Socket = aiohttp.ClientWebSocketResponse
DOCS_SHAPE = {"action": "auth", "key": "k", "secret": "s"}
SDK_SHAPE = {"action": "authenticate", "data": {"key_id": "k", "secret_key": "s"}}
CONTRACT = re.compile(r"[A-Z]{1,6}\d{6}[CP]\d{8}")
LISTEN = {"action": "listen", "data": {"streams": ["trade_updates"]}}


async def hear(socket: Socket) -> Any:
    """The next frame, which must be a binary one holding JSON."""
    frame = await socket.receive(timeout=5)
    assert aiohttp.WSMsgType.BINARY is frame.type, frame
    return json.loads(frame.data)


@asynccontextmanager
async def listening(desk: Desk) -> AsyncIterator[Socket]:
    async with desk.connect("/stream") as socket:
        for message in (SDK_SHAPE, LISTEN):
            await socket.send_json(message)
            await hear(socket)
        yield socket


async def until(socket: Socket, event: str) -> Any:
    """The next message of that event, and none of what comes before it."""
    while (message := await hear(socket))["data"]["event"] != event:
        pass
    return message


def _key(key: str) -> str:
    """Maps by contract have the same shape whatever the contracts."""
    return "contract" if CONTRACT.fullmatch(key) else key


def shape(value: Any) -> Any:
    """Keys and kinds of values, with times, ids and numbers told apart from other text."""
    match value:
        case dict():
            return {_key(key): shape(each) for key, each in value.items()}
        case list():
            return [shape(each) for each in value]
        case str() if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value):
            return "uuid"
        case str() if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value):
            return "time"
        case str() if re.fullmatch(r"-?\d+(\.\d+)?", value):
            return "number"
        case str() if re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", value):
            return "ulid"
        case str() if CONTRACT.fullmatch(value):
            return "contract"
        case str():
            return "text" if value else ""
        case _:
            return type(value).__name__


@pytest.mark.parametrize("message", [DOCS_SHAPE, SDK_SHAPE])
async def test_both_ways_to_authenticate_are_answered_alike(
    desk: Desk, message: dict[str, object]
) -> None:
    recorded = [step["msg"] for step in example("trading_stream_handshake") if step["dir"] == "<"]
    async with desk.connect("/stream") as socket:
        await socket.send_json(message)
        assert recorded[0] == await hear(socket)
        await socket.send_json(LISTEN)
        assert recorded[3] == await hear(socket)


async def test_bad_keys_and_listening_too_early_are_unauthorized(open_desk: Opener) -> None:
    desk = await open_desk(credentials=Credentials("key", "secret"))
    recorded = {step.get("on"): step["msg"] for step in example("trading_stream_handshake")}
    async with desk.connect("/stream") as socket:
        await socket.send_json(LISTEN)
        assert recorded["listen before auth"] == await hear(socket)
        await socket.send_json(SDK_SHAPE)
        assert recorded["bad keys"] == await hear(socket)


async def test_a_stream_not_known_is_missing_from_the_answer(desk: Desk) -> None:
    async with desk.connect("/stream") as socket:
        await socket.send_json(SDK_SHAPE)
        await hear(socket)
        await socket.send_json({"action": "listen", "data": {"streams": ["account_updates"]}})
        assert {"stream": "listening", "data": {"streams": []}} == await hear(socket)


async def test_a_message_that_means_nothing_is_answered_with_an_error(desk: Desk) -> None:
    async with desk.connect("/stream") as socket:
        await socket.send_str("{")
        assert "error" == (await hear(socket))["action"]


async def test_messagepack_is_spoken_to_who_asks_for_it(desk: Desk) -> None:
    headers = {"Content-Type": "application/msgpack"}
    async with desk.connect("/stream", headers=headers) as socket:
        await socket.send_bytes(msgspec.msgpack.encode(SDK_SHAPE))
        answer = msgspec.msgpack.decode((await socket.receive(timeout=5)).data)
    assert "authorized" == answer["data"]["status"]


async def test_a_package_fill_is_one_event_shaped_as_published(desk: Desk) -> None:
    condor = await desk.condor()
    two_legs = [
        {"symbol": condor[0], "side": "sell", "ratio_qty": "1", "position_intent": "sell_to_close"},
        {"symbol": condor[1], "side": "buy", "ratio_qty": "1", "position_intent": "buy_to_close"},
    ]
    body = closing(condor, type="limit", limit_price="90")
    async with listening(desk) as socket:
        await desk.ask("POST", "/v2/orders", {**body, "legs": two_legs})
        desk.step()
        desk.step()
        message = await until(socket, "fill")
    assert shape(example("trade_updates_mleg_fill")) == shape(message)
    data = message["data"]
    assert {condor[0]: "0", condor[1]: "0"} == data["position_qtys"]
    assert ("buy", "00000000-0000-0000-0000-000000000000") == (
        data["order"]["side"],
        data["order"]["asset_id"],
    )


async def test_a_simple_fill_has_the_published_fields(desk: Desk) -> None:
    async with listening(desk) as socket:
        await desk.ask("DELETE", f"/v2/positions/{await desk.long_call()}", qty="1")
        desk.step()
        desk.step()
        message = await until(socket, "fill")
    published = example("trade_updates_simple_fill")["data"]
    data = message["data"]
    assert published.keys() | {"at", "event_id"} == data.keys()
    assert published["order"].keys() == data["order"].keys()
    assert "2" == data["position_qty"]


async def test_an_event_that_trades_nothing_tells_no_price(desk: Desk) -> None:
    async with listening(desk) as socket:
        await desk.ask("POST", "/v2/orders", selling(await desk.long_call()))
        desk.step()
        message = await until(socket, "new")
    assert {"at", "event_id", "event", "timestamp", "order"} == message["data"].keys()


async def test_a_part_of_the_units_is_a_partial_fill(desk: Desk) -> None:
    await desk.control("POST", "fills", {"mode": "hold"})
    order = await desk.ask("POST", "/v2/orders", closing(await desk.condor()))
    async with listening(desk) as socket:
        await desk.control("POST", "fill", {"order_id": order["id"], "units": 3})
        partial = await until(socket, "partial_fill")
        await desk.control("POST", "fill", {"order_id": order["id"], "units": 1})
        rest = await until(socket, "fill")
    assert ("3", "3", "partially_filled") == (
        partial["data"]["qty"],
        partial["data"]["order"]["filled_qty"],
        partial["data"]["order"]["status"],
    )
    assert ("1", "4") == (rest["data"]["qty"], rest["data"]["order"]["filled_qty"])
    assert ["3"] * 4 == [leg["qty"] for leg in partial["data"]["legs"]]


async def test_every_listener_hears_every_event(desk: Desk) -> None:
    async with listening(desk) as first, listening(desk) as second:
        await desk.ask("POST", "/v2/orders", selling(await desk.long_call()))
        desk.step()
        assert await until(first, "new") == await until(second, "new")


async def test_who_only_authenticated_hears_nothing(desk: Desk) -> None:
    async with desk.connect("/stream") as quiet, listening(desk) as socket:
        await quiet.send_json(SDK_SHAPE)
        await hear(quiet)
        await desk.ask("POST", "/v2/orders", selling(await desk.long_call()))
        desk.step()
        await until(socket, "new")
        await quiet.send_json(LISTEN)
        assert "listening" == (await hear(quiet))["stream"]


async def test_a_second_connection_can_be_refused_while_the_first_lives(
    open_desk: Opener,
) -> None:
    desk = await open_desk(single_trade_stream=True)
    async with listening(desk):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await desk.session.ws_connect(desk.url.replace("http", "ws") + "/stream")
        assert 429 == refused.value.status
    async with asyncio.timeout(5):
        while (await desk.control("GET", "streams"))["trade_updates"]:
            pass
    async with listening(desk):
        pass
