"""A checker is trusted after it has caught a planted bug."""

import pytest
from simulation.__main__ import catch
from simulation.plants import FOREIGN, PLANTS, SECOND, Plant

_SLOW = {
    "claims not checked",
    "drop a stream gap",
    "lose sight of a replacement",
    "sure while it was ours",
    "theirs is ours",
}
"""Need many seeds: `make simulate PLANTS=1` plants them, docs/simulation.md says how many."""


@pytest.mark.parametrize(
    "plant",
    [it for it in (*PLANTS, *FOREIGN, *SECOND) if it.name not in _SLOW],
    ids=lambda plant: plant.name,
)
def test_a_planted_bug_is_caught(plant: Plant) -> None:
    assert catch(plant, range(1, 601)) is not None
