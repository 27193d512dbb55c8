"""Closes that take several orders: packages refused, longs without a bid, shares."""

from decimal import Decimal

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
from support.desk import Shop, is_problem, served
from support.eventually import eventually
from support.fakes import lose_after_taking, refuse

from closeout.closing.state import Phase
from closeout.domain.orders import Side

OFF = "submit mleg order is disabled"
SHORTS_FIRST = [SHORT_PUT, SHORT_CALL, LONG_PUT, LONG_CALL]


def sent(shop: Shop) -> list[str]:
    """The symbols of the single orders that were sent, in order."""
    return [leg.symbol for ticket in shop.bench.broker.sent for leg in ticket.legs[:1]]


def nobody_bids_for(shop: Shop, symbol: str) -> None:
    shop.bench.quotes.set(symbol, "0", "0.05")
    shop.bench.quotes.push(shop.bench.quotes.quote(symbol))


async def test_a_refused_package_goes_leg_by_leg_to_the_end(shop: Shop) -> None:
    shop.bench.broker.script(refuse(OFF))
    shop.bench.broker.fills_at_once = True

    answer = (await shop.close_strategy(if_refused="leg_in")).json()
    await shop.bench.reaches(answer["close_id"], Phase.CLOSED)

    assert SHORTS_FIRST == sent(shop)[1:]
    close = await shop.get(f"/api/closes/{answer['close_id']}")
    assert ["refused"] + ["filled"] * 4 == [each["status"] for each in close["attempts"]]
    assert {(10, 10, "filled")} == {
        (leg["quantity"], leg["filled_qty"], leg["status"]) for leg in close["legs"]
    }


async def test_a_preview_shows_the_orders_that_would_go_instead(shop: Shop) -> None:
    terms = {"order_type": "limit", "limit_price_offset": "0.05", "if_refused": "leg_in"}
    (order,) = (await shop.preview(**terms)).json()["orders"]
    shop.bench.broker.script(refuse(OFF))
    shop.bench.broker.fills_at_once = True

    answer = (await shop.close_strategy(**terms)).json()
    await shop.bench.reaches(answer["close_id"], Phase.CLOSED)

    gone = [
        (leg.symbol, leg.intent.value, leg.ratio * ticket.units, ticket.limit)
        for ticket in shop.bench.broker.sent[1:]
        for leg in ticket.legs
    ]
    shown = [
        (leg["symbol"], leg["action"], leg["quantity"], Decimal(single["limit_price"]))
        for single in order["instead"]
        for leg in single["legs"]
    ]
    assert shown == gone
    assert SHORTS_FIRST == [symbol for symbol, *_ in gone]


async def test_a_preview_that_would_stop_shows_none_instead(shop: Shop) -> None:
    (order,) = (await shop.preview()).json()["orders"]

    assert [] == order["instead"]


async def test_while_the_first_leg_works_the_others_wait_and_it_says_why(shop: Shop) -> None:
    shop.bench.broker.script(refuse(OFF))

    answer = (await shop.close_strategy(if_refused="leg_in")).json()
    await eventually(lambda: 2 == len(shop.bench.broker.sent))
    close = await shop.get(f"/api/closes/{answer['close_id']}")

    assert OFF in close["message"]
    assert "shorts first" in close["message"]
    assert {SHORT_PUT: "working", SHORT_CALL: "waiting", LONG_PUT: "waiting"}.items() <= {
        leg["symbol"]: leg["status"] for leg in close["legs"]
    }.items()


async def test_a_refused_package_ends_the_close_when_nothing_was_said(shop: Shop) -> None:
    shop.bench.broker.script(refuse(OFF))

    answer = (await shop.close_strategy()).json()

    assert ("error", "rejected") == (answer["status"], answer["phase"])
    assert 1 == len(shop.bench.broker.sent)


async def test_a_refusal_for_another_reason_sends_no_leg(shop: Shop) -> None:
    shop.bench.broker.script(refuse("insufficient qty available for order"))

    answer = (await shop.close_strategy(if_refused="leg_in")).json()

    assert "rejected" == answer["phase"]
    assert 1 == len(shop.bench.broker.sent)


async def test_a_lost_answer_sends_no_leg(shop: Shop) -> None:
    shop.bench.broker.script(lose_after_taking)

    answer = (await shop.close_strategy(if_refused="leg_in")).json()
    await shop.bench.reaches(answer["close_id"], Phase.WORKING)

    assert 1 == len(shop.bench.broker.sent)


