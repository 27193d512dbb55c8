"""
Strategies from holdings: by opening order where the history has it, else by expiry.

Alpaca nets per contract and knows no strategies, so claims on a contract that two
strategies share are kept here. What strategies claim and what is left unassigned add up
to the holdings, always.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from closeout.domain.history import Package, read_packages
from closeout.domain.holdings import Holding, Holdings
from closeout.domain.occ import OccSymbol, Right, option_or_none
from closeout.domain.orders import OrderReport
from closeout.domain.strategies import (
    OPTION_MULTIPLIER,
    GroupedBy,
    Leg,
    Strategy,
    leg_id,
    strategy_id,
)


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A part of a holding that belongs to no strategy, and why; `quantity` is signed."""

    symbol: str
    quantity: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Grouping:
    """Every contract of a snapshot, in exactly one place."""

    strategies: tuple[Strategy, ...]
    unassigned: tuple[Unassigned, ...]


def group(
    account: str,
    holdings: Holdings,
    orders: Iterable[OrderReport],
    owners: Mapping[str, str],
) -> Grouping:
    """
    Sort the holdings into strategies.

    The result does not depend on the order of rows or orders. `owners` is as in
    `read_packages`.
    """
    strange = {row.symbol: why for row in holdings.rows if (why := _why_strange(row))}
    free = {row.symbol: int(row.quantity) for row in holdings.rows if row.symbol not in strange}
    packages = read_packages(account, orders, owners)
    strategies = [*_claim_packages(account, packages, free)]
    strategies += _group_by_expiry(account, holdings, free)
    unassigned = sorted(_left_over(holdings, strange), key=lambda left: left.symbol)
    assert not any(free.values()), "every whole contract is claimed"
    return Grouping(tuple(sorted(strategies, key=_display_order)), tuple(unassigned))


def _why_strange(row: Holding) -> str | None:
    """Say why a holding is nothing Closeout can close; None when it can."""
    if row.asset_class == "us_option" and option_or_none(row.symbol) is None:
        return "an option whose symbol cannot be read"
    if row.asset_class == "crypto":
        return "neither an option nor shares"
    return None


def _left_over(holdings: Holdings, strange: Mapping[str, str]) -> Iterable[Unassigned]:
    for row in holdings.rows:
        if row.symbol in strange:
            yield Unassigned(row.symbol, row.quantity, strange[row.symbol])
        elif row.quantity != int(row.quantity):
            yield Unassigned(row.symbol, row.quantity - int(row.quantity), "a fraction of a share")


def _display_order(strategy: Strategy) -> tuple[str, date, str]:
    return (strategy.underlying, strategy.expiry or date.max, strategy.id)


def _claim_packages(
    account: str, packages: tuple[Package, ...], free: dict[str, int]
) -> Iterable[Strategy]:
    claims: dict[str, dict[str, int]] = {package.id: {} for package in packages}
    for package in packages:
        _claim_units(package, free, claims[package.id])
    # A package that has lost a leg keeps the others together under its name.
    for package in packages:
        _claim_leftovers(package, free, claims[package.id])
    for package in packages:
        held = {symbol: quantity for symbol, quantity in claims[package.id].items() if quantity}
        if held:
            yield _strategy_of(account, package, held)


def _claim_units(package: Package, free: dict[str, int], claim: dict[str, int]) -> None:
    units = min(
        _reachable(package.wanted(symbol), free.get(symbol, 0)) // abs(ratio)
        for symbol, ratio in package.ratios.items()
    )
    for symbol, ratio in package.ratios.items():
        _move(symbol, units * ratio, free, claim)


def _claim_leftovers(package: Package, free: dict[str, int], claim: dict[str, int]) -> None:
    for symbol, ratio in package.ratios.items():
        wanted = package.wanted(symbol) - claim.get(symbol, 0)
        quantity = _reachable(wanted, free.get(symbol, 0))
        _move(symbol, quantity if ratio > 0 else -quantity, free, claim)


def _reachable(wanted: int, held: int) -> int:
    """Contracts both wanted and held, unsigned; opposite signs share nothing."""
    return min(abs(wanted), abs(held)) if wanted * held > 0 else 0


def _move(symbol: str, quantity: int, free: dict[str, int], claim: dict[str, int]) -> None:
    if quantity:
        free[symbol] -= quantity
        claim[symbol] = claim.get(symbol, 0) + quantity


def _strategy_of(account: str, package: Package, held: dict[str, int]) -> Strategy:
    legs = [
        _leg(package.id, symbol, quantity, package.entry_price(symbol, quantity))
        for symbol, quantity in held.items()
    ]
    return Strategy(
        id=package.id,
        account=account,
        underlying=legs[0].underlying,
        legs=_in_order(legs),
        opened_at=package.opened_at(held),
        grouped_by=GroupedBy.OPENING_ORDER,
    )


def _leg(strategy: str, symbol: str, quantity: int, entry: Decimal | None) -> Leg:
    option = option_or_none(symbol)
    return Leg(
        id=leg_id(strategy, symbol),
        symbol=symbol,
        underlying=option.underlying if option else symbol,
        quantity=quantity,
        entry_price=entry,
    )


def _in_order(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    """Shares first, then by expiry, strike and right, as a chain is read."""

    def key(leg: Leg) -> tuple[date, Decimal, str]:
        option = leg.option
        if option is None:
            return (date.min, Decimal(0), leg.symbol)
        return (option.expiry, option.strike, option.right.value)

    return tuple(sorted(legs, key=key))


def _group_by_expiry(account: str, holdings: Holdings, free: dict[str, int]) -> Iterable[Strategy]:
    rows = {row.symbol: row for row in holdings.rows}
    groups: dict[tuple[str, date], list[OccSymbol]] = defaultdict(list)
    for symbol in sorted(free):
        option = option_or_none(symbol)
        if option is not None and free[symbol]:
            groups[(option.underlying, option.expiry)].append(option)
    for (underlying, expiry), options in sorted(groups.items()):
        claim: dict[str, int] = {}
        for option in options:
            _move(str(option), free[str(option)], free, claim)
        _attach_shares(underlying, options, free, claim)
        yield _plain_strategy(account, (underlying, expiry.isoformat()), claim, rows)
    for symbol in sorted(symbol for symbol, quantity in free.items() if quantity):
        claim = {}
        _move(symbol, free[symbol], free, claim)
        yield _plain_strategy(account, (symbol, "shares"), claim, rows)


def _attach_shares(
    underlying: str, options: list[OccSymbol], free: dict[str, int], claim: dict[str, int]
) -> None:
    """Give short calls the shares that cover them: together they are a covered call."""
    calls = sum(claim[str(option)] for option in options if option.right is Right.CALL)
    lots = min(max(0, -calls), max(0, free.get(underlying, 0)) // OPTION_MULTIPLIER)
    _move(underlying, lots * OPTION_MULTIPLIER, free, claim)


def _plain_strategy(
    account: str, parts: tuple[str, ...], claim: dict[str, int], rows: Mapping[str, Holding]
) -> Strategy:
    identity = strategy_id(account, *parts)
    legs = [
        _leg(identity, symbol, quantity, rows[symbol].average_entry)
        for symbol, quantity in claim.items()
    ]
    return Strategy(
        id=identity,
        account=account,
        underlying=parts[0],
        legs=_in_order(legs),
        opened_at=None,
        grouped_by=GroupedBy.EXPIRY,
    )
