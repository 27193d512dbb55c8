"""How exposed a set of contracts is: uncovered shorts, and the most it can lose.

The requirement follows the universal spread rule that Alpaca's level 3 page describes: the worst
value of the payoff over all prices of the stock, judged at each expiry with what is then alive.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from alpaca_simulator.exchange.contracts import MULTIPLIER, Contract, Kind, parse_occ

_MILLS: Final = 1000
"""Strikes are counted in thousandths of a dollar, as in OCC symbols, to stay whole."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Signed contracts on one underlying, and the shares that may cover calls."""

    contracts: tuple[tuple[Contract, int], ...]
    shares: int = 0

    def uncovered(self, kind: Kind) -> int:
        """Short contracts of a kind without a long one living at least as long, or shares."""
        legs = [(leg.expiration, qty) for leg, qty in self.contracts if leg.kind is kind]
        worst = 0
        for expiration, _ in legs:
            worst = max(worst, -sum(qty for day, qty in legs if day >= expiration))
        if kind is Kind.CALL:
            worst -= max(self.shares, 0) // MULTIPLIER
        return max(worst, 0)

    def requirement(self) -> Decimal:
        """The most the position can lose at any expiry, in dollars, before premiums; never < 0."""
        days = sorted({leg.expiration for leg, _ in self.contracts})
        losses = (
            self._worst([each for each in self.contracts if each[0].expiration >= day])
            for day in days
        )
        return Decimal(max(losses, default=0)) * MULTIPLIER / _MILLS

    def _worst(self, alive: list[tuple[Contract, int]]) -> int:
        """The deepest point of the payoff, in mills per share: at zero, a strike, or far above.

        Above twice the highest strike only a net short call could fall further; orders never
        open one without cover, and an assignment that left one is measured there.
        """
        strikes = np.array([int(leg.strike * _MILLS) for leg, _ in alive], np.int64)
        qtys = np.array([qty for _, qty in alive], np.int64)
        signs = np.array([1 if leg.kind is Kind.CALL else -1 for leg, _ in alive], np.int64)
        spots = np.unique(np.concatenate([[0], strikes, [2 * strikes.max()]]))
        intrinsic = np.maximum(signs * (spots[:, None] - strikes), 0)
        payoff = intrinsic @ qtys + spots * max(self.shares, 0) // MULTIPLIER
        return max(-int(payoff.min()), 0)


def exposures(quantities: Mapping[str, int]) -> dict[str, Exposure]:
    """Holdings (signed, contracts and stocks) as one exposure for each underlying."""
    by_name: dict[str, list[tuple[Contract, int]]] = {}
    for symbol, qty in quantities.items():
        contract = parse_occ(symbol)
        if contract is not None and qty:
            by_name.setdefault(contract.underlying, []).append((contract, qty))
    return {name: Exposure(tuple(legs), quantities.get(name, 0)) for name, legs in by_name.items()}


def exposure_of(underlying: str, quantities: Mapping[str, int]) -> Exposure:
    return exposures(quantities).get(underlying, Exposure((), quantities.get(underlying, 0)))


def combined(*parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Signed quantities added up by symbol."""
    total: dict[str, int] = {}
    for part in parts:
        for symbol, qty in part:
            total[symbol] = total.get(symbol, 0) + qty
    return total
