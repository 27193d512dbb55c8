"""What the command line prints of a position, from what the API really answers."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from support.bench import LONG_PUT, Bench
from support.desk import Json, Shop, served
from support.eventually import eventually

from closeout.cli import details, render


@pytest.fixture
async def desk(empty_bench: Bench) -> AsyncIterator[Shop]:
    empty_bench.hold_condor()
    empty_bench.quotes.set("SPY", "590.00", "590.10")
    async with served(empty_bench) as shop:
        yield shop


def printed(position: Json) -> str:
    render.console.width = 120
    with render.console.capture() as captured:
        details.position(position)
    return captured.get()


async def test_everything_known_is_printed(desk: Shop) -> None:
    await desk.bench.clock.advance(timedelta(seconds=3))
    await eventually(lambda: desk.outlooks.of(desk.bench.strategy))
    text = printed(await desk.get(desk.path))

    for expected in (
        "To close, mid     2.00 debit  (-$2,000.00)",
        "To close, natural 2.20 debit  (-$2,200.00)",
        "P&L open          -$2,000.00  (natural -$2,200.00)",
        "P&L realised      +$0.00",
        "Of max loss       20.00%",
        "Max loss          -$10,000.00",
        "Greeks            delta",
        "Volatility",
        "Expected move     ±",
        "At expiry",
        "Expires on Friday 18 December",
    ):
        assert expected in text


async def test_what_is_not_known_is_a_dash(empty_bench: Bench) -> None:
    empty_bench.hold_condor()
    empty_bench.quotes.absent.add(LONG_PUT)
    async with served(empty_bench) as shop:
        text = printed(await shop.get(shop.path) | {"metrics": await unknown(shop)})

    assert "To close, mid     —" in text
    assert "Max profit, loss  —" in text
    assert "ask again in a moment" in text


async def unknown(shop: Shop) -> Json:
    found: Json = (await shop.get(shop.path))["metrics"]
    return found | {"risk": None, "outlook": None}


async def test_the_list_says_the_essentials_in_one_line(desk: Shop) -> None:
    position = await desk.get(desk.path)

    assert "   max loss -$10,000.00   break-even" in render.essentials(position)
    assert render.essentials(position).endswith("   28 days left")


async def test_no_limit_is_called_unlimited(desk: Shop) -> None:
    risk = (await desk.get(desk.path))["metrics"]["risk"]

    assert "unlimited" == render.bound(
        risk | {"unlimited_profit": True, "max_profit": None}, "profit"
    )
