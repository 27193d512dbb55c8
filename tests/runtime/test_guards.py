"""What stands in the way of a close is named, and then nothing is sent."""

import asyncio
from datetime import timedelta

import pytest
from support.bench import (
    AT_MARKET,
    COVERED_CALL,
    COVERED_SHARES,
    LONG_CALL,
    LONG_PUT,
    SHORT_CALL,
    SHORT_PUT,
    Bench,
    at_limit,
)
from support.eventually import settle
from support.fakes import hold

from closeout.domain.errors import CannotPlan
from closeout.domain.orders import OrderType, Side, Ticket, TicketLeg
from closeout.ports import ReadFailed
from closeout.runtime.refusals import AccountBlocked, MarketClosed
from closeout.runtime.requests import CloseRequest


async def refused(bench: Bench, *, leg: str) -> str:
    """Ask to close a leg and return the code it was refused with."""
    with pytest.raises(CannotPlan) as refusal:
        await bench.open(leg=leg)
    return refusal.value.reason_code


async def test_a_market_order_waits_for_the_market(bench: Bench) -> None:
    bench.broker.is_open = False
    await bench.engine.book.read_market()

    with pytest.raises(MarketClosed) as refusal:
        await bench.open()

    assert [] == bench.broker.sent
    assert "2026-11-23" in str(refusal.value)


async def test_a_limit_order_may_queue_while_the_market_is_closed(bench: Bench) -> None:
    bench.broker.is_open = False
    await bench.engine.book.read_market()

    await bench.open(at_limit())

    assert 1 == len(bench.broker.sent)


async def test_a_market_that_opened_since_we_looked_is_open(bench: Bench) -> None:
    """Our clock may be slow: before a refusal the broker's own is asked."""
    bench.broker.is_open = False
    await bench.engine.book.read_market()
    bench.broker.is_open = True

    await bench.open()

    assert 1 == len(bench.broker.sent)


async def test_not_knowing_the_hour_does_not_bar_an_exit(bench: Bench) -> None:
    await bench.clock.seconds(7 * 3600)
    bench.broker.fail("market_clock")

    await bench.open()

    assert 1 == len(bench.broker.sent)


async def test_a_blocked_account_is_told_why(bench: Bench) -> None:
    bench.broker.blocked_reason = "trading is suspended by the user"
    await bench.engine.book.read_account()

    with pytest.raises(AccountBlocked, match="suspended by the user"):
        await bench.open()

    assert [] == bench.broker.sent


async def test_an_account_that_is_free_again_can_exit_at_once(bench: Bench) -> None:
    bench.broker.blocked_reason = "trading is suspended by the user"
    await bench.engine.book.read_account()
    bench.broker.blocked_reason = None

    await bench.open()

    assert 1 == len(bench.broker.sent)


async def test_a_position_that_shrank_elsewhere_is_looked_at_afresh(bench: Bench) -> None:
    bench.broker.hold(SHORT_PUT, -4)

    runner = await bench.open(leg=SHORT_PUT)

    assert 4 == runner.state.plan.targets[0].contracts


async def test_a_leg_that_went_elsewhere_is_not_sent(bench: Bench) -> None:
    request = bench.request(leg=SHORT_PUT)
    bench.broker.hold(SHORT_PUT, 0)

    with pytest.raises(Exception, match="no such leg now"):
        await bench.supervisor.open(request)

    assert [] == bench.broker.sent


async def test_contracts_held_by_an_open_order_name_that_order(bench: Bench) -> None:
    leg = TicketLeg(SHORT_PUT, 1, Side.BUY)
    bench.broker.take(Ticket("by-hand", 3, (leg,), OrderType.MARKET, None))
    held = bench.broker.newest.order_id

    with pytest.raises(CannotPlan, match=held) as refusal:
        await bench.open()

    assert "contracts_held" == refusal.value.reason_code
    assert [] == bench.broker.sent


async def test_a_long_leg_that_covers_a_short_one_is_not_sold_alone(bench: Bench) -> None:
    assert "would_uncover" == await refused(bench, leg=LONG_CALL)
    assert [] == bench.broker.sent


