"""`/api/closes`: followed to their end, cancelled, listed newest first."""

from datetime import timedelta
from decimal import Decimal

from support.bench import CONDOR, LONG_CALL, LONG_PUT, SHORT_CALL, SHORT_PUT
from support.desk import Shop, is_problem
from support.eventually import settle

NATURAL = {
    LONG_PUT: Decimal("1.00"),
    SHORT_PUT: Decimal("2.10"),
    SHORT_CALL: Decimal("2.10"),
    LONG_CALL: Decimal("1.00"),
}


async def test_a_close_is_followed_after_the_answer(shop: Shop) -> None:
    close_id = (await shop.close_strategy()).json()["close_id"]
    shop.bench.broker.fill(units=4, prices=NATURAL)
    await settle()
    partly = await shop.get(f"/api/closes/{close_id}")

    shop.bench.broker.fill(prices=NATURAL)
    await settle()
    closed = await shop.get(f"/api/closes/{close_id}")

    assert ("working", 0, True) == (partly["phase"], partly["closed_legs"], partly["cancellable"])
    assert {4} == {leg["filled_qty"] for leg in partly["legs"]}
    assert "-880.00" == partly["cash"]
    assert ("closed", 4, True) == (closed["phase"], closed["closed_legs"], closed["ended"])
    assert "-2200.00" == closed["cash"]
    assert closed["message"].startswith("Closed")


async def test_submitted_is_never_called_closed(shop: Shop) -> None:
    answer = (await shop.close_strategy()).json()
    shop.bench.broker.freeze_holdings()
    shop.bench.broker.fill()
    await settle()

    close = await shop.get(f"/api/closes/{answer['close_id']}")

    assert ("verifying", False) == (close["phase"], close["ended"])
    assert "closed" not in (answer["message"] + close["message"]).lower()


async def test_every_order_is_listed_with_its_ids(shop: Shop) -> None:
    close_id = (await shop.close_strategy()).json()["close_id"]

    close = await shop.get(f"/api/closes/{close_id}")

    (attempt,) = close["attempts"]
    assert f"closeout-{close_id}-0-0" == attempt["client_order_id"]
    assert (shop.bench.broker.newest.order_id, "new", 10) == (
        attempt["order_id"],
        attempt["status"],
        attempt["units"],
    )


async def test_a_working_close_is_cancelled(shop: Shop) -> None:
    close_id = (await shop.close_strategy()).json()["close_id"]

    answer = await shop.http.post(f"/api/closes/{close_id}/cancel")
    await settle()
    close = await shop.get(f"/api/closes/{close_id}")

    assert 200 == answer.status_code
    assert "Fills may still come" in answer.json()["message"]
    assert ("cancelled", True, False) == (close["phase"], close["ended"], close["cancellable"])
    assert "as it was" in close["message"]


async def test_a_cancel_that_waits_for_the_journal_says_so(shop: Shop) -> None:
    close_id = (await shop.close_strategy()).json()["close_id"]
    shop.bench.journal.failing = "disk full"
    shop.bench.broker.fill(units=1)
    await settle()

    answer = await shop.http.post(f"/api/closes/{close_id}/cancel")

    assert "disk full" in answer.json()["message"]
    assert "on its way" not in answer.json()["message"]
    assert [] == shop.bench.broker.cancels


async def test_a_close_that_may_be_on_record_or_not_is_not_said_to_be_forgotten(shop: Shop) -> None:
    """Another process may take the account, find it there, and go on with it."""
    shop.bench.journal.failing = "the database is away"

    refused = await shop.close_strategy()

    assert is_problem(refused, 503, "journal_unavailable")
    for part in ("the database is away", "Nothing was sent", "is not known yet"):
        assert part in refused.json()["detail"]
    assert [] == shop.bench.broker.sent


async def test_an_ended_close_cannot_be_cancelled(shop: Shop) -> None:
    shop.bench.broker.fills_at_once = True
    close_id = (await shop.close_strategy()).json()["close_id"]
    await settle()

    assert is_problem(
        await shop.http.post(f"/api/closes/{close_id}/cancel"), 409, "not_cancellable"
    )


async def test_an_unknown_close_is_a_problem(shop: Shop) -> None:
    assert is_problem(await shop.http.get("/api/closes/none"), 404, "unknown_close")
    assert is_problem(await shop.http.post("/api/closes/none/cancel"), 404, "unknown_close")


async def test_closes_are_listed_newest_first(shop: Shop) -> None:
    first = (await shop.close_leg(SHORT_PUT)).json()["close_id"]
    await shop.bench.clock.advance(timedelta(seconds=1))
    second = (await shop.close_leg(SHORT_CALL)).json()["close_id"]

    body = await shop.get("/api/closes")

    assert ([second, first], 2) == ([close["id"] for close in body["closes"]], body["total_count"])


async def test_a_short_list_never_cuts_off_a_running_close(shop: Shop) -> None:
    running = (await shop.close_leg(SHORT_PUT)).json()["close_id"]
    await shop.bench.clock.advance(timedelta(seconds=1))
    ended = (await shop.close_leg(SHORT_CALL)).json()["close_id"]
    shop.bench.broker.fill()
    await settle()

    body = await shop.get("/api/closes?limit=1")

    assert [ended, running] == [close["id"] for close in body["closes"]]


async def test_a_limit_out_of_bounds_is_a_problem(shop: Shop) -> None:
    assert is_problem(await shop.http.get("/api/closes?limit=0"), 422, "invalid_request")


async def test_legs_of_a_close_say_how_they_close(shop: Shop) -> None:
    close_id = (await shop.close_strategy()).json()["close_id"]

    close = await shop.get(f"/api/closes/{close_id}")

    actions = {leg["symbol"]: leg["action"] for leg in close["legs"]}
    assert {
        symbol: "sell_to_close" if ratio > 0 else "buy_to_close" for symbol, ratio in CONDOR.items()
    } == actions
