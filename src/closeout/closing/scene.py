"""What a plan is judged by before it is confirmed, and what is said of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from closeout.closing.plans import Plan
from closeout.domain.announcements import Announcement
from closeout.domain.holdings import Holdings, MarketClock
from closeout.domain.orders import OrderReport
from closeout.domain.quotes import Quote
from closeout.domain.strategies import Strategy


class Severity(StrEnum):
    """How much a warning should make one pause."""

    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"


class CautionCode(StrEnum):
    """Stable names of what is warned of; `docs/reference/warnings.md` says what each means."""

    NO_QUOTE = "no_quote"
    ONE_SIDED = "one_sided"
    ZERO_BID = "zero_bid"
    CROSSED = "crossed"
    STALE = "stale"
    WIDE = "wide"
    EXPIRING_TODAY = "expiring_today"
    EARLY_ASSIGNMENT = "early_assignment"
    EX_DIVIDEND = "ex_dividend"
    SPLIT = "split"
    DIVIDENDS_UNKNOWN = "dividends_unknown"
    LEAVES_NAKED = "leaves_naked"
    LEAVES_SHORT = "leaves_short"
    HELD_ELSEWHERE = "held_elsewhere"
    NETTED = "netted"
    SHARED_CONTRACTS = "shared_contracts"
    SEVERAL_ORDERS = "several_orders"
    MARKET_CLOSED = "market_closed"
    INDICATIVE_FEED = "indicative_feed"


@dataclass(frozen=True, slots=True)
class Caution:
    """Something to know before confirming. `symbol` is what it is about, if it is one."""

    code: CautionCode
    severity: Severity
    message: str
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """
    Everything a plan is judged by: the strategy, the account and the market as they are.

    `announced` are dividends and splits of its underlying, None when they are not known.
    """

    plan: Plan
    strategy: Strategy
    quotes: Mapping[str, Quote]
    holdings: Holdings
    open_orders: Sequence[OrderReport]
    market: MarketClock | None
    feed: str
    now: datetime
    announced: Sequence[Announcement] | None
