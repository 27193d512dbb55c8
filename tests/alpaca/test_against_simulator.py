"""
The adapter against the simulated broker, on the wire.

Two simulators serve the whole module; each test that trades has a strategy of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from support.scripted_alpaca import HurriedClock, until
from support.simulator import SimulatorProcess

from closeout.alpaca import AlpacaBroker, AlpacaQuotes, Credentials, Endpoints, KeysRefused
from closeout.domain.orders import (
    OrderReport,
    OrderStatus,
    OrderType,
    Side,
    Ticket,
    TicketLeg,
    TradeUpdate,
)
from closeout.domain.outcomes import (
    Accepted,
    CancelTaken,
    NotSent,
    OutcomeUnknown,
    Refused,
)
from closeout.domain.quotes import Quote
from closeout.ports import LinkDown, LinkUp, StreamItem

BEGIN = "2026-11-23T15:30:00Z"
"""A scenario's expiries follow its clock; these are those of this moment."""
CONDOR = {
    "SPY261224C00700000": -10,
    "SPY261224C00710000": 10,
    "SPY261224P00620000": 10,
    "SPY261224P00630000": -10,
}
BUTTERFLY = {"IWM261211C00238000": 1, "IWM261211C00245000": -2, "IWM261211C00252000": 1}
PUT_SPREAD = {"QQQ261218P00565000": 3, "QQQ261218P00580000": -3}
CALENDAR = {"AAPL261211C00275000": -2, "AAPL270108C00275000": 2}
LONG_CALL = {"AMD261231C00220000": 1}
STRADDLE = {"TSLA261218C00420000": 1, "TSLA261218P00420000": 1}
UNTRADED = {"META261127P00455000": 2, "META261127P00575000": -2}
_numbers = count(1)


@dataclass
class Desk:
    simulator: SimulatorProcess
    broker: AlpacaBroker
    quotes: AlpacaQuotes
    clock: HurriedClock


@pytest.fixture(scope="module")
def shared() -> Iterator[SimulatorProcess]:
    with SimulatorProcess("--begin", BEGIN, scenario="desk", stepped=True) as simulator:
        simulator.freeze_market()
        yield simulator


@pytest.fixture(scope="module")
def big() -> Iterator[SimulatorProcess]:
    """Many orders, and a door that only one pair of keys opens."""
    key, secret = SimulatorProcess.keys
    with SimulatorProcess(
        "--key", key, "--secret", secret, scenario="big", stepped=True
    ) as simulator:
        yield simulator


@pytest.fixture
async def desk(shared: SimulatorProcess) -> AsyncIterator[Desk]:
    clock = HurriedClock()
    keys, endpoints = Credentials(*shared.keys), _endpoints(shared)
    shared.hold_fills()
    shared.clear_received()
    async with (
        AlpacaBroker(keys, endpoints, clock=clock) as broker,
        AlpacaQuotes(keys, endpoints, clock=clock) as quotes,
    ):
        yield Desk(shared, broker, quotes, clock)
        shared.clear_faults()
        for order in await broker.open_orders():
            await broker.cancel(order.order_id)
        shared.advance(5)


def _endpoints(simulator: SimulatorProcess) -> Endpoints:
    return Endpoints(simulator.url, simulator.url, simulator.stream_url)


