"""`POST …/close-preview`: exactly what would be sent, what it brings, what stands in the way."""

import pytest
from support.bench import (
    CONDOR,
    COVERED_CALL,
    COVERED_SHARES,
    LONG_CALL,
    LONG_PUT,
    SHORT_CALL,
    SHORT_PUT,
    Bench,
)
from support.desk import Json, Shop, is_problem, served
from support.eventually import settle

from closeout.domain.orders import OrderType, Side, Ticket, TicketLeg


async def previewed(shop: Shop, **body: object) -> Json:
    answer = await shop.preview(**body)
    assert 200 == answer.status_code, answer.text
    told: Json = answer.json()
    return told


def codes(body: Json) -> set[str]:
    return {warning["code"] for warning in body["warnings"]}


async def test_a_condor_is_one_order_at_natural_and_mid(shop: Shop) -> None:
    body = await previewed(shop)

    (order,) = body["orders"]
    assert ("mleg", "market", "day", 10, None) == (
        order["order_class"],
        order["order_type"],
        order["time_in_force"],
        order["units"],
        order["limit_price"],
    )
    assert ("2.20", "2.00") == (order["natural"], order["mid"])
    assert ("-2200.00", "-2000.00", None) == (
        body["cash_natural"],
        body["cash_mid"],
        body["cash_limit"],
    )
    assert ("-2200.00", "-2000.00") == (body["pnl_natural"], body["pnl_mid"])
    assert None is body["problem"]


async def test_every_leg_says_what_is_done_with_it(shop: Shop) -> None:
    (order,) = (await previewed(shop))["orders"]

    told = {leg["symbol"]: (leg["action"], leg["quantity"], leg["ratio"]) for leg in order["legs"]}
    assert {
        symbol: ("sell_to_close" if ratio > 0 else "buy_to_close", 10, 1)
        for symbol, ratio in CONDOR.items()
    } == told


async def test_what_is_previewed_is_what_is_sent(shop: Shop) -> None:
    terms = {"order_type": "limit", "limit_price_offset": "0.05"}
    (order,) = (await previewed(shop, **terms))["orders"]
    await shop.close_strategy(**terms)

    (ticket,) = shop.bench.broker.sent
    assert order["limit_price"] == str(ticket.limit)
    assert order["units"] == ticket.units
    sent = [(leg.symbol, leg.intent.value, leg.ratio) for leg in ticket.legs]
    assert [(leg["symbol"], leg["action"], leg["ratio"]) for leg in order["legs"]] == sent


async def test_a_limit_tells_its_cash(shop: Shop) -> None:
    body = await previewed(shop, order_type="limit", limit_price_offset="0.05")

    assert "-2050.00" == body["cash_limit"]


async def test_a_preview_sends_nothing(shop: Shop) -> None:
    await previewed(shop)
    await shop.bench.clock.seconds(60)

    assert [] == shop.bench.broker.sent
    assert [] == shop.bench.journal.close_ids


async def test_a_leg_is_a_single_order(shop: Shop) -> None:
    leg_id = shop.bench.leg(SHORT_PUT).id

    body = await previewed(shop, leg_id=leg_id, order_type="limit", limit_price="2.03")

    (order,) = body["orders"]
    assert ("simple", "2.03", leg_id) == (
        order["order_class"],
        order["limit_price"],
        order["legs"][0]["leg_id"],
    )
    assert "-2030.00" == body["cash_limit"]


async def test_a_price_of_a_penny_class_is_no_problem(empty_bench: Bench) -> None:
    symbol = "AAPL261218C00250000"
    empty_bench.broker.hold(symbol, 1)
    async with served(empty_bench) as shop:
        leg_id = shop.bench.leg(symbol).id
        body = await previewed(shop, leg_id=leg_id, order_type="limit", limit_price="1.03")

    assert None is body["problem"]
    assert "1.03" == body["orders"][0]["limit_price"]


async def test_a_price_between_ticks_is_a_problem_beforehand(empty_bench: Bench) -> None:
    symbol = "XYZ261218C00250000"
    empty_bench.broker.hold(symbol, 1)
    empty_bench.broker.penny = False
    async with served(empty_bench) as shop:
        leg_id = shop.bench.leg(symbol).id
        body = await previewed(shop, leg_id=leg_id, order_type="limit", limit_price="1.03")

    assert ("invalid_tick", []) == (body["problem_code"], body["orders"])


