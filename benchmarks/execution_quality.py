"""
What closing costs, policy by policy, on the simulator's market.

Every policy closes the same strategies in the same minutes of the same market with the same
luck; only its limits differ. Three fill models judge them, and none was made for any policy
(`alpaca_simulator/exchange/curves.py` has their rules and sources). Policies of others are
written from their published rules:

- Option Alpha SmartPricing: mid, then a third, two thirds and all of the way to natural, prices
  fixed at the decision; 10 s each (fast 5 s with three prices, patient 20 s with five); rests
  two minutes at the last and is cancelled (optionalpha.com/help/smartpricing).
- thinkorswim Walk Limit: ten increments from mid to natural, fixed at entry, rests at the end
  (schwab.com, "using walk limit orders on thinkorswim"); price and time increments are the
  user's there, and are chosen here so that it arrives within a minute.
- A ladder of one cent every five seconds from mid, fixed, never beyond natural at the decision.

Three ways to count the share of the half-spread that was paid. *From decision*: the fill against
mid at the decision, in the half-spreads of then; the market's moves are in it. It is what
the report of a close shows first, and as the effective spread of marketable orders is reported;
orders that rest are no such orders, so the ways below stand beside it. *At the fill*:
against mid and half-spread of the second it filled in, counting fills of the first minute; a
resting limit to which the market came has paid a whole one there, however good its price. *At 60
s*: the same with everything that has not filled by then crossed at natural, so that a policy gains
nothing by not filling. *Crossed* counts closes in which a limit was set beyond natural.

A walk of Closeout sees the quotes of the second in which its limit then stands. With `--lag 1` it
sees those of a second before, which is several times what Alpaca takes to replace an order. A
limit that has moved stands for a second before it may move again, with `--stands 2` for two.

    python benchmarks/execution_quality.py [--closes 500] [--seed 1] [--lag 0] [--stands 1]
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from statistics import median, quantiles

from alpaca_simulator.exchange.chance import Chance
from alpaca_simulator.exchange.contracts import TickClass
from alpaca_simulator.exchange.curves import Curve, IntensityCurve, NbboCurve, OddsCurve
from alpaca_simulator.exchange.fills import Offer, OfferedLeg, TouchModel
from alpaca_simulator.exchange.market import Market
from alpaca_simulator.exchange.orders import Side as ExchangeSide
from alpaca_simulator.scenarios.model import MarketPart, UnderlyingPart
from closeout.closing.schedule import PACES, Pace
from closeout.closing.sight import bidless, see
from closeout.closing.strides import first_limit, next_limit
from closeout.closing.walk import Grid, Walk
from closeout.domain.orders import Side, TicketLeg
from closeout.domain.pricing import EVERY_CENT
from closeout.domain.quotes import NetQuote, Quote

OPENED = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
SECONDS = 300
MINUTE = 60
PARTIALS = 0.1
CURVES: Mapping[str, Curve] = {
    "odds": OddsCurve(40),
    "intensity": IntensityCurve(40),
    "nbbo": NbboCurve(),
}
UNDERLYINGS = {
    "SPY": UnderlyingPart(spot=668.4, vol=0.15, tick_class=TickClass.PENNY_ALL, strike_step=5),
    "IWM": UnderlyingPart(spot=242.6, vol=0.21, tick_class=TickClass.PENNY_ALL, strike_step=1),
    "AAPL": UnderlyingPart(spot=271.2, vol=0.24),
    "NVDA": UnderlyingPart(spot=186.3, vol=0.42),
    "TSLA": UnderlyingPart(spot=418.7, vol=0.52),
    "META": UnderlyingPart(spot=612.5, vol=0.29, tick_class=TickClass.NICKEL),
}
SHAPES: Mapping[str, Sequence[tuple[str, int, float]]] = {
    "iron condor": (("P", -1, -0.06), ("P", 1, -0.04), ("C", 1, 0.04), ("C", -1, 0.06)),
    "credit spread": (("P", -1, -0.06), ("P", 1, -0.03)),
    "debit spread": (("C", -1, -0.01), ("C", 1, 0.03)),
    "butterfly": (("C", -1, -0.03), ("C", 2, 0.0), ("C", -1, 0.03)),
    "straddle": (("P", -1, 0.0), ("C", -1, 0.0)),
    "long call": (("C", -1, 0.02),),
}
"""Right, signed ratio of the closing order, and strike as a distance from spot."""


@dataclass(frozen=True, slots=True)
class Look:
    """The market of one strategy in one second."""

    at: datetime
    quotes: Mapping[str, Quote]
    offered: tuple[OfferedLeg, ...]
    net: NetQuote


@dataclass(frozen=True, slots=True)
class Case:
    """A strategy to be closed, and five minutes of its market."""

    legs: tuple[TicketLeg, ...]
    units: int
    looks: tuple[Look, ...]

    @property
    def grid(self) -> Grid:
        return Grid(EVERY_CENT, self.legs[0].side if len(self.legs) == 1 else None)


@dataclass(slots=True)
class Result:
    """What one policy made of one case; shares are of the half-spread."""

    filled_at: int | None = None
    share: float | None = None
    share_of_decision: float | None = None
    crossed_natural: bool = False
    at_a_minute: float = 1.0


Policy = Callable[[Case], Callable[[int], Decimal | None]]
"""Given a case, the limit at each second, None for a market order."""


# --- the policies


def market(_: Case) -> Callable[[int], Decimal | None]:
    return lambda _: None


def fixed_mid(case: Case) -> Callable[[int], Decimal | None]:
    limit = case.grid.floor(case.looks[0].net.mid)
    return lambda _: limit


def closeout(pace: Pace, lag: int, stands: int, case: Case) -> Callable[[int], Decimal | None]:
    """The walk of `closing/strides.py`, stepped as its docstring says."""
    schedule = PACES[pace]
    first = case.looks[0]
    walk = Walk(
        schedule,
        case.grid,
        width_at_start=first.net.width,
        bidless=bidless(case.legs, first.quotes),
    )
    limit = first_limit(walk, first.net)
    every = int(schedule.look.total_seconds())
    moved_at = 2 - stands  # an order is taken within its first second, and then has to stand

    def at(second: int) -> Decimal:
        nonlocal limit, moved_at
        is_look = second % every == 0 and second < schedule.budget.total_seconds()
        if is_look and second - moved_at >= stands:
            look = case.looks[second - lag]
            seen = see(case.legs, look.quotes, look.at, walk=walk)
            strode = schedule.step_at(timedelta(seconds=moved_at))
            decision = next_limit(walk, limit, seen, timedelta(seconds=second), strode)
            limit, moved_at = decision.limit, moved_at if decision.holding else second
        return limit

    return at


def fixed_path(shares: Sequence[float], every: int, case: Case) -> Callable[[int], Decimal | None]:
    """Prices made at the decision, each for so many seconds; the last one rests."""
    net = case.looks[0].net
    prices = [
        case.grid.floor(net.mid + Decimal(str(share)) * (net.natural - net.mid)) for share in shares
    ]
    return lambda second: prices[min(second // every, len(prices) - 1)]


def ladder(case: Case) -> Callable[[int], Decimal | None]:
    net = case.looks[0].net
    start = case.grid.floor(net.mid)
    return lambda second: min(start + Decimal(second // 5) / 100, net.natural)


THIRDS = (0.0, 1 / 3, 2 / 3, 1.0)


def policies(lag: int, stands: int) -> Mapping[str, Policy]:
    """Every policy by its name; a walk of ours sees what is `lag` seconds old."""
    return {
        "market": market,
        "limit at mid": fixed_mid,
        "Closeout urgent": partial(closeout, Pace.URGENT, lag, stands),
        "Closeout normal": partial(closeout, Pace.NORMAL, lag, stands),
        "Closeout patient": partial(closeout, Pace.PATIENT, lag, stands),
        "SmartPricing fast": partial(fixed_path, (0.0, 0.5, 1.0), 5),
        "SmartPricing normal": partial(fixed_path, THIRDS, 10),
        "SmartPricing patient": partial(fixed_path, (0.0, 0.25, 0.5, 0.75, 1.0), 20),
        "Walk Limit": partial(fixed_path, [each / 10 for each in range(11)], 5),
        "one-cent ladder": ladder,
    }


# --- the market


def draw_case(seed: int) -> Case | None:
    """Draw a strategy and its five minutes; None when nothing is between mid and natural."""
    chance = Random(f"{seed}:case")
    name = chance.choice(sorted(UNDERLYINGS))
    spec = UNDERLYINGS[name]
    opened = OPENED + timedelta(hours=chance.uniform(0, 4))
    market = Market(MarketPart(underlyings={name: spec}), seed, opened, opened)
    expiry = (OPENED + timedelta(days=chance.choice((9, 16, 44)))).date()
    shape = SHAPES[chance.choice(sorted(SHAPES))]
    legs = tuple(
        TicketLeg(
            _symbol(name, expiry, right, spec, distance),
            abs(ratio),
            Side.BUY if ratio > 0 else Side.SELL,
        )
        for right, ratio, distance in shape
    )
    looks = tuple(_look(market, legs, opened + timedelta(seconds=n)) for n in range(SECONDS + 1))
    whole = tuple(look for look in looks if look is not None)
    first = whole[0] if len(whole) == len(looks) else None
    if first is None or first.net.natural - first.net.mid < Decimal("0.01"):
        return None
    return Case(legs, chance.choice((1, 2, 5)), whole)


def _symbol(name: str, expiry: object, right: str, spec: UnderlyingPart, distance: float) -> str:
    step = float(spec.strike_step or 5)
    strike = round(float(spec.spot) * (1 + distance) / step) * step
    return f"{name}{expiry:%y%m%d}{right}{round(strike * 1000):08d}"


def _look(market: Market, legs: Sequence[TicketLeg], at: datetime) -> Look | None:
    market.move(at, trading=True)
    found = market.quotes([leg.symbol for leg in legs])
    if len(found) < len(legs) or any(quote.bid <= 0 for quote in found.values()):
        return None
    quotes = {
        symbol: Quote(symbol, it.bid, it.ask, it.bid_size, it.ask_size, at)
        for symbol, it in found.items()
    }
    sides = {Side.BUY: ExchangeSide.BUY, Side.SELL: ExchangeSide.SELL}
    offered = tuple(
        OfferedLeg(
            found[leg.symbol],
            sides[leg.side],
            leg.ratio,
            found[leg.symbol].ask_size if leg.side is Side.BUY else found[leg.symbol].bid_size,
        )
        for leg in legs
    )
    seen = see(legs, quotes, at)
    return None if seen.net is None else Look(at, quotes, offered, seen.net)


# --- one policy on one case


def close(case: Case, policy: Policy, curve: Curve, seed: int) -> Result:
    """Work the order second by second until it has filled or five minutes are over."""
    model, chance = TouchModel(curve, PARTIALS), Chance(seed)
    limit_at = policy(case)
    result, left = Result(), case.units
    paid = beyond_mid = beyond_decision = 0.0
    first = case.looks[0].net
    shown: Decimal | None = None
    for second, look in enumerate(case.looks):
        limit = limit_at(second)
        if limit is not None and limit != shown:
            result.crossed_natural |= limit > look.net.natural
        shown = limit
        fill = model.fill(Offer(look.offered, left, limit), 1.0, chance)
        if fill is not None:
            price = _net(case.legs, fill.prices)
            beyond_mid += fill.units * _share(price, look.net)
            beyond_decision += fill.units * _share(price, first)
            left -= fill.units
        if second == MINUTE or (not left and second < MINUTE):
            paid = beyond_mid + left * 1.0
            result.at_a_minute = paid / case.units
        if not left:
            result.filled_at = second
            result.share = beyond_mid / case.units
            result.share_of_decision = beyond_decision / case.units
            break
    return result


def _net(legs: Sequence[TicketLeg], prices: Sequence[Decimal]) -> Decimal:
    return sum(
        (leg.ratio * leg.side.sign * price for leg, price in zip(legs, prices, strict=True)),
        Decimal(0),
    )


def _share(price: Decimal, net: NetQuote) -> float:
    half = net.natural - net.mid
    return float((price - net.mid) / half) if half else 0.0


# --- all of them


@dataclass(slots=True)
class Tally:
    """Every result of one policy under one fill model."""

    results: list[Result] = field(default_factory=list)

    def row(self, name: str) -> str:
        count = len(self.results)
        took = [it.filled_at for it in self.results if it.filled_at is not None]
        within = {limit: sum(second <= limit for second in took) / count for limit in (15, 60, 300)}
        soon = [
            it.share
            for it in self.results
            if it.share is not None and it.filled_at is not None and it.filled_at <= MINUTE
        ]
        decision = [it.share_of_decision for it in self.results if it.share_of_decision is not None]
        at_a_minute = [it.at_a_minute for it in self.results]
        return (
            f"| {name} | {_percent(decision, 50)} | {_percent(decision, 90)} | "
            f"{_percent(soon, 50)} | {_percent(soon, 90)} | "
            f"{_percent(at_a_minute, 50)} | {_percent(at_a_minute, 90)} | "
            f"{within[15]:.0%} | {within[60]:.0%} | {within[300]:.0%} | "
            f"{median(took) if took else float('nan'):.0f} s | "
            f"{sum(it.crossed_natural for it in self.results)} |"
        )


def _percent(shares: Sequence[float], rank: int) -> str:
    if len(shares) < 2:  # noqa: PLR2004 - no rank of one
        return "-"
    return f"{quantiles(shares, n=100, method='inclusive')[rank - 1]:.0%}"


def close_all(lag: int, stands: int, seed: int) -> dict[tuple[str, str], Result] | None:
    """Every policy under every fill model on the case of this seed."""
    case = draw_case(seed)
    if case is None:
        return None
    return {
        (model, name): close(case, policy, curve, seed)
        for model, curve in CURVES.items()
        for name, policy in policies(lag, stands).items()
    }


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    reader.add_argument("--closes", type=int, default=500)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--lag", type=int, choices=(0, 1, 2), default=0)
    reader.add_argument("--stands", type=int, choices=(1, 2), default=1)
    chosen = reader.parse_args()
    names = list(policies(chosen.lag, chosen.stands))
    tallies = {(model, name): Tally() for model in CURVES for name in names}
    drawn = 0
    with ProcessPoolExecutor() as pool:
        seeds = range(chosen.seed, chosen.seed + 4 * chosen.closes)
        for found in pool.map(partial(close_all, chosen.lag, chosen.stands), seeds, chunksize=5):
            if found is None or drawn == chosen.closes:
                continue
            drawn += 1
            for key, result in found.items():
                tallies[key].results.append(result)
    for model in CURVES:
        print(f"\n{drawn} closes, fill model {model}\n")
        print(
            "| policy | from decision p50 | p90 | at the fill p50 | p90 | at 60 s p50 | p90 "
            "| filled 15 s | 60 s | 300 s | time p50 | crossed |"
        )
        print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
        for name in names:
            print(tallies[model, name].row(name))


if __name__ == "__main__":
    main()
