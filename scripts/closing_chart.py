"""
Write the diagram and the tables of docs/closing.md from the machine itself.

Every prepared state of `tests/support/phases.py` meets every event, and what `step` answers is
what is written: nothing here knows the rules of a close. With `--check` only says whether the
page is as the machine is.
"""

import difflib
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from support.phase_notes import NOTES
from support.phases import EVENTS, STATES

from closeout.closing.effects import Effect, PlaceOrder, WakeAfter
from closeout.closing.state import CloseState, Phase
from closeout.closing.step import step

PAGE = Path("docs/closing.md")
_BEGIN, _END = "<!-- begin: {} -->", "<!-- end: {} -->"

_NOTHING = "nothing"

Outcome = tuple[Phase, str, tuple[str, ...]]
"""Where a close stands after an event, for which reason if any, and what it asks for."""


def main() -> int:
    """Write the page, or say how it differs; return the exit status."""
    now = PAGE.read_text()
    fresh = filled(now)
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(fresh)
        return 0
    lines = (now.splitlines(), fresh.splitlines())
    differences = difflib.unified_diff(*lines, f"{PAGE} (as it is)", f"{PAGE} (as it steps)")
    print("\n".join(differences), end="")
    return int(now != fresh)


def filled(page: str) -> str:
    """Put what is generated between its marks."""
    for name, lines in (("diagram", diagram()), ("tables", tables())):
        begin, end = _BEGIN.format(name), _END.format(name)
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = "\n".join((before + begin, *lines, end + after))
    return page


def diagram() -> Iterator[str]:
    """Draw every way from one phase to another, named by the events that lead there."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield "    [*] --> sending: CloseOpened"
    yield "    [*] --> clearing: CloseOpened, with conflicts"
    for before in Phase:
        for after in Phase:
            kinds = {type(EVENTS[name]).__name__ for name in _leading(before, after)}
            if before is not after and kinds:
                yield f"    {before.value} --> {after.value}: {', '.join(sorted(kinds))}"
    yield from (f"    {phase.value} --> [*]" for phase in Phase if phase.is_end)
    yield "```"


def _leading(before: Phase, after: Phase) -> Iterator[str]:
    for name in EVENTS:
        if any(phase is after for phase, *_ in outcomes(before, name)):
            yield name


def tables() -> Iterator[str]:
    """List for every phase what each event makes of it."""
    for phase in Phase:
        yield from table(phase)


def table(phase: Phase) -> Iterator[str]:
    """List what each event makes of a phase."""
    rows = [*_rows(phase)]
    yield f"### {phase.value}"
    yield ""
    if rows:
        yield "| Event | Becomes | Asks for | Why |"
        yield "| --- | --- | --- | --- |"
        yield from rows
        yield ""
    yield "Everything else changes nothing here."
    yield ""


def _rows(phase: Phase) -> Iterator[str]:
    """Write what events of one kind lead to; those that lead to the same share a row."""
    rows: dict[tuple[str, str, str, str], list[str]] = {}
    for name, event in EVENTS.items():
        note = NOTES.get((phase, name), "")
        found = [each for each in outcomes(phase, name) if note or each != (phase, "", ())]
        if not found:
            continue
        becoming = (_place(phase, after, reason) for after, reason, _ in found)
        places = " or ".join(dict.fromkeys(becoming))
        asked = (", ".join(effects) or _NOTHING for *_, effects in found)
        wanted = "; or ".join(dict.fromkeys(asked))
        rows.setdefault((type(event).__name__, places, wanted, note), []).append(name)
    for (kind, places, wanted, note), names in rows.items():
        yield f"| `{kind}`: {'; '.join(names)} | {places} | {wanted} | {note} |"


def _place(before: Phase, after: Phase, reason: str) -> str:
    place = "stays" if after is before else after.value
    return f"{place} ({reason})" if reason else place


@cache
def outcomes(phase: Phase, name: str) -> list[Outcome]:
    """Return what an event leads to in the prepared states of a phase, each once."""
    return [*dict.fromkeys(_outcome(state, name) for state in _prepared()[phase])]


@cache
def _prepared() -> dict[Phase, list[CloseState]]:
    states = [make() for make in STATES.values()]
    return {phase: [state for state in states if state.phase is phase] for phase in Phase}


def _outcome(state: CloseState, name: str) -> Outcome:
    after, effects = step(state, EVENTS[name])
    is_news = after.reason is not None and after.reason != state.reason
    reason = after.reason.code if after.reason and is_news else ""
    return after.phase, reason, tuple(dict.fromkeys(map(_name, effects)))


def _name(effect: Effect) -> str:
    name = type(effect).__name__
    if isinstance(effect, WakeAfter):
        return f"{name} {effect.delay.total_seconds():g} s"
    return f"**{name}**" if isinstance(effect, PlaceOrder) else name


if __name__ == "__main__":
    sys.exit(main())
