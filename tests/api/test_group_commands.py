"""`closeout group` as it is typed, against the server's real answers."""

from collections.abc import Awaitable, Callable

import pytest
from click.testing import Result
from support.bench import CONDOR, LONG_CALL, SHORT_CALL
from support.desk import Shop

Typed = Callable[..., Awaitable[Result]]


@pytest.fixture
async def typed(terminal: Typed) -> Typed:
    """Return what types a command of `closeout group`."""
    return lambda *words: terminal("group", *words)


def shapes(shop: Shop) -> dict[str, dict[str, int]]:
    strategies = shop.bench.engine.book.grouping.strategies
    return {each.name: {leg.symbol: leg.quantity for leg in each.legs} for each in strategies}


async def test_positions_are_split_named_moved_merged_and_put_back(
    shop: Shop, typed: Typed
) -> None:
    before, whole = shapes(shop), shop.bench.strategy.id

    told = await typed("split", "SPY", "--part", f"10x{SHORT_CALL} 4x{LONG_CALL}")
    assert 0 == told.exit_code
    assert "Split SPY Iron Condor into 2" in told.output
    assert {SHORT_CALL: -10, LONG_CALL: 4} in shapes(shop).values()

    await typed("rename", whole, "Mine")
    assert 6 == shapes(shop)["Mine"][LONG_CALL]

    await typed("move", whole, LONG_CALL, "--quantity", "5")
    assert {LONG_CALL: 5} in shapes(shop).values()

    others = [each.id for each in shop.bench.engine.book.grouping.strategies if each.id != whole]
    await typed("merge", whole, *others, "--name", "Ours")
    assert {"Ours": {symbol: 10 * ratio for symbol, ratio in CONDOR.items()}} == shapes(shop)

    told = await typed("edits")
    assert ["4", "3", "2", "1"] == [
        line[:1] for line in told.output.splitlines() if line[1:3] == "  "
    ]

    await typed("undo", "--down-to", "1")
    assert before == shapes(shop)


async def test_what_does_not_fit_is_told_in_words_and_changes_nothing(
    shop: Shop, typed: Typed
) -> None:
    before = shapes(shop)

    for words, why in (
        (("leave", "SPY"), "is not an orphan"),
        (("split", "SPY", "--part", "two"), "'two' is not a quantity and a leg"),
        (("undo",), "There is no edit"),
    ):
        told = await typed(*words)
        assert 1 == told.exit_code
        assert why in told.output

    assert before == shapes(shop)
