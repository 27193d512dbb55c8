"""What the broker says the account holds."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Holding:
    """
    The broker's row for one symbol: net signed contracts (or shares) in the account.

    `available` is what no open order holds, unsigned. `average_entry` is dollars per share.
    """

    symbol: str
    quantity: Decimal
    available: Decimal
    average_entry: Decimal | None
    asset_class: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """A whole snapshot, read at `at`. A symbol without a row is not held."""

    at: datetime
    rows: tuple[Holding, ...]

    def quantity(self, symbol: str) -> Decimal:
        """Signed contracts or shares of `symbol`; zero when there is no row."""
        return next((row.quantity for row in self.rows if row.symbol == symbol), Decimal(0))

    def row(self, symbol: str) -> Holding | None:
        return next((row for row in self.rows if row.symbol == symbol), None)


@dataclass(frozen=True, slots=True)
class Account:
    """What an account may do and is worth; dollars."""

    number: str
    status: str
    equity: Decimal | None
    cash: Decimal | None
    options_buying_power: Decimal | None
    options_level: int | None
    blocked_reason: str | None
    """Why orders would be refused (blocked, suspended by the user); None when they are not."""


@dataclass(frozen=True, slots=True)
class MarketClock:
    """The broker's clock. Options trade while the equity session is open."""

    is_open: bool
    next_open: datetime
    next_close: datetime
    at: datetime