def closing(holdings: dict[str, int], *, limit: Decimal | None = None) -> Ticket:
    """An order that closes these signed contracts as one, or one leg alone."""
    units = min(abs(contracts) for contracts in holdings.values())
    legs = tuple(
        TicketLeg(symbol, abs(contracts) // units, Side.BUY if contracts < 0 else Side.SELL)
        for symbol, contracts in sorted(holdings.items())
    )
    order_type = OrderType.MARKET if limit is None else OrderType.LIMIT
    return Ticket(f"test-{next(_numbers)}", units, legs, order_type, limit)


async def filled(desk: Desk, ticket: Ticket) -> None:
    """Let everything trade and see it done."""
    desk.simulator.fill_everything()
    desk.simulator.advance(5)
    report = await desk.broker.order_by_client_id(ticket.client_order_id)
    assert report is not None
    assert OrderStatus.FILLED == report.status


async def test_a_condor_is_closed_as_one_order(desk: Desk) -> None:
    ticket = closing(CONDOR)

    outcome = await desk.broker.place(ticket)
    await filled(desk, ticket)

    assert isinstance(outcome, Accepted)
    report = await desk.broker.order(outcome.report.order_id)
    assert report is not None
    assert ("mleg", 10, 10) == (report.order_class, report.units, report.filled_units)
    assert {symbol: abs(n) for symbol, n in CONDOR.items()} == {
        leg.symbol: leg.filled for leg in report.legs
    }
    assert all(leg.intent is not None and leg.intent.is_closing for leg in report.legs)
    assert report.net_price == sum(
        leg.side.sign * leg.average_price
        for leg in report.legs
        if leg.side is not None and leg.average_price is not None
    )
    holdings = await desk.broker.holdings()
    assert not set(CONDOR) & {row.symbol for row in holdings.rows}
    assert 1 == len(desk.simulator.received("POST", "/v2/orders"))


async def test_a_butterfly_keeps_its_ratios(desk: Desk) -> None:
    ticket = closing(BUTTERFLY)

    await desk.broker.place(ticket)
    await filled(desk, ticket)

    report = await desk.broker.order_by_client_id(ticket.client_order_id)
    assert report is not None
    assert [1, 2, 1] == [leg.ratio for leg in report.legs]
    assert [1, 2, 1] == [leg.filled for leg in report.legs]


async def test_a_single_leg_is_closed_alone(desk: Desk) -> None:
    ticket = closing(LONG_CALL)

    await desk.broker.place(ticket)
    await filled(desk, ticket)

    assert Decimal(0) == (await desk.broker.holdings()).quantity("AMD261231C00220000")


async def test_a_resting_order_holds_its_contracts_until_it_is_cancelled(desk: Desk) -> None:
    outcome = await desk.broker.place(closing(UNTRADED, limit=Decimal("0.01")))
    assert isinstance(outcome, Accepted)
    order_id = outcome.report.order_id
    desk.simulator.advance(5)

    (working,) = await desk.broker.open_orders()
    second = await desk.broker.place(closing(UNTRADED))
    cancelled = await desk.broker.cancel(order_id)
    desk.simulator.advance(5)

    assert (order_id, Decimal("0.01")) == (working.order_id, working.limit)
    assert isinstance(second, Refused)
    assert order_id in second.related_orders
    assert CancelTaken() == cancelled
    report = await desk.broker.order(order_id)
    assert report is not None
    assert OrderStatus.CANCELED == report.status
    assert () == await desk.broker.open_orders()


async def test_a_filled_order_cannot_be_cancelled_any_more(desk: Desk) -> None:
    ticket = closing(STRADDLE)
    outcome = await desk.broker.place(ticket)
    await filled(desk, ticket)

    assert isinstance(outcome, Accepted)
    refused = await desk.broker.cancel(outcome.report.order_id)

    assert isinstance(refused, Refused)
    assert (422, 42210000) == (refused.http_status, refused.code)


async def test_what_is_not_held_cannot_be_closed(desk: Desk) -> None:
    refused = await desk.broker.place(closing({"AMD261231C00230000": 1}))

    assert isinstance(refused, Refused)
    assert refused.http_status in {403, 422}


async def test_a_client_id_is_taken_once(desk: Desk) -> None:
    ticket = closing(UNTRADED, limit=Decimal("0.01"))
    await desk.broker.place(ticket)

    again = await desk.broker.place(ticket)

    assert isinstance(again, Refused)
    assert again.is_duplicate_id


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("gateway_timeout_before", False),
        ("gateway_timeout_after", True),
        ("server_error", False),
        ("server_error_after", True),
        ("bad_gateway_after", True),
        ("cut_before", False),
        ("cut_after", True),
        ("truncated_json", True),
    ],
)
async def test_an_unknown_outcome_is_settled_by_looking_the_order_up(
    desk: Desk,
    kind: str,
    taken: bool,  # noqa: FBT001
) -> None:
    await desk.broker.warm()
    desk.simulator.add_faults({"kind": kind, "on": "POST /v2/orders"})
    ticket = closing(UNTRADED, limit=Decimal("0.01"))

    outcome = await desk.broker.place(ticket)
    found = await desk.broker.order_by_client_id(ticket.client_order_id)

    assert isinstance(outcome, OutcomeUnknown)
    assert taken == (found is not None)
    assert 1 == len(desk.simulator.received("POST", "/v2/orders"))


