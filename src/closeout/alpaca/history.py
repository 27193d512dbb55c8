"""
All orders, page by page.

Pages go from old to new, so that orders submitted meanwhile join at the end. Alpaca's `after`
is exclusive and times are read to the microsecond of a nanosecond, so each page starts a
little before the last one ended and what was seen before is dropped.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta

from closeout.alpaca.requests import instant_text
from closeout.alpaca.wire import OrderRow
from closeout.ports import ReadFailed

PAGE = 500
"""The most orders Alpaca gives at a time."""

_LEGS_MAX = 4
_OVERLAP = timedelta(milliseconds=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

ReadPage = Callable[[Mapping[str, str]], Awaitable[list[OrderRow]]]


class PagesCut(Exception):
    """Some pages were read before one could not be: `rows`, oldest first."""

    def __init__(self, failure: ReadFailed, rows: tuple[OrderRow, ...]) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.rows = rows


async def read_orders(
    read_page: ReadPage, *, status: str, since: datetime | None
) -> tuple[OrderRow, ...]:
    """
    Return every order of `status` submitted after `since`, oldest first, each once.

    Raises:
        ReadFailed: the first page could not be read, or Alpaca kept giving the same full page.
        PagesCut: a later page could not be read.
    """
    found: dict[str, OrderRow] = {}
    after = since
    while True:
        try:
            rows = await read_page(_params(status, after))
        except ReadFailed as failure:
            if not found:
                raise
            raise PagesCut(failure, _in_order(found.values())) from failure
        news = [row for row in rows if row.id not in found]
        found.update((row.id, row) for row in news)
        if not _is_full(rows):
            return _in_order(found.values())
        after = _next_after(news)


def _params(status: str, after: datetime | None) -> dict[str, str]:
    params = {"status": status, "limit": str(PAGE), "direction": "asc"}
    return params if after is None else params | {"after": instant_text(after)}


def _is_full(rows: list[OrderRow]) -> bool:
    """
    Whether there may be a next page.

    It is not documented whether the limit counts legs. If it does, a full page breaks off inside
    a package at most; one that holds many more rows shows that it does not.
    """
    told = sum(1 + len(row.legs or ()) for row in rows)
    return len(rows) >= PAGE or abs(told - PAGE) <= _LEGS_MAX


def _next_after(news: list[OrderRow]) -> datetime:
    times = [at for row in news if (at := _submitted(row)) is not None]
    if not times:
        raise ReadFailed("Alpaca's order history does not advance from page to page")
    return max(times) - _OVERLAP


def _in_order(rows: Collection[OrderRow]) -> tuple[OrderRow, ...]:
    """Sort by submission, and leave out legs that are told inside their parent as well."""
    nested = {leg.id for row in rows for leg in row.legs or ()}
    parents = (row for row in rows if row.id not in nested)
    return tuple(sorted(parents, key=lambda row: _submitted(row) or _LONG_AGO))


def _submitted(row: OrderRow) -> datetime | None:
    return row.submitted_at or row.created_at
