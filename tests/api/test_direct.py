"""A plain request is read without FastAPI's help, and must be answered as with it."""

from decimal import Decimal

import httpx
import pytest
from support.desk import Shop

DIRECT = {"Content-Type": "application/json"}
ORDINARY = {"Content-Type": "application/json; charset=utf-8"}
"""What a plain request does not say, so that FastAPI serves it."""


async def post(shop: Shop, body: bytes, headers: dict[str, str]) -> httpx.Response:
    return await shop.http.post(f"{shop.path}/close-strategy", content=body, headers=headers)


@pytest.mark.parametrize("headers", [DIRECT, ORDINARY])
@pytest.mark.parametrize("price", [b"1.10", b'"1.10"', b"1.1e0"])
async def test_both_ways_send_the_same_order(
    shop: Shop, headers: dict[str, str], price: bytes
) -> None:
    identity = shop.bench.strategy.id.encode()
    body = (
        b'{"position_id": "%b", "order_type": "limit", "limit_price_offset": null, '
        b'"units": 2, "limit_price": %b}' % (identity, price)
    )

    answer = await post(shop, body, headers)

    assert 200 == answer.status_code, answer.text
    assert [(2, Decimal("1.10"))] == [(each.units, each.limit) for each in shop.bench.broker.sent]


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"position_id": "another"}', "k"),
        (b'{"position_id": 7}', "k"),
        (b'{"position_id": "x", "unit": 1}', "k"),
        (b'{"position_id": "x", "units": 1.5}', "k"),
        (b'{"position_id": "x", "limit_price": Infinity}', "k"),
        (b'{"position_id": "x"', "k"),
        (b"[]", "k"),
        (b"", "k"),
        (b"\xff", "k"),
        (b"[" * 100_000, "k"),
        (b'{"position_id": "x"}', ""),
        (b'{"position_id": "x"}', "k" * 201),
    ],
)
async def test_both_ways_refuse_alike(shop: Shop, body: bytes, key: str) -> None:
    answers = [
        await post(shop, body, headers | {"Idempotency-Key": key}) for headers in (DIRECT, ORDINARY)
    ]

    direct, ordinary = [(each.status_code, each.headers, each.json()) for each in answers]
    assert ordinary == direct
    assert direct[0] in (400, 422)
    assert [] == shop.bench.broker.sent


async def test_both_ways_answer_alike(shop: Shop) -> None:
    body = b'{"position_id": "%b"}' % shop.bench.strategy.id.encode()
    first, *repeated = [
        await post(shop, body, headers | {"Idempotency-Key": "k" * 200})
        for headers in (DIRECT, ORDINARY, DIRECT)
    ]

    assert {200} == {each.status_code for each in (first, *repeated)}
    assert repeated[0].headers == repeated[1].headers
    assert repeated[0].json() == repeated[1].json()
    assert 1 == len(shop.bench.broker.sent)
