"""How a close begins: journal first, one order whatever is clicked."""

import asyncio

import pytest
from support.bench import AT_MARKET, CONDOR, LONG_CALL, SHORT_CALL, SHORT_PUT, Bench, at_limit
from support.eventually import settle
from support.fakes import hold

from closeout.closing.state import Phase
from closeout.domain.orders import Side
from closeout.ports import JournalFailed
from closeout.runtime.refusals import KeyReused, NotReady, UnknownLeg, UnknownPosition
from closeout.runtime.requests import CloseRequest


async def test_a_strategy_goes_out_as_one_order_that_reduces_every_leg(bench: Bench) -> None:
    await bench.open()

    (ticket,) = bench.broker.sent
    closing = {symbol: Side.SELL if ratio > 0 else Side.BUY for symbol, ratio in CONDOR.items()}
    assert closing == {leg.symbol: leg.side for leg in ticket.legs}
    assert dict.fromkeys(CONDOR, 10) == {symbol: ticket.contracts(symbol) for symbol in CONDOR}


async def test_the_intent_is_on_record_before_the_broker_is_called(bench: Bench) -> None:
    recorded: list[bool] = []
    bench.broker.on_place = lambda ticket: recorded.append(
        ticket.client_order_id in bench.journal.intents()
    )

    await bench.open()

    assert [True] == recorded


async def test_nothing_is_sent_while_the_journal_still_writes_the_intent(bench: Bench) -> None:
    bench.journal.gate = asyncio.Event()
    opening = asyncio.create_task(bench.supervisor.open(bench.request()))
    await settle()
    sent_before = len(bench.broker.sent)

    bench.journal.gate.set()
    await opening
    await settle()

    assert (0, 1) == (sent_before, len(bench.broker.sent))


async def test_nothing_is_sent_when_the_journal_cannot_write_the_intent(bench: Bench) -> None:
    bench.journal.failing = "disk full"

    with pytest.raises(JournalFailed):
        await bench.open()
    await bench.clock.seconds(120)

    assert [] == bench.broker.sent
    assert [] == bench.supervisor.closes()


async def test_a_close_refused_by_the_journal_can_be_asked_for_again(bench: Bench) -> None:
    bench.journal.failing = "disk full"
    with pytest.raises(JournalFailed):
        await bench.open(key="one click")
    bench.journal.failing = None

    await bench.open(key="one click")

    assert 1 == len(bench.broker.sent)


async def test_a_double_click_makes_one_order(bench: Bench) -> None:
    first = await bench.open()
    second = await bench.open()

    assert first.state.close_id == second.state.close_id
    assert 1 == len(bench.broker.sent)


async def test_many_tabs_clicking_at_once_make_one_order(bench: Bench) -> None:
    gate = asyncio.Event()
    bench.broker.script(hold(gate))

    clicks = [bench.supervisor.open(bench.request()) for _ in range(8)]
    runners = await asyncio.gather(*clicks)
    gate.set()
    await settle()

    assert 1 == len({runner.state.close_id for runner in runners})
    assert 1 == len(bench.broker.sent)


async def test_one_key_repeated_at_once_makes_one_order(bench: Bench) -> None:
    clicks = [bench.supervisor.open(bench.request(key="one click")) for _ in range(5)]
    runners = await asyncio.gather(*clicks)
    await settle()

    assert 1 == len({runner.state.close_id for runner in runners})
    assert 1 == len(bench.broker.sent)


async def test_a_key_returns_its_close_also_after_that_has_ended(bench: Bench) -> None:
    first = await bench.open(key="one click")
    request = bench.request(key="one click")
    bench.broker.fill()
    await bench.reaches(first.state.close_id, Phase.CLOSED)
    bench.hold_condor()

    again = await bench.supervisor.open(request)

    assert first.state.close_id == again.state.close_id
    assert 1 == len(bench.broker.sent)


