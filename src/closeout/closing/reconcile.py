"""
What a look at the account tells a close that the close does not know yet.

A pure difference, so that it holds after a start, after every gap in the stream and now and
then in between: the stream may have dropped anything.
"""

from collections.abc import Iterable
from datetime import datetime

from closeout.closing.events import Event, HoldingsRead, OrderReported
from closeout.closing.reports import absorb, merge
from closeout.closing.state import CloseState, Phase
from closeout.domain.holdings import Holdings
from closeout.domain.orders import OrderReport


def reconcile(
    state: CloseState, orders: Iterable[OrderReport], holdings: Holdings, *, at: datetime
) -> tuple[Event, ...]:
    """Return the events that bring `state` up to what the broker shows."""
    told: list[Event] = [
        OrderReported(at, report, "read") for report in orders if _is_news(state, report)
    ]
    is_awaited = state.phase is Phase.VERIFYING or _disagreed(state)
    if is_awaited and holdings.at >= state.phase_since:
        held = tuple((symbol, holdings.quantity(symbol)) for symbol in state.plan.symbols)
        told.append(HoldingsRead(holdings.at, held))
    return tuple(told)


def _is_news(state: CloseState, report: OrderReport) -> bool:
    attempt = state.attempt_for(report)
    if attempt is not None:
        return absorb(attempt, report) != attempt
    return any(
        conflict.report is None or merge(conflict.report, report) != conflict.report
        for conflict in state.conflicts
        if conflict.order_id == report.order_id and state.phase is Phase.CLEARING
    )


def _disagreed(state: CloseState) -> bool:
    """Whether a person was asked to compare with the broker's positions."""
    return state.reason is not None and state.reason.code == "holdings_disagree"
