"""Closes that have ended."""

from closeout.schemas.base import Output
from closeout.schemas.closes import CloseOut
from closeout.schemas.reports import HistoryTotalsOut


class HistoryResponse(Output):
    """
    Ended closes, newest first, each with its report.

    `before` in the next request is `next_before`, null at the end. `totals` and `by_terms`
    are of all the closes that are kept at hand, not of this page; `total_count` says how many.
    """

    closes: list[CloseOut]
    total_count: int
    next_before: str | None
    totals: HistoryTotalsOut
    by_terms: list[HistoryTotalsOut]
