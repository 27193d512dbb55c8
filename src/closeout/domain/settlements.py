"""What happens to contracts without an order: assignment, exercise, expiry."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class SettlementKind(StrEnum):
    """Alpaca's non-trade activities of options; `TRADED` moves the shares."""

    ASSIGNED = "OPASN"
    EXERCISED = "OPEXC"
    EXPIRED = "OPEXP"
    TRADED = "OPTRD"


@dataclass(frozen=True, slots=True)
class Settlement:
    """
    One such activity. `quantity` is signed contracts or shares as Alpaca gives them.

    `price` is dollars per share where shares move, the strike. `at` is the close of
    the day, for Alpaca tells only the day and orders of that day come before it.
    """

    activity_id: str
    kind: SettlementKind
    symbol: str
    quantity: Decimal
    price: Decimal | None
    at: datetime
