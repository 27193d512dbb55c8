"""
What an option contract stands for, where its symbol does not say it.

A standard contract delivers a hundred shares. After a corporate action its root carries a digit
(`AAPL1`), and what it delivers then is told by the broker alone: other shares, cash, or several.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Deliverable:
    """
    One thing that one contract delivers: shares of `symbol`, or dollars when `is_cash`.

    `amount` is None while it is not determined yet.
    """

    symbol: str
    amount: Decimal | None
    is_cash: bool = False

    def __str__(self) -> str:
        what = "cash" if self.is_cash else self.symbol
        if self.amount is None:
            return f"{what} of an amount not determined yet"
        return f"${self.amount:.2f} cash" if self.is_cash else f"{self.amount:f} {what}"


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """
    `multiplier` is dollars of premium for a dollar of price, for one contract, and what the strike
    is multiplied by at exercise. It mostly stays 100 where the deliverable changes (OCC,
    Characteristics and Risks of Standardized Options: 150 shares after a 3-for-2 split, for the
    strike times 100).
    """

    multiplier: int
    deliverables: tuple[Deliverable, ...]

    def __str__(self) -> str:
        return " and ".join(map(str, self.deliverables)) or "nothing that Alpaca names"
