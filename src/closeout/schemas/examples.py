"""Examples for the OpenAPI document, by model: requests, and what a real server answered."""

import json
from importlib.resources import files
from typing import Any

EXAMPLES: dict[str, list[Any]] = json.loads(
    files("closeout.schemas").joinpath("examples.json").read_text(encoding="utf-8")
)
