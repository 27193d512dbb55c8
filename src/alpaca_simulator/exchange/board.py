"""The quotes of one underlying's contracts, priced together and only when one is asked for."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

import numpy as np

from alpaca_simulator.exchange import pricing
from alpaca_simulator.exchange.contracts import Contract, Kind, TickClass
from alpaca_simulator.exchange.quotes import Quote
from alpaca_simulator.exchange.sessions import session_on
from alpaca_simulator.scenarios.model import UnderlyingPart

_DEPTHS: Final = {
    TickClass.PENNY_ALL: (20, 200),
    TickClass.PENNY: (10, 80),
    TickClass.NICKEL: (5, 40),
}


@dataclass(frozen=True, slots=True)
class Pin:
    """A quote set by hand, dollars per share in whole cents; no bid is a bid of zero, size zero."""

    bid: Decimal
    bid_size: int
    ask: Decimal
    ask_size: int

    @property
    def cents(self) -> tuple[int, int]:
        return int(self.bid * 100), int(self.ask * 100)

    def quote(self, symbol: str, at: datetime) -> Quote:
        return Quote(symbol, self.bid, self.bid_size, self.ask, self.ask_size, at)


class Board:
    """Contracts of one underlying in columns. Quotes are a pure function of spot and time.

    Asking for a quote therefore never changes what anybody else will see.
    """

    def __init__(self, spec: UnderlyingPart) -> None:
        self._spec = spec
        self._rows: dict[str, int] = {}
        self._contracts: list[Contract] = []
        self._terms: pricing.Terms | None = None
        self._spot, self._at = 0.0, 0.0
        self._priced_for: tuple[float, float, int] | None = None
        self._bids: pricing.Cents = np.zeros(0, np.int64)
        self._asks: pricing.Cents = np.zeros(0, np.int64)
        self.pinned: dict[str, Pin] = {}
        """Quotes that stand whatever the stock does."""

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._rows

    def add(self, contracts: Iterable[Contract]) -> None:
        for contract in contracts:
            if contract.symbol not in self._rows:
                self._rows[contract.symbol] = len(self._contracts)
                self._contracts.append(contract)
                self._terms = None

    def drop_expired(self, now: datetime) -> None:
        """Forget contracts whose last session is over."""
        kept = [each for each in self._contracts if expiry_of(each) > now]
        if len(kept) < len(self._contracts):
            self._rows = {each.symbol: row for row, each in enumerate(kept)}
            self._contracts = kept
            self._terms = None

    def price(self, spot: float, at: datetime) -> None:
        """Bring all rows to this spot and time, as soon as one of them is asked for."""
        self._spot, self._at = spot, at.timestamp()

    def quote(self, symbol: str, at: datetime) -> Quote:
        """The quote of a row as pinned, or as last priced."""
        pin = self.pinned.get(symbol)
        if pin is not None:
            return pin.quote(symbol, at)
        self._settle()
        row = self._rows[symbol]
        return self._quote(symbol, int(self._bids[row]), int(self._asks[row]), at)

    def touches(self, symbols: Iterable[str]) -> Iterator[tuple[str, int, int]]:
        """Bid and ask in cents of each of `symbols` that has a row here."""
        wanted = list(symbols)
        if not self.pinned.keys() >= set(wanted):
            self._settle()
        bids, asks = self._bids.tolist(), self._asks.tolist()
        for symbol in wanted:
            row = self._rows.get(symbol)
            if symbol in self.pinned:
                yield symbol, *self.pinned[symbol].cents
            elif row is not None:
                yield symbol, bids[row], asks[row]

    def _settle(self) -> None:
        """Price all rows; free when they are priced for this spot and time."""
        key = (self._spot, self._at, len(self._contracts))
        if self._terms is not None and key == self._priced_for:
            return
        terms = self._columns()
        spec = self._spec
        years = pricing.years_left(terms, self._at)
        distance = pricing.moneyness(self._spot, spec.vol, terms, years)
        fair = pricing.values(self._spot, spec.vol, terms, self._at)
        self._bids, self._asks = pricing.touch(fair, distance, spec.tick_class, spec.spread)
        self._priced_for = key

    def _quote(self, symbol: str, bid: int, ask: int, at: datetime) -> Quote:
        return Quote(
            symbol,
            dollars(bid),
            self._size(symbol, bid) if bid else 0,
            dollars(ask),
            self._size(symbol, ask + 1),
            at,
        )

    def _size(self, symbol: str, price: int) -> int:
        least, most = _DEPTHS[self._spec.tick_class]
        mixed = zlib.crc32(f"{symbol}@{price}".encode())
        return max(int((least + mixed % (most - least + 1)) * self._spec.depth), 1)

    def _columns(self) -> pricing.Terms:
        if self._terms is None:
            self._terms = columns(self._contracts)
        return self._terms


def columns(contracts: list[Contract]) -> pricing.Terms:
    signs = [1.0 if each.kind is Kind.CALL else -1.0 for each in contracts]
    return pricing.Terms(
        strike=np.array([float(each.strike) for each in contracts], np.float64),
        sign=np.array(signs, np.float64),
        expires=np.array([expiry_of(each).timestamp() for each in contracts], np.float64),
    )


@lru_cache(maxsize=65536)
def expiry_of(contract: Contract) -> datetime:
    """The end of the contract's last session, UTC; midnight UTC for a date without a session."""
    session = session_on(contract.expiration)
    if session is None:
        last = contract.expiration
        return datetime(last.year, last.month, last.day, tzinfo=UTC)
    return session.close.astimezone(UTC)


@lru_cache(maxsize=65536)
def dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
