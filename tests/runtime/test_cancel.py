"""A cancel is asked for, and the order says what came of it."""

import asyncio
from datetime import timedelta

import pytest
from support.bench import LONG_CALL, Bench
from support.eventually import settle
from support.fakes import hold, lose_after_taking, rate_limited

from closeout.closing.state import Phase
from closeout.domain.orders import OrderStatus
from closeout.domain.outcomes import NotSent, OutcomeUnknown, Refused
from closeout.runtime.refusals import NotCancellable, UnknownClose


async def test_a_working_order_is_cancelled(bench: Bench) -> None:
    runner = await bench.open()

    bench.supervisor.cancel(runner.state.close_id)
    state = await bench.reaches(runner.state.close_id, Phase.CANCELLED)

    assert state.reason is not None
    assert "cancelled" == state.reason.code
    assert [bench.broker.newest.order_id] == bench.broker.cancels


async def test_an_acknowledged_cancel_is_not_yet_cancelled(bench: Bench) -> None:
    bench.broker.cancel_completes = False
    runner = await bench.open()

    bench.supervisor.cancel(runner.state.close_id)
    await bench.clock.seconds(30)

    assert Phase.CANCELLING is runner.state.phase


async def test_a_fill_after_the_cancel_still_closes(bench: Bench) -> None:
    bench.broker.cancel_completes = False
    runner = await bench.open()
    bench.supervisor.cancel(runner.state.close_id)
    await settle()

    bench.broker.fill()

    assert await bench.reaches(runner.state.close_id, Phase.CLOSED)


async def test_what_filled_before_the_cancel_is_told(bench: Bench) -> None:
    runner = await bench.open()
    bench.broker.fill(units=4)
    await settle()

    bench.supervisor.cancel(runner.state.close_id)
    state = await bench.reaches(runner.state.close_id, Phase.CANCELLED)

    assert 4 == state.filled(LONG_CALL)


async def test_a_cancel_twice_asks_the_broker_once(bench: Bench) -> None:
    bench.broker.cancel_completes = False
    runner = await bench.open()

    bench.supervisor.cancel(runner.state.close_id)
    bench.supervisor.cancel(runner.state.close_id)
    await settle()
    bench.supervisor.cancel(runner.state.close_id)
    await settle()

    assert 1 == len(bench.broker.cancels)


@pytest.mark.parametrize(
    "outcome",
    [
        OutcomeUnknown("sent, and no answer came"),
        NotSent("Alpaca's rate limit is used up (HTTP 429)", timedelta(seconds=3)),
        Refused(422, 42210000, "order is in pending_replace state"),
    ],
)
async def test_a_cancel_that_did_not_get_through_goes_again(
    bench: Bench, outcome: OutcomeUnknown | NotSent | Refused
) -> None:
    bench.broker.cancel_outcomes.append(outcome)
    runner = await bench.open()
    bench.supervisor.cancel(runner.state.close_id)

    await bench.clock.seconds(10)

    assert Phase.CANCELLED is runner.state.phase
    assert 1 == len(bench.broker.sent)


async def test_a_cancel_before_the_answer_waits_for_the_order(bench: Bench) -> None:
    gate = asyncio.Event()
    bench.broker.script(hold(gate))
    runner = await bench.open()
    bench.supervisor.cancel(runner.state.close_id)
    await settle()
    asked_before = list(bench.broker.cancels)

    gate.set()
    await bench.reaches(runner.state.close_id, Phase.CANCELLED)

    assert [] == asked_before
    assert 1 == len(bench.broker.cancels)


async def test_a_cancel_of_an_unknown_order_takes_effect_when_it_is_found(bench: Bench) -> None:
    bench.broker.script(lose_after_taking)
    bench.broker.drop_stream()
    bench.broker.fail("order_by_client_id")
    runner = await bench.open()
    bench.supervisor.cancel(runner.state.close_id)
    await settle()

    bench.broker.heal()
    await bench.clock.seconds(5)

    assert Phase.CANCELLED is runner.state.phase


async def test_a_cancel_while_waiting_to_send_sends_nothing_more(bench: Bench) -> None:
    bench.broker.script(rate_limited(timedelta(seconds=20)))
    runner = await bench.open()

    bench.supervisor.cancel(runner.state.close_id)
    await bench.clock.seconds(60)

    assert Phase.CANCELLED is runner.state.phase
    assert 1 == len(bench.broker.sent)
    assert not any(order.is_open for order in bench.broker.orders)


async def test_an_order_cancelled_elsewhere_says_so(bench: Bench) -> None:
    runner = await bench.open()

    bench.broker.end(OrderStatus.CANCELED)
    state = await bench.reaches(runner.state.close_id, Phase.CANCELLED)

    assert state.reason is not None
    assert "cancelled_elsewhere" == state.reason.code


async def test_an_ended_close_cannot_be_cancelled(bench: Bench) -> None:
    runner = await bench.open()
    bench.broker.fill()
    await bench.reaches(runner.state.close_id, Phase.CLOSED)

    with pytest.raises(NotCancellable, match="ended"):
        bench.supervisor.cancel(runner.state.close_id)


async def test_an_unknown_close_cannot_be_cancelled(bench: Bench) -> None:
    with pytest.raises(UnknownClose):
        bench.supervisor.cancel("nobody")
