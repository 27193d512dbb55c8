"""Replacing an order: sent once, accepted only by name, and against the simulated broker."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.scripted_alpaca import (
    BrokenOff,
    Cut,
    HurriedClock,
    Reply,
    ScriptedAlpaca,
    Silence,
    a_package,
    accepted,
)
from support.simulator import SimulatorProcess

from closeout.alpaca import AlpacaBroker, Credentials, Endpoints
from closeout.domain.orders import OrderReport, OrderStatus, OrderType, Side, Ticket, TicketLeg
from closeout.domain.outcomes import Accepted, NotSent, OutcomeUnknown, Refused

TICKET = a_package("c-2", limit=Decimal("-0.35"))
PATH = "/v2/orders/o-1"


# --- a scripted server ------------------------------------------------------------------------


async def test_only_limit_and_id_are_sent_and_the_credit_keeps_its_sign(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    """Without a quantity the total stays what it was, whatever has filled of it."""
    server.on("PATCH", PATH, Reply(body=accepted(TICKET)))

    outcome = await broker.replace("o-1", TICKET)

    assert isinstance(outcome, Accepted)
    assert {"limit_price": "-0.35", "client_order_id": "c-2"} == server.seen[0].json
    assert 1 == server.count("PATCH")


async def test_alpacas_own_sample_reads_as_the_order_before_it(
    server: ScriptedAlpaca, broker: AlpacaBroker, example: Callable[[str], Any]
) -> None:
    sample = example("mleg_order_response_spec") | {"replaces": "o-1", "status": "pending_new"}
    server.on("PATCH", PATH, Reply(body=sample))

    outcome = await broker.replace(
        "o-1", replace(TICKET, client_order_id=sample["client_order_id"])
    )

    assert isinstance(outcome, Accepted)
    assert ("o-1", OrderStatus.PENDING_NEW) == (outcome.report.replaces, outcome.report.status)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Cut(), id="cut before an answer"),
        pytest.param(Silence(), id="silence"),
        pytest.param(BrokenOff(body={"id": "half"}), id="answer broken off"),
        pytest.param(Reply(504, b"<html>Gateway Time-out</html>"), id="504"),
        pytest.param(Reply(body=accepted(a_package("c-1"))), id="200 with the old order"),
    ],
)
async def test_silence_and_answers_about_another_order_are_unknown_and_not_repeated(
    server: ScriptedAlpaca, broker: AlpacaBroker, reply: Reply
) -> None:
    server.on("PATCH", PATH, reply, Reply(body=accepted(TICKET)))

    outcome = await broker.replace("o-1", TICKET)

    assert isinstance(outcome, OutcomeUnknown)
    assert 1 == server.count("PATCH")


async def test_a_refusal_keeps_alpacas_words(server: ScriptedAlpaca, broker: AlpacaBroker) -> None:
    body = {"code": 42210000, "message": "cannot replace order in pending_new status"}
    server.on("PATCH", PATH, Reply(422, body))

    outcome = await broker.replace("o-1", TICKET)

    assert isinstance(outcome, Refused)
    assert (422, 42210000, True) == (outcome.http_status, outcome.code, outcome.is_passing)


async def test_a_rate_limit_was_not_taken(server: ScriptedAlpaca, broker: AlpacaBroker) -> None:
    server.on("PATCH", PATH, Reply(429, b"", {"Retry-After": "3"}))

    assert timedelta(seconds=3) == (await _not_sent(broker)).retry_after


async def _not_sent(broker: AlpacaBroker) -> NotSent:
    outcome = await broker.replace("o-1", TICKET)
    assert isinstance(outcome, NotSent)
    return outcome


# --- the simulated broker ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(scenario="desk", stepped=True) as simulator:
        simulator.freeze_market()
        simulator.hold_fills()
        yield simulator


@pytest.fixture
async def alpaca(simulator: SimulatorProcess) -> AsyncIterator[AlpacaBroker]:
    endpoints = Endpoints(simulator.url, simulator.url, simulator.stream_url)
    async with AlpacaBroker(
        Credentials(*simulator.keys), endpoints, clock=HurriedClock()
    ) as broker:
        yield broker
        simulator.clear_faults()
        for order in await broker.open_orders():
            await broker.cancel(order.order_id)
        simulator.advance(5)


async def a_spread(alpaca: AlpacaBroker, identity: str) -> Ticket:
    """Close the desk's two META spreads, far from the market, whatever their expiry is today."""
    rows = [row for row in (await alpaca.holdings()).rows if row.symbol.startswith("META")]
    legs = tuple(
        TicketLeg(row.symbol, 1, Side.SELL if row.quantity > 0 else Side.BUY) for row in rows
    )
    assert [2, 2] == [abs(row.quantity) for row in rows]
    return Ticket(identity, 2, legs, OrderType.LIMIT, Decimal("0.01"))


