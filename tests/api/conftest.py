from collections.abc import AsyncIterator

import pytest
from support.bench import Bench
from support.desk import Shop, served


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
