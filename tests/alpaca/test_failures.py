"""What a no means, and who is told what."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from support.scripted_alpaca import BrokenOff, Cut, Reply, ScriptedAlpaca, Silence, a_package

from closeout.alpaca import AlpacaBroker, KeysRefused
from closeout.domain.outcomes import Refused
from closeout.ports import ReadFailed

ORDERS = "/v2/orders"
TICKET = a_package("c-1")

Read = Callable[[AlpacaBroker], Awaitable[object]]

READS = [
    pytest.param(lambda b: b.order("o-1"), "/v2/orders/o-1", id="order"),
    pytest.param(
        lambda b: b.order_by_client_id("c-1"), "/v2/orders:by_client_order_id", id="by client id"
    ),
    pytest.param(lambda b: b.open_orders(), ORDERS, id="open orders"),
    pytest.param(lambda b: b.order_history(None), ORDERS, id="history"),
    pytest.param(lambda b: b.holdings(), "/v2/positions", id="holdings"),
    pytest.param(lambda b: b.account(), "/v2/account", id="account"),
    pytest.param(lambda b: b.market_clock(), "/v2/clock", id="clock"),
    pytest.param(
        lambda b: b.penny_underlyings(["SPY261218P00450000"]),
        "/v2/options/contracts/SPY261218P00450000",
        id="penny",
    ),
]

NO_ANSWERS = [
    pytest.param(Cut(), id="cut"),
    pytest.param(Silence(), id="silence"),
    pytest.param(BrokenOff(body=[]), id="broken off"),
    pytest.param(Reply(500, {"message": "internal"}), id="500"),
    pytest.param(Reply(504, b"<html>504</html>"), id="504"),
    pytest.param(Reply(404, b"<html>404</html>"), id="a 404 that is not Alpaca's"),
    pytest.param(Reply(404, {"message": "no route"}), id="a 404 without a code"),
    pytest.param(Reply(200, b"<html>login</html>"), id="HTML"),
    pytest.param(Reply(200, b'[{"id": "x"'), id="JSON that ends early"),
    pytest.param(Reply(200, 7), id="a number"),
    pytest.param(Reply(204), id="nothing"),
    pytest.param(Reply(302, None, {"Location": "/elsewhere"}), id="a redirect"),
]


@pytest.mark.parametrize("reply", NO_ANSWERS)
@pytest.mark.parametrize(("read", "path"), READS)
async def test_a_read_that_fails_says_so_and_never_reads_as_nothing(
    server: ScriptedAlpaca, broker: AlpacaBroker, read: Read, path: str, reply: Reply
) -> None:
    server.on("GET", path, reply)

    with pytest.raises(ReadFailed):
        await read(broker)


@pytest.mark.parametrize(("read", "path"), READS[:2])
async def test_an_order_is_absent_only_when_alpaca_says_so(
    server: ScriptedAlpaca, broker: AlpacaBroker, read: Read, path: str
) -> None:
    server.on("GET", path, Reply(404, {"code": 40410000, "message": "order not found for o-1"}))

    assert await read(broker) is None


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(401, {"message": "unauthorized."}), id="401"),
        pytest.param(Reply(401, b"<html>"), id="401 in HTML"),
        pytest.param(Reply(403, {"message": "forbidden."}), id="bare 403"),
    ],
)
async def test_refused_keys_are_told_as_that(
    server: ScriptedAlpaca, broker: AlpacaBroker, reply: Reply
) -> None:
    server.on("GET", "/v2/positions", reply)
    server.on("POST", ORDERS, reply)

    with pytest.raises(KeysRefused, match="did not accept the API keys"):
        await broker.holdings()
    outcome = await broker.place(TICKET)

    assert isinstance(outcome, Refused)
    assert "did not accept the API keys" in outcome.message
    assert "broker_keys_refused" == KeysRefused.code


async def test_a_refused_trade_is_not_about_the_keys(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    message = "account not eligible to trade uncovered option contracts"
    server.on("POST", ORDERS, Reply(403, {"code": 40310000, "message": message}))

    assert Refused(403, 40310000, message) == await broker.place(TICKET)


async def test_a_held_quantity_names_the_orders_that_hold_it(
    server: ScriptedAlpaca, broker: AlpacaBroker, example: Callable[[str], Any]
) -> None:
    server.on("POST", ORDERS, Reply(403, example("error_insufficient_qty_mleg")))

    outcome = await broker.place(TICKET)

    assert isinstance(outcome, Refused)
    assert ("503acd55-9a8c-477e-bb85-f10de42d80f3",) == outcome.related_orders
    assert outcome.message.startswith("insufficient qty available")


async def test_a_suspected_wash_trade_names_the_other_order(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    body = {"code": 40310000, "message": "potential wash trade", "existing_order_id": "o-9"}
    server.on("POST", ORDERS, Reply(403, body))

    outcome = await broker.place(TICKET)

    assert isinstance(outcome, Refused)
    assert ("o-9",) == outcome.related_orders


@pytest.mark.parametrize("code", [40010001, 42210000])
async def test_a_client_id_used_before_is_recognised(
    server: ScriptedAlpaca, broker: AlpacaBroker, code: int
) -> None:
    body = {"code": code, "message": "client_order_id must be unique"}
    server.on("POST", ORDERS, Reply(422, body))

    outcome = await broker.place(TICKET)

    assert isinstance(outcome, Refused)
    assert outcome.is_duplicate_id


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(413, b"<html>too large</html>"), id="HTML"),
        pytest.param(Reply(422, {"code": "odd", "message": ["odd"]}), id="odd types"),
        pytest.param(Reply(422, b""), id="empty"),
        pytest.param(BrokenOff(422, {"code": 42210000}), id="broken off"),
    ],
)
async def test_a_no_is_a_no_even_when_its_reason_cannot_be_read(
    server: ScriptedAlpaca, broker: AlpacaBroker, reply: Reply
) -> None:
    server.on("POST", ORDERS, reply)

    outcome = await broker.place(TICKET)

    assert isinstance(outcome, Refused)
    assert (reply.status, None) == (outcome.http_status, outcome.code)
    assert f"HTTP {reply.status}" in outcome.message


async def test_a_limited_read_says_how_long_to_wait(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    server.on("GET", "/v2/positions", Reply(429, None, {"Retry-After": "3"}))

    with pytest.raises(ReadFailed) as failed:
        await broker.holdings()

    assert timedelta(seconds=3) == failed.value.retry_after


@pytest.mark.parametrize(
    ("headers", "wait"),
    [({"X-RateLimit-Reset": "1795446030"}, None), ({"Retry-After": "3"}, timedelta(seconds=3))],
)
async def test_the_limits_reset_asks_nobody_to_wait_whom_the_limit_did_not_refuse(
    server: ScriptedAlpaca,
    broker: AlpacaBroker,
    headers: dict[str, str],
    wait: timedelta | None,
) -> None:
    server.on("GET", "/v2/positions", Reply(503, None, headers))

    with pytest.raises(ReadFailed) as failed:
        await broker.holdings()

    assert wait == failed.value.retry_after


async def test_what_alpaca_lets_us_ask_can_be_seen(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    headers = {
        "X-RateLimit-Limit": "200",
        "X-RateLimit-Remaining": "41",
        "X-RateLimit-Reset": "1795446030",
    }
    server.on("GET", "/v2/positions", Reply(200, [], headers), Reply(200, []))

    await broker.holdings()
    await broker.holdings()

    assert broker.rate is not None
    assert (200, 41) == (broker.rate.limit, broker.rate.remaining)
    assert "2026-11-23T15:00:30+00:00" == str(broker.rate.reset_at).replace(" ", "T")
