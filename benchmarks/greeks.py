"""
How long a portfolio takes to value: prices by spot, greeks, volatility, and whole outlooks.

Prints milliseconds of processor and of wall time over several rounds; other work on the
machine shows in the second alone. The bare table of 1,000 legs by 200 spots is the figure of
docs/adr/0012; the others are what the server does.

    python benchmarks/greeks.py [--rounds 30]
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median

import numpy as np

from closeout.domain.greeks import Contracts, greeks, implied_volatility, value
from closeout.domain.outlook import Market, outlooks
from closeout.domain.quotes import Quote
from closeout.domain.strategies import Leg

NOW = datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
CHANCE = np.random.default_rng(7)
RATE = 0.04


def contracts(legs: int) -> Contracts:
    """Return calls and puts around 450, of a week to a year."""
    return Contracts(
        strike=CHANCE.uniform(300, 600, legs).round(),
        sign=CHANCE.choice([-1.0, 1.0], legs),
        years=CHANCE.uniform(7 / 365, 1, legs),
    )


def condors(count: int) -> tuple[list[list[Leg]], Market]:
    """Return iron condors on so many underlyings, all quoted."""
    positions, quotes = [], {}
    for number in range(count):
        ticker = f"T{number:03d}"
        ticker = "".join(chr(65 + int(digit)) if digit.isdigit() else digit for digit in ticker)
        legs = []
        for right, strike, sign in (("P", 430, 1), ("P", 440, -1), ("C", 470, -1), ("C", 480, 1)):
            symbol = f"{ticker}261218{right}{strike * 1000:08d}"
            legs.append(Leg(f"leg_{symbol}", symbol, ticker, sign * 10, Decimal("2.00")))
            mid = Decimal("1.90") if strike in {430, 480} else Decimal("3.10")
            quotes[symbol] = Quote(symbol, mid, mid + Decimal("0.10"), 5, 5, NOW)
        positions.append(legs)
        quotes[ticker] = Quote(ticker, Decimal("455.00"), Decimal("455.10"), 5, 5, NOW)
    return positions, Market(quotes, {}, RATE)


def measure(name: str, work: Callable[[], object], rounds: int) -> None:
    """Run once to warm up, then so many rounds, and print one line."""
    work()
    wall, cpu = [], []
    for _ in range(rounds):
        started, used = time.perf_counter(), time.process_time()
        work()
        cpu.append((time.process_time() - used) * 1000)
        wall.append((time.perf_counter() - started) * 1000)
    print(f"{name:46}{median(cpu):12.1f}{min(wall):9.1f}{median(wall):9.1f}{max(wall):9.1f}")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds

    legs = contracts(1000)
    spot = CHANCE.uniform(420, 480, 1000)
    table = spot[:, None] * np.linspace(0.8, 1.2, 200)
    volatility = CHANCE.uniform(0.1, 0.9, 1000)
    price = value(legs, spot, volatility, RATE)
    positions, market = condors(200)

    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"{machine}, Python {platform.python_version()}, NumPy {np.__version__}")
    print(f"{'milliseconds':46}{'cpu median':>12}{'least':>9}{'median':>9}{'most':>9}")
    measure(
        "1,000 legs x 200 spots, value",
        lambda: value(legs.spread(), table, volatility[:, None], RATE),
        rounds,
    )
    measure("1,000 legs, greeks", lambda: greeks(legs, spot, volatility, RATE), rounds)
    measure(
        "1,000 legs, implied volatility",
        lambda: implied_volatility(legs, spot, price, RATE),
        rounds,
    )
    measure("200 condors, whole outlooks", lambda: outlooks(positions, market, NOW), rounds)


if __name__ == "__main__":
    main()
