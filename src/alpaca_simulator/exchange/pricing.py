"""What options are worth and how they are quoted, for whole boards at once.

Black-Scholes without interest or dividends, so that American and European values agree and
put-call parity is exact in the middle. Volatility smiles with standardised moneyness. Prices leave
this module as whole cents; floats go no further.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alpaca_simulator.exchange.contracts import TickClass
from alpaca_simulator.exchange.quotes import Greeks

Floats = NDArray[np.float64]
Cents = NDArray[np.int64]

YEAR_SECONDS: Final = 365 * 24 * 3600.0
_WEEK: Final = 7 / 365
_SHORTEST: Final = 60 / YEAR_SECONDS
_SKEW: Final = -0.06
_CURVATURE: Final = 0.03
_WINGS: Final = 4.0
_TICK_STEP: Final = 300
"""Cents at which the penny interval program changes increments ($3.00)."""
_TICK_CENTS: Final = {
    TickClass.PENNY: (1, 5),
    TickClass.NICKEL: (5, 10),
    TickClass.PENNY_ALL: (1, 1),
}
_CLASS_WIDTH: Final = {TickClass.PENNY_ALL: 0.6, TickClass.PENNY: 1.0, TickClass.NICKEL: 1.4}


@dataclass(frozen=True, slots=True)
class Terms:
    """Contracts of one underlying as columns; `sign` is +1 for calls and -1 for puts."""

    strike: Floats
    sign: Floats
    expires: Floats
    """Expiry as seconds since the epoch."""


_erfc: Final = np.frompyfunc(math.erfc, 1, 1)


def normal_cdf(x: Floats) -> Floats:
    """As scipy.special.ndtr, whose import alone would take 0.4 s of the simulator's start."""
    return np.asarray(_erfc(-x / math.sqrt(2)), np.float64) / 2


def years_left(terms: Terms, now: float) -> Floats:
    """Years to expiry, never less than a minute, so that the last minute still has a price."""
    return np.maximum((terms.expires - now) / YEAR_SECONDS, _SHORTEST)


def moneyness(spot: float, vol: float, terms: Terms, years: Floats) -> Floats:
    """Log distance of strike from spot in standard deviations, cut off in the wings."""
    deviation = vol * np.sqrt(np.maximum(years, _WEEK))
    distance: Floats = np.log(terms.strike / spot) / deviation
    return np.clip(distance, -_WINGS, _WINGS)


def smile(spot: float, vol: float, terms: Terms, years: Floats) -> Floats:
    """Implied volatility: higher in both wings, and higher for low strikes than for high ones."""
    x = moneyness(spot, vol, terms, years)
    return vol * (1 + _SKEW * x + _CURVATURE * x * x)


def values(spot: float, vol: float, terms: Terms, now: float) -> Floats:
    """Fair value in dollars per share."""
    years = years_left(terms, now)
    total = smile(spot, vol, terms, years) * np.sqrt(years)
    d1 = np.log(spot / terms.strike) / total + total / 2
    sign = terms.sign
    fair: Floats = sign * (
        spot * normal_cdf(sign * d1) - terms.strike * normal_cdf(sign * (d1 - total))
    )
    return np.maximum(fair, 0.0)


def touch(
    fair: Floats, distance: Floats, tick_class: TickClass, spread: float
) -> tuple[Cents, Cents]:
    """Bid and ask in cents around fair value.

    The width grows with the premium and with the distance from the money on either side; bids
    round down to a tick and asks up, so a far contract worth less than half its width has no bid.
    """
    factor = spread * _CLASS_WIDTH[tick_class] * (1 + 0.25 * np.abs(distance))
    half = 50 * np.maximum(0.01, factor * (0.006 * fair + 0.02 * np.sqrt(fair)))
    bid = _floor_to_tick(100 * fair - half, tick_class)
    ask = _ceil_to_tick(100 * fair + half, tick_class)
    return bid, np.maximum(ask, bid + _ticks(bid, tick_class))


def greeks(spot: float, vol: float, terms: Terms, now: float) -> tuple[list[Greeks], Floats]:
    """Greeks and implied volatility of each contract. Without interest rho is the bump's alone."""
    years = years_left(terms, now)
    sigma = smile(spot, vol, terms, years)
    total = sigma * np.sqrt(years)
    d1 = np.log(spot / terms.strike) / total + total / 2
    density = np.exp(-d1 * d1 / 2) / np.sqrt(2 * np.pi)
    delta = terms.sign * normal_cdf(terms.sign * d1)
    gamma = density / (spot * total)
    theta = -spot * density * sigma / (2 * np.sqrt(years)) / 365
    vega = spot * density * np.sqrt(years) / 100
    rho = terms.sign * terms.strike * years * normal_cdf(terms.sign * (d1 - total)) / 100
    rows = zip(delta, gamma, theta, vega, rho, strict=True)
    return [Greeks(*(float(value) for value in row)) for row in rows], sigma


def _ticks(cents: Cents | Floats, tick_class: TickClass) -> Cents:
    below, above = _TICK_CENTS[tick_class]
    return np.where(cents < _TICK_STEP, below, above).astype(np.int64)


def _floor_to_tick(cents: Floats, tick_class: TickClass) -> Cents:
    tick = _ticks(cents, tick_class)
    return np.maximum(np.floor(cents / tick + 1e-9).astype(np.int64), 0) * tick


def _ceil_to_tick(cents: Floats, tick_class: TickClass) -> Cents:
    tick = _ticks(cents, tick_class)
    return np.ceil(cents / tick - 1e-9).astype(np.int64) * tick
