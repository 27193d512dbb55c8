"""Where the stocks go: one seeded geometric random walk per underlying."""

import zlib
from decimal import Decimal
from math import exp, sqrt
from typing import Any, Final

import numpy as np

from alpaca_simulator.scenarios.model import UnderlyingPart

TRADING_YEAR_SECONDS: Final = 252 * 6.5 * 3600
_DAY_SECONDS: Final = 6.5 * 3600


class Path:
    """One stock's price. Its chance is its own: other stocks and other calls never shift it."""

    __slots__ = ("_drift", "_stream", "_vol", "spot")

    def __init__(self, name: str, spec: UnderlyingPart, seed: int) -> None:
        entropy = [seed & 0xFFFFFFFF, zlib.crc32(name.encode())]
        self._stream = np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))
        self._vol = spec.vol
        self._drift = spec.drift
        self.spot = float(spec.spot)

    def move(self, seconds: float) -> None:
        """Let `seconds` of trading pass; volatility and drift are those of a trading year."""
        years = seconds / TRADING_YEAR_SECONDS
        trend = (self._drift - self._vol**2 / 2) * years
        shock = self._vol * sqrt(years) * float(self._stream.standard_normal())
        self.spot *= exp(trend + shock)

    def day_before(self) -> float:
        """A plausible close for the day before the first: one day's shock away from spot."""
        deviation = self._vol * sqrt(_DAY_SECONDS / TRADING_YEAR_SECONDS)
        return self.spot * exp(deviation * float(self._stream.standard_normal()) / 2)

    @property
    def price(self) -> Decimal:
        """The last sale, in whole cents, at least one."""
        return Decimal(max(round(self.spot * 100), 1)).scaleb(-2)

    def to_state(self) -> dict[str, Any]:
        inner = self._stream.bit_generator.state
        words = {key: str(value) for key, value in inner["state"].items()}
        return {
            "spot": self.spot,
            "stream": {**inner, "state": words},
        }

    def load(self, state: dict[str, Any]) -> None:
        self.spot = state["spot"]
        # The generator's words have 128 bits, more than many JSON readers keep: kept as text.
        words = {key: int(value) for key, value in state["stream"]["state"].items()}
        self._stream.bit_generator.state = {**state["stream"], "state": words}
