"""
Who has which contracts of the account.

Alpaca nets per contract; strategies do not. What a strategy claims is its own, also where
another stands on the other side and the broker holds only the difference: such claims are
*netted*. Claims, loose contracts and differences always add up to what is held.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from closeout.domain.chains import Chain, in_lowest_terms
from closeout.domain.holdings import Holdings
from closeout.domain.occ import option_or_none
from closeout.domain.strategies import Leg, Netted, Strategy

Claims = dict[str, int]
"""Signed contracts by symbol."""


@dataclass(frozen=True, slots=True)
class Settled:
    """
    Claims by chain id, and what no chain claims.

    `differences` are contracts by which the account departs from what strategies on both
    sides should add up to: nobody can tell whose they are.
    """

    claims: Mapping[str, Claims]
    loose: Claims
    differences: Claims


def settle(chains: Sequence[Chain], held: Mapping[str, int], today: date) -> Settled:
    """
    Give the chains what they want of what is held, the first of them before the later ones.

    A chain gets whole units first, so that a shortage falls on as few of them as can be.
    Contracts on which chains stand on both sides stay with all of them; chains that have
    nothing but such contracts, none of which the broker holds for them, cancel out.
    """
    wants = {chain.id: _living_wants(chain, held, today) for chain in chains}
    contested = _cancel_shells(wants, held)
    loose = dict(held)
    differences: Claims = {}
    totals: Counter[str] = Counter()
    for each in wants.values() if contested else ():
        totals.update(each)
    for symbol in contested:
        difference = loose.pop(symbol, 0) - totals[symbol]
        if difference:
            differences[symbol] = difference
    claims = {
        name: {symbol: wanted for symbol, wanted in each.items() if symbol in contested}
        for name, each in wants.items()
    }
    for name, each in wants.items():
        _claim_units(each, contested, loose, claims[name])
    for name, each in wants.items():
        _claim_rest(each, contested, loose, claims[name])
    return Settled(claims, {key: value for key, value in loose.items() if value}, differences)


def _living_wants(chain: Chain, held: Mapping[str, int], today: date) -> Claims:
    """What is wanted, without expired contracts the broker has removed already."""
    return {
        symbol: wanted
        for symbol, wanted in chain.wants().items()
        if held.get(symbol) or not _is_expired(symbol, today)
    }


def _is_expired(symbol: str, today: date) -> bool:
    option = option_or_none(symbol)
    return option is not None and option.expiry < today


def _cancel_shells(wants: dict[str, Claims], held: Mapping[str, int]) -> frozenset[str]:
    """
    Drop chains that cancel out, and return the symbols that stay wanted on both sides.

    One at a time, the last first: what cancels one may leave its partner something real.
    """
    longs = {symbol for each in wants.values() for symbol in each if each[symbol] > 0}
    shorts = {symbol for each in wants.values() for symbol in each if each[symbol] < 0}
    both = longs & shorts
    if not both:
        return frozenset()
    sides: Counter[tuple[str, bool]] = Counter()
    for each in wants.values():
        sides.update([(symbol, each[symbol] > 0) for symbol in both & each.keys()])

    def is_contested(symbol: str) -> bool:
        return bool(sides[symbol, True] and sides[symbol, False])

    # To drop one never makes a symbol contested, so nobody has to be asked twice.
    for name, each in reversed([*wants.items()]):
        is_held = any(wanted * held.get(symbol, 0) > 0 for symbol, wanted in each.items())
        if not is_held and any(is_contested(symbol) for symbol in each):
            sides.subtract([(symbol, wanted > 0) for symbol, wanted in each.items()])
            del wants[name]
    return frozenset(symbol for symbol in both if is_contested(symbol))


def _claim_units(wants: Claims, contested: frozenset[str], loose: Claims, claims: Claims) -> None:
    ratios = in_lowest_terms(wants)
    reachable = [
        (abs(wants[symbol]) if symbol in contested else _reachable(symbol, wants[symbol], loose))
        // abs(ratio)
        for symbol, ratio in ratios.items()
    ]
    units = min(reachable, default=0)
    for symbol, ratio in ratios.items():
        if symbol not in contested:
            _move(symbol, units * ratio, loose, claims)


def _claim_rest(wants: Claims, contested: frozenset[str], loose: Claims, claims: Claims) -> None:
    """A strategy that has lost a leg keeps the others together under its name."""
    for symbol, wanted in wants.items():
        left = wanted - claims.get(symbol, 0)
        if left and symbol not in contested:
            contracts = _reachable(symbol, left, loose)
            _move(symbol, contracts if wanted > 0 else -contracts, loose, claims)


def _reachable(symbol: str, wanted: int, loose: Claims) -> int:
    """Contracts both wanted and there, unsigned; opposite signs share nothing."""
    there = loose.get(symbol, 0)
    return min(abs(wanted), abs(there)) if wanted * there > 0 else 0


def _move(symbol: str, quantity: int, loose: Claims, claims: Claims) -> None:
    if quantity:
        loose[symbol] -= quantity
        claims[symbol] = claims.get(symbol, 0) + quantity


# --- what of a claim can trade ------------------------------------------------------------


def closable(leg: Leg, held: Decimal) -> int:
    """
    Contracts of a leg that an order can close: min(claim, held), and none where others hold more.

    `held` is the account's signed net. An order may only close (invariant I3), so what other
    strategies have netted away cannot trade.
    """
    return min(leg.contracts, abs(int(held))) if leg.quantity * held > 0 else 0


def tradable(strategy: Strategy, holdings: Holdings) -> Strategy:
    """Return the strategy with what of its legs can trade; it may have no legs at all."""
    legs = []
    for leg in strategy.legs:
        contracts = closable(leg, holdings.quantity(leg.symbol))
        if contracts:
            legs.append(replace(leg, quantity=-contracts if leg.is_short else contracts))
    return strategy if tuple(legs) == strategy.legs else replace(strategy, legs=tuple(legs))


def netted(claims: Mapping[str, Claims], held: Mapping[str, int]) -> dict[str, tuple[Netted, ...]]:
    """Say for each strategy which of its contracts others have netted away, and who."""
    by_symbol: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for name, each in claims.items():
        for symbol, quantity in each.items():
            by_symbol[symbol].append((name, quantity))
    found: dict[str, list[Netted]] = defaultdict(list)
    for symbol in sorted([symbol for symbol, sides in by_symbol.items() if len(sides) > 1]):
        sides = by_symbol[symbol]
        for name, quantity in sides:
            others = tuple(sorted(other for other, theirs in sides if theirs * quantity < 0))
            there = held.get(symbol, 0)
            backed = min(abs(quantity), abs(there)) if quantity * there > 0 else 0
            if others and backed < abs(quantity):
                found[name].append(Netted(symbol, abs(quantity) - backed, others))
    return {name: tuple(each) for name, each in found.items()}
