"""What a close was decided on, sent into and filled in: the evidence for its report."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from closeout.closing.snapshots import MarketSnapshot
from closeout.domain.quotes import Quote


@dataclass(frozen=True, slots=True)
class Filling:
    """
    Contracts of one symbol that filled, as one report told, unsigned.

    `at` is when Closeout learnt of it, and `quote` what was quoted then: a fill that was
    learnt late is measured against the market of that moment.
    """

    at: datetime
    symbol: str
    contracts: int
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class Executions:
    """
    Everything measured. Journals of the first release hold no markets and no entry prices.

    `sent` holds each symbol's quote when its first order went out, None for one that was
    not quoted.
    """

    decided: MarketSnapshot | None = None
    last: MarketSnapshot | None = None
    sent: tuple[tuple[str, Quote | None], ...] = ()
    fillings: tuple[Filling, ...] = ()
    entry_prices: tuple[tuple[str, Decimal], ...] = ()

    def entry_price(self, symbol: str) -> Decimal | None:
        return dict(self.entry_prices).get(symbol)

    def seeing(self, market: MarketSnapshot | None) -> "Executions":
        return self if market is None else replace(self, last=market)

    def sending(self, symbols: Iterable[str]) -> "Executions":
        """Note that orders with these symbols go out; only the first of each counts."""
        known = dict(self.sent)
        new = dict.fromkeys(symbol for symbol in symbols if symbol not in known)
        if not new:
            return self
        quotes = {} if self.last is None else self.last.by_symbol
        sent = tuple((symbol, quotes.get(symbol)) for symbol in new)
        return replace(self, sent=self.sent + sent)

    def filling(self, each: Filling) -> "Executions":
        return replace(self, fillings=(*self.fillings, each))