async def test_a_long_leg_goes_alone_when_its_short_is_gone(bench: Bench) -> None:
    bench.broker.hold(SHORT_CALL, 0)

    await bench.open(leg=LONG_CALL)

    assert 1 == len(bench.broker.sent)


async def test_cover_that_a_running_close_sells_covers_nothing_more(empty_bench: Bench) -> None:
    """Two longs over one short: each may go alone, but not both at once."""
    bench, spare = empty_bench, "SPY261218C00640000"
    for symbol, quantity in ((SHORT_CALL, -1), (LONG_CALL, 1), (spare, 1)):
        bench.broker.hold(symbol, quantity)
    await bench.start()
    await bench.open(leg=LONG_CALL)

    assert "would_uncover" == await refused(bench, leg=spare)
    assert 1 == len(bench.broker.sent)


async def test_contracts_of_a_running_close_are_taken_under_any_name(empty_bench: Bench) -> None:
    """
    A covered call's shares show as a position of their own once the call is gone; the
    running close is about to sell them.
    """
    bench = empty_bench
    bench.hold_covered_call()
    await bench.start()
    await bench.open()
    gate = asyncio.Event()
    bench.broker.script(hold(gate))
    bench.broker.fill()
    await settle()
    await bench.engine.book.refresh()
    shares = bench.strategy
    assert COVERED_SHARES == shares.legs[0].symbol, "the shares stand alone now"

    with pytest.raises(CannotPlan) as refusal:
        await bench.supervisor.open(CloseRequest(shares.id, None, AT_MARKET))
    gate.set()
    await settle()

    assert "contracts_claimed" == refusal.value.reason_code
    assert [COVERED_CALL, COVERED_SHARES] == [each.legs[0].symbol for each in bench.broker.sent]


async def test_fills_that_positions_do_not_show_yet_are_still_claimed(bench: Bench) -> None:
    """Alpaca's positions may lag ten seconds behind its fills."""
    runner = await bench.open()
    bench.broker.freeze_holdings()
    bench.broker.fill()
    await bench.clock.seconds(2)
    assert "verifying" == runner.state.phase.value

    again = await bench.supervisor.open(CloseRequest(bench.strategy.id, None, AT_MARKET))

    assert again is runner
    assert 1 == len(bench.broker.sent)


@pytest.mark.parametrize("read", ["holdings", "order_history"])
async def test_nothing_is_sent_on_an_account_that_cannot_be_read(bench: Bench, read: str) -> None:
    bench.broker.fail(read)

    with pytest.raises(ReadFailed):
        await bench.open()

    assert [] == bench.broker.sent


async def test_nothing_is_sent_when_a_limit_finds_no_fresh_quote(bench: Bench) -> None:
    await bench.clock.seconds(6)
    bench.quotes.failing = "HTTP 500"

    with pytest.raises(ReadFailed):
        await bench.open(at_limit())

    assert [] == bench.broker.sent


async def test_an_old_quote_that_is_withdrawn_prices_nothing(bench: Bench) -> None:
    await bench.clock.seconds(3600)
    bench.quotes.absent.add(LONG_PUT)

    with pytest.raises(CannotPlan) as refusal:
        await bench.open(at_limit())

    assert "no_price" == refusal.value.reason_code
    assert [] == bench.broker.sent


async def test_a_limit_is_priced_from_quotes_that_are_fresh(bench: Bench) -> None:
    await bench.clock.advance(timedelta(seconds=6))
    bench.quotes.set(SHORT_PUT, "2.40", "2.50")

    await bench.open(at_limit(offset="0.05"))

    (ticket,) = bench.broker.sent
    assert "2.45" == str(ticket.limit)


async def test_a_price_the_user_gave_needs_no_quote(bench: Bench) -> None:
    bench.quotes.failing = "HTTP 500"
    await bench.clock.seconds(3600)

    await bench.open(at_limit(price="2.05"), leg=SHORT_PUT)

    (ticket,) = bench.broker.sent
    assert "2.05" == str(ticket.limit)
