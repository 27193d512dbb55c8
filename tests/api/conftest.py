import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from click.testing import Result
from support.bench import Bench
from support.desk import Json, Shop, served
from typer.testing import CliRunner

from closeout.cli import app, http


@pytest.fixture
async def empty_bench() -> Bench:
    """An engine that was not started yet, on an account that holds nothing."""
    return Bench()


@pytest.fixture
async def shop(empty_bench: Bench) -> AsyncIterator[Shop]:
    """The API on an account with ten SPY condors."""
    empty_bench.hold_condor()
    async with served(empty_bench) as shop:
        yield shop


@pytest.fixture
async def terminal(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Awaitable[Result]]:
    """Return what types a command: the terminal waits in a thread, the server answers here."""
    loop = asyncio.get_running_loop()

    def call(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Json:
        headers = {"Content-Type": "application/json", **headers}
        asked = shop.http.request(method, path, content=body, headers=headers)
        answer = asyncio.run_coroutine_threadsafe(asked, loop).result(10)
        if answer.is_error:
            raise http._refusal(answer.content, answer.status_code)
        return http._read(answer.content)

    monkeypatch.setattr(http, "_call", call)
    return lambda *words: asyncio.to_thread(CliRunner().invoke, app.app, words)
