"""Closing a part: units, percent and chosen legs of a strategy, a quantity of a leg."""

import pytest
from support.bench import CONDOR, LONG_CALL, LONG_PUT, SHORT_CALL, SHORT_PUT
from support.desk import Shop, is_problem
from support.eventually import eventually

from closeout.closing.state import Phase


def ids(shop: Shop, *symbols: str) -> list[str]:
    return [shop.bench.leg(symbol).id for symbol in symbols]


@pytest.mark.parametrize(
    ("body", "units"), [({"units": 3}, 3), ({"percent": 25}, 2), ({"percent": 100}, 10)]
)
async def test_a_part_of_the_units_is_one_order_of_every_leg(
    shop: Shop, body: dict[str, object], units: int
) -> None:
    answer = (await shop.close_strategy(**body)).json()

    (ticket,) = shop.bench.broker.sent
    assert (units, list(CONDOR)) == (ticket.units, [leg.symbol for leg in ticket.legs])
    assert ("success", 4) == (answer["status"], answer["total_legs"])


async def test_a_part_is_closed_when_the_rest_is_what_is_left(shop: Shop) -> None:
    shop.bench.broker.fills_at_once = True
    answer = (await shop.close_strategy(units=3)).json()
    await shop.bench.reaches(answer["close_id"], Phase.CLOSED)

    assert {-7, 7} == {leg.quantity for leg in shop.bench.strategy.legs}
    close = await shop.get(f"/api/closes/{answer['close_id']}")
    assert {(3, 3)} == {(leg["quantity"], leg["filled_qty"]) for leg in close["legs"]}
    assert (4, 4) == (close["total_legs"], close["closed_legs"])


async def test_parts_that_follow_one_another_add_up(shop: Shop) -> None:
    shop.bench.broker.fills_at_once = True
    for units in (3, 3, 4):
        await shop.bench.clock.seconds(1)
        answer = (await shop.close_strategy(units=units)).json()
        await shop.bench.reaches(answer["close_id"], Phase.CLOSED)

    await eventually(lambda: not shop.bench.engine.book.grouping.strategies)
    assert [3, 3, 4] == [ticket.units for ticket in shop.bench.broker.sent]


async def test_the_same_part_asked_for_twice_is_closed_once(shop: Shop) -> None:
    first = (await shop.close_strategy(units=3)).json()
    second = (await shop.close_strategy(units=3)).json()

    assert first["close_id"] == second["close_id"]
    assert ("success", 4) == (second["status"], second["total_legs"])
    assert 1 == len(shop.bench.broker.sent)


async def test_more_than_a_running_part_is_not_passed_off_as_done(shop: Shop) -> None:
    first = (await shop.close_strategy(units=3)).json()
    second = (await shop.close_strategy()).json()

    assert first["close_id"] == second["close_id"]
    assert ("partial", 4) == (second["status"], second["total_legs"])
    assert "less than you ask for" in second["message"]
    assert 1 == len(shop.bench.broker.sent)


async def test_fewer_than_a_running_close_has_are_on_their_way(shop: Shop) -> None:
    first = (await shop.close_strategy()).json()
    second = (await shop.close_strategy(units=3)).json()

    assert (first["close_id"], "success") == (second["close_id"], second["status"])


async def test_chosen_legs_are_one_order_and_the_others_stay(shop: Shop) -> None:
    answer = (await shop.close_strategy(leg_ids=ids(shop, LONG_PUT, SHORT_PUT))).json()

    (ticket,) = shop.bench.broker.sent
    assert [LONG_PUT, SHORT_PUT] == [leg.symbol for leg in ticket.legs]
    assert ("success", 2) == (answer["status"], answer["total_legs"])


async def test_both_sides_of_a_condor_may_close_at_the_same_time(shop: Shop) -> None:
    puts = (await shop.close_strategy(leg_ids=ids(shop, LONG_PUT, SHORT_PUT))).json()
    calls = (await shop.close_strategy(leg_ids=ids(shop, SHORT_CALL, LONG_CALL))).json()

    assert puts["close_id"] != calls["close_id"]
    assert 2 == len(shop.bench.broker.sent)


async def test_chosen_legs_that_leave_a_short_naked_are_refused(shop: Shop) -> None:
    answer = await shop.close_strategy(leg_ids=ids(shop, LONG_PUT, LONG_CALL))

    assert is_problem(answer, 409, "would_uncover")
    assert [] == shop.bench.broker.sent


async def test_a_leg_that_is_not_there_is_a_problem(shop: Shop) -> None:
    answer = await shop.close_strategy(leg_ids=["leg_none"])

    assert is_problem(answer, 404, "unknown_leg")


