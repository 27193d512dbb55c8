"""The strategies a seed's account may hold, and the exchange that holds them."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from alpaca_simulator.exchange.exchange import Exchange
from alpaca_simulator.exchange.orders import OrderFilter
from alpaca_simulator.scenarios.model import Scenario
from closeout.domain.occ import option_or_none

MORNING = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
"""A Wednesday, ten in the morning in New York."""
LATE = datetime(2026, 3, 4, 20, 58, 30, tzinfo=UTC)
"""Ninety seconds before the close."""

_NICKEL, _DIME, _CENT = Decimal("0.05"), Decimal("0.10"), Decimal("0.01")
_TICKS = {
    "SPY": (_CENT, _CENT),
    "QQQ": (_CENT, _CENT),
    "IWM": (_CENT, _CENT),
    "META": (_NICKEL, _DIME),
}
_PENNY = (_CENT, _NICKEL)

UNDERLYINGS: dict[str, dict[str, Any]] = {
    "SPY": {"spot": 600, "vol": 0.2, "class": "penny_all", "strike_step": 5},
    "QQQ": {"spot": 500, "vol": 0.2, "class": "penny_all", "strike_step": 5},
    "IWM": {"spot": 240, "vol": 0.2, "class": "penny_all", "strike_step": 5},
    "AAPL": {"spot": 270, "vol": 0.25, "class": "penny", "strike_step": 5},
    "TSLA": {"spot": 400, "vol": 0.5, "class": "penny", "strike_step": 5},
    "NVDA": {"spot": 185, "vol": 0.4, "class": "penny", "strike_step": 5},
    "MSFT": {"spot": 500, "vol": 0.25, "class": "penny", "strike_step": 5},
    "AMD": {"spot": 160, "vol": 0.4, "class": "penny", "strike_step": 5},
    "META": {"spot": 610, "vol": 0.3, "class": "nickel", "strike_step": 5},
    "GLD": {"spot": 300, "vol": 0.2, "class": "penny", "strike_step": 5, "dailies": True},
}


def tick(underlying: str, price: Decimal) -> Decimal:
    """The step an option of this class trades in; the checkers' own table."""
    below, above = _TICKS.get(underlying, _PENNY)
    return below if price < 3 else above


def _leg(side: str, kind: str, strike: int, ratio: int = 1, **more: Any) -> dict[str, Any]:
    return {"side": side, "type": kind, "strike": strike, "ratio": ratio, **more}


def _opening(underlying: str, qty: int, *legs: dict[str, Any], days: int = 9) -> dict[str, Any]:
    return {
        "underlying": underlying,
        "qty": qty,
        "opened": f"-{days}d",
        "expiry": {"weekly": 3},
        "legs": list(legs),
    }


_SHAPES: tuple[tuple[dict[str, Any], ...], ...] = (
    (
        _opening(
            "SPY",
            10,
            _leg("buy", "put", 550),
            _leg("sell", "put", 560),
            _leg("sell", "call", 640),
            _leg("buy", "call", 650),
        ),
    ),
    (
        _opening(
            "SPY",
            4,
            _leg("buy", "put", 550),
            _leg("sell", "put", 560),
            _leg("sell", "call", 640),
            _leg("buy", "call", 650),
        ),
        _opening(
            "SPY",
            3,
            _leg("buy", "put", 545),
            _leg("sell", "put", 560),
            _leg("sell", "call", 645),
            _leg("buy", "call", 655),
            days=5,
        ),
    ),
    (_opening("QQQ", 3, _leg("sell", "put", 480), _leg("buy", "put", 470)),),
    (
        _opening(
            "AAPL",
            2,
            _leg("sell", "call", 275),
            _leg("buy", "call", 275, expiry={"weekly": 6}),
        ),
    ),
    (
        _opening(
            "IWM",
            4,
            _leg("buy", "call", 235),
            _leg("sell", "call", 240, 2),
            _leg("buy", "call", 245),
        ),
    ),
    (_opening("TSLA", 5, _leg("buy", "call", 400), _leg("buy", "put", 400)),),
    (
        {"underlying": "NVDA", "opened": "-20d", "shares": 300},
        _opening("NVDA", 3, _leg("sell", "call", 195)),
    ),
    (_opening("META", 6, _leg("sell", "call", 640), _leg("buy", "call", 660)),),
    (_opening("META", 2, _leg("buy", "put", 600)),),
    (
        {"underlying": "MSFT", "opened": "-20d", "shares": 200},
        _opening("MSFT", 2, _leg("buy", "put", 480)),
        _opening("MSFT", 2, _leg("sell", "call", 520)),
    ),
    (
        _opening(
            "AMD",
            1,
            _leg("buy", "put", 130, 7),
            _leg("sell", "put", 140, 5),
            _leg("sell", "call", 170, 4),
            _leg("buy", "call", 180, 4),
        ),
    ),
)
_EXPIRING = _opening(
    "GLD",
    2,
    _leg("sell", "call", 295),
    _leg("buy", "call", 305),
    days=3,
) | {"expiry": "today"}
"""One leg is in the money, one is not: both go at the bell, each in its own way."""
_SHARED = 1
"""Two condors that share a contract: what Alpaca nets, Closeout must keep apart."""


