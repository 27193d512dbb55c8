"""
How long it takes to sort an account into strategies, and how that grows with the account.

Prints milliseconds for books of 250 to 4,000 legs, once with no history at all, so that every
strategy is recognised by its shape, and once with every opening order. `cold` has never seen
the contracts, `again` is the same account at the next look. The exponent is the slope of a
straight line through the logarithms: 1 is linear, n log n is about 1.15 here.

    python benchmarks/grouping.py [--rounds 5]
"""

import argparse
import math
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from random import Random
from string import ascii_uppercase

from closeout.domain.grouping import group
from closeout.domain.holdings import Holding, Holdings
from closeout.domain.occ import option_or_none
from closeout.domain.orders import Intent, LegReport, OrderReport, OrderStatus, Side
from closeout.domain.recognition import forget

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

    def new() -> None:
        forget()
        option_or_none.cache_clear()

    cases: dict[str, list[float]] = {"shape, cold": [], "shape, again": [], "orders, cold": []}
    for book in books:
        held, orders = book.holdings, book.orders

        def by_shape(held: Holdings = held) -> object:
            return group("PA1", held, (), {})

        def by_orders(held: Holdings = held, orders: tuple[OrderReport, ...] = orders) -> object:
            return group("PA1", held, orders, {})

        cases["shape, cold"].append(measured(by_shape, new, rounds))
        by_shape()
        cases["shape, again"].append(measured(by_shape, lambda: None, rounds))
        cases["orders, cold"].append(measured(by_orders, new, rounds))
    print(f"{platform.machine()}, Python {platform.python_version()}; best of {rounds}, ms\n")
    print(f"{'legs':>8}" + "".join(f"{name:>16}" for name in cases))
    sizes = [len(book.holdings.rows) for book in books]
    for place, size in enumerate(sizes):
        print(f"{size:>8}" + "".join(f"{each[place]:>16.1f}" for each in cases.values()))
    fitted = "".join(f"{exponent(sizes, each):>16.2f}" for each in cases.values())
    print(f"{'exponent':>8}{fitted}")
    logs = [size * math.log(size) for size in sizes]
    print(f"n log n would be {exponent(sizes, logs):.2f}")


if __name__ == "__main__":
    main()
