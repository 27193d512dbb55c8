"""
How long it takes to sort an account into strategies, and how that grows with the account.

Prints milliseconds for books of 250 to 4,000 legs, by how many of the opening orders are known:
all, none (every strategy is recognised by its shape), and what lies between. `again` is an
account without orders at the next look; all others are cold: nothing is remembered, neither
contracts nor names. The exponent is the slope of a straight line through the logarithms: 1 is
linear, n log n is about 1.15 here.

    python benchmarks/grouping.py [--rounds 5]
"""

import argparse
import math
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import product
from random import Random
from string import ascii_uppercase

from closeout.domain import recognition
from closeout.domain.grouping import group
from closeout.domain.holdings import Holding, Holdings
from closeout.domain.orders import Intent, LegReport, OrderReport, OrderStatus, Side

AT = datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
SIZES = (250, 500, 1000, 2000, 4000)
SHAPES: tuple[tuple[int, tuple[tuple[str, int, int, int], ...]], ...] = (
    # weight, and legs: right, strikes from the middle, which expiry, ratio
    (4, (("P", -4, 0, 1), ("P", -2, 0, -1), ("C", 2, 0, -1), ("C", 4, 0, 1))),
    (5, (("P", -4, 0, 1), ("P", -2, 0, -1))),
    (3, (("C", 1, 0, 1), ("C", 3, 0, -1))),
    (3, (("C", 2, 0, 1),)),
    (2, (("P", -2, 0, -1),)),
    (1, (("P", 0, 0, -1), ("C", 0, 0, -1))),
    (1, (("C", -2, 0, 1), ("C", 0, 0, -2), ("C", 2, 0, 1))),
    (1, (("C", 0, 0, -1), ("C", 0, 1, 1))),
)
"""What accounts are made of: mostly condors, verticals and singles."""
SHARES = {"all known": 1.0, "9 of 10": 0.9, "4 of 5": 0.8, "half": 0.5, "none": 0.0}


@dataclass(frozen=True, slots=True)
class Book:
    """An account: what it holds and the orders that opened it."""

    holdings: Holdings
    orders: tuple[OrderReport, ...]


def a_book(legs: int, dice: Random) -> Book:
    """
    Return a book of about so many legs: five strategies to an underlying, in two expiries.

    Strategies of one underlying share strikes, and so contracts, as they do in earnest.
    """
    total: dict[str, int] = {}
    orders: list[OrderReport] = []
    tickers = ("".join(letters) for letters in product(ascii_uppercase, repeat=3))
    while len(total) < legs:
        ticker = next(tickers)
        for _ in range(5):
            order = _opened(ticker, len(orders), dice)
            orders.append(order)
            for leg in order.legs:
                sign = leg.side.sign if leg.side else 0
                total[leg.symbol] = total.get(leg.symbol, 0) + sign * leg.filled
    rows = (
        Holding(symbol, Decimal(count), Decimal(abs(count)), Decimal(1), "us_option")
        for symbol, count in total.items()
        if count
    )
    return Book(Holdings(AT, tuple(rows)), tuple(orders))


def _opened(ticker: str, number: int, dice: Random) -> OrderReport:
    shape = dice.choices([legs for _, legs in SHAPES], [weight for weight, _ in SHAPES])[0]
    units, middle = dice.randint(1, 10), 100 + 5 * dice.randint(-2, 2)
    near = dice.randint(0, 1)
    expiries = ("261218", "270115", "270219")
    legs = tuple(
        LegReport(
            order_id=f"{number}-{place}",
            symbol=f"{ticker}{expiries[near + later]}{right}{1000 * (middle + 5 * steps):08d}",
            side=Side.BUY if ratio > 0 else Side.SELL,
            intent=Intent.BUY_TO_OPEN if ratio > 0 else Intent.SELL_TO_OPEN,
            ratio=abs(ratio),
            quantity=abs(ratio) * units,
            filled=abs(ratio) * units,
            average_price=Decimal("1.00"),
            status=OrderStatus.FILLED,
        )
        for place, (right, steps, later, ratio) in enumerate(shape)
    )
    at = AT - timedelta(days=9) + timedelta(minutes=number)
    return OrderReport(
        order_id=str(number),
        client_order_id="",
        status=OrderStatus.FILLED,
        raw_status="filled",
        order_class="mleg" if len(legs) > 1 else "simple",
        order_type="limit",
        units=units,
        filled_units=units,
        limit=None,
        net_price=None,
        legs=legs,
        submitted_at=at,
        updated_at=at,
        replaced_by=None,
        replaces=None,
    )


def known(orders: Sequence[OrderReport], share: float) -> list[OrderReport]:
    """Return so large a share of the orders, picked by chance but always the same."""
    return Random(11).sample(orders, round(share * len(orders)))


def forget() -> None:
    """Empty every cache of the domain, as after a start; what a start makes itself stays."""
    for name, module in [*sys.modules.items()]:
        if name.startswith("closeout.domain."):
            for each in vars(module).values():
                if hasattr(each, "cache_clear"):
                    each.cache_clear()
    recognition.forget()


def measured(work: Callable[[], object], before: Callable[[], object], rounds: int) -> float:
    """Return the best of some rounds in milliseconds: other work on the machine only adds."""
    best = math.inf
    for _ in range(rounds):
        before()
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return 1000 * best


def exponent(sizes: Sequence[float], milliseconds: Sequence[float]) -> float:
    """Fit a power of the size by least squares through the logarithms."""
    xs, ys = [math.log(size) for size in sizes], [math.log(each) for each in milliseconds]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    rise = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
    return rise / sum((x - middle_x) ** 2 for x in xs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    dice = Random(7)
    books = [a_book(size, dice) for size in SIZES]

    cases: dict[str, list[float]] = {name: [] for name in (*SHARES, "none, again")}
    for book in books:

        def sort_out(orders: Sequence[OrderReport], held: Holdings = book.holdings) -> object:
            return group("PA1", held, orders, {})

        for name, share in SHARES.items():
            work = partial(sort_out, known(book.orders, share))
            cases[name].append(measured(work, forget, rounds))
        sort_out(())
        cases["none, again"].append(measured(partial(sort_out, ()), lambda: None, rounds))
    print(f"{platform.machine()}, Python {platform.python_version()}; best of {rounds}, ms\n")
    print(f"{'orders':>8}" + "".join(f"{name:>14}" for name in cases))
    print(f"{'legs':>8}")
    sizes = [len(book.holdings.rows) for book in books]
    for place, size in enumerate(sizes):
        print(f"{size:>8}" + "".join(f"{each[place]:>14.1f}" for each in cases.values()))
    fitted = "".join(f"{exponent(sizes, each):>14.2f}" for each in cases.values())
    print(f"{'exponent':>8}{fitted}")
    logs = [size * math.log(size) for size in sizes]
    print(f"n log n would be {exponent(sizes, logs):.2f}")


if __name__ == "__main__":
    main()
