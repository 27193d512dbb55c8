"""What comes of sending: only evidence settles it, and nothing goes twice."""

import asyncio
from datetime import timedelta

from support.bench import LONG_CALL, Bench
from support.eventually import settle
from support.fakes import (
    answer_late,
    hold,
    lose_after_taking,
    lose_before_taking,
    rate_limited,
    refuse,
    stumble,
    unreachable,
)

from closeout.closing.state import CloseState, Phase


def reason(state: CloseState) -> str | None:
    return None if state.reason is None else state.reason.code


async def test_a_refusal_ends_it_with_the_brokers_words(bench: Bench) -> None:
    bench.broker.script(refuse("account not eligible to trade uncovered option contracts"))

    runner = await bench.open()

    assert Phase.REJECTED is runner.state.phase
    assert runner.state.reason is not None
    assert "account not eligible" in runner.state.reason.detail


async def test_a_lost_answer_is_unknown_and_then_found(bench: Bench) -> None:
    bench.broker.script(lose_after_taking)
    bench.broker.drop_stream()
    await settle()
    seen: list[Phase] = []

    runner = await bench.open()
    seen.append(runner.state.phase)
    await bench.clock.seconds(1)

    assert Phase.WORKING is runner.state.phase
    assert 1 == len(bench.broker.sent)


async def test_a_lost_answer_stays_unknown_while_nothing_can_be_read(bench: Bench) -> None:
    bench.broker.script(lose_after_taking)
    bench.broker.drop_stream()
    bench.broker.fail("order_by_client_id")
    runner = await bench.open()
    bench.broker.fail("order_history")

    await bench.clock.seconds(600)
    phase_before, sent_before = runner.state.phase, len(bench.broker.sent)
    bench.broker.heal()
    await bench.clock.seconds(5)

    assert (Phase.UNKNOWN, 1) == (phase_before, sent_before)
    assert Phase.WORKING is runner.state.phase
    assert 1 == len(bench.broker.sent)


async def test_an_order_that_is_listed_late_is_not_sent_again(bench: Bench) -> None:
    bench.broker.script(lose_after_taking)
    bench.broker.drop_stream()
    await settle()
    request = bench.request()
    bench.broker.on_place = lambda ticket: bench.broker.unlisted.add(ticket.client_order_id)
    runner = await bench.supervisor.open(request)
    await bench.clock.seconds(20)
    phase_before = runner.state.phase

    bench.broker.unlisted.clear()
    await bench.clock.seconds(6)

    assert (Phase.UNKNOWN, Phase.WORKING) == (phase_before, runner.state.phase)
    assert 1 == len(bench.broker.sent)


async def test_an_order_that_never_arrived_goes_again_once_under_its_id(bench: Bench) -> None:
    bench.broker.script(lose_before_taking)

    runner = await bench.open()
    await bench.clock.seconds(45)

    first, second = bench.broker.sent
    assert first == second
    assert Phase.WORKING is runner.state.phase


async def test_an_order_lost_twice_is_given_up(bench: Bench) -> None:
    bench.broker.script(lose_before_taking, lose_before_taking)

    runner = await bench.open()
    await bench.clock.seconds(120)

    assert Phase.REJECTED is runner.state.phase
    assert "never_arrived" == reason(runner.state)
    assert 2 == len(bench.broker.sent)


async def test_an_absent_order_whose_contracts_are_held_is_not_sent_again(bench: Bench) -> None:
    """No list shows it, but something holds just what it was to close."""
    bench.broker.script(lose_after_taking)
    bench.broker.drop_stream()
    bench.broker.on_place = lambda ticket: bench.broker.unlisted.add(ticket.client_order_id)
    runner = await bench.open()
    await bench.clock.seconds(90)

    state = bench.state(runner.state.close_id)
    assert 1 == len(bench.broker.sent)
    assert (Phase.NEEDS_ATTENTION, "changed_meanwhile") == (
        state.phase,
        state.reason and state.reason.code,
    )


