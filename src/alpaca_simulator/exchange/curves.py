"""How soon a limit inside the spread trades: three curves, each from a source of its own.

A limit stands at x, from 0 at far (the best imaginable) over 0.5 at mid to 1 at natural (what
trades at once). A curve says how many trades a second such a limit can expect. None of them was
chosen for the good of anybody's orders; which is nearest to a real market is not known.

* `OddsCurve`: (x / (1 - x))^2 / seconds_at_mid. The simplest smooth curve from never at far to at
  once at natural.
* `IntensityCurve`: exp(-decay * (d - 1)) / seconds_at_mid, where d is the distance to natural in
  half-spreads, 1 at mid. Exponential intensities are what Avellaneda and Stoikov assume of orders
  that arrive at a distance ("High-frequency trading in a limit order book", Quantitative Finance
  8, 2008: lambda(delta) = A exp(-k delta)); `decay` 3 makes natural's edge twenty
  times as busy as mid.
* `NbboCurve`: never. A limit trades only when the market comes to it, which is how Alpaca
  describes its paper accounts (docs.alpaca.markets, paper trading: orders fill when they are
  marketable against the NBBO).
"""

from dataclasses import dataclass
from math import exp
from typing import Protocol


class Curve(Protocol):
    """Trades a second that a limit at x can expect, for 0 < x < 1."""

    def rate(self, x: float) -> float: ...


@dataclass(frozen=True, slots=True)
class OddsCurve:
    """Grows with the square of the odds x / (1 - x)."""

    seconds_at_mid: float

    def rate(self, x: float) -> float:
        return (x / (1 - x)) ** 2 / self.seconds_at_mid


@dataclass(frozen=True, slots=True)
class IntensityCurve:
    """Falls exponentially with the distance to natural."""

    seconds_at_mid: float
    decay: float = 3.0

    def rate(self, x: float) -> float:
        half_spreads = (1 - x) * 2
        return exp(-self.decay * (half_spreads - 1)) / self.seconds_at_mid


@dataclass(frozen=True, slots=True)
class NbboCurve:
    """Nobody trades inside the spread."""

    def rate(self, x: float) -> float:  # noqa: ARG002 - a curve is asked for a place
        return 0.0
