"""The report of a close: fills against the market, weighted by contracts, to the cent."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import (
    AT,
    a_covered_call,
    a_leg,
    a_plan,
    a_quote,
    a_report,
    a_strategy,
    after,
    an_iron_condor,
    call,
    opened,
    put,
    run,
    told,
)

from closeout.closing.events import CloseOpened, Event
from closeout.closing.report import Comparison, Report, report_of
from closeout.closing.snapshots import MarketSnapshot
from closeout.closing.state import CloseState
from closeout.closing.step import step
from closeout.closing.witness import brings_fill
from closeout.domain.deliverables import ContractTerms, Deliverable
from closeout.domain.fees import FeeCode, exact_total
from closeout.domain.orders import OrderStatus
from closeout.domain.quotes import Quote
from closeout.domain.strategies import Strategy

FILLED = OrderStatus.FILLED
PART = OrderStatus.PARTIALLY_FILLED


def a_look(*quotes: Quote, at: float = 0, feed: str = "opra") -> MarketSnapshot:
    return MarketSnapshot(at=after(at), feed=feed, quotes=quotes)


def a_close(
    strategy: Strategy, decided: MarketSnapshot | None, sent: MarketSnapshot | None
) -> CloseState:
    event = opened(strategy)
    assert isinstance(event, CloseOpened)
    entries = tuple((leg.symbol, leg.entry_price) for leg in strategy.legs if leg.entry_price)
    state, _ = step(None, replace(event, decided=decided, market=sent, entry_prices=entries))
    return state


def filled(
    state: CloseState,
    seconds: float,
    market: MarketSnapshot | None,
    prices: Mapping[str, str],
    *,
    units: int,
    order_id: str = "order-1",
    replaced_by: str | None = None,
) -> CloseState:
    """Let `units` of the newest order be filled in all, each leg at its average price."""
    ticket = state.attempt.ticket
    status = FILLED if units == ticket.units else PART
    report = a_report(ticket, status, filled=units, order_id=order_id, updated=after(seconds))
    legs = tuple(replace(leg, average_price=Decimal(prices[leg.symbol])) for leg in report.legs)
    changed = replace(report, legs=legs, replaced_by=replaced_by)
    state, _ = run(state, replace(told(changed, after(seconds)), market=market))
    return state


def the_report(state: CloseState) -> Report:
    report = report_of(state)
    assert report is not None
    return report


def dollars(each: Comparison) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """The cost against mid and natural, and the share of the half-spread."""
    return (
        each.against_mid.dollars if each.against_mid else None,
        each.against_natural.dollars if each.against_natural else None,
        each.half_spread_share,
    )


SYMBOLS = (put(440), put(450), call(470), call(480))


def condor_market(short_ask: str, at: float = 0) -> MarketSnapshot:
    """Longs 0.20 x 0.30 and shorts from 0.60: mid and natural follow from the shorts' ask."""
    return a_look(
        a_quote(put(440), "0.20", "0.30"),
        a_quote(put(450), "0.60", short_ask),
        a_quote(call(470), "0.60", short_ask),
        a_quote(call(480), "0.20", "0.30"),
        at=at,
    )


CONDOR_FILLS = {put(440): "0.25", put(450): "0.66", call(470): "0.66", call(480): "0.25"}
"""Net 0.82."""


def test_a_condor_is_measured_at_three_instants() -> None:
    """
    Ten units filled at 0.82.

    Shorts 0.60 x 0.70: mid 0.80, natural 1.00. At 0.80 ask: 0.90 and 1.20. At 0.66: 0.76, 0.92.
    """
    state = a_close(an_iron_condor(10), condor_market("0.70"), condor_market("0.80", at=2))
    state = filled(state, 9, condor_market("0.66", at=9), CONDOR_FILLS, units=10)

    report = the_report(state)

    assert (Decimal("0.82"), Decimal(10)) == (report.fill, report.units)
    assert (Decimal("0.80"), Decimal("1.00")) == (report.decision.mid, report.decision.natural)
    assert (Decimal(20), Decimal(-180), Decimal("0.1")) == dollars(report.decision)
    assert (Decimal(-80), Decimal(-380)) == dollars(report.first_send)[:2]
    assert (Decimal(60), Decimal(-100), Decimal("0.375")) == dollars(report.at_fill)
    assert Decimal("0.02") == (report.decision.against_mid and report.decision.against_mid.per_unit)


