"""Whatever is sent is answered, never with an internal error, and only sense makes an order."""

import asyncio
import json
from urllib.parse import quote

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st
from support.bench import CONDOR, Bench
from support.desk import served

FEW = settings(max_examples=60, deadline=None)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["market", "limit", "NaN", "-0", "1E+3", "0.05", "2.035", "\ud800", "1_0"]),
)
names = st.one_of(
    st.sampled_from(
        ["position_id", "leg_id", "order_type", "limit_price", "limit_price_offset", "$id", "$leg"]
    ),
    st.text(max_size=8),
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=4)
bodies = st.one_of(
    st.dictionaries(names, values, max_size=5),
    st.fixed_dictionaries(
        {"order_type": st.sampled_from(["market", "limit"])},
        optional={"limit_price_offset": scalars, "limit_price": scalars},
    ),
    values,
)
endings = st.sampled_from(["close-strategy", "close-leg", "close-preview"])


async def answer(
    ending: str, body: object, *, position: str | None = None, key: str | None = None
) -> tuple[httpx.Response, Bench]:
    """Send one request to a fresh server, with the true ids filled in where a body has room."""
    bench = Bench()
    bench.hold_condor()
    async with served(bench, raises=False) as shop:
        identity = shop.bench.strategy.id
        if isinstance(body, dict) and ending == "close-strategy":
            body = {"position_id": identity} | body
        if isinstance(body, dict) and ending == "close-leg":
            body = {"leg_id": shop.bench.strategy.legs[1].id} | body
        where = identity if position is None else quote(position.encode(errors="replace"), safe="")
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        response = await shop.http.post(
            f"/api/positions/{where}/{ending}",
            content=json.dumps(body).encode(),
            headers=headers,
        )
    return response, bench


def check(response: httpx.Response, bench: Bench) -> None:
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        assert "application/problem+json" == response.headers["content-type"]
        assert [] == bench.broker.sent
        return
    for ticket in bench.broker.sent:
        assert all(leg.intent.is_closing for leg in ticket.legs)
        assert all(10 >= ticket.contracts(leg.symbol) for leg in ticket.legs)
        assert {leg.symbol for leg in ticket.legs} <= set(CONDOR)


@FEW
@given(ending=endings, body=bodies)
def test_no_body_is_an_internal_error(ending: str, body: object) -> None:
    check(*asyncio.run(answer(ending, body)))


@FEW
@given(ending=endings, position=st.text(min_size=1, max_size=30))
def test_no_position_is_an_internal_error(ending: str, position: str) -> None:
    response, bench = asyncio.run(answer(ending, {}, position=position))

    check(response, bench)
    assert [] == bench.broker.sent


@FEW
@given(content=st.binary(max_size=200))
def test_no_bytes_are_an_internal_error(content: bytes) -> None:
    async def send() -> tuple[httpx.Response, Bench]:
        bench = Bench()
        bench.hold_condor()
        async with served(bench, raises=False) as shop:
            response = await shop.http.post(f"{shop.path}/close-strategy", content=content)
        return response, bench

    check(*asyncio.run(send()))


@FEW
@given(key=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=220))
def test_no_key_is_an_internal_error(key: str) -> None:
    response, _ = asyncio.run(answer("close-strategy", {}, key=key))

    assert response.status_code in (200, 422)


@FEW
@given(
    host=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40),
    origin=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40),
)
def test_no_host_or_origin_is_an_internal_error(host: str, origin: str) -> None:
    async def send() -> httpx.Response:
        async with served(Bench(), raises=False) as shop:
            headers = [(b"Host", host.encode("latin-1")), (b"Origin", origin.encode("latin-1"))]
            return await shop.http.post("/api/closes/none/cancel", headers=headers)

    assert 403 == asyncio.run(send()).status_code


@FEW
@given(query=st.text(max_size=20))
def test_no_query_is_an_internal_error(query: str) -> None:
    async def send() -> httpx.Response:
        async with served(Bench(), raises=False) as shop:
            return await shop.http.get("/api/closes", params={"limit": query})

    assert asyncio.run(send()).status_code in (200, 422)
