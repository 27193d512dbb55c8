"""
What a look at the account tells a close that the close does not know yet.

A pure difference, so that it holds after a start, after every gap in the stream and now and
then in between: the stream may have dropped anything.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from closeout.closing import timing
from closeout.closing.events import Event, HoldingsRead, OrderReported
from closeout.closing.hands import hands_of
from closeout.closing.reports import absorb, merge
from closeout.closing.shrinking import is_short
from closeout.closing.state import CloseState, Phase
from closeout.domain.holdings import Holdings
from closeout.domain.orders import Fill, OrderReport


class News:
    """
    Orders of one look at the account, by every id under which a close may know them.

    A thousand closes and a day's orders meet in each look, and hardly any two have to do with
    each other.
    """

    def __init__(self, orders: Iterable[OrderReport]) -> None:
        self._orders = tuple(orders)
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for place, order in enumerate(self._orders):
            for name in (order.client_order_id, order.order_id, order.replaces):
                if name is not None:
                    self._places[name].append(place)

    def about(self, state: CloseState) -> list[OrderReport]:
        """Return all that may speak of this close, and few others, in the order of the look."""
        places = {place for name in _names(state) for place in self._places.get(name, ())}
        return [self._orders[place] for place in sorted(places)]


def _names(state: CloseState) -> Iterator[str]:
    for attempt in state.attempts:
        yield attempt.ticket.client_order_id
        for order in attempt.orders:
            yield order.order_id
            if order.replaced_by is not None:
                yield order.replaced_by
    for conflict in state.conflicts:
        yield conflict.order_id


def reconcile(
    state: CloseState,
    orders: Iterable[OrderReport],
    holdings: Holdings,
    *,
    at: datetime,
    fills: Iterable[Fill] = (),
    others: Collection[CloseState] = (),
) -> tuple[Event, ...]:
    """
    Return the events that bring `state` up to what the broker shows.

    `fills` are the account's trades, where other hands have to be named, and `others` the
    account's other closes.
    """
    told: list[Event] = [
        OrderReported(at, report, "read") for report in orders if _is_news(state, report)
    ]
    is_awaited = state.phase is Phase.VERIFYING or _disagreed(state)
    if holdings.at >= state.phase_since and (is_awaited or has_shrunk(state, holdings, others)):
        told.append(HoldingsRead(holdings.at, _held(state, holdings), hands_of(state, fills)))
    return tuple(told)


def has_shrunk(state: CloseState, holdings: Holdings, others: Collection[CloseState] = ()) -> bool:
    """Whether the holdings say that other hands took, or had seemed to take, what is wanted."""
    if state.phase is Phase.WORKING:
        read = HoldingsRead(holdings.at, _held(state, holdings))
        return is_short(state, read) or state.short_since is not None
    was_cancelled = state.reason is not None and state.reason.code == "cancelled_elsewhere"
    is_recent = holdings.at - state.phase_since <= timing.GONE_WITHIN
    return was_cancelled and is_recent and not any(_took_from(each, state) for each in others)


def _took_from(other: CloseState, state: CloseState) -> bool:
    """Whether another close of ours may have taken what `state` was to close."""
    is_over = other.ended_at is not None and other.ended_at < state.opened_at
    if other.close_id == state.close_id or (other.phase.is_end and is_over):
        return False
    shared = set(other.plan.symbols).intersection(state.plan.symbols)
    return any(map(other.filled, shared)) if other.phase.is_end else bool(shared)


def _held(state: CloseState, holdings: Holdings) -> tuple[tuple[str, Decimal], ...]:
    return tuple((symbol, holdings.quantity(symbol)) for symbol in state.plan.symbols)


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