async def test_a_restart_between_the_legs_goes_on_where_it_was(shop: Shop) -> None:
    bench = shop.bench
    bench.broker.script(refuse(OFF))
    answer = (await shop.close_strategy(if_refused="leg_in")).json()
    await eventually(lambda: 2 == len(bench.broker.sent))
    bench.broker.fill()
    await eventually(lambda: 3 == len(bench.broker.sent))
    await bench.restart()
    bench.broker.fills_at_once = True
    bench.broker.fill()
    await bench.clock.seconds(5)

    assert Phase.CLOSED is (await bench.reaches(answer["close_id"], Phase.CLOSED)).phase
    assert SHORTS_FIRST == sent(shop)[1:]


async def test_a_long_without_a_bid_is_left_where_it_is(shop: Shop) -> None:
    nobody_bids_for(shop, LONG_PUT)
    shop.bench.broker.fills_at_once = True

    answer = (await shop.close_strategy(no_bid="leave")).json()
    await shop.bench.reaches(answer["close_id"], Phase.CLOSED)

    (ticket,) = shop.bench.broker.sent
    assert set(CONDOR) - {LONG_PUT} == {leg.symbol for leg in ticket.legs}
    assert ("success", 3) == (answer["status"], answer["total_legs"])
    assert [LONG_PUT] == [leg.symbol for leg in shop.bench.strategy.legs]


async def test_a_long_without_a_bid_is_offered_at_a_tick_at_last(shop: Shop) -> None:
    nobody_bids_for(shop, LONG_PUT)
    shop.bench.broker.fills_at_once = True

    answer = (await shop.close_strategy(no_bid="tick")).json()
    await shop.bench.reaches(answer["close_id"], Phase.CLOSED)

    package, offer = shop.bench.broker.sent
    assert ("market", "limit", "0.01") == (
        package.order_type.value,
        offer.order_type.value,
        str(offer.limit),
    )
    assert [(LONG_PUT, Side.SELL)] == [(leg.symbol, leg.side) for leg in offer.legs]


async def test_quotes_that_cannot_be_read_do_not_bar_a_market_exit(shop: Shop) -> None:
    shop.bench.quotes.failing = "no answer"
    await shop.bench.clock.seconds(6)

    answer = (await shop.close_strategy(no_bid="leave")).json()

    assert ("success", 4) == (answer["status"], answer["total_legs"])


async def test_a_covered_call_closes_at_a_limit_in_two_orders(empty_bench: Bench) -> None:
    empty_bench.hold_covered_call()
    empty_bench.broker.fills_at_once = True
    async with served(empty_bench) as shop:
        answer = (await shop.close_strategy(order_type="limit")).json()
        await shop.bench.reaches(answer["close_id"], Phase.CLOSED)

    assert [(COVERED_CALL, "1.05"), (COVERED_SHARES, "1.05")] == [
        (ticket.legs[0].symbol, str(ticket.limit)) for ticket in empty_bench.broker.sent
    ]


async def test_the_call_of_a_covered_call_may_go_alone(empty_bench: Bench) -> None:
    empty_bench.hold_covered_call()
    async with served(empty_bench) as shop:
        legs = [shop.bench.leg(COVERED_CALL).id]
        answer = (await shop.close_strategy(leg_ids=legs)).json()

    assert ("success", 1) == (answer["status"], answer["total_legs"])
    assert [COVERED_CALL] == sent(shop)


async def test_the_shares_may_not_go_alone(empty_bench: Bench) -> None:
    empty_bench.hold_covered_call()
    async with served(empty_bench) as shop:
        legs = [shop.bench.leg(COVERED_SHARES).id]
        answer = await shop.close_strategy(leg_ids=legs)

    assert is_problem(answer, 409, "would_uncover")


async def test_one_price_for_several_orders_is_refused_with_what_to_do(empty_bench: Bench) -> None:
    empty_bench.hold_covered_call()
    async with served(empty_bench) as shop:
        answer = await shop.close_strategy(order_type="limit", limit_price="1.00")

    assert is_problem(answer, 422, "one_price_several_orders")
    assert "limit_price_offset" in answer.json()["detail"]


@pytest.mark.parametrize("body", [{"no_bid": "drop"}, {"if_refused": "retry"}])
async def test_unknown_wishes_are_refused(shop: Shop, body: dict[str, object]) -> None:
    assert is_problem(await shop.close_strategy(**body), 422, "invalid_request")
