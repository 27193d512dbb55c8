"""What contracts are quoted at, and the steps their prices keep to."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from closeout.closing.plan import MarketView
from closeout.closing.snapshots import MarketSnapshot, take_snapshot
from closeout.domain.occ import option_or_none
from closeout.domain.pricing import EVERY_CENT, TickRule, option_tick_rule
from closeout.domain.quotes import Quote
from closeout.domain.strategies import Leg
from closeout.ports import Broker, Clock, Quotes
from closeout.runtime.feed import Feed


class Prices:
    """The newest quote of each symbol, and what was learned of ticks."""

    def __init__(
        self, broker: Broker, quotes: Quotes, clock: Clock, feed: Feed, option_feed: str
    ) -> None:
        self._broker = broker
        self._quotes = quotes
        self._clock = clock
        self._feed = feed
        self._option_feed = option_feed
        self._penny: dict[str, bool] = {}
        self._taught_ticks: dict[str, TickRule] = {}
        self._net_ticks: dict[str, TickRule] = {}
        self.quotes: dict[str, Quote] = {}
        self.behind = timedelta(0)
        """How far our clock is behind at least: quotes bear the time of the exchanges'."""

    def take_quotes(self, quotes: Sequence[Quote]) -> None:
        """Keep the newest quote of each symbol."""
        moved: set[str] = set()
        for quote in quotes:
            known = self.quotes.get(quote.symbol)
            if known is None or quote.at >= known.at:
                self.quotes[quote.symbol] = quote
                moved.add(quote.symbol)
        if moved:
            self._feed.quotes_moved(moved)

    async def learn_ticks(self, symbols: Sequence[str]) -> None:
        """Learn which classes trade in pennies, once per contract. Raises: ReadFailed."""
        unknown = [symbol for symbol in symbols if symbol not in self._penny]
        if unknown:
            self._penny.update(await self._broker.penny_underlyings(unknown))

    async def freshen_quotes(self, symbols: Iterable[str], *, older_than: timedelta) -> datetime:
        """
        Read these quotes unless the stream keeps them young; return since when all stand.

        One that is not there any more is forgotten: an old quote prices nothing.

        Raises: ReadFailed.
        """
        asked_at = self._clock.now()
        limit = asked_at + self.behind - older_than
        old = {each for each in symbols if self._is_old(each, limit)}
        if not old:
            return asked_at
        options = frozenset(symbol for symbol in old if option_or_none(symbol) is not None)
        fresh = await self._quotes.latest(options, frozenset(old) - options)
        for symbol in old - fresh.keys():
            if self._is_old(symbol, limit):  # the stream may have told of one meanwhile
                self.quotes.pop(symbol, None)
        self.take_quotes([*fresh.values()])
        return asked_at

    def _is_old(self, symbol: str, limit: datetime) -> bool:
        return symbol not in self.quotes or self.quotes[symbol].at < limit

    async def read_quotes(self, options: frozenset[str], stocks: frozenset[str]) -> None:
        """Read these quotes once: streams tell only what changes. Raises: ReadFailed."""
        if options or stocks:
            self.take_quotes([*(await self._quotes.latest(options, stocks)).values()])

    def view(self, legs: Sequence[Leg]) -> MarketView:
        """What planning needs to know about these legs."""
        return MarketView(
            quotes=self.quotes,
            ticks={leg.symbol: self._tick_rule(leg) for leg in legs},
            net_tick=self._net_ticks.get(legs[0].underlying, EVERY_CENT),
        )

    def learn_refused_tick(self, symbols: Sequence[str], rule: TickRule) -> None:
        """Remember the price steps of a class, or of its packages, that a refusal has taught."""
        option = option_or_none(symbols[0])
        if option is not None:
            known = self._net_ticks if len(symbols) > 1 else self._taught_ticks
            known[option.underlying] = rule

    def snapshot(self, symbols: Iterable[str]) -> MarketSnapshot:
        """What is quoted for these symbols now."""
        return take_snapshot(self.quotes, symbols, feed=self._option_feed, at=self._clock.now())

    def _tick_rule(self, leg: Leg) -> TickRule:
        if leg.option is None:
            return EVERY_CENT
        if leg.underlying in self._taught_ticks:
            return self._taught_ticks[leg.underlying]
        penny = self._penny.get(leg.symbol, False)
        return option_tick_rule(leg.underlying, penny_program=penny)
