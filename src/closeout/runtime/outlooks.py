"""
Greeks, volatility and pictures of everything held, kept up at a calm pace.

Quotes move ten times a second; a picture need not. What has moved since the last look is
valued in one go, on a thread of its own, so that an order never waits for it. NumPy and SciPy
are loaded on that thread when they are first needed: they would double the time it takes to start.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import structlog

from closeout.domain.marks import OptionMark
from closeout.domain.payoff import Risk, entry_cost, exact_risk
from closeout.domain.quotes import Quote
from closeout.domain.strategies import Leg, Strategy
from closeout.ports import Clock, Quotes, ReadFailed
from closeout.runtime.book import Book
from closeout.runtime.feed import Feed

if TYPE_CHECKING:
    from closeout.domain.outlook import Outlook

log = structlog.get_logger(__name__)

EVERY = timedelta(seconds=2)
AT_LEAST_EVERY = timedelta(minutes=1)
"""Time alone moves greeks, slowly."""
MARKS_EVERY = timedelta(minutes=1)
"""A hundred contracts are one request, and the free plan allows 200 a minute for everything."""
MARKS_LAST = timedelta(minutes=3)
"""Older greeks of the broker's are not shown; ours, of the present quotes, are."""

Touch = tuple[Decimal | None, Decimal | None]

Offload = Callable[[Callable[[], "Sequence[Outlook]"]], "Awaitable[Sequence[Outlook]]"]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What an outlook was made of; with the same inputs it would come out the same."""

    legs: tuple[Leg, ...]
    prices: tuple[Touch, ...]
    marks: tuple[OptionMark | None, ...]
    minute: int


@dataclass(frozen=True, slots=True)
class Fixed:
    """
    What changes with the legs alone, kept because every quote asks for it.

    `sizes` are the dollars that a dollar of each leg's price is worth, signed; `unit_size` is
    those of the net price of the package. `cost` and `risk` are None where they are not known.
    """

    legs: tuple[Leg, ...]
    sizes: tuple[int, ...]
    unit_size: int
    cost: Decimal | None
    risk: Risk | None


class Outlooks:
    """The latest outlook of each strategy in the book. `rate` is interest per year."""

    def __init__(
        self,
        book: Book,
        quotes: Quotes,
        clock: Clock,
        feed: Feed,
        *,
        rate: float,
        offload: Offload = asyncio.to_thread,
    ) -> None:
        self._book = book
        self._quotes = quotes
        self._clock = clock
        self._feed = feed
        self._rate = rate
        self._offload = offload
        self._marks: Mapping[str, OptionMark] = {}
        self._seen: dict[str, _Seen] = {}
        self._outlooks: dict[str, Outlook] = {}
        self._fixed: dict[str, Fixed] = {}

    async def run(self) -> None:
        """Keep up until cancelled."""
        await asyncio.gather(self._keep_marks(), self._keep_up())

    def of(self, strategy: Strategy) -> "Outlook | None":
        """Return the latest outlook; None before there is one of these very legs."""
        seen = self._seen.get(strategy.id)
        if seen is None or seen.legs != strategy.legs:
            return None
        return self._outlooks.get(strategy.id)

    def fixed(self, strategy: Strategy) -> Fixed:
        known = self._fixed.get(strategy.id)
        if known is None or known.legs is not strategy.legs:
            known = self._fixed[strategy.id] = _fixed(strategy)
        return known

    def risk_of(self, strategy: Strategy) -> Risk | None:
        """Return the exact risk, else the modelled one; None while neither is known."""
        exact = self.fixed(strategy).risk
        if exact is not None:
            return exact
        outlook = self.of(strategy)
        return outlook.modelled if outlook else None

    async def look_at(self, positions: Sequence[Sequence[Leg]]) -> "Sequence[Outlook]":
        """Value positions now, be they held or not; a position is legs held together."""
        now, rate = self._clock.now(), self._rate
        symbols = {leg.symbol for legs in positions for leg in legs}
        symbols |= {leg.underlying for legs in positions for leg in legs}
        known = {symbol: self._book.quotes.get(symbol) for symbol in symbols}
        quotes = {symbol: quote for symbol, quote in known.items() if quote is not None}
        marks = self._young_marks(now)

        def value() -> "Sequence[Outlook]":
            from closeout.domain.outlook import Market, outlooks  # noqa: PLC0415 - see above

            return outlooks(positions, Market(quotes, marks, rate), now)

        return await self._offload(value)

    async def _keep_up(self) -> None:
        while True:
            await self.look()
            await self._clock.sleep(EVERY)

    async def look(self) -> None:
        """Value again what has moved since the last look."""
        now = self._clock.now()
        strategies = self._book.grouping.strategies
        marks = self._young_marks(now)
        fresh = {each.id: self._inputs(each, marks, now) for each in strategies}
        moved = [each for each in strategies if self._seen.get(each.id) != fresh[each.id]]
        found = await self.look_at([strategy.legs for strategy in moved]) if moved else ()
        changed = set()
        for strategy, outlook in zip(moved, found, strict=True):
            if self._outlooks.get(strategy.id) != outlook:
                changed.add(strategy.id)
            self._outlooks[strategy.id] = outlook
            self._seen[strategy.id] = fresh[strategy.id]
        for memory in (self._seen, self._outlooks, self._fixed):
            for gone in memory.keys() - fresh.keys():
                memory.pop(gone)
        if changed:
            self._feed.outlooks_changed(changed)

    def _inputs(self, strategy: Strategy, marks: Mapping[str, OptionMark], now: datetime) -> _Seen:
        quotes = self._book.quotes
        symbols = [leg.symbol for leg in strategy.legs]
        return _Seen(
            legs=strategy.legs,
            prices=tuple(_touch(quotes.get(each)) for each in (strategy.underlying, *symbols)),
            marks=tuple(map(marks.get, symbols)),
            minute=int(now.timestamp() // AT_LEAST_EVERY.total_seconds()),
        )

    def _young_marks(self, now: datetime) -> Mapping[str, OptionMark]:
        return {symbol: mark for symbol, mark in self._marks.items() if now - mark.at < MARKS_LAST}

    async def _keep_marks(self) -> None:
        while True:
            await self.read_marks()
            await self._clock.sleep(MARKS_EVERY if self._book.holdings else EVERY)

    async def read_marks(self) -> None:
        """Read the broker's greeks of everything held; what cannot be read is computed."""
        options, _ = self._book.watched()
        try:
            self._marks = await self._quotes.marks(options)
        except ReadFailed as failure:
            # Those we have grow old and are then computed instead.
            log.warning("greeks.unread", reason=str(failure))


def _fixed(strategy: Strategy) -> Fixed:
    legs = strategy.legs
    return Fixed(
        legs=legs,
        sizes=tuple(leg.quantity * leg.multiplier for leg in legs),
        unit_size=strategy.units * max(leg.multiplier for leg in legs),
        cost=entry_cost(legs),
        risk=exact_risk(legs),
    )


def _touch(quote: Quote | None) -> Touch:
    return (None, None) if quote is None else (quote.bid, quote.ask)
