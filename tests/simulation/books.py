"""The checkers' own books: what each strategy owns, what was sent, what each close did."""

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from simulation.holdings import Owned

from closeout.closing.partial import Portion
from closeout.closing.state import CloseState
from closeout.domain.occ import Right, option_or_none
from closeout.domain.orders import Ticket
from closeout.runtime.requests import CloseRequest


class Fate(StrEnum):
    """What the process can know of an order it sent."""

    IN_FLIGHT = "in flight"
    NOT_SENT = "not sent"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"
    FOUND = "found"


@dataclass(slots=True)
class Sent:
    """One client order id and everything that was done under it."""

    ticket: Ticket
    since: float
    fate: Fate = Fate.IN_FLIGHT
    may_arrive: int = 0
    """Requests under way to the venue."""
    absences: list[float] = field(default_factory=list)
    """When look-ups since then did not find it."""
    replaces: str | None = None
    """The broker's id of the order it was to replace."""

    refusal: str = ""
    """What the broker said when it said no."""

    @property
    def is_settled(self) -> bool:
        return self.fate in (Fate.NOT_SENT, Fate.REFUSED, Fate.FOUND) or self.is_absent

    @property
    def is_absent(self) -> bool:
        """At least five look-ups over thirty seconds found nothing (docs: closing/timing)."""
        return len(self.absences) >= 5 and self.absences[-1] - self.since >= 29.999


@dataclass(slots=True)
class Tracked:
    """A close as its committed events tell it, and what truly came of it."""

    state: CloseState
    opened: float
    key: str | None
    request: CloseRequest | None
    owner: int | None
    sent: dict[str, Sent] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    """The ids whose refusal is on record."""
    order_ids: list[str] = field(default_factory=list)
    fills: Counter[str] = field(default_factory=Counter)
    last_fill: float = 0.0
    looked: float = 0.0
    """When the account was last looked at for its order."""
    begun: dict[int, float] = field(default_factory=dict)
    """When a step's walk was priced again because its turn had come."""
    busted: Counter[str] = field(default_factory=Counter)
    """Contracts of fills that the exchange took back."""
    knows_of_bust: bool = False
    """Whether the process was told of it and lived on."""
    is_replaced: bool = False
    """Somebody else replaced an order of it."""
    seen: float | None = None
    """When the market was last looked at for a step, as committed."""
    began: dict[int, float] = field(default_factory=dict)
    """When the first order of each step went out."""
    is_hurried: bool = False
    chosen: set[Decimal] = field(default_factory=set)
    """The limits that somebody chose while it walked."""

    def forget_refusals(self, at: float) -> None:
        """The process that was refused died; what it had not written down nobody knows."""
        for identity, sent in self.sent.items():
            if sent.fate in (Fate.REFUSED, Fate.DUPLICATE) and identity not in self.refused:
                sent.fate, sent.since = Fate.UNKNOWN, at


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

    def shared(self) -> frozenset[str]:
        counts = Counter(symbol for each in self.owned for symbol in each.contracts)
        return frozenset(symbol for symbol, count in counts.items() if count > 1)


def is_barer(after: Mapping[str, int], before: Mapping[str, int]) -> bool:
    """Whether shorts of some root and right are uncovered that were not."""
    known = uncovered(before)
    return any(bare > known.get(each, 0) for each, bare in uncovered(after).items())


def uncovered(quantities: Mapping[str, int]) -> dict[tuple[str, Right], int]:
    """
    Count short options that nothing covers, by itself: at each expiry, what is short from
    there on less what is long from there on, the worst of all expiries.
    """
    classes: dict[tuple[str, Right], list[tuple[date, int]]] = defaultdict(list)
    for symbol, quantity in quantities.items():
        option = option_or_none(symbol)
        if option is not None and quantity:
            classes[(option.root, option.right)].append((option.expiry, quantity))
    found = {}
    for (root, right), rows in classes.items():
        bare = max(-sum(q for day, q in rows if day >= expiry) for expiry, _ in rows)
        cover = quantities.get(root, 0) // 100 if right is Right.CALL else 0
        found[(root, right)] = max(0, bare - max(0, cover))
    return found


def portion(
    asked: Portion, contracts: Mapping[str, int], chosen: Collection[str]
) -> dict[str, int]:
    """
    Count the option contracts, unsigned, that a portion of a strategy means.

    `chosen` has the symbols of the legs that were named, none when none was.
    """
    legs = {
        symbol: abs(quantity)
        for symbol, quantity in contracts.items()
        if quantity and option_or_none(symbol) and (not chosen or symbol in chosen)
    }
    if asked.quantity is not None:
        return {symbol: min(asked.quantity, count) for symbol, count in legs.items()}
    units = math.gcd(*legs.values()) or 1
    wanted = units if asked.units is None else min(asked.units, units)
    if asked.percent is not None:
        wanted = max(units * asked.percent // 100, 1)
    return {symbol: count // units * wanted for symbol, count in legs.items()}
