"""Every order the account ever sent, how to find it, and what the open ones hold back."""

from collections.abc import Iterator
from typing import Any, Final, Self

import msgspec

from alpaca_simulator.exchange.contracts import parse_occ
from alpaca_simulator.exchange.orders import (
    Order,
    OrderFilter,
    OrderStatus,
    Side,
)
from alpaca_simulator.exchange.refusals import Refusal, not_found, unprocessable

_LONGEST_PAGE: Final = 500


class Book:
    """Orders by id, in the order of their submission. Orders are replaced, never edited."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}
        self._parents: dict[str, str] = {}
        self._client_ids: dict[str, str] = {}
        self._open: dict[str, None] = {}
        self.replacements: dict[str, str] = {}
        """Old order id to the id of the replacement that waits to take its place."""

    def put(self, order: Order) -> None:
        """Add an order or its next state."""
        if order.id not in self._orders:
            for row in (order, *order.legs):
                self._client_ids[row.client_order_id] = row.id
            self._parents.update((leg.id, order.id) for leg in order.legs)
        self._orders[order.id] = order
        if order.status.is_open:
            self._open[order.id] = None
        else:
            self._open.pop(order.id, None)

    def __getitem__(self, order_id: str) -> Order:
        return self._orders[order_id]

    def knows_client_id(self, client_order_id: str) -> bool:
        return client_order_id in self._client_ids

    def is_leg(self, order_id: str) -> bool:
        return order_id in self._parents

    def find(self, order_id: str) -> Order:
        """An order or a leg. Raises the 404 `Refusal`."""
        if order_id in self._orders:
            return self._orders[order_id]
        parent = self._orders.get(self._parents.get(order_id, ""))
        for leg in parent.legs if parent else ():
            if leg.id == order_id:
                return leg
        raise not_found(f"order not found for {order_id}")

    def find_by_client_id(self, client_order_id: str) -> Order:
        order_id = self._client_ids.get(client_order_id)
        if order_id is None:
            raise not_found(f"order not found for {client_order_id}")
        return self.find(order_id)

    @property
    def has_open(self) -> bool:
        return bool(self._open)

    def open_orders(self) -> list[Order]:
        """Open orders, oldest first."""
        return [self._orders[order_id] for order_id in self._open]

    def awaits_its_turn(self, order: Order) -> bool:
        """Whether this is a replacement whose old order is still the one working."""
        return order.replaces is not None and self.replacements.get(order.replaces) == order.id

    def working(self) -> list[Order]:
        """Open orders without the replacements that wait their turn."""
        return [order for order in self.open_orders() if not self.awaits_its_turn(order)]

    def rows(self, symbol: str) -> Iterator[tuple[Order, Order]]:
        """Each working order in a symbol with its row there: a leg, or the simple order itself."""
        for order in self.working():
            for row in order.contracts:
                if row.symbol == symbol:
                    yield order, row

    def held(self, symbol: str, side: Side, *, but: str = "") -> tuple[int, list[str]]:
        """Quantity that working closing orders on `side` claim, and their ids.

        `but` leaves one order out: the one that a replacement is about to end.
        """
        claimed, related = 0, []
        for order, row in self.rows(symbol):
            closes = row.position_intent is not None and row.position_intent.closes
            if closes and row.side is side and order.id != but:
                claimed += row.open_qty
                related.append(order.id)
        return claimed, related

    def page(self, query: OrderFilter) -> list[Order]:
        """GET /v2/orders. Raises the 422 `Refusal` for paging by both times and ids."""
        rows = [order for order in self._orders.values() if _wanted(order, query)]
        rows = self._between(rows, query)
        if query.descending:
            rows.reverse()
        return rows[: min(max(query.limit, 0), _LONGEST_PAGE)]

    def _between(self, rows: list[Order], query: OrderFilter) -> list[Order]:
        by_id = query.before_order_id is not None or query.after_order_id is not None
        if not by_id:
            return rows
        if query.after is not None or query.until is not None:
            raise _mixed_paging()
        places = {order_id: place for place, order_id in enumerate(self._orders)}
        first = self._place(query.after_order_id, places, -1)
        last = self._place(query.before_order_id, places, len(places))
        return [order for order in rows if first < places[order.id] < last]

    def _place(self, order_id: str | None, places: dict[str, int], otherwise: int) -> int:
        return otherwise if order_id is None else places[self.find(order_id).id]

    def to_state(self) -> dict[str, Any]:
        return {
            "orders": msgspec.to_builtins(list(self._orders.values())),
            "replacements": dict(self.replacements),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        book = cls()
        for order in msgspec.convert(state["orders"], list[Order]):
            book.put(order)
        book.replacements = dict(state["replacements"])
        return book


def _mixed_paging() -> Refusal:
    return unprocessable("before_order_id and after_order_id cannot be combined with after, until")


def _wanted(order: Order, query: OrderFilter) -> bool:
    return (
        _has_status(order, query.status)
        and (query.after is None or order.submitted_at > query.after)
        and (query.until is None or order.submitted_at < query.until)
        and (query.side is None or order.side is query.side)
        and (query.asset_class is None or order.contracts[0].asset_class is query.asset_class)
        and (not query.symbols or any(_named(row, query) for row in order.contracts))
    )


def _has_status(order: Order, status: str) -> bool:
    # A replaced order is closed, and so is done_for_day: both are past trading today.
    return status == "all" or order.status.is_open == (status == "open")


def _named(row: Order, query: OrderFilter) -> bool:
    contract = parse_occ(row.symbol)
    return row.symbol in query.symbols or (
        contract is not None and contract.underlying in query.symbols
    )


def is_working_status(status: OrderStatus) -> bool:
    """Whether an order in this status can trade."""
    return status in {
        OrderStatus.NEW,
        OrderStatus.PARTIALLY_FILLED,
        OrderStatus.PENDING_CANCEL,
        OrderStatus.PENDING_REPLACE,
    }
