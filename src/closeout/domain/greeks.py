"""
What options are worth by Black and Scholes, and how that moves, for whole portfolios at once.

Binary floats, for the screen alone: nothing that is ordered or stored comes from here (I10).
Everything works on NumPy columns and broadcasts, so that a spot may be a number, a column or
a table of one row per contract.

US equity options are American. Early exercise is not modelled beyond its floor: no value lies
below intrinsic. Without dividends that is exact for calls; a put deep in the money is worth a
little more than said here, and so is a call just before an ex-dividend date.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

DAYS_IN_YEAR: Final = 365.0
_PERCENT: Final = 100.0
_LEAST_SPOT: Final = 1e-9
_LEAST_DEVIATION: Final = 1e-12
"""Stands for no time left: the value is then intrinsic to the last digit shown."""

VOLATILITY_LEAST, VOLATILITY_MOST = 1e-3, 10.0
_STEPS_MOST: Final = 60
_CONVERGED: Final = 1e-10
_LEAST_TIME_VALUE: Final = 1e-9
_TINY: Final = 1e-150
_SQRT_2_PI: Final = float(np.sqrt(2 * np.pi))


@dataclass(frozen=True, slots=True)
class Contracts:
    """
    Options as columns: `sign` is +1 for calls and -1 for puts.

    `years` is calendar time to expiry; none left is allowed, less than none is not.
    """

    strike: Floats
    sign: Floats
    years: Floats

    def only(self, indices: Sequence[int]) -> "Contracts":
        """Return some of them."""
        return Contracts(self.strike[indices], self.sign[indices], self.years[indices])

    def spread(self) -> "Contracts":
        """Return the same as a table of one row each, to be valued at a table of spots."""
        return Contracts(self.strike[:, None], self.sign[:, None], self.years[:, None])


@dataclass(frozen=True, slots=True)
class GreekColumns:
    """
    Greeks of one long option on one share, a column each.

    `theta` is for a calendar day, `vega` and `rho` for a percentage point.
    """

    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats
    rho: Floats


def value(contracts: Contracts, spot: Floats, volatility: Floats, rate: float) -> Floats:
    """Return dollars per share, never below intrinsic; `rate` is continuous, per year."""
    spot = np.maximum(spot, _LEAST_SPOT)
    sign, discounted = contracts.sign, _discounted(contracts, rate)
    d1, deviation = _d1(contracts, spot, volatility, rate)
    european = sign * (spot * ndtr(sign * d1) - discounted * ndtr(sign * (d1 - deviation)))
    intrinsic = sign * (spot - contracts.strike)
    found: Floats = np.maximum(np.maximum(european, intrinsic), 0.0)
    return found


def greeks(contracts: Contracts, spot: Floats, volatility: Floats, rate: float) -> GreekColumns:
    """Return how value moves, European; see `GreekColumns` for the units."""
    spot = np.maximum(spot, _LEAST_SPOT)
    sign, discounted = contracts.sign, _discounted(contracts, rate)
    d1, deviation = _d1(contracts, spot, volatility, rate)
    density = np.exp(-d1 * d1 / 2) / _SQRT_2_PI
    exercised = discounted * ndtr(sign * (d1 - deviation))
    root = np.sqrt(contracts.years)
    decay = spot * density * volatility / (2 * np.maximum(root, _LEAST_DEVIATION))
    return GreekColumns(
        delta=sign * ndtr(sign * d1),
        gamma=density / (spot * deviation),
        theta=-(decay + sign * rate * exercised) / DAYS_IN_YEAR,
        vega=spot * density * root / _PERCENT,
        rho=sign * contracts.years * exercised / _PERCENT,
    )


def implied_volatility(contracts: Contracts, spot: Floats, price: Floats, rate: float) -> Floats:
    """
    Return the volatility at which each contract is worth its `price`; NaN where there is none.

    There is none when a price leaves nothing over intrinsic or would need more than
    `VOLATILITY_MOST`. By put-call parity the side out of the money is solved for, whose price is
    all time value, and by Newton's steps on its logarithm, halving where a step would leave
    the bracket or its digits are lost.
    """
    strike = _discounted(contracts, rate)
    in_the_money = np.maximum(contracts.sign * (spot - strike), 0.0)
    time_value = price - in_the_money
    sign = np.where(spot > strike, -1.0, 1.0)
    side = Contracts(contracts.strike, sign, contracts.years)
    solvable = (time_value > _LEAST_TIME_VALUE) & (contracts.years > 0)
    target = np.log(np.where(solvable, time_value, 1.0))
    low = np.full_like(target, VOLATILITY_LEAST)
    high = np.full_like(target, VOLATILITY_MOST)
    guess = _first_guess(side, spot, time_value, solvable)
    for _ in range(_STEPS_MOST):
        d1, deviation = _d1(side, spot, guess, rate)
        worth = sign * (spot * ndtr(sign * d1) - strike * ndtr(sign * (d1 - deviation)))
        vega = spot * np.exp(-d1 * d1 / 2) / _SQRT_2_PI * np.sqrt(side.years)
        excess = np.log(np.maximum(worth, _TINY)) - target
        low, high = np.where(excess < 0, guess, low), np.where(excess < 0, high, guess)
        # So far from the price that its digits are lost, a step stands nearly still.
        lost = (worth < _TINY) | (vega < _TINY)
        step = np.where(lost, low, guess - excess * (worth / np.where(lost, 1.0, vega)))
        following = np.where((step > low) & (step < high), step, (low + high) / 2)
        moved = np.abs(following - guess)[solvable]
        guess = following
        if not moved.size or moved.max() < _CONVERGED:
            break
    inside = (guess > VOLATILITY_LEAST * 1.001) & (guess < VOLATILITY_MOST * 0.999)
    found: Floats = np.where(solvable & inside, guess, np.nan)
    return found


def _first_guess(
    contracts: Contracts, spot: Floats, time_value: Floats, solvable: NDArray[np.bool_]
) -> Floats:
    """Brenner and Subrahmanyam's at-the-money rule, kept within what is plausible."""
    root = np.sqrt(np.where(solvable, contracts.years, 1.0))
    rule = _SQRT_2_PI * np.where(solvable, time_value, 0.0) / (spot * root)
    return np.clip(rule, 0.15, 2.0)


def _discounted(contracts: Contracts, rate: float) -> Floats:
    discounted: Floats = contracts.strike * np.exp(-rate * contracts.years)
    return discounted


def _d1(
    contracts: Contracts, spot: Floats, volatility: Floats, rate: float
) -> tuple[Floats, Floats]:
    """Return d1 and the standard deviation of the log return until expiry."""
    deviation = np.maximum(volatility * np.sqrt(contracts.years), _LEAST_DEVIATION)
    drift = np.log(spot) - np.log(contracts.strike) + rate * contracts.years
    return drift / deviation + deviation / 2, deviation
