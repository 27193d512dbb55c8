"""Account, configurations, activities, positions."""

from decimal import Decimal

from simulator.wire.desk import Desk, selling


async def test_the_account_is_shown_without_the_retired_day_trading_fields(desk: Desk) -> None:
    account = await desk.get("/v2/account")
    assert "ACTIVE" == account["status"]
    assert {"pattern_day_trader", "daytrade_count"}.isdisjoint(account)


async def test_suspending_trade_refuses_orders(desk: Desk) -> None:
    changed = await desk.ask("PATCH", "/v2/account/configurations", {"suspend_trade": True})
    refused = await desk.ask("POST", "/v2/orders", selling(await desk.long_call()), expect=403)
    assert changed["suspend_trade"] is True
    assert changed == await desk.get("/v2/account/configurations")
    assert "new orders are rejected by user request" == refused["message"]


async def test_short_positions_have_negative_quantities(desk: Desk) -> None:
    _, short_put, _, _ = await desk.condor()
    position = await desk.get(f"/v2/positions/{short_put}")
    assert ("short", "-4", "us_option") == tuple(
        position[name] for name in ("side", "qty", "asset_class")
    )
    assert position["market_value"].startswith("-")
    assert position == await desk.get(f"/v2/positions/{position['asset_id']}")


async def test_a_position_not_held_is_not_found(desk: Desk) -> None:
    missing = await desk.ask("GET", "/v2/positions/TSLA", expect=404)
    assert (40410000, "position does not exist") == (missing["code"], missing["message"])


async def test_part_of_a_position_is_closed_by_quantity_or_percentage(desk: Desk) -> None:
    symbol = await desk.long_call()
    by_qty = await desk.ask("DELETE", f"/v2/positions/{symbol}", qty="1")
    assert ("1", "sell", "market", "sell_to_close") == tuple(
        by_qty[name] for name in ("qty", "side", "type", "position_intent")
    )
    desk.step()
    desk.step()
    by_percentage = await desk.ask("DELETE", f"/v2/positions/{symbol}", percentage="50")
    assert "1" == by_percentage["qty"]


async def test_quantity_and_percentage_exclude_each_other(desk: Desk) -> None:
    symbol = await desk.long_call()
    await desk.ask("DELETE", f"/v2/positions/{symbol}", None, expect=422, qty="1", percentage="50")


async def test_closing_everything_answers_for_each_position(desk: Desk) -> None:
    held = {row["symbol"] for row in await desk.get("/v2/positions")}
    outcomes = await desk.ask("DELETE", "/v2/positions", None, expect=207, cancel_orders="True")
    assert held == {outcome["symbol"] for outcome in outcomes}
    assert all(
        "id" in it["body"] if it["status"] == 200 else "code" in it["body"] for it in outcomes
    )


async def test_orders_hold_what_closing_everything_needs_unless_they_are_cancelled(
    desk: Desk,
) -> None:
    symbol = await desk.long_call()
    await desk.ask("POST", "/v2/orders", selling(symbol, qty=3))
    desk.step()

    async def outcome(cancel_orders: str) -> int:
        outcomes = await desk.ask(
            "DELETE", "/v2/positions", None, expect=207, cancel_orders=cancel_orders
        )
        return next(int(it["status"]) for it in outcomes if it["symbol"] == symbol)

    assert [403, 200] == [await outcome("false"), await outcome("true")]


async def test_fills_are_listed_page_by_page_without_a_gap(desk: Desk) -> None:
    everything = await desk.get("/v2/account/activities/FILL")
    first = await desk.get("/v2/account/activities/FILL", page_size="2")
    second = await desk.get(
        "/v2/account/activities/FILL", page_size="2", page_token=first[-1]["id"]
    )
    assert [row["id"] for row in everything[:4]] == [row["id"] for row in first + second]


async def test_activities_are_filtered_by_category_and_type(desk: Desk) -> None:
    trades = await desk.get("/v2/account/activities", category="trade_activity")
    assert trades
    assert {"FILL"} == {row["activity_type"] for row in trades}
    assert [] == await desk.get("/v2/account/activities", activity_types="DIV,FEE")
    await desk.ask(
        "GET",
        "/v2/account/activities",
        None,
        expect=422,
        category="trade_activity",
        activity_types="FILL",
    )


async def test_the_fills_of_one_order_can_be_asked_for(desk: Desk) -> None:
    symbol = await desk.long_call()
    order = await desk.ask("DELETE", f"/v2/positions/{symbol}", qty="1")
    desk.step()
    desk.step()
    [fill] = await desk.get("/v2/account/activities/FILL", order_id=order["id"])
    assert (symbol, "1", "sell") == (fill["symbol"], fill["qty"], fill["side"])
    assert Decimal(fill["price"]) > 0


async def test_an_assignment_shows_as_removal_and_share_trade(desk: Desk) -> None:
    _, short_put, _, _ = await desk.condor()
    await desk.control("POST", "assign", {"symbol": short_put, "contracts": 1})
    desk.step(3 * 86_400)
    rows = await desk.get("/v2/account/activities", category="non_trade_activity")
    assert {"OPASN", "OPTRD"} <= {row["activity_type"] for row in rows}
