"""Every kind of fault, seen from outside, and the truth about it in the log."""

import asyncio
import json
import time
from typing import Any

import aiohttp
import pytest
from simulator.wire.desk import Desk, Opener, Reply, closing, selling

from alpaca_simulator.wire.credentials import Credentials
from alpaca_simulator.wire.faults import Fault, FaultKind

POST = "POST /v2/orders"
EXAMINED = {
    "latency",
    "latency_after",
    "rate_limited",
    "server_error",
    "server_error_after",
    "gateway_timeout_before",
    "gateway_timeout_after",
    "cut_before",
    "cut_after",
    "bad_gateway_before",
    "bad_gateway_after",
    "truncated_json",
    "refuse",
    "reject_after_patch",
    "never_fill",
    "fill_up_to",
    "drop_event",
    "repeat_event",
    "delay_event",
    "reorder_event",
    "disconnect",
    "refuse_connect",
}


def test_no_kind_of_fault_is_left_unexamined() -> None:
    assert EXAMINED == {str(kind) for kind in FaultKind}


async def post(desk: Desk, **fields: object) -> Reply:
    body = {**selling(await desk.long_call(), client_order_id="mine"), **fields}
    return await desk.send("POST", "/v2/orders", body)


async def is_known(desk: Desk) -> bool:
    """Whether the broker has the order, whatever its client was told."""
    reply = await desk.send("GET", "/v2/orders:by_client_order_id", client_order_id="mine")
    return reply.status == 200


async def last(desk: Desk) -> Any:
    received = await desk.control("GET", "received")
    return next(it for it in reversed(received) if it["method"] == "POST")


@pytest.mark.parametrize(
    ("kind", "status", "taken"),
    [
        ("rate_limited", 429, False),
        ("server_error", 500, False),
        ("server_error_after", 500, True),
        ("gateway_timeout_before", 504, False),
        ("gateway_timeout_after", 504, True),
        ("bad_gateway_before", 502, False),
        ("bad_gateway_after", 502, True),
        ("refuse", 403, False),
    ],
)
async def test_a_failure_says_nothing_about_whether_the_order_was_taken(
    open_desk: Opener, kind: str, status: int, *, taken: bool
) -> None:
    desk = await open_desk(Fault(FaultKind(kind), on=POST))
    reply = await post(desk)
    entry = await last(desk)
    assert (status, taken) == (reply.status, await is_known(desk))
    assert (status, "answered", taken, [kind]) == (
        entry["status"],
        entry["outcome"],
        entry["carried_out"],
        entry["faults"],
    )
    assert (200 if taken else None) == entry["true_status"]


@pytest.mark.parametrize(("kind", "taken"), [("cut_before", False), ("cut_after", True)])
async def test_a_cut_connection_is_reset_without_an_answer(
    open_desk: Opener, kind: str, *, taken: bool
) -> None:
    desk = await open_desk(Fault(FaultKind(kind), on=POST))
    with pytest.raises(aiohttp.ClientConnectionError):
        await post(desk)
    entry = await last(desk)
    assert taken is await is_known(desk)
    assert (None, "cut", taken) == (entry["status"], entry["outcome"], entry["carried_out"])


async def test_a_bad_gateway_answers_in_html(open_desk: Opener) -> None:
    desk = await open_desk(Fault(FaultKind.BAD_GATEWAY_BEFORE, on=POST))
    reply = await post(desk)
    assert reply.headers["Content-Type"].startswith("text/html")
    assert reply.raw.startswith(b"<html>")


async def test_truncated_json_cannot_be_read_though_the_order_is_there(open_desk: Opener) -> None:
    desk = await open_desk(Fault(FaultKind.TRUNCATED_JSON, on=POST))
    reply = await post(desk)
    assert 200 == reply.status
    with pytest.raises(json.JSONDecodeError):
        _ = reply.json
    assert await is_known(desk)


async def test_a_refusal_has_the_body_it_was_given(open_desk: Opener) -> None:
    body = {"code": 40310000, "message": "submit mleg order is disabled"}
    desk = await open_desk(Fault(FaultKind.REFUSE, on=POST, status=403, body=dict(body)))
    reply = await post(desk)
    assert (403, body) == (reply.status, reply.json)


async def test_a_rate_limited_answer_says_when_to_come_again(open_desk: Opener) -> None:
    desk = await open_desk(Fault(FaultKind.RATE_LIMITED, on=POST, retry_after=7))
    before = int(time.time())
    reply = await post(desk)
    assert ("7", "0") == (reply.headers["Retry-After"], reply.headers["X-RateLimit-Remaining"])
    assert 7 <= int(reply.headers["X-RateLimit-Reset"]) - before <= 9


@pytest.mark.parametrize("kind", ["latency", "latency_after"])
async def test_a_slow_answer_comes_late(open_desk: Opener, kind: str) -> None:
    desk = await open_desk(Fault(FaultKind(kind), on=POST, ms=(150, 160)))
    began = time.monotonic()
    reply = await post(desk)
    assert 200 == reply.status
    assert 0.15 <= time.monotonic() - began < 5


