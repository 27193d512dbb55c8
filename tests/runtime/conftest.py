from collections.abc import AsyncIterator

import pytest
from support.bench import Bench


@pytest.fixture
async def empty_bench() -> AsyncIterator[Bench]:
    """
    An engine that was not started yet, on an account that holds nothing.

    Whatever a test does with it, no order may leave before its intent is on record.
    """
    bench = Bench()
    unrecorded: list[str] = []

    def check(identity: str) -> None:
        if identity not in bench.journal.intents():
            unrecorded.append(identity)

    bench.broker.on_place = lambda ticket: check(ticket.client_order_id)
    yield bench
    await bench.stop()
    assert [] == unrecorded, "an order was sent before its intent was on record"


@pytest.fixture
async def bench(empty_bench: Bench) -> Bench:
    """A running engine on an account with ten SPY condors."""
    empty_bench.hold_condor()
    await empty_bench.start()
    return empty_bench
