"""The built-in worlds, begun at every awkward hour, and the mistakes a file can hold."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpaca_simulator.exchange.activities import ActivityFilter, ActivityType
from alpaca_simulator.exchange.board import expiry_of
from alpaca_simulator.exchange.contracts import Kind, parse_occ
from alpaca_simulator.exchange.coverage import exposures
from alpaca_simulator.exchange.exchange import Exchange
from alpaca_simulator.exchange.orders import (
    LegRequest,
    Order,
    OrderClass,
    OrderFilter,
    OrderRequest,
    OrderType,
    PositionIntent,
    TimeInForce,
)
from alpaca_simulator.scenarios.loader import BadScenario, built_in_scenarios, load_scenario

AWKWARD = {
    "a Wednesday morning": datetime(2026, 3, 4, 15, 0, tzinfo=UTC),
    "three at night": datetime(2026, 3, 4, 8, 0, tzinfo=UTC),
    "a minute before the close": datetime(2026, 3, 4, 20, 59, tzinfo=UTC),
    "the second of the close": datetime(2026, 3, 4, 21, 0, tzinfo=UTC),
    "a Saturday": datetime(2026, 3, 7, 17, 0, tzinfo=UTC),
    "a Sunday night": datetime(2026, 11, 22, 23, 0, tzinfo=UTC),
    "Good Friday": datetime(2026, 4, 3, 15, 0, tzinfo=UTC),
    "a half-day": datetime(2026, 11, 27, 15, 0, tzinfo=UTC),
    "the evening of a half-day": datetime(2026, 11, 27, 22, 0, tzinfo=UTC),
    "a Friday of expirations": datetime(2026, 4, 17, 15, 0, tzinfo=UTC),
    "New Year's Eve": datetime(2026, 12, 31, 15, 0, tzinfo=UTC),
    "the day clocks change": datetime(2026, 3, 8, 7, 30, tzinfo=UTC),
}
STARTS = pytest.mark.parametrize("now", AWKWARD.values(), ids=AWKWARD.keys())
DESK = load_scenario("desk")
BIG = load_scenario("big")
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - aware by `timezones`


def openings(world: Exchange) -> list[Order]:
    orders = world.orders(OrderFilter(status="all", limit=500, descending=False))
    return [order for order in orders if order.contracts[0].position_intent in _OPENING]


_OPENING = {PositionIntent.BUY_TO_OPEN, PositionIntent.SELL_TO_OPEN}


def held(world: Exchange) -> dict[str, int]:
    return {position.symbol: position.qty for position in world.positions()}


def desk(now: datetime) -> Exchange:
    return Exchange.from_scenario(DESK, 7, now)


def test_the_four_worlds_are_built_in() -> None:
    assert ["big", "closed-market", "desk", "empty"] == built_in_scenarios()


@STARTS
@pytest.mark.parametrize("name", ["closed-market", "desk", "empty"])
def test_every_world_begins_at_any_hour_and_moves_on(name: str, now: datetime) -> None:
    world = Exchange.from_scenario(load_scenario(name), 7, now)
    world.advance(now + timedelta(seconds=3))
    assert now + timedelta(seconds=3) == world.now
    assert Decimal(0) < world.account().equity


@settings(max_examples=60, deadline=None)
@given(MOMENTS)
def test_no_contract_of_a_fresh_desk_is_near_its_end(now: datetime) -> None:
    for symbol in held(desk(now)):
        contract = parse_occ(symbol)
        assert contract is None or expiry_of(contract) >= now + timedelta(hours=1), symbol


@settings(max_examples=60, deadline=None)
@given(MOMENTS)
def test_everything_on_the_desk_has_a_live_quote(now: datetime) -> None:
    world = desk(now)
    for symbol in held(world):
        quote = world.quote(symbol)
        assert quote is not None, symbol
        assert quote.ask > 0


@settings(max_examples=60, deadline=None)
@given(MOMENTS)
def test_the_history_lies_in_the_past_within_sessions_and_explains_every_holding(
    now: datetime,
) -> None:
    world = desk(now)
    total: Counter[str] = Counter()
    for order in world.orders(OrderFilter(status="all", limit=500)):
        assert order.filled_at is not None
        assert order.submitted_at < order.filled_at < now
        assert order.submitted_at.weekday() < 5
        for row in order.contracts:
            assert row.side is not None
            total[row.symbol] += row.side.sign * row.filled_qty
    assert held(world) == {symbol: qty for symbol, qty in total.items() if qty}
    fills = world.activities(ActivityFilter(types=frozenset({ActivityType.FILL})))
    rows = [row for order in world.orders(OrderFilter(status="all")) for row in order.contracts]
    assert {row.id for row in rows} == {fill.order_id for fill in fills}


@STARTS
def test_only_the_two_condors_share_a_contract_and_on_the_same_side(now: datetime) -> None:
    alive = [order for order in openings(desk(now)) if not _closed_again(order, desk(now))]
    sides: dict[str, list[str]] = {}
    for order in alive:
        for row in order.contracts:
            assert row.side is not None
            sides.setdefault(row.symbol, []).append(row.side)
    shared = {symbol: each for symbol, each in sides.items() if len(each) > 1}
    assert [["sell", "sell"]] == list(shared.values())


def _closed_again(order: Order, world: Exchange) -> bool:
    return not any(row.symbol in held(world) for row in order.contracts)


@STARTS
def test_the_desk_holds_what_its_description_promises(now: datetime) -> None:
    world = desk(now)
    shapes = Counter(
        (row.symbol[:3], order.qty, len(order.contracts))
        for order in openings(world)
        if not _closed_again(order, world)
        for row in order.contracts[:1]
    )
    assert {
        ("SPY", 10, 4): 1,
        ("SPY", 2, 4): 1,
        ("SPY", 3, 4): 1,
        ("SPY", 1, 2): 1,
        ("QQQ", 3, 2): 1,
        ("AAP", 2, 2): 1,
        ("IWM", 1, 3): 1,
        ("TSL", 1, 2): 1,
        ("NVD", 100, 1): 1,
        ("NVD", 1, 1): 1,
        ("AMD", 1, 1): 1,
        ("MET", 2, 2): 1,
    } == shapes
    assert 100 == world.position("NVDA").qty


@settings(max_examples=60, deadline=None)
@given(MOMENTS, st.integers(0, 50))
def test_one_long_leg_on_the_desk_has_no_bid_and_all_shorts_can_be_bought(
    now: datetime, seed: int
) -> None:
    world = Exchange.from_scenario(DESK, seed, now)
    bidless = [
        symbol for symbol, qty in held(world).items() if qty > 0 and _bid(world, symbol) == 0
    ]
    assert {"META"} == {symbol[:4] for symbol in bidless}


def _bid(world: Exchange, symbol: str) -> Decimal:
    quote = world.quote(symbol)
    assert quote is not None
    return quote.bid


@STARTS
def test_one_vertical_expires_on_the_current_or_next_trading_date(now: datetime) -> None:
    world = desk(now)
    close = world.clock().next_close
    if close - now < timedelta(hours=1):
        world.advance(close)
        close = world.clock().next_close
    soonest = [
        symbol
        for symbol in held(world)
        if (it := parse_occ(symbol)) and it.expiration == close.date()
    ]
    assert {"SPY"} <= {symbol[:3] for symbol in soonest}


@STARTS
def test_every_strategy_of_the_desk_can_be_closed_as_it_was_opened(now: datetime) -> None:
    world = desk(now)
    for opening in openings(world):
        if opening.is_mleg and not _closed_again(opening, world):
            world.submit(_closing(opening))
    world.advance(now + timedelta(seconds=30))
    closed = world.orders(OrderFilter(status="all", limit=500))
    working = [order for order in closed if order.submitted_at >= now]
    assert {"filled"} == {order.status for order in working if order.legs[0].symbol[:4] != "META"}


def _closing(opening: Order) -> OrderRequest:
    opposite = {
        PositionIntent.BUY_TO_OPEN: PositionIntent.SELL_TO_CLOSE,
        PositionIntent.SELL_TO_OPEN: PositionIntent.BUY_TO_CLOSE,
    }
    legs = tuple(
        LegRequest(
            symbol=leg.symbol,
            ratio_qty=Decimal(leg.ratio_qty or 1),
            position_intent=opposite[leg.position_intent],
        )
        for leg in opening.legs
        if leg.position_intent
    )
    return OrderRequest(
        qty=Decimal(opening.qty),
        type=OrderType.MARKET,
        time_in_force=TimeInForce.DAY,
        order_class=OrderClass.MLEG,
        legs=legs,
    )


@STARTS
def test_nothing_on_the_desk_is_uncovered(now: datetime) -> None:
    for exposure in exposures(held(desk(now))).values():
        assert 0 == exposure.uncovered(Kind.CALL) == exposure.uncovered(Kind.PUT)


@pytest.mark.parametrize("now", list(AWKWARD.values())[::4])
def test_the_big_world_holds_two_hundred_strategies_that_share_nothing(now: datetime) -> None:
    world = Exchange.from_scenario(BIG, 7, now)
    orders = openings(world)
    symbols = [row.symbol for order in orders for row in order.contracts]
    assert 200 == len(orders)
    assert len(symbols) == len(set(symbols)) == len(held(world))
    assert 20 == len(world.assets())


@STARTS
def test_the_closed_market_is_closed_and_says_when_it_opens(now: datetime) -> None:
    world = Exchange.from_scenario(load_scenario("closed-market"), 7, now)
    reading = world.clock()
    assert not reading.is_open
    assert now < reading.next_open <= now + timedelta(days=5)
    world.advance(reading.next_open + timedelta(seconds=1))
    assert world.clock().is_open


WRONG: list[tuple[str, str, str]] = [
    ("unknown key", "acount: {cash: 1}", "acount: Extra inputs are not permitted"),
    ("unknown class", "market: {underlyings: {SPY: {spot: 1, vol: 0.1, class: dime}}}",
     "market.underlyings.SPY.class: Input should be 'penny', 'nickel' or 'penny_all'"),
    ("spot below zero", "market: {underlyings: {SPY: {spot: -1, vol: 0.1}}}",
     "market.underlyings.SPY.spot: Input should be greater than 0"),
    ("no such underlying", "orders: [{underlying: ABC, shares: 1, opened: -1d}]",
     "market.underlyings lacks ABC"),
    ("a date that is none", "orders: [{underlying: A, shares: 1, opened: yesterday}]",
     "orders.0.opened: Value error, say how long ago in days, such as -12d"),
    ("neither legs nor shares", "orders: [{underlying: A, opened: -1d}]",
     "orders.0: Value error, give either legs or shares"),
    ("legs without expiry",
     "orders: [{underlying: A, opened: -1d, legs: [{side: buy, type: call, strike: 0%}]}]",
     "orders.0: Value error, expiry is missing, here or on every leg"),
    ("closed before opened",
     "orders: [{underlying: A, shares: 1, opened: -1d, closed: -2d}]",
     "orders.0: Value error, closed lies before opened"),
    ("half an option", "holdings: [{underlying: A, qty: 1, entry: 1, type: call}]",
     "holdings.0: Value error, an option needs type, strike and expiry"),
    ("no mapping", "- 1", "the file must hold keys and values"),
    ("no YAML", "a: [", "not YAML"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_mistake_is_told_with_its_file_and_key(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadScenario) as caught:
        load_scenario(path)
    assert "mine.yaml" in str(caught.value)
    assert told in str(caught.value)


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(BadScenario, match="not one of big, closed-market, desk, empty"):
        load_scenario("dessk")


def test_a_scenario_of_ones_own_is_read_by_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "account: {cash: 5000}\n"
        "market: {underlyings: {XYZ: {spot: 20, vol: 0.4, class: nickel}}}\n"
        "holdings:\n"
        "  - {underlying: XYZ, qty: -2, entry: 0.55,"
        " type: put, strike: -10%, expiry: {weekly: 3}}\n"
        "  - {underlying: XYZ, qty: 30, entry: 19.5}\n"
        "faults: [{kind: latency}]\n",
        encoding="utf-8",
    )
    scenario = load_scenario(str(path))
    assert ("mine", ({"kind": "latency"},)) == (scenario.name, scenario.faults)
    world = Exchange.from_scenario(scenario, 1, AWKWARD["a Wednesday morning"])
    assert {"XYZ": 30, "XYZ260320P00018000": -2} == held(world)
    assert Decimal("0.55") == world.position("XYZ260320P00018000").avg_entry_price
    assert Decimal(5000) == world.account().cash


def test_an_unlisted_contract_is_told_when_the_world_begins(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "market: {underlyings: {XYZ: {spot: 20, vol: 0.4}}}\n"
        "holdings: [{underlying: XYZ, qty: 1, entry: 1, type: put, strike: 20.37,"
        " expiry: {weekly: 1}}]\n",
        encoding="utf-8",
    )
    with pytest.raises(ValueError, match="is not listed"):
        Exchange.from_scenario(load_scenario(path), 1, AWKWARD["a Saturday"])
