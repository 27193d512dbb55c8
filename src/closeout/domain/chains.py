"""A strategy over time: the lots it holds, and every deed that changed them."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Deed(StrEnum):
    """What changed a strategy."""

    OPENED = "opened"
    ADDED = "added"
    REDUCED = "reduced"
    ROLLED = "rolled"
    ASSIGNED = "assigned"
    EXERCISED = "exercised"
    EXPIRED = "expired"
    DELIVERED = "delivered"
    """Shares that an assignment or an exercise brought or took."""
    ADJUSTED = "adjusted"
    """A corporate action put another contract in the place of one."""
    LEFT = "left"
    """The user has seen what is left of it, and leaves it; the changes are what is left."""
    REGROUPED = "regrouped"
    """By the user's word, or when a part was rolled away into a strategy of its own."""


class Change(NamedTuple):
    """Contracts of one symbol that came (+) or went (-), at dollars per share."""

    symbol: str
    quantity: int
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class ChainLink:
    """
    One deed. `realised` is dollars won by what was closed, None when a price is unknown, or what
    an adjusted contract multiplies it by.

    `order_id` is the order or activity that did it; `others` are strategies it came from or
    went to.
    """

    at: datetime | None
    deed: Deed
    order_id: str
    changes: tuple[Change, ...]
    realised: Decimal | None
    others: tuple[str, ...] = ()
    is_ours: bool = False
    """Whether an order of Closeout's did it."""


@dataclass(slots=True)
class Lot:
    """Contracts bought or sold together; `quantity` is signed."""

    quantity: int
    price: Decimal | None
    at: datetime | None


@dataclass(slots=True, eq=False)
class Chain:
    """
    A strategy that the history knows, through rolls, adds and partial closes.

    `given_name` and `is_users` are the user's word.
    """

    id: str
    lots: dict[str, list[Lot]] = field(default_factory=dict)
    links: list[ChainLink] = field(default_factory=list)
    given_name: str | None = None
    is_users: bool = False

    def wanted(self, symbol: str) -> int:
        """Signed contracts of `symbol` that should still be held."""
        lots = self.lots.get(symbol)
        return sum([lot.quantity for lot in lots]) if lots else 0

    def wants(self) -> dict[str, int]:
        """Signed contracts that should still be held, by symbol; none that are gone."""
        return {symbol: wanted for symbol in self.lots if (wanted := self.wanted(symbol))}

    def shape(self) -> dict[str, int]:
        """What should be held, in lowest terms."""
        return in_lowest_terms(self.wants())

    def is_empty(self) -> bool:
        return not any(self.wanted(symbol) for symbol in self.lots)

    def add(self, symbol: str, lot: Lot) -> None:
        self.lots.setdefault(symbol, []).append(lot)

    def take(self, symbol: str, contracts: int) -> list[Lot]:
        """Remove up to `contracts`, oldest lots first, and return what was removed."""
        removed = []
        for lot in self.lots.get(symbol, ()):
            taken = min(contracts, abs(lot.quantity))
            if taken:
                part = taken if lot.quantity > 0 else -taken
                lot.quantity -= part
                contracts -= taken
                removed.append(Lot(part, lot.price, lot.at))
        return removed

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

    def _newest(self, symbol: str, quantity: int) -> Iterator[tuple[Lot, int]]:
        left = abs(quantity)
        for lot in reversed(self.lots.get(symbol, ())):
            contracts = min(left, abs(lot.quantity))
            if contracts:
                yield lot, contracts
            left -= contracts


def in_lowest_terms(quantities: Mapping[str, int]) -> dict[str, int]:
    unit = math.gcd(*quantities.values()) or 1
    return {symbol: quantity // unit for symbol, quantity in quantities.items()}


def realised(lots: Iterable[Lot], price: Decimal | None, multiplier: int | None) -> Decimal | None:
    """
    Dollars won by closing these lots at `price`, None when something of it is unknown.

    `multiplier` is dollars for a dollar of price.
    """
    total = Decimal(0)
    for lot in lots:
        if lot.price is None or price is None or multiplier is None:
            return None
        total += (price - lot.price) * lot.quantity * multiplier
    return total


def total_realised(links: Iterable[ChainLink]) -> Decimal | None:
    """Dollars that all links have won together, None when one of them is unknown."""
    total = Decimal(0)
    for link in links:
        if link.realised is None:
            return None
        total += link.realised
    return total
