"""The ground the simulation stands on: virtual time, and death at any await."""

import asyncio

import pytest
from simulation.loop import Stuck, VirtualLoop


@pytest.fixture
def loop() -> VirtualLoop:
    return VirtualLoop()  # type: ignore[abstract]


def test_time_jumps_when_everybody_waits(loop: VirtualLoop) -> None:
    async def sleep() -> float:
        await asyncio.sleep(3_600)
        return loop.time()

    task = loop.spawn(sleep())
    loop.run(task.done)

    assert 3_600.0 == task.result()


def test_a_timeout_ends_in_virtual_time(loop: VirtualLoop) -> None:
    async def wait() -> None:
        async with asyncio.timeout(10):
            await asyncio.Event().wait()

    task = loop.spawn(wait())
    loop.run(task.done)

    assert isinstance(task.exception(), TimeoutError)
    assert 10.0 == loop.time()


def test_nobody_left_to_run_is_an_error(loop: VirtualLoop) -> None:
    task = loop.spawn(asyncio.Event().wait())

    with pytest.raises(Stuck):
        loop.run(task.done)
    loop.dispose()


@pytest.mark.parametrize("step", range(6))
def test_a_killed_process_does_nothing_more_not_even_clean_up(loop: VirtualLoop, step: int) -> None:
    done: list[str] = []
    process = loop.process()

    async def work() -> None:
        try:
            for turn in range(5):
                done.append(str(turn))
                await asyncio.sleep(1)
        finally:
            done.append("cleaned up")

    process.kill_at = step
    process.run(lambda: loop.create_task(work()))
    waiting = loop.spawn(asyncio.sleep(60))
    loop.run(waiting.done)
    told = list(done)
    loop.dispose()

    assert [str(turn) for turn in range(5)][: (step + 1) // 2] == told[:5][: (step + 1) // 2]
    assert "cleaned up" not in told


def test_a_frozen_process_goes_on_where_it_was(loop: VirtualLoop) -> None:
    process = loop.process()
    woke: list[float] = []

    async def work() -> None:
        await asyncio.sleep(1)
        woke.append(loop.time())

    process.run(lambda: loop.create_task(work()))
    process.is_frozen = True
    loop.later(100, loop.thaw, process)
    waiting = loop.spawn(asyncio.sleep(300))
    loop.run(waiting.done)

    assert [101.0] == woke
