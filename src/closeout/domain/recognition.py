"""
Strategies in contracts that no order explains: an exact cover by named shapes.

Every contract goes into exactly one group, and every group has a name. Among all such covers
the one is taken that leaves the fewest short contracts uncovered, then has the fewest groups,
then needs the least margin, then cuts the fewest holdings in pieces; what is still equal is
decided by the order of a chain. The answer depends on nothing but the contracts.

**Hedged first.** Each expiry of a root is covered for itself. Groups in which long and short
contracts of a right balance are final; what is left (singles, naked shorts, spare longs) is
covered again together with the other expiries and with shares. By exchanging partners any
best pairing of shorts with longs can be brought into this form, so no short is left uncovered
for it; and a contract of another expiry never takes a hedged group apart.

**Search.** Branch and bound on the first contract that is still free: it must be in some
group, so every named group that holds it is tried with as many units as there are. A branch
ends when it leaves more shorts uncovered than its contracts must, or cannot beat the best
cover found. Expiries are small, so this is exact nearly always. `BUDGET` bounds the steps
spent on one component: a larger one keeps the best cover found so far, which is still exact in
its contracts and the same every time. Other components do not notice.

Ratios beyond `RATIO_MAX` are taken for two positions of different size, not for one shape.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations

from closeout.domain.names import Piece, name_pieces, piece_of
from closeout.domain.occ import option_or_none

RATIO_MAX = 3
BUDGET = 150
"""Steps of the search in one component."""

_LOT = 100
_WINDOW = 9
"""How many partners of a contract are tried in shapes of three and four."""
_LARGEST = 4
_LARGEST_WITH_SHARES = 3
"""Shares and two options; larger shapes hold a hedged pair, which stays for itself."""

Group = dict[str, int]
"""Signed contracts (or shares) by symbol."""

_Indices = tuple[int, ...]
_Ratios = tuple[int, ...]
_Take = tuple[tuple[int, int], ...]
"""Signed contracts by index of their piece; the index after the last piece means lots of shares."""


def recognise(quantities: Mapping[str, int]) -> list[Group]:
    """
    Cover loose contracts and shares by named groups; `quantities` are signed, by symbol.

    The groups add up to `quantities`. Their order follows the symbols.
    """
    options: dict[tuple[str, str], list[tuple[Piece, str]]] = defaultdict(list)
    shares = {}
    for symbol, quantity in sorted(quantities.items()):
        option = option_or_none(symbol)
        if not quantity:
            continue
        if option is None:
            shares[symbol] = quantity
        else:
            key = (option.underlying, option.root)
            options[key].append((piece_of(option, quantity), symbol))
    found: list[Group] = []
    for (underlying, root), pieces in sorted(options.items()):
        # An adjusted contract does not deliver a hundred plain shares.
        held = shares.pop(underlying, 0) if root == underlying else 0
        found += _of_one_root(pieces, underlying, held)
    found += [{symbol: quantity} for symbol, quantity in shares.items()]
    return found


def forget() -> None:
    """Forget what was found before, as after a start; only the time it takes changes."""
    _cover_root.cache_clear()


def _of_one_root(named: list[tuple[Piece, str]], underlying: str, shares: int) -> list[Group]:
    """Cover the options of one root, with the shares that are there."""
    symbols = {piece[:3]: symbol for piece, symbol in named}
    lots = abs(shares) // _LOT * (1 if shares > 0 else -1)
    groups: list[Group] = []
    for group in _cover_root(tuple(sorted(piece for piece, _ in named)), lots):
        of_options = {symbols[piece[:3]]: piece.quantity for piece in group.pieces}
        used = group.lots * _LOT
        shares -= used
        groups.append({**of_options, **({underlying: used} if used else {})})
    return [group for group in groups if group] + ([{underlying: shares}] if shares else [])


@dataclass(frozen=True, slots=True)
class _Found:
    """A group of the cover. `lots` are the hundreds of shares beside the options."""

    pieces: tuple[Piece, ...]
    lots: int

    @property
    def is_hedged(self) -> bool:
        """Whether long and short contracts of each right balance, without shares."""
        puts = sum(piece.quantity for piece in self.pieces if piece.is_put)
        calls = sum(piece.quantity for piece in self.pieces if not piece.is_put)
        return not self.lots and not puts and not calls


@lru_cache(maxsize=4096)
def _cover_root(pieces: tuple[Piece, ...], lots: int) -> tuple[_Found, ...]:
    """Cover sorted pieces. Remembered: an account is looked at far more often than it changes."""
    by_expiry: dict[int, list[Piece]] = defaultdict(list)
    for piece in pieces:
        by_expiry[piece.expiry].append(piece)
    found = [group for _, each in sorted(by_expiry.items()) for group in _cover(each, 0)]
    loose = [group for group in found if not group.is_hedged]
    if not loose or (len(by_expiry) == 1 and not lots):
        return tuple(found)
    hedged = [group for group in found if group.is_hedged]
    free = sorted(piece for group in loose for piece in group.pieces)
    return (*hedged, *_cover_together(_merged(free), loose, lots))


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Put parts of one contract together again."""
    total: dict[tuple[int, bool, int], int] = defaultdict(int)
    for strike, is_put, expiry, quantity in pieces:
        total[strike, is_put, expiry] += quantity
    return [Piece(*key, quantity) for key, quantity in sorted(total.items())]


