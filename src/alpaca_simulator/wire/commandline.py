"""The command line of ``python -m alpaca_simulator`` read into values."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from alpaca_simulator.wire.credentials import Credentials
from alpaca_simulator.wire.faults import Fault, read_faults
from alpaca_simulator.wire.settings import Settings
from alpaca_simulator.wire.streams.feeds import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for. `port` 0 lets the system choose; `is_stepped` stops the clock.

    `begins_at` is the first moment of a world that is not resumed, None for now.
    """

    host: str
    port: int
    scenario: str
    state: Path | None
    begins_at: datetime | None
    speed: float
    is_stepped: bool
    exits_with_stdin: bool
    is_verbose: bool
    settings: Settings


def parser() -> argparse.ArgumentParser:
    """All flags; docs/simulator-wire.md prints this help."""
    it = argparse.ArgumentParser(
        prog="alpaca_simulator", description="A broker that speaks Alpaca's wire protocol."
    )
    it.add_argument("--host", default="127.0.0.1", help="address to bind (default: %(default)s)")
    it.add_argument("--port", type=int, default=8111, help="0 for any free port (%(default)s)")
    it.add_argument("--scenario", default="desk", help="name or path (default: %(default)s)")
    it.add_argument("--seed", type=int, default=7, help="of all chance (default: %(default)s)")
    it.add_argument("--state", type=Path, help="file that keeps the world across restarts")
    it.add_argument(
        "--begin", type=_instant, help="first moment of a new world, as 2026-03-04T15:00Z (now)"
    )
    pace = it.add_mutually_exclusive_group()
    pace.add_argument("--speed", type=float, default=1.0, help="world seconds a second (1)")
    pace.add_argument("--stepped", action="store_true", help="time moves by /_sim/clock alone")
    it.add_argument(
        "--fault", action="append", default=[], help="a fault or list as JSON, or a file of them"
    )
    it.add_argument("--rate-limit", type=int, default=200, help="trading requests a minute (200)")
    it.add_argument(
        "--data-rate-limit", type=int, default=10_000, help="data requests a minute (10000)"
    )
    it.add_argument("--key", help="the only API key let in (default: any)")
    it.add_argument("--secret", help="the only secret let in (default: any)")
    it.add_argument(
        "--plan", type=Plan, choices=list(Plan), default=Plan.PLUS, help="market data plan (plus)"
    )
    it.add_argument(
        "--single-trade-stream",
        action="store_true",
        help="refuse a second /stream connection with 429 while one lives",
    )
    it.add_argument(
        "--data-connections", type=int, default=1, help="allowed on one data stream endpoint (1)"
    )
    it.add_argument("--exit-with-stdin", action="store_true", help="save and exit when stdin ends")
    it.add_argument("--verbose", action="store_true", help="log every request to stderr")
    return it


def read(arguments: Sequence[str] | None) -> Options:
    """Read the arguments, or those of the process.

    Raises:
        SystemExit: 2 with one line on stderr, if they cannot be read.
    """
    it = parser()
    given = it.parse_args(arguments)
    try:
        faults = tuple(fault for text in given.fault for fault in _faults(text))
    except (msgspec.DecodeError, OSError) as error:
        it.error(f"--fault: {error}")
    return Options(
        host=given.host,
        port=given.port,
        scenario=given.scenario,
        state=given.state,
        begins_at=given.begin,
        speed=given.speed,
        is_stepped=given.stepped,
        exits_with_stdin=given.exit_with_stdin,
        is_verbose=given.verbose,
        settings=Settings(
            seed=given.seed,
            credentials=Credentials(given.key, given.secret),
            rate_limit=given.rate_limit,
            data_rate_limit=given.data_rate_limit,
            plan=given.plan,
            single_trade_stream=given.single_trade_stream,
            data_connections=given.data_connections,
            faults=faults,
        ),
    )


def _instant(text: str) -> datetime:
    """Read an instant with its offset from UTC."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no offset from UTC: write {text}Z")
    return instant.astimezone(UTC)


def _faults(text: str) -> list[Fault]:
    if text.lstrip().startswith(("{", "[")):
        return read_faults(text)
    return read_faults(Path(text).read_bytes())