async def test_shares_follow_as_a_second_order(empty_bench: Bench) -> None:
    empty_bench.hold_covered_call()
    async with served(empty_bench) as shop:
        body = await previewed(shop)

    traded = [order["legs"][0]["symbol"] for order in body["orders"]]
    assert [COVERED_CALL, COVERED_SHARES] == traded
    assert "several_orders" in codes(body)
    assert "-10.00" == body["cash_natural"], "a call at 1.10 x 100 against shares at 1.00 x 100"


async def test_a_limit_over_options_and_shares_is_one_for_each_order(empty_bench: Bench) -> None:
    empty_bench.hold_covered_call()
    async with served(empty_bench) as shop:
        body = await previewed(shop, order_type="limit")

    assert ["1.05", "1.05"] == [order["limit_price"] for order in body["orders"]]


async def test_a_closed_market_is_a_problem_and_a_limit_is_offered(shop: Shop) -> None:
    shop.bench.broker.is_open = False
    await shop.bench.engine.book.read_market()

    body = await previewed(shop)
    limit = await previewed(shop, order_type="limit")

    assert ("market_closed", True, False) == (
        body["problem_code"],
        body["limit_allowed"],
        body["market_open"],
    )
    assert body["next_open"].startswith("2026-11-23")
    assert None is limit["problem"]


async def test_a_blocked_account_is_a_problem(shop: Shop) -> None:
    shop.bench.broker.blocked_reason = "trading is suspended by the user"
    await shop.bench.engine.book.read_account()

    assert "account_blocked" == (await previewed(shop))["problem_code"]


async def test_contracts_held_elsewhere_are_a_problem(shop: Shop) -> None:
    leg = TicketLeg(SHORT_PUT, 1, Side.BUY)
    shop.bench.broker.take(Ticket("by-hand", 3, (leg,), OrderType.MARKET, None))
    await shop.bench.engine.book.refresh()

    body = await previewed(shop)

    assert "contracts_held" == body["problem_code"]
    assert shop.bench.broker.newest.order_id in body["problem"]


async def test_a_leg_that_covers_is_a_problem(shop: Shop) -> None:
    body = await previewed(shop, leg_id=shop.bench.leg(LONG_CALL).id)

    assert "would_uncover" == body["problem_code"]


async def test_what_a_running_close_claims_is_a_problem(shop: Shop) -> None:
    await shop.close_leg(SHORT_PUT)
    await settle()

    body = await previewed(shop)

    assert "contracts_claimed" == body["problem_code"]


async def test_the_free_feed_is_warned_about(shop: Shop) -> None:
    assert "indicative_feed" in codes(await previewed(shop))


async def test_a_leg_without_a_bid_is_warned_about(shop: Shop) -> None:
    shop.bench.quotes.set(LONG_PUT, "0.00", "0.05")
    await shop.bench.engine.book.read_quotes()

    body = await previewed(shop)

    assert "zero_bid" in codes(body)
    assert "danger" == body["warnings"][0]["severity"], "the worst comes first"


async def test_a_missing_quote_leaves_the_money_open(empty_bench: Bench) -> None:
    empty_bench.hold_condor()
    empty_bench.quotes.absent.add(LONG_PUT)
    async with served(empty_bench) as shop:
        market = await previewed(shop)
        limit = await previewed(shop, order_type="limit")

    assert ("no_quote" in codes(market), None, None) == (
        True,
        market["cash_mid"],
        market["problem"],
    )
    assert "no_price" == limit["problem_code"]


async def test_old_quotes_are_warned_about(shop: Shop) -> None:
    await shop.bench.clock.seconds(120)

    assert "stale" in codes(await previewed(shop))


@pytest.mark.parametrize(
    "body",
    [
        {"limit_price_offset": "0.05"},
        {"order_type": "limit", "limit_price": "1.00"},
        {"leg_id": "x", "order_type": "limit", "limit_price_offset": "0.05"},
        {"leg_id": "x", "limit_price": "1.00"},
    ],
)
async def test_prices_that_do_not_go_together_are_refused(
    shop: Shop, body: dict[str, object]
) -> None:
    assert is_problem(await shop.preview(**body), 422, "invalid_request")


async def test_every_leg_shows_its_market_and_how_old_that_is(shop: Shop) -> None:
    await shop.bench.clock.seconds(7)

    (order,) = (await previewed(shop))["orders"]

    leg = next(each for each in order["legs"] if SHORT_PUT == each["symbol"])
    assert ("2.00", 10, "2.10", 10, "2.05", 7) == tuple(
        leg[name] for name in ("bid", "bid_size", "ask", "ask_size", "mid", "quote_age_seconds")
    )


