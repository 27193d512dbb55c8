"""
What a strategy is worth and may come to.

Dollars are for the whole strategy: value is received positive and paid negative, P&L gained
positive and lost negative. What a model computes (greeks, volatility, curves) are JSON
numbers, for a screen; nothing is ordered or stored by them.
"""

from datetime import date, datetime
from typing import Literal

from closeout.schemas.base import Money, Output

GreekSource = Literal["alpaca", "computed"]


class WorthOut(Output):
    """
    What closing would bring now; it moves with every quote, null while one is missing.

    `net_*` are dollars per share for one unit, debit positive and credit negative.
    `pnl_open` is at mid. `profit_share` and `loss_share` are percent of the most that can be
    won and lost, negative on the other side; null where that has no limit.
    """

    value_natural: Money | None
    value_mid: Money | None
    net_natural: Money | None
    net_mid: Money | None
    pnl_natural: Money | None
    pnl_open: Money | None
    profit_share: Money | None
    loss_share: Money | None


class RiskOut(Output):
    """
    The P&L at best and at worst, held to the first expiry; a loss is negative.

    `modelled` says that legs outlive the first expiry: then a model valued those, else every
    figure is exact.
    """

    max_profit: Money | None
    max_loss: Money | None
    unlimited_profit: bool
    unlimited_loss: bool
    break_evens: list[Money]
    modelled: bool


class GreeksOut(Output):
    """
    Of a strategy, dollars for all of it, and `delta` the shares it behaves like; of a leg, per
    share of one long contract. `theta` is a calendar day, `vega` and `rho` a percentage point.
    """

    delta: float
    gamma: float
    theta: float
    vega: float
    rho: float


class PayoffOut(Output):
    """
    P&L by spot as columns of equal length, dollars: at the first expiry, and today.

    Every strike is among `spots`, which rise, so the line at expiry may be drawn straight from
    point to point. A column is null where it cannot be known.
    """

    spots: list[float]
    at_expiry: list[float] | None
    today: list[float] | None


class LegOutlookOut(Output):
    """An option leg; `implied_volatility` is a fraction a year (0.25 is 25%)."""

    id: str
    greeks: GreeksOut | None
    implied_volatility: float | None
    source: GreekSource | None


class OutlookOut(Output):
    """
    What a model says, recomputed every few seconds.

    `implied_volatility` is the legs' mean weighted by vega; `expected_move` one standard
    deviation of the spot until the first expiry, dollars per share.
    """

    greeks: GreeksOut | None
    implied_volatility: float | None
    expected_move: float | None
    payoff: PayoffOut | None
    legs: list[LegOutlookOut]


class NextEventOut(Output):
    """What happens next by itself, and a sentence on it."""

    kind: Literal["ex_dividend", "expiry_cutoff", "expiry"]
    at: datetime
    message: str


class DividendOut(Output):
    """
    The next dividend of the underlying. `status` is `known`, `none` when none is announced,
    `unknown` when that could not be read; only a known one has a date and dollars a share.
    """

    status: Literal["known", "none", "unknown"]
    ex_date: date | None
    amount: Money | None
    special: bool


class MetricsOut(Output):
    """
    Everything a trader asks of a strategy.

    `pnl_realised` is what partial closes, rolls and assignments have won so far, null where
    the history does not tell. `risk` is null while legs of several expiries await their model,
    or an entry price is not known; `outlook` is null until it was first computed.
    """

    worth: WorthOut
    pnl_realised: Money | None
    risk: RiskOut | None
    outlook: OutlookOut | None
    next_event: NextEventOut | None
    dividend: DividendOut
