"""
What the order history says about which contracts belong together.

An opening multi-leg order makes a *package*. Later orders of the same shape add to it or
take from it, oldest lots first; closes that Closeout itself made say which package they
belong to. What remains is what each package would hold if nobody had interfered.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from closeout.domain.orders import LegReport, OrderReport
from closeout.domain.strategies import strategy_id

_MIN_PACKAGE = 2


@dataclass(slots=True)
class _Lot:
    quantity: int
    price: Decimal | None
    at: datetime | None


@dataclass(slots=True)
class Package:
    """The remaining contracts of one shape. `ratios` are signed, in lowest terms."""

    id: str
    ratios: dict[str, int]
    lots: dict[str, list[_Lot]] = field(default_factory=dict)

    def wanted(self, symbol: str) -> int:
        """Signed contracts of `symbol` that should still be held."""
        total = sum(lot.quantity for lot in self.lots.get(symbol, ()))
        return total if self.ratios[symbol] > 0 else -total

    def entry_price(self, symbol: str, quantity: int) -> Decimal | None:
        """
        Average price of the newest `quantity` contracts, dollars per share.

        Fewer may be held than should be, after a trade elsewhere: the oldest went first.
        """
        total, held = Decimal(0), 0
        for lot, contracts in self._newest(symbol, quantity):
            if lot.price is None:
                return None
            total += lot.price * contracts
            held += contracts
        return total / held if held else None

    def opened_at(self, held: Mapping[str, int]) -> datetime | None:
        """When the first of the contracts was opened that are still `held`."""
        times = [
            lot.at
            for symbol, quantity in held.items()
            for lot, _ in self._newest(symbol, quantity)
            if lot.at is not None
        ]
        return min(times, default=None)

    def _newest(self, symbol: str, quantity: int) -> Iterator[tuple[_Lot, int]]:
        left = abs(quantity)
        for lot in reversed(self.lots.get(symbol, ())):
            contracts = min(left, lot.quantity)
            if contracts:
                yield lot, contracts
            left -= contracts

    def is_empty(self) -> bool:
        return not any(lot.quantity for lots in self.lots.values() for lot in lots)

    def add(self, symbol: str, lot: _Lot) -> None:
        self.lots.setdefault(symbol, []).append(lot)

    def take(self, symbol: str, contracts: int) -> None:
        """Remove up to `contracts`, oldest lots first."""
        for lot in self.lots.get(symbol, ()):
            taken = min(contracts, lot.quantity)
            lot.quantity -= taken
            contracts -= taken


def read_packages(
    account: str, orders: Iterable[OrderReport], owners: Mapping[str, str]
) -> tuple[Package, ...]:
    """
    Replay the history, oldest first, and return the packages that still hold something.

    `owners` tells, for the client ids of Closeout's own orders, the strategy they closed.
    Newest packages come first.
    """
    packages: dict[str, Package] = {}
    for order in sorted(orders, key=_submitted_at):
        legs = [leg for leg in order.legs if leg.filled and leg.side is not None]
        owner = owners.get(order.client_order_id)
        if owner is not None:
            _take_from(packages.get(owner), legs)
            continue
        opening, closing = _by_purpose(packages, account, legs)
        if len(opening) >= _MIN_PACKAGE and order.order_class == "mleg":
            _open(packages, account, order, opening)
        if len(closing) >= _MIN_PACKAGE and order.order_class == "mleg":
            _take_from(packages.get(_package_id(account, closing, reverse=True)), closing)
    alive = [package for package in packages.values() if not package.is_empty()]
    return tuple(reversed(alive))


def _submitted_at(order: OrderReport) -> tuple[float, str]:
    """
    Sort by when orders were sent: a close is sent after its opening has traded.

    `updated_at` would not do, for the rest of a partly filled opening may be cancelled
    long after its contracts were closed.
    """
    at = order.submitted_at or order.updated_at
    return (at.timestamp() if at else 0.0, order.order_id)


def _by_purpose(
    packages: Mapping[str, Package], account: str, legs: list[LegReport]
) -> tuple[list[LegReport], list[LegReport]]:
    """
    Tell the legs that open from those that close.

    Alpaca's stream has left intents out. Such legs close what they are the reverse of,
    since Alpaca nets opposite sides, and open something when there is no such package.
    """
    opening = [leg for leg in legs if leg.intent and not leg.intent.is_closing]
    closing = [leg for leg in legs if leg.intent and leg.intent.is_closing]
    untold = [leg for leg in legs if leg.intent is None]
    held = packages.get(_package_id(account, untold, reverse=True)) if untold else None
    if held is not None and not held.is_empty():
        return opening, [*closing, *untold]
    return [*opening, *untold], closing


def _open(
    packages: dict[str, Package], account: str, order: OrderReport, legs: list[LegReport]
) -> None:
    identity = _package_id(account, legs, reverse=False)
    package = packages.get(identity)
    at = order.submitted_at or order.updated_at
    if package is None or package.is_empty():
        packages.pop(identity, None)
        package = Package(id=identity, ratios=_ratios(legs))
        packages[identity] = package
    for leg in legs:
        package.add(leg.symbol, _Lot(quantity=leg.filled, price=leg.average_price, at=at))


def _take_from(package: Package | None, legs: list[LegReport]) -> None:
    if package is None:
        return
    for leg in legs:
        package.take(leg.symbol, leg.filled)


def _ratios(legs: list[LegReport]) -> dict[str, int]:
    """Signed, in lowest terms: half of a roll may be 2:2 within its order."""
    unit = math.gcd(*(leg.ratio for leg in legs)) or 1
    return {leg.symbol: leg.ratio // unit * (leg.side.sign if leg.side else 1) for leg in legs}


def _package_id(account: str, legs: list[LegReport], *, reverse: bool) -> str:
    sign = -1 if reverse else 1
    parts = sorted(f"{symbol}:{sign * ratio}" for symbol, ratio in _ratios(legs).items())
    return strategy_id(account, *parts)
