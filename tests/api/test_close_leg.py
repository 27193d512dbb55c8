"""`POST …/close-leg`: one leg as a single order."""

from decimal import Decimal

import pytest
from support.bench import CONDOR, LONG_CALL, LONG_PUT, SHORT_CALL, SHORT_PUT, Bench
from support.desk import Shop, is_problem, served
from support.eventually import settle
from support.fakes import lose_after_taking, refuse

from closeout.domain.orders import Side


async def test_a_short_leg_is_bought_back(shop: Shop) -> None:
    body = (await shop.close_leg(SHORT_PUT)).json()

    (ticket,) = shop.bench.broker.sent
    assert ("success", SHORT_PUT, "submitted") == (
        body["status"],
        body["order"]["symbol"],
        body["order"]["status"],
    )
    assert (Side.BUY, 10, False) == (ticket.legs[0].side, ticket.units, ticket.is_package)


async def test_a_long_leg_is_sold(empty_bench: Bench) -> None:
    empty_bench.broker.hold(LONG_CALL, 3)
    async with served(empty_bench) as shop:
        body = (await shop.close_leg(LONG_CALL)).json()

    (ticket,) = empty_bench.broker.sent
    assert "success" == body["status"]
    assert (Side.SELL, 3) == (ticket.legs[0].side, ticket.units)


async def test_a_filled_leg_reads_as_filled(shop: Shop) -> None:
    shop.bench.broker.fills_at_once = True

    body = (await shop.close_leg(SHORT_PUT)).json()

    assert ("success", "filled", 10) == (
        body["status"],
        body["order"]["status"],
        body["order"]["filled_qty"],
    )


async def test_a_refused_leg_reads_as_failed(shop: Shop) -> None:
    shop.bench.broker.script(refuse("active assignment lock"))

    body = (await shop.close_leg(SHORT_PUT)).json()

    assert ("error", "failed", "active assignment lock") == (
        body["status"],
        body["order"]["status"],
        body["order"]["error_message"],
    )


async def test_an_unknown_leg_outcome_is_named_unknown(shop: Shop) -> None:
    shop.bench.broker.script(lose_after_taking)
    shop.bench.broker.drop_stream()
    shop.bench.broker.fail("order_by_client_id")

    body = (await shop.close_leg(SHORT_PUT)).json()

    assert ("error", "submitted", "unknown") == (
        body["status"],
        body["order"]["status"],
        body["phase"],
    )
    assert "did not arrive" in body["message"]


async def test_a_limit_price_is_sent_as_it_is(shop: Shop) -> None:
    await shop.close_leg(SHORT_PUT, order_type="limit", limit_price="2.03")

    assert "2.03" == str(shop.bench.broker.sent[0].limit)


async def test_a_limit_without_a_price_goes_at_the_legs_mid(shop: Shop) -> None:
    await shop.close_leg(SHORT_PUT, order_type="limit")

    assert "2.05" == str(shop.bench.broker.sent[0].limit)


@pytest.mark.parametrize("price", ["2.035", "0", 0])
async def test_a_price_between_ticks_is_a_problem_that_names_its_neighbours(
    shop: Shop, price: object
) -> None:
    answer = await shop.close_leg(SHORT_PUT, order_type="limit", limit_price=price)

    assert is_problem(answer, 422, "invalid_tick")
    assert "use " in answer.json()["detail"]
    assert [] == shop.bench.broker.sent


async def test_a_leg_that_covers_is_a_conflict(shop: Shop) -> None:
    answer = await shop.close_leg(LONG_PUT)

    assert is_problem(answer, 409, "would_uncover")
    assert [] == shop.bench.broker.sent


async def test_an_unknown_leg_is_a_problem(shop: Shop) -> None:
    answer = await shop.http.post(f"{shop.path}/close-leg", json={"leg_id": "leg_none"})

    assert is_problem(answer, 404, "unknown_leg")


async def test_an_unknown_position_of_a_leg_is_a_problem(shop: Shop) -> None:
    answer = await shop.http.post("/api/positions/test-id/close-leg", json={"leg_id": "leg_none"})

    assert is_problem(answer, 404, "unknown_position")


async def test_a_leg_of_a_running_strategy_close_is_answered_with_that(shop: Shop) -> None:
    first = (await shop.close_strategy()).json()
    second = (await shop.close_leg(SHORT_CALL)).json()

    assert first["close_id"] == second["close_id"]
    assert ("success", SHORT_CALL) == (second["status"], second["order"]["symbol"])


async def test_two_legs_at_once_are_two_orders(shop: Shop) -> None:
    first = (await shop.close_leg(SHORT_CALL)).json()
    second = (await shop.close_leg(SHORT_PUT)).json()

    assert first["close_id"] != second["close_id"]
    assert 2 == len(shop.bench.broker.sent)


async def test_a_price_over_a_replaced_order_is_the_average(shop: Shop) -> None:
    """Somebody may replace our order at Alpaca's own page: both parts count."""
    headers = {"Idempotency-Key": "one click"}
    path, body = f"{shop.path}/close-leg", {"leg_id": shop.bench.leg(SHORT_PUT).id}
    await shop.http.post(path, json=body, headers=headers)
    broker = shop.bench.broker
    broker.fill(units=4, prices={SHORT_PUT: Decimal("2.00")})
    broker.replace_elsewhere(broker.newest)
    await shop.bench.clock.seconds(5)
    broker.fill(units=6, prices={SHORT_PUT: Decimal("2.10")})
    await settle()

    order = (await shop.http.post(path, json=body, headers=headers)).json()["order"]

    assert ("filled", 10, "2.06") == (
        order["status"],
        order["filled_qty"],
        order["filled_avg_price"],
    )
    assert len(CONDOR) - 1 == len(broker.quantities)
