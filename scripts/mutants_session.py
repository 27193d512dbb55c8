"""
A pytest plugin: collect the tests once, then fork for every mutant and run those that reach it.

`mutants.py` starts it in the folder of the mutants, with what it wants in `ASKED`. The first
test to fail kills a mutant and spares the rest, so the quick ones come first, and one case of
every test before the second of any.
"""

import hashlib
import json
import os
import resource
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import _lru_cache_wrapper
from itertools import zip_longest
from pathlib import Path
from time import process_time
from typing import NamedTuple

import pytest
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.format_utils import mangled_name_from_mutant_name

ASKED = Path("asked.json")
OUTCOMES = Path("outcomes.json")
REACHES = Path("reaches.json")

_PATIENCE = 10
"""Seconds of processor time, beyond what is usual, after which a test runs on for ever."""

_MEMORY = 4 * 2**30


class Asked(NamedTuple):
    mutants: list[str]
    jobs: int
    slowest: float
    """Tests that take more seconds are left out."""


class Reach(NamedTuple):
    """What a test costs in seconds of processor time, and what it calls, in mutmut's names."""

    seconds: float
    functions: list[str]


def pytest_runtestloop(session: pytest.Session) -> bool:
    if session.testsfailed:
        raise session.Interrupted("Not every test can be collected")
    asked = Asked(**json.loads(ASKED.read_text()))
    reaches = learned(session, asked.slowest)
    quick = [item for item in session.items if reaches[item.nodeid].seconds <= asked.slowest]
    print(f"{len(quick)} of {len(session.items)} tests are quick enough", flush=True)
    tests = in_order(quick, reaches)
    OUTCOMES.write_text(json.dumps(dict(outcomes(session, asked, tests, reaches))))
    return True


def in_order(items: Sequence[pytest.Item], reaches: dict[str, Reach]) -> list[pytest.Item]:
    """Put the quick first, and one case of every test before the second of any."""
    cases: Counter[str] = Counter()
    rank = {}
    for item in sorted(items, key=lambda item: reaches[item.nodeid].seconds):
        test = item.nodeid.partition("[")[0]
        rank[item] = cases[test]
        cases[test] += 1
    return sorted(rank, key=lambda item: rank[item])


def outcomes(
    session: pytest.Session, asked: Asked, tests: list[pytest.Item], reaches: dict[str, Reach]
) -> Iterator[tuple[str, str]]:
    """Meet the mutants, so many at a time, and say what became of each."""
    running: dict[int, str] = {}
    waiting = list(reversed(asked.mutants))
    while waiting or running:
        while waiting and len(running) < asked.jobs:
            mutant = waiting.pop()
            function = mangled_name_from_mutant_name(mutant)
            reaching = [test for test in tests if function in reaches[test.nodeid].functions]
            running[forked(session, mutant, reaching, reaches)] = mutant
        pid, status = os.wait()
        mutant = running.pop(pid)
        outcome = became(os.waitstatus_to_exitcode(status))
        print(f"{mutant}: {outcome}", flush=True)
        yield mutant, outcome


def became(status: int) -> str:
    if status == -signal.SIGXCPU:
        return "timeout"
    return "killed" if status else "survived"


def forked(
    session: pytest.Session, mutant: str, tests: list[pytest.Item], reaches: dict[str, Reach]
) -> int:
    """Run the tests on a mutant in a process of its own until one fails; return its id."""
    sys.stdout.flush()
    if pid := os.fork():
        return pid
    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        set_mutant_under_test(mutant)
        for test, following in zip_longest(tests, tests[1:]):
            limit = process_time() + _PATIENCE * (1 + reaches[test.nodeid].seconds)
            resource.setrlimit(resource.RLIMIT_CPU, (int(limit), resource.RLIM_INFINITY))
            test.config.hook.pytest_runtest_protocol(item=test, nextitem=following)
            if session.testsfailed:
                break
        else:
            status = 0
    finally:
        os._exit(status)


def learned(session: pytest.Session, slowest: float) -> dict[str, Reach]:
    """
    Return what every test reaches. Those of a changed file, or of changed code, are run to see.

    Not so those that were too slow before: they are taken to be so still.
    """
    known = json.loads(REACHES.read_text()) if REACHES.exists() else {}
    before = {test: it for tests in known.values() for test, it in tests.items()}
    marks = marked({item.path for item in session.items})
    unknown = [item for item in session.items if marks[item.path] not in known]
    slow = {test: it for test, it in before.items() if Reach(*it).seconds > slowest}
    fresh = [item for item in unknown if item.nodeid not in slow]
    print(f"{len(fresh)} tests are run to learn what they reach", flush=True)
    known |= watched(session, fresh, marks)
    for item in unknown:
        if item.nodeid in slow:
            known.setdefault(marks[item.path], {})[item.nodeid] = slow[item.nodeid]
    REACHES.write_text(json.dumps({key: known[key] for key in marks.values()}))
    return {test: Reach(*it) for key in marks.values() for test, it in known[key].items()}


def marked(files: set[Path]) -> dict[Path, str]:
    """Return what identifies each file of tests and all the code it may reach."""
    code = hashlib.sha256()
    for path in sorted([*Path("src").rglob("*.py"), *Path("tests/support").rglob("*.py")]):
        code.update(path.read_bytes())
    return {
        path: hashlib.sha256(code.digest() + bytes(path) + path.read_bytes()).hexdigest()
        for path in files
    }


def watched(
    session: pytest.Session, tests: list[pytest.Item], marks: dict[Path, str]
) -> dict[str, dict[str, Reach]]:
    """Run the tests in a process of their own, for what they leave behind would mislead."""
    receiver, sender = os.pipe()
    if child := os.fork():
        os.close(sender)
        with os.fdopen(receiver) as report:
            told = report.read()
        os.waitpid(child, 0)
        if not told:
            pytest.exit("The tests fail as they are", returncode=1)
        reaches: dict[str, dict[str, Reach]] = json.loads(told)
        return reaches
    try:
        set_mutant_under_test("stats")
        found: dict[str, dict[str, Reach]] = {}
        for test, following in zip_longest(tests, tests[1:]):
            found.setdefault(marks[test.path], {})[test.nodeid] = reach(test, following)
            if session.testsfailed:
                print(f"{test.nodeid} fails unchanged", flush=True)
                break
        else:
            with os.fdopen(sender, "w") as report:
                json.dump(found, report)
    finally:
        os._exit(0)


def caches() -> Iterator["_lru_cache_wrapper[object]"]:
    """Yield the caches of the code under test."""
    for name, module in list(sys.modules.items()):
        if name.startswith("closeout."):
            yield from (it for it in vars(module).values() if isinstance(it, _lru_cache_wrapper))


def reach(test: pytest.Item, following: pytest.Item | None) -> Reach:
    """Run a test and see what it calls, also what an earlier one has left in a cache."""
    for cached in caches():
        cached.cache_clear()
    state()._stats.clear()  # noqa: SLF001 (mutmut's own runner fills and reads it likewise)
    began = process_time()
    test.config.hook.pytest_runtest_protocol(item=test, nextitem=following)
    return Reach(round(process_time() - began, 4), sorted(state()._stats))  # noqa: SLF001
