"""A trade that the exchange has taken back."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Bust:
    """
    Contracts of one symbol that an order had filled and that count no more, unsigned.

    `trade` names what was taken back, so that a message that comes twice counts once. `price` is
    dollars per share, where it was told.
    """

    trade: str
    order_id: str
    symbol: str
    contracts: int
    price: Decimal | None


def told(busts: Iterable[Bust]) -> str:
    """Name what was taken back, for a person."""
    return "; ".join(map(_words, busts))


def _words(bust: Bust) -> str:
    at = "" if bust.price is None else f" at {bust.price:f}"
    return f"{bust.contracts} {bust.symbol}{at} (order {bust.order_id})"
