"""Ids and luck, both from the seed and both resumable."""

import random
import uuid
from typing import Any, Self


class Chance:
    """Two independent streams: one for ids, one for fills, so neither disturbs the other."""

    def __init__(self, seed: int) -> None:
        self._ids = random.Random(f"{seed}:ids")  # noqa: S311 - a reproducible world, no secret
        self._luck = random.Random(f"{seed}:fills")  # noqa: S311 - as above

    def new_id(self) -> str:
        return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    def draw(self) -> float:
        """A number from 0 up to 1."""
        return self._luck.random()

    def between(self, least: int, most: int) -> int:
        return self._luck.randint(least, most)

    def to_state(self) -> dict[str, Any]:
        return {"ids": _dump(self._ids), "luck": _dump(self._luck)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        chance = cls(0)
        _load(chance._ids, state["ids"])
        _load(chance._luck, state["luck"])
        return chance


def _dump(stream: random.Random) -> list[Any]:
    version, words, gauss = stream.getstate()
    return [version, list(words), gauss]


def _load(stream: random.Random, state: list[Any]) -> None:
    version, words, gauss = state
    stream.setstate((version, tuple(words), gauss))