async def test_an_order_may_be_in_before_its_slow_answer(open_desk: Opener) -> None:
    desk = await open_desk(Fault(FaultKind.LATENCY_AFTER, on=POST, ms=60_000))
    waiting = asyncio.create_task(post(desk))
    async with asyncio.timeout(5):
        while not await is_known(desk):
            pass
    assert "pending" == (await last(desk))["outcome"]
    waiting.cancel()


async def test_a_replacement_can_be_rejected_after_its_patch_was_answered(
    open_desk: Opener,
) -> None:
    desk = await open_desk(Fault(FaultKind.REJECT_AFTER_PATCH, on="PATCH *"))
    placed = (await post(desk)).json
    desk.step()
    answered = await desk.ask("PATCH", f"/v2/orders/{placed['id']}", {"limit_price": "800"})
    desk.step()
    new = await desk.get(f"/v2/orders/{answered['id']}")
    old = await desk.get(f"/v2/orders/{placed['id']}")
    assert ("rejected", "new") == (new["status"], old["status"])


async def test_an_order_can_be_kept_from_filling(open_desk: Opener) -> None:
    desk = await open_desk(Fault(FaultKind.NEVER_FILL, client_order_id="mine"))
    placed = (await post(desk, type="market", limit_price=None)).json
    desk.step(60)
    assert "new" == (await desk.get(f"/v2/orders/{placed['id']}"))["status"]


async def test_an_order_can_be_kept_at_a_partial_fill(open_desk: Opener) -> None:
    desk = await open_desk(Fault(FaultKind.FILL_UP_TO, units=3, on=POST))
    placed = await desk.ask("POST", "/v2/orders", closing(await desk.condor()))
    desk.step(60)
    order = await desk.get(f"/v2/orders/{placed['id']}", nested="true")
    assert ("partially_filled", "3") == (order["status"], order["filled_qty"])
    assert ["3"] * 4 == [leg["filled_qty"] for leg in order["legs"]]


async def test_a_fault_of_orders_is_not_spent_on_a_question(open_desk: Opener) -> None:
    desk = await open_desk(Fault(FaultKind.NEVER_FILL, client_order_id="mine"))
    assert not await is_known(desk)
    placed = (await post(desk, type="market", limit_price=None)).json
    desk.step(60)
    assert "new" == (await desk.get(f"/v2/orders/{placed['id']}"))["status"]


async def test_a_request_for_an_order_by_its_id_is_about_its_client_order_id(
    open_desk: Opener,
) -> None:
    desk = await open_desk(
        Fault(FaultKind.SERVER_ERROR, on="DELETE /v2/orders/*", client_order_id="mine")
    )
    placed = (await post(desk)).json
    other = await desk.ask("POST", "/v2/orders", selling(await desk.long_call()))
    desk.step()
    statuses = [
        (await desk.send("DELETE", f"/v2/orders/{order['id']}")).status
        for order in (other, placed, placed)
    ]
    assert [204, 500, 204] == statuses


async def test_a_client_that_did_not_wait_is_told_apart(open_desk: Opener) -> None:
    desk = await open_desk(Fault(FaultKind.LATENCY_AFTER, on=POST, ms=300))
    impatient = asyncio.create_task(post(desk))
    async with asyncio.timeout(5):
        while not await is_known(desk):
            pass
        impatient.cancel()
        while (entry := await last(desk))["outcome"] == "pending":
            pass
    assert ("abandoned", None, True) == (entry["outcome"], entry["status"], entry["carried_out"])


async def listen(desk: Desk) -> aiohttp.ClientWebSocketResponse:
    socket = await desk.session.ws_connect(desk.url.replace("http", "ws") + "/stream")
    await socket.send_json({"action": "auth", "key": "k", "secret": "s"})
    await socket.receive()
    await socket.send_json({"action": "listen", "data": {"streams": ["trade_updates"]}})
    await socket.receive()
    return socket


async def events(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[str]:
    return [
        json.loads((await socket.receive(timeout=5)).data)["data"]["event"] for _ in range(count)
    ]


async def close_one(desk: Desk) -> None:
    """An order that brings pending_new, new and fill."""
    await desk.ask("DELETE", f"/v2/positions/{await desk.long_call()}", qty="1")
    desk.step()
    desk.step()


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        (Fault(FaultKind.DROP_EVENT, event="new"), ["pending_new", "fill"]),
        (
            Fault(FaultKind.REPEAT_EVENT, event="fill", copies=2),
            ["pending_new", "new", "fill", "fill", "fill"],
        ),
        (Fault(FaultKind.DELAY_EVENT, event="new", ms=100), ["pending_new", "fill", "new"]),
        (Fault(FaultKind.REORDER_EVENT, event="new", ms=60_000), ["pending_new", "fill", "new"]),
        (Fault(FaultKind.REORDER_EVENT, event="fill", ms=50), ["pending_new", "new", "fill"]),
    ],
)
async def test_events_are_dropped_repeated_late_and_out_of_order(
    open_desk: Opener, fault: Fault, heard: list[str]
) -> None:
    desk = await open_desk(fault)
    socket = await listen(desk)
    await close_one(desk)
    assert heard == await events(socket, len(heard))
    await socket.close()


