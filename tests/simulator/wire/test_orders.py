"""Orders over REST; every answer is judged by Alpaca's OpenAPI files on the way."""

import pytest
from simulator.wire.desk import Desk, closing, selling


async def test_a_package_comes_back_with_its_legs(desk: Desk) -> None:
    order = await desk.ask("POST", "/v2/orders", closing(await desk.condor()))
    assert ("", "", "", "") == tuple(
        order[name] for name in ("symbol", "side", "asset_class", "asset_id")
    )
    assert ["4"] * 4 == [leg["qty"] for leg in order["legs"]]
    assert [("", "", None)] * 4 == [
        (leg["type"], leg["order_type"], leg["limit_price"]) for leg in order["legs"]
    ]


async def test_json_numbers_are_taken_as_strings_are(desk: Desk) -> None:
    body = closing(await desk.condor(), type="limit", limit_price=0.01)
    legs = [{**leg, "ratio_qty": 1.0} for leg in body["legs"]]  # type: ignore[attr-defined]
    order = await desk.ask("POST", "/v2/orders", {**body, "qty": 2.0, "legs": legs})
    assert ("2", "0.01") == (order["qty"], order["limit_price"])


async def test_a_list_nests_packages_only_when_asked(desk: Desk) -> None:
    placed = await desk.ask("POST", "/v2/orders", closing(await desk.condor()))
    [nested] = await desk.get("/v2/orders", nested="True")
    flat = await desk.get("/v2/orders")
    assert placed["id"] == nested["id"]
    assert 4 == len(nested["legs"])
    assert [None] * 5 == [row["legs"] for row in flat]
    assert {placed["id"], *(leg["id"] for leg in placed["legs"])} == {row["id"] for row in flat}


async def test_an_order_is_found_by_its_id_and_its_client_order_id(desk: Desk) -> None:
    body = closing(await desk.condor(), client_order_id="close-1")
    placed = await desk.ask("POST", "/v2/orders", body)
    by_id = await desk.get(f"/v2/orders/{placed['id']}", nested="true")
    by_client = await desk.get("/v2/orders:by_client_order_id", client_order_id="close-1")
    plain = await desk.get(f"/v2/orders/{placed['id']}")
    assert placed["id"] == by_id["id"] == by_client["id"]
    assert 4 == len(by_id["legs"]) == len(by_client["legs"])
    assert plain["legs"] is None


async def test_an_order_never_seen_is_not_found(desk: Desk) -> None:
    unknown = await desk.ask(
        "GET", "/v2/orders:by_client_order_id", None, expect=404, client_order_id="never"
    )
    assert 40410000 == unknown["code"]


async def test_a_used_client_order_id_is_refused(desk: Desk) -> None:
    body = selling(await desk.long_call(), client_order_id="once")
    await desk.ask("POST", "/v2/orders", body)
    refused = await desk.ask("POST", "/v2/orders", body, expect=422)
    assert "client_order_id must be unique" == refused["message"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"type": "lmit"}, "invalid type: lmit"),
        ({"time_in_force": None}, "time_in_force is required"),
        ({"qty": "x"}, "invalid value for qty"),
    ],
)
async def test_what_cannot_be_read_is_refused(
    desk: Desk, fields: dict[str, object], message: str
) -> None:
    body = {**selling(await desk.long_call()), **fields}
    refused = await desk.ask("POST", "/v2/orders", body, expect=422)
    assert (40010001, message) == (refused["code"], refused["message"])


async def test_a_replacement_is_a_new_order_that_names_the_old(desk: Desk) -> None:
    placed = await desk.ask("POST", "/v2/orders", selling(await desk.long_call()))
    desk.step()
    replaced = await desk.ask("PATCH", f"/v2/orders/{placed['id']}", {"limit_price": 850.0})
    desk.step()
    old = await desk.get(f"/v2/orders/{placed['id']}")
    assert (placed["id"], "850") == (replaced["replaces"], replaced["limit_price"])
    assert ("replaced", replaced["id"]) == (old["status"], old["replaced_by"])


