"""The market in the legs of a close at one instant, as the journal keeps it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from closeout.domain.quotes import Quote


@dataclass(frozen=True, slots=True)
class MarketSnapshot:
    """
    What was quoted at `at`; a symbol without a quote is absent.

    `feed` says by whom: Alpaca's `opra`, or `indicative`, which is not the real market.
    """

    at: datetime
    feed: str
    quotes: tuple[Quote, ...]

    @property
    def by_symbol(self) -> dict[str, Quote]:
        return {quote.symbol: quote for quote in self.quotes}


def take_snapshot(
    quotes: Mapping[str, Quote], symbols: Iterable[str], *, feed: str, at: datetime
) -> MarketSnapshot:
    known = tuple(quotes[symbol] for symbol in symbols if symbol in quotes)
    return MarketSnapshot(at=at, feed=feed, quotes=known)
