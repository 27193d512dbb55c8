"""What holds whatever anybody asks and whatever the market does."""

import json
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from simulator.exchange.worlds import (
    BTC,
    BTO,
    CONDOR,
    FAR,
    NEAR,
    STC,
    STO,
    UNDERLYINGS,
    call,
    exchange,
    package,
    put,
    single,
)

from alpaca_simulator.exchange.contracts import Kind
from alpaca_simulator.exchange.coverage import exposures
from alpaca_simulator.exchange.exchange import Exchange
from alpaca_simulator.exchange.ledger import multiplier_of
from alpaca_simulator.exchange.orders import OrderFilter, OrderRequest, ReplaceRequest, TimeInForce
from alpaca_simulator.exchange.refusals import Refusal

START: dict[str, int] = {**CONDOR, call(600, FAR): 2, call(600, NEAR): -2, "SPY": 200}
SYMBOLS = [*START, call(610), put(540)]
TIGHT: dict[str, Any] = {
    "market": {"underlyings": {"SPY": {**UNDERLYINGS["SPY"], "depth": 0.03}}},
    "fills": {"seconds_at_mid": 2, "partial_chance": 0.3},
}
INTENTS = st.sampled_from([BTO, BTC, STO, STC])
LIMITS = st.sampled_from([None, "-20", "-1.05", "-0.10", "0", "0.35", "2.40", "8.15", "60"])

SINGLES = st.builds(
    lambda symbol, intent, qty, limit: single(symbol, intent, qty=str(qty), limit=limit),
    st.sampled_from(SYMBOLS),
    INTENTS,
    st.integers(1, 12),
    LIMITS,
)
LEGS = st.tuples(INTENTS, st.sampled_from(SYMBOLS), st.sampled_from(["1", "1", "2"]))
PACKAGES = st.builds(
    lambda legs, qty, limit, tif: package(*legs, qty=str(qty), limit=limit, time_in_force=tif),
    st.lists(LEGS, min_size=2, max_size=4, unique_by=lambda leg: leg[1]),
    st.integers(1, 10),
    LIMITS,
    st.sampled_from([TimeInForce.DAY, TimeInForce.GTC]),
)
CLOSES = st.builds(
    lambda symbols, qty, limit: package(
        *[(STC if START[symbol] > 0 else BTC, symbol) for symbol in symbols],
        qty=str(qty),
        limit=limit,
    ),
    st.lists(st.sampled_from(list(CONDOR)), min_size=2, max_size=4, unique=True),
    st.integers(1, 10),
    LIMITS,
)
ACTIONS = st.one_of(
    st.tuples(st.just("submit"), st.one_of(SINGLES, PACKAGES, CLOSES, CLOSES)),
    st.tuples(st.just("cancel"), st.integers(0, 30)),
    st.tuples(st.just("replace"), st.tuples(st.integers(0, 30), st.integers(1, 12), LIMITS)),
    st.tuples(st.just("advance"), st.sampled_from([0.2, 1.0, 5.0, 60.0, 3600.0, 90_000.0])),
    st.tuples(st.just("spot"), st.integers(500, 700)),
    st.tuples(st.just("assign"), st.sampled_from(SYMBOLS)),
)
STORIES = st.lists(ACTIONS, min_size=1, max_size=25)


def perform(world: Exchange, action: tuple[str, Any]) -> None:
    """Do one thing; a refusal is as good an outcome as any."""
    with suppress(Refusal):
        _perform(world, *action)


def _perform(world: Exchange, what: str, detail: Any) -> None:
    orders = world.orders(OrderFilter(status="all", limit=500, descending=False))
    if what == "submit":
        assert isinstance(detail, OrderRequest)
        world.submit(detail)
    elif what == "advance":
        world.advance(world.now + timedelta(seconds=detail))
    elif what == "spot":
        world.set_spot("SPY", Decimal(detail))
    elif what == "assign":
        world.assign(detail, 1)
    elif what == "cancel" and orders:
        world.cancel(orders[detail % len(orders)].id)
    elif what == "replace" and orders:
        place, qty, limit = detail
        change = ReplaceRequest(
            qty=Decimal(qty), limit_price=None if limit is None else Decimal(limit)
        )
        world.replace(orders[place % len(orders)].id, change)


def fresh(seed: int) -> Exchange:
    return exchange(START, seed=seed, account={"cash": 150_000}, **TIGHT)


@settings(max_examples=60, deadline=None)
@given(STORIES, st.integers(0, 5))
def test_fills_of_a_package_never_leave_its_legs_uneven(story: list[Any], seed: int) -> None:
    world = fresh(seed)
    for action in story:
        perform(world, action)
        for order in world.orders(OrderFilter(status="all", limit=500)):
            assert 0 <= order.filled_qty <= order.qty
            for leg in order.legs:
                assert order.filled_qty * (leg.ratio_qty or 0) == leg.filled_qty
                assert order.qty * (leg.ratio_qty or 0) == leg.qty
                assert order.status is leg.status


@settings(max_examples=60, deadline=None)
@given(STORIES, st.integers(0, 5))
def test_nobody_claims_more_than_is_held(story: list[Any], seed: int) -> None:
    world = fresh(seed)
    for action in story:
        perform(world, action)
        for position in world.positions():
            assert 0 <= position.qty_available * (1 if position.qty > 0 else -1)
            assert abs(position.qty_available) <= abs(position.qty)


@settings(max_examples=60, deadline=None)
@given(STORIES, st.integers(0, 5))
def test_cash_and_holdings_are_what_the_fills_made_them(story: list[Any], seed: int) -> None:
    world = fresh(seed)
    cash, held = Decimal(150_000), Counter(START)
    story = [action for action in story if action[0] != "assign" and action[1] != 90_000.0]
    for action in story:
        perform(world, action)
    for order in world.orders(OrderFilter(status="all", limit=500)):
        for row in order.contracts:
            assert row.side is not None
            cash -= row.side.sign * row.filled_value * multiplier_of(row.symbol)
            held[row.symbol] += row.side.sign * row.filled_qty
    assert cash == world.account().cash
    assert {symbol: qty for symbol, qty in held.items() if qty} == {
        position.symbol: position.qty for position in world.positions()
    }


@settings(max_examples=60, deadline=None)
@given(STORIES, st.integers(0, 5))
def test_orders_never_leave_more_calls_uncovered(story: list[Any], seed: int) -> None:
    world = fresh(seed)
    for action in story:
        if action[0] == "assign" or action[1] == 90_000.0:
            continue
        perform(world, action)
        quantities = {position.symbol: position.qty for position in world.positions()}
        for exposure in exposures(quantities).values():
            assert 0 == exposure.uncovered(Kind.CALL)


@settings(max_examples=40, deadline=None)
@given(STORIES, st.integers(0, 5))
def test_the_same_seed_and_calls_make_the_same_world(story: list[Any], seed: int) -> None:
    one, two = fresh(seed), fresh(seed)
    for action in story:
        perform(one, action)
        perform(two, action)
    assert one.to_state() == two.to_state()


@settings(max_examples=40, deadline=None)
@given(STORIES, STORIES, st.integers(0, 5))
def test_a_world_resumed_from_json_has_the_same_future(
    before: list[Any], after: list[Any], seed: int
) -> None:
    world = fresh(seed)
    for action in before:
        perform(world, action)
    world.drain_events()
    resumed = Exchange.from_state(json.loads(json.dumps(world.to_state())))
    assert world.to_state() == resumed.to_state()
    for action in after:
        perform(world, action)
        perform(resumed, action)
    assert world.drain_events() == resumed.drain_events()
    assert world.to_state() == resumed.to_state()
