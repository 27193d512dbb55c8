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

**Search.** Each component is covered by `exact_cover`, which is exact nearly always: expiries
are small.

Ratios beyond `patterns.RATIO_MAX` are taken for two positions of different size, not for one
shape.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from closeout.domain import patterns
from closeout.domain.exact_cover import Found, best_cover
from closeout.domain.names import Piece, piece_of
from closeout.domain.occ import option_or_none, underlying_of
from closeout.domain.patterns import LOT

Group = dict[str, int]
"""Signed contracts (or shares) by symbol."""


def recognise(quantities: Mapping[str, int]) -> list[Group]:
    """
    Cover loose contracts and shares by named groups; `quantities` are signed, by symbol.

    The groups add up to `quantities`. Their order follows the symbols.
    """
    options: dict[str, list[tuple[Piece, str]]] = defaultdict(list)
    shares = {}
    for symbol, quantity in quantities.items():
        option = option_or_none(symbol)
        if not quantity:
            continue
        if option is None:
            shares[symbol] = quantity
        else:
            options[option.root].append((piece_of(option, quantity), symbol))
    found: list[Group] = []
    for underlying, root in sorted([(underlying_of(root), root) for root in options]):
        # An adjusted contract does not deliver a hundred plain shares.
        held = shares.pop(underlying, 0) if root == underlying else 0
        found += _of_one_root(options[root], underlying, held)
    found += [{symbol: shares[symbol]} for symbol in sorted(shares)]
    return found


def forget() -> None:
    """Forget what was found before, as after a start; only the time it takes changes."""
    _cover_root.cache_clear()
    patterns.forget()


def _of_one_root(named: list[tuple[Piece, str]], underlying: str, shares: int) -> list[Group]:
    """Cover the options of one root, with the shares that are there."""
    symbols = {piece[:3]: symbol for piece, symbol in named}
    lots = abs(shares) // LOT * (1 if shares > 0 else -1)
    groups: list[Group] = []
    for pieces, used in _cover_root(tuple(sorted([piece for piece, _ in named])), lots):
        group = {symbols[piece[:3]]: piece.quantity for piece in pieces}
        if used:
            group[underlying] = used * LOT
            shares -= used * LOT
        if group:
            groups.append(group)
    if shares:
        groups.append({underlying: shares})
    return groups


@lru_cache(maxsize=4096)
def _cover_root(pieces: tuple[Piece, ...], lots: int) -> tuple[Found, ...]:
    """Cover sorted pieces. Remembered: an account is looked at far more often than it changes."""
    by_expiry: dict[int, list[Piece]] = defaultdict(list)
    for piece in pieces:
        by_expiry[piece.expiry].append(piece)
    found = [group for _, each in sorted(by_expiry.items()) for group in _cover(each, 0)]
    if len(by_expiry) == 1 and not lots:
        return tuple(found)
    hedged: list[Found] = []
    loose: list[Found] = []
    for group in found:
        (hedged if group.is_hedged else loose).append(group)
    if not loose:
        return tuple(found)
    free = sorted(piece for group in loose for piece in group.pieces)
    return (*hedged, *_cover_together(_merged(free), loose, lots))


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Put parts of one contract together again."""
    total: dict[tuple[int, bool, int], int] = defaultdict(int)
    for strike, is_put, expiry, quantity in pieces:
        total[strike, is_put, expiry] += quantity
    return [Piece(*key, quantity) for key, quantity in sorted(total.items())]


def _cover_together(pieces: list[Piece], alone: Sequence[Found], lots: int) -> Iterator[Found]:
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


def _cover(pieces: Sequence[Piece], lots: int) -> list[Found]:
    """Cover one component; shares that stay alone are left out."""
    if len(pieces) + abs(lots) == 1:
        return [Found(tuple(pieces), lots if pieces else 0)]
    return best_cover(pieces, lots)
