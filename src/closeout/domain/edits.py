"""
What the user has said about strategies, and what it adds up to.

Edits are facts in the past tense, numbered from 1 without a gap. The ones that stand, in their
order, become assignments for the replay of the history; an undo takes the newest of them back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from closeout.domain.assignments import Assignment, Share


@dataclass(frozen=True, slots=True)
class Part:
    """What one strategy gets by an edit. What it has already is not told, and stays."""

    position_id: str
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class StrategiesMerged:
    """All legs of these are one strategy, the first of them. None keeps its name."""

    number: int
    at: datetime
    after: datetime | None
    text: str
    position_ids: tuple[str, ...]
    parts: tuple[Part, ...]
    name: str | None


@dataclass(frozen=True, slots=True)
class StrategySplit:
    """The legs of one strategy are several; the first part keeps its id."""

    number: int
    at: datetime
    after: datetime | None
    text: str
    position_id: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class LegMoved:
    """Signed contracts of one leg went from one strategy to another, or to one of their own."""

    number: int
    at: datetime
    after: datetime | None
    text: str
    from_position_id: str
    to_position_id: str
    symbol: str
    quantity: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class StrategyRenamed:
    """A strategy has the user's name; None: that of its shape again."""

    number: int
    at: datetime
    after: datetime | None
    text: str
    position_id: str
    parts: tuple[Part, ...]
    name: str | None


@dataclass(frozen=True, slots=True)
class OrphanLeft:
    """The user has seen what is left of a strategy, signed contracts by symbol, and leaves it."""

    number: int
    at: datetime
    after: datetime | None
    text: str
    position_id: str
    parts: tuple[Part, ...]
    legs: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class EditsUndone:
    """These edits do not stand any more."""

    number: int
    at: datetime
    text: str
    undone: tuple[int, ...]


Regrouping = StrategiesMerged | StrategySplit | LegMoved | StrategyRenamed | OrphanLeft
"""The edits that can be undone."""

Edit = Regrouping | EditsUndone


def standing(edits: Iterable[Edit]) -> tuple[Regrouping, ...]:
    """Return the edits that were not undone, oldest first; the order they come in is no matter."""
    known = tuple(edits)
    undone = {number for each in known if isinstance(each, EditsUndone) for number in each.undone}
    stand = (
        each for each in known if not isinstance(each, EditsUndone) and each.number not in undone
    )
    return tuple(sorted(stand, key=lambda each: each.number))


def assignments(edits: Iterable[Edit]) -> tuple[Assignment, ...]:
    """Return what the standing edits assign, oldest first."""
    return tuple(word for edit in standing(edits) for word in _words(edit))


def _words(edit: Regrouping) -> Iterator[Assignment]:
    renamed, name = _renaming(edit)
    for part in edit.parts:
        renames = part.position_id == renamed
        yield Assignment(
            number=edit.number,
            at=edit.at,
            after=edit.after,
            strategy_id=part.position_id,
            shares=part.shares,
            renames=renames,
            name=name if renames else None,
            leaves=edit.legs if isinstance(edit, OrphanLeft) else (),
        )


def _renaming(edit: Regrouping) -> tuple[str | None, str | None]:
    """Return which strategy gets a name by an edit, and the name."""
    match edit:
        case StrategyRenamed():
            return edit.position_id, edit.name
        case StrategiesMerged():
            return (None, None) if edit.name is None else (edit.position_ids[0], edit.name)
        case StrategySplit() | LegMoved() | OrphanLeft():
            return None, None
        case _:
            assert_never(edit)


def touched(edit: Regrouping) -> frozenset[str]:
    """Return the ids of every strategy an edit takes from, gives to or names."""
    gave = {share.taken_from for part in edit.parts for share in part.shares}
    return frozenset({part.position_id for part in edit.parts} | {each for each in gave if each})


def moved_symbols(edit: Regrouping) -> frozenset[str]:
    """Return the contracts an edit moves or pins."""
    return frozenset(share.symbol for part in edit.parts for share in part.shares)
