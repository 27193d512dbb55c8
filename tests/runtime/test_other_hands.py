"""Other hands trade while an order works: it is cut, and the close says whose orders they were."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from support.bench import (
    AT_MARKET,
    CONDOR,
    COVERED_CALL,
    COVERED_SHARES,
    LONG_PUT,
    SHORT_PUT,
    Bench,
)
from support.broker_script import rate_limited
from support.eventually import settle

from closeout.closing.partial import Portion
from closeout.closing.state import Phase
from closeout.closing.wording import describe
from closeout.domain.errors import CannotPlan
from closeout.domain.orders import OrderStatus, OrderType, Side, Ticket, TicketLeg
from closeout.runtime.requests import CloseRequest

SPARE, SECOND_SPARE = "SPY261218P00545000", "SPY261218P00540000"
"""Long puts of strategies of their own."""
ELSEWHERE = "QQQ261218P00400000"
"""A long put that can cover nothing here."""


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


async def test_what_goes_while_it_is_asked_who_traded_is_not_closed_again(bench: Bench) -> None:
    """The answer is for the words alone, and may take as long as it likes."""
    bench.broker.script(rate_limited(timedelta(seconds=2)))
    bench.broker.gates["fills"] = asyncio.Event()
    await bench.open()
    bench.broker.hold(SHORT_PUT, -4)
    await bench.clock.seconds(5)
    before = [*bench.broker.sent]

    bench.broker.hold(SHORT_PUT, 7)
    bench.broker.gates.pop("fills").set()
    await bench.clock.seconds(1)

    assert 1 == bench.broker.reads["fills"]
    assert before == bench.broker.sent


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


def on_sale(symbol: str = SPARE) -> Ticket:
    """Somebody's order to take profit on a long put."""
    legs = (TicketLeg(symbol, 1, Side.SELL),)
    return Ticket("from-a-phone", 1, legs, OrderType.LIMIT, Decimal("9.00"))


async def spread_and_spare(bench: Bench, *, resting: bool) -> None:
    """A put spread, and a long put that could cover its short, which another hand has on sale."""
    bench.open_package({SHORT_PUT: -1, LONG_PUT: 1}, 1)
    bench.broker.hold(SPARE, 1)
    bench.broker.hold(ELSEWHERE, 1)
    if resting:
        bench.broker.add(on_sale(ELSEWHERE))
        bench.broker.add(on_sale())
    await bench.start()


def position_of(bench: Bench, symbol: str) -> tuple[str, str]:
    """The strategy that has this contract, and the leg it is."""
    strategies = bench.engine.book.grouping.strategies
    return next((it.id, leg.id) for it in strategies for leg in it.legs if leg.symbol == symbol)


async def test_cover_that_another_hand_has_on_sale_covers_nothing(empty_bench: Bench) -> None:
    """Both sales may fill."""
    bench = empty_bench
    await spread_and_spare(bench, resting=True)
    position_id, leg_id = position_of(bench, LONG_PUT)

    with pytest.raises(CannotPlan) as refusal:
        await bench.supervisor.open(CloseRequest(position_id, leg_id, AT_MARKET))

    assert "would_uncover" == refusal.value.reason_code
    assert f"order {bench.broker.newest.order_id} may" in str(refusal.value)
    assert [] == bench.broker.sent


async def test_nor_does_what_is_left_beside_a_running_close(empty_bench: Bench) -> None:
    """One spare is on sale by another hand, and one by Closeout: all may fill."""
    bench = empty_bench
    bench.broker.hold(SECOND_SPARE, 1)
    await spread_and_spare(bench, resting=True)
    cover, spare = position_of(bench, LONG_PUT), position_of(bench, SECOND_SPARE)
    await bench.supervisor.open(CloseRequest(*spare, AT_MARKET))
    await settle()

    with pytest.raises(CannotPlan) as refusal:
        await bench.supervisor.open(CloseRequest(*cover, AT_MARKET))

    assert ("would_uncover", 1) == (refusal.value.reason_code, len(bench.broker.sent))


async def test_what_a_running_close_sells_is_gone_once(empty_bench: Bench) -> None:
    """One of two spares goes, by an order that is no other hand's, and the second one covers."""
    bench = empty_bench
    bench.open_package({SHORT_PUT: -1, LONG_PUT: 1}, 1)
    bench.broker.hold(SPARE, 2)
    await bench.start()
    spare, cover = position_of(bench, SPARE), position_of(bench, LONG_PUT)
    one = Portion(quantity=1)
    await bench.supervisor.open(CloseRequest(*spare, AT_MARKET, portion=one))
    await settle()

    await bench.supervisor.open(CloseRequest(*cover, AT_MARKET))
    await settle()

    assert [SPARE, LONG_PUT] == [ticket.legs[0].symbol for ticket in bench.broker.sent]


async def test_a_package_of_another_hand_takes_its_own_short_along(empty_bench: Bench) -> None:
    bench = empty_bench
    await spread_and_spare(bench, resting=False)
    legs = (*on_sale().legs, TicketLeg(SHORT_PUT, 1, Side.BUY))
    bench.broker.add(Ticket("spread", 1, legs, OrderType.LIMIT, Decimal("2.00")))
    await bench.engine.book.refresh()

    await bench.supervisor.open(CloseRequest(*position_of(bench, LONG_PUT), AT_MARKET))
    await settle()

    assert [LONG_PUT] == [ticket.legs[0].symbol for ticket in bench.broker.sent]


async def test_a_sale_that_is_cancelled_first_takes_no_cover(empty_bench: Bench) -> None:
    bench = empty_bench
    await spread_and_spare(bench, resting=False)
    conflict = bench.broker.add(on_sale(LONG_PUT))
    await bench.engine.book.refresh()
    position_id, leg_id = position_of(bench, LONG_PUT)
    request = CloseRequest(position_id, leg_id, AT_MARKET, cancel_conflicting=True)

    await bench.supervisor.open(request)
    await bench.clock.seconds(5)

    assert [conflict.order_id] == bench.broker.cancels
    assert [LONG_PUT] == [ticket.legs[0].symbol for ticket in bench.broker.sent]


async def test_a_whole_spread_goes_whatever_is_on_sale_beside_it(empty_bench: Bench) -> None:
    bench = empty_bench
    await spread_and_spare(bench, resting=True)
    position_id, _ = position_of(bench, SHORT_PUT)

    await bench.supervisor.open(CloseRequest(position_id, None, AT_MARKET))
    await settle()

    assert 1 == len(bench.broker.sent)


async def test_cover_put_on_sale_before_the_order_goes_out_is_waited_for(
    empty_bench: Bench,
) -> None:
    bench = empty_bench
    await spread_and_spare(bench, resting=False)
    bench.broker.script(rate_limited(timedelta(seconds=2)))
    position_id, leg_id = position_of(bench, LONG_PUT)
    await bench.supervisor.open(CloseRequest(position_id, leg_id, AT_MARKET))
    await settle()
    sale = bench.broker.add(on_sale())
    bench.broker.tell("new", sale)

    await bench.clock.seconds(10)
    before = len(bench.broker.sent)
    bench.broker.end(OrderStatus.CANCELED, sale)
    await bench.clock.seconds(15)

    assert (1, 2) == (before, len(bench.broker.sent))
