"""A close at a pace, through journal, book and broker."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.bench import (
    COVERED_CALL,
    COVERED_SHARES,
    LONG_CALL,
    LONG_PUT,
    SHORT_CALL,
    SHORT_PUT,
    Bench,
)
from support.builders import in_twelve_prices
from support.eventually import settle

from closeout.closing.plan import Terms
from closeout.closing.state import Phase
from closeout.closing.walk import AtEnd, Holding
from closeout.domain.errors import CannotPlan
from closeout.domain.orders import OrderStatus, OrderType
from closeout.domain.outcomes import NotSent, OutcomeUnknown, Refused
from closeout.runtime.refusals import AlreadyCrossing, MarketClosed, NotWalking, UnknownClose
from closeout.runtime.runner import Runner


def at_pace(**more: Any) -> Terms:
    return Terms(OrderType.LIMIT, walk=in_twelve_prices(**more))


async def walk(bench: Bench, **more: Any) -> Runner:
    """Open a walk from mid at 2.00 to natural at 2.20."""
    return await bench.open(at_pace(**more))


def limits(bench: Bench) -> list[str]:
    """Every limit that was shown, in order."""
    tickets = [*bench.broker.sent, *bench.broker.replaced]
    return [str(ticket.limit) for ticket in tickets]


async def test_it_begins_at_mid_and_steps_towards_natural_in_place(bench: Bench) -> None:
    await walk(bench)
    await bench.clock.seconds(21)

    assert ["2.00", "2.01", "2.02", "2.04", "2.06"] == limits(bench)
    assert 1 == len(bench.broker.sent)
    assert 1 == sum(order.is_open for order in bench.broker.orders)


async def test_it_fills_and_closes_like_any_other(bench: Bench) -> None:
    runner = await walk(bench)
    await bench.clock.seconds(21)
    bench.broker.fill()

    await bench.reaches(runner.state.close_id, Phase.CLOSED)


async def test_it_stands_still_while_quotes_cannot_be_trusted(bench: Bench) -> None:
    runner = await walk(bench)
    bench.quotes.failing = "HTTP 500"
    await bench.clock.seconds(31)
    shown = len(bench.broker.replaced)
    assert runner.state.walking is not None
    assert Holding.STALE == runner.state.walking.holding

    bench.quotes.failing = None
    await bench.clock.seconds(5)
    assert shown + 1 == len(bench.broker.replaced)


async def test_it_follows_the_market(bench: Bench) -> None:
    await walk(bench)
    for symbol in (SHORT_PUT, SHORT_CALL):
        bench.quotes.set(symbol, "2.50", "2.60")
    await bench.clock.seconds(56)

    assert "3.20" == limits(bench)[-1]


async def test_the_second_order_of_a_plan_begins_in_the_market_of_its_turn(
    empty_bench: Bench,
) -> None:
    empty_bench.hold_covered_call()
    await empty_bench.start()
    await walk(empty_bench)
    empty_bench.quotes.set(COVERED_SHARES, "1.40", "1.60")
    await empty_bench.clock.seconds(20)
    empty_bench.broker.fill()
    await settle()

    assert [(COVERED_CALL, "1.05"), (COVERED_SHARES, "1.50")] == [
        (ticket.legs[0].symbol, str(ticket.limit)) for ticket in empty_bench.broker.sent
    ]


async def test_it_begins_in_the_market_of_then_also_where_the_account_is_long_in_being_read(
    empty_bench: Bench,
) -> None:
    bench = empty_bench
    bench.hold_covered_call()
    await bench.start()
    await walk(bench)
    await bench.clock.seconds(20)
    bench.broker.hold(COVERED_SHARES, 40)
    fills = bench.broker.gates["fills"] = asyncio.Event()
    bench.broker.fill()
    await bench.clock.seconds(3)
    holdings = bench.broker.gates["holdings"] = asyncio.Event()
    fills.set()
    await bench.clock.seconds(4)
    bench.quotes.set(COVERED_SHARES, "1.40", "1.60")
    bench.quotes.push(bench.quotes.quote(COVERED_SHARES))
    holdings.set()
    await bench.clock.seconds(1)

    assert (40, "1.50") == (bench.broker.sent[-1].units, str(bench.broker.sent[-1].limit))


async def test_a_walk_survives_a_restart_with_its_age(bench: Bench) -> None:
    runner = await walk(bench, at_end=AtEnd.CANCEL)
    await bench.clock.seconds(31)
    await bench.restart()
    await bench.clock.seconds(28)
    assert Phase.WORKING == bench.state(runner.state.close_id).phase
    await bench.clock.seconds(2)
    await bench.reaches(runner.state.close_id, Phase.CANCELLED)


async def test_one_that_is_long_in_being_cancelled_goes_anew_at_natural_at_most(
    bench: Bench,
) -> None:
    bench.broker.replace_outcomes.append(Refused(403, 40310000, "replace mleg order is disabled"))
    bench.broker.cancel_completes = False
    await walk(bench)
    await bench.clock.seconds(12)
    for symbol in (SHORT_PUT, SHORT_CALL):
        bench.quotes.set(symbol, "1.50", "1.60")
    bench.broker.end(OrderStatus.CANCELED)
    await bench.clock.seconds(1)

    assert ["2.00", "1.20"] == [str(ticket.limit) for ticket in bench.broker.sent]


async def test_a_refused_replacement_is_cancelled_and_sent_anew(bench: Bench) -> None:
    refusal = Refused(403, 40310000, "replace mleg order is disabled")
    bench.broker.replace_outcomes.append(refusal)
    await walk(bench)
    await bench.clock.seconds(7)

    assert 1 == len(bench.broker.cancels)
    assert ["2.00", "2.01"] == [str(ticket.limit) for ticket in bench.broker.sent]
    await bench.clock.seconds(5)
    assert (1, 2) == (len(bench.broker.replaced), len(bench.broker.cancels))


async def test_a_replacement_that_was_lost_is_withdrawn_before_anything_is_sent(
    bench: Bench,
) -> None:
    bench.broker.replace_outcomes.append(OutcomeUnknown("timeout"))
    await walk(bench)
    await bench.clock.seconds(10)
    assert ([], 1) == (bench.broker.cancels, len(bench.broker.sent))
    await bench.clock.seconds(3)
    assert (1, 2) == (len(bench.broker.cancels), len(bench.broker.sent))
    assert 1 == sum(order.is_open for order in bench.broker.orders)


async def test_a_replacement_that_was_not_sent_goes_again(bench: Bench) -> None:
    bench.broker.replace_outcomes.append(NotSent("429", timedelta(seconds=1)))
    await walk(bench)
    await bench.clock.seconds(7)

    ids = [ticket.client_order_id for ticket in bench.broker.replaced]
    assert (2, 2) == (len(ids), len({*ids}))


async def test_only_what_is_left_of_a_partly_filled_order_goes_anew(bench: Bench) -> None:
    runner = await walk(bench)
    bench.broker.fill(units=4)
    await bench.clock.seconds(7)

    assert [10, 6] == [ticket.units for ticket in bench.broker.sent]
    bench.broker.fill()
    state = await bench.reaches(runner.state.close_id, Phase.CLOSED)
    assert 10 == state.filled(LONG_CALL)


async def test_worst_as_a_profit_bounds_the_walk(bench: Bench) -> None:
    """Every leg was opened at 1.00 for nothing net: 2,050 dollars of loss are 2.05 a unit."""
    await walk(bench, worst_pnl=Decimal(-2050))
    await bench.clock.seconds(58)

    assert "2.05" == limits(bench)[-1]


async def test_faster_and_faster_crosses(bench: Bench) -> None:
    runner = await walk(bench)
    await bench.clock.seconds(2)
    for _ in range(2):
        bench.supervisor.hurry(runner.state.close_id)
        await bench.clock.seconds(3)

    assert "2.20" == limits(bench)[-1]
    with pytest.raises(AlreadyCrossing):
        bench.supervisor.hurry(runner.state.close_id)


async def test_a_chosen_limit_rests(bench: Bench) -> None:
    runner = await walk(bench, worst_price=Decimal("2.10"))
    await bench.clock.seconds(2)
    with pytest.raises(CannotPlan, match="beyond the worst"):
        bench.supervisor.change_limit(runner.state.close_id, Decimal("2.11"))
    bench.supervisor.change_limit(runner.state.close_id, Decimal("1.95"))
    await bench.clock.seconds(90)

    assert "1.95" == limits(bench)[-1]
    assert Phase.WORKING == runner.state.phase


async def test_a_single_leg_keeps_to_its_ticks_as_a_refusal_teaches_them(bench: Bench) -> None:
    words = "invalid limit price 1.05. must be a multiple of 0.10"
    runner = await bench.open(at_pace(), leg=SHORT_PUT)
    bench.broker.replace_outcomes.append(Refused(422, 42210000, words))
    await bench.clock.seconds(30)

    prices = [ticket.limit for ticket in bench.broker.replaced]
    assert not any(price % Decimal("0.05") for price in prices[1:] if price is not None)
    bench.broker.end(OrderStatus.CANCELED)
    await bench.reaches(runner.state.close_id, Phase.CANCELLED)
    await bench.open(at_pace(), leg=SHORT_PUT)
    assert not (bench.broker.sent[-1].limit or 0) % Decimal("0.05")


async def test_a_walk_needs_an_open_market(bench: Bench) -> None:
    bench.broker.is_open = False
    await bench.clock.seconds(61)

    with pytest.raises(MarketClosed, match="limit order without a pace"):
        await walk(bench)
    assert [] == bench.broker.sent


async def test_a_close_without_a_pace_has_no_walk_to_change(bench: Bench) -> None:
    runner = await bench.open()
    with pytest.raises(NotWalking):
        bench.supervisor.hurry(runner.state.close_id)
    with pytest.raises(UnknownClose):
        bench.supervisor.change_limit("nobody's", Decimal(1))


async def test_an_ended_walk_cannot_be_changed(bench: Bench) -> None:
    runner = await walk(bench)
    bench.broker.fill()
    await bench.reaches(runner.state.close_id, Phase.CLOSED)
    await settle()
    with pytest.raises(NotWalking, match="has ended"):
        bench.supervisor.change_limit(runner.state.close_id, Decimal(1))
    assert LONG_PUT not in bench.broker.quantities


async def test_a_limit_that_was_chosen_for_an_order_is_not_put_on_the_next(
    empty_bench: Bench,
) -> None:
    """The fill waits for the journal, and the person sees the call still at work."""
    bench = empty_bench
    bench.hold_covered_call()
    await bench.start()
    runner = await walk(bench)
    await bench.clock.seconds(3)
    bench.journal.failing = "disk full"
    bench.broker.fill()
    await settle()
    bench.supervisor.change_limit(runner.state.close_id, Decimal("1.05"))
    bench.supervisor.hurry(runner.state.close_id)

    bench.journal.failing = None
    await bench.clock.seconds(4)

    assert [COVERED_CALL, COVERED_SHARES] == [each.legs[0].symbol for each in bench.broker.sent]
    assert runner.state.walking is not None
    shares = runner.state.walking
    assert (None, False) == (shares.wanted, shares.is_resting)
    assert in_twelve_prices().schedule == shares.walk.schedule
