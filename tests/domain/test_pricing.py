"""Prices on valid ticks: never a cent given away."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout.domain.orders import Side
from closeout.domain.pricing import (
    EVERY_CENT,
    PENNY_EVERYWHERE,
    TickRule,
    conservative,
    conservative_net,
    is_on_tick,
    neighbours,
    option_tick_rule,
)

PENNY_PROGRAM = option_tick_rule("AAPL", penny_program=True)
NICKEL = option_tick_rule("XYZ", penny_program=False)
RULES = st.sampled_from([PENNY_PROGRAM, NICKEL, EVERY_CENT])
prices = st.integers(1, 2_000_000).map(lambda n: Decimal(n).scaleb(-4))


@pytest.mark.parametrize(
    ("rule", "price", "tick"),
    [
        (PENNY_PROGRAM, "0.01", "0.01"),
        (PENNY_PROGRAM, "2.99", "0.01"),
        (PENNY_PROGRAM, "3.00", "0.05"),
        (PENNY_PROGRAM, "41.20", "0.05"),
        (NICKEL, "0.05", "0.05"),
        (NICKEL, "2.95", "0.05"),
        (NICKEL, "3.00", "0.10"),
        (NICKEL, "41.20", "0.10"),
        (EVERY_CENT, "2.99", "0.01"),
        (EVERY_CENT, "3.01", "0.01"),
    ],
)
def test_a_class_steps_by_its_tick(rule: TickRule, price: str, tick: str) -> None:
    assert Decimal(tick) == rule.tick(Decimal(price))


@pytest.mark.parametrize("underlying", ["SPY", "QQQ", "IWM"])
@pytest.mark.parametrize("penny_program", [True, False])
def test_three_classes_trade_in_pennies_at_every_price(
    underlying: str, *, penny_program: bool
) -> None:
    assert EVERY_CENT == option_tick_rule(underlying, penny_program=penny_program)


def test_only_three_classes_do() -> None:
    assert {"SPY", "QQQ", "IWM"} == PENNY_EVERYWHERE


@pytest.mark.parametrize(
    ("rule", "price", "valid"),
    [
        (PENNY_PROGRAM, "2.97", True),
        (PENNY_PROGRAM, "2.975", False),
        (PENNY_PROGRAM, "3.02", False),
        (PENNY_PROGRAM, "3.05", True),
        (NICKEL, "2.97", False),
        (NICKEL, "3.05", False),
        (NICKEL, "3.10", True),
        (EVERY_CENT, "18.12", True),
        (EVERY_CENT, "18.125", False),
    ],
)
def test_a_price_is_on_a_tick_or_not(rule: TickRule, price: str, *, valid: bool) -> None:
    assert valid == is_on_tick(Decimal(price), rule)


@pytest.mark.parametrize(
    ("rule", "price", "buy", "sell"),
    [
        (PENNY_PROGRAM, "1.234", "1.23", "1.24"),
        (PENNY_PROGRAM, "3.02", "3.00", "3.05"),
        (PENNY_PROGRAM, "2.995", "2.99", "3.00"),
        (NICKEL, "1.23", "1.20", "1.25"),
        (NICKEL, "2.97", "2.95", "3.00"),
        (NICKEL, "3.05", "3.00", "3.10"),
        (EVERY_CENT, "18.125", "18.12", "18.13"),
        (EVERY_CENT, "18.12", "18.12", "18.12"),
        (EVERY_CENT, "0.004", "0.01", "0.01"),  # less than a tick cannot be said
    ],
)
def test_buys_round_down_and_sells_round_up(
    rule: TickRule, price: str, buy: str, sell: str
) -> None:
    assert Decimal(buy) == conservative(Decimal(price), Side.BUY, rule)
    assert Decimal(sell) == conservative(Decimal(price), Side.SELL, rule)
    assert (Decimal(buy), Decimal(sell)) == neighbours(Decimal(price), rule)


@given(prices, RULES)
def test_a_buy_never_pays_more_than_was_asked(price: Decimal, rule: TickRule) -> None:
    bid = conservative(price, Side.BUY, rule)

    assert is_on_tick(bid, rule)
    assert bid <= max(price, rule.below)
    assert price - bid < rule.tick(price)


@given(prices, RULES)
def test_a_sale_never_takes_less_than_was_asked(price: Decimal, rule: TickRule) -> None:
    offer = conservative(price, Side.SELL, rule)

    assert is_on_tick(offer, rule)
    assert offer >= price
    assert offer - price < rule.tick(price)


@given(st.integers(-2_000_000, 2_000_000).map(lambda n: Decimal(n).scaleb(-4)))
def test_a_net_price_pays_less_or_receives_more(net: Decimal) -> None:
    """Debits are positive and credits negative, so giving nothing away is rounding down."""
    limit = conservative_net(net)

    assert limit <= net
    assert net - limit < Decimal("0.01")
    assert 0 == limit % Decimal("0.01")


@pytest.mark.parametrize(
    ("net", "limit"),
    [("1.005", "1.00"), ("-1.005", "-1.01"), ("0.004", "0.00"), ("-0.004", "-0.01"), ("2", "2")],
)
def test_a_net_price_takes_whole_cents(net: str, limit: str) -> None:
    assert Decimal(limit) == conservative_net(Decimal(net))
