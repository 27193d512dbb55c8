"""Finds and reads scenarios: built in by name, or any YAML file by path."""

from pathlib import Path

from alpaca_simulator.scenarios.model import Scenario

BUILT_IN = Path(__file__).parent


class BadScenario(Exception):
    """A scenario that cannot be read; the message names the file and the key."""


def load_scenario(name_or_path: str | Path) -> Scenario:
    """The scenario of that name, or at that path. Raises `BadScenario`."""
    raise NotImplementedError
