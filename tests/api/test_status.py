"""Status for the page, health for machines."""

from decimal import Decimal

import pytest
from support.bench import Bench
from support.desk import Shop, is_problem, served
from support.eventually import eventually


async def test_everything_that_is_always_in_sight_is_there(shop: Shop) -> None:
    body = await shop.get("/api/status")

    assert ("SIMULATED", "PA3TEST", "indicative") == (body["mode"], body["account"], body["feed"])
    assert ("up", "up", "up") == tuple(
        body[link]["state"] for link in ("trading", "option_data", "stock_data")
    )
    assert {"state": "closed", "failures": 0, "retry_at": None} == body["breaker"]
    assert (True, "100000.00") == (body["market"]["is_open"], body["equity"])
    assert (None, None) == (body["positions_error"], body["journal_error"])


@pytest.mark.parametrize("mode", ["SIMULATED", "PAPER", "LIVE"])
async def test_whose_money_it_is_is_said(empty_bench: Bench, mode: str) -> None:
    async with served(empty_bench, mode=mode) as shop:
        assert mode == (await shop.get("/api/status"))["mode"]


async def test_an_open_breaker_says_when_it_tries_again(shop: Shop) -> None:
    shop.bench.broker.fail("*")
    await shop.bench.clock.seconds(120)

    body = await shop.get("/api/status")

    assert "closed" != body["breaker"]["state"]
    assert body["breaker"]["retry_at"]
    assert "HTTP 500" in body["positions_error"]


async def test_an_open_breaker_does_not_refuse_a_close(shop: Shop) -> None:
    shop.bench.broker.fail("*")
    await shop.bench.clock.seconds(120)
    assert "closed" != (await shop.get("/api/status"))["breaker"]["state"]
    shop.bench.broker.heal()

    assert "success" == (await shop.close_strategy()).json()["status"]


async def test_a_journal_in_trouble_is_said(shop: Shop) -> None:
    await shop.close_strategy()
    shop.bench.journal.failing = "disk full"
    shop.bench.broker.fill(units=1)
    await shop.bench.clock.seconds(1)

    assert "disk full" == (await shop.get("/api/status"))["journal_error"]


async def test_a_fraction_of_a_share_is_named(empty_bench: Bench) -> None:
    empty_bench.broker.quantities["NVDA"] = Decimal("0.5")
    async with served(empty_bench) as shop:
        (told,) = (await shop.get("/api/status"))["unassigned"]

    assert "0.5 NVDA: a fraction of a share" == told


async def test_health_is_503_until_the_account_has_been_read(empty_bench: Bench) -> None:
    empty_bench.broker.fail("*")
    async with served(empty_bench, ready=False) as shop:
        before = await shop.http.get("/api/health")
        empty_bench.broker.heal()
        await empty_bench.clock.seconds(5)
        after = await shop.http.get("/api/health")

    assert (503, {"ready": False}) == (before.status_code, before.json())
    assert (200, {"ready": True}) == (after.status_code, after.json())


async def test_metrics_are_served(shop: Shop) -> None:
    answer = await shop.http.get("/metrics")

    assert 200 == answer.status_code
    assert "python_info" in answer.text


async def test_a_process_that_stands_by_says_for_whom_and_refuses_closes(shop: Shop) -> None:
    position = shop.path
    shop.bench.journal.rob("Process 7 on desk")
    await shop.bench.clock.seconds(1)
    await eventually(lambda: shop.bench.engine.ownership.other is not None)

    told = (await shop.get("/api/status"))["standing_by"]
    health = await shop.http.get("/api/health")
    cancelled = await shop.http.post("/api/closes/any/cancel")
    refused = await shop.close_strategy()

    assert "Process 7 on desk works this account." in told
    assert (503, {"ready": False}) == (health.status_code, health.json())
    assert is_problem(cancelled, 409, "standing_by")
    assert is_problem(refused, 409, "standing_by")
    assert position == shop.path
    assert [] == shop.bench.broker.sent


async def test_a_close_that_comes_too_late_for_its_owner_is_refused(shop: Shop) -> None:
    shop.bench.journal.rob("Process 7 on desk")

    assert is_problem(await shop.close_strategy(), 409, "standing_by")
    assert [] == shop.bench.broker.sent