async def test_a_key_is_remembered_over_a_restart(bench: Bench) -> None:
    first = await bench.open(key="one click")
    request = bench.request(key="one click")
    bench.broker.fill()
    await bench.reaches(first.state.close_id, Phase.CLOSED)
    bench.hold_condor()

    await bench.restart()
    again = await bench.supervisor.open(request)

    assert first.state.close_id == again.state.close_id
    assert 1 == len(bench.broker.sent)


async def test_a_key_does_not_serve_a_different_request(bench: Bench) -> None:
    await bench.open(key="one click")

    with pytest.raises(KeyReused):
        await bench.open(at_limit(offset="0.05"), key="one click")

    assert 1 == len(bench.broker.sent)


async def test_a_price_written_with_another_zero_is_the_same_request(bench: Bench) -> None:
    first = await bench.open(at_limit(offset="0.05"), key="one click")

    again = await bench.open(at_limit(offset="0.050"), key="one click")

    assert first.state.close_id == again.state.close_id


async def test_a_leg_of_a_running_strategy_close_is_that_close(bench: Bench) -> None:
    first = await bench.open()

    second = await bench.open(leg=SHORT_PUT)

    assert first.state.close_id == second.state.close_id
    assert 1 == len(bench.broker.sent)


async def test_a_strategy_with_a_leg_being_closed_is_that_close(bench: Bench) -> None:
    first = await bench.open(leg=SHORT_PUT)

    second = await bench.open()

    assert first.state.close_id == second.state.close_id
    assert 1 == len(bench.broker.sent)


async def test_two_legs_that_do_not_touch_are_two_closes(bench: Bench) -> None:
    first = await bench.open(leg=SHORT_PUT)
    second = await bench.open(leg=SHORT_CALL)

    assert first.state.close_id != second.state.close_id
    assert [SHORT_PUT, SHORT_CALL] == [ticket.legs[0].symbol for ticket in bench.broker.sent]


async def test_a_second_close_may_follow_one_that_has_ended(bench: Bench) -> None:
    first = await bench.open(at_limit(offset="-0.50"))
    bench.supervisor.cancel(first.state.close_id)
    await bench.reaches(first.state.close_id, Phase.CANCELLED)

    second = await bench.open()

    assert first.state.close_id != second.state.close_id
    identities = [ticket.client_order_id for ticket in bench.broker.sent]
    assert 2 == len(set(identities))


async def test_an_unknown_position_is_named_so_and_nothing_is_sent(bench: Bench) -> None:
    with pytest.raises(UnknownPosition):
        await bench.supervisor.open(CloseRequest("test-id", None, AT_MARKET))

    assert [] == bench.broker.sent


async def test_an_unknown_leg_is_named_so_and_nothing_is_sent(bench: Bench) -> None:
    with pytest.raises(UnknownLeg):
        await bench.supervisor.open(CloseRequest(bench.strategy.id, "leg_other", AT_MARKET))

    assert [] == bench.broker.sent


async def test_before_the_first_look_at_the_account_nothing_can_be_closed(
    empty_bench: Bench,
) -> None:
    with pytest.raises(NotReady):
        await empty_bench.supervisor.open(CloseRequest("pos", None, AT_MARKET))


async def test_closing_a_leg_sends_only_that_leg(bench: Bench) -> None:
    await bench.open(leg=SHORT_CALL)

    (ticket,) = bench.broker.sent
    assert [(SHORT_CALL, Side.BUY)] == [(leg.symbol, leg.side) for leg in ticket.legs]
    assert 10 == ticket.contracts(SHORT_CALL)
    assert LONG_CALL in bench.broker.quantities


async def test_a_caller_that_goes_away_does_not_stop_what_it_asked_for(bench: Bench) -> None:
    bench.journal.gate = asyncio.Event()
    opening = asyncio.create_task(bench.supervisor.open(bench.request()))
    await settle()

    opening.cancel()
    await settle()
    bench.journal.gate.set()
    await settle()

    assert 1 == len(bench.broker.sent)
    assert 1 == len(bench.supervisor.closes())
