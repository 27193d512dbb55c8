"""
Change the core a little, many times, and count how often its own tests notice.

mutmut makes the mutants; what it mutates is in `pyproject.toml`. There are thousands, so a sample
drawn evenly over the modules stands for all of them. docs/mutation.md
"""

import argparse
import fnmatch
import json
import math
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from mutants_session import ASKED, OUTCOMES, Asked
from mutmut.__main__ import create_mutants
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.utils.file_utils import (
    copy_also_copy_files,
    copy_src_dir,
    walk_mutatable_files,
)

FOLDER = Path("mutants")
LOG = FOLDER / "run.log"
SURVIVORS = FOLDER / "survivors.diff"

_TESTS = ("tests/domain", "tests/closing", "--hypothesis-profile=ci", "-p", "no:cacheprovider")
_NOTICED = ("killed", "timeout")
_95_PERCENT = 1.96


def main() -> int:
    """Draw, run and tell; return the exit status."""
    asked = arguments()
    generate()
    mutants = [name for name in names() if matches(name, asked.name)]
    if not mutants:
        print(
            f"No mutant is called {' or '.join(asked.name)}. They look like "
            "closeout.closing.guards.x_check_free__mutmut_12; * stands for any letters."
        )
        return 2
    drawn = sample(mutants, asked.sample, random.Random(asked.seed)) if asked.sample else mutants
    print(f"{len(drawn)} of {len(mutants)} mutants; {LOG} tells how far it is", flush=True)
    return told(run(Asked(drawn, asked.jobs, asked.slowest)))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="*", default=["*"], help="which mutants, * for any letters")
    parser.add_argument("--sample", type=int, default=0, help="how many of them; 0 for all")
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes at a time")
    parser.add_argument(
        "--slowest", type=float, default=1.0, help="leave tests of more seconds out; default 1"
    )
    return parser.parse_args()


def generate() -> None:
    """Write the mutants of every function that has changed since the last time."""
    # mutmut copies the tests over those of the last run, and renamed ones would stay.
    shutil.rmtree(FOLDER / "tests", ignore_errors=True)
    FOLDER.mkdir(exist_ok=True)
    with redirect_stdout(StringIO()):
        copy_src_dir()
        copy_also_copy_files()
        create_mutants(max_children=1)


def names() -> list[str]:
    """Return the name of every mutant."""
    return [
        name
        for source in sorted(walk_mutatable_files())
        if records(source).exists()
        for name in json.loads(records(source).read_text())["exit_code_by_key"]
    ]


def records(source: Path) -> Path:
    """Name the file where mutmut lists the mutants of a module."""
    return FOLDER / source.with_name(f"{source.name}.meta")


def matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def module_of(name: str) -> str:
    return name.rpartition(".")[0]


def sample(mutants: list[str], size: int, chance: random.Random) -> list[str]:
    """Draw from every module in proportion to its mutants: each nth of all, shuffled within."""
    if size >= len(mutants):
        return mutants
    ordered = sorted(mutants, key=lambda name: (module_of(name), chance.random()))
    stride = len(ordered) / size
    start = chance.random() * stride
    return [ordered[int(start + at * stride)] for at in range(size)]


def run(asked: Asked) -> dict[str, str]:
    """Let a session of pytest meet these mutants; return what became of each."""
    (FOLDER / ASKED).write_text(json.dumps(asked._asdict()))
    (FOLDER / OUTCOMES).unlink(missing_ok=True)
    here = str(Path(__file__).parent.resolve())
    with LOG.open("w") as log:
        subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "mutants_session", "--capture=no", *_TESTS],
            cwd=FOLDER,
            env={**os.environ, "PYTHONPATH": here},
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if not (FOLDER / OUTCOMES).exists():
        sys.exit(f"The tests fail as they are, or there is none; the end of {LOG} says more.")
    outcomes: dict[str, str] = json.loads((FOLDER / OUTCOMES).read_text())
    return outcomes


def told(outcomes: dict[str, str]) -> int:
    """Print the figures and write the survivors down; return the exit status."""
    drawn = Counter(module_of(name) for name in outcomes)
    survivors = [name for name, outcome in outcomes.items() if outcome not in _NOTICED]
    lost = Counter(module_of(name) for name in survivors)
    for module, count in sorted(drawn.items()):
        print(f"{module:40} {count - lost[module]:4} of {count:4} killed")
    killed = len(outcomes) - len(survivors)
    low, high = interval(killed, len(outcomes))
    print(
        f"{killed} of {len(outcomes)} killed: {killed / len(outcomes):.1%}"
        f" (95% interval {low:.1%} to {high:.1%})"
    )
    SURVIVORS.write_text("\n".join(changed(name, outcomes[name]) for name in survivors))
    print(f"What the survivors change is in {SURVIVORS}")
    return 0


def interval(hits: int, of: int) -> tuple[float, float]:
    """Return Wilson's interval for a share."""
    share, z2 = hits / of, _95_PERCENT**2
    middle = share + z2 / (2 * of)
    reach = _95_PERCENT * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return (middle - reach) / (1 + z2 / of), (middle + reach) / (1 + z2 / of)


def changed(name: str, outcome: str) -> str:
    """Show one mutant beside what it was made from."""
    source = Path("src", *module_of(name).split(".")).with_suffix(".py")
    return f"# {name}: {outcome}\n{get_diff_for_mutant(name, path=source)}"


if __name__ == "__main__":
    sys.exit(main())
