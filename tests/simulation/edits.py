"""The checkers' book of what people said about strategies: merged, split, moved, named, undone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from simulation.ownership import Kept, Ownership
from simulation.sights import Sight

from closeout.domain.edits import (
    Edit,
    EditsUndone,
    LegMoved,
    StrategiesMerged,
    StrategyRenamed,
    StrategySplit,
)

SIGHTS: dict[type, Sight] = {
    StrategiesMerged: Sight.MERGED,
    StrategySplit: Sight.SPLIT,
    LegMoved: Sight.MOVED,
    StrategyRenamed: Sight.RENAMED,
    EditsUndone: Sight.UNDONE,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """
    An edit somebody asks for: signed contracts by position and symbol that go to `target`.

    Without a target they become a position of their own.
    """

    kind: type
    moves: tuple[tuple[str, str, int], ...] = ()
    target: str | None = None


@dataclass(frozen=True, slots=True)
class _Made:
    """An edit that is on record: its positions, and their strategies as they were before."""

    at: float
    positions: set[str]
    before: Mapping[int, Kept]


class EditBook:
    """
    What each position should be by what was asked for, whatever was written.

    `positions` has the strategy of each position, as an index of the ownership.
    """

    def __init__(self, own: Ownership, positions: dict[str, int]) -> None:
        self._own = own
        self._positions = positions
        self._wish: Wish | None = None
        self._made: dict[int, _Made] = {}
        self.forgotten: set[str] = set()
        """Positions of which nobody can say any more what they should be."""

    def wish(self, wish: Wish) -> None:
        """Note what is asked for; it may get onto record as long as nothing else is asked for."""
        self._wish = wish

    def written(self, edit: Edit, running: set[str], at: float) -> Iterator[str]:
        """Take in that an edit is on record; say what is wrong with it."""
        wish, self._wish = self._wish, None
        if wish is None or wish.kind is not type(edit):
            yield f"edit {edit.number} is on record, and nobody asked for it"
            return
        if isinstance(edit, EditsUndone):
            for number in sorted(edit.undone, reverse=True):
                self._take_back(self._made[number], at)
            return
        target = wish.target
        if target is None:
            sources = {position for position, _, _ in wish.moves}
            [target] = {part.position_id for part in edit.parts} - sources
            self._positions[target] = self._own.found(at)
        self._made[edit.number] = self._before({target, *(it for it, _, _ in wish.moves)}, at)
        if running.intersection(symbol for _, symbol, _ in wish.moves):
            yield f"edit {edit.number} moves contracts of a running close"
        for position, symbol, change in self._moves(wish):
            source, heir = self._positions.get(position), self._positions.get(target)
            if source is None or heir is None:
                self._forget({position, target})
            else:
                self._own.move(source, heir, symbol, change, at)

    def _moves(self, wish: Wish) -> Iterable[tuple[str, str, int]]:
        """All of a position means what it has by now; the page may have shown more or less."""
        if wish.kind is not StrategiesMerged:
            return wish.moves
        rows: dict[str, Mapping[str, int]] = {position: {} for position, _, _ in wish.moves}
        for position in rows:
            source = self._positions.get(position)
            if source is None:
                return wish.moves
            rows[position] = dict(self._own.now(source))
        return [(position, *pair) for position, row in rows.items() for pair in row.items()]

    def _before(self, positions: set[str], at: float) -> _Made:
        owners = {self._positions[each] for each in positions if each in self._positions}
        return _Made(at, positions, {owner: self._own.kept(owner) for owner in owners})

    def _take_back(self, made: _Made, at: float) -> None:
        """What has traded since is not what it was before, whatever is undone."""
        is_known = made.positions <= self._positions.keys()
        if not is_known or any(self._own.has_traded(owner, made.at) for owner in made.before):
            self._forget(made.positions)
            return
        for owner, kept in made.before.items():
            self._own.put_back(owner, kept, at)

    def _forget(self, positions: set[str]) -> None:
        self.forgotten |= positions
        for each in positions:
            owner = self._positions.pop(each, None)
            if owner is not None:
                self._own.forget(owner)
