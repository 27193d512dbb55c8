"""Only this machine's own page and programs may speak to the API."""

import pytest
from support.asgi_socket import connect
from support.desk import Shop, is_problem

from closeout.api.app import create_app

FOREIGN_HOSTS = [
    "evil.example",
    "localhost.evil.example",
    "evil.example:8002",
    "localhost@evil.example",
    "[",
    "[::1",
    "",
    "//localhost",
    "0.0.0.0:8002",
]
FOREIGN_ORIGINS = [
    "https://evil.example",
    "http://localhost:3000",
    "http://127.0.0.1:8002",
    "null",
    "http://[",
    "",
    "localhost:8002",
]


@pytest.mark.parametrize("host", ["localhost", "localhost:8002", "127.0.0.1:8002", "[::1]:8002"])
async def test_this_machine_may_read_and_close(shop: Shop, host: str) -> None:
    body = {"position_id": shop.bench.strategy.id}
    headers = {"Host": host}

    read = await shop.http.get("/api/positions", headers=headers)
    closed = await shop.http.post(f"{shop.path}/close-strategy", json=body, headers=headers)

    assert (200, 200) == (read.status_code, closed.status_code)


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
async def test_another_name_is_refused_for_every_method(shop: Shop, host: str) -> None:
    body = {"position_id": shop.bench.strategy.id}
    headers = {"Host": host}

    read = await shop.http.get("/api/positions", headers=headers)
    closed = await shop.http.post(f"{shop.path}/close-strategy", json=body, headers=headers)

    assert is_problem(read, 403, "foreign_host")
    assert is_problem(closed, 403, "foreign_host")
    assert [] == shop.bench.broker.sent


async def test_our_own_page_may_close(shop: Shop) -> None:
    answer = await shop.http.post(
        f"{shop.path}/close-strategy",
        json={"position_id": shop.bench.strategy.id},
        headers={"Origin": "http://localhost:8002"},
    )

    assert 200 == answer.status_code


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
async def test_another_sites_page_may_not_close(shop: Shop, origin: str) -> None:
    answer = await shop.http.post(
        f"{shop.path}/close-strategy",
        json={"position_id": shop.bench.strategy.id},
        headers={"Origin": origin},
    )

    assert is_problem(answer, 403, "foreign_origin")
    assert [] == shop.bench.broker.sent


async def test_another_sites_page_may_not_cancel(shop: Shop) -> None:
    close_id = (await shop.close_strategy()).json()["close_id"]

    answer = await shop.http.post(
        f"/api/closes/{close_id}/cancel", headers={"Origin": "https://evil.example"}
    )

    assert is_problem(answer, 403, "foreign_origin")
    assert [] == shop.bench.broker.cancels


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
async def test_the_stream_is_refused_under_another_name(shop: Shop, host: str) -> None:
    async with connect(shop.app, host=host) as socket:
        assert False is await socket.decided()


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
async def test_the_stream_is_refused_to_another_sites_page(shop: Shop, origin: str) -> None:
    async with connect(shop.app, origin=origin) as socket:
        assert False is await socket.decided()


async def test_the_stream_is_open_to_our_own_page(shop: Shop) -> None:
    async with connect(shop.app, origin="http://localhost:8002") as socket:
        assert True is await socket.decided()


async def test_a_name_that_was_listed_is_ours(shop: Shop) -> None:
    app = create_app(shop.app.state.desk, allowed_hosts=frozenset({"desk.lan"}))
    app.state.hub = shop.app.state.hub

    async with connect(app, host="desk.lan:8002", origin="http://desk.lan:8002") as socket:
        assert True is await socket.decided()
    async with connect(app, host="desk.lan:8002", origin="http://localhost:8002") as socket:
        assert False is await socket.decided()
