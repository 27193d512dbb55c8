"""What the close of a contract's last day, and an early assignment, do to an account."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from simulator.exchange.worlds import (
    BTC,
    BTO,
    CONDOR,
    NEAR,
    OPEN,
    STC,
    again,
    call,
    condor_close,
    exchange,
    holdings,
    later,
    package,
    put,
    single,
)

from alpaca_simulator.exchange.activities import ActivityFilter, ActivityType
from alpaca_simulator.exchange.contracts import Delivery
from alpaca_simulator.exchange.exchange import Exchange
from alpaca_simulator.exchange.orders import TimeInForce
from alpaca_simulator.exchange.refusals import Refusal

TODAY = date(2026, 3, 4)
CLOSE = datetime(2026, 3, 4, 21, tzinfo=UTC)
STILL: dict[str, Any] = {
    "market": {
        "underlyings": {
            "SPY": {
                "spot": 602,
                "vol": 1e-6,
                "class": "penny_all",
                "strike_step": 5,
                "dailies": True,
            }
        }
    }
}


def still(held: dict[str, int], **parts: Any) -> Exchange:
    return exchange(held, **STILL, **parts)


def rows(world: Exchange) -> list[tuple[ActivityType, str, int, Decimal | None]]:
    listed = world.activities(ActivityFilter(descending=False))
    return sorted((row.type, row.symbol, row.qty, row.net_amount) for row in listed)


@pytest.mark.parametrize(
    ("symbol", "qty", "shares", "how"),
    [
        (call(600, TODAY), 2, 200, ActivityType.OPTION_EXERCISE),
        (call(600, TODAY), -2, -200, ActivityType.OPTION_ASSIGNMENT),
        (put(605, TODAY), 1, -100, ActivityType.OPTION_EXERCISE),
        (put(605, TODAY), -1, 100, ActivityType.OPTION_ASSIGNMENT),
    ],
)
def test_in_the_money_becomes_shares_at_the_strike(
    symbol: str, qty: int, shares: int, how: ActivityType
) -> None:
    world = still({symbol: qty}, rules={"next_day_activities": False})
    world.advance(CLOSE)
    strike = Decimal(600 if "C" in symbol else 605)
    paid = -shares * strike
    assert {"SPY": shares} == holdings(world)
    assert 100_000 + paid == world.account().cash
    assert [(how, symbol, -qty, Decimal(0)), (ActivityType.OPTION_TRADE, "SPY", shares, paid)] == (
        rows(world)
    )


@pytest.mark.parametrize("qty", [3, -3])
def test_out_of_the_money_vanishes_worthless(qty: int) -> None:
    world = still({call(605, TODAY): qty}, rules={"next_day_activities": False})
    world.advance(CLOSE)
    assert {} == holdings(world)
    assert 100_000 == world.account().cash
    expired = (ActivityType.OPTION_EXPIRY, call(605, TODAY), -qty, Decimal(0))
    assert [expired] == rows(world)


def test_on_paper_the_balances_move_at_once_and_the_activity_shows_the_next_day() -> None:
    world = still({call(605, TODAY): 1})
    world.advance(CLOSE)
    assert ({}, []) == (holdings(world), rows(world))
    world.advance(datetime(2026, 3, 5, 15, tzinfo=UTC))
    assert 1 == len(rows(world))


def test_a_spread_through_both_strikes_settles_to_its_width_in_cash() -> None:
    world = still({call(590, TODAY): 1, call(600, TODAY): -1})
    world.advance(CLOSE)
    assert {} == holdings(world), "the shares of both legs cancel"
    assert Decimal(101_000) == world.account().cash


def test_a_contract_can_be_closed_to_the_last_second_and_not_after() -> None:
    world = still({call(600, TODAY): 2})
    world.advance(datetime(2026, 3, 4, 20, 59, 58, tzinfo=UTC))
    order = world.submit(single(call(600, TODAY), STC))
    later(world)
    assert "filled" == again(world, order).status
    world.advance(CLOSE)
    with pytest.raises(Refusal, match="is expired"):
        world.submit(single(call(600, TODAY), STC, limit="1"))
    assert None is world.quote(call(600, TODAY))


def test_an_order_in_a_contract_that_expires_ends_with_it() -> None:
    world = still({call(605, TODAY): 1})
    order = world.submit(single(call(605, TODAY), STC, limit="5", time_in_force=TimeInForce.GTC))
    world.advance(CLOSE)
    assert "expired" == again(world, order).status


def test_an_order_over_two_expirations_ends_with_the_first_and_frees_the_other() -> None:
    world = still({call(605, TODAY): -1, call(605): 1})
    order = world.submit(
        package(
            (BTC, call(605, TODAY)),
            (STC, call(605)),
            limit="-50",
            time_in_force=TimeInForce.GTC,
        )
    )
    world.advance(CLOSE)
    assert "expired" == again(world, order).status
    assert 1 == world.position(call(605)).qty_available


def test_an_always_open_world_settles_at_the_close_too() -> None:
    world = still({call(605, TODAY): 1}, clock={"session": "always_open"})
    world.advance(CLOSE)
    assert {} == holdings(world)


def test_a_half_day_expires_at_one_o_clock() -> None:
    day = date(2026, 11, 27)
    world = still({call(605, day): 1}, now=datetime(2026, 11, 27, 15, tzinfo=UTC))
    world.advance(datetime(2026, 11, 27, 17, 59, tzinfo=UTC))
    assert {call(605, day): 1} == holdings(world)
    world.advance(datetime(2026, 11, 27, 18, tzinfo=UTC))
    assert {} == holdings(world)


def test_a_jump_over_many_days_settles_every_one_of_them() -> None:
    held = {call(700, date(2026, 3, day)): 1 for day in (4, 5, 6)}
    world = still(held, rules={"next_day_activities": False})
    world.advance(datetime(2026, 3, 9, 15, tzinfo=UTC))
    assert {} == holdings(world)
    dates = [row.date for row in world.activities(ActivityFilter(descending=False))]
    assert [date(2026, 3, day) for day in (4, 5, 6)] == dates


def test_an_early_assignment_orphans_the_rest_and_cancels_the_close_that_needed_it() -> None:
    world = exchange(CONDOR)
    order = world.submit(condor_close(limit="0.01"))
    later(world)
    world.assign(call(640), 4)
    assert {**CONDOR, call(640): -6, "SPY": -400} == holdings(world)
    assert Decimal(100_000 + 400 * 640) == world.account().cash
    assert ("canceled", "assignment") == (again(world, order).status, again(world, order).reason)


@pytest.mark.parametrize("count", [0, 11])
def test_only_what_is_short_can_be_assigned(count: int) -> None:
    world = exchange(CONDOR)
    with pytest.raises(Refusal):
        world.assign(call(640), count)
    with pytest.raises(Refusal):
        world.assign(call(650), 1)
    assert CONDOR == holdings(world)


def test_last_equity_is_the_value_at_the_close() -> None:
    world = still({"SPY": 10})
    world.advance(CLOSE)
    assert Decimal(106_020) == world.account().last_equity
    assert OPEN < CLOSE


def test_the_broker_closes_one_leg_on_its_last_day() -> None:
    world = still({call(605, TODAY): -2, call(610, TODAY): 2})

    order = world.liquidate(call(605, TODAY), None)

    assert {call(610, TODAY): 2} == holdings(world)
    assert ("buy_to_close", 2) == (order.position_intent, order.filled_qty)


def test_the_broker_closes_nothing_that_lives_longer() -> None:
    world = still({call(605, NEAR): -2})

    with pytest.raises(Refusal, match="does not expire today"):
        world.liquidate(call(605, NEAR), None)


def test_a_corporate_action_renames_what_is_held_and_is_for_closing_only() -> None:
    world = still({call(605, NEAR): 2})

    (renamed,) = world.adjust("SPY")

    assert {renamed: 2} == holdings(world)
    assert call(605, NEAR).replace("SPY", "SPY1") == renamed
    assert world.quote(renamed) is not None
    with pytest.raises(Refusal, match="is not tradable"):
        world.submit(single(renamed, BTO))
    world.submit(single(renamed, STC))


def test_an_adjusted_contract_delivers_what_the_action_says_for_a_hundred_times_its_strike() -> (
    None
):
    world = still({call(605, NEAR): -2})
    before = world.account().cash
    (renamed,) = world.adjust("SPY", Delivery(150, Decimal("12.50")))
    world = Exchange.from_state(world.to_state())

    world.assign(renamed, 2)

    assert {"SPY": -300} == holdings(world)
    assert before + 2 * Decimal(60_500) - 2 * Decimal("12.50") == world.account().cash
    assert Delivery(150, Decimal("12.50")) == world.contract(renamed).delivery
