"""Orders of other hands hold the contracts: named, and cancelled when a person says so."""

from datetime import timedelta

import pytest
from support.bench import AT_MARKET, SHORT_PUT, Bench, at_limit
from support.eventually import eventually, settle
from support.fakes import FakeOrder

from closeout.closing.state import Phase
from closeout.domain.errors import CannotPlan
from closeout.domain.orders import OrderStatus, OrderType, Side, Ticket, TicketLeg
from closeout.domain.outcomes import OutcomeUnknown
from closeout.runtime.requests import CloseRequest
from closeout.runtime.runner import Runner


def by_hand(bench: Bench, name: str = "by-hand", units: int = 3) -> FakeOrder:
    """Let somebody's own order rest at the broker, buying back short puts."""
    leg = TicketLeg(SHORT_PUT, 1, Side.BUY)
    bench.broker.take(Ticket(name, units, (leg,), OrderType.MARKET, None))
    return bench.broker.newest


async def clearing_close(bench: Bench) -> Runner:
    request = CloseRequest(bench.strategy.id, None, AT_MARKET, cancel_conflicting=True)
    runner = await bench.supervisor.open(request)
    await settle()
    return runner


async def test_without_being_told_to_nothing_is_cancelled(bench: Bench) -> None:
    order = by_hand(bench)

    with pytest.raises(CannotPlan, match=order.order_id):
        await bench.open()

    assert ([], []) == (bench.broker.cancels, bench.broker.sent)


async def test_the_named_order_is_cancelled_and_the_close_sent(bench: Bench) -> None:
    order = by_hand(bench)

    runner = await clearing_close(bench)
    await bench.clock.seconds(2)

    assert [order.order_id] == bench.broker.cancels
    assert [10] == [ticket.units for ticket in bench.broker.sent]
    assert Phase.WORKING is runner.state.phase


async def test_every_order_that_holds_is_cancelled_and_no_other(bench: Bench) -> None:
    holding = [by_hand(bench, "one", 3), by_hand(bench, "two", 2)]
    other = by_hand(bench, "of another contract", 1)
    other.ticket = Ticket(
        "else", 1, (TicketLeg("SPY261218P00400000", 1, Side.BUY),), OrderType.MARKET, None
    )

    await clearing_close(bench)
    await bench.clock.seconds(2)

    assert [order.order_id for order in holding] == bench.broker.cancels
    assert other.is_open


async def test_nothing_is_sent_before_the_order_is_over(bench: Bench) -> None:
    bench.broker.cancel_completes = False
    order = by_hand(bench)
    runner = await clearing_close(bench)
    await bench.clock.seconds(10)
    sent_before = list(bench.broker.sent)

    bench.broker.end(OrderStatus.CANCELED, order)
    await bench.clock.seconds(3)

    assert [] == sent_before
    assert Phase.WORKING is runner.state.phase


async def test_an_order_that_fills_while_it_is_cancelled_leaves_less_to_close(
    bench: Bench,
) -> None:
    bench.broker.cancel_completes = False
    order = by_hand(bench)
    runner = await clearing_close(bench)
    bench.broker.fill(order)
    await bench.clock.seconds(3)

    assert [7] == [ticket.units for ticket in bench.broker.sent]
    assert {SHORT_PUT: 3} == dict(runner.state.elsewhere)


async def test_a_cancel_whose_answer_is_lost_is_proved_by_the_order(bench: Bench) -> None:
    order = by_hand(bench)
    bench.broker.cancel_outcomes.append(OutcomeUnknown("timed out"))
    runner = await clearing_close(bench)
    assert order.is_open

    await bench.clock.seconds(5)

    assert Phase.WORKING is runner.state.phase
    assert not order.is_open


async def test_without_a_stream_the_order_is_asked_for(bench: Bench) -> None:
    bench.broker.drop_stream()
    by_hand(bench)
    runner = await clearing_close(bench)
    await bench.clock.seconds(5)

    assert Phase.WORKING is runner.state.phase


async def test_a_crash_in_the_middle_goes_on_where_it_was(bench: Bench) -> None:
    bench.broker.cancel_completes = False
    order = by_hand(bench)
    runner = await clearing_close(bench)
    await bench.restart()
    sent_before = list(bench.broker.sent)

    bench.broker.end(OrderStatus.CANCELED, order)
    await bench.clock.seconds(5)

    assert Phase.WORKING is bench.state(runner.state.close_id).phase
    assert (0, 1) == (len(sent_before), len(bench.broker.sent))


async def test_orders_that_stay_are_for_a_person(bench: Bench) -> None:
    bench.broker.cancel_completes = False
    by_hand(bench)
    runner = await clearing_close(bench)
    await bench.clock.advance(timedelta(seconds=70))
    await eventually(lambda: runner.state.phase.is_end)

    assert (Phase.NEEDS_ATTENTION, []) == (runner.state.phase, bench.broker.sent)


async def test_an_order_of_a_running_close_is_never_cancelled(bench: Bench) -> None:
    await bench.open(at_limit(price="2.05"), leg=SHORT_PUT)
    request = CloseRequest(bench.strategy.id, None, AT_MARKET, cancel_conflicting=True)
    runner = await bench.supervisor.open(request)

    assert [] == bench.broker.cancels
    assert 1 == len(bench.supervisor.running()), "the running close is the answer"
    assert SHORT_PUT == runner.state.plan.symbols[0]


async def test_a_key_does_not_turn_into_a_request_to_cancel(bench: Bench) -> None:
    plain = bench.request()
    telling = CloseRequest(bench.strategy.id, None, AT_MARKET, cancel_conflicting=True)

    assert plain.fingerprint != telling.fingerprint
