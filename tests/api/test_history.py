"""`GET /api/history` and the report on a close: what it came to, against the market."""

from decimal import Decimal

import pytest
from support.bench import (
    CONDOR,
    LONG_CALL,
    LONG_PUT,
    SHORT_CALL,
    SHORT_PUT,
    Bench,
)
from support.desk import Json, Shop, is_problem, served
from support.eventually import eventually, settle

from closeout.domain.orders import OrderStatus

FILLS = {
    SHORT_PUT: Decimal("2.06"),
    SHORT_CALL: Decimal("2.06"),
    LONG_PUT: Decimal("1.05"),
    LONG_CALL: Decimal("1.05"),
}
"""Net 2.02, where mid is 2.00 and natural 2.20."""


async def closed(shop: Shop, **body: object) -> str:
    """Close the condor, let it fill after four seconds, and wait until it is closed."""
    answer = (await shop.close_strategy(**body)).json()
    await shop.bench.clock.seconds(4)
    shop.bench.broker.fill(prices=FILLS)
    await ended(shop, answer["close_id"])
    return str(answer["close_id"])


async def ended(shop: Shop, close_id: str) -> None:
    await eventually(lambda: shop.bench.state(close_id).phase.is_end)
    await settle()


async def held_again(shop: Shop) -> None:
    for symbol, ratio in CONDOR.items():
        shop.bench.broker.hold(symbol, ratio * 10)
    await shop.bench.clock.seconds(120)
    await shop.bench.engine.book.refresh()


async def test_a_close_ends_with_its_report(shop: Shop) -> None:
    close_id = await closed(shop)

    report = (await shop.get(f"/api/closes/{close_id}"))["report"]

    assert ("2.02", "10", "indicative", "-2020.00", "-2020.00", 4.0) == (
        report["fill_price"],
        report["units"],
        report["feed"],
        report["cash"],
        report["pnl"],
        report["seconds_to_flat"],
    )
    for instant in ("decision", "first_send", "at_fill"):
        measured = report[instant]
        assert ("2", "2.2") == (measured["mid"], measured["natural"])
        assert {"cents": "2", "dollars": "20.00"} == measured["against_mid"]
        assert {"cents": "-18", "dollars": "-180.00"} == measured["against_natural"]
        assert "0.1" == measured["half_spread_share"]
    assert "0.1" == report["half_spread_share"]


async def test_its_fees_are_estimated(shop: Shop) -> None:
    close_id = await closed(shop)

    fees = (await shop.get(f"/api/closes/{close_id}"))["report"]["fees"]

    assert ("1.65526", "1.67", False) == (fees["exact"], fees["total"], fees["confirmed"])
    assert {"orf", "occ", "cat", "taf", "sec"} == {fee["code"] for fee in fees["fees"]}


async def test_the_decision_is_the_preview_that_was_confirmed(shop: Shop) -> None:
    preview = (await shop.preview()).json()
    at = preview["as_of"]
    await shop.bench.clock.seconds(8)
    shop.bench.quotes.set(SHORT_PUT, "2.04", "2.14")

    close_id = await closed(shop, preview_id=preview["preview_id"])

    report = (await shop.get(f"/api/closes/{close_id}"))["report"]
    assert (at, "2", "2.04") == (
        report["decision"]["at"],
        report["decision"]["mid"],
        report["first_send"]["mid"],
    )


async def test_the_market_at_the_fill_is_the_one_it_is_learnt_in(shop: Shop) -> None:
    answer = (await shop.close_strategy()).json()
    shop.bench.quotes.set(SHORT_PUT, "2.20", "2.30")
    await shop.bench.engine.book.read_quotes()
    shop.bench.broker.fill(prices=FILLS)
    await ended(shop, answer["close_id"])

    report = (await shop.get(f"/api/closes/{answer['close_id']}"))["report"]

    assert ("2", "2.2") == (report["first_send"]["mid"], report["at_fill"]["mid"])
    assert "-0.9" == report["at_fill"]["half_spread_share"]


