"""Time driven by hand and by the clock, and a world that outlives its process."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from simulator.exchange.worlds import (
    CONDOR,
    OPEN,
    condor_close,
    exchange,
    holdings,
    later,
    put,
    scenario,
    told,
)

from alpaca_simulator.driver import BadState, Driver, Pace
from alpaca_simulator.exchange.events import Event
from alpaca_simulator.exchange.refusals import Refusal


class Machine:
    """A monotonic clock that moves when told."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def running(machine: Machine, *, speed: float = 1.0, state: Path | None = None) -> Driver:
    return Driver(exchange(CONDOR), monotonic=machine, speed=speed, state_path=state)


def test_a_running_world_follows_the_clock_times_its_speed() -> None:
    machine = Machine()
    driver = running(machine, speed=60)
    machine.seconds += 2
    driver.sync()
    assert OPEN + timedelta(minutes=2) == driver.exchange.now


def test_a_stepped_world_moves_only_when_told() -> None:
    machine = Machine()
    driver = running(machine)
    driver.set_pace(Pace.STEPPED)
    machine.seconds += 50
    driver.sync()
    assert OPEN == driver.exchange.now
    driver.step(timedelta(seconds=5))
    assert OPEN + timedelta(seconds=5) == driver.exchange.now


def test_a_new_pace_counts_from_the_moment_it_is_set() -> None:
    machine = Machine()
    driver = running(machine)
    driver.set_pace(Pace.STEPPED)
    machine.seconds += 50
    driver.set_pace(Pace.RUNNING, 10)
    machine.seconds += 1
    driver.sync()
    assert OPEN + timedelta(seconds=10) == driver.exchange.now


def test_a_step_by_hand_in_a_running_world_is_not_taken_back() -> None:
    machine = Machine()
    driver = running(machine)
    driver.step(timedelta(hours=1))
    machine.seconds += 1
    driver.sync()
    assert OPEN + timedelta(hours=1, seconds=1) == driver.exchange.now


@pytest.mark.parametrize("speed", [0.0, -1.0])
def test_time_cannot_stand_or_run_backwards_by_speed(speed: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        running(Machine(), speed=speed)


def test_listeners_hear_every_event_once_until_they_leave() -> None:
    machine = Machine()
    driver = running(machine)
    heard: list[Event] = []
    leave = driver.subscribe(heard.extend)
    driver.exchange.submit(condor_close())
    driver.sync()
    assert ["pending_new"] == told(heard)
    machine.seconds += 1
    driver.sync()
    assert ["pending_new", "new", "fill"] == told(heard)
    leave()
    driver.exchange.submit(condor_close(qty="1", limit="1")) if holdings(driver.exchange) else None
    driver.sync()
    assert ["pending_new", "new", "fill"] == told(heard)


def test_what_was_acknowledged_is_on_disk_before_sync_returns(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "world.json"
    driver = Driver(exchange(CONDOR), pace=Pace.STEPPED, state_path=state)
    order = driver.exchange.submit(condor_close(limit="0.01", client_order_id="mine"))
    driver.sync()
    resumed = Driver.start(scenario(), seed=1, state_path=state, pace=Pace.STEPPED)
    assert order == resumed.exchange.order(order.id)
    with pytest.raises(Refusal, match="client_order_id must be unique"):
        resumed.exchange.submit(condor_close(limit="0.01", client_order_id="mine"))


def test_a_resumed_world_has_the_same_future(tmp_path: Path) -> None:
    state = tmp_path / "world.json"
    driver = Driver(exchange(CONDOR), pace=Pace.STEPPED, state_path=state)
    driver.exchange.submit(condor_close(limit="1.00"))
    driver.step(timedelta(seconds=5))
    driver.save()
    resumed = Driver.start(scenario(), seed=99, state_path=state, pace=Pace.STEPPED)
    for each in (driver.exchange, resumed.exchange):
        for _ in range(30):
            later(each)
    assert driver.exchange.to_state() == resumed.exchange.to_state()


def test_prices_alone_do_not_write_the_world_each_time(tmp_path: Path) -> None:
    machine, state = Machine(), tmp_path / "world.json"
    driver = running(machine, state=state)
    driver.sync()
    written = state.stat().st_mtime_ns
    machine.seconds += 1
    driver.sync()
    assert written == state.stat().st_mtime_ns


def test_a_running_world_resumed_later_has_lived_through_what_it_missed(tmp_path: Path) -> None:
    state = tmp_path / "world.json"
    first = Driver.start(scenario(), seed=1, state_path=state, now=OPEN)
    first.exchange._world.ledger.adjust("SPY260304C00700000", 1, Decimal(1))
    first.save()
    tomorrow = OPEN + timedelta(days=1)
    resumed = Driver.start(scenario(), seed=1, state_path=state, now=tomorrow)
    assert tomorrow == resumed.exchange.now
    assert {} == holdings(resumed.exchange)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 99}', '{"version": 1}'])
def test_a_state_that_cannot_be_read_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    state = tmp_path / "world.json"
    state.write_text(content, encoding="utf-8")
    with pytest.raises(BadState, match="cannot be resumed"):
        Driver.start(scenario(), seed=1, state_path=state)
    assert content == state.read_text(encoding="utf-8")


def test_a_failed_write_leaves_the_old_world_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "world.json"
    driver = Driver(exchange(CONDOR), pace=Pace.STEPPED, state_path=state)
    driver.save()
    before = state.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    driver.exchange.submit(condor_close(limit="0.01"))
    with pytest.raises(OSError, match="No space"):
        driver.sync()
    assert before == state.read_bytes()
    assert [state] == list(tmp_path.iterdir())


KILLED = """
import os, sys
from pathlib import Path
sys.path[:0] = {paths!r}
from simulator.exchange.worlds import CONDOR, condor_close, exchange
from alpaca_simulator.driver import Driver, Pace
driver = Driver(exchange(CONDOR), pace=Pace.STEPPED, state_path=Path({state!r}))
driver.exchange.submit(condor_close(limit="0.01", client_order_id="mine"))
driver.sync()
os.kill(os.getpid(), 9)
"""


def test_a_killed_process_forgets_nothing_it_acknowledged(tmp_path: Path) -> None:
    state = tmp_path / "world.json"
    code = KILLED.format(paths=[path for path in sys.path if path], state=str(state))
    assert -9 == subprocess.run([sys.executable, "-c", code], check=False).returncode
    resumed = Driver.start(scenario(), seed=1, state_path=state, pace=Pace.STEPPED)
    assert "pending_new" == resumed.exchange.order_by_client_order_id("mine").status
    assert 0 == resumed.exchange.position(put(560)).qty_available


async def test_run_keeps_the_world_moving_and_saves_it_at_the_end(tmp_path: Path) -> None:
    state = tmp_path / "world.json"
    driver = Driver(exchange(CONDOR), state_path=state, interval=0.001)
    filled = asyncio.Event()
    driver.subscribe(lambda events: filled.set() if "fill" in told(list(events)) else None)
    task = asyncio.create_task(driver.run())
    driver.exchange.submit(condor_close())
    await asyncio.wait_for(filled.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    resumed = Driver.start(scenario(), seed=1, state_path=state, pace=Pace.STEPPED)
    assert driver.exchange.to_state() == resumed.exchange.to_state()


def test_a_fresh_world_begins_now_when_not_told_otherwise() -> None:
    before = datetime.now(UTC)
    driver = Driver.start(scenario(), seed=1)
    assert before <= driver.exchange.now <= datetime.now(UTC)
    assert (Pace.RUNNING, 1.0) == (driver.pace, driver.speed)