@dataclass(frozen=True, slots=True)
class Owned:
    """One strategy as it was opened: signed contracts or shares by symbol."""

    name: str
    contracts: dict[str, int]
    is_one_order: bool
    """Whether one order opened it: what is left of another is grouped by its shape alone."""


@dataclass(frozen=True, slots=True)
class Account:
    exchange: Exchange
    owned: tuple[Owned, ...]
    start: datetime
    expires_today: bool


@lru_cache(maxsize=256)
def _scenario(
    shapes: tuple[int, ...],
    partials: float,
    session: str,
    *,
    sell_only: bool,
    next_day: bool,
    expiring: bool,
) -> Scenario:
    openings = [opening for shape in shapes for opening in _SHAPES[shape]]
    openings += [_EXPIRING] if expiring else []
    return Scenario.model_validate(
        {
            "name": "simulated",
            "clock": {"session": session},
            "market": {"interval": 3600.0, "underlyings": UNDERLYINGS},
            "fills": {"seconds_at_mid": 8.0, "partial_chance": partials},
            "rules": {"sell_only_packages": sell_only, "next_day_activities": next_day},
            "orders": openings,
        }
    )


def open_account(
    chance: random.Random, *, partials: float, near_the_bell: bool, shares_a_contract: bool
) -> Account:
    """An account with one to three strategies, and what each of them owns."""
    count = chance.choice((1, 1, 2, 3))
    shapes = tuple(sorted(chance.sample(range(len(_SHAPES)), count)))
    if chance.random() < 0.25 or shares_a_contract:
        shapes = tuple(sorted({*shapes[1:], _SHARED}))
    if {0, 1} <= {*shapes}:
        shapes = shapes[1:]  # two openings of one shape are one strategy
    partials = round(partials, 1)
    session = "calendar" if near_the_bell else "always_open"
    start = LATE if near_the_bell else MORNING
    sell_only, seed = chance.random() < 0.7, chance.getrandbits(32)
    expires_today = near_the_bell and seed % 2 == 0
    scenario = _scenario(
        shapes,
        partials,
        session,
        sell_only=sell_only,
        next_day=seed % 3 == 0,
        expiring=expires_today,
    )
    world = Exchange.from_scenario(scenario, seed, MORNING)
    world.freeze_market(frozen=True)
    world.advance(start)
    return Account(world, _owned(world), start, expires_today)


def _owned(world: Exchange) -> tuple[Owned, ...]:
    """Each package is a strategy; what else there is of an underlying is one together."""
    packages: list[dict[str, int]] = []
    rest = {row.symbol: row.qty for row in world._world.ledger.held()}
    for order in world.orders(OrderFilter(status="all", descending=False)):
        if not order.is_mleg:
            continue
        contracts = {
            row.symbol: row.side.sign * row.filled_qty for row in order.contracts if row.side
        }
        packages.append(contracts)
        for symbol, quantity in contracts.items():
            rest[symbol] -= quantity
    others: dict[str, dict[str, int]] = {}
    for symbol, quantity in rest.items():
        option = option_or_none(symbol)
        if quantity:
            others.setdefault(option.underlying if option else symbol, {})[symbol] = quantity
    found = [*packages, *others.values()]
    return tuple(
        Owned(f"strategy {n}", each, is_one_order=n <= len(packages))
        for n, each in enumerate(found, start=1)
    )