def test_instants_are_those_of_decision_sending_and_last_fill() -> None:
    state = a_close(an_iron_condor(10), condor_market("0.70", at=-20), condor_market("0.70"))
    state = filled(state, 9, condor_market("0.70", at=9), CONDOR_FILLS, units=10)

    report = the_report(state)

    assert (after(-20), AT, after(9)) == (
        report.decision.at,
        report.first_send.at,
        report.at_fill.at,
    )
    assert timedelta(seconds=9) == report.flat_after


def test_better_than_mid_is_a_share_below_zero() -> None:
    long_call = a_strategy(a_leg(call(470), 4, "1.50"))
    market = a_look(a_quote(call(470), "2.00", "2.20"))
    state = filled(a_close(long_call, market, market), 1, market, {call(470): "2.15"}, units=4)

    assert (Decimal(-20), Decimal(-60), Decimal("-0.5")) == dollars(the_report(state).decision)


def test_result_and_cash_follow_from_the_fills() -> None:
    """Opened ten times for a credit of 2.00, closed for 0.82."""
    state = a_close(an_iron_condor(10), None, None)
    state = filled(state, 1, None, CONDOR_FILLS, units=10)

    report = the_report(state)

    assert (Decimal(-820), Decimal(1180)) == (report.cash, report.pnl)


def test_parts_are_weighted_by_their_contracts() -> None:
    """One of four at mid 2.05, three at mid 3.05: in the mean 2.80 and, at bid, 2.75."""
    long_call = a_strategy(a_leg(call(470), 4, "1.50"))
    first = a_look(a_quote(call(470), "2.00", "2.10"))
    then = a_look(a_quote(call(470), "3.00", "3.10"))
    state = a_close(long_call, first, first)
    state = filled(state, 1, first, {call(470): "2.00"}, units=1)
    state = filled(state, 5, then, {call(470): "2.75"}, units=4)  # the mean of 2.00 and 3 x 3.00

    report = the_report(state)

    assert (Decimal("-2.80"), Decimal("-2.75")) == (report.at_fill.mid, report.at_fill.natural)
    assert (Decimal(20), Decimal(0), Decimal(1)) == dollars(report.at_fill)


def test_what_has_not_filled_is_not_counted() -> None:
    state = a_close(an_iron_condor(10), condor_market("0.70"), condor_market("0.70"))
    state = filled(state, 1, condor_market("0.70"), CONDOR_FILLS, units=3)

    report = the_report(state)

    assert (Decimal(3), Decimal("0.82"), None) == (report.units, report.fill, report.flat_after)
    assert (Decimal(6), Decimal(-54), Decimal("0.1")) == dollars(report.decision)


def test_a_leg_that_filled_alone_is_told_at_its_own_price() -> None:
    """The short of two spreads was bought back at 1.10, and nobody took the long."""
    spread = a_strategy(a_leg(put(440), 2, "0.25"), a_leg(put(450), -2, "9.00"))
    market = a_look(a_quote(put(440), "0.00", "0.05"), a_quote(put(450), "1.00", "1.10"))
    state = a_close(spread, market, market)
    report = a_report(state.attempt.ticket, PART, fills={put(440): 0, put(450): 2}, price="1.10")
    state, _ = run(state, replace(told(report, after(1)), market=market))

    report_ = the_report(state)

    assert (Decimal(2), Decimal("1.10"), Decimal(-220)) == (
        report_.units,
        report_.fill,
        report_.cash,
    )
    assert report_.decision.against_mid is not None
    assert Decimal("0.05") == report_.decision.against_mid.per_unit


def test_replaced_orders_add_up() -> None:
    """Four of ten fill, the order is replaced for the rest, and that fills."""
    state = a_close(an_iron_condor(10), condor_market("0.70"), condor_market("0.70"))
    market = condor_market("0.70")
    state = filled(state, 1, market, CONDOR_FILLS, units=4, replaced_by="order-2")
    dearer = CONDOR_FILLS | {put(450): "0.76"}  # net 0.92
    ticket = replace(state.attempt.ticket, units=6)
    rest = a_report(ticket, FILLED, filled=6, order_id="order-2", replaces="order-1")
    legs = tuple(replace(leg, average_price=Decimal(dearer[leg.symbol])) for leg in rest.legs)
    gone = replace(state.attempt.orders[0], status=OrderStatus.REPLACED)
    state, _ = run(
        state,
        told(gone, after(2)),
        replace(told(replace(rest, legs=legs), after(3)), market=market),
    )

    report = the_report(state)

    assert (Decimal(10), Decimal(-880)) == (report.units, report.cash)
    assert (Decimal(80), Decimal(-120), Decimal("0.4")) == dollars(report.decision)


