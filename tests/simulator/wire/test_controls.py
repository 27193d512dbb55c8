"""The simulator's own controls under /_sim."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from simulator.wire.desk import Desk, closing, selling


async def now(desk: Desk) -> datetime:
    return datetime.fromisoformat((await desk.control("GET", "clock"))["now"])


async def test_the_clock_stands_until_it_is_moved(desk: Desk) -> None:
    before = await now(desk)
    assert before == await now(desk)
    await desk.control("POST", "clock", {"advance": 90.5})
    assert timedelta(seconds=90.5) == await now(desk) - before
    target = before + timedelta(hours=1)
    await desk.control("POST", "clock", {"to": target.isoformat()})
    assert target == await now(desk)


async def test_a_running_clock_follows_its_speed(desk: Desk) -> None:
    before = await now(desk)
    answer = await desk.control("POST", "clock", {"pace": "running", "speed": 100_000})
    assert ("running", 100_000) == (answer["pace"], answer["speed"])
    await desk.get("/v2/clock")
    assert await now(desk) > before


async def test_a_frozen_market_stands_still_while_time_goes_on(desk: Desk) -> None:
    await desk.control("POST", "market", {"freeze": True})
    before = await desk.get("/v2/stocks/quotes/latest", symbols="SPY,QQQ")
    desk.step(600)
    assert before == await desk.get("/v2/stocks/quotes/latest", symbols="SPY,QQQ")


async def test_a_spot_can_be_set(desk: Desk) -> None:
    await desk.control("POST", "market", {"spot": {"SPY": "555.25"}})
    trade = await desk.get("/v2/stocks/SPY/trades/latest")
    assert 555.25 == trade["trade"]["p"]


async def test_a_bid_can_be_taken_away_and_given_back(desk: Desk) -> None:
    symbol = await desk.long_call()

    async def bid() -> tuple[float, int]:
        quotes = await desk.get("/v1beta1/options/quotes/latest", symbols=symbol)
        return quotes["quotes"][symbol]["bp"], quotes["quotes"][symbol]["bs"]

    before = await bid()
    await desk.control("POST", "market", {"remove_bid": [symbol]})
    assert (0.0, 0) == await bid()
    await desk.control("POST", "market", {"unpin": [symbol]})
    assert before == await bid()


async def test_an_order_trades_at_a_quote_that_was_pinned(desk: Desk) -> None:
    symbol = await desk.long_call()
    await desk.control("POST", "market", {"quotes": {symbol: {"bid": "4.20", "ask": "4.40"}}})
    order = await desk.ask("DELETE", f"/v2/positions/{symbol}", qty="1")
    desk.step()
    desk.step()
    filled = await desk.get(f"/v2/orders/{order['id']}")
    assert ("filled", "4.2") == (filled["status"], filled["filled_avg_price"])


async def test_held_fills_come_when_they_are_let_go(desk: Desk) -> None:
    await desk.control("POST", "fills", {"mode": "hold"})
    order = await desk.ask("POST", "/v2/orders", closing(await desk.condor()))
    desk.step(60)
    assert "new" == (await desk.get(f"/v2/orders/{order['id']}"))["status"]
    await desk.control("POST", "fills", {"mode": "all"})
    desk.step()
    assert "filled" == (await desk.get(f"/v2/orders/{order['id']}"))["status"]


async def test_units_are_filled_by_hand_at_a_price_of_choice(desk: Desk) -> None:
    await desk.control("POST", "fills", {"mode": "hold"})
    symbol = await desk.long_call()
    body = selling(symbol, qty=3, client_order_id="by-hand")
    await desk.ask("POST", "/v2/orders", body)
    fill = {"client_order_id": "by-hand", "units": 2, "price": "7.77"}
    order = await desk.control("POST", "fill", fill)
    assert ("partially_filled", "2", "7.77") == (
        order["status"],
        order["filled_qty"],
        order["filled_avg_price"],
    )
    assert "1" == (await desk.get(f"/v2/positions/{symbol}"))["qty"]


async def test_a_package_is_filled_by_hand_inside_its_quotes(desk: Desk) -> None:
    await desk.control("POST", "fills", {"mode": "hold"})
    condor = await desk.condor()
    order = await desk.ask("POST", "/v2/orders", closing(condor, type="limit", limit_price="9"))
    quotes = (await desk.get("/v1beta1/options/quotes/latest", symbols=",".join(condor)))["quotes"]
    buying = {condor[1], condor[2]}
    natural = sum(
        Decimal(str(quotes[it]["ap"])) if it in buying else -Decimal(str(quotes[it]["bp"]))
        for it in condor
    )
    price = natural - Decimal("0.01")
    fill = {"order_id": order["id"], "units": 1, "price": str(price)}
    filled = await desk.control("POST", "fill", fill)
    assert price == Decimal(filled["filled_avg_price"])


async def test_more_units_than_are_open_cannot_be_filled(desk: Desk) -> None:
    await desk.control("POST", "fills", {"mode": "hold"})
    order = await desk.ask("POST", "/v2/orders", closing(await desk.condor()))
    reply = await desk.send("POST", "/_sim/fill", {"order_id": order["id"], "units": 5})
    assert (422, "units must be between 1 and 4") == (reply.status, reply.json["message"])


async def test_a_cap_on_one_order_leaves_others_alone(desk: Desk) -> None:
    symbol = await desk.long_call()
    body = selling(symbol, type="market", limit_price=None)
    capped = await desk.ask("POST", "/v2/orders", body)
    await desk.control("POST", "fills", {"order_id": capped["id"], "up_to": 0})
    free = await desk.ask("POST", "/v2/orders", body)
    desk.step(5)
    assert ["new", "filled"] == [
        (await desk.get(f"/v2/orders/{order['id']}"))["status"] for order in (capped, free)
    ]


async def test_a_foreign_hand_trades_in_the_account(desk: Desk) -> None:
    symbol = await desk.long_call()
    trade = {"symbol": symbol, "side": "sell", "qty": 2}
    order = await desk.control("POST", "trade", trade)
    assert "filled" == order["status"]
    assert "1" == (await desk.get(f"/v2/positions/{symbol}"))["qty"]
    [entry] = [it for it in await desk.control("GET", "received") if it["method"] == "POST"] or [
        None
    ]
    assert entry is None


async def test_an_open_order_can_be_rejected(desk: Desk) -> None:
    placed = await desk.ask("POST", "/v2/orders", selling(await desk.long_call()))
    order = await desk.control("POST", "reject", {"order_id": placed["id"]})
    assert "rejected" == order["status"]
    assert order["failed_at"] is not None


async def test_health_tells_what_runs(desk: Desk) -> None:
    health = await desk.control("GET", "health")
    assert ("ok", 7, True) == (health["status"], health["seed"], health["is_open"])
    assert {0} == set(health["connections"].values())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", {"advnce": 1}),
        ("clock", {"speed": "fast"}),
        ("clock", {"speed": 0}),
        ("market", {"quotes": {"SPY": {"bid": "1"}}}),
        ("fills", {"mode": "sometimes"}),
        ("trade", {"symbol": "SPY"}),
    ],
)
async def test_a_command_that_cannot_be_read_changes_nothing(
    desk: Desk, path: str, body: dict[str, object]
) -> None:
    reply = await desk.send("POST", f"/_sim/{path}", body)
    assert 400 == reply.status
    assert reply.json["message"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("market", {"spot": {"NOPE": "1"}}),
        ("market", {"remove_bid": ["NOPE"]}),
        ("market", {"quotes": {"NOPE": {"bid": "1", "ask": "2"}}}),
        ("fill", {"order_id": "nope", "units": 1}),
        ("streams/nope/disconnect", {}),
    ],
)
async def test_what_is_not_there_is_not_found(
    desk: Desk, path: str, body: dict[str, object]
) -> None:
    assert 404 == (await desk.send("POST", f"/_sim/{path}", body)).status
