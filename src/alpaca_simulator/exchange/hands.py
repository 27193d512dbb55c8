"""The simulator's hands on fills: hold them all, hurry them, cap one order's, or make one now."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from alpaca_simulator.exchange.fills import Fill, Offer, shared_out
from alpaca_simulator.exchange.orders import Order
from alpaca_simulator.exchange.refusals import unprocessable


class FillMode(StrEnum):
    """Auto: the fill model decides. Hold: nothing trades by itself. All: everything, at once."""

    AUTO = "auto"
    HOLD = "hold"
    ALL = "all"


@dataclass(slots=True)
class Hands:
    """What is in force. `caps` holds, by order id, the most units an order may trade by itself."""

    mode: FillMode = FillMode.AUTO
    caps: dict[str, int] = field(default_factory=dict)

    def judge(self, order: Order, offer: Offer, fill: Fill | None) -> Fill | None:
        """What becomes of the fill, or of the absence of one, that the model came to."""
        if self.mode is FillMode.ALL:
            fill = at_best(offer, offer.units)
        cap = self.caps.get(order.id)
        if fill is None or cap is None:
            return fill
        units = min(fill.units, cap - order.filled_qty)
        return replace(fill, units=units) if units > 0 else None

    def cap(self, order_id: str, units: int | None) -> None:
        """None lifts the cap."""
        if units is None:
            self.caps.pop(order_id, None)
        else:
            self.caps[order_id] = units

    def to_state(self) -> dict[str, Any]:
        return {"mode": self.mode.value, "caps": dict(self.caps)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        return cls(FillMode(state["mode"]), dict(state["caps"]))


def at_best(offer: Offer, units: int) -> Fill:
    """A fill at the limit, or at natural where that is better or there is no limit."""
    limit = offer.natural if offer.limit is None else min(offer.limit, offer.natural)
    return at_price(offer, units, max(limit, offer.far))


def at_price(offer: Offer, units: int, debit: Decimal) -> Fill:
    """A fill at a net debit of the caller's choice.

    Raises:
        Refusal: 422 if a package's price lies outside what its quotes span, or there are not so
            many units open.
    """
    if not 1 <= units <= offer.units:
        raise unprocessable(f"units must be between 1 and {offer.units}")
    if len(offer.legs) == 1:
        [leg] = offer.legs
        return Fill(units, (debit * leg.side.sign,))
    if not offer.far <= debit <= offer.natural:
        raise unprocessable(f"price must be between {offer.far} and {offer.natural}")
    return Fill(units, shared_out(offer, debit))
