"""`POST …/close-strategy`: success, partial, error and unknown, each as what it is."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from support.bench import (
    CONDOR,
    COVERED_CALL,
    COVERED_SHARES,
    LONG_PUT,
    SHORT_CALL,
    SHORT_PUT,
    Bench,
)
from support.desk import Shop, is_problem, served
from support.eventually import eventually, settle
from support.fakes import (
    hold,
    lose_after_taking,
    refuse,
    unreachable,
)

from closeout.domain.orders import OrderStatus, OrderType, Side, Ticket, TicketLeg

RESULT_FIELDS = {
    *("symbol", "order_id", "status", "filled_qty", "filled_avg_price", "error_message"),
}


async def test_an_accepted_order_is_a_success_and_nothing_is_closed_yet(shop: Shop) -> None:
    answer = await shop.close_strategy()
    body = answer.json()

    assert 200 == answer.status_code
    assert ("success", 4, 0, "working") == (
        body["status"],
        body["total_legs"],
        body["closed_legs"],
        body["phase"],
    )
    assert {"submitted"} == {order["status"] for order in body["orders"]}
    assert list(CONDOR) == [order["symbol"] for order in body["orders"]]
    assert all(set(order) >= RESULT_FIELDS for order in body["orders"])
    assert "working" in body["message"]
    assert body["close_id"]


async def test_a_market_order_is_what_is_sent_when_nothing_is_said(shop: Shop) -> None:
    await shop.close_strategy()

    (ticket,) = shop.bench.broker.sent
    assert ("market", None) == (ticket.order_type.value, ticket.limit)


async def test_every_leg_goes_the_way_that_closes_it(shop: Shop) -> None:
    await shop.close_strategy()

    (ticket,) = shop.bench.broker.sent
    sides = {leg.symbol: leg.side for leg in ticket.legs}
    assert (Side.SELL, Side.BUY) == (sides[LONG_PUT], sides[SHORT_PUT])
    intents = {leg.symbol: leg.intent.value for leg in ticket.legs}
    assert ("sell_to_close", "buy_to_close") == (intents[LONG_PUT], intents[SHORT_CALL])


async def test_filled_legs_are_counted_when_they_are_filled(shop: Shop) -> None:
    shop.bench.broker.fills_at_once = True

    body = (await shop.close_strategy()).json()

    assert ("success", 4) == (body["status"], body["closed_legs"])
    assert {"filled"} == {order["status"] for order in body["orders"]}
    assert {(10, "1")} == {
        (order["filled_qty"], order["filled_avg_price"]) for order in body["orders"]
    }


async def test_a_limit_is_mid_plus_offset(shop: Shop) -> None:
    await shop.close_strategy(order_type="limit", limit_price_offset="0.07")

    (ticket,) = shop.bench.broker.sent
    assert ("limit", "2.07") == (ticket.order_type.value, str(ticket.limit))


async def test_an_offset_may_be_a_number_and_negative(shop: Shop) -> None:
    await shop.close_strategy(order_type="limit", limit_price_offset=-0.05)

    assert "1.95" == str(shop.bench.broker.sent[0].limit)


async def test_a_limit_price_goes_out_as_it_was_shown(shop: Shop) -> None:
    await shop.close_strategy(order_type="limit", limit_price="1.98")

    assert "1.98" == str(shop.bench.broker.sent[0].limit)


async def test_a_limit_price_between_cents_is_refused_with_what_to_use(shop: Shop) -> None:
    answer = await shop.close_strategy(order_type="limit", limit_price="1.985")

    assert (422, "invalid_tick") == (answer.status_code, answer.json()["code"])
    assert "1.98 or 1.99" in answer.json()["detail"]
    assert [] == shop.bench.broker.sent


async def test_offset_and_limit_price_exclude_each_other(shop: Shop) -> None:
    answer = await shop.close_strategy(
        order_type="limit", limit_price="1.98", limit_price_offset="0.01"
    )

    assert 422 == answer.status_code


async def test_a_refusal_is_an_error_in_the_brokers_words(shop: Shop) -> None:
    shop.bench.broker.script(refuse("insufficient options buying power"))

    answer = await shop.close_strategy()
    body = answer.json()

    assert 200 == answer.status_code
    assert ("error", 0, "rejected") == (body["status"], body["closed_legs"], body["phase"])
    assert {"failed"} == {order["status"] for order in body["orders"]}
    assert "insufficient options buying power" in body["message"]
    assert "insufficient options buying power" in body["orders"][0]["error_message"]


async def test_an_unknown_outcome_is_neither_filled_nor_failed_and_says_so(shop: Shop) -> None:
    shop.bench.broker.script(lose_after_taking)
    shop.bench.broker.drop_stream()
    shop.bench.broker.fail("order_by_client_id")

    body = (await shop.close_strategy()).json()

    assert ("error", 0, "unknown") == (body["status"], body["closed_legs"], body["phase"])
    assert {"submitted"} == {order["status"] for order in body["orders"]}
    assert all("did not arrive" in order["error_message"] for order in body["orders"])
    assert "Do not send it again" in body["message"]


async def test_an_answer_that_is_overdue_says_not_to_send_again(shop: Shop) -> None:
    shop.bench.broker.script(hold(asyncio.Event()))
    answering = asyncio.create_task(shop.close_strategy())
    await eventually(lambda: shop.bench.broker.sent)
    await shop.bench.clock.seconds(16)

    body = (await answering).json()

    assert ("error", "sending") == (body["status"], body["phase"])
    assert {"submitted"} == {order["status"] for order in body["orders"]}
    assert "Do not send it again" in body["message"]


async def test_a_broker_out_of_reach_says_that_it_goes_on_trying(shop: Shop) -> None:
    shop.bench.broker.script(*[unreachable] * 100)
    answering = asyncio.create_task(shop.close_strategy())
    await eventually(lambda: shop.bench.broker.sent)
    await shop.bench.clock.seconds(16)

    body = (await answering).json()

    assert ("error", "sending") == (body["status"], body["phase"])
    assert "no connection" in body["message"]


@pytest.mark.parametrize(
    ("end", "word"),
    [(OrderStatus.EXPIRED, "expired"), (OrderStatus.REJECTED, "rejected")],
)
async def test_expired_and_rejected_read_neither_as_filled_nor_as_failed(
    shop: Shop, end: OrderStatus, word: str
) -> None:
    headers = {"Idempotency-Key": "one click"}
    body = {"position_id": shop.bench.strategy.id}
    await shop.http.post(f"{shop.path}/close-strategy", json=body, headers=headers)
    shop.bench.broker.end(end)
    await settle()

    again = await shop.http.post(f"{shop.path}/close-strategy", json=body, headers=headers)

    told = again.json()
    assert ("error", 0) == (told["status"], told["closed_legs"])
    assert {"submitted"} == {order["status"] for order in told["orders"]}
    assert word in told["message"]
    assert all(word in order["error_message"] for order in told["orders"])


async def test_a_covered_call_is_partial_while_its_shares_wait(empty_bench: Bench) -> None:
    empty_bench.hold_covered_call()
    async with served(empty_bench) as shop:
        body = (await shop.close_strategy()).json()

    orders = {order["symbol"]: order for order in body["orders"]}
    assert ("partial", 2, 0) == (body["status"], body["total_legs"], body["closed_legs"])
    assert None is orders[COVERED_CALL]["error_message"]
    assert None is orders[COVERED_SHARES]["order_id"]
    assert "Waits until" in orders[COVERED_SHARES]["error_message"]


async def test_a_partial_fill_is_not_a_closed_leg(shop: Shop) -> None:
    headers = {"Idempotency-Key": "one click"}
    body = {"position_id": shop.bench.strategy.id}
    await shop.http.post(f"{shop.path}/close-strategy", json=body, headers=headers)
    shop.bench.broker.fill(units=4)
    await settle()

    told = (await shop.http.post(f"{shop.path}/close-strategy", json=body, headers=headers)).json()

    assert ("success", 0) == (told["status"], told["closed_legs"])
    assert {("submitted", 4)} == {(each["status"], each["filled_qty"]) for each in told["orders"]}


async def test_a_second_close_is_answered_with_the_first(shop: Shop) -> None:
    first = (await shop.close_strategy()).json()
    second = (await shop.close_strategy(order_type="limit")).json()

    assert first["close_id"] == second["close_id"]
    assert 1 == len(shop.bench.broker.sent)


async def test_clicks_at_once_are_answered_with_one_close(shop: Shop) -> None:
    answers = await asyncio.gather(*(shop.close_strategy() for _ in range(6)))

    assert 1 == len({answer.json()["close_id"] for answer in answers})
    assert 1 == len(shop.bench.broker.sent)


async def test_a_leg_close_that_runs_is_not_passed_off_as_the_whole(shop: Shop) -> None:
    first = (await shop.close_leg(SHORT_PUT)).json()

    second = (await shop.close_strategy()).json()

    assert first["close_id"] == second["close_id"]
    assert ("partial", 4, 0) == (second["status"], second["total_legs"], second["closed_legs"])
    assert 1 == len(shop.bench.broker.sent)
    assert "less than you ask for" in second["message"]


async def test_the_key_is_honoured(shop: Shop) -> None:
    body = {"position_id": shop.bench.strategy.id}

    async def post() -> httpx.Response:
        headers = {"Idempotency-Key": "one click"}
        return await shop.http.post(f"{shop.path}/close-strategy", json=body, headers=headers)

    first = (await post()).json()
    shop.bench.broker.fill()
    await shop.bench.clock.seconds(1)
    path = f"/api/positions/{body['position_id']}/close-strategy"
    again = await shop.http.post(path, json=body, headers={"Idempotency-Key": "one click"})

    assert first["close_id"] == again.json()["close_id"]
    assert ("success", 4) == (again.json()["status"], again.json()["closed_legs"])
    assert 1 == len(shop.bench.broker.sent)


async def test_a_key_for_another_request_is_a_problem(shop: Shop) -> None:
    headers = {"Idempotency-Key": "one click"}
    body = {"position_id": shop.bench.strategy.id}
    await shop.http.post(f"{shop.path}/close-strategy", json=body, headers=headers)

    answer = await shop.http.post(
        f"{shop.path}/close-strategy", json=body | {"order_type": "limit"}, headers=headers
    )

    assert is_problem(answer, 422, "idempotency_key_reused")
    assert 1 == len(shop.bench.broker.sent)


async def test_a_refused_close_can_be_tried_again(shop: Shop) -> None:
    shop.bench.broker.script(refuse("try later"))
    first = (await shop.close_strategy()).json()
    await shop.bench.clock.advance(timedelta(seconds=1))

    second = (await shop.close_strategy()).json()

    assert ("error", "success") == (first["status"], second["status"])
    assert first["close_id"] != second["close_id"]


async def test_orders_that_hold_the_contracts_are_cancelled_when_told_to(shop: Shop) -> None:
    broker, symbol = shop.bench.broker, SHORT_PUT
    leg = TicketLeg(symbol, 1, Side.BUY)
    broker.take(Ticket("by-hand", 3, (leg,), OrderType.MARKET, None))
    held = broker.newest.order_id
    refused = await shop.close_strategy()
    shown = (await shop.preview(cancel_conflicting=True)).json()
    told = await shop.close_strategy(cancel_conflicting=True)

    assert is_problem(refused, 409, "contracts_held")
    assert held in refused.json()["detail"]
    assert None is shown["problem"]
    assert [held] == shown["cancels_first"]
    assert "success" == told.json()["status"]
    assert [held] == broker.cancels
    close = await shop.get(f"/api/closes/{told.json()['close_id']}")
    assert [held] == [order["order_id"] for order in close["conflicts"]]
