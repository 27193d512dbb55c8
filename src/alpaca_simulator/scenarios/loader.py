"""Finds and reads scenarios: built in by name, or any YAML file by path."""

from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from alpaca_simulator.scenarios.model import Scenario

BUILT_IN: Final = Path(__file__).parent


class BadScenario(Exception):
    """A scenario that cannot be used; the message names the file and the key."""


def built_in_scenarios() -> list[str]:
    return sorted(path.stem for path in BUILT_IN.glob("*.yaml"))


def load_scenario(name_or_path: str | Path) -> Scenario:
    """The scenario of that name, or at that path. Raises `BadScenario`."""
    path = _find(name_or_path)
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadScenario(f"{path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise BadScenario(f"{path}: not YAML: {error}") from error
    if not isinstance(content, dict):
        raise BadScenario(f"{path}: the file must hold keys and values")
    try:
        return Scenario.model_validate({"name": path.stem, **content})
    except ValidationError as error:
        raise BadScenario(_told(path, error)) from error


def _find(name_or_path: str | Path) -> Path:
    if isinstance(name_or_path, str) and name_or_path in built_in_scenarios():
        return BUILT_IN / f"{name_or_path}.yaml"
    path = Path(name_or_path)
    if not path.exists():
        known = ", ".join(built_in_scenarios())
        raise BadScenario(f"{name_or_path}: no such file, and not one of {known}")
    return path


def _told(path: Path, error: ValidationError) -> str:
    """One line for each mistake: the file, the way to the key, and what is wrong there."""
    lines = []
    for each in error.errors():
        place = ".".join(str(part) for part in each["loc"]) or "scenario"
        lines.append(f"{path.name}: {place}: {each['msg']}")
    return "\n".join(lines)
