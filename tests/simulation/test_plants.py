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

_FROM = {
    "walk on stale quotes": 1_001,
    "undo not in force": 301,
    "begin where planned": 1_401,
    "all of it anew": 3_001,
}
"""
Where to begin for one that is rare among the first seeds: few walks stride without quotes or begin
long after the click, few closes follow an undo, and few orders go anew before positions show what
they have filled.
"""


@pytest.mark.parametrize(
    "plant",
    [it for it in (*PLANTS, *FOREIGN, *SECOND) if it.name not in _SLOW],
    ids=lambda plant: plant.name,
)
def test_a_planted_bug_is_caught(plant: Plant) -> None:
    first = _FROM.get(plant.name, 1)

    assert catch(plant, range(first, first + 600)) is not None