async def test_a_restart_keeps_what_was_measured(shop: Shop) -> None:
    close_id = await closed(shop)
    before = shop.bench.state(close_id)

    await shop.bench.restart()

    assert before.executions == shop.bench.state(close_id).executions


async def test_nothing_filled_has_no_report(shop: Shop) -> None:
    answer = (await shop.close_strategy(order_type="limit")).json()

    assert None is (await shop.get(f"/api/closes/{answer['close_id']}"))["report"]


async def test_history_holds_ended_closes_newest_first(shop: Shop) -> None:
    first = await closed(shop)
    await held_again(shop)
    second = await closed(shop, order_type="limit")
    await held_again(shop)
    await shop.close_strategy(order_type="limit")

    history = await shop.get("/api/history")

    assert ([second, first], 2, None) == (
        [each["id"] for each in history["closes"]],
        history["total_count"],
        history["next_before"],
    )


async def test_history_adds_up(shop: Shop) -> None:
    await closed(shop)
    await held_again(shop)
    await closed(shop, order_type="limit", limit_price_offset="0.05")
    await held_again(shop)
    answer = (await shop.close_strategy(order_type="limit")).json()
    shop.bench.broker.end(OrderStatus.CANCELED)
    await ended(shop, answer["close_id"])

    history = await shop.get("/api/history")

    totals = history["totals"]
    assert (None, 3, 2, "-4040.00", 0, "3.32", "0.1", 2, 4.0) == tuple(
        totals[name]
        for name in (
            *("terms", "closes", "closed", "cash", "pnl_unknown", "fees"),
            *("median_half_spread_share", "measured", "median_seconds_to_flat"),
        )
    )
    assert {"limit": 2, "market": 1} == {
        each["terms"]: each["closes"] for each in history["by_terms"]
    }


async def test_the_totals_of_one_close_charge_what_its_report_says(shop: Shop) -> None:
    """Exactly it is 1.65526; SEC and CAT are rounded up."""
    await closed(shop)

    history = await shop.get("/api/history")

    (close,) = history["closes"]
    assert ("1.67", "1.67", "1.67") == (
        close["report"]["fees"]["total"],
        history["totals"]["fees"],
        history["by_terms"][0]["fees"],
    )


async def test_history_comes_in_pages(shop: Shop) -> None:
    ids = []
    for _ in range(3):
        ids.append(await closed(shop))
        await held_again(shop)
    newest_first = ids[::-1]

    page = await shop.get("/api/history?limit=2")
    rest = await shop.get(f"/api/history?limit=2&before={page['next_before']}")

    assert newest_first == [each["id"] for each in (*page["closes"], *rest["closes"])]
    assert (newest_first[1], None) == (page["next_before"], rest["next_before"])
    assert page["totals"] == rest["totals"], "they are of all closes, not of the page"


async def test_an_unknown_place_to_go_on_from_is_said(shop: Shop) -> None:
    answer = await shop.http.get("/api/history?before=nothing")

    assert is_problem(answer, 404, "unknown_close")


async def test_an_empty_history_adds_up_to_nothing(shop: Shop) -> None:
    history: Json = await shop.get("/api/history")

    assert ([], 0, [], "0.00", None) == (
        history["closes"],
        history["total_count"],
        history["by_terms"],
        history["totals"]["cash"],
        history["totals"]["median_half_spread_share"],
    )


@pytest.mark.parametrize("limit", ["0", "201", "x"])
async def test_a_page_has_a_size(shop: Shop, limit: str) -> None:
    answer = await shop.http.get(f"/api/history?limit={limit}")

    assert is_problem(answer, 422, "invalid_request")


async def test_the_holdings_entry_price_tells_the_result_of_a_leg_without_history(
    empty_bench: Bench,
) -> None:
    symbol = "AAPL261218C00250000"
    empty_bench.broker.hold(symbol, 1)
    async with served(empty_bench) as shop:
        close_id = str((await shop.close_strategy()).json()["close_id"])
        shop.bench.broker.fill(prices={symbol: Decimal("1.05")})
        await ended(shop, close_id)
        report = (await shop.get(f"/api/closes/{close_id}"))["report"]

    assert ("105.00", "5.00") == (report["cash"], report["pnl"])
