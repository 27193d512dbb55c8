"""
The long run, and one seed told at length.

`python -m simulation --seeds 20000` lives that many and prints a line for each that fails;
`--seed 7` lives one and tells its story; `--plants` plants every bug and says what caught it.
"""

import argparse
import gc
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from simulation.plants import EVERY, Plant, planted
from simulation.sights import Sight
from simulation.story import tell
from simulation.world import Outcome, World, live

_BATCH = 100
_PLANT_SEEDS = 5_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when no seed has failed."""
    parser = argparse.ArgumentParser(prog="simulation")
    parser.add_argument("--seeds", type=int, default=2_000, help="how many, from --first on")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=int, help="live this one and tell its story")
    parser.add_argument("--plants", action="store_true", help="plant every bug")
    chosen = parser.parse_args(arguments)
    if chosen.plants:
        return plant_all()
    if chosen.seed is not None:
        return tell_one(chosen.seed)
    return live_many(chosen.first, chosen.seeds)


def tell_one(seed: int) -> int:
    world = World(seed)
    tell(world, _say)
    outcome = world.run()
    for violation in outcome.violations:
        _say(f"VIOLATED  {violation}")
    _say(f"Ends: {dict(Counter(outcome.phases))}, {outcome.seconds:.0f} s of virtual time")
    return 1 if outcome.violations else 0


def live_many(first: int, count: int) -> int:
    began = time.monotonic()
    failed = 0
    phases: Counter[str] = Counter()
    met: Counter[Sight] = Counter()
    reasons: Counter[str] = Counter()
    done = 0
    for outcomes in _spread(range(first, first + count)):
        done += len(outcomes)
        for outcome in outcomes:
            phases.update(outcome.phases)
            met.update(dict(outcome.met))
            reasons.update(outcome.reasons)
            if outcome.violations:
                failed += 1
                _say(str(outcome))
        if done % 5_000 == 0:
            _say(f"{done} seeds, {failed} failed, {done / (time.monotonic() - began):.0f} a second")
    rate = count / (time.monotonic() - began)
    _say(f"{count} seeds, {failed} failed, {rate:.0f} a second on {os.cpu_count()} cores")
    _say(f"Ends: {dict(phases.most_common())}")
    _say(f"Reasons: {dict(reasons.most_common())}")
    for sight in Sight:
        _say(f"{met[sight]:8}  {sight}")
    return 1 if failed else 0


def _spread(seeds: range) -> Iterator[list[Outcome]]:
    """Live the seeds on every core, in batches."""
    with ProcessPoolExecutor(initializer=_spare_collections) as pool:
        yield from pool.map(
            _live_all, [seeds[i : i + _BATCH] for i in range(0, len(seeds), _BATCH)]
        )


def _spare_collections() -> None:
    """Look for garbage less often: a seed leaves little, and what was imported stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def _live_all(seeds: range) -> list[Outcome]:
    return [live(seed) for seed in seeds]


def plant_all() -> int:
    """Print a row for each bug; return 1 when one survives."""
    survivors = 0
    for plant in EVERY:
        caught = catch(plant, range(1, _PLANT_SEEDS + 1))
        if caught is None:
            survivors += 1
            _say(f"| {plant.name} | {plant.story} | survives | |")
            continue
        violation = caught.violations[0]
        _say(f"| {plant.name} | {plant.story} | {violation.rule} | {caught.seed} |")
    return 1 if survivors else 0


def catch(plant: Plant, seeds: range) -> Outcome | None:
    """Return the first seed's outcome that shows the bug."""
    with planted(plant):
        for seed in seeds:
            outcome = live(seed)
            if outcome.violations:
                return outcome
    return None


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
