"""Waiting for an effect: ask again until it is there or the time is up."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_TURNS = 40


async def settle() -> None:
    """Let every task that can run without time passing run."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def eventually(look: Callable[[], T], *, within: float = 5.0) -> T:
    """
    Return the first truthy answer of `look`.

    Raises:
        AssertionError: there was none within so many seconds.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while not (found := look()):
        assert loop.time() < deadline, "it did not happen in time"
        await asyncio.sleep(0.001)
    return found
