"""
Trades and settlements of the account, page by page, from its activities.

A page is asked for by the last id of the one before. Ids begin with the time of the trade, but
are not strictly ordered within a millisecond, so what was seen before is dropped.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol, TypeVar

from closeout.alpaca.requests import instant_text
from closeout.ports import ReadFailed

PAGE = 100
"""The most activities Alpaca gives at a time."""


class Activity(Protocol):
    """A row of any kind of activity."""

    @property
    def id(self) -> str: ...


Row = TypeVar("Row", bound=Activity)


async def read_activities(
    read_page: Callable[[Mapping[str, str]], Awaitable[list[Row]]], *, since: datetime | None
) -> tuple[Row, ...]:
    """
    Return every activity after `since`, oldest first, each once.

    Raises:
        ReadFailed: a page could not be read, or Alpaca kept giving the same full page.
    """
    found: dict[str, Row] = {}
    params = {"page_size": str(PAGE), "direction": "asc"}
    if since is not None:
        params["after"] = instant_text(since)
    while True:
        rows = await read_page(params)
        news = [row for row in rows if row.id not in found]
        found.update((row.id, row) for row in news)
        if len(rows) < PAGE:
            return tuple(found.values())
        if not news:
            raise ReadFailed("Alpaca's activities do not advance from page to page")
        params["page_token"] = rows[-1].id
