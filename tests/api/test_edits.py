"""The user's word over HTTP: merged, split, moved, named, taken back, kept and refused."""

from typing import Any

import httpx
import pytest
from support.bench import CONDOR, LONG_CALL, LONG_PUT, SHORT_CALL, SHORT_PUT, Bench
from support.desk import Json, Shop, is_problem
from support.eventually import eventually

from closeout.domain.strategies import leg_id
from closeout.ports import JournalFailed

PUTS = {LONG_PUT: 10, SHORT_PUT: -10}
CALLS = {SHORT_CALL: -10, LONG_CALL: 10}


async def post(shop: Shop, path: str, **body: Any) -> httpx.Response:
    return await shop.http.post(f"/api/positions/{path}", json=body)


async def made(shop: Shop, path: str, **body: Any) -> Json:
    answer = await post(shop, path, **body)
    assert 200 == answer.status_code, answer.text
    told: Json = answer.json()
    return told


def legs(position: Json) -> dict[str, int]:
    return {
        each["symbol"]: each["quantity"] * (1 if each["direction"] == "Long" else -1)
        for each in position["legs"]
    }


async def split_in_two(shop: Shop) -> tuple[str, str]:
    """Split the condor into its puts, which keep its id, and its calls."""
    whole = shop.bench.strategy.id
    part = [
        {"leg_id": leg_id(whole, symbol), "quantity": abs(count)} for symbol, count in CALLS.items()
    ]
    told = await made(shop, f"{whole}/split", parts=[part])
    other = next(each["id"] for each in told["positions"] if each["id"] != whole)
    return whole, other


async def test_a_split_answers_with_the_positions_there_are_now(shop: Shop) -> None:
    whole = shop.bench.strategy.id
    part = [{"leg_id": leg_id(whole, LONG_CALL), "quantity": 4}]

    told = await made(shop, f"{whole}/split", parts=[part])

    shapes = {each["id"]: legs(each) for each in told["positions"]}
    assert {**PUTS, SHORT_CALL: -10, LONG_CALL: 6} == shapes.pop(whole)
    assert [{LONG_CALL: 4}] == [*shapes.values()]
    assert {"user"} == {each["grouped_by"] for each in told["positions"]}
    assert (1, "split", True, []) == tuple(
        told["edit"][name] for name in ("number", "kind", "stands", "shortfall")
    )
    assert sorted([whole, *shapes]) == told["edit"]["position_ids"]


async def test_a_merge_puts_the_split_together_again(shop: Shop) -> None:
    puts, calls = await split_in_two(shop)

    told = await made(shop, "merge", position_ids=[puts, calls], name="  Earnings ")

    (one,) = told["positions"]
    assert (puts, "Earnings") == (one["id"], one["strategy"])
    assert {symbol: ratio * 10 for symbol, ratio in CONDOR.items()} == legs(one)


async def test_a_leg_moves_to_another_position(shop: Shop) -> None:
    puts, calls = await split_in_two(shop)

    told = await made(
        shop,
        "move",
        from_position_id=puts,
        leg_id=leg_id(puts, LONG_PUT),
        quantity=10,
        to_position_id=calls,
    )

    shapes = {each["id"]: legs(each) for each in told["positions"]}
    assert {puts: {SHORT_PUT: -10}, calls: {**CALLS, LONG_PUT: 10}} == shapes


async def test_a_name_is_given_and_taken_back(shop: Shop) -> None:
    path = f"{shop.bench.strategy.id}/rename"

    named = await made(shop, path, name="Earnings")
    plain = await made(shop, path, name=None)

    assert ["Earnings", "Iron Condor"] == [
        told["positions"][0]["strategy"] for told in (named, plain)
    ]


async def test_edits_are_listed_and_undone(shop: Shop) -> None:
    await split_in_two(shop)
    await made(shop, f"{shop.bench.engine.book.grouping.strategies[0].id}/rename", name="Mine")

    told = await made(shop, "edits/undo", down_to=1)

    edits = (await shop.get("/api/positions/edits"))["edits"]
    assert [("undone", False), ("renamed", False), ("split", False)] == [
        (each["kind"], each["stands"]) for each in edits
    ]
    assert ["Iron Condor"] == [each["strategy"] for each in told["positions"]]
    assert is_problem(await post(shop, "edits/undo", down_to=1), 409, "nothing_to_undo")
    assert is_problem(await post(shop, "edits/undo"), 409, "nothing_to_undo")


async def test_the_status_tells_what_an_undo_would_take_back(shop: Shop) -> None:
    path = f"{shop.bench.strategy.id}/rename"
    before = (await shop.get("/api/status"))["last_edit"]
    await made(shop, path, name="Mine")
    edit = (await made(shop, path, name="Yours"))["edit"]

    told = (await shop.get("/api/status"))["last_edit"]
    await made(shop, "edits/undo")
    left = (await shop.get("/api/status"))["last_edit"]

    assert None is before
    assert {name: edit[name] for name in ("number", "at", "text")} == told
    assert (1, "Renamed SPY Iron Condor to “Mine”") == (left["number"], left["text"])


async def test_the_users_word_holds_after_every_refresh_and_restart(empty_bench: Bench) -> None:
    bench = empty_bench
    bench.hold_condor()
    await bench.start()
    await bench.engine.regrouper.rename(bench.strategy.id, "Mine")

    await bench.engine.book.refresh()
    refreshed = bench.strategy
    await bench.restart()

    assert "Mine" == bench.strategy.name
    assert refreshed == bench.strategy
    await bench.stop()


