"""How an average entry price moves, as Alpaca's does."""

from decimal import Decimal

import pytest
from simulator.exchange.worlds import put

from alpaca_simulator.exchange.holdings import Holding
from alpaca_simulator.exchange.ledger import Ledger

TRADES: list[tuple[str, list[tuple[int, str]], int, str]] = [
    ("adding averages in", [(2, "1.00"), (1, "4.00")], 3, "2"),
    ("adding to a short averages in", [(-2, "1.00"), (-1, "4.00")], -3, "2"),
    ("reducing keeps the average", [(3, "2.00"), (-1, "9.00")], 2, "2"),
    ("reducing a short keeps the average", [(-3, "2.00"), (1, "9.00")], -2, "2"),
    ("crossing zero starts anew", [(1, "2.00"), (-3, "5.00")], -2, "5"),
]


@pytest.mark.parametrize(
    ("trades", "qty", "average"), [row[1:] for row in TRADES], ids=[row[0] for row in TRADES]
)
def test_the_average_entry_follows_the_trades(
    trades: list[tuple[int, str]], qty: int, average: str
) -> None:
    ledger = Ledger(Decimal(0))
    for signed, price in trades:
        ledger.trade(put(560), signed, Decimal(price))
    assert Holding(put(560), qty, Decimal(average)) == ledger.holdings[put(560)]
    assert -100 * sum(n * Decimal(price) for n, price in trades) == ledger.cash


def test_a_holding_bought_and_sold_is_gone() -> None:
    ledger = Ledger(Decimal(0))
    ledger.trade("SPY", 10, Decimal(600))
    ledger.trade("SPY", -10, Decimal(601))
    assert ({}, Decimal(10)) == (ledger.holdings, ledger.cash)
