"""Strategies on opposite sides of a contract, of which Alpaca holds only the net."""

from collections import Counter
from decimal import Decimal

import pytest
from support.bench import AT_MARKET, CONDOR, SHORT_PUT, Bench
from support.eventually import settle

from closeout.closing.state import Phase
from closeout.domain.errors import CannotPlan
from closeout.domain.strategies import Strategy
from closeout.runtime.requests import CloseRequest

CALL = "SPY261218C00600000"
STRADDLE = {SHORT_PUT: 1, CALL: 1}
LOWER_PUT = "SPY261218P00540000"


@pytest.fixture
async def bench(empty_bench: Bench) -> Bench:
    """Ten condors, and four long straddles with the put the condors are short of."""
    empty_bench.hold_condor()
    empty_bench.open_package(STRADDLE, 4)
    await empty_bench.start()
    return empty_bench


def strategy_with(bench: Bench, symbol: str) -> Strategy:
    return next(
        each
        for each in bench.engine.book.grouping.strategies
        if any(leg.symbol == symbol for leg in each.legs)
    )


async def test_both_keep_the_contract_and_know_of_each_other(bench: Bench) -> None:
    straddle = strategy_with(bench, CALL)
    condor = next(each for each in bench.engine.book.grouping.strategies if each != straddle)

    assert Decimal(-6) == bench.broker.quantities[SHORT_PUT]
    assert [(SHORT_PUT, 4, (condor.id,))] == [
        (each.symbol, each.contracts, each.with_ids) for each in straddle.netted
    ]
    assert -10 == {leg.symbol: leg.quantity for leg in condor.legs}[SHORT_PUT]


async def test_the_condor_closes_with_the_net_of_the_put(bench: Bench) -> None:
    condor = strategy_with(bench, next(each for each in CONDOR if each != SHORT_PUT))
    runner = await bench.supervisor.open(CloseRequest(condor.id, None, AT_MARKET))
    for _ in runner.state.plan.steps:
        bench.broker.fill()
        await settle()
    await bench.reaches(runner.state.close_id, Phase.CLOSED)

    sent = Counter[str]()
    for ticket in bench.broker.sent:
        sent.update({leg.symbol: ticket.contracts(leg.symbol) for leg in ticket.legs})
    assert {symbol: 6 if symbol == SHORT_PUT else 10 for symbol in CONDOR} == sent
    assert 0 == bench.broker.quantities.get(SHORT_PUT, 0)


async def test_the_straddle_closes_without_the_put(bench: Bench) -> None:
    straddle = strategy_with(bench, CALL)
    await bench.supervisor.open(CloseRequest(straddle.id, None, AT_MARKET))

    (ticket,) = bench.broker.sent
    assert [(CALL, 4)] == [(leg.symbol, ticket.contracts(leg.symbol)) for leg in ticket.legs]


async def test_the_netted_put_alone_is_refused_in_words(bench: Bench) -> None:
    straddle = strategy_with(bench, CALL)
    leg = next(leg for leg in straddle.legs if leg.symbol == SHORT_PUT)

    with pytest.raises(CannotPlan, match="Alpaca holds only the net"):
        await bench.supervisor.open(CloseRequest(straddle.id, leg.id, AT_MARKET))

    assert [] == bench.broker.sent


async def test_a_strategy_whose_contracts_do_not_add_up_is_not_closed_whole(bench: Bench) -> None:
    straddle = strategy_with(bench, CALL)
    bench.broker.quantities[SHORT_PUT] = Decimal(-7)
    await bench.engine.book.refresh()

    with pytest.raises(CannotPlan, match="do not come to what the account holds"):
        await bench.supervisor.open(CloseRequest(straddle.id, None, AT_MARKET))

    assert [] == bench.broker.sent


async def test_no_close_bares_a_short_whose_cover_is_netted_away(empty_bench: Bench) -> None:
    """The spread's long put is the condor's short one; sold out, its own short would be bare."""
    empty_bench.hold_condor()
    empty_bench.open_package({SHORT_PUT: 1, LOWER_PUT: -1}, 4)
    await empty_bench.start()
    condor = strategy_with(empty_bench, "SPY261218C00630000")

    with pytest.raises(CannotPlan, match="uncovered"):
        await empty_bench.supervisor.open(CloseRequest(condor.id, None, AT_MARKET))

    assert [] == empty_bench.broker.sent
