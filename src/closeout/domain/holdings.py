"""What the broker says the account holds."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from closeout.domain.occ import option_or_none


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
    _by_symbol: Mapping[str, Holding] = field(init=False, repr=False, compare=False)
    _by_root: dict[str, dict[str, Decimal]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_symbol", {row.symbol: row for row in self.rows})

    def quantity(self, symbol: str) -> Decimal:
        """Signed contracts or shares of `symbol`; zero when there is no row."""
        row = self._by_symbol.get(symbol)
        return Decimal(0) if row is None else row.quantity

    def row(self, symbol: str) -> Holding | None:
        return self._by_symbol.get(symbol)

    def of_root(self, symbol: str) -> Mapping[str, Decimal]:
        """
        Return signed quantities of everything of the same root as `symbol`, shares included.

        Nothing else can cover it or be covered by it.
        """
        if not self._by_root:
            roots: dict[str, dict[str, Decimal]] = defaultdict(dict)
            for row in self.rows:
                roots[root_of(row.symbol)][row.symbol] = row.quantity
            self._by_root.update(roots)
        return self._by_root.get(root_of(symbol), {})


@lru_cache(maxsize=16_384)
def root_of(symbol: str) -> str:
    """Return an option's root, and a stock's own symbol: what can cover each other has one root."""
    option = option_or_none(symbol)
    return option.root if option else symbol


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
