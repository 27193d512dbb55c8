"""Every error is a problem document with a stable code, and nothing is sent."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from support.bench import Bench
from support.desk import Shop, is_problem, served

from closeout.domain.quotes import Quote

POST = {"Content-Type": "application/json"}


async def test_the_position_of_the_manual_is_not_found(shop: Shop) -> None:
    answer = await shop.http.post(
        "/api/positions/test-id/close-strategy", json={"position_id": "test-id"}
    )

    assert is_problem(answer, 404, "unknown_position")
    assert "/api/positions/test-id/close-strategy" == answer.json()["instance"]


async def test_a_body_about_another_position_is_refused(shop: Shop) -> None:
    answer = await shop.http.post(f"{shop.path}/close-strategy", json={"position_id": "test-id"})

    assert is_problem(answer, 422, "body_disagrees")
    assert [] == shop.bench.broker.sent


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"order_type": "stop"},
        {"order_type": None},
        {"order_type": "limit", "limit_price_offset": "a lot"},
        {"order_type": "limit", "limit_price_offset": "NaN"},
        {"order_type": "limit", "limit_price_offset": "Infinity"},
        {"order_type": "limit", "limit_price_offset": "1001"},
        {"order_type": "limit", "limit_price_offset": "0.00001"},
        {"order_type": "limit", "limit_price_offset": True},
        {"order_type": "market", "limit_price_offset": "0.05"},
        {"limit_price_offset": 0},
        {"order_typ": "limit"},
        {"limit_price": "1.00"},
        {"position_id": ""},
        {"position_id": 7},
    ],
)
async def test_values_that_do_not_fit_a_strategy_are_refused(
    shop: Shop, body: dict[str, object]
) -> None:
    given = {"position_id": shop.bench.strategy.id} | body if body else {}

    answer = await shop.http.post(f"{shop.path}/close-strategy", json=given)

    assert is_problem(answer, 422, "invalid_request")
    assert answer.json()["errors"]
    assert [] == shop.bench.broker.sent


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"leg_id": ""},
        {"leg_id": "x", "limit_price": "1.00"},
        {"leg_id": "x", "order_type": "limit", "limit_price": "-1"},
        {"leg_id": "x", "order_type": "limit", "limit_price": "NaN"},
        {"leg_id": "x", "order_type": "limit", "limit_price": "100001"},
        {"leg_id": "x", "contracts": 5},
        {"leg_id": "x", "quantity": 0},
        {"leg_id": "x", "quantity": 1.5},
    ],
)
async def test_values_that_do_not_fit_a_leg_are_refused(
    shop: Shop, body: dict[str, object]
) -> None:
    answer = await shop.http.post(f"{shop.path}/close-leg", json=body)

    assert is_problem(answer, 422, "invalid_request")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b'{"position_id": "x", "order_type": "limit", "limit_price_offset": NaN}',
        b'{"position_id": "x", "order_type": "limit", "limit_price_offset": 1e999}',
        b'{"position_id": "\\ud800"}',
        b'{"position_id": "x", "\\ud800": 1}',
        b'{"position_id": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
    ],
)
async def test_bodies_that_are_no_request_are_refused(shop: Shop, body: bytes) -> None:
    answer = await shop.http.post(f"{shop.path}/close-strategy", content=body, headers=POST)

    assert "application/problem+json" == answer.headers["content-type"]
    assert answer.status_code in (400, 422)
    assert [] == shop.bench.broker.sent


async def test_an_empty_key_is_refused(shop: Shop) -> None:
    answer = await shop.http.post(
        f"{shop.path}/close-strategy",
        json={"position_id": shop.bench.strategy.id},
        headers={"Idempotency-Key": ""},
    )

    assert is_problem(answer, 422, "invalid_request")


async def close_market(bench: Bench) -> None:
    bench.broker.is_open = False
    await bench.engine.book.read_market()


async def block_account(bench: Bench) -> None:
    bench.broker.blocked_reason = "trading is suspended by the user"
    await bench.engine.book.read_account()


async def fail_journal(bench: Bench) -> None:
    bench.journal.failing = "disk full"


async def fail_reads(bench: Bench) -> None:
    bench.broker.fail("holdings")


@pytest.mark.parametrize(
    ("trouble", "status", "code", "word"),
    [
        (close_market, 409, "market_closed", "2026-11-23"),
        (block_account, 409, "account_blocked", "suspended"),
        (fail_journal, 503, "journal_unavailable", "disk full"),
        (fail_reads, 503, "broker_unavailable", "Nothing was sent"),
    ],
)
async def test_what_stands_in_the_way_is_named(
    shop: Shop, trouble: Callable[[Bench], object], status: int, code: str, word: str
) -> None:
    await trouble(shop.bench)  # type: ignore[misc] # each is a coroutine function

    answer = await shop.close_strategy()

    assert is_problem(answer, status, code)
    assert word in answer.json()["detail"]
    assert [] == shop.bench.broker.sent


@pytest.mark.parametrize("path", ["/api/nothing", "/nothing", "/api/closes/none"])
async def test_what_is_not_there_is_a_problem(shop: Shop, path: str) -> None:
    answer = await shop.http.get(path)

    assert (404, "application/problem+json") == (
        answer.status_code,
        answer.headers["content-type"],
    )


async def test_a_wrong_method_is_a_problem(shop: Shop) -> None:
    assert is_problem(await shop.http.delete(shop.path), 405, "method_not_allowed")


async def test_a_mistake_of_ours_is_a_problem_too(empty_bench: Bench) -> None:
    """A price beyond all arithmetic stands for what nobody thought of."""
    empty_bench.hold_condor()
    async with served(empty_bench, raises=False) as shop:
        leg = shop.bench.strategy.legs[0]
        absurd = Decimal("1E+40")
        quote = Quote(leg.symbol, absurd, absurd, 1, 1, shop.bench.clock.now())
        shop.bench.quotes.push(quote)

        answer = await shop.http.get("/api/positions")

    assert is_problem(answer, 500, "internal_error")
