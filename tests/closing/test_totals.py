"""What ended closes add up to."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from closing.test_report import CONDOR_FILLS, a_close, condor_market, filled
from support.builders import a_covered_call, a_walking_close, an_iron_condor, opened

from closeout.closing.pacing import WalkTerms
from closeout.closing.report import report_of
from closeout.closing.schedule import Pace
from closeout.closing.state import CloseState
from closeout.closing.step import step
from closeout.closing.totals import terms_of, totals_of
from closeout.domain.strategies import Strategy


def a_filled_close(ask: str, seconds: float) -> CloseState:
    market = condor_market(ask)
    return filled(
        a_close(an_iron_condor(10), market, market), seconds, market, CONDOR_FILLS, units=10
    )


def test_totals_are_sums_and_medians_of_what_is_known() -> None:
    """Filled at 0.82: 0.1 of the way from 0.80 to 1.00, and -0.27 of it from 0.90 to 1.20."""
    states = [a_filled_close(ask, at) for ask, at in (("0.70", 4), ("0.80", 10), ("0.70", 30))]
    unfilled = a_close(an_iron_condor(10), condor_market("0.70"), None)

    totals = totals_of([(state, report_of(state)) for state in (*states, unfilled)])

    assert (4, 0, 3, 0) == (totals.closes, totals.closed, totals.measured, totals.pnl_unknown)
    assert (Decimal("0.1"), timedelta(seconds=10)) == (totals.share, totals.flat_after)
    assert (Decimal(-2460), Decimal(3540)) == (totals.cash, totals.pnl)


def test_fees_are_those_of_the_closes_whose_fees_are_known() -> None:
    """Two of 1.6223 each on one day, charged together; of a third nobody knows."""
    state = a_filled_close("0.70", 4)
    report = report_of(state)
    assert report is not None
    unknown = replace(report, fees=tuple(replace(fee, amount=None) for fee in report.fees))

    totals = totals_of([(state, report), (state, unknown), (state, report)])

    assert Decimal("3.26") == totals.fees


def test_nothing_ended_adds_up_to_nothing() -> None:
    totals = totals_of([])

    assert (0, Decimal(0), None, None) == (
        totals.closes,
        totals.cash,
        totals.share,
        totals.flat_after,
    )


def test_sums_of_nothing_are_money_too() -> None:
    totals = totals_of([])

    assert {Decimal} == {type(each) for each in (totals.cash, totals.pnl, totals.fees)}


@pytest.mark.parametrize("strategy", [an_iron_condor(10), a_covered_call(2)], ids=["one", "two"])
def test_a_close_without_a_walk_goes_by_its_order_type(strategy: Strategy) -> None:
    state, _ = step(None, opened(strategy))

    assert "market" == terms_of(state)


def test_a_walk_goes_by_its_pace() -> None:
    assert "patient" == terms_of(a_walking_close(walk=WalkTerms(Pace.PATIENT)))