async def test_a_cancel_is_answered_with_no_content_and_happens(desk: Desk) -> None:
    placed = await desk.ask("POST", "/v2/orders", selling(await desk.long_call()))
    desk.step()
    assert await desk.ask("DELETE", f"/v2/orders/{placed['id']}", expect=204) is None
    desk.step()
    assert "canceled" == (await desk.get(f"/v2/orders/{placed['id']}"))["status"]


async def test_a_single_leg_of_a_package_cannot_be_cancelled(desk: Desk) -> None:
    placed = await desk.ask("POST", "/v2/orders", closing(await desk.condor()))
    leg_id = placed["legs"][0]["id"]
    refused = await desk.ask("DELETE", f"/v2/orders/{leg_id}", expect=422)
    assert "cannot cancel individual legs of a mleg order" == refused["message"]


async def test_cancelling_all_tells_each_order(desk: Desk) -> None:
    symbol = await desk.long_call()
    placed = [await desk.ask("POST", "/v2/orders", selling(symbol)) for _ in range(2)]
    desk.step()
    outcomes = await desk.ask("DELETE", "/v2/orders", expect=207)
    assert {(order["id"], 200) for order in placed} == {
        (outcome["id"], outcome["status"]) for outcome in outcomes
    }


async def test_a_list_is_paged_by_order_id_in_both_directions(desk: Desk) -> None:
    symbol = await desk.long_call()
    placed = []
    for _ in range(3):
        placed.append((await desk.ask("POST", "/v2/orders", selling(symbol)))["id"])
        desk.step()
    first, second, third = placed
    newest = await desk.get("/v2/orders", limit="2")
    older = await desk.get("/v2/orders", before_order_id=second)
    younger = await desk.get("/v2/orders", after_order_id=second, direction="asc")
    assert [third, second] == [row["id"] for row in newest]
    assert [first] == [row["id"] for row in older]
    assert [third] == [row["id"] for row in younger]


async def test_the_submission_time_that_was_answered_bounds_a_list(desk: Desk) -> None:
    symbol = await desk.long_call()
    first = await desk.ask("POST", "/v2/orders", selling(symbol))
    desk.step()
    second = await desk.ask("POST", "/v2/orders", selling(symbol))
    after = await desk.get("/v2/orders", after=first["submitted_at"])
    until = await desk.get("/v2/orders", until=second["submitted_at"])
    assert [second["id"]] == [row["id"] for row in after]
    assert [first["id"]] == [row["id"] for row in until]


async def test_a_list_is_filtered_by_status_symbol_and_side(desk: Desk) -> None:
    symbol = await desk.long_call()
    placed = await desk.ask("POST", "/v2/orders", selling(symbol))
    by_symbol = await desk.get("/v2/orders", symbols=f"{symbol},XYZ", side="sell")
    by_underlying = await desk.get("/v2/orders", symbols="QQQ", asset_class="us_option")
    assert [placed["id"]] == [row["id"] for row in by_symbol]
    assert [placed["id"]] == [row["id"] for row in by_underlying]
    assert [] == await desk.get("/v2/orders", symbols=symbol, side="buy")
    assert placed["id"] not in {row["id"] for row in await desk.get("/v2/orders", status="closed")}


@pytest.mark.parametrize(
    "query",
    [
        {"status": "sleeping"},
        {"limit": "501"},
        {"before_order_id": "a", "after_order_id": "b"},
        {"before_order_id": "a", "until": "2026-01-01"},
    ],
)
async def test_a_query_that_contradicts_itself_is_refused(
    desk: Desk, query: dict[str, str]
) -> None:
    await desk.ask("GET", "/v2/orders", None, expect=422, **query)


async def test_an_insufficient_quantity_names_the_orders_that_hold_it(desk: Desk) -> None:
    condor = await desk.condor()
    limit = closing(condor, type="limit", limit_price="-50")
    holder = await desk.ask("POST", "/v2/orders", limit)
    refused = await desk.ask("POST", "/v2/orders", closing(condor), expect=403)
    assert (40310000, "", [holder["id"]]) == (
        refused["code"],
        refused["symbol"],
        refused["related_orders"],
    )
