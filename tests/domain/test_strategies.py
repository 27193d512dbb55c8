"""Legs and strategies: sides, units, entry, and ids that follow from content."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import a_covered_call, a_leg, a_strategy, an_iron_condor, call, put

from closeout.domain.orders import Side
from closeout.domain.strategies import Strategy, leg_id, net_entry, strategy_id


def test_a_long_leg_is_sold_and_a_short_leg_bought_back() -> None:
    long, short = a_leg(put(440), 10), a_leg(put(450), -10)

    assert (Side.SELL, 10, False) == (long.closing_side, long.contracts, long.is_short)
    assert (Side.BUY, 10, True) == (short.closing_side, short.contracts, short.is_short)


@pytest.mark.parametrize(("symbol", "multiplier"), [(put(440), 100), ("NVDA", 1)])
def test_an_option_price_counts_a_hundred_times(symbol: str, multiplier: int) -> None:
    assert multiplier == a_leg(symbol, 1).multiplier


BUTTERFLY = a_strategy(
    a_leg(call(440), 2, "12.00"), a_leg(call(450), -4, "5.00"), a_leg(call(460), 2, "1.00")
)


@pytest.mark.parametrize(
    ("units", "strategy"),
    [
        (10, an_iron_condor(10)),
        (2, BUTTERFLY),
        (2, a_covered_call(2)),
        (1, a_strategy(a_leg(put(440), 3), a_leg(put(450), -2))),
        (150, a_strategy(a_leg("NVDA", 150))),
    ],
)
def test_units_are_how_often_the_package_is_held(units: int, strategy: Strategy) -> None:
    assert units == strategy.units


@pytest.mark.parametrize(
    ("entry", "strategy"),
    [
        ("-2.00", an_iron_condor(10)),  # a credit
        ("3.00", BUTTERFLY),  # 12 - 2 × 5 + 1
        ("117.00", a_covered_call(2)),  # 120 for the shares, 3 from the call
        ("120.00", a_strategy(a_leg("NVDA", 150, "120.00"))),
    ],
)
def test_net_entry_is_a_share_of_one_unit(entry: str, strategy: Strategy) -> None:
    assert Decimal(entry) == net_entry(strategy)


def test_without_one_entry_there_is_no_net_entry() -> None:
    assert None is net_entry(a_strategy(a_leg(put(440), 1, None), a_leg(put(450), -1)))


def test_a_strategy_expires_with_its_first_leg() -> None:
    calendar = a_strategy(a_leg(call(450), -1), a_leg(call(450, expiry="270115"), 1))

    assert date(2026, 12, 18) == calendar.expiry
    assert None is a_strategy(a_leg("NVDA", 100)).expiry


def test_a_leg_is_found_by_its_id() -> None:
    condor = an_iron_condor()

    assert condor.legs[2] == condor.leg(condor.legs[2].id)
    assert None is condor.leg("leg_of_nobody")


def test_ids_are_the_same_on_every_machine_and_every_day() -> None:
    """They stand in journals and bookmarks, so the derivation never changes."""
    assert "pos_ce6936c6d2f7a44f" == strategy_id("PA1", "SPY", "2026-12-18")
    assert "leg_58672f930c9d42e2" == leg_id("pos_1", put(440))


@given(st.lists(st.text(max_size=5), min_size=1, max_size=3))
def test_an_id_tells_accounts_and_parts_apart(parts: list[str]) -> None:
    """Neither joining two parts nor another account leads to the same id."""
    same = strategy_id("PA1", *parts)

    assert same == strategy_id("PA1", *parts)
    assert same != strategy_id("PA2", *parts)
    assert same != strategy_id("PA1", *parts, "more")
    if len(parts) > 1:
        assert same != strategy_id("PA1", "".join(parts))