def _cover_together(pieces: list[Piece], alone: Sequence[_Found], lots: int) -> Iterator[_Found]:
    """Cover over expiries and shares; pieces that nothing links stay as they were found."""
    for linked, has_shares in _linked(pieces, lots):
        if not has_shares and len({piece.expiry for piece in linked}) == 1:
            keys = {piece[:3] for piece in linked}
            yield from (group for group in alone if group.pieces[0][:3] in keys)
        else:
            yield from _cover(linked, lots if has_shares else 0)


def _linked(pieces: list[Piece], lots: int) -> list[tuple[list[Piece], bool]]:
    """
    Split into parts that no shape can join.

    Options of one expiry may join, and opposite sides of one right over expiries. Shares join
    every option that has them in a shape, so all those are one part.
    """
    with_shares = any(_pairs_with(piece, lots) for piece in pieces)
    parts: list[tuple[list[Piece], bool]] = []
    for piece in pieces:
        touched = [part for part in parts if _touches(piece, part, lots)]
        joined = [piece, *(each for part, _ in touched for each in part)]
        has_shares = with_shares and (
            _pairs_with(piece, lots) or any(has_shares for _, has_shares in touched)
        )
        parts = [part for part in parts if part not in touched]
        parts.append((joined, has_shares))
    return [(sorted(part), has_shares) for part, has_shares in parts]


def _touches(piece: Piece, part: tuple[list[Piece], bool], lots: int) -> bool:
    others, has_shares = part
    if has_shares and _pairs_with(piece, lots):
        return True
    return any(
        other.expiry == piece.expiry
        or (other.is_put is piece.is_put and other.quantity * piece.quantity < 0)
        for other in others
    )


def _pairs_with(piece: Piece, lots: int) -> bool:
    """Whether an option alone makes a shape with shares: opposite calls, puts that protect."""
    return bool(lots) and (piece.quantity * lots > 0) is piece.is_put


# --- one component ----------------------------------------------------------------------


def _cover(pieces: Sequence[Piece], lots: int) -> list[_Found]:
    """Cover one component; shares that stay alone are left out."""
    if len(pieces) + abs(lots) == 1 or _is_one_shape(pieces, lots):
        return [_Found(tuple(pieces), lots if pieces else 0)]
    return _Search(tuple(pieces), lots).run()


def _is_one_shape(pieces: Sequence[Piece], lots: int) -> bool:
    if len(pieces) > (_LARGEST_WITH_SHARES - 1 if lots else _LARGEST):
        return False
    quantities = [abs(piece.quantity) for piece in pieces]
    unit = math.gcd(lots, *quantities)
    if max(quantities) > RATIO_MAX * unit or (lots and abs(lots) != unit):
        return False
    return name_pieces(pieces, lots * _LOT) is not None


_Cost = tuple[int, int, int]
"""Groups, margin, cuts: fewer is better, in this order."""


