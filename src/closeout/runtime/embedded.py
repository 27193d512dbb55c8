"""
The embedded simulator: a program of its own that lives and dies with the server.

It holds the reading end of a pipe from us, so it also ends, and saves its world, when we
are killed and cannot tell it to.
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import structlog

from closeout.domain.errors import CloseoutError

log = structlog.get_logger(__name__)

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


class SimulatorFailed(CloseoutError):
    """The simulator did not start; its own message says why."""

    code = "simulator_failed"


class EmbeddedSimulator:
    """One running simulator process."""

    def __init__(self, process: Process, url: str) -> None:
        self._process = process
        self.url = url

    @classmethod
    async def start(cls, *, scenario: str, seed: int, world: Path) -> "EmbeddedSimulator":
        """
        Start it on a free loopback port, resuming `world` if that file is there.

        Raises:
            SimulatorFailed: it ended instead of saying that it is ready.
        """
        arguments = ("--port", "0", "--scenario", scenario, "--seed", str(seed))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "alpaca_simulator",
            *arguments,
            "--state",
            str(world),
            "--exit-with-stdin",
            stdin=PIPE,
            stdout=PIPE,
            # Its own group: Ctrl+C is for us, and we end it when our closes are at rest.
            start_new_session=True,
        )
        simulator = cls(process, await cls._ready(process))
        log.info("simulator.started", url=simulator.url, scenario=scenario, pid=process.pid)
        return simulator

    @staticmethod
    async def _ready(process: Process) -> str:
        assert process.stdout is not None
        try:
            async with asyncio.timeout(_START_SECONDS):
                line = await process.stdout.readline()
        except TimeoutError:
            process.kill()
            raise SimulatorFailed("the simulator did not get ready in time") from None
        if not line:
            raise SimulatorFailed("the simulator ended at once; its message is above")
        return str(json.loads(line)["url"])

    async def stop(self) -> None:
        """Close its stdin, which makes it save and end; insist if it does not."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
