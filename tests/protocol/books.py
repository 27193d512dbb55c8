"""What the broker received and holds, against what Closeout says of a close."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from support.simulator import Json, SimulatorProcess

_LIVE = frozenset({"new", "accepted", "pending_new", "partially_filled", "pending_cancel"})


@dataclass(frozen=True, slots=True)
class Books:
    """The account before anything was closed; asked of the broker, never of Closeout."""

    simulator: SimulatorProcess
    before: Mapping[str, Decimal]

    @classmethod
    def open(cls, simulator: SimulatorProcess) -> "Books":
        return cls(simulator, _holdings(simulator))

    def sent(self, close_id: str) -> list[Json]:
        """Every request to place an order for this close, as it was received."""
        posts = self.simulator.received("POST", "/v2/orders")
        return [each for each in posts if _is_of(close_id, each["body"])]

    def accepted(self, close_id: str) -> list[str]:
        """Client ids of the orders the broker took for this close, as often as it took them."""
        return [
            each["body"]["client_order_id"]
            for each in self.sent(close_id)
            if each["carried_out"] and each["true_status"] == 200
        ]

    def orders(self, close_id: str) -> list[Json]:
        """The orders of this close that are at the broker, oldest first."""
        path = "/v2/orders?status=all&nested=true&limit=500&direction=asc"
        return [each for each in self.simulator.send("GET", path).json if _is_of(close_id, each)]

    def working(self, close_id: str) -> list[Json]:
        return [each for each in self.orders(close_id) if each["status"] in _LIVE]

    def holds(self, symbols: Collection[str]) -> set[str]:
        """Those of the symbols that the account holds now."""
        return set(symbols) & _holdings(self.simulator).keys()

    def check(self, state: Json) -> None:
        """
        Hold what must be true of a close that has ended.

        No order twice, one client id for each step and the next one only after the last was
        filled, nothing opened or closed twice, and the account as the phase says it is.
        """
        close_id = state["id"]
        self._check_orders(close_id)
        left = self._check_contracts(state)
        assert not self.working(close_id), "an order was left working"
        if state["phase"] == "closed":
            assert all(quantity == 0 for quantity in left.values()), f"not flat: {left}"

    def check_untouched(self, state: Json) -> None:
        """Hold that nothing of a close was traded."""
        now = _holdings(self.simulator)
        symbols = [leg["symbol"] for leg in state["legs"]]
        assert [self.before[each] for each in symbols] == [now.get(each) for each in symbols]

    def _check_orders(self, close_id: str) -> None:
        taken = Counter(self.accepted(close_id))
        assert not [each for each, times in taken.items() if times > 1], f"taken twice: {taken}"
        orders = self.orders(close_id)
        assert sorted(taken) == sorted(order["client_order_id"] for order in orders)
        ids = list(dict.fromkeys(each["body"]["client_order_id"] for each in self.sent(close_id)))
        steps = [each.split("-")[-2] for each in ids]
        assert len(set(steps)) == len(steps), f"two client ids for one step: {ids}"
        for earlier, later in pairwise(orders):
            assert earlier["status"] == "filled", "a step was sent before the last had filled"
            assert earlier["filled_at"] <= later["submitted_at"]

    def _check_contracts(self, state: Json) -> dict[str, Decimal]:
        now = _holdings(self.simulator)
        traded = _traded(self.orders(state["id"]))
        left = {}
        for symbol in (leg["symbol"] for leg in state["legs"]):
            before, left[symbol] = self.before[symbol], now.get(symbol, Decimal(0))
            assert before + traded[symbol] == left[symbol], f"{symbol}: the fills do not add up"
            assert left[symbol] * before >= 0, f"{symbol} was flipped"
            assert abs(left[symbol]) <= abs(before), f"{symbol} was opened"
        return left


def _is_of(close_id: str, order: Mapping[str, Any]) -> bool:
    return str(order["client_order_id"]).startswith(f"closeout-{close_id}-")


def _holdings(simulator: SimulatorProcess) -> dict[str, Decimal]:
    return {
        row["symbol"]: Decimal(row["qty"]) for row in simulator.send("GET", "/v2/positions").json
    }


def _traded(orders: list[Json]) -> Counter[str]:
    """Signed contracts that these orders have traded."""
    traded: Counter[str] = Counter()
    for order in orders:
        for leg in order["legs"] or [order]:
            assert leg["position_intent"] in ("buy_to_close", "sell_to_close")
            sign = 1 if leg["side"] == "buy" else -1
            traded[leg["symbol"]] += sign * int(leg["filled_qty"])
    return traded