@dataclass(slots=True)
class _Search:
    """Branch and bound over one component. `lots` are hundreds of shares, signed."""

    pieces: tuple[Piece, ...]
    lots: int
    rest: list[int] = field(init=False)
    bare: int = field(init=False)
    """Shorts that the free contracts must leave uncovered."""
    best: tuple[_Take, ...] | None = None
    best_cost: _Cost = (0, 0, 0)
    steps: int = 0
    _seen: dict[tuple[int, ...], _Cost] = field(default_factory=dict)
    """What was paid to leave just these contracts: paying more for the same cannot win."""
    _known_plain: dict[_Indices, tuple[_Ratios, ...]] = field(default_factory=dict)
    _nearest: list[list[int]] = field(init=False)
    """For calls and puts, indices from the last expiry to the first, longs before shorts."""

    def __post_init__(self) -> None:
        self.rest = [*(piece.quantity for piece in self.pieces), self.lots]
        order = sorted(
            range(len(self.pieces)),
            key=lambda index: (-self.pieces[index].expiry, self.pieces[index].quantity < 0),
        )
        self._nearest = [
            [index for index in order if self.pieces[index].is_put is is_put]
            for is_put in (False, True)
        ]
        self.bare = self._uncovered(self.rest)

    def run(self) -> list[_Found]:
        self._descend((), (0, 0, 0))
        assert self.best is not None, "single contracts always are a cover"
        found = [self._found(take) for take in self.best]
        return [group for group in found if group.pieces]

    def _found(self, take: _Take) -> _Found:
        shares = len(self.pieces)
        pieces = (
            self.pieces[index]._replace(quantity=quantity)
            for index, quantity in take
            if index != shares
        )
        return _Found(tuple(pieces), sum(lots for index, lots in take if index == shares))

    def _descend(self, taken: tuple[_Take, ...], cost: _Cost) -> None:
        free = [index for index, quantity in enumerate(self.rest) if quantity]
        if not free:
            if self.best is None or cost < self.best_cost:
                self.best, self.best_cost = taken, cost
            return
        known = self._seen.get(left := tuple(self.rest))
        if known is not None and known <= cost:
            return
        self._seen[left] = cost
        for take in self._candidates(free, cost):
            self.steps += 1
            if self.best is not None and self.steps > BUDGET:
                return
            still = len(free) - sum(self.rest[index] == quantity for index, quantity in take)
            if self._has_lost(cost[0] + 1, still):
                continue
            after = (cost[0] + 1, cost[1] + self._margin(take), cost[2] + len(take))
            if self.best is not None and not self._can_win(after, still):
                continue
            bare = self.bare
            self._move(take, -1)
            still_bare = self._uncovered(self.rest)
            if still_bare + self._uncovered(self._alone(take)) == bare:
                self.bare = still_bare
                self._descend((*taken, take), after)
                self.bare = bare
            self._move(take, +1)

    def _has_lost(self, groups: int, still: int) -> bool:
        """Whether contracts that are `still` free need more groups than the best cover has."""
        return self.best is not None and groups - (-still // _LARGEST) > self.best_cost[0]

    def _can_win(self, after: _Cost, still: int) -> bool:
        groups = after[0] - (-still // _LARGEST)
        return (groups, after[1], after[2] + still) < self.best_cost

    def _move(self, take: _Take, sign: int) -> None:
        for index, quantity in take:
            self.rest[index] += sign * quantity

    def _alone(self, take: _Take) -> list[int]:
        alone = [0] * len(self.rest)
        for index, quantity in take:
            alone[index] = quantity
        return alone

    def _uncovered(self, quantities: Sequence[int]) -> int:
        """Count shorts without a long of their right that lives as long, or shares."""
        lots = quantities[-1]
        total = 0
        for indices, spare in zip(self._nearest, (max(lots, 0), max(-lots, 0)), strict=True):
            bare = longs = 0
            for index in indices:
                longs += quantities[index]
                if longs < 0:
                    bare -= longs
                    longs = 0
            total += max(0, bare - spare)
        return total

    def _margin(self, take: _Take) -> int:
        """
        The most this can lose at expiry, premiums apart, in thousandths of a dollar a share.

        A naked call is judged at twice the highest strike there is.
        """
        shares = len(self.pieces)
        parts = [(*self.pieces[index][:2], count) for index, count in take if index != shares]
        lots = sum(count for index, count in take if index == shares)
        if not parts:
            return 0
        highest = 2 * self.pieces[-1].strike
        return -min(
            sum(
                count * max(0, strike - price if is_put else price - strike)
                for strike, is_put, count in parts
            )
            + lots * price
            for price in (0, highest, *(strike for strike, _, _ in parts))
        )

    # --- groups that hold the first free contract -----------------------------------------

    def _candidates(self, free: list[int], cost: _Cost) -> Iterator[_Take]:
        """Yield named groups of the first free contract, the largest first."""
        first, *others = free
        shares = len(self.pieces)
        if first == shares:
            yield ((shares, self.rest[shares]),)
            return
        near = self._window(first, others)
        groups = cost[0] + 1
        for size in (4, 3):
            if not self._has_lost(groups, len(free) - size):
                for partners in combinations(near, size - 1):
                    if self._may_join(first, partners):
                        yield from self._shapes((first, *partners))
        if not self._has_lost(groups, len(free) - 2):
            for partner in others:
                yield from self._shapes((first, partner))
        if not self._has_lost(groups, len(free) - 1):
            yield ((first, self.rest[first]),)

    def _may_join(self, first: int, partners: tuple[int, ...]) -> bool:
        """Three or four: never all on one side; four: two and two, and puts in pairs."""
        rest = self.rest
        longs = (rest[first] > 0) + sum(rest[index] > 0 for index in partners)
        if len(partners) == 2:  # noqa: PLR2004 - three contracts
            return 0 < longs < 3  # noqa: PLR2004
        if longs != 2 or partners[-1] == len(self.pieces):  # noqa: PLR2004
            return False
        pieces = self.pieces
        return not (pieces[first].is_put + sum(pieces[index].is_put for index in partners)) % 2

    def _window(self, first: int, others: list[int]) -> list[int]:
        """Return the likeliest partners: as many contracts, then near in strike."""
        if len(others) <= _WINDOW:
            return others
        wanted, strike = abs(self.rest[first]), self.pieces[first].strike
        shares = len(self.pieces)

        def distance(index: int) -> tuple[int, int, int]:
            if index == shares:
                return (0, 0, index)
            count = abs(self.rest[index])
            unlike = 0 if count == wanted else (1 if count in (2 * wanted, wanted / 2) else 2)
            return (unlike, abs(self.pieces[index].strike - strike), index)

        return sorted(sorted(others, key=distance)[:_WINDOW])

    def _shapes(self, indices: _Indices) -> Iterator[_Take]:
        """Yield what these contracts make together, in as many units as there are."""
        counts = [self.rest[index] for index in indices]
        for ratios in self._plain(indices):
            units = min(count // ratio for count, ratio in zip(counts, ratios, strict=True))
            if units:
                yield tuple(
                    (index, ratio * units) for index, ratio in zip(indices, ratios, strict=True)
                )
        unit = math.gcd(*counts)
        if max(counts) <= RATIO_MAX * unit and min(counts) >= -RATIO_MAX * unit:
            whole = tuple(count // unit for count in counts)
            if whole not in self._plain(indices) and self._is_named(indices, whole):
                yield tuple(zip(indices, counts, strict=True))

    def _plain(self, indices: _Indices) -> tuple[_Ratios, ...]:
        """Return the ratios of one for each, and of a body of two between wings, if named."""
        known = self._known_plain.get(indices)
        if known is None:
            signs = tuple(1 if self.rest[index] > 0 else -1 for index in indices)
            ratios = [signs]
            if len(signs) == 3:  # noqa: PLR2004 - two wings and a body
                ratios.append((signs[0], 2 * signs[1], signs[2]))
            known = tuple(each for each in ratios if self._is_named(indices, each))
            self._known_plain[indices] = known
        return known

    def _is_named(self, indices: _Indices, ratios: _Ratios) -> bool:
        shares = len(self.pieces)
        lots = ratios[-1] if indices[-1] == shares else 0
        if abs(lots) > 1 or (lots and len(ratios) > _LARGEST_WITH_SHARES):
            return False
        pieces = [
            Piece(*self.pieces[index][:3], ratio)
            for index, ratio in zip(indices, ratios, strict=True)
            if index != shares
        ]
        return name_pieces(pieces, lots * _LOT) is not None
