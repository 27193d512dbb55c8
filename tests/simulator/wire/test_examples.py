"""Alpaca's own REST examples, reproduced key by key."""

from typing import Any

from simulator.wire.desk import Desk, closing, example, selling

RETIRED = {  # left the answer with the pattern-day-trader rule on 2026-07-06
    "bod_dtbp",
    "daytrade_count",
    "daytrading_buying_power",
    "pattern_day_trader",
}
SINCE_THE_EXAMPLE = {"expires_at", "position_intent"}  # declared by the schema, absent in 2023


def kinds(value: Any) -> Any:
    """Keys and JSON types."""
    if isinstance(value, dict):
        return {key: kinds(each) for key, each in value.items()}
    return type(value).__name__


async def test_a_filled_package_reads_as_the_published_one(desk: Desk) -> None:
    published = example("mleg_order_response_spec")
    condor = await desk.condor()
    body = closing(condor, type="limit", limit_price="90")
    placed = await desk.ask("POST", "/v2/orders", {**body, "client_order_id": "published"})
    desk.step()
    desk.step()
    filled = await desk.get(f"/v2/orders/{placed['id']}", nested="true")
    assert "filled" == filled["status"]
    parts = {key: kinds(each) for key, each in filled.items() if key != "legs"}
    assert {k: kinds(v) for k, v in published.items() if k != "legs"} == parts
    for leg in filled["legs"]:
        assert kinds(published["legs"][0]) == kinds(leg)


async def test_a_single_option_order_reads_as_the_published_one(desk: Desk) -> None:
    published = example("option_single_leg_request_and_response")["response"]
    placed = await desk.ask("POST", "/v2/orders", selling(await desk.long_call()))
    assert published.keys() | SINCE_THE_EXAMPLE == placed.keys()
    assert kinds(published) == kinds({key: placed[key] for key in published})


async def test_the_account_reads_as_the_published_one(desk: Desk) -> None:
    published = example("account")
    account = await desk.get("/v2/account")
    assert published.keys() - RETIRED - account.keys() == set()
    assert account.keys() - published.keys() == {"options_approved_level"}


async def test_the_clock_reads_as_the_published_one(desk: Desk) -> None:
    assert kinds(example("clock")) == kinds(await desk.get("/v2/clock"))


async def test_a_position_reads_as_the_published_one(desk: Desk) -> None:
    position = await desk.get(f"/v2/positions/{await desk.long_call()}")
    assert kinds(example("option_position")) == kinds(position)


async def test_quotes_and_snapshots_read_as_the_published_ones(desk: Desk) -> None:
    symbol = (await desk.condor())[1]
    quotes = await desk.get("/v1beta1/options/quotes/latest", symbols=symbol)
    snapshots = await desk.get("/v1beta1/options/snapshots", symbols=symbol)
    [published, *_] = example("option_latest_quotes_response")["quotes"].values()
    [snapshot] = example("option_snapshots_response")["snapshots"].values()
    assert kinds(published) == kinds(quotes["quotes"][symbol])
    got = snapshots["snapshots"][symbol]
    assert snapshot.keys() == got.keys()
    for part in ("greeks", "latestQuote", "latestTrade"):
        assert snapshot[part].keys() == got[part].keys()


async def test_a_lack_of_quantity_reads_as_the_reported_one(desk: Desk) -> None:
    condor = await desk.condor()
    await desk.ask("POST", "/v2/orders", closing(condor, type="limit", limit_price="-50"))
    refused = await desk.ask("POST", "/v2/orders", closing(condor), expect=403)
    reported = example("error_insufficient_qty_mleg")
    assert reported.keys() == refused.keys()
    assert reported["code"] == refused["code"]


async def test_activities_of_an_expiration_read_as_the_published_ones(desk: Desk) -> None:
    _, short_put, _, _ = await desk.condor()
    await desk.control("POST", "assign", {"symbol": short_put, "contracts": 1})
    desk.step(4 * 86_400)
    rows = {row["activity_type"]: row for row in await desk.get("/v2/account/activities")}
    assignment, trade, _ = example("nta_assignment_and_expiry")
    assert assignment.keys() <= rows["OPASN"].keys()
    assert trade.keys() <= rows["OPTRD"].keys()


async def test_lifecycle_refusals_are_worded_as_reported(desk: Desk) -> None:
    reported = {
        body["body"]["message"]: body for body in example("errors_order_lifecycle_reported")
    }
    placed = await desk.ask("POST", "/v2/orders", closing(await desk.condor(), units=1))
    leg = placed["legs"][0]["id"]
    refusals = [
        await desk.send("DELETE", f"/v2/orders/{leg}"),
        await desk.send("PATCH", f"/v2/orders/{leg}", {"limit_price": "1"}),
        await desk.send("GET", "/v2/positions/TSLA"),
        await desk.send("POST", "/v2/orders", {**closing(await desk.condor()), "legs": []}),
    ]
    desk.step()
    desk.step()
    refusals.append(await desk.send("DELETE", f"/v2/orders/{placed['id']}"))
    for refusal in refusals:
        known = reported[refusal.json["message"]]
        assert (known["http"], known["body"]["code"]) == (refusal.status, refusal.json["code"])
