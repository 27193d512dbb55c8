"""Live and latest quotes of options and stocks, as the runtime's `Quotes`."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Self, TypeVar

from closeout.alpaca import failures, parse
from closeout.alpaca.endpoints import Credentials, Endpoints
from closeout.alpaca.limits import RateLimit
from closeout.alpaca.links import Backoff, Link
from closeout.alpaca.quote_stream import QuoteStream
from closeout.alpaca.sockets import Sockets, StreamTimeouts
from closeout.alpaca.transport import Timeouts, Transport
from closeout.alpaca.wire import CorporateActionsRow, QuotesRow, SnapshotsRow
from closeout.domain.announcements import Announcement
from closeout.domain.marks import OptionMark
from closeout.domain.quotes import Quote
from closeout.domain.session import exchange_date
from closeout.ports import Clock, LinkDown, LinkSink, LinkUp, QuoteSink

Page = TypeVar("Page", SnapshotsRow, CorporateActionsRow)

SYMBOLS_MAX = 100
"""Symbols in one request for latest quotes or snapshots (Alpaca's OpenAPI, options)."""

_OPTIONS_PATH = "/v1beta1/options/quotes/latest"
_STOCKS_PATH = "/v2/stocks/quotes/latest"
_SNAPSHOTS_PATH = "/v1beta1/options/snapshots"
_ACTIONS_PATH = "/v1/corporate-actions"
_ACTIONS_PAGE = 1000
_ACTION_PAGES_MAX = 20
"""Twenty thousand announcements: nobody has as many. It ends a token that never ends."""
_PAID_WITHIN = timedelta(days=120)
"""
Alpaca filters by process date, which for a dividend is the day it is paid, weeks after it goes
ex. What is to go ex until a day is read until so long after it.
"""


class AlpacaQuotes:
    """
    Quotes over REST and over two streams, one for options, one for stocks.

    Feeds are Alpaca's: `opra` or `indicative` for options, `sip`, `iex` or `delayed_sip` for
    stocks. The free plan has `indicative`, which is derived and not what exchanges quote.
    """

    def __init__(
        self,
        credentials: Credentials,
        endpoints: Endpoints,
        *,
        clock: Clock,
        option_feed: str = "indicative",
        stock_feed: str = "iex",
        timeouts: Timeouts | None = None,
        stream_timeouts: StreamTimeouts | None = None,
        backoff: Backoff | None = None,
        chance: Callable[[], float] = random.random,
        on_rate: Callable[[RateLimit], None] | None = None,
    ) -> None:
        stream_timeouts = stream_timeouts or StreamTimeouts()
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._chance = chance
        self._feeds = {_OPTIONS_PATH: option_feed, _STOCKS_PATH: stock_feed}
        self._http = Transport(
            endpoints.data_url,
            credentials,
            clock=clock,
            timeouts=timeouts or Timeouts(),
            on_rate=on_rate,
        )
        self._sockets = Sockets(credentials, clock=clock, timeouts=stream_timeouts)
        urls = {
            "options": endpoints.option_quotes_url(option_feed),
            "stocks": endpoints.stock_quotes_url(stock_feed),
        }
        self._streams = {
            name: QuoteStream(
                name, url, credentials, self._sockets, clock=clock, timeouts=stream_timeouts
            )
            for name, url in urls.items()
        }

    @property
    def rate(self) -> RateLimit | None:
        return self._http.rate

    @property
    def unserved(self) -> frozenset[str]:
        """Watched symbols the streams refuse to serve; only `latest` knows their quotes."""
        return frozenset().union(*(stream.unserved for stream in self._streams.values()))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.close()
        await self._sockets.close()

    def watch(self, options: frozenset[str], stocks: frozenset[str]) -> None:
        """Stream exactly these from now on, on this and every later connection."""
        self._streams["options"].watch(options)
        self._streams["stocks"].watch(stocks)

    async def latest(self, options: frozenset[str], stocks: frozenset[str]) -> Mapping[str, Quote]:
        found: dict[str, Quote] = {}
        for path, symbols in ((_OPTIONS_PATH, options), (_STOCKS_PATH, stocks)):
            for some in _batches(sorted(symbols)):
                found |= await self._latest(path, some)
        return found

    async def marks(self, options: frozenset[str]) -> Mapping[str, OptionMark]:
        """Read snapshots, a hundred contracts a request; each page counts on the rate limit."""
        found: dict[str, OptionMark] = {}
        for some in _batches(sorted(options)):
            async for page in self._snapshots(some):
                found |= self._marks_of(page)
        return found

    async def announcements(self, stocks: frozenset[str], until: date) -> tuple[Announcement, ...]:
        """
        Read dividends and splits that go ex from today until a day.

        Alpaca does not promise that one is there as soon as it is announced.
        """
        today = exchange_date(self._clock.now())
        found: list[Announcement] = []
        for some in _batches(sorted(stocks)):
            async for page in self._actions(some, today, until + _PAID_WITHIN):
                found += parse.announcements(page.corporate_actions)
        return tuple(each for each in found if today <= each.ex_date <= until)

    async def run(self, on_quotes: QuoteSink, on_link: LinkSink) -> None:
        """Stream until cancelled; a fault in a sink ends it."""
        async with asyncio.TaskGroup() as links:
            for name, stream in self._streams.items():
                links.create_task(self._link(name, stream, on_quotes, on_link).run(), name=name)

    def _link(
        self, name: str, stream: QuoteStream, on_quotes: QuoteSink, on_link: LinkSink
    ) -> Link:
        async def visit(up: Callable[[], None]) -> None:
            await stream.visit(up, on_quotes)

        def changed(change: LinkUp | LinkDown) -> None:
            on_link(name, change)

        return Link(
            f"{name} quotes",
            visit,
            changed,
            clock=self._clock,
            backoff=self._backoff,
            chance=self._chance,
        )

    async def _latest(self, path: str, symbols: list[str]) -> dict[str, Quote]:
        params = {"symbols": ",".join(symbols), "feed": self._feeds[path]}
        answer = await failures.get(self._http, path, params)
        rows = failures.read_as(QuotesRow, answer).quotes or {}
        quotes = (parse.quote(symbol, row) for symbol, row in rows.items() if row)
        return {quote.symbol: quote for quote in quotes if quote}

    def _snapshots(self, symbols: list[str]) -> AsyncIterator[SnapshotsRow]:
        params = {
            "symbols": ",".join(symbols),
            "feed": self._feeds[_OPTIONS_PATH],
            "limit": str(SYMBOLS_MAX),
        }
        # There cannot be more pages than contracts.
        return self._pages(SnapshotsRow, _SNAPSHOTS_PATH, params, most=len(symbols))

    def _actions(
        self, symbols: list[str], start: date, end: date
    ) -> AsyncIterator[CorporateActionsRow]:
        params = {
            "symbols": ",".join(symbols),
            "types": "cash_dividend,forward_split,reverse_split",
            "start": start.isoformat(),
            "end": end.isoformat(),
            "limit": str(_ACTIONS_PAGE),
        }
        return self._pages(CorporateActionsRow, _ACTIONS_PATH, params, most=_ACTION_PAGES_MAX)

    async def _pages(
        self, kind: type[Page], path: str, params: dict[str, str], *, most: int
    ) -> AsyncIterator[Page]:
        """Read page after page while Alpaca names a next one. Raises: ReadFailed."""
        for _ in range(most):
            page = failures.read_as(kind, await failures.get(self._http, path, params))
            yield page
            if not page.next_page_token:
                return
            params = params | {"page_token": page.next_page_token}

    def _marks_of(self, page: SnapshotsRow) -> dict[str, OptionMark]:
        now = self._clock.now()
        rows = (page.snapshots or {}).items()
        marks = (parse.option_mark(symbol, row, now) for symbol, row in rows if row)
        return {mark.symbol: mark for mark in marks if mark}


def _batches(symbols: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(symbols), SYMBOLS_MAX):
        yield symbols[start : start + SYMBOLS_MAX]
