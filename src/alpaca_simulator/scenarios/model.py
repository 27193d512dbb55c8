"""What a scenario may say: the schema of the YAML files, documented in docs/simulator.md."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Every part of a scenario refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Scenario(Part):
    """A whole world to start from."""

    name: str
    description: str = ""
    faults: tuple[dict[str, Any], ...] = ()
    """Handed to the wire as they are."""
