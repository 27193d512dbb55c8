"""The checkers' book of what each strategy owns, and owned."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from simulation.holdings import Owned


@dataclass(frozen=True, slots=True)
class Kept:
    """What a strategy had at some time, and when it was edited last before."""

    contracts: Mapping[str, int]
    edited: float | None


class Ownership:
    """Signed contracts of each strategy, as they were at any time."""

    def __init__(self, owned: tuple[Owned, ...]) -> None:
        self.owned = owned
        self.edited: dict[int, float] = {}
        """Those whose contracts somebody has moved, and when that was done last."""
        self._traded: dict[int, float] = {}
        self._forgotten: set[int] = set()
        self._history: list[list[tuple[float, dict[str, int]]]] = [
            [(0.0, dict(each.contracts))] for each in owned
        ]

    def now(self, owner: int) -> Mapping[str, int]:
        return self._history[owner][-1][1]

    def is_grouped_anew(self, owner: int) -> bool:
        """Whether only its shape says what belongs to it, and that has changed."""
        told = owner >= len(self.owned) or self.owned[owner].is_one_order or owner in self.edited
        if told:
            return False
        left = {symbol: quantity for symbol, quantity in self.now(owner).items() if quantity}
        return left != self.owned[owner].contracts

    def symbols(self, owner: int) -> frozenset[str]:
        """Everything the strategy has or had."""
        return frozenset(symbol for _, row in self._history[owner] for symbol in row)

    def found(self, at: float) -> int:
        """Have a new strategy without anything in it."""
        self._history.append([(at, {})])
        return len(self._history) - 1

    def move(self, source: int, target: int, symbol: str, change: int, at: float) -> None:
        """Give signed contracts of one strategy to another."""
        self._change(source, symbol, -change, at)
        self._change(target, symbol, change, at)
        self.edited |= {source: at, target: at}

    def kept(self, owner: int) -> Kept:
        return Kept(self.now(owner), self.edited.get(owner))

    def put_back(self, owner: int, kept: Kept, at: float) -> None:
        """Have a strategy be what it was before an edit that was undone."""
        self._history[owner].append((at, dict(kept.contracts)))
        self.edited.pop(owner, None)
        if kept.edited is not None:
            self.edited[owner] = kept.edited

    def has_traded(self, owner: int, since: float) -> bool:
        return self._traded.get(owner, -1.0) >= since

    def forget(self, owner: int) -> None:
        """Nobody can say any more what this strategy has."""
        self._forgotten.add(owner)

    def trade(self, owner: int, symbol: str, change: int, at: float) -> None:
        self._traded[owner] = at
        self._change(owner, symbol, change, at)

    def _change(self, owner: int, symbol: str, change: int, at: float) -> None:
        after = dict(self.now(owner))
        after[symbol] = after.get(symbol, 0) + change
        self._history[owner].append((at, after))

    def most(self, owner: int, symbol: str, since: float) -> int:
        """The most contracts of `symbol`, unsigned, that the strategy had since then."""
        return max(abs(row.get(symbol, 0)) for row in self.since(owner, since))

    def since(self, owner: int, since: float) -> list[Mapping[str, int]]:
        """Every state the strategy was in from then to now."""
        history = self._history[owner]
        index = max(0, bisect_right(history, since, key=lambda each: each[0]) - 1)
        return [row for _, row in history[index:]]

    def only_one_with(self, symbols: frozenset[str]) -> int | None:
        """The strategy that has or had all of these, if there is one only and it is known."""
        every = range(len(self._history))
        found = [owner for owner in every if symbols <= self.symbols(owner)]
        return found[0] if len(found) == 1 and found[0] not in self._forgotten else None