async def test_an_absent_order_of_which_a_fill_is_known_is_not_sent_again(bench: Bench) -> None:
    """Positions and orders lag behind the account's fills."""
    bench.broker.script(lose_after_taking)
    bench.broker.freeze_holdings()
    bench.broker.drop_stream()
    bench.broker.on_place = lambda ticket: bench.broker.unlisted.add(ticket.client_order_id)
    runner = await bench.open()
    bench.broker.fill()
    await bench.clock.seconds(45)

    assert (Phase.SENDING, 1) == (
        bench.state(runner.state.close_id).phase,
        len(bench.broker.sent),
    )
    bench.broker.unlisted.clear()
    bench.broker.thaw_holdings()
    await bench.clock.seconds(3)
    assert await bench.reaches(runner.state.close_id, Phase.CLOSED)


async def test_a_repeated_order_that_had_arrived_is_found_not_failed(bench: Bench) -> None:
    bench.broker.script(lose_after_taking)
    bench.broker.freeze_holdings()
    bench.broker.drop_stream()
    await settle()
    bench.broker.on_place = lambda ticket: bench.broker.unlisted.add(ticket.client_order_id)
    runner = await bench.open()
    await bench.clock.seconds(45)
    assert 2 == len(bench.broker.sent), "it went again, and was refused as a duplicate"

    bench.broker.unlisted.clear()
    await bench.clock.seconds(6)

    assert Phase.WORKING is runner.state.phase
    assert 1 == sum(order.is_open for order in bench.broker.orders)


async def test_an_error_of_ours_while_sending_is_unknown_not_failed(bench: Bench) -> None:
    bench.broker.script(stumble)
    bench.broker.drop_stream()

    runner = await bench.open()
    await bench.clock.seconds(1)

    assert Phase.WORKING is runner.state.phase
    assert 1 == len(bench.broker.sent)


async def test_a_rate_limit_waits_its_turn_and_goes_again_under_its_id(bench: Bench) -> None:
    bench.broker.script(rate_limited(timedelta(seconds=20)))
    runner = await bench.open()
    await bench.clock.seconds(19)
    sent_before = len(bench.broker.sent)

    await bench.clock.seconds(2)

    assert 1 == sent_before
    assert 2 == len(bench.broker.sent)
    assert Phase.WORKING is runner.state.phase
    assert 1 == len({ticket.client_order_id for ticket in bench.broker.sent})


async def test_an_unreachable_broker_is_tried_again_and_then_given_up(bench: Bench) -> None:
    bench.broker.script(*[unreachable] * 200)

    runner = await bench.open()
    await bench.clock.seconds(90)

    assert Phase.REJECTED is runner.state.phase
    assert "broker_unreachable" == reason(runner.state)
    assert not bench.broker.newest.is_open


async def test_a_decision_that_slept_is_not_sent_when_the_machine_wakes(bench: Bench) -> None:
    """A laptop that was closed for the night must not trade on yesterday's click."""
    bench.broker.script(rate_limited(timedelta(hours=9)))
    runner = await bench.open()

    bench.clock.freeze(timedelta(hours=9))
    await bench.clock.seconds(1)

    assert 1 == len(bench.broker.sent)
    assert Phase.REJECTED is runner.state.phase


async def test_the_stream_may_speak_before_the_answer(bench: Bench) -> None:
    gate = asyncio.Event()
    bench.broker.script(answer_late(gate))
    runner = await bench.open()
    phase_before = runner.state.phase

    bench.broker.fill()
    await settle()
    gate.set()
    state = await bench.reaches(runner.state.close_id, Phase.CLOSED)

    assert Phase.WORKING is phase_before
    assert 1 == len(state.attempts[0].orders)
    assert 10 == state.filled(LONG_CALL)


async def test_the_answer_is_waited_for_until_something_is_known(bench: Bench) -> None:
    gate = asyncio.Event()
    bench.broker.script(hold(gate))
    runner = await bench.open()
    deciding = asyncio.create_task(bench.supervisor.decided(runner))
    await settle()
    waited = not deciding.done()

    gate.set()

    assert waited
    assert Phase.WORKING is (await deciding).phase


async def test_waiting_for_the_answer_has_an_end(bench: Bench) -> None:
    bench.broker.script(hold(asyncio.Event()))
    runner = await bench.open()
    deciding = asyncio.create_task(bench.supervisor.decided(runner))
    await bench.clock.seconds(14)
    waited = not deciding.done()

    await bench.clock.seconds(2)

    assert waited
    assert Phase.SENDING is (await deciding).phase
