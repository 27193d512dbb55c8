"""Quotes that a trader would believe, and that nobody's asking changes."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulator.exchange.worlds import FAR, NEAR, NIGHT, OPEN, call, exchange, later, put

from alpaca_simulator.exchange.contracts import (
    ContractFilter,
    Kind,
    TickClass,
    occ_symbol,
    parse_occ,
)
from alpaca_simulator.exchange.events import QuoteMoved
from alpaca_simulator.exchange.exchange import Exchange
from alpaca_simulator.exchange.quotes import Quote
from alpaca_simulator.exchange.refusals import Refusal

CHAIN = ContractFilter(underlyings=frozenset({"SPY"}), expiration=NEAR)


def quoted(world: Exchange, symbol: str) -> Quote:
    quote = world.quote(symbol)
    assert quote is not None, symbol
    return quote


def chain(world: Exchange, underlying: str) -> list[Quote]:
    listed = world.contracts(ContractFilter(underlyings=frozenset({underlying})))
    shots = world.snapshots([each.contract.symbol for each in listed])
    return [shot.quote for shot in shots.values()]


@pytest.mark.parametrize("underlying", ["SPY", "TSLA", "META"])
def test_every_ask_is_above_its_bid_and_both_are_on_the_tick(underlying: str) -> None:
    world = exchange()
    classes = {"SPY": TickClass.PENNY_ALL, "TSLA": TickClass.PENNY, "META": TickClass.NICKEL}
    for quote in chain(world, underlying):
        assert Decimal(0) <= quote.bid < quote.ask
        for price in (quote.bid, quote.ask):
            assert 0 == price % classes[underlying].tick(price), quote
        assert (quote.bid_size > 0) == (quote.bid > 0)
        assert quote.ask_size > 0


def test_far_contracts_have_no_bid_and_near_ones_do() -> None:
    world = exchange()
    assert 0 == quoted(world, put(420, date(2026, 3, 13))).bid
    assert 0 < quoted(world, put(600)).bid


def test_put_call_parity_holds_within_the_spreads() -> None:
    world = exchange()
    spot = quoted(world, "SPY").mid
    for strike in range(450, 755, 5):
        calls, puts = quoted(world, call(strike)), quoted(world, put(strike))
        assert calls.bid - puts.ask <= spot - strike <= calls.ask - puts.bid


@pytest.mark.parametrize("expiration", [date(2026, 3, 6), NEAR, FAR])
def test_no_vertical_can_be_bought_for_less_than_nothing(expiration: date) -> None:
    world = exchange()
    for strike in range(450, 750, 5):
        low, high = (
            quoted(world, call(strike, expiration)),
            quoted(world, call(strike + 5, expiration)),
        )
        assert low.ask - high.bid >= 0
        assert low.bid - high.ask <= 5


def test_later_expirations_are_never_cheaper_by_more_than_the_spread() -> None:
    world = exchange()
    for strike in range(450, 755, 5):
        assert quoted(world, call(strike, NEAR)).bid <= quoted(world, call(strike, FAR)).ask
        assert quoted(world, put(strike, NEAR)).bid <= quoted(world, put(strike, FAR)).ask


def test_spreads_widen_away_from_the_money() -> None:
    world = exchange()

    def width(symbol: str) -> Decimal:
        quote = quoted(world, symbol)
        return quote.ask - quote.bid

    assert width(call(600)) < width(call(500)) < width(call(450))


def test_nickel_classes_are_wider_than_penny_all_classes() -> None:
    world = exchange()

    def share(symbol: str) -> Decimal:
        quote = quoted(world, symbol)
        return (quote.ask - quote.bid) / quote.mid

    assert share(call(600)) < share(call(600, NEAR, "META"))


def test_options_follow_their_stock() -> None:
    world = exchange()
    before = quoted(world, call(600)), quoted(world, put(600))
    world.set_spot("SPY", Decimal(610))
    after = quoted(world, call(600)), quoted(world, put(600))
    assert before[0].mid < after[0].mid
    assert before[1].mid > after[1].mid


def test_greeks_have_the_signs_they_must() -> None:
    shots = exchange().snapshots([call(600), put(600), "SPY"])
    calls, puts = shots[call(600)].greeks, shots[put(600)].greeks
    assert calls is not None
    assert puts is not None
    assert 0.4 < calls.delta < 0.6
    assert pytest.approx(1) == calls.delta - puts.delta
    assert calls.gamma > 0 > calls.theta
    assert calls.vega > 0 > puts.rho
    assert None is shots["SPY"].greeks


def test_only_moved_watched_symbols_are_reported() -> None:
    world = exchange()
    world.watch([call(600), "SPY"])
    first = {event.quote.symbol for event in later(world) if isinstance(event, QuoteMoved)}
    assert {call(600), "SPY"} == first
    world.watch([put(420, date(2026, 3, 13))])
    assert 1 == len(later(world)), "the first look"
    assert [] == later(world), "0.00 x 0.01 does not move"


@given(st.sets(st.sampled_from([call(600), put(600), "SPY", "TSLA", call(400, NEAR, "TSLA")])))
def test_watching_and_asking_never_change_what_happens(watched: set[str]) -> None:
    quiet, watching = exchange(), exchange()
    watching.watch(watched)
    for _ in range(3):
        later(quiet)
        later(watching)
        watching.contracts(CHAIN)
        watching.snapshots(sorted(watched))
    assert quiet.to_state() == watching.to_state()


def test_each_stock_walks_its_own_way_whatever_else_is_listed() -> None:
    def path(seed: int) -> list[Decimal]:
        world = exchange(seed=seed)
        prices = []
        for _ in range(5):
            later(world)
            prices.append(quoted(world, "SPY").mid)
        return prices

    assert path(1) == path(1)
    assert path(1) != path(2)


def test_prices_stand_still_while_the_market_is_closed() -> None:
    world = exchange(now=NIGHT)
    before = quoted(world, "SPY"), quoted(world, call(600))
    assert datetime(2026, 3, 4, 21, tzinfo=UTC) == before[0].at
    later(world, 3600)
    assert before == (quoted(world, "SPY"), quoted(world, call(600)))


def test_a_world_that_is_always_open_moves_at_night_too() -> None:
    world = exchange(now=NIGHT, clock={"session": "always_open"})
    before = quoted(world, "SPY")
    later(world, 3600)
    assert before.mid != quoted(world, "SPY").mid
    assert world.now == quoted(world, "SPY").at


def test_the_chain_answers_the_filters_of_the_contracts_endpoint() -> None:
    world = exchange()
    query = ContractFilter(
        underlyings=frozenset({"SPY"}),
        expiration_from=NEAR,
        expiration_to=NEAR,
        kind=Kind.PUT,
        strike_from=Decimal(590),
        strike_to=Decimal(600),
    )
    listed = world.contracts(query)
    assert [put(590), put(595), put(600)] == [each.contract.symbol for each in listed]
    assert {True} == {each.tradable for each in listed}
    assert "SPY Apr 17 2026 590 Put" == listed[0].name
    assert listed[0] == world.contract(listed[0].contract.asset_id)
    meta = world.contracts(ContractFilter(underlyings=frozenset({"META"}), ppind=True))
    assert [] == meta


def test_expirations_are_fridays_or_the_day_before_a_holiday() -> None:
    world = exchange(now=datetime(2026, 3, 23, 15, tzinfo=UTC))
    days = {
        each.contract.expiration
        for each in world.contracts(
            ContractFilter(underlyings=frozenset({"TSLA"}), strike_from=Decimal(500))
        )
    }
    assert date(2026, 4, 2) in days, "Good Friday is the third of April"
    assert date(2026, 4, 3) not in days
    assert date(2026, 4, 10) in days


def test_a_listed_contract_stays_listed_until_it_expires() -> None:
    world = exchange()
    held = [call(600, day) for day in (date(2026, 3, 5), date(2026, 3, 13), NEAR, FAR)]
    for day in range(9, 60, 7):
        moment = OPEN + timedelta(days=day)
        world.advance(moment)
        for symbol in held:
            contract = parse_occ(symbol)
            assert contract is not None
            alive = contract.expiration >= moment.date()
            assert alive == (world.quote(symbol) is not None), (symbol, moment)


@given(
    st.sampled_from(["A", "SPY", "BRKB", "ABCDEF"]),
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.sampled_from(Kind),
    st.integers(1, 99_999_999),
)
def test_occ_symbols_read_back_what_was_written(
    underlying: str, expiration: date, kind: Kind, thousandths: int
) -> None:
    strike = Decimal(thousandths) / 1000
    contract = parse_occ(occ_symbol(underlying, expiration, kind, strike))
    assert contract is not None
    assert (underlying, expiration, kind, strike) == (
        contract.underlying,
        contract.expiration,
        contract.kind,
        contract.strike,
    )


@pytest.mark.parametrize("text", ["SPY", "", "SPY260230C00600000", "spy260417C00600000", "X" * 30])
def test_what_is_no_occ_symbol_is_no_contract(text: str) -> None:
    assert None is parse_occ(text)


def test_an_unlisted_symbol_has_no_quote_and_no_contract() -> None:
    world = exchange()
    assert None is world.quote("NOPE")
    assert None is world.quote(call(603))
    assert {} == world.snapshots(["NOPE", call(603)])
    with pytest.raises(Refusal):
        world.contract("NOPE")
