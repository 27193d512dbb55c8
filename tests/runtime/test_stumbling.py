"""An error of our own in the middle of a close costs a pause, and never the close."""

from typing import Any

import pytest
from support.bench import Bench
from support.eventually import settle
from support.fakes import lose_after_taking, lose_before_taking

from closeout.closing.events import OrderNotFound, OutcomeLost
from closeout.closing.state import Phase
from closeout.runtime import runner as runner_module


class Stumble(Exception):
    """Nobody expects this one."""


def stumble_once(monkeypatch: pytest.MonkeyPatch, part: str, kind: type) -> None:
    """Let `step` lose an event of this kind, or `narrate` the effects of one on record."""
    sound = getattr(runner_module, part)
    stumbled = False

    def work(*args: Any) -> Any:
        nonlocal stumbled
        if not stumbled and isinstance(args[-1], kind):
            stumbled = True
            raise Stumble
        return sound(*args)

    monkeypatch.setattr(runner_module, part, work)


@pytest.mark.parametrize("part", ["step", "narrate"])
@pytest.mark.parametrize("kind", [OutcomeLost, OrderNotFound])
async def test_an_order_that_never_arrived_goes_again_though_we_stumble_on_the_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, part: str, kind: type
) -> None:
    stumble_once(monkeypatch, part, kind)
    bench.broker.script(lose_before_taking)
    runner = await bench.open()

    await bench.clock.seconds(75)

    first, second = bench.broker.sent
    assert first == second
    assert Phase.WORKING is runner.state.phase


@pytest.mark.parametrize("part", ["step", "narrate"])
async def test_an_order_that_arrived_is_never_sent_twice_though_we_stumble_on_the_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    stumble_once(monkeypatch, part, OutcomeLost)
    bench.broker.drop_stream()
    await settle()
    bench.broker.script(lose_after_taking)
    runner = await bench.open()

    await bench.clock.seconds(75)

    assert (Phase.WORKING, 1) == (runner.state.phase, len(bench.broker.sent))


async def test_an_order_that_we_stumble_over_before_it_left_goes_after_asking(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget, sound = bench.engine.budget, bench.engine.budget.take

    def stumble(*args: Any) -> Any:
        monkeypatch.setattr(budget, "take", sound)
        raise Stumble

    monkeypatch.setattr(budget, "take", stumble)
    runner = await bench.open()

    await bench.clock.seconds(75)

    assert (Phase.WORKING, 1) == (runner.state.phase, len(bench.broker.sent))
