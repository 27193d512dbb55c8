"""Merging reports: late, repeated and reordered ones change nothing."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import AT, a_report, a_ticket, after, put

from closeout.closing.attempts import Attempt
from closeout.closing.reports import absorb, merge
from closeout.domain.orders import OrderReport, OrderStatus

TICKET = a_ticket((put(440), -1), (put(450), 2), units=10)
ONE_EACH = dict.fromkeys((put(440), put(450)), 1)
"""Dollars for a dollar of price."""
NOTHING = Attempt(step=0, number=0, ticket=TICKET, sent_at=AT)
FINAL = [status for status in OrderStatus if status.is_final]


def told_of(*reports: OrderReport) -> Attempt:
    attempt = NOTHING
    for each in reports:
        attempt = absorb(attempt, each)
    return attempt


def filled(attempt: Attempt) -> tuple[int, int]:
    return attempt.filled(put(440)), attempt.filled(put(450))


PARTIAL = a_report(TICKET, OrderStatus.PARTIALLY_FILLED, filled=4, updated=after(2))


def test_fills_are_counted_in_contracts_of_each_leg() -> None:
    assert (4, 8) == filled(told_of(PARTIAL))


def test_the_same_report_twice_is_as_good_as_once() -> None:
    assert told_of(PARTIAL) == told_of(PARTIAL, PARTIAL)


def test_an_older_report_takes_nothing_back() -> None:
    older = a_report(TICKET, OrderStatus.PARTIALLY_FILLED, filled=1, updated=after(1))

    assert told_of(PARTIAL) == told_of(PARTIAL, older)
    assert filled(told_of(PARTIAL)) == filled(told_of(older, PARTIAL))


@pytest.mark.parametrize(("before", "now"), [(None, None), (after(9), None), (None, after(1))])
def test_of_two_reports_one_of_which_has_no_time_the_one_told_last_is_believed(
    before: datetime | None, now: datetime | None
) -> None:
    first = a_report(TICKET, OrderStatus.NEW, updated=before)
    second = a_report(TICKET, OrderStatus.PENDING_CANCEL, updated=now)

    assert OrderStatus.PENDING_CANCEL is told_of(first, second).status


def test_of_two_reports_of_one_instant_the_one_told_last_is_believed() -> None:
    first, second = (a_report(TICKET, each) for each in (OrderStatus.NEW, OrderStatus.HELD))

    assert OrderStatus.HELD is told_of(first, second).status


@pytest.mark.parametrize("end", FINAL)
def test_an_end_is_not_lost_to_an_older_report_with_as_many_fills(end: OrderStatus) -> None:
    ended = a_report(TICKET, end, filled=4, updated=after(3))

    assert end == told_of(PARTIAL, ended, PARTIAL).status


@pytest.mark.parametrize("end", FINAL)
def test_fills_that_come_after_an_end_count_and_the_end_stands(end: OrderStatus) -> None:
    ended = a_report(TICKET, end, filled=2, updated=after(1))
    attempt = told_of(ended, PARTIAL)

    assert (end, (4, 8)) == (attempt.status, filled(attempt))


@pytest.mark.parametrize("end", FINAL)
def test_an_end_told_without_legs_ends_it_and_keeps_the_fills_of_the_legs(
    end: OrderStatus,
) -> None:
    """A list read without nesting knows the status and the units, not the contracts."""
    bare = a_report(TICKET, end, filled=4, legs=False, updated=after(3))
    attempt = told_of(PARTIAL, bare)

    assert (end, (4, 8)) == (attempt.status, filled(attempt))


def test_filled_is_the_end_that_stands_over_every_other() -> None:
    """A cancel or a replacement that lost the race against the last fill."""
    done = a_report(TICKET, OrderStatus.FILLED, filled=10, updated=after(3))
    gone = a_report(TICKET, OrderStatus.CANCELED, filled=4, updated=after(4))

    assert OrderStatus.FILLED == told_of(done, gone).status == told_of(gone, done).status


def test_a_package_without_its_legs_fills_them_together() -> None:
    assert (4, 8) == filled(told_of(replace(PARTIAL, legs=())))


def test_fills_told_without_legs_count_beside_fills_told_with_them() -> None:
    """The price of the later ones is not known until a report has the legs."""
    bare = a_report(TICKET, OrderStatus.FILLED, filled=10, legs=False, updated=after(3))
    full = a_report(TICKET, OrderStatus.FILLED, filled=10, updated=after(3))

    assert ((10, 20), None) == (
        filled(told_of(PARTIAL, bare)),
        told_of(PARTIAL, bare).cash(ONE_EACH),
    )
    assert Decimal(-10) == told_of(PARTIAL, bare, full).cash(ONE_EACH)


def test_legs_may_fill_unevenly() -> None:
    uneven = a_report(TICKET, OrderStatus.FILLED, filled=10, fills={put(450): 19})
    attempt = told_of(uneven)

    assert ((10, 19), False) == (filled(attempt), attempt.is_filled)


def test_a_price_that_came_later_is_kept() -> None:
    unpriced = replace(
        PARTIAL, legs=tuple(replace(leg, average_price=None) for leg in PARTIAL.legs)
    )

    assert told_of(PARTIAL).cash(ONE_EACH) == told_of(unpriced, PARTIAL).cash(ONE_EACH)
    assert told_of(PARTIAL).cash(ONE_EACH) == told_of(
        PARTIAL, replace(unpriced, updated_at=after(9))
    ).cash(ONE_EACH)


def test_cash_is_what_sales_brought_less_what_purchases_cost() -> None:
    """Four sold and eight bought at a dollar."""
    assert Decimal(-4) == told_of(PARTIAL).cash(ONE_EACH)


def test_fills_without_prices_have_no_known_cash() -> None:
    assert None is told_of(replace(PARTIAL, legs=())).cash(ONE_EACH)


def test_nothing_filled_is_no_cash() -> None:
    assert Decimal(0) == told_of(a_report(TICKET)).cash(ONE_EACH)


def test_a_replacement_is_kept_beside_the_order_it_replaced() -> None:
    old = a_report(TICKET, OrderStatus.REPLACED, filled=4, replaced_by="order-2")
    new = a_report(TICKET, filled=0, units=6, order_id="order-2", replaces="order-1")
    attempt = told_of(old, new)

    assert ["order-1", "order-2"] == [order.order_id for order in attempt.orders]
    assert (4, 8) == filled(attempt)


def test_a_replacement_of_the_rest_adds_its_fills() -> None:
    old = a_report(TICKET, OrderStatus.REPLACED, filled=4, replaced_by="order-2")
    new = a_report(
        TICKET, OrderStatus.FILLED, filled=6, units=6, order_id="order-2", replaces="order-1"
    )

    assert (10, 20) == filled(told_of(old, new))
    assert Decimal(-10) == told_of(old, new).cash(ONE_EACH)


def test_a_replacement_of_the_whole_carries_the_fills_it_took_over() -> None:
    """
    Ten replaced by ten after four had filled cannot mean fourteen.

    Whether Alpaca carries fills over is not documented (alpacahq/Alpaca-API issue 165 has
    seen the whole quantity again); counting less than there is never closes too early.
    """
    old = a_report(TICKET, OrderStatus.REPLACED, filled=4, replaced_by="order-2")
    new = a_report(
        TICKET, OrderStatus.PARTIALLY_FILLED, filled=7, order_id="order-2", replaces="order-1"
    )

    assert (7, 14) == filled(told_of(old, new))
    assert Decimal(-7) == told_of(old, new).cash(ONE_EACH)


def test_the_order_that_may_still_trade_is_the_one_that_counts() -> None:
    """Alpaca has answered a replacement with 200 and rejected it later: the old one stands."""
    standing = a_report(TICKET)
    rejected = a_report(TICKET, OrderStatus.REJECTED, order_id="order-2", replaces="order-1")

    latest = told_of(standing, rejected).latest

    assert latest is not None
    assert "order-1" == latest.order_id


reports = st.builds(
    lambda status, filled, second, legs: a_report(
        TICKET, status, filled=filled, updated=second, legs=legs
    ),
    st.sampled_from(OrderStatus),
    st.integers(0, 10),
    st.none() | st.integers(0, 9).map(after),
    st.booleans(),
)


@given(st.lists(reports, min_size=1, max_size=6), st.data())
def test_any_order_of_arrival_leads_to_the_same_fills(
    arrived: list[OrderReport], data: st.DataObject
) -> None:
    again = data.draw(st.permutations(arrived))

    assert _best(arrived) == filled(told_of(*arrived)) == filled(told_of(*again))


def _best(arrived: Iterable[OrderReport]) -> tuple[int, int]:
    """The most any report said, with its legs or without."""
    units = max(report.filled_units for report in arrived)
    return units, 2 * units


@given(st.lists(reports, min_size=1, max_size=6), st.data())
def test_a_final_status_is_never_lost(arrived: list[OrderReport], data: st.DataObject) -> None:
    finals = {report.status for report in arrived if report.status.is_final}
    attempt = told_of(*data.draw(st.permutations(arrived)))

    if finals:
        assert attempt.status in finals
    if OrderStatus.FILLED in finals:
        assert OrderStatus.FILLED == attempt.status


@given(reports, reports)
def test_merging_again_changes_nothing(one: OrderReport, other: OrderReport) -> None:
    merged = merge(one, other)

    assert merged == merge(merged, other)
    assert merged.filled_units == merge(merged, one).filled_units


def test_a_leg_keeps_the_intent_that_only_one_report_tells() -> None:
    told = a_report(TICKET, OrderStatus.NEW, updated=after(1))
    streamed = replace(
        a_report(TICKET, OrderStatus.FILLED, filled=10, updated=after(3)),
        legs=tuple(
            replace(leg, intent=None)
            for leg in a_report(TICKET, OrderStatus.FILLED, filled=10).legs
        ),
    )

    intents = [leg.intent for leg in told.legs]
    assert intents == [leg.intent for leg in merge(told, streamed).legs]
    assert intents == [leg.intent for leg in merge(streamed, told).legs]
