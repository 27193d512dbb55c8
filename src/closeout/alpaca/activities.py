"""
Trades of the account, page by page, from its FILL activities.

A page is asked for by the last id of the one before. Ids begin with the time of the trade, but
are not strictly ordered within a millisecond, so what was seen before is dropped.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from closeout.alpaca.requests import instant_text
from closeout.alpaca.wire import FillRow
from closeout.ports import ReadFailed

PAGE = 100
"""The most activities Alpaca gives at a time."""

ReadPage = Callable[[Mapping[str, str]], Awaitable[list[FillRow]]]


async def read_fills(read_page: ReadPage, *, since: datetime) -> tuple[FillRow, ...]:
    """
    Return every trade after `since`, oldest first, each once.

    Raises:
        ReadFailed: a page could not be read, or Alpaca kept giving the same full page.
    """
    found: dict[str, FillRow] = {}
    params = {"page_size": str(PAGE), "direction": "asc", "after": instant_text(since)}
    while True:
        rows = await read_page(params)
        news = [row for row in rows if row.id not in found]
        found.update((row.id, row) for row in news)
        if len(rows) < PAGE:
            return tuple(found.values())
        if not news:
            raise ReadFailed("Alpaca's activities do not advance from page to page")
        params["page_token"] = rows[-1].id
