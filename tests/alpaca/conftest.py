"""A scripted Alpaca on loopback, and our adapter pointed at it."""

import json
from asyncio import AbstractEventLoop
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.scripted_alpaca import KEY, SECRET, HurriedClock, ScriptedAlpaca
from uvicorn.loops.auto import auto_loop_factory

from closeout.alpaca import (
    AlpacaBroker,
    AlpacaQuotes,
    Backoff,
    Credentials,
    Endpoints,
    StreamTimeouts,
    Timeouts,
)

_EXAMPLES = json.loads((Path(__file__).parent / "examples.json").read_text())

SHORT = Timeouts(
    connect=timedelta(seconds=1), read=timedelta(seconds=0.4), total=timedelta(seconds=3)
)
SHORT_STREAM = StreamTimeouts(answer=timedelta(seconds=1), heartbeat=timedelta(seconds=1))


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], AbstractEventLoop]]:
    """When a closed connection is noticed depends on the loop, so it is the server's."""
    return {"the server's": auto_loop_factory()}


@pytest.fixture
def example() -> Callable[[str], Any]:
    """One of Alpaca's published samples; examples.json names the source of each."""
    return lambda name: json.loads(json.dumps(_EXAMPLES[name]["json"]))


@pytest.fixture
def clock() -> HurriedClock:
    return HurriedClock()


@pytest.fixture
async def server() -> AsyncIterator[ScriptedAlpaca]:
    async with ScriptedAlpaca().running() as server:
        yield server


@pytest.fixture
def endpoints(server: ScriptedAlpaca) -> Endpoints:
    return Endpoints(trading_url=server.url, data_url=server.url, stream_url=server.url)


@pytest.fixture
async def broker(endpoints: Endpoints, clock: HurriedClock) -> AsyncIterator[AlpacaBroker]:
    async with AlpacaBroker(
        Credentials(KEY, SECRET),
        endpoints,
        clock=clock,
        timeouts=SHORT,
        stream_timeouts=SHORT_STREAM,
        backoff=Backoff(),
        chance=lambda: 0.0,
    ) as broker:
        yield broker


@pytest.fixture
async def quotes(endpoints: Endpoints, clock: HurriedClock) -> AsyncIterator[AlpacaQuotes]:
    async with AlpacaQuotes(
        Credentials(KEY, SECRET),
        endpoints,
        clock=clock,
        timeouts=SHORT,
        stream_timeouts=SHORT_STREAM,
        chance=lambda: 0.0,
    ) as quotes:
        yield quotes
