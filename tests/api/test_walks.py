"""Closing at a pace over HTTP: shown, hurried, stopped, and told as the market moves."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from support.asgi_socket import connect
from support.bench import SHORT_CALL, SHORT_PUT
from support.desk import Shop, is_problem
from support.eventually import settle

CLOSE = {"order_type": "limit", "pace": "normal"}


async def walking(shop: Shop, **more: Any) -> str:
    """Begin a walk in a market of mid 2.00 and natural 2.20; return the close's id."""
    answer = await shop.close_strategy(**(CLOSE | more))
    assert 200 == answer.status_code, answer.text
    return str(answer.json()["close_id"])


async def change(shop: Shop, close_id: str, what: str, **body: Any) -> httpx.Response:
    answer = await shop.http.post(f"/api/closes/{close_id}/{what}", json=body)
    await settle()
    return answer


async def test_a_walk_shows_where_it_stands(shop: Shop) -> None:
    close_id = await walking(shop, worst_price="2.15", at_end="cross")
    await shop.bench.clock.seconds(27)
    close = await shop.get(f"/api/closes/{close_id}")
    began = shop.bench.state(close_id).opened_at

    walk = close["walk"]
    assert ("normal", 2, 8) == (walk["pace"], walk["step"], walk["steps"])
    assert ("2.06", "2.00", "2.20", "2.15") == tuple(
        walk[name].rstrip("0").ljust(4, "0") for name in ("limit", "mid", "natural", "worst")
    )
    assert [began.isoformat().replace("+00:00", "Z")] == [walk["started_at"]]
    assert walk["started_at"] < walk["next_step_at"] < walk["ends_at"]
    assert ("cross", None, False, False, True) == tuple(
        walk[name] for name in ("at_end", "holding", "crossing", "resting", "changeable")
    )


async def test_a_walk_says_when_its_next_price_is_due_and_not_its_next_look(shop: Shop) -> None:
    close_id = await walking(shop)
    await shop.bench.clock.seconds(5)
    walk = (await shop.get(f"/api/closes/{close_id}"))["walk"]
    due = datetime.fromisoformat(walk["next_step_at"])
    assert timedelta(seconds=27) == due - datetime.fromisoformat(walk["started_at"])


async def test_a_close_without_a_pace_has_no_walk(shop: Shop) -> None:
    close_id = (await shop.close_strategy()).json()["close_id"]

    assert (await shop.get(f"/api/closes/{close_id}"))["walk"] is None


async def test_a_custom_walk_keeps_to_its_own_time_and_shares(shop: Shop) -> None:
    custom = {
        "budget_seconds": 20,
        "interval_seconds": 5,
        "start_share": "0.25",
        "end_share": "0.75",
    }
    close_id = await walking(shop, pace="custom", walk=custom)
    await shop.bench.clock.seconds(16)
    close = await shop.get(f"/api/closes/{close_id}")

    limits = [shop.bench.broker.sent[0].limit, *(it.limit for it in shop.bench.broker.replaced)]
    assert ["2.05", "2.08", "2.11", "2.15"] == [f"{limit:.2f}" for limit in limits]
    assert ("custom", 4, 4) == tuple(close["walk"][name] for name in ("pace", "step", "steps"))


async def test_a_leg_walks_in_plain_prices(shop: Shop) -> None:
    answer = await shop.close_leg(SHORT_PUT, **CLOSE, worst_price="2.08")
    await shop.bench.clock.seconds(59)
    close = await shop.get(f"/api/closes/{answer.json()['close_id']}")

    assert ("2.08", "at_worst") == (close["walk"]["limit"], close["walk"]["holding"])


async def test_the_preview_shows_where_a_walk_begins(shop: Shop) -> None:
    preview = (await shop.preview(**CLOSE)).json()

    assert ["2.040"] == [order["limit_price"].ljust(5, "0") for order in preview["orders"]]
    assert preview["problem"] is None


async def test_faster_goes_on_at_the_next_pace_and_in_the_end_crosses(shop: Shop) -> None:
    close_id = await walking(shop, pace="patient")
    await shop.bench.clock.seconds(2)
    paces = []
    for _ in range(3):
        assert 200 == (await change(shop, close_id, "faster")).status_code
        await shop.bench.clock.seconds(2)
        walk = (await shop.get(f"/api/closes/{close_id}"))["walk"]
        paces.append((walk["pace"], walk["crossing"]))
    assert [("normal", False), ("urgent", False), ("urgent", True)] == paces
    assert is_problem(await change(shop, close_id, "faster"), 409, "already_crossing")


