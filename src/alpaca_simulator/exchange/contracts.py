"""Option contracts by their OCC symbols, their tick classes, and the stocks under them."""

import re
import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final

MULTIPLIER: Final = 100
_OCC: Final = re.compile(r"^(([A-Z]{1,6})\d?)(\d{2})(\d{2})(\d{2})([CP])(\d{8})$")
_NAMESPACE: Final = uuid.UUID("5c9f7e0e-6f0f-4f3e-9d53-0f6f0d1f9a11")


class Kind(StrEnum):
    CALL = "call"
    PUT = "put"


class TickClass(StrEnum):
    """How an underlying's options are priced (the exchanges' penny interval program).

    Penny: 0.01 below $3, else 0.05. Nickel: 0.05 below $3, else 0.10. Penny-all: 0.01 throughout
    (SPY, QQQ, IWM).
    """

    PENNY = "penny"
    NICKEL = "nickel"
    PENNY_ALL = "penny_all"

    def tick(self, price: Decimal) -> Decimal:
        """The price increment, in dollars, at a premium of `price`."""
        below, above = _TICKS[self]
        return below if abs(price) < 3 else above  # noqa: PLR2004 - the program's threshold, $3


_TICKS: Final = {
    TickClass.PENNY: (Decimal("0.01"), Decimal("0.05")),
    TickClass.NICKEL: (Decimal("0.05"), Decimal("0.10")),
    TickClass.PENNY_ALL: (Decimal("0.01"), Decimal("0.01")),
}


@dataclass(frozen=True, slots=True)
class Contract:
    """
    One listed option, 100 shares, American style, expiring at the close of `expiration`.

    A corporate action gives its root a digit (`SPY1`), and it is then for closing only.
    """

    symbol: str
    underlying: str
    expiration: date
    kind: Kind
    strike: Decimal

    @property
    def root(self) -> str:
        return self.symbol[: -len("261218P00600000")]

    @property
    def is_adjusted(self) -> bool:
        return self.root != self.underlying

    @property
    def asset_id(self) -> str:
        return asset_id(self.symbol)

    def intrinsic(self, spot: Decimal) -> Decimal:
        """What exercise is worth per share with the stock at `spot`, never negative."""
        gain = spot - self.strike if self.kind is Kind.CALL else self.strike - spot
        return max(gain, Decimal(0))


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one contract delivers: shares of its underlying, and dollars beside them."""

    shares: int = MULTIPLIER
    cash: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A stock as GET /v2/assets shows it."""

    id: str
    symbol: str
    name: str
    exchange: str
    ppind: bool
    """Whether its options are in the penny program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedContract:
    """A contract with what GET /v2/options/contracts tells about it."""

    contract: Contract
    underlying_asset_id: str
    ppind: bool
    tradable: bool
    close_price: Decimal | None
    close_price_date: date | None
    open_interest: int
    open_interest_date: date | None
    delivery: Delivery = Delivery()

    @property
    def name(self) -> str:
        it = self.contract
        return f"{it.underlying} {it.expiration:%b %d %Y} {it.strike:f} {it.kind.capitalize()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFilter:
    """The query of GET /v2/options/contracts, and of the chain snapshot endpoint.

    Bounds are inclusive. Paging is the wire's.
    """

    underlyings: frozenset[str] = frozenset()
    expiration: date | None = None
    expiration_from: date | None = None
    expiration_to: date | None = None
    kind: Kind | None = None
    strike_from: Decimal | None = None
    strike_to: Decimal | None = None
    ppind: bool | None = None


def occ_symbol(underlying: str, expiration: date, kind: Kind, strike: Decimal) -> str:
    """The OCC symbol as Alpaca writes it, without padding: `SPY261218P00600000`."""
    letter = "C" if kind is Kind.CALL else "P"
    return f"{underlying}{expiration:%y%m%d}{letter}{int(strike * 1000):08d}"


@lru_cache(maxsize=65536)
def parse_occ(symbol: str) -> Contract | None:
    """The contract an OCC symbol names, or None when it is no OCC symbol (a stock, nonsense)."""
    found = _OCC.match(symbol)
    if found is None:
        return None
    _, underlying, year, month, day, letter, thousandths = found.groups()
    try:
        expiration = date(2000 + int(year), int(month), int(day))
    except ValueError:
        return None
    kind = Kind.CALL if letter == "C" else Kind.PUT
    return Contract(symbol, underlying, expiration, kind, Decimal(int(thousandths)) / 1000)


@lru_cache(maxsize=65536)
def asset_id(symbol: str) -> str:
    """A UUID that belongs to the symbol, the same in every world."""
    return str(uuid.uuid5(_NAMESPACE, symbol))
