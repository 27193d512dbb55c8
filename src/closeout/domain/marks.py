"""Greeks and implied volatility, as the broker gives them or as a model computes them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Greeks:
    """
    How the value of something moves. Binary floats: for the screen, never for an order.

    Of one contract they are per share; of a strategy they are dollars for all of it, and
    `delta` is then the shares it behaves like. `theta` is for a calendar day, `vega` and
    `rho` for a percentage point.
    """

    delta: float
    gamma: float
    theta: float
    vega: float
    rho: float


@dataclass(frozen=True, slots=True)
class OptionMark:
    """What the broker says of one contract at `at`; None where it does not say."""

    symbol: str
    greeks: Greeks | None
    volatility: float | None
    at: datetime
