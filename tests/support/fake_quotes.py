"""The quotes port, fed by hand."""

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from support.manual_clock import ManualClock

from closeout.domain.announcements import Announcement
from closeout.domain.marks import OptionMark
from closeout.domain.quotes import Quote
from closeout.ports import LinkDown, LinkSink, LinkUp, QuoteSink, ReadFailed

DEFAULT = (Decimal("1.00"), Decimal("1.10"))


class FakeQuotes:
    """
    The `Quotes` port: one bid and ask per symbol, told by REST when asked.

    `failing` makes reads fail; `push` sends quotes down the stream. `told` are the broker's
    greeks, and `marked` what was asked for them. `announced` are dividends and splits.
    """

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.touch: dict[str, tuple[Decimal, Decimal]] = {}
        self.absent: set[str] = set()
        self.failing: str | None = None
        self.told: dict[str, OptionMark] = {}
        self.marked: list[frozenset[str]] = []
        self.reads = 0
        self.announced: list[Announcement] = []
        self.asked_announcements: list[frozenset[str]] = []
        self.watched: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
        self.unserved: frozenset[str] = frozenset()
        self._on_quotes: QuoteSink | None = None
        self._on_link: LinkSink | None = None

    def set(self, symbol: str, bid: str, ask: str) -> None:
        self.touch[symbol] = (Decimal(bid), Decimal(ask))

    def quote(self, symbol: str) -> Quote:
        bid, ask = self.touch.get(symbol, DEFAULT)
        return Quote(symbol, bid, ask, 10, 10, self._clock.now())

    def watch(self, options: frozenset[str], stocks: frozenset[str]) -> None:
        self.watched = (options, stocks)

    async def latest(self, options: frozenset[str], stocks: frozenset[str]) -> Mapping[str, Quote]:
        self.reads += 1
        await asyncio.sleep(0)
        if self.failing is not None:
            raise ReadFailed(self.failing)
        return {each: self.quote(each) for each in (options | stocks) - self.absent}

    async def marks(self, options: frozenset[str]) -> Mapping[str, OptionMark]:
        self.marked.append(options)
        if self.failing is not None:
            raise ReadFailed(self.failing)
        return {symbol: mark for symbol, mark in self.told.items() if symbol in options}

    async def announcements(self, stocks: frozenset[str], until: date) -> tuple[Announcement, ...]:
        self.asked_announcements.append(stocks)
        if self.failing is not None:
            raise ReadFailed(self.failing)
        known = (each for each in self.announced if each.symbol in stocks)
        return tuple(each for each in known if each.ex_date <= until)

    async def run(self, on_quotes: QuoteSink, on_link: LinkSink) -> None:
        self._on_quotes, self._on_link = on_quotes, on_link
        for name in ("options", "stocks"):
            on_link(name, LinkUp(self._clock.now(), None))
        await asyncio.Event().wait()

    def push(self, *quotes: Quote) -> None:
        assert self._on_quotes is not None, "the engine streams"
        self._on_quotes(quotes)

    def drop(self, name: str) -> None:
        assert self._on_link is not None, "the engine streams"
        self._on_link(name, LinkDown(self._clock.now(), "cut"))

    def reconnect(self, name: str, *, gap: timedelta) -> None:
        assert self._on_link is not None, "the engine streams"
        self._on_link(name, LinkUp(self._clock.now(), gap))
