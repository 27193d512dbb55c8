"""Other hands trade while an order works: it is cut, and the close says whose orders they were."""

from support.bench import CONDOR, COVERED_CALL, COVERED_SHARES, SHORT_PUT, Bench
from support.eventually import settle

from closeout.closing.state import Phase
from closeout.closing.wording import describe
from closeout.domain.orders import OrderStatus, OrderType, Side, Ticket, TicketLeg


async def test_an_assignment_leaves_less_than_the_order_wants(bench: Bench) -> None:
    runner = await bench.open()
    bench.broker.hold(SHORT_PUT, -4)

    await bench.clock.seconds(75)
    cancelled = [*bench.broker.cancels]
    bench.broker.end(OrderStatus.CANCELED, bench.broker.newest)
    await bench.clock.seconds(5)

    assert ["order-2"] == cancelled
    assert [10, 4] == [ticket.units for ticket in bench.broker.sent]
    assert 6 == runner.state.gone_elsewhere(SHORT_PUT)


async def test_the_whole_position_closed_from_a_phone_is_closed_and_says_so(bench: Bench) -> None:
    runner = await bench.open()
    ours = bench.broker.newest
    bench.broker.end(OrderStatus.CANCELED, ours)
    legs = tuple(
        TicketLeg(symbol, 1, Side.BUY if ratio < 0 else Side.SELL)
        for symbol, ratio in CONDOR.items()
    )
    bench.broker.take(Ticket("from-a-phone", 10, legs, OrderType.MARKET, None))
    phone = bench.broker.fill()
    await settle()

    await bench.clock.seconds(35)

    state = runner.state
    assert (Phase.CLOSED, "closed_elsewhere") == (state.phase, state.reason and state.reason.code)
    assert phone.order_id in describe(state)


async def test_what_covers_another_hands_short_meanwhile_is_not_sold(empty_bench: Bench) -> None:
    bench = empty_bench
    bench.hold_covered_call()
    await bench.start()
    runner = await bench.open()

    bench.broker.hold("NVDA261218C00210000", -1)
    bench.broker.fill()
    await bench.clock.seconds(40)

    assert [COVERED_CALL] == [ticket.legs[0].symbol for ticket in bench.broker.sent]
    reason = runner.state.reason
    assert (Phase.NEEDS_ATTENTION, "contracts_held") == (runner.state.phase, reason and reason.code)


async def test_what_is_needed_as_cover_no_longer_goes_after_all(empty_bench: Bench) -> None:
    bench = empty_bench
    bench.hold_covered_call()
    await bench.start()
    await bench.open()
    bench.broker.hold("NVDA261218C00210000", -1)
    bench.broker.fill()
    await bench.clock.seconds(5)

    bench.broker.hold("NVDA261218C00210000", 0)
    await bench.clock.seconds(20)

    assert [COVERED_CALL, COVERED_SHARES] == [ticket.legs[0].symbol for ticket in bench.broker.sent]
