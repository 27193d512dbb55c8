"""The trade-updates stream over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import WSMsgType, web
from support.scripted_alpaca import KEY, SECRET, HurriedClock, ScriptedAlpaca, upgraded

from closeout.alpaca import AlpacaBroker
from closeout.domain.orders import TradeUpdate
from closeout.ports import LinkDown, LinkUp, Missed, StreamItem

AUTHORISED = {"stream": "authorization", "data": {"status": "authorized", "action": "authenticate"}}
LISTENING = {"stream": "listening", "data": {"streams": ["trade_updates"]}}

Example = Callable[[str], Any]
Play = Callable[[web.WebSocketResponse], Any]


async def served(request: web.BaseRequest, *, binary: bool = True) -> web.WebSocketResponse:
    """Take a client in, as paper does: binary frames that hold JSON."""
    socket = await upgraded(request)
    assert {"action": "auth", "key": KEY, "secret": SECRET} == await socket.receive_json()
    await say(socket, AUTHORISED, binary=binary)
    assert {
        "action": "listen",
        "data": {"streams": ["trade_updates"]},
    } == await socket.receive_json()
    await say(socket, LISTENING, binary=binary)
    return socket


async def say(socket: web.WebSocketResponse, message: Any, *, binary: bool = True) -> None:
    text = message if isinstance(message, str) else json.dumps(message)
    await (socket.send_bytes(text.encode()) if binary else socket.send_str(text))


async def gone(socket: web.WebSocketResponse) -> web.WebSocketResponse:
    """Wait until the client has left."""
    while (await socket.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED):
        pass
    return socket


def serving(server: ScriptedAlpaca, *messages: Any, binary: bool = True) -> None:
    """Tell these on the first connection and nothing on later ones."""

    async def script(request: web.BaseRequest, number: int) -> web.StreamResponse:
        socket = await served(request, binary=binary)
        for message in messages if number == 0 else ():
            await say(socket, message, binary=binary)
        return await gone(socket)

    server.on_stream("/stream", script)


@asynccontextmanager
async def following(broker: AlpacaBroker) -> AsyncIterator[AsyncIterator[StreamItem]]:
    async with asyncio.timeout(5), broker.updates() as items:
        yield items


async def take(broker: AlpacaBroker, count: int) -> list[StreamItem]:
    async with following(broker) as items:
        return [await anext(items) for _ in range(count)]


@pytest.mark.parametrize("binary", [True, False])
async def test_updates_are_read_from_binary_and_from_text_frames(
    server: ScriptedAlpaca,
    broker: AlpacaBroker,
    example: Example,
    binary: bool,  # noqa: FBT001
) -> None:
    serving(server, example("trade_updates_mleg_fill"), binary=binary)

    up, update = await take(broker, 2)

    assert isinstance(up, LinkUp)
    assert up.gap is None
    assert isinstance(update, TradeUpdate)
    assert 2 == len(update.executions)


async def test_a_repeated_message_is_told_once(
    server: ScriptedAlpaca, broker: AlpacaBroker, example: Example
) -> None:
    """
    By event id, by execution id under another event id, and by what it says when it has neither.
    """
    fill = example("trade_updates_mleg_fill")
    renamed = example("trade_updates_mleg_fill")
    renamed["data"]["event_id"] = "01JJ3WE73W5PG672TC4XACXXXX"
    plain = example("trade_updates_simple_fill")
    bare = example("trade_updates_simple_fill")
    bare["data"].pop("execution_id")
    bare["data"]["event"] = "canceled"
    serving(server, fill, fill, renamed, plain, plain, bare, bare, {**bare, "data": bust(plain)})

    _, *updates = await take(broker, 5)

    assert ["fill", "fill", "canceled", "trade_bust"] == [
        update.event for update in updates if isinstance(update, TradeUpdate)
    ]


def bust(plain: Any) -> Any:
    return {**plain["data"], "event": "trade_bust"}


async def test_a_repeat_is_recognised_across_a_reconnect(
    server: ScriptedAlpaca, broker: AlpacaBroker, example: Example
) -> None:
    async def script(request: web.BaseRequest, number: int) -> web.StreamResponse:
        socket = await served(request)
        await say(socket, example("trade_updates_mleg_fill"))
        if number == 0:
            await socket.close()
            return socket
        await say(socket, example("trade_updates_simple_fill"))
        return await gone(socket)

    server.on_stream("/stream", script)

    items = await take(broker, 5)

    assert ["LinkUp", "TradeUpdate", "LinkDown", "LinkUp", "TradeUpdate"] == [
        type(item).__name__ for item in items
    ]
    assert isinstance(items[4], TradeUpdate)
    assert "SOLUSD" == items[4].executions[0].symbol


async def test_a_reconnect_says_how_long_the_stream_was_away(
    server: ScriptedAlpaca, broker: AlpacaBroker, clock: HurriedClock
) -> None:
    async def script(request: web.BaseRequest, number: int) -> web.StreamResponse:
        socket = await served(request)
        if number == 0:
            await socket.close(code=1012, message=b"restart")
            return socket
        return await gone(socket)

    server.on_stream("/stream", script)

    _, down, up = await take(broker, 3)

    assert isinstance(down, LinkDown)
    assert "1012" in down.reason
    assert isinstance(up, LinkUp)
    assert clock.sleeps[0] == up.gap


@pytest.mark.parametrize(
    "message",
    [
        "not json",
        "[]",
        '{"stream": "trade_updates"}',
        '{"stream": "trade_updates", "data": null}',
        '{"stream": "trade_updates", "data": {"event": "fill"}}',
        '{"stream": "trade_updates", "data": {"event": "new", "order": {"id": "x", "qty": "NaN"}}}',
        '{"stream": 7}',
        "",
    ],
)
async def test_a_message_that_cannot_be_read_is_survived_and_told_of(
    server: ScriptedAlpaca, broker: AlpacaBroker, example: Example, message: str
) -> None:
    """It may have been a fill."""
    serving(server, message, example("trade_updates_mleg_fill"))

    _, missed, update = await take(broker, 3)

    assert isinstance(missed, Missed)
    assert isinstance(update, TradeUpdate)


async def test_a_message_of_a_stream_that_nobody_asked_for_is_ignored(
    server: ScriptedAlpaca, broker: AlpacaBroker, example: Example
) -> None:
    other = '{"stream": "something_new", "data": []}'
    serving(server, other, example("trade_updates_mleg_fill"))

    _, update = await take(broker, 2)

    assert isinstance(update, TradeUpdate)


async def test_a_server_error_is_told_and_reconnected_after(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    error = {"action": "error", "data": {"error_message": "internal server error"}}
    serving(server, error)

    _, down, up = await take(broker, 3)

    assert isinstance(down, LinkDown)
    assert "internal server error" in down.reason
    assert isinstance(up, LinkUp)


async def test_refused_keys_are_told_and_retried_slowly(
    server: ScriptedAlpaca, broker: AlpacaBroker, clock: HurriedClock
) -> None:
    async def script(request: web.BaseRequest, number: int) -> web.StreamResponse:
        if number > 0:
            return await gone(await served(request))
        socket = await upgraded(request)
        await socket.receive_json()
        refusal = {"status": "unauthorized", "action": "authenticate"}
        await say(socket, {"stream": "authorization", "data": refusal})
        return await gone(socket)

    server.on_stream("/stream", script)

    down, _ = await take(broker, 2)

    assert isinstance(down, LinkDown)
    assert "did not accept the API keys" in down.reason
    assert [timedelta(seconds=60)] == clock.sleeps


async def test_a_stream_that_is_not_granted_is_not_up(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    async def script(request: web.BaseRequest, number: int) -> web.StreamResponse:
        if number > 0:
            return await gone(await served(request))
        socket = await upgraded(request)
        await socket.receive_json()
        await say(socket, AUTHORISED)
        await socket.receive_json()
        await say(socket, {"stream": "listening", "data": {"streams": []}})
        return await gone(socket)

    server.on_stream("/stream", script)

    down, up = await take(broker, 2)

    assert isinstance(down, LinkDown)
    assert "did not grant" in down.reason
    assert isinstance(up, LinkUp)


@pytest.mark.parametrize(("headers", "seconds"), [({"Retry-After": "17"}, 17), ({}, 5)])
async def test_a_429_at_the_handshake_is_waited_out(
    server: ScriptedAlpaca,
    broker: AlpacaBroker,
    clock: HurriedClock,
    headers: dict[str, str],
    seconds: int,
) -> None:
    async def script(request: web.BaseRequest, number: int) -> web.StreamResponse:
        if number == 0:
            return web.Response(status=429, headers=headers)
        return await gone(await served(request))

    server.on_stream("/stream", script)

    down, up = await take(broker, 2)

    assert isinstance(down, LinkDown)
    assert "HTTP 429" in down.reason
    assert isinstance(up, LinkUp)
    assert [timedelta(seconds=seconds)] == clock.sleeps


async def test_a_dead_socket_is_noticed_by_its_missing_pong(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    """
    Nothing is closed and nothing is said: only the ping finds out.
    """

    async def script(request: web.BaseRequest, number: int) -> web.StreamResponse:
        if number > 0:
            return await gone(await served(request))
        socket = await upgraded(request, autoping=False)
        await socket.receive_json()
        await say(socket, AUTHORISED)
        await socket.receive_json()
        await say(socket, LISTENING)
        while (await socket.receive()).type is WSMsgType.PING:
            pass
        return socket

    server.on_stream("/stream", script)

    _, down, _ = await take(broker, 3)

    assert isinstance(down, LinkDown)
    assert "PONG" in down.reason


async def test_a_server_that_never_answers_the_handshake_is_left(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    async def script(request: web.BaseRequest, number: int) -> web.StreamResponse:
        if number > 0:
            return await gone(await served(request))
        return await gone(await upgraded(request))

    server.on_stream("/stream", script)

    down, _ = await take(broker, 2)

    assert isinstance(down, LinkDown)
    assert "in time" in down.reason


async def test_without_a_server_the_stream_goes_on_trying(
    server: ScriptedAlpaca, broker: AlpacaBroker, clock: HurriedClock
) -> None:
    async with following(broker) as items:
        down = await anext(items)
        assert isinstance(down, LinkDown)
        serving(server)
        assert isinstance(await anext(items), LinkUp)

    assert clock.sleeps


async def test_waiting_for_an_item_can_be_given_up_without_losing_it(
    server: ScriptedAlpaca, broker: AlpacaBroker, example: Example
) -> None:
    release = asyncio.Event()

    async def script(request: web.BaseRequest, number: int) -> web.StreamResponse:
        socket = await served(request)
        await release.wait()
        await say(socket, example("trade_updates_mleg_fill"))
        return await gone(socket)

    server.on_stream("/stream", script)
    async with following(broker) as items:
        await anext(items)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(items), 0.02)
        release.set()

        assert isinstance(await anext(items), TradeUpdate)


async def test_leaving_the_context_closes_the_socket(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    left = asyncio.Event()

    async def script(request: web.BaseRequest, number: int) -> web.StreamResponse:
        socket = await gone(await served(request))
        left.set()
        return socket

    server.on_stream("/stream", script)

    await take(broker, 1)

    async with asyncio.timeout(2):
        await left.wait()