async def test_fees_are_told_for_each_leg_and_together(shop: Shop) -> None:
    """Ten condors in November 2026: 40 contracts; the two longs are sold at a mid of 1.05."""
    body = await previewed(shop)

    sold = next(leg for leg in body["orders"][0]["legs"] if LONG_PUT == leg["symbol"])
    assert {"orf": "0.15", "occ": "0.25", "taf": "0", "cat": "0.003", "sec": "0.02163"} == {
        fee["code"]: fee["amount"] for fee in sold["fees"]
    }
    assert ("1.65526", "1.67") == (body["fees"]["exact"], body["fees"]["total"])
    orf = next(fee for fee in body["fees"]["fees"] if "orf" == fee["code"])
    assert ("0.6", "0.015", "contract", "2026-07-01", False) == tuple(
        orf[name] for name in ("amount", "rate", "basis", "since", "confirmed")
    )
    assert "BrokFeeSched" in orf["source"]


async def test_buying_power_is_told_before_and_after(shop: Shop) -> None:
    """Ten wings of ten dollars bind 10,000; buying back at natural costs 2,200."""
    body = await previewed(shop)

    assert {
        "before": "100000.00",
        "after": "107800.00",
        "margin_before": "10000.00",
        "margin_after": "0.00",
        "released": "10000.00",
        "cash": "-2200.00",
    } == body["buying_power"]


async def test_a_limit_counts_in_the_buying_power(shop: Shop) -> None:
    body = await previewed(shop, order_type="limit", limit_price_offset="0.05")

    assert ("-2050.00", "107950.00") == (
        body["buying_power"]["cash"],
        body["buying_power"]["after"],
    )


async def test_nobody_goes_beyond_a_fixed_limit_and_anywhere_at_market(shop: Shop) -> None:
    limit = await previewed(shop, order_type="limit", limit_price_offset="0.05")
    market = await previewed(shop)

    assert ("2.05", "-2050.00", "-2050.00") == (
        limit["orders"][0]["worst"],
        limit["cash_worst"],
        limit["pnl_worst"],
    )
    assert (None, None) == (market["orders"][0]["worst"], market["cash_worst"])


async def test_what_remains_of_the_strategy_is_told(shop: Shop) -> None:
    whole = await previewed(shop)
    one = await previewed(shop, leg_id=shop.bench.leg(SHORT_PUT).id)

    assert ([], 0, 0) == (
        whole["remaining_legs"],
        whole["uncovered_before"],
        whole["uncovered_after"],
    )
    assert {LONG_PUT: 10, SHORT_CALL: -10, LONG_CALL: 10} == {
        leg["symbol"]: leg["quantity"] for leg in one["remaining_legs"]
    }


async def test_a_naked_short_is_counted_and_named(shop: Shop) -> None:
    body = await previewed(shop, leg_id=shop.bench.leg(LONG_CALL).id)

    assert (0, 10) == (body["uncovered_before"], body["uncovered_after"])
    assert "leaves_naked" in codes(body)
    assert None is body["buying_power"]["after"], "a naked call may cost anything"


async def test_an_order_that_holds_contracts_is_a_conflict(shop: Shop) -> None:
    leg = TicketLeg(SHORT_PUT, 1, Side.BUY)
    shop.bench.broker.take(Ticket("by-hand", 3, (leg,), OrderType.MARKET, None))
    await shop.bench.engine.book.refresh()

    (conflict,) = (await previewed(shop))["conflicts"]

    assert (shop.bench.broker.newest.order_id, None, True) == (
        conflict["order_id"],
        conflict["close_id"],
        conflict["holds"],
    )
    assert [{"symbol": SHORT_PUT, "side": "buy", "open_quantity": 3}] == conflict["legs"]


async def test_an_order_of_closeouts_own_names_its_close(shop: Shop) -> None:
    answer = (await shop.close_leg(SHORT_PUT)).json()

    (conflict,) = (await previewed(shop))["conflicts"]

    assert answer["close_id"] == conflict["close_id"]


async def test_the_feed_is_named(shop: Shop) -> None:
    assert "indicative" == (await previewed(shop))["feed"]


async def test_an_unknown_leg_is_a_problem(shop: Shop) -> None:
    assert is_problem(await shop.preview(leg_id="leg_none"), 404, "unknown_leg")


async def test_a_preview_asks_nothing_of_a_broker_that_is_down(shop: Shop) -> None:
    shop.bench.broker.fail("*")
    await shop.bench.clock.seconds(120)
    before = shop.bench.broker.reads.total()

    body = await previewed(shop, order_type="limit")

    assert before == shop.bench.broker.reads.total()
    assert SHORT_CALL in {leg["symbol"] for leg in body["orders"][0]["legs"]}