async def test_a_close_goes_on_where_the_user_has_put_it_and_a_part_keeps_it(shop: Shop) -> None:
    puts, calls = await split_in_two(shop)
    answer = await shop.http.post(
        f"/api/positions/{calls}/close-strategy", json={"position_id": calls}
    )
    assert [SHORT_CALL, LONG_CALL] == [each["symbol"] for each in answer.json()["orders"]]

    shop.bench.broker.fill(units=4)
    await shop.bench.clock.seconds(1)
    await eventually(
        lambda: [6, 10] == sorted(each.units for each in shop.bench.engine.book.grouping.strategies)
    )

    shapes = {each["id"]: legs(each) for each in (await shop.get("/api/positions"))["positions"]}
    assert {puts: PUTS, calls: {SHORT_CALL: -6, LONG_CALL: 6}} == shapes


async def test_an_edit_of_what_is_being_closed_is_refused(shop: Shop) -> None:
    puts, calls = await split_in_two(shop)
    close_id = (
        await shop.http.post(f"/api/positions/{calls}/close-strategy", json={"position_id": calls})
    ).json()["close_id"]

    refusals = [
        await post(shop, "merge", position_ids=[puts, calls]),
        await post(shop, f"{calls}/rename", name="Mine"),
        await post(shop, "edits/undo"),
    ]

    for refused in refusals:
        assert is_problem(refused, 409, "close_running")
        assert close_id in refused.json()["detail"]
    assert 200 == (await post(shop, f"{puts}/rename", name="Mine")).status_code


async def test_nothing_is_changed_when_it_cannot_be_kept(shop: Shop) -> None:
    shop.bench.journal.failing = "the disk is full"

    refused = await post(shop, f"{shop.bench.strategy.id}/rename", name="Mine")

    assert is_problem(refused, 503, "journal_unavailable")
    assert "Iron Condor" == shop.bench.strategy.name


async def test_an_edit_that_was_kept_all_the_same_is_found(shop: Shop) -> None:
    """A database may commit and then go away before it says so."""
    journal, book = shop.bench.journal, shop.bench.engine.book
    whole = shop.bench.strategy.id
    written = journal.append_edit

    async def commit_and_fail(account: str, edit: Any, asked: Any = None) -> None:
        await written(account, edit, asked)
        raise JournalFailed("gone")

    journal.append_edit = commit_and_fail  # type: ignore[method-assign] # a database that goes away
    await post(shop, f"{whole}/rename", name="Mine")
    journal.append_edit = written  # type: ignore[method-assign]

    told = await made(shop, f"{whole}/rename", name="Mine too")

    assert (2, "Mine too") == (told["edit"]["number"], book.grouping.strategies[0].name)


async def named(shop: Shop, name: str, key: str) -> httpx.Response:
    path = f"/api/positions/{shop.bench.strategy.id}/rename"
    return await shop.http.post(path, json={"name": name}, headers={"Idempotency-Key": key})


async def test_a_repeated_edit_under_one_key_is_made_once_also_after_a_restart(
    shop: Shop,
) -> None:
    first = await named(shop, "Mine", "k")
    await named(shop, "Another", "l")
    await shop.bench.engine.regrouper.load()
    again = await named(shop, "Mine", "k")

    assert first.json()["edit"] | {"stands": True} == again.json()["edit"]
    assert 2 == len(shop.bench.journal.edits["PA3TEST"])
    assert "Another" == shop.bench.strategy.name


async def test_the_same_key_for_another_edit_is_refused_and_changes_nothing(shop: Shop) -> None:
    await named(shop, "Mine", "k")

    assert is_problem(await named(shop, "Yours", "k"), 422, "idempotency_key_reused")
    undo = await shop.http.post(
        "/api/positions/edits/undo", json={}, headers={"Idempotency-Key": "k"}
    )
    assert is_problem(undo, 422, "idempotency_key_reused")
    assert "Mine" == shop.bench.strategy.name


async def test_a_process_that_stands_by_edits_nothing(shop: Shop) -> None:
    await shop.bench.engine.regrouper.rename(shop.bench.strategy.id, "Mine")
    shop.bench.journal.rob("Process 7 on desk")

    refused = await post(shop, f"{shop.bench.strategy.id}/rename", name="Yours")

    assert 409 == refused.status_code
    assert "Mine" == shop.bench.strategy.name


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("merge", {"position_ids": ["pos_1"]}, 422, "invalid_request"),
        ("merge", {"position_ids": ["WHOLE", "WHOLE"]}, 422, "nothing_to_merge"),
        ("merge", {"position_ids": ["WHOLE", "pos_gone"]}, 404, "unknown_position"),
        ("pos_gone/rename", {"name": "Mine"}, 404, "unknown_position"),
        ("WHOLE/rename", {"name": " "}, 422, "invalid_request"),
        ("WHOLE/rename", {}, 422, "invalid_request"),
        ("WHOLE/split", {"parts": [[{"leg_id": "leg_x", "quantity": 1}]]}, 404, "unknown_leg"),
        ("WHOLE/split", {"parts": [[{"leg_id": "leg_x", "quantity": 0}]]}, 422, "invalid_request"),
    ],
)
async def test_what_does_not_fit_is_a_problem_and_changes_nothing(
    shop: Shop, path: str, body: Json, status: int, code: str
) -> None:
    whole = shop.bench.strategy.id
    if "position_ids" in body:
        named = [whole if each == "WHOLE" else each for each in body["position_ids"]]
        body = {**body, "position_ids": named}

    refused = await post(shop, path.replace("WHOLE", whole), **body)

    assert is_problem(refused, status, code)
    assert () == shop.bench.engine.regrouper.edits