def covered_call_markets() -> tuple[MarketSnapshot, MarketSnapshot]:
    """The call 5.00 x 5.20 at first, the shares 130.00 x 130.10 and later 131.00 x 131.10."""
    option = a_quote(call(140, "NVDA"), "5.00", "5.20")
    return (
        a_look(option, a_quote("NVDA", "130.00", "130.10")),
        a_look(option, a_quote("NVDA", "131.00", "131.10"), at=4),
    )


def test_each_leg_is_measured_when_its_own_first_order_goes_out() -> None:
    """The shares of a covered call go out when the calls have filled."""
    first, later = covered_call_markets()
    state = a_close(a_covered_call(2), first, first)
    state = filled(state, 4, later, {call(140, "NVDA"): "5.20"}, units=2)
    assert 2 == len(state.attempts), "the shares are on their way"
    state = filled(state, 6, later, {"NVDA": "131.00"}, units=200, order_id="order-2")

    report = the_report(state)

    # Natural at each sending is what was traded at; at the decision the shares were a dollar lower.
    assert Decimal(0) == dollars(report.first_send)[1]
    assert Decimal(-200) == dollars(report.decision)[1]
    assert Decimal(200 * 131 - 2 * 520) == report.cash
    assert (Decimal(2), timedelta(seconds=6)) == (report.units, report.flat_after)


def test_a_leg_that_was_not_quoted_leaves_that_instant_open() -> None:
    partly = a_look(*condor_market("0.70").quotes[1:])
    state = a_close(an_iron_condor(10), partly, condor_market("0.70"))
    state = filled(state, 1, condor_market("0.70"), CONDOR_FILLS, units=10)

    report = the_report(state)

    assert (None, None, None) == dollars(report.decision)
    assert Decimal("0.1") == report.first_send.half_spread_share


def test_a_fill_learnt_without_a_market_leaves_the_fills_open() -> None:
    state = a_close(an_iron_condor(10), condor_market("0.70"), condor_market("0.70"))
    state = filled(state, 1, condor_market("0.70"), CONDOR_FILLS, units=4)
    state = filled(state, 2, None, CONDOR_FILLS, units=10)

    assert (None, None, None) == dollars(the_report(state).at_fill)


def test_fills_whose_price_is_not_told_are_measured_by_nothing() -> None:
    state = a_close(an_iron_condor(10), condor_market("0.70"), condor_market("0.70"))
    report = a_report(state.attempt.ticket, FILLED, filled=10, updated=after(9))
    unpriced = tuple(replace(leg, average_price=None) for leg in report.legs)
    state, _ = run(state, told(replace(report, legs=unpriced), after(9)))

    measured = the_report(state)

    assert (None, None, None) == (measured.fill, measured.cash, measured.pnl)
    assert (Decimal("0.80"), Decimal("1.00")) == (measured.decision.mid, measured.decision.natural)
    assert (None, None, None) == dollars(measured.decision)


def test_a_market_without_width_has_no_half_spread() -> None:
    long_call = a_strategy(a_leg(call(470), 4))
    market = a_look(a_quote(call(470), "2.00", "2.00"))
    state = filled(a_close(long_call, market, market), 1, market, {call(470): "2.00"}, units=4)

    assert (Decimal(0), Decimal(0), None) == dollars(the_report(state).decision)


def test_a_journal_of_the_first_release_reports_what_it_can() -> None:
    """It holds no markets and no entry prices."""
    state, _ = step(None, opened(an_iron_condor(10)))
    state = filled(state, 7, None, CONDOR_FILLS, units=10)

    report = the_report(state)

    assert (Decimal(-820), None, None, timedelta(seconds=7)) == (
        report.cash,
        report.pnl,
        report.feed,
        report.flat_after,
    )
    assert (None, None, None) == dollars(report.decision) == dollars(report.at_fill)


def test_nothing_filled_is_nothing_to_report() -> None:
    assert None is report_of(a_close(an_iron_condor(10), condor_market("0.70"), None))


def test_the_feed_is_that_of_the_quotes() -> None:
    market = replace(condor_market("0.70"), feed="indicative")
    state = a_close(an_iron_condor(10), market, market)

    assert "indicative" == the_report(filled(state, 1, market, CONDOR_FILLS, units=10)).feed


