"""What a close was decided on, sent into and filled in: the evidence for its report."""

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

    def sent_quote(self, symbol: str) -> Quote | None:
        return dict(self.sent).get(symbol)

    def seeing(self, market: MarketSnapshot | None) -> "Executions":
        return self if market is None else replace(self, last=market)

    def sending(self, symbol: str) -> "Executions":
        """Note that an order with this symbol goes out; only the first counts."""
        if any(known == symbol for known, _ in self.sent):
            return self
        quote = None if self.last is None else self.last.by_symbol.get(symbol)
        return replace(self, sent=(*self.sent, (symbol, quote)))

    def filling(self, each: Filling) -> "Executions":
        return replace(self, fillings=(*self.fillings, each))
