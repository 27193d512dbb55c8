"""Regulatory fees by a dated table, exactly and as Alpaca charges them."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout.domain.fees import (
    OPTION_RATES,
    SHARE_RATES,
    Basis,
    FeeCode,
    FeeRate,
    Trade,
    charged_total,
    exact_total,
    fees_of,
)
from closeout.domain.orders import Side

OLD, NOW, NEXT_YEAR = date(2025, 6, 2), date(2026, 11, 27), date(2027, 1, 4)


def an_option_trade(side: Side, contracts: int, price: str | None = "1.00") -> Trade:
    return Trade(
        is_option=True,
        side=side,
        quantity=contracts,
        multiplier=100,
        price=None if price is None else Decimal(price),
    )


def a_share_trade(side: Side, shares: int, price: str = "100.00") -> Trade:
    return Trade(is_option=False, side=side, quantity=shares, multiplier=1, price=Decimal(price))


def a_rate(code: FeeCode, amount: str, *, sales_only: bool, cap: str | None = None) -> FeeRate:
    return FeeRate(
        code=code,
        since=OLD,
        amount=Decimal(amount),
        basis=Basis.CONTRACT,
        sales_only=sales_only,
        source="test",
        confirmed=True,
        cap=None if cap is None else Decimal(cap),
    )


PUBLISHED = (
    a_rate(FeeCode.ORF, "0.02685", sales_only=False),
    a_rate(FeeCode.OCC, "0.02", sales_only=False, cap="55"),
    a_rate(FeeCode.TAF, "0.00279", sales_only=True),
)
"""The rates of Alpaca's page that the worked examples use."""


@pytest.mark.parametrize(
    ("condors", "exact", "about"), [(1, "0.19298", "0.19"), (10, "1.92980", "1.93")]
)
def test_closing_a_condor_costs_what_the_worked_examples_say(
    condors: int, exact: str, about: str
) -> None:
    """Two legs bought and two sold: 4 x 0.04685 + 2 x 0.00279 a condor."""
    sides = (Side.SELL, Side.BUY, Side.BUY, Side.SELL)
    fees = [
        fee for side in sides for fee in fees_of(an_option_trade(side, condors), OLD, PUBLISHED)
    ]

    total = exact_total(fees)

    assert Decimal(exact) == total
    assert Decimal(about) == round(total or Decimal(0), 2)


def test_each_kind_is_rounded_up_once() -> None:
    """One condor: ORF 0.1074, OCC 0.08, TAF 0.00558."""
    sides = (Side.SELL, Side.BUY, Side.BUY, Side.SELL)
    fees = [fee for side in sides for fee in fees_of(an_option_trade(side, 1), OLD, PUBLISHED)]

    assert Decimal("0.11") + Decimal("0.08") + Decimal("0.01") == charged_total(fees)


def test_each_day_is_rounded_up_by_itself() -> None:
    """Nine contracts are an ORF of 0.24165: twice that 0.4833, on two days 0.25 and 0.25."""
    orf = [rate for rate in PUBLISHED if rate.code is FeeCode.ORF]
    trade, next_day = an_option_trade(Side.BUY, 9), OLD + timedelta(days=1)
    today, tomorrow = (fees_of(trade, on, orf) for on in (OLD, next_day))

    assert (Decimal("0.49"), Decimal("0.50")) == (
        charged_total(today + today),
        charged_total(today + tomorrow),
    )


def test_a_cap_holds_for_one_trade() -> None:
    """At 0.02 a contract the OCC's 55 dollars are reached at 2,750."""
    occ = {
        contracts: fee.amount
        for contracts in (2750, 2751, 9000)
        for fee in fees_of(an_option_trade(Side.BUY, contracts), OLD, PUBLISHED)
        if fee.rate.code is FeeCode.OCC
    }

    assert {2750: Decimal(55), 2751: Decimal(55), 9000: Decimal(55)} == occ


def amounts(trade: Trade, on: date) -> dict[str, str | None]:
    return {
        fee.rate.code.value: None if fee.amount is None else str(fee.amount.normalize())
        for fee in fees_of(trade, on)
    }


