"""What ended closes add up to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import TypeVar

from closeout.closing.report import Report
from closeout.closing.state import CloseState, Phase
from closeout.domain.fees import charged_total

T = TypeVar("T")

_ZERO = Decimal(0)

Ended = tuple[CloseState, Report | None]
"""An ended close and its report, None when nothing of it filled."""


@dataclass(frozen=True, slots=True)
class Totals:
    """
    Sums and medians. What is not known is left out of a sum, and counted.

    `fees` are dollars as charged, so those of one close are what its report says. `share` is
    the median share of the half-spread at the first sending, over `measured` closes;
    `flat_after` the median time to flat.
    """

    closes: int
    closed: int
    cash: Decimal
    pnl: Decimal
    pnl_unknown: int
    fees: Decimal
    share: Decimal | None
    measured: int
    flat_after: timedelta | None


def totals_of(ended: Sequence[Ended]) -> Totals:
    reports = [report for _, report in ended if report is not None]
    shares = _known(report.first_send.half_spread_share for report in reports)
    times = _known(report.flat_after for report in reports)
    return Totals(
        closes=len(ended),
        closed=sum(state.phase is Phase.CLOSED for state, _ in ended),
        cash=sum(_known(report.cash for report in reports), _ZERO),
        pnl=sum(_known(report.pnl for report in reports), _ZERO),
        pnl_unknown=sum(report.pnl is None for report in reports),
        fees=_fees(reports),
        share=median(shares) if shares else None,
        measured=len(shares),
        flat_after=_median_time(times),
    )


def _fees(reports: Iterable[Report]) -> Decimal:
    """What Alpaca charges for all of them: what they traded on one day is rounded up together."""
    known = [report.fees for report in reports if charged_total(report.fees) is not None]
    total = charged_total(fee for each in known for fee in each)
    assert total is not None, "what is not known was left out"
    return total


def terms_of(state: CloseState) -> str:
    """Return the pace of a close, or else its order type."""
    walk = state.plan.steps[0].walk
    return state.order_type.value if walk is None else walk.pace.value


def _median_time(times: Sequence[timedelta]) -> timedelta | None:
    if not times:
        return None
    return timedelta(seconds=median(each.total_seconds() for each in times))


def _known(values: Iterable[T | None]) -> list[T]:
    return [value for value in values if value is not None]