async def test_a_rate_limit_means_not_sent(desk: Desk) -> None:
    desk.simulator.add_faults({"kind": "rate_limited", "on": "POST /v2/orders", "retry_after": 4})

    outcome = await desk.broker.place(closing(UNTRADED))

    assert isinstance(outcome, NotSent)
    assert timedelta(seconds=4) == outcome.retry_after


async def test_a_long_history_is_read_whole_and_from_any_point(big: SimulatorProcess) -> None:
    keys = Credentials(*big.keys)
    async with AlpacaBroker(keys, _endpoints(big), clock=HurriedClock()) as broker:
        history = await broker.order_history(None)
        since = _submitted(history[9])
        later = await broker.order_history(since)

    times = [_submitted(order) for order in history]
    assert len(history) >= 200
    assert sorted(times) == times
    assert 2 == len(big.received("GET", "/v2/orders")), "each showed that legs do not count"
    assert [order for order in history if _submitted(order) > since] == list(later)


def _submitted(order: OrderReport) -> datetime:
    assert order.submitted_at is not None
    return order.submitted_at


async def test_wrong_keys_are_told_as_that(big: SimulatorProcess) -> None:
    keys = Credentials("wrong", "wronger")
    async with AlpacaBroker(keys, _endpoints(big), clock=HurriedClock()) as broker:
        with pytest.raises(KeysRefused):
            await broker.holdings()
        async with asyncio.timeout(5), broker.updates() as items:
            down = await anext(items)

    assert isinstance(down, LinkDown)
    assert "did not accept the API keys" in down.reason


@asynccontextmanager
async def followed(desk: Desk) -> AsyncIterator[list[StreamItem]]:
    """Collects what the trade-updates stream tells, once it is up."""
    told: list[StreamItem] = []

    async def collect() -> None:
        async with desk.broker.updates() as items:
            async for item in items:
                told.append(item)  # noqa: PERF401 - others look at the list meanwhile

    task = asyncio.ensure_future(collect())
    try:
        await until(lambda: bool(told))
        yield told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def events(told: Sequence[StreamItem]) -> list[str]:
    return [item.event for item in told if isinstance(item, TradeUpdate)]


async def test_the_stream_tells_a_multi_leg_fill_with_each_legs_trade(desk: Desk) -> None:
    ticket = closing(PUT_SPREAD)
    async with followed(desk) as told:
        desk.simulator.add_faults({"kind": "repeat_event", "on": "stream trade_updates"})
        await desk.broker.place(ticket)
        await filled(desk, ticket)
        await until(lambda: "fill" in events(told))

    assert isinstance(told[0], LinkUp)
    updates = [item for item in told if isinstance(item, TradeUpdate)]
    assert {ticket.client_order_id} == {update.order.client_order_id for update in updates}
    names = [execution.execution_id for update in updates for execution in update.executions]
    assert len(set(names)) == len(names)
    traded = {
        symbol: sum(
            execution.quantity
            for update in updates
            for execution in update.executions
            if execution.symbol == symbol
        )
        for symbol in PUT_SPREAD
    }
    assert {symbol: abs(contracts) for symbol, contracts in PUT_SPREAD.items()} == traded
    assert dict.fromkeys(PUT_SPREAD, 0) == dict(updates[-1].positions)