async def test_a_disconnect_loses_the_event_and_keeps_clients_out_for_a_while(
    open_desk: Opener,
) -> None:
    fault = Fault(FaultKind.DISCONNECT, on="stream trade_updates", event="fill", refuse_ms=300)
    desk = await open_desk(fault)
    socket = await listen(desk)
    await close_one(desk)
    heard = [await socket.receive(timeout=5) for _ in range(3)]
    assert aiohttp.WSMsgType.BINARY is heard[1].type
    assert aiohttp.WSMsgType.BINARY is not heard[2].type
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await listen(desk)
    assert 429 == refused.value.status
    async with asyncio.timeout(5):
        while True:
            try:
                socket = await listen(desk)
            except aiohttp.WSServerHandshakeError:
                continue
            break
    await socket.close()


async def test_a_handshake_can_be_refused(open_desk: Opener) -> None:
    desk = await open_desk(Fault(FaultKind.REFUSE_CONNECT, on="stream trade_updates", status=503))
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await listen(desk)
    assert 503 == refused.value.status
    await (await listen(desk)).close()


async def test_controls_can_cut_a_stream_at_once(desk: Desk) -> None:
    socket = await listen(desk)
    await desk.control("POST", "streams/trade_updates/disconnect", {"refuse_ms": 0})
    assert aiohttp.WSMsgType.BINARY is not (await socket.receive(timeout=5)).type
    await (await listen(desk)).close()


async def test_faults_can_be_added_counted_and_cleared(desk: Desk) -> None:
    [listed] = await desk.control("POST", "faults", [{"kind": "server_error", "on": POST}])
    assert {"kind": "server_error", "on": POST} == listed["fault"]
    assert [500, 200] == [(await post(desk)).status for _ in range(2)]
    [counted] = await desk.control("GET", "faults")
    assert (2, 1) == (counted["matched"], counted["struck"])
    assert [] == await desk.control("DELETE", "faults")


async def test_a_fault_that_makes_no_sense_is_refused(desk: Desk) -> None:
    reply = await desk.send("POST", "/_sim/faults", [{"kind": "earthquake"}])
    assert 400 == reply.status
    assert "earthquake" in reply.json["message"]


async def test_what_was_received_is_logged_with_query_and_body(desk: Desk) -> None:
    await desk.get("/v2/orders", nested="true")
    body = selling(await desk.long_call())
    await desk.ask("POST", "/v2/orders", body)
    first, *_, final = await desk.control("GET", "received")
    assert ("GET", "/v2/orders", {"nested": "true"}) == (
        first["method"],
        first["path"],
        first["query"],
    )
    assert (body, 200, "answered") == (final["body"], final["status"], final["outcome"])
    assert [] == await desk.control("DELETE", "received")


async def test_the_log_holds_no_keys(desk: Desk) -> None:
    await desk.get("/v2/account")
    reply = await desk.send("GET", "/_sim/received")
    assert b"APCA" not in reply.raw


async def test_a_stream_is_in_the_log(desk: Desk) -> None:
    socket = await listen(desk)
    [entry] = await desk.control("GET", "received")
    assert ("/stream", "stream", 101) == (entry["path"], entry["outcome"], entry["status"])
    await socket.close()


async def test_the_budget_is_two_hundred_a_minute_and_its_own_for_data(
    open_desk: Opener,
) -> None:
    desk = await open_desk(rate_limit=2)
    replies = [await desk.send("GET", "/v2/clock") for _ in range(3)]
    assert [200, 200, 429] == [reply.status for reply in replies]
    assert ["1", "0", "0"] == [reply.headers["X-RateLimit-Remaining"] for reply in replies]
    assert 1 <= int(replies[2].headers["Retry-After"]) <= 60
    data = await desk.send("GET", "/v2/stocks/SPY/quotes/latest")
    assert 200 == data.status


async def test_the_default_budget_is_alpacas(desk: Desk) -> None:
    reply = await desk.send("GET", "/v2/clock")
    assert "200" == reply.headers["X-RateLimit-Limit"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Nothing": "1"},
        {"APCA-API-KEY-ID": "k"},
        {"APCA-API-KEY-ID": "k", "APCA-API-SECRET-KEY": ""},
    ],
)
async def test_requests_without_a_key_pair_are_unauthorized(
    desk: Desk, headers: dict[str, str]
) -> None:
    reply = await desk.send("GET", "/v2/account", headers=headers)
    assert (401, {"message": "unauthorized."}) == (reply.status, reply.json)


async def test_only_the_given_pair_is_let_in_if_there_is_one(open_desk: Opener) -> None:
    desk = await open_desk(credentials=Credentials("key", "secret"))
    right = {"APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret"}
    wrong = {"APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "other"}
    assert 200 == (await desk.send("GET", "/v2/account", headers=right)).status
    assert 401 == (await desk.send("GET", "/v2/account", headers=wrong)).status


async def test_a_path_alpaca_does_not_have_is_not_found(desk: Desk) -> None:
    reply = await desk.send("GET", "/v2/horoscope")
    assert 404 == reply.status