async def test_more_units_than_there_are_are_refused_with_how_many(shop: Shop) -> None:
    answer = await shop.close_strategy(units=11)

    assert is_problem(answer, 422, "too_many_units")
    assert "Ask for 10 or fewer" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"units": 0},
        {"units": -1},
        {"units": 1.5},
        {"units": 2, "percent": 50},
        {"percent": 0},
        {"percent": 33},
        {"leg_ids": []},
        {"leg_ids": ["leg_1", "leg_1"]},
        {"quantity": 1},
    ],
)
async def test_parts_that_make_no_sense_are_refused(shop: Shop, body: dict[str, object]) -> None:
    assert is_problem(await shop.close_strategy(**body), 422, "invalid_request")
    assert [] == shop.bench.broker.sent


async def test_a_quantity_of_a_leg_is_a_single_order_of_so_many(shop: Shop) -> None:
    answer = (await shop.close_leg(SHORT_PUT, quantity=4)).json()

    (ticket,) = shop.bench.broker.sent
    assert (4, [SHORT_PUT]) == (ticket.units, [leg.symbol for leg in ticket.legs])
    assert "success" == answer["status"]


async def test_more_contracts_than_the_leg_has_are_refused(shop: Shop) -> None:
    answer = await shop.close_leg(SHORT_PUT, quantity=11)

    assert is_problem(answer, 422, "too_many_contracts")


async def test_more_of_a_leg_than_is_running_is_not_passed_off_as_done(shop: Shop) -> None:
    await shop.close_leg(SHORT_PUT, quantity=4)
    second = (await shop.close_leg(SHORT_PUT)).json()

    assert "less than you ask for" in second["message"]
    assert 1 == len(shop.bench.broker.sent)


async def test_a_key_stands_for_its_part_and_no_other(shop: Shop) -> None:
    body = {"position_id": shop.bench.strategy.id, "units": 3}
    keyed = {"Idempotency-Key": "once"}
    url = f"{shop.path}/close-strategy"
    first = (await shop.http.post(url, json=body, headers=keyed)).json()
    again = (await shop.http.post(url, json=body, headers=keyed)).json()
    other = await shop.http.post(url, json=body | {"units": 4}, headers=keyed)

    assert first["close_id"] == again["close_id"]
    assert is_problem(other, 422, "idempotency_key_reused")


async def test_a_preview_shows_the_part_and_what_it_brings(shop: Shop) -> None:
    whole = (await shop.preview()).json()
    part = (await shop.preview(units=5)).json()

    (order,) = part["orders"]
    assert (5, {5}) == (order["units"], {leg["quantity"] for leg in order["legs"]})
    assert float(whole["pnl_mid"]) == 2 * float(part["pnl_mid"])


@pytest.mark.parametrize(
    "body", [{"leg_id": "x", "units": 1}, {"leg_id": "x", "leg_ids": ["y"]}, {"quantity": 2}]
)
async def test_a_preview_of_a_leg_takes_a_quantity_and_nothing_else(
    shop: Shop, body: dict[str, object]
) -> None:
    assert is_problem(await shop.preview(**body), 422, "invalid_request")


async def test_a_preview_of_too_much_says_so(shop: Shop) -> None:
    shown = (await shop.preview(units=11)).json()

    assert ("too_many_units", []) == (shown["problem_code"], shown["orders"])


async def test_a_preview_that_is_named_says_how_much(shop: Shop) -> None:
    shown = (await shop.preview(units=3)).json()
    answer = (await shop.close_strategy(preview_id=shown["preview_id"])).json()

    (ticket,) = shop.bench.broker.sent
    assert (3, "success") == (ticket.units, answer["status"])


async def test_a_named_preview_of_other_legs_may_run_beside_a_running_close(shop: Shop) -> None:
    await shop.close_strategy(leg_ids=ids(shop, SHORT_CALL, LONG_CALL))
    shown = (await shop.preview(leg_ids=ids(shop, LONG_PUT, SHORT_PUT))).json()
    await shop.close_strategy(preview_id=shown["preview_id"])

    assert [[SHORT_CALL, LONG_CALL], [LONG_PUT, SHORT_PUT]] == [
        [leg.symbol for leg in ticket.legs] for ticket in shop.bench.broker.sent
    ]


async def test_a_preview_of_another_part_disagrees(shop: Shop) -> None:
    shown = (await shop.preview(units=3)).json()
    answer = await shop.close_strategy(preview_id=shown["preview_id"], units=4)

    assert 422 == answer.status_code
    assert [] == shop.bench.broker.sent
