"""Closed on evidence: fills for every contract, and positions that agree (invariant I5)."""

from support.bench import LONG_CALL, Bench
from support.eventually import settle

from closeout.closing.state import CloseState, Phase
from closeout.domain.orders import OrderStatus


def reason(state: CloseState) -> str | None:
    return None if state.reason is None else state.reason.code


async def test_fills_and_a_fresh_snapshot_close_it(bench: Bench) -> None:
    runner = await bench.open()
    bench.broker.fill()

    state = await bench.reaches(runner.state.close_id, Phase.CLOSED)

    assert state.all_filled
    assert bench.journal.has_ended(state.close_id)
    assert {} == bench.broker.quantities


async def test_filled_is_not_closed_while_positions_still_show_it(bench: Bench) -> None:
    runner = await bench.open()
    bench.broker.freeze_holdings()
    bench.broker.fill()
    await bench.clock.seconds(9)
    phase_before = runner.state.phase

    bench.broker.thaw_holdings()
    await bench.clock.seconds(5)

    assert (Phase.VERIFYING, Phase.CLOSED) == (phase_before, runner.state.phase)


async def test_positions_that_never_agree_ask_for_a_person(bench: Bench) -> None:
    runner = await bench.open()
    bench.broker.freeze_holdings()
    bench.broker.fill()

    await bench.clock.seconds(60)

    assert Phase.NEEDS_ATTENTION is runner.state.phase
    assert "holdings_disagree" == reason(runner.state)


async def test_positions_that_agree_in_the_end_close_it_after_all(bench: Bench) -> None:
    runner = await bench.open()
    bench.broker.freeze_holdings()
    bench.broker.fill()
    await bench.clock.seconds(60)

    bench.broker.thaw_holdings()
    await bench.clock.seconds(31)

    assert Phase.CLOSED is runner.state.phase
    assert bench.journal.has_ended(runner.state.close_id)


async def test_partial_fills_are_counted_and_the_rest_goes_on(bench: Bench) -> None:
    runner = await bench.open()
    bench.broker.fill(units=3)
    await settle()
    partly = (runner.state.phase, runner.state.filled(LONG_CALL))

    bench.broker.fill()
    state = await bench.reaches(runner.state.close_id, Phase.CLOSED)

    assert (Phase.WORKING, 3) == partly
    assert 10 == state.filled(LONG_CALL)


async def test_an_order_that_expires_partly_filled_asks_for_a_person(bench: Bench) -> None:
    runner = await bench.open()
    bench.broker.fill(units=3)
    bench.broker.end(OrderStatus.EXPIRED)

    state = await bench.reaches(runner.state.close_id, Phase.NEEDS_ATTENTION)

    assert "expired" == reason(state)
    assert 3 == state.filled(LONG_CALL)


async def test_an_order_rejected_after_it_was_taken_is_rejected(bench: Bench) -> None:
    runner = await bench.open()
    bench.broker.end(OrderStatus.REJECTED)

    state = await bench.reaches(runner.state.close_id, Phase.REJECTED)

    assert "rejected_by_broker" == reason(state)


async def test_shares_follow_when_the_call_has_filled(empty_bench: Bench) -> None:
    bench = empty_bench
    bench.hold_covered_call()
    await bench.start()
    runner = await bench.open()
    sent_before = len(bench.broker.sent)

    bench.broker.fill()
    await settle()
    bench.broker.fill()
    await bench.reaches(runner.state.close_id, Phase.CLOSED)

    assert (1, 2) == (sent_before, len(bench.broker.sent))
    assert {} == bench.broker.quantities


async def test_a_fill_that_is_taken_back_opens_a_closed_close_for_a_person(bench: Bench) -> None:
    runner = await bench.open()
    order = bench.broker.fill()
    await bench.reaches(runner.state.close_id, Phase.CLOSED)

    bench.broker.bust(order, LONG_CALL, contracts=1)

    state = await bench.reaches(runner.state.close_id, Phase.NEEDS_ATTENTION)
    await bench.clock.seconds(31)
    assert "trade_busted" == reason(state)
    assert 1 == bench.leg(LONG_CALL).quantity, "and the page shows that it is there again"


async def test_so_does_one_of_an_order_that_somebody_else_put_in_its_place(bench: Bench) -> None:
    runner = await bench.open()
    bench.broker.replace_elsewhere(bench.broker.newest)
    order = bench.broker.fill()
    await bench.reaches(runner.state.close_id, Phase.CLOSED)

    bench.broker.bust(order, LONG_CALL, contracts=1)

    state = await bench.reaches(runner.state.close_id, Phase.NEEDS_ATTENTION)
    assert "trade_busted" == reason(state)
