"""What a close came to, and what all of them did."""

from datetime import datetime
from typing import Literal

from closeout.schemas.base import Money, Output
from closeout.schemas.fees import LegFeeOut


class CostOut(Output):
    """
    How much worse the fills were than a price: positive is worse, negative better.

    `cents` is per share for one unit of the package, `dollars` the whole of what filled.
    """

    cents: Money
    dollars: Money


class ComparisonOut(Output):
    """
    The fills against the market of one instant.

    `mid` and `natural` are net prices, debit positive and credit negative.
    `half_spread_share` is the way from mid (0) to natural (1) that was paid; below 0 is
    better than mid. Null where a leg was not quoted.
    """

    at: datetime | None
    mid: Money | None
    natural: Money | None
    against_mid: CostOut | None
    against_natural: CostOut | None
    half_spread_share: Money | None


class ReportFeesOut(Output):
    """Estimated regulatory fees, dollars, as in a preview. FEE activities tell the truth."""

    total: Money | None
    exact: Money | None
    fees: list[LegFeeOut]
    confirmed: bool
    """Whether every rate was read in its issuer's own text."""


class ReportOut(Output):
    """
    The report of a close, on what has filled of it.

    `decision` is the market of the preview that was confirmed, or else of the planning;
    `first_send` the one the first order of each leg went into; `at_fill` the one each fill
    was learnt in. `half_spread_share` is that of `first_send`. `units` may be a fraction.
    `feed` says where the quotes came from; shares measured on `indicative` quotes say little.
    """

    feed: str | None
    units: Money
    fill_price: Money | None
    """Net price of one unit, dollars per share: debit positive, credit negative."""
    decision: ComparisonOut
    first_send: ComparisonOut
    at_fill: ComparisonOut
    half_spread_share: Money | None
    cash: Money | None
    """Dollars received (positive) or paid."""
    pnl: Money | None
    """Realised, dollars, before fees; null when an entry price is not known."""
    fees: ReportFeesOut
    seconds_to_flat: float | None
    """From the request to the last fill; null while something is left."""


class HistoryTotalsOut(Output):
    """
    What ended closes add up to. Sums leave out what is not known; the counts say how much.

    `terms` is how they were priced: a pace, or `limit` or `market`; null for all of them.
    """

    terms: Literal["market", "limit", "patient", "normal", "urgent", "custom"] | None
    closes: int
    closed: int
    """How many closed everything that they set out to."""
    cash: Money
    pnl: Money
    pnl_unknown: int
    """Closes that filled and whose result is not known."""
    fees: Money
    """As charged: each kind rounded up to the cent once a day, so less than reports add up to."""
    median_half_spread_share: Money | None
    measured: int
    """Closes behind the median."""
    median_seconds_to_flat: float | None
