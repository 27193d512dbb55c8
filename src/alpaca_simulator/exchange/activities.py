"""Rows of GET /v2/account/activities: fills, and what expiration does to an account."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from alpaca_simulator.exchange.orders import OrderStatus, Side


class ActivityType(StrEnum):
    FILL = "FILL"
    OPTION_ASSIGNMENT = "OPASN"
    OPTION_EXERCISE = "OPEXC"
    OPTION_EXPIRY = "OPEXP"
    OPTION_TRADE = "OPTRD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One row. `order_id` and what follows it are set on fills alone, `net_amount` on the rest.

    `qty` is signed on non-trade rows and positive on fills, as in Alpaca's samples. `id` sorts by
    time (`YYYYMMDDHHMMSSmmm::uuid`). A row is listed from `listed_at` on: on paper, expirations
    move the balances at once and show among the activities only on the next day.
    """

    id: str
    type: ActivityType
    symbol: str
    qty: int
    at: datetime
    date: date
    listed_at: datetime
    price: Decimal | None = None
    net_amount: Decimal | None = None
    description: str = ""
    group_id: str | None = None
    side: Side | None = None
    order_id: str | None = None
    order_status: OrderStatus | None = None
    cum_qty: int | None = None
    leaves_qty: int | None = None

    @property
    def fill_type(self) -> str:
        """`fill` or `partial_fill`, as the field `type` of a FILL row."""
        return "fill" if self.leaves_qty == 0 else "partial_fill"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFilter:
    """The query of GET /v2/account/activities; `page_token` is the last id of the page before."""

    types: frozenset[ActivityType] = frozenset()
    on: date | None = None
    after: datetime | None = None
    until: datetime | None = None
    descending: bool = True
    page_size: int = 100
    page_token: str | None = None
