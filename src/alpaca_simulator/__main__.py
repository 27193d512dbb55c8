"""``python -m alpaca_simulator``: one simulated broker on one port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace

import msgspec
from aiohttp import web

from alpaca_simulator.driver import BadState, Driver, Pace
from alpaca_simulator.scenarios.loader import BadScenario, load_scenario
from alpaca_simulator.wire.broker import Broker
from alpaca_simulator.wire.commandline import Options, read
from alpaca_simulator.wire.faults import Fault
from alpaca_simulator.wire.server import application

log = logging.getLogger("alpaca_simulator")
_SHUTDOWN_SECONDS = 1.0


class CannotStart(Exception):
    """Why there is no simulator; the text is one line for a person."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to stop; exit 0 then, 2 with one line on stderr if it cannot start."""
    options = read(arguments)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s"
    )
    try:
        asyncio.run(_serve(options))
    except CannotStart as error:
        line = "; ".join(str(error).splitlines())
        sys.stderr.write(f"alpaca_simulator: {line}\n")
        raise SystemExit(2) from error


async def _serve(options: Options) -> None:
    broker = _open(options)
    stop = asyncio.Event()
    _stop_on_signals(stop)
    if options.exits_with_stdin:
        _stop_on_end_of_stdin(stop)
    runner = web.AppRunner(
        application(broker),
        access_log=log if options.is_verbose else None,
        shutdown_timeout=_SHUTDOWN_SECONDS,
    )
    await runner.setup()
    try:
        await _bind(runner, options)
        _announce(runner, broker)
        await _run_until(stop, broker.driver)
    finally:
        await runner.cleanup()
    log.info("stopped, the world is saved")


def _open(options: Options) -> Broker:
    """The world, resumed or new, with its faults.

    Raises:
        CannotStart: If the scenario or the state file cannot be read.
    """
    resumed = options.state is not None and options.state.exists()
    try:
        scenario = load_scenario(options.scenario)
        driver = Driver.start(
            scenario,
            seed=options.settings.seed,
            state_path=options.state,
            now=options.begins_at,
            pace=Pace.STEPPED if options.is_stepped else Pace.RUNNING,
            speed=options.speed,
        )
        faults = msgspec.convert(scenario.faults, tuple[Fault, ...])
    except BadState as error:
        raise CannotStart(str(error)) from error
    except (BadScenario, msgspec.ValidationError) as error:
        raise CannotStart(f"scenario {options.scenario}: {error}") from error
    settings = replace(
        options.settings,
        faults=faults + options.settings.faults,
        scenario=driver.exchange.scenario_name,
        resumed=resumed,
    )
    return Broker(driver, settings)


async def _bind(runner: web.AppRunner, options: Options) -> None:
    try:
        await web.TCPSite(runner, options.host, options.port).start()
    except OSError as error:
        where = f"{options.host}:{options.port}"
        raise CannotStart(f"cannot listen on {where}: {error.strerror or error}") from error


def _announce(runner: web.AppRunner, broker: Broker) -> None:
    """One JSON line on stdout, then nothing more there."""
    host, port = runner.addresses[0][:2]
    ready = {
        "ready": True,
        "url": f"http://{host}:{port}",
        "scenario": broker.settings.scenario,
        "seed": broker.settings.seed,
        "resumed": broker.settings.resumed,
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()


async def _run_until(stop: asyncio.Event, driver: Driver) -> None:
    """Keep the world going until `stop`; what ends the world itself ends this with its error."""
    world = asyncio.create_task(driver.run())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({world, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if world.done():
        world.result()
    world.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await world


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows loops have no signal handlers
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


def _stop_on_end_of_stdin(stop: asyncio.Event) -> None:
    """A parent that dies, even by SIGKILL, closes the pipe; reading to its end notices."""
    loop = asyncio.get_running_loop()

    def wait_for_end() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        with contextlib.suppress(RuntimeError):  # the loop may have closed first
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait_for_end, daemon=True, name="stdin").start()


if __name__ == "__main__":
    main()
