"""`closeout close` as it is typed, against the server's real answers."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Coroutine
from threading import Thread
from types import SimpleNamespace

import pytest
from click.testing import Result
from support.bench import SHORT_PUT
from support.desk import Shop
from support.eventually import eventually

from closeout.cli import http, positions

Typed = Callable[..., Awaitable[Result]]


@pytest.fixture
async def filling(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the newest order fill, and its close end, while the terminal waits for that."""
    loop = asyncio.get_running_loop()

    async def fill() -> None:
        shop.bench.broker.fill()
        await eventually(lambda: not shop.bench.supervisor.running())

    def sleep(_: float) -> None:
        asyncio.run_coroutine_threadsafe(fill(), loop).result(10)

    monkeypatch.setattr(positions, "time", SimpleNamespace(sleep=sleep))


@pytest.mark.usefixtures("filling")
async def test_a_close_is_followed_to_its_end(terminal: Typed) -> None:
    told = await terminal("close", "SPY", "--yes")

    assert 0 == told.exit_code, told.output
    assert "less than you asked for" not in told.output


@pytest.mark.usefixtures("filling")
async def test_a_close_of_less_that_was_running_is_no_success(
    shop: Shop, terminal: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another tab begins to close one leg while the terminal asks whether to send."""
    loop = asyncio.get_running_loop()

    def confirm(_: str) -> bool:
        other: Coroutine[object, object, object] = shop.close_leg(SHORT_PUT)
        asyncio.run_coroutine_threadsafe(other, loop).result(10)
        return True

    monkeypatch.setattr("closeout.cli.positions.typer.confirm", confirm)

    told = await terminal("close", "SPY")

    assert 1 == told.exit_code, told.output
    assert "less than you asked for" in told.output


def test_a_server_that_goes_away_may_have_taken_the_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("CLOSEOUT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")

        def hang_up() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)

        answering = Thread(target=hang_up)
        answering.start()
        with pytest.raises(http.ServerRefused, match="may have been taken"):
            http.post("/api/positions/any/close-strategy", {})
        answering.join()