@pytest.mark.parametrize(
    ("side", "on", "expected"),
    [
        (Side.BUY, OLD, {"orf": "0.2685", "occ": "0.2", "cat": "0.046"}),
        (
            Side.SELL,
            OLD,
            {"orf": "0.2685", "occ": "0.2", "taf": "0.0279", "cat": "0.046", "sec": "0"},
        ),
        (Side.BUY, NOW, {"orf": "0.15", "occ": "0.25", "cat": "0.003"}),
        (
            Side.SELL,
            NOW,
            {"orf": "0.15", "occ": "0.25", "taf": "0", "cat": "0.003", "sec": "0.0206"},
        ),
        (
            Side.SELL,
            NEXT_YEAR,
            {"orf": "0.15", "occ": "0.25", "taf": "0.0329", "cat": "0.003", "sec": "0.0206"},
        ),
    ],
)
def test_ten_contracts_at_a_dollar_by_date(
    side: Side, on: date, expected: dict[str, str | None]
) -> None:
    assert expected == amounts(an_option_trade(side, 10), on)


def test_shares_pay_neither_exchanges_nor_the_clearing_house() -> None:
    assert {"taf": "0", "cat": "0.0006", "sec": "0.412"} == amounts(
        a_share_trade(Side.SELL, 200), NOW
    )
    assert {"cat": "0.0006"} == amounts(a_share_trade(Side.BUY, 200), NOW)


def test_the_cap_of_a_share_sale_is_finras() -> None:
    assert "9.79" == amounts(a_share_trade(Side.SELL, 60_000), NEXT_YEAR)["taf"]


def test_a_sale_at_an_unknown_price_leaves_the_sec_open_and_with_it_the_total() -> None:
    fees = fees_of(an_option_trade(Side.SELL, 10, None), NOW)

    assert [FeeCode.SEC] == [fee.rate.code for fee in fees if fee.amount is None]
    assert (None, None) == (exact_total(fees), charged_total(fees))


def test_a_rate_of_zero_needs_no_price() -> None:
    assert "0" == amounts(an_option_trade(Side.SELL, 10, None), OLD)["sec"]


def test_a_date_before_the_table_takes_its_first_rows() -> None:
    assert "0.278" == amounts(an_option_trade(Side.SELL, 100, "1.00"), date(1970, 1, 1))["sec"]


@pytest.mark.parametrize("table", [OPTION_RATES, SHARE_RATES])
def test_the_tables_are_in_order_and_say_where_they_come_from(table: tuple[FeeRate, ...]) -> None:
    for code in {rate.code for rate in table}:
        since = [rate.since for rate in table if rate.code is code]
        assert sorted(set(since)) == since, code
    assert [] == [rate for rate in table if not rate.source or rate.amount < 0]


trades = st.builds(
    Trade,
    is_option=st.booleans(),
    side=st.sampled_from(Side),
    quantity=st.integers(1, 10_000),
    multiplier=st.sampled_from([1, 100]),
    price=st.decimals(0, 10_000, places=4),
)
days = st.dates(date(2024, 1, 1), date(2029, 12, 31))


@given(trades, days)
def test_a_fee_is_never_negative_and_never_above_its_cap(trade: Trade, on: date) -> None:
    for fee in fees_of(trade, on):
        assert fee.amount is not None
        assert Decimal(0) <= fee.amount
        assert fee.rate.cap is None or fee.amount <= fee.rate.cap


@given(st.lists(trades, max_size=6), days)
def test_what_is_charged_is_the_exact_sum_and_less_than_a_cent_a_kind_more(
    several: list[Trade], on: date
) -> None:
    fees = [fee for trade in several for fee in fees_of(trade, on)]
    exact, charged = exact_total(fees), charged_total(fees)

    assert exact is not None
    assert charged is not None
    assert exact <= charged < exact + Decimal("0.01") * len(FeeCode)
    assert charged == charged.quantize(Decimal("0.01"), ROUND_CEILING)


@given(trades, days)
def test_buying_never_costs_more_fees_than_selling(trade: Trade, on: date) -> None:
    bought = exact_total(fees_of(_turned(trade, Side.BUY), on))
    sold = exact_total(fees_of(_turned(trade, Side.SELL), on))

    assert bought is not None
    assert sold is not None
    assert bought <= sold


def _turned(trade: Trade, side: Side) -> Trade:
    return replace(trade, side=side)
