"""Strategies: the legs on one underlying that belong together."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from closeout.domain.deliverables import ContractTerms
from closeout.domain.names import name_strategy
from closeout.domain.occ import OccSymbol, option_or_none
from closeout.domain.orders import Side

OPTION_MULTIPLIER = 100
"""Shares per contract. Adjusted contracts deliver otherwise: see `deliverables`."""


class GroupedBy(StrEnum):
    """How the legs of a strategy were found to belong together."""

    OPENING_ORDER = "opening_order"
    SHAPE = "shape"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Netted:
    """
    Contracts of a leg that the broker does not hold, for others have them the other way.

    `contracts` is unsigned; `with_ids` are the strategies on the other side.
    """

    symbol: str
    contracts: int
    with_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leg:
    """
    Signed contracts (or shares) of one symbol that belong to one strategy.

    `entry_price` is dollars per share, None when neither the history nor the broker tells.
    """

    id: str
    symbol: str
    underlying: str
    quantity: int
    entry_price: Decimal | None
    terms: ContractTerms | None = None
    """What the broker says an adjusted contract is; None for any other, or while unknown."""

    @property
    def option(self) -> OccSymbol | None:
        return option_or_none(self.symbol)

    @property
    def is_short(self) -> bool:
        return self.quantity < 0

    @property
    def contracts(self) -> int:
        """Unsigned contracts or shares."""
        return abs(self.quantity)

    @property
    def closing_side(self) -> Side:
        return Side.BUY if self.is_short else Side.SELL

    @property
    def multiplier(self) -> int:
        """Dollars of P&L per dollar of price, for one contract or share."""
        if self.option is None:
            return 1
        return OPTION_MULTIPLIER if self.terms is None else self.terms.multiplier


@dataclass(frozen=True, slots=True)
class Strategy:
    """
    Legs that belong together. `id` is derived from content: see `strategy_id`.

    `opened_at` is the first fill that is still held, None when the history does not say.
    `missing` are signed contracts by symbol that its history leaves it and the account does
    not hold any more. `given_name` is the user's.
    """

    id: str
    account: str
    underlying: str
    legs: tuple[Leg, ...]
    opened_at: datetime | None
    grouped_by: GroupedBy
    netted: tuple[Netted, ...] = ()
    missing: tuple[tuple[str, int], ...] = ()
    given_name: str | None = None

    @property
    def name(self) -> str:
        """The user's name for it, else that of its shape."""
        return self.given_name or self.shape_name

    @property
    def shape_name(self) -> str:
        return name_strategy([(leg.option, leg.quantity) for leg in self.legs])

    @property
    def units(self) -> int:
        """How many times the package is held; shares count by the hundred beside options."""
        return unit_count(self.legs)

    @property
    def expiry(self) -> date | None:
        """The first expiry among the legs, which is when something must be done."""
        options = [option_or_none(leg.symbol) for leg in self.legs]
        return min([option.expiry for option in options if option], default=None)

    def leg(self, leg_id: str) -> Leg | None:
        return next((leg for leg in self.legs if leg.id == leg_id), None)


def unit_count(legs: tuple[Leg, ...]) -> int:
    """Return the greatest common divisor of the contracts; shares alone count singly."""
    options = [leg.contracts for leg in legs if leg.option]
    return math.gcd(*options) if options else math.gcd(*(leg.contracts for leg in legs))


def net_entry(strategy: Strategy) -> Decimal | None:
    """Dollars per share for one unit when it was opened: debit positive, credit negative."""
    total = Decimal(0)
    shares_in_unit = max(leg.multiplier for leg in strategy.legs)
    for leg in strategy.legs:
        if leg.entry_price is None:
            return None
        total += leg.entry_price * leg.quantity * leg.multiplier
    return total / (strategy.units * shares_in_unit)


def strategy_id(account: str, *parts: str) -> str:
    """
    Derive the id of a strategy from what it is made of.

    The same account and parts give the same id in every run, on every machine.
    """
    return "pos_" + _digest(account, *parts)


def shape_id(account: str, shape: Mapping[str, int]) -> str:
    """Derive the id of a strategy from its signed contracts by symbol, in however many units."""
    unit = math.gcd(*shape.values()) or 1
    parts = sorted([f"{symbol}:{quantity // unit}" for symbol, quantity in shape.items()])
    return strategy_id(account, *parts)


def leg_id(strategy: str, symbol: str) -> str:
    return "leg_" + _digest(strategy, symbol)


@lru_cache(maxsize=16_384)
def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
