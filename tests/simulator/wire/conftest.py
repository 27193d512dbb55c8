"""Desks for the tests of the protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from simulator.wire.desk import SCENARIO, Desk, Opener, running_desk

from alpaca_simulator.wire.faults import Fault
from alpaca_simulator.wire.settings import Settings


@pytest.fixture
async def open_desk() -> AsyncIterator[Opener]:
    """Opens desks with settings of the test's own."""
    opened: list[AbstractAsyncContextManager[Desk]] = []

    async def open_(*faults: Fault, **settings: Any) -> Desk:
        desk = running_desk(SCENARIO, Settings(seed=7, faults=faults, **settings))
        opened.append(desk)
        return await desk.__aenter__()

    yield open_
    for desk in reversed(opened):
        await desk.__aexit__(None, None, None)


@pytest.fixture
async def desk(open_desk: Opener) -> Desk:
    return await open_desk()
