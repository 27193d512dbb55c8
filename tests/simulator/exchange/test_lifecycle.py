"""An order's life from submission to its end, as the stream tells it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from simulator.exchange.worlds import (
    BTC,
    BTO,
    CONDOR,
    NIGHT,
    SHALLOW,
    STC,
    STO,
    again,
    call,
    condor_close,
    exchange,
    holdings,
    later,
    package,
    put,
    single,
    told,
    updates,
)

from alpaca_simulator.exchange.activities import ActivityFilter, ActivityType
from alpaca_simulator.exchange.orders import (
    AssetClass,
    OrderFilter,
    OrderType,
    Side,
    TimeInForce,
)
from alpaca_simulator.exchange.refusals import Refusal


def test_a_market_condor_close_fills_all_legs_in_one_event_on_the_parent() -> None:
    world = exchange(CONDOR)
    order = world.submit(condor_close())
    assert "pending_new" == order.status
    events = updates(later(world))
    assert ["pending_new", "new", "fill"] == [event.event for event in events]
    fill = events[-1]
    assert "filled" == fill.order.status == again(world, order).status
    assert [order.id] == [event.order.id for event in events[-1:]]
    assert dict.fromkeys(CONDOR, 0) == fill.position_qtys
    assert None is fill.execution_id
    assert [leg.id for leg in order.legs] == [each.order_id for each in fill.legs]
    assert [10, 10, 10, 10] == [each.qty for each in fill.legs]
    assert {} == holdings(world)


def test_the_parents_average_is_the_signed_net_of_its_legs() -> None:
    world = exchange(CONDOR)
    order = world.submit(condor_close())
    fill = updates(later(world))[-1]
    signs = [-1, 1, 1, -1]
    net = sum(sign * leg.price for sign, leg in zip(signs, fill.legs, strict=True))
    assert net == fill.price == again(world, order).filled_avg_price


def test_a_market_order_trades_at_the_touch() -> None:
    world = exchange({put(560): -1})
    order = world.submit(single(put(560), BTC))
    fill = updates(later(world))[-1]
    quote = world.quote(put(560))
    assert quote is not None
    assert quote.ask == fill.price == again(world, order).filled_avg_price
    assert 0 == fill.position_qty
    assert {} == fill.position_qtys


def test_cash_moves_by_the_price_of_a_hundred_shares_a_contract() -> None:
    world = exchange({put(560): -3})
    world.submit(single(put(560), BTC, qty="3"))
    fill = updates(later(world))[-1]
    assert fill.price is not None
    assert Decimal(100_000) - 300 * fill.price == world.account().cash


def test_a_package_fills_by_whole_units_when_the_touch_is_shallow() -> None:
    world = exchange(CONDOR, **SHALLOW)
    order = world.submit(condor_close())
    fills = [event for event in updates(later(world)) if event.qty]
    part = again(world, order)
    assert "partial_fill" == fills[0].event
    assert "partially_filled" == part.status
    assert 0 < part.filled_qty < 10
    assert {part.filled_qty} == {leg.filled_qty for leg in part.legs}
    for _ in range(20):
        later(world)
    assert "filled" == again(world, order).status


def test_a_partial_fill_shrinks_what_is_held_and_what_is_claimed_alike() -> None:
    world = exchange(CONDOR, **SHALLOW)
    order = world.submit(condor_close())
    assert 0 == world.position(put(560)).qty_available
    later(world)
    left = 10 - again(world, order).filled_qty
    position = world.position(put(560))
    assert (-left, 0) == (position.qty, position.qty_available)


def test_what_has_filled_is_no_longer_claimed() -> None:
    world = exchange(CONDOR, **SHALLOW)
    order = world.submit(condor_close(qty="6"))
    later(world)
    filled = again(world, order).filled_qty
    assert 0 < filled < 6
    position = world.position(put(560))
    assert (-(10 - filled), -4) == (position.qty, position.qty_available)


def test_a_leg_of_ratio_two_trades_two_contracts_a_unit() -> None:
    butterfly = {call(590): 3, call(600): -6, call(610): 3}
    world = exchange(butterfly)
    order = world.submit(
        package((STC, call(590)), (BTC, call(600), "2"), (STC, call(610)), qty="3")
    )
    fill = updates(later(world))[-1]
    assert [3, 6, 3] == [leg.qty for leg in fill.legs]
    assert [3, 6, 3] == [leg.filled_qty for leg in again(world, order).legs]
    net = -fill.legs[0].price + 2 * fill.legs[1].price - fill.legs[2].price
    assert net == fill.price
    assert {} == holdings(world)


def test_two_orders_of_one_step_share_what_the_touch_shows() -> None:
    world = exchange(CONDOR, **SHALLOW)
    first = world.submit(single(put(560), BTC, qty="5"))
    second = world.submit(single(put(560), BTC, qty="5"))
    quote = world.quote(put(560))
    assert quote is not None
    later(world, 0.000001)
    assert (quote.ask_size, 0) == (again(world, first).filled_qty, again(world, second).filled_qty)


def test_available_quantity_comes_back_with_the_cancel() -> None:
    world = exchange(CONDOR)
    order = world.submit(condor_close(qty="4", limit="0.01"))
    assert (-6, 6) == (
        world.position(put(560)).qty_available,
        world.position(put(550)).qty_available,
    )
    world.cancel(order.id)
    later(world)
    assert (-10, 10) == (
        world.position(put(560)).qty_available,
        world.position(put(550)).qty_available,
    )


def test_a_cancel_is_asked_for_first_and_done_at_the_next_step() -> None:
    world = exchange(CONDOR)
    order = world.submit(condor_close(limit="0.01"))
    later(world)
    world.cancel(order.id)
    asked = again(world, order)
    assert ("pending_cancel", world.now) == (asked.status, asked.cancel_requested_at)
    assert ["pending_cancel", "canceled"] == told(later(world))
    done = again(world, order)
    assert ("canceled", world.now) == (done.status, done.canceled_at)
    assert {"canceled"} == {leg.status for leg in done.legs}


def test_a_fill_may_overtake_a_cancel() -> None:
    world = exchange()
    resting = world.submit(single(call(605), BTO, limit="9"))
    later(world)
    world.cancel(resting.id)
    world.set_spot("SPY", Decimal(560))
    assert ["pending_cancel", "fill"] == told(later(world))
    assert "filled" == again(world, resting).status


def test_cancelling_again_is_fine_but_a_filled_order_refuses() -> None:
    world = exchange({put(560): -2})
    order = world.submit(single(put(560), BTC, limit="0.01"))
    world.cancel(order.id)
    world.cancel(order.id)
    later(world)
    world.cancel(order.id)
    filled = world.submit(single(put(560), BTC))
    later(world)
    with pytest.raises(Refusal) as caught:
        world.cancel(filled.id)
    assert (422, 'order is already in "filled" state') == (
        caught.value.status,
        caught.value.message,
    )


def test_a_limit_order_of_the_night_queues_and_works_at_the_open() -> None:
    world = exchange(CONDOR, now=NIGHT)
    order = world.submit(condor_close(limit="50"))
    assert "accepted" == order.status
    assert datetime(2026, 3, 5, 21, 0, tzinfo=UTC) == order.expires_at
    assert ["accepted"] == told(world.advance(datetime(2026, 3, 5, 14, 30, tzinfo=UTC)))
    assert ["new", "fill"] == told(later(world))
    assert "filled" == again(world, order).status


def test_a_queued_order_can_be_cancelled_at_night() -> None:
    world = exchange(CONDOR, now=NIGHT)
    order = world.submit(condor_close(limit="0.01"))
    world.cancel(order.id)
    later(world)
    assert "canceled" == again(world, order).status


def test_a_day_order_expires_at_the_close_and_a_gtc_order_does_not() -> None:
    world = exchange(CONDOR)
    day = world.submit(condor_close(qty="5", limit="0.01"))
    gtc = world.submit(condor_close(qty="5", limit="0.01", time_in_force=TimeInForce.GTC))
    events = world.advance(datetime(2026, 3, 4, 21, 0, tzinfo=UTC))
    assert "expired" == told(events)[-1]
    assert ("expired", world.now) == (again(world, day).status, again(world, day).expired_at)
    assert "new" == again(world, gtc).status
    assert datetime(2026, 6, 2, 20, 15, tzinfo=UTC) == gtc.expires_at


def test_an_order_before_the_early_close_expires_at_one_o_clock() -> None:
    day_after_thanksgiving = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)
    world = exchange({"SPY": 1}, now=day_after_thanksgiving)
    order = world.submit(single("SPY", STC, limit="900"))
    assert datetime(2026, 11, 27, 18, 0, tzinfo=UTC) == order.expires_at


def test_a_gtc_package_can_be_forbidden_by_the_scenario() -> None:
    world = exchange(CONDOR, rules={"gtc_packages": False})
    with pytest.raises(Refusal, match="invalid time in force"):
        world.submit(condor_close(limit="1", time_in_force=TimeInForce.GTC))


def test_a_stock_order_buys_shares_at_the_ask() -> None:
    world = exchange()
    order = world.submit(single("SPY", BTO, qty="10", limit="700"))
    later(world)
    filled = again(world, order)
    assert (AssetClass.STOCK, "filled") == (filled.asset_class, filled.status)
    assert filled.filled_avg_price is not None
    assert Decimal(100_000) - 10 * filled.filled_avg_price == world.account().cash


def test_a_sell_stop_waits_for_its_price_and_then_sells_at_market() -> None:
    world = exchange({call(600): 1})
    order = world.submit(single(call(600), STC, type=OrderType.STOP, stop_price=Decimal("3.00")))
    later(world)
    assert ("new", False) == (again(world, order).status, again(world, order).triggered)
    world.set_spot("SPY", Decimal(540))
    later(world)
    assert "filled" == again(world, order).status


def test_without_an_intent_the_position_decides_what_a_side_means() -> None:
    world = exchange({put(560): -1, call(600): 1})
    request = single(put(560), None, side=Side.BUY, limit="0.01")
    assert BTC == world.submit(request).position_intent
    assert STC == world.submit(single(call(600), None, side=Side.SELL, limit="90")).position_intent
    assert BTO == world.submit(single(call(610), None, side=Side.BUY, limit="0.01")).position_intent


def test_a_stale_sell_without_intent_opens_a_cash_secured_put() -> None:
    world = exchange()
    order = world.submit(single(put(560), None, side=Side.SELL, limit="90"))
    assert STO == order.position_intent
    assert Decimal(44_000) == world.account().options_buying_power


def test_opening_orders_bind_buying_power_until_they_end() -> None:
    world = exchange()
    order = world.submit(package((STO, put(560)), (BTO, put(550)), qty="5", limit="-9"))
    assert Decimal(99_500) == world.account().options_buying_power
    world.cancel(order.id)
    later(world)
    assert Decimal(100_000) == world.account().options_buying_power


def test_each_leg_of_a_fill_becomes_an_activity_under_the_legs_id() -> None:
    world = exchange(CONDOR)
    order = world.submit(condor_close())
    later(world)
    rows = world.activities(ActivityFilter(types=frozenset({ActivityType.FILL})))
    assert {leg.id for leg in order.legs} == {row.order_id for row in rows}
    assert {(10, 0, "fill")} == {(row.cum_qty, row.leaves_qty, row.fill_type) for row in rows}


def test_a_scenario_may_put_the_parents_id_on_fill_activities() -> None:
    world = exchange(CONDOR, rules={"fill_activity_order": "parent"})
    order = world.submit(condor_close())
    later(world)
    assert {order.id} == {row.order_id for row in world.activities(ActivityFilter())}


def test_activities_page_by_the_last_id() -> None:
    world = exchange(CONDOR)
    world.submit(condor_close())
    later(world)
    every = world.activities(ActivityFilter())
    first = world.activities(ActivityFilter(page_size=3))
    rest = world.activities(ActivityFilter(page_size=3, page_token=first[-1].id))
    assert every == first + rest
    assert every == sorted(every, key=lambda row: row.id, reverse=True)


def test_orders_page_and_filter_as_asked() -> None:
    world = exchange(CONDOR)
    made = []
    for _ in range(5):
        made.append(world.submit(condor_close(qty="1", limit="0.01")).id)
        later(world)
    newest_first = [order.id for order in world.orders(OrderFilter(limit=2))]
    assert made[:2:-1] == newest_first
    older = world.orders(OrderFilter(before_order_id=made[2]))
    assert [made[1], made[0]] == [order.id for order in older]
    newer = world.orders(OrderFilter(after_order_id=made[2], descending=False))
    assert made[3:] == [order.id for order in newer]
    by_leg = world.orders(OrderFilter(symbols=frozenset({put(560)})))
    by_underlying = world.orders(OrderFilter(symbols=frozenset({"SPY"})))
    assert 5 == len(by_leg) == len(by_underlying)
    assert [] == world.orders(OrderFilter(symbols=frozenset({"META"})))
    assert [] == world.orders(OrderFilter(status="closed"))
    assert [] == world.orders(OrderFilter(asset_class=AssetClass.STOCK))


def test_paging_by_time_and_by_id_together_is_refused() -> None:
    world = exchange(CONDOR)
    order = world.submit(condor_close(limit="0.01"))
    with pytest.raises(Refusal):
        world.orders(OrderFilter(after_order_id=order.id, after=world.now))


def test_close_position_sells_a_long_at_market() -> None:
    world = exchange({call(600): 4})
    half = world.close_position(call(600), percentage=Decimal(50))
    assert (STC, 2, OrderType.MARKET) == (half.position_intent, half.qty, half.type)
    later(world)
    rest = world.close_position(world.position(call(600)).asset_id)
    assert 2 == rest.qty
    later(world)
    assert {} == holdings(world)


@pytest.mark.parametrize(
    "amount",
    [
        {"qty": Decimal(1), "percentage": Decimal(50)},
        {"percentage": Decimal(101)},
        {"percentage": Decimal(10)},
        {"qty": Decimal(0)},
    ],
)
def test_close_position_refuses_amounts_that_make_no_order(amount: dict[str, Decimal]) -> None:
    with pytest.raises(Refusal) as caught:
        exchange({call(600): 4}).close_position(call(600), **amount)
    assert 422 == caught.value.status


def test_close_all_sends_one_order_a_row_and_refuses_longs_that_still_cover() -> None:
    world = exchange({call(600): 1, call(610): -1, put(560): -1})
    outcomes = {each.symbol: each.outcome for each in world.close_all_positions(cancel_orders=True)}
    refusal = outcomes.pop(call(600))
    assert isinstance(refusal, Refusal)
    assert 403 == refusal.status
    assert {BTC} == {
        order.position_intent for order in outcomes.values() if not isinstance(order, Refusal)
    }
    later(world)
    assert {call(600): 1} == holdings(world)


def test_close_all_can_cancel_the_orders_in_its_way() -> None:
    world = exchange({put(560): -1})
    resting = world.submit(single(put(560), BTC, limit="0.01"))
    (kept,) = world.close_all_positions(cancel_orders=False)
    assert isinstance(kept.outcome, Refusal)
    (sent,) = world.close_all_positions(cancel_orders=True)
    assert not isinstance(sent.outcome, Refusal)
    assert "canceled" == again(world, resting).status


def test_cancel_all_asks_for_every_open_order() -> None:
    world = exchange(CONDOR)
    orders = [world.submit(condor_close(qty="5", limit="0.01")) for _ in range(2)]
    assert [(order.id, None) for order in orders] == [
        (each.order_id, each.outcome) for each in world.cancel_all()
    ]
    later(world)
    assert [] == world.orders(OrderFilter())


def test_the_simulators_hand_can_reject_a_working_order() -> None:
    world = exchange(CONDOR)
    order = world.submit(condor_close(limit="0.01"))
    later(world)
    world.reject(order.id, "the venue said no")
    assert ["rejected"] == told(later(world))
    assert ("rejected", "the venue said no") == (
        again(world, order).status,
        again(world, order).reason,
    )


def test_moving_time_backwards_moves_nothing() -> None:
    world = exchange(CONDOR)
    world.submit(condor_close())
    before = world.to_state()
    assert ["pending_new"] == told(world.advance(world.now - timedelta(hours=1)))
    assert before == world.to_state()
