"""Cash, holdings and activities: what the account owns and how it came to it."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Self

import msgspec

from alpaca_simulator.exchange.activities import Activity, ActivityFilter
from alpaca_simulator.exchange.contracts import MULTIPLIER, parse_occ
from alpaca_simulator.exchange.holdings import Holding

_AVERAGE: Final = Decimal("0.00000001")


def multiplier_of(symbol: str) -> int:
    """Shares in one unit of the symbol: 100 for contracts, 1 for stock."""
    return 1 if parse_occ(symbol) is None else MULTIPLIER


class Ledger:
    """Every change of cash goes with a change of holdings or an activity that explains it."""

    def __init__(self, cash: Decimal) -> None:
        self.cash = cash
        self.holdings: dict[str, Holding] = {}
        self._activities: list[Activity] = []

    def qty(self, symbol: str) -> int:
        holding = self.holdings.get(symbol)
        return holding.qty if holding else 0

    def held(self) -> list[Holding]:
        return [self.holdings[symbol] for symbol in sorted(self.holdings)]

    def trade(self, symbol: str, qty: int, price: Decimal) -> None:
        """Book a trade of signed `qty` at `price` per share: cash and holding together."""
        self.cash -= qty * price * multiplier_of(symbol)
        self.adjust(symbol, qty, price)

    def adjust(self, symbol: str, qty: int, price: Decimal) -> None:
        """Change a holding by signed `qty` without cash; the average moves as Alpaca's does.

        Adding to a position averages in, reducing keeps the average, crossing zero starts anew.
        """
        before = self.holdings.get(symbol) or Holding(symbol, 0, Decimal(0))
        after = before.qty + qty
        if after == 0:
            self.holdings.pop(symbol, None)
            return
        self.holdings[symbol] = Holding(symbol, after, _average(before, qty, price))

    def remove(self, symbol: str) -> int:
        """Take a holding off the books (expiration) and say how much it was."""
        holding = self.holdings.pop(symbol, None)
        return holding.qty if holding else 0

    def rename(self, symbol: str, new: str) -> None:
        """Put another symbol in the place of a held one, at the same average."""
        holding = self.holdings.pop(symbol)
        self.holdings[new] = Holding(new, holding.qty, holding.avg_entry_price)

    def post(self, activity: Activity) -> None:
        self._activities.append(activity)

    def activities(self, query: ActivityFilter, now: datetime) -> list[Activity]:
        """One page. Ids begin with their time, so they are the order and the page token."""
        rows = [row for row in self._activities if row.listed_at <= now and _wanted(row, query)]
        rows.sort(key=lambda row: row.id, reverse=query.descending)
        if query.page_token is not None:
            rows = list(_after_token(rows, query.page_token, descending=query.descending))
        return rows[: query.page_size]

    def to_state(self) -> dict[str, Any]:
        return {
            "cash": str(self.cash),
            "holdings": msgspec.to_builtins(list(self.holdings.values())),
            "activities": msgspec.to_builtins(self._activities),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        ledger = cls(Decimal(state["cash"]))
        holdings = msgspec.convert(state["holdings"], list[Holding])
        ledger.holdings = {holding.symbol: holding for holding in holdings}
        ledger._activities = msgspec.convert(state["activities"], list[Activity])
        return ledger


def _average(before: Holding, qty: int, price: Decimal) -> Decimal:
    after = before.qty + qty
    if before.qty * qty >= 0:
        cost = before.avg_entry_price * abs(before.qty) + price * abs(qty)
        return (cost / abs(after)).quantize(_AVERAGE)
    if before.qty * after > 0:
        return before.avg_entry_price
    return price.quantize(_AVERAGE)


def _wanted(row: Activity, query: ActivityFilter) -> bool:
    return (
        (not query.types or row.type in query.types)
        and (query.on is None or row.date == query.on)
        and (query.after is None or row.at > query.after)
        and (query.until is None or row.at < query.until)
    )


def _after_token(rows: list[Activity], token: str, *, descending: bool) -> Iterable[Activity]:
    return (row for row in rows if (row.id < token if descending else row.id > token))