async def test_what_happened_while_the_stream_was_away_is_read_from_rest(desk: Desk) -> None:
    ticket = closing(CALENDAR)
    async with followed(desk) as told:
        await desk.broker.place(ticket)
        await until(lambda: bool(events(told)))
        desk.simulator.disconnect("trade_updates", refuse_ms=300)
        await until(lambda: any(isinstance(item, LinkDown) for item in told))
        await filled(desk, ticket)
        await until(lambda: isinstance(told[-1], LinkUp))
        up = told[-1]

    assert isinstance(up, LinkUp)
    assert up.gap is not None
    assert up.gap > timedelta(0)
    assert "fill" not in events(told)
    report = (await desk.broker.order_history(None))[-1]
    assert (ticket.client_order_id, OrderStatus.FILLED) == (report.client_order_id, report.status)


async def test_quotes_of_options_and_stocks_stream_and_follow_the_watch_list(desk: Desk) -> None:
    got: dict[str, Quote] = {}
    links: list[tuple[str, LinkUp | LinkDown]] = []
    first, second = sorted(UNTRADED)
    desk.simulator.freeze_market(frozen=False)
    desk.quotes.watch(frozenset({first}), frozenset({"SPY"}))
    task = asyncio.ensure_future(
        desk.quotes.run(
            lambda quotes: got.update({quote.symbol: quote for quote in quotes}),
            lambda name, change: links.append((name, change)),
        )
    )

    async def heard(*symbols: str) -> None:
        async with asyncio.timeout(10):
            while not set(symbols) <= set(got):
                await asyncio.to_thread(desk.simulator.advance, 1)

    await until(lambda: 2 == len([change for _, change in links if isinstance(change, LinkUp)]))
    await heard(first, "SPY")
    assert second not in got
    desk.quotes.watch(frozenset({second}), frozenset({"SPY"}))
    await heard(second)
    desk.simulator.disconnect("options")
    await until(lambda: "options" in [n for n, change in links if isinstance(change, LinkDown)])
    got.clear()
    await heard(second)
    assert first not in got
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    latest = await desk.quotes.latest(frozenset({second}), frozenset({"SPY"}))
    assert {second, "SPY"} == set(latest)
    assert latest[second].has_bid


async def test_greeks_come_for_every_contract_held(desk: Desk) -> None:
    found = await desk.quotes.marks(frozenset(CONDOR))

    assert CONDOR.keys() == found.keys()
    for symbol, mark in found.items():
        assert mark.greeks is not None
        assert 0 < (mark.greeks.delta if "C0" in symbol else -mark.greeks.delta) < 1
        assert mark.volatility is not None
        assert 0 < mark.volatility < 2


async def test_a_missing_bid_is_a_bid_of_zero(desk: Desk) -> None:
    symbol = "SPY270108C00730000"
    desk.simulator.remove_bid(symbol)

    quote = (await desk.quotes.latest(frozenset({symbol}), frozenset()))[symbol]

    assert Decimal(0) == quote.bid
    assert not quote.has_bid


async def test_account_clock_and_penny_classes_are_read(desk: Desk) -> None:
    account = await desk.broker.account()
    clock = await desk.broker.market_clock()
    penny = await desk.broker.penny_underlyings(["SPY261224C00700000", "META261127P00455000"])

    assert ("ACTIVE", 3, None) == (account.status, account.options_level, account.blocked_reason)
    assert clock.is_open
    assert {"SPY261224C00700000": True, "META261127P00455000": False} == penny
    assert desk.broker.rate is not None
    assert 200 == desk.broker.rate.limit


async def test_dividends_are_read_before_they_go_ex(desk: Desk) -> None:
    found = await desk.quotes.announcements(frozenset({"SPY", "TSLA"}), date(2027, 1, 31))

    (dividend,) = found
    assert ("SPY", date(2026, 12, 11), Decimal("1.83")) == (
        dividend.symbol,
        dividend.ex_date,
        dividend.rate,
    )
