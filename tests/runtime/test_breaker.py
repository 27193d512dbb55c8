"""The breaker spares a broker that is down the page's reads, and never stands before an exit."""

from datetime import timedelta

from support.bench import Bench
from support.eventually import settle
from support.fakes import FRIDAY_MORNING as NOW

from closeout.closing.state import Phase
from closeout.runtime.breaker import FAILURES_TO_OPEN, OPEN_FOR, Breaker, BreakerState


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN):
        breaker.failed(NOW)
    return breaker


def test_four_failures_leave_it_closed() -> None:
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN - 1):
        breaker.failed(NOW)

    assert BreakerState.CLOSED is breaker.state(NOW)
    assert breaker.allows(NOW)


def test_the_fifth_failure_opens_it() -> None:
    breaker = opened()

    assert BreakerState.OPEN is breaker.state(NOW)
    assert not breaker.allows(NOW)
    assert NOW + OPEN_FOR == breaker.retry_at


def test_a_success_starts_the_count_anew() -> None:
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN - 1):
        breaker.failed(NOW)
    breaker.succeeded()
    breaker.failed(NOW)

    assert BreakerState.CLOSED is breaker.state(NOW)


def test_after_its_pause_a_single_probe_goes() -> None:
    breaker, later = opened(), NOW + OPEN_FOR

    assert BreakerState.HALF_OPEN is breaker.state(later)
    assert [True, False, False] == [breaker.allows(later) for _ in range(3)]


def test_a_probe_that_succeeds_closes_it() -> None:
    breaker, later = opened(), NOW + OPEN_FOR
    breaker.allows(later)
    breaker.succeeded()

    assert BreakerState.CLOSED is breaker.state(later)
    assert None is breaker.retry_at


def test_a_probe_that_fails_opens_it_for_another_pause() -> None:
    breaker, later = opened(), NOW + OPEN_FOR
    breaker.allows(later)
    breaker.failed(later)

    assert BreakerState.OPEN is breaker.state(later + OPEN_FOR - timedelta(seconds=1))
    assert BreakerState.HALF_OPEN is breaker.state(later + OPEN_FOR)


def test_a_clock_that_is_set_back_does_not_keep_it_open() -> None:
    breaker, earlier = opened(), NOW - timedelta(hours=1)

    assert BreakerState.HALF_OPEN is breaker.state(earlier)
    assert [True, False] == [breaker.allows(earlier) for _ in range(2)]


def test_a_clock_that_is_set_back_while_a_probe_is_out_lets_another_go() -> None:
    breaker = opened()
    breaker.allows(NOW + OPEN_FOR)

    assert breaker.allows(NOW - timedelta(hours=1))


def test_a_probe_that_never_comes_back_is_followed_by_another() -> None:
    breaker, later = opened(), NOW + OPEN_FOR
    breaker.allows(later)

    assert not breaker.allows(later + OPEN_FOR - timedelta(seconds=1))
    assert breaker.allows(later + OPEN_FOR)


async def test_reads_that_fail_open_it_and_are_then_spared(bench: Bench) -> None:
    bench.broker.fail("*")
    await bench.clock.seconds(120)
    state = bench.engine.breaker.state(bench.clock.now())
    reads_before = bench.broker.reads.total()

    await bench.clock.seconds(9)

    assert BreakerState.CLOSED is not state
    assert 1 >= bench.broker.reads.total() - reads_before


async def test_it_closes_again_by_itself(bench: Bench) -> None:
    bench.broker.fail("*")
    await bench.clock.seconds(120)
    assert BreakerState.CLOSED is not bench.engine.breaker.state(bench.clock.now())

    bench.broker.heal()
    await bench.clock.seconds(60)

    assert BreakerState.CLOSED is bench.engine.breaker.state(bench.clock.now())
    assert None is bench.engine.book.holdings_error


async def open_breaker(bench: Bench) -> None:
    bench.broker.fail("*")
    await bench.clock.seconds(120)
    assert BreakerState.OPEN is bench.engine.breaker.state(bench.clock.now())


async def test_an_open_breaker_never_blocks_a_close(bench: Bench) -> None:
    await open_breaker(bench)
    bench.broker.heal()

    runner = await bench.open()

    assert 1 == len(bench.broker.sent)
    assert Phase.WORKING is runner.state.phase


async def test_an_open_breaker_never_blocks_a_cancel(bench: Bench) -> None:
    runner = await bench.open()
    await open_breaker(bench)

    bench.supervisor.cancel(runner.state.close_id)
    await settle()

    assert 1 == len(bench.broker.cancels)
    assert Phase.CANCELLED is runner.state.phase


async def test_an_open_breaker_never_blocks_the_evidence_of_a_close(bench: Bench) -> None:
    runner = await bench.open()
    bench.broker.drop_stream()
    await open_breaker(bench)
    bench.broker.fill()
    bench.broker.heal()
    bench.broker.fail("market_clock", "order_history")

    await bench.clock.seconds(20)

    assert BreakerState.CLOSED is not bench.engine.breaker.state(bench.clock.now())
    assert Phase.CLOSED is runner.state.phase


async def test_a_failing_clock_does_not_say_that_positions_are_unread(bench: Bench) -> None:
    bench.broker.fail("market_clock")

    await bench.clock.seconds(70)

    assert 0 < bench.engine.breaker.failures
    assert None is bench.engine.book.holdings_error
