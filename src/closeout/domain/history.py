"""
What the order history says about which contracts belong together.

An opening multi-leg order makes a *package*. Later orders of the same shape add to it or
take from it, oldest lots first; closes that Closeout itself made say which package they
belong to. What remains is what each package would hold if nobody had interfered.
"""

from collections.abc import Iterable, Mapping
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
    opened_at: datetime | None
    lots: dict[str, list[_Lot]] = field(default_factory=dict)

    def wanted(self, symbol: str) -> int:
        """Signed contracts of `symbol` that should still be held."""
        total = sum(lot.quantity for lot in self.lots.get(symbol, ()))
        return total if self.ratios[symbol] > 0 else -total

    def entry_price(self, symbol: str) -> Decimal | None:
        """Average price of the lots that remain, dollars per share."""
        lots = [lot for lot in self.lots.get(symbol, ()) if lot.quantity]
        held = sum(lot.quantity for lot in lots)
        if not held or any(lot.price is None for lot in lots):
            return None
        return sum((lot.quantity * (lot.price or Decimal(0)) for lot in lots), Decimal(0)) / held

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
    for order in sorted(orders, key=_traded_at):
        legs = [leg for leg in order.legs if leg.filled and leg.side is not None]
        owner = owners.get(order.client_order_id)
        if owner is not None:
            _take_from(packages.get(owner), legs)
            continue
        opening = [leg for leg in legs if not (leg.intent and leg.intent.is_closing)]
        closing = [leg for leg in legs if leg.intent and leg.intent.is_closing]
        if len(opening) >= _MIN_PACKAGE and order.order_class == "mleg":
            _open(packages, account, order, opening)
        if len(closing) >= _MIN_PACKAGE and order.order_class == "mleg":
            _take_from(packages.get(_package_id(account, closing, reverse=True)), closing)
    alive = [package for package in packages.values() if not package.is_empty()]
    return tuple(reversed(alive))


def _traded_at(order: OrderReport) -> tuple[float, str]:
    at = order.updated_at or order.submitted_at
    return (at.timestamp() if at else 0.0, order.order_id)


def _open(
    packages: dict[str, Package], account: str, order: OrderReport, legs: list[LegReport]
) -> None:
    identity = _package_id(account, legs, reverse=False)
    package = packages.get(identity)
    at = order.submitted_at or order.updated_at
    if package is None or package.is_empty():
        packages.pop(identity, None)
        package = Package(id=identity, ratios=_ratios(legs), opened_at=at)
        packages[identity] = package
    for leg in legs:
        package.add(leg.symbol, _Lot(quantity=leg.filled, price=leg.average_price, at=at))


def _take_from(package: Package | None, legs: list[LegReport]) -> None:
    if package is None:
        return
    for leg in legs:
        package.take(leg.symbol, leg.filled)


def _ratios(legs: list[LegReport]) -> dict[str, int]:
    return {leg.symbol: leg.ratio * (leg.side.sign if leg.side else 1) for leg in legs}


def _package_id(account: str, legs: list[LegReport], *, reverse: bool) -> str:
    sign = -1 if reverse else 1
    parts = sorted(f"{symbol}:{sign * ratio}" for symbol, ratio in _ratios(legs).items())
    return strategy_id(account, *parts)