async def resting(
    alpaca: AlpacaBroker, simulator: SimulatorProcess, identity: str
) -> tuple[OrderReport, Ticket]:
    """A spread that rests, and the ticket that is to take its place."""
    ticket = await a_spread(alpaca, identity)
    outcome = await alpaca.place(ticket)
    assert isinstance(outcome, Accepted), outcome
    simulator.advance(5)
    order = await alpaca.order(outcome.report.order_id)
    assert order is not None
    return order, replace(ticket, client_order_id=f"{identity}-next", limit=Decimal("0.03"))


async def read(alpaca: AlpacaBroker, order_id: str) -> OrderReport:
    order = await alpaca.order(order_id)
    assert order is not None
    return order


async def test_a_resting_package_is_replaced_in_place(
    alpaca: AlpacaBroker, simulator: SimulatorProcess
) -> None:
    old, ticket = await resting(alpaca, simulator, "r-1")

    outcome = await alpaca.replace(old.order_id, ticket)
    assert isinstance(outcome, Accepted)
    simulator.advance(5)
    before, now = await read(alpaca, old.order_id), await read(alpaca, outcome.report.order_id)

    assert (OrderStatus.REPLACED, now.order_id) == (before.status, before.replaced_by)
    assert (OrderStatus.NEW, old.order_id, "r-1-next", Decimal("0.03"), 2) == (
        now.status,
        now.replaces,
        now.client_order_id,
        now.limit,
        now.units,
    )
    assert all(leg.intent is not None and leg.intent.is_closing for leg in now.legs)


async def test_a_200_may_be_followed_by_a_rejection_and_the_old_order_works_on(
    alpaca: AlpacaBroker, simulator: SimulatorProcess
) -> None:
    old, ticket = await resting(alpaca, simulator, "r-2")
    simulator.add_faults({"kind": "reject_after_patch"})

    outcome = await alpaca.replace(old.order_id, ticket)
    assert isinstance(outcome, Accepted)
    simulator.advance(5)

    assert OrderStatus.REJECTED == (await read(alpaca, outcome.report.order_id)).status
    assert OrderStatus.NEW == (await read(alpaca, old.order_id)).status


async def test_an_order_that_is_not_at_work_yet_is_refused_for_now(
    alpaca: AlpacaBroker, simulator: SimulatorProcess
) -> None:
    ticket = await a_spread(alpaca, "r-3")
    placed = await alpaca.place(ticket)
    assert isinstance(placed, Accepted)

    outcome = await alpaca.replace(
        placed.report.order_id, replace(ticket, client_order_id="r-4", limit=Decimal("0.02"))
    )

    assert isinstance(outcome, Refused)
    assert outcome.is_passing


async def test_a_lost_answer_is_settled_by_looking_both_orders_up(
    alpaca: AlpacaBroker, simulator: SimulatorProcess
) -> None:
    old, ticket = await resting(alpaca, simulator, "r-5")
    simulator.add_faults({"kind": "gateway_timeout_after", "on": "PATCH /v2/orders/*"})

    outcome = await alpaca.replace(old.order_id, ticket)
    simulator.advance(5)

    assert isinstance(outcome, OutcomeUnknown)
    assert OrderStatus.REPLACED == (await read(alpaca, old.order_id)).status
    assert await alpaca.order_by_client_id("r-5-next") is not None


async def test_a_price_off_the_ticks_is_refused_in_words_that_teach_it(
    alpaca: AlpacaBroker, simulator: SimulatorProcess
) -> None:
    rows = (await alpaca.holdings()).rows
    [short] = [row for row in rows if row.symbol.startswith("AAPL") and row.quantity < 0]
    leg = TicketLeg(short.symbol, 1, Side.BUY)
    outcome = await alpaca.place(Ticket("r-6", 1, (leg,), OrderType.LIMIT, Decimal("4.01")))

    assert isinstance(outcome, Refused)
    assert outcome.is_increment
