"""
Writes down what a report needs, beside the machine and not as part of it.

Whatever moved the close, this compares it before and after: contracts that have filled,
orders that go out for the first time. So fills that come in parts, over several orders and
in replaced ones add up in one way.
"""

from dataclasses import replace

from closeout.closing.events import CloseOpened, Event, OrderReported
from closeout.closing.executions import Executions, Filling
from closeout.closing.snapshots import MarketSnapshot
from closeout.closing.state import CloseState


def witness(before: CloseState | None, after: CloseState, event: Event) -> CloseState:
    """Return the state after an event, with what was seen of the market noted."""
    market = _market(event)
    noted = _opening(event) if isinstance(event, CloseOpened) else after.executions
    noted = noted.seeing(market)
    for filling in _fillings(before, after, event, market):
        noted = noted.filling(filling)
    noted = noted.sending(leg.symbol for each in after.attempts for leg in each.ticket.legs)
    return after if noted == after.executions else replace(after, executions=noted)


def brings_fill(before: CloseState, after: CloseState) -> bool:
    """Whether contracts have filled between the two."""
    return any(_filled(before, after, symbol) for symbol in after.plan.symbols)


def _opening(opened: CloseOpened) -> Executions:
    return Executions(decided=opened.decided, entry_prices=opened.entry_prices)


def _market(event: Event) -> MarketSnapshot | None:
    return event.market if isinstance(event, CloseOpened | OrderReported) else None


def _fillings(
    before: CloseState | None, after: CloseState, event: Event, market: MarketSnapshot | None
) -> list[Filling]:
    if before is None or before.attempts is after.attempts:
        return []
    quotes = {} if market is None else market.by_symbol
    return [
        Filling(event.at, symbol, contracts, quotes.get(symbol))
        for symbol in after.plan.symbols
        if (contracts := _filled(before, after, symbol))
    ]


def _filled(before: CloseState, after: CloseState, symbol: str) -> int:
    return max(0, after.filled(symbol) - before.filled(symbol))
