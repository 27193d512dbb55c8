"""What is always in sight: broker mode, connections, market, breaker."""

from datetime import datetime
from typing import Literal

from closeout.schemas.base import Money, Output

Mode = Literal["SIMULATED", "PAPER", "LIVE"]
LinkState = Literal["connecting", "up", "down"]


class LinkOut(Output):
    """One connection to the broker and since when it has been in this state."""

    state: LinkState
    since: datetime
    detail: str | None


class BreakerOut(Output):
    """The circuit breaker of reads. It never blocks a close or a cancel."""

    state: Literal["closed", "open", "half_open"]
    failures: int
    retry_at: datetime | None


class MarketOut(Output):
    """The broker's clock; null fields when it could not be read."""

    is_open: bool | None
    next_open: datetime | None
    next_close: datetime | None
    as_of: datetime | None


class LastEditOut(Output):
    """The newest edit that stands: what an undo takes back."""

    number: int
    at: datetime
    text: str


class StatusOut(Output):
    """`positions_as_of` null means holdings were never read; `positions_error` says why."""

    mode: Mode
    account: str
    feed: str
    version: str
    trading: LinkOut
    option_data: LinkOut
    stock_data: LinkOut
    breaker: BreakerOut
    market: MarketOut
    positions_as_of: datetime | None
    positions_error: str | None
    journal_error: str | None
    """Set while the journal cannot write; nothing is sent until it can."""
    standing_by: str | None
    """Set while another process works the account: a sentence that names it. Nothing is sent."""
    equity: Money | None
    unassigned: list[str]
    """Holdings that belong to no strategy, each as a sentence."""
    last_edit: LastEditOut | None
    """What `POST /api/positions/edits/undo` would take back; null when nothing."""
    server_time: datetime


class HealthOut(Output):
    """Whether closes can be taken."""

    ready: bool