def test_fees_are_of_what_filled_at_what_it_filled_for() -> None:
    """In December 2026: 40 contracts; two legs of ten are sold at 0.25, which is 500 dollars."""
    state = a_close(an_iron_condor(10), None, None)
    fees = the_report(filled(state, 1, None, CONDOR_FILLS, units=10)).fees

    sec = sum(fee.amount or Decimal(0) for fee in fees if fee.rate.code is FeeCode.SEC)
    assert Decimal("0.0000206") * 500 == sec
    assert 40 * (Decimal("0.015") + Decimal("0.025") + Decimal("0.0003")) + sec == exact_total(fees)


def test_repeated_and_late_reports_count_once() -> None:
    state = a_close(an_iron_condor(10), condor_market("0.70"), condor_market("0.70"))
    full = filled(state, 2, condor_market("0.70"), CONDOR_FILLS, units=10)
    again = filled(full, 8, condor_market("0.90"), CONDOR_FILLS, units=10)
    late = filled(again, 9, condor_market("0.90"), CONDOR_FILLS, units=4)

    assert the_report(full) == the_report(late)


cents = st.integers(1, 500)


@given(
    st.lists(
        st.tuples(st.sampled_from([-3, -2, -1, 1, 2, 3]), cents, cents, cents),
        min_size=1,
        max_size=4,
    ),
    st.data(),
)
def test_cost_against_mid_is_the_cash_that_mid_would_have_brought_less_the_cash_there_was(
    parts: list[tuple[int, int, int, int]], data: st.DataObject
) -> None:
    """However the fills were split, and to the last digit."""
    legs = [a_leg(call(400 + n), quantity) for n, (quantity, *_) in enumerate(parts)]
    market = a_look(
        *(
            a_quote(leg.symbol, f"{bid / 100:.2f}", f"{(bid + width) / 100:.2f}")
            for leg, (_, bid, width, _) in zip(legs, parts, strict=True)
        )
    )
    prices = {
        leg.symbol: f"{price / 100:.2f}" for leg, (*_, price) in zip(legs, parts, strict=True)
    }
    strategy = a_strategy(*legs)
    units = a_plan(strategy).steps[0].units
    first = data.draw(st.integers(0, units - 1))
    state = a_close(strategy, market, market)
    if first:
        state = filled(state, 1, market, prices, units=first)
    state = filled(state, 2, market, prices, units=units)

    report = the_report(state)
    mid_cash = sum(
        100 * leg.quantity * (market.by_symbol[leg.symbol].mid or Decimal(0)) for leg in legs
    )

    assert report.cash is not None
    assert mid_cash - report.cash == dollars(report.decision)[0] == dollars(report.at_fill)[0]
    assert report.cash == report.cash.quantize(Decimal("0.01"))
    assert Decimal(units) == report.units


def test_every_event_may_come_without_a_market() -> None:
    """A walk, a cancel, a wake: only fills and openings carry one."""
    without: list[Event] = [opened(an_iron_condor(10))]
    state, _ = step(None, without[0])

    assert (None, ()) == (state.executions.last, state.executions.fillings)
    assert set(SYMBOLS) == {symbol for symbol, _ in state.executions.sent}


@pytest.mark.parametrize("seconds", [0, 30])
def test_time_to_flat_counts_from_the_opening(seconds: float) -> None:
    state = a_close(an_iron_condor(10), None, None)

    report = the_report(filled(state, seconds, None, CONDOR_FILLS, units=10))

    assert timedelta(seconds=seconds) == report.flat_after


def test_an_adjusted_contract_is_counted_by_its_own_multiplier() -> None:
    """Two bought at 2.00 and sold at 3.10, a dollar of price being 150 dollars."""
    adjusted = "NVDA1261218C00140000"
    terms = ContractTerms(150, (Deliverable("NVDA", Decimal(150)),))
    market = a_look(a_quote(adjusted, "3.00", "3.20"))
    state = a_close(a_strategy(a_leg(adjusted, 2, "2.00", terms=terms)), market, market)

    report = the_report(filled(state, 9, market, {adjusted: "3.05"}, units=2))

    assert (Decimal("-3.05"), Decimal(915), Decimal(315)) == (report.fill, report.cash, report.pnl)
    assert Decimal("15.00") == dollars(report.decision)[0]


def test_a_report_brings_a_fill_when_it_tells_of_more_than_was_known() -> None:
    before = a_close(an_iron_condor(10), None, None)
    part = filled(before, 2, None, CONDOR_FILLS, units=4)
    whole = filled(part, 3, None, CONDOR_FILLS, units=10)

    assert [True, True, False] == [
        brings_fill(before, part),
        brings_fill(part, whole),
        brings_fill(whole, whole),
    ]
