"""The `Quotes` port in front of the venue."""

import asyncio
from collections.abc import Mapping
from datetime import date

from simulation.site import Site

from closeout.domain.announcements import Announcement
from closeout.domain.marks import OptionMark
from closeout.domain.quotes import Quote
from closeout.ports import LinkSink, LinkUp, QuoteSink, ReadFailed


class SimulatedQuotes:
    """What one process has of the market data."""

    def __init__(self, site: Site) -> None:
        self._loop = site.loop
        self._clock = site.clock
        self._venue = site.venue
        self._process = site.process
        self._checks = site.checks
        self._chance = site.chance
        self._watched: frozenset[str] = frozenset()
        self._sink: QuoteSink | None = None

    @property
    def unserved(self) -> frozenset[str]:
        return frozenset()

    def watch(self, options: frozenset[str], stocks: frozenset[str]) -> None:
        self._watched = options | stocks

    async def latest(self, options: frozenset[str], stocks: frozenset[str]) -> Mapping[str, Quote]:
        await asyncio.sleep(self._chance.uniform(0.1, 1.0) * self._venue.day.latency)
        failures = max(self._venue.day.read_failures, self._silence)
        if failures and self._chance.random() < failures:
            raise ReadFailed("HTTP 500")
        quotes = (self._quote(symbol) for symbol in sorted(options | stocks))
        read = {quote.symbol: quote for quote in quotes if quote is not None}
        for symbol in read:
            self._checks.prices.quoted(symbol, self._loop.time())
        return read

    async def marks(self, options: frozenset[str]) -> Mapping[str, OptionMark]:
        """Nobody asks here: greeks are for a screen, and decide nothing."""
        raise ReadFailed(f"no greeks of {len(options)} contracts")

    async def announcements(self, stocks: frozenset[str], until: date) -> tuple[Announcement, ...]:
        """Nobody asks here either: they warn, and decide nothing."""
        raise ReadFailed(f"no dividends of {len(stocks)} stocks until {until}")

    async def run(self, on_quotes: QuoteSink, on_link: LinkSink) -> None:
        self._sink = on_quotes
        self._venue.on_quote.append(self._moved)
        for name in ("options", "stocks"):
            on_link(name, LinkUp(self._clock.now(), None))
        await asyncio.Event().wait()

    def detach(self) -> None:
        if self._moved in self._venue.on_quote:
            self._venue.on_quote.remove(self._moved)

    @property
    def _silence(self) -> float:
        return 1.0 if self._venue.quotes_are_dead else self._venue.day.quotes_silent

    def _quote(self, symbol: str) -> Quote | None:
        touch = self._venue.touch(symbol)
        if touch is None:
            return None
        return Quote(symbol, touch.bid, touch.ask, 10, 10, self._clock.now())

    def _moved(self, symbol: str) -> None:
        quote = self._quote(symbol)
        if self._silence and self._chance.random() < self._silence:
            return
        if symbol in self._watched and quote is not None and self._process.is_alive:
            delay = self._chance.uniform(0.001, 0.5)
            self._loop.later(delay, self._push, quote, self._loop.time())

    def _push(self, quote: Quote, at: float) -> None:
        if self._sink is not None and self._process.is_alive and not self._process.is_frozen:
            self._checks.prices.quoted(quote.symbol, at)
            self._sink([quote])