async def test_a_chosen_limit_rests(shop: Shop) -> None:
    close_id = await walking(shop, worst_price="2.15")
    await shop.bench.clock.seconds(2)
    answer = await change(shop, close_id, "limit", limit_price="2.12")
    walk = (await shop.get(f"/api/closes/{close_id}"))["walk"]

    assert "rests there" in answer.json()["message"]
    assert ("2.12", True, None) == (walk["limit"], walk["resting"], walk["next_step_at"])


@pytest.mark.parametrize(
    ("price", "code"), [("2.16", "beyond_worst"), ("2.125", "invalid_tick"), ("x", None)]
)
async def test_a_limit_that_may_not_be_is_turned_away(
    shop: Shop, price: str, code: str | None
) -> None:
    close_id = await walking(shop, worst_price="2.15")
    await shop.bench.clock.seconds(2)
    answer = await change(shop, close_id, "limit", limit_price=price)

    assert is_problem(answer, 422, code or "invalid_request")
    assert [] == shop.bench.broker.replaced


async def test_a_wish_for_a_walk_that_is_over_changes_no_other(shop: Shop) -> None:
    close_id = await walking(shop)
    await shop.bench.clock.seconds(2)
    began = (await shop.get(f"/api/closes/{close_id}"))["walk"]["started_at"]
    for deed, more in (("faster", {}), ("limit", {"limit_price": "2.12"})):
        over = await change(shop, close_id, deed, started_at="2026-12-01T10:00:00Z", **more)
        assert is_problem(over, 409, "not_walking")
        assert 200 == (await change(shop, close_id, deed, started_at=began, **more)).status_code


async def test_what_does_not_walk_cannot_be_changed(shop: Shop) -> None:
    close_id = (await shop.close_strategy()).json()["close_id"]

    assert is_problem(await change(shop, close_id, "faster"), 409, "not_walking")
    assert is_problem(await change(shop, close_id, "limit", limit_price="2"), 409, "not_walking")
    assert is_problem(await change(shop, "nobody", "faster"), 404, "unknown_close")


@pytest.mark.parametrize(
    "body",
    [
        {"pace": "normal"},
        {"pace": "normal", "order_type": "limit", "limit_price_offset": "0.10"},
        {"pace": "custom", "order_type": "limit"},
        {"pace": "normal", "order_type": "limit", "walk": {"budget_seconds": 20}},
        {"order_type": "limit", "worst_price": "2"},
        {"order_type": "limit", "at_end": "cross"},
        {"pace": "normal", "order_type": "limit", "worst_price": "2", "worst_pnl": "-5"},
        {
            "pace": "custom",
            "order_type": "limit",
            "walk": {"budget_seconds": 9, "interval_seconds": 5},
        },
        {
            "pace": "custom",
            "order_type": "limit",
            "walk": {
                "budget_seconds": 20,
                "interval_seconds": 5,
                "start_share": "0.8",
                "end_share": "0.5",
            },
        },
    ],
)
async def test_a_walk_that_does_not_fit_is_refused(shop: Shop, body: dict[str, Any]) -> None:
    assert is_problem(await shop.close_strategy(**body), 422, "invalid_request")
    assert is_problem(await shop.preview(**body), 422, "invalid_request")
    assert [] == shop.bench.broker.sent


async def test_a_moving_mid_is_pushed_with_the_quotes_and_journals_nothing(shop: Shop) -> None:
    close_id = await walking(shop)
    await shop.told()
    before = await shop.bench.journal.load(close_id)
    async with connect(shop.app) as socket:
        await socket.next("snapshot")
        quote = shop.bench.quotes.quote(SHORT_CALL)
        moved = replace(quote, bid=Decimal("2.20"), ask=Decimal("2.30"))
        shop.bench.quotes.push(moved)
        [told] = (await socket.next("quotes"))["walks"]

    assert close_id == told["close_id"]
    assert (Decimal("2.20"), Decimal("2.40")) == (
        Decimal(told["walk"]["mid"]),
        Decimal(told["walk"]["natural"]),
    )
    assert before == await shop.bench.journal.load(close_id)
