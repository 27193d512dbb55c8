"""Open orders that stand in the way: on the same contracts, with something still to trade."""

import pytest
from support.builders import a_plan, a_report, a_ticket, an_iron_condor, call, put

from closeout.closing.conflicts import find_conflicts
from closeout.domain.orders import OrderReport, OrderStatus

CONDOR = an_iron_condor(10)
SHORT = put(450)


def an_order(*legs: tuple[str, int], filled: int = 0, status: OrderStatus) -> OrderReport:
    """Three units of somebody else's, some of them filled."""
    return a_report(a_ticket(*legs, units=3), status, filled=filled, order_id="by-hand")


def test_an_order_that_trades_the_same_way_holds_the_contracts() -> None:
    order = an_order((SHORT, 1), status=OrderStatus.NEW)

    (conflict,) = find_conflicts(a_plan(CONDOR), [order])

    assert (order, order.legs, True) == (conflict.order, conflict.legs, conflict.holds)


def test_an_order_that_trades_against_the_plan_holds_nothing() -> None:
    (conflict,) = find_conflicts(a_plan(CONDOR), [an_order((SHORT, -1), status=OrderStatus.NEW)])

    assert not conflict.holds


def test_of_a_package_only_the_shared_legs_count_and_one_of_them_may_hold() -> None:
    order = an_order((put(400), 1), (SHORT, 1), (call(470), -1), status=OrderStatus.NEW)

    (conflict,) = find_conflicts(a_plan(CONDOR), [order])

    assert [SHORT, call(470)] == [leg.symbol for leg in conflict.legs]
    assert conflict.holds


@pytest.mark.parametrize(
    ("order", "stands_in_the_way"),
    [
        (an_order((SHORT, 1), filled=2, status=OrderStatus.PARTIALLY_FILLED), True),
        (an_order((SHORT, 1), filled=3, status=OrderStatus.PARTIALLY_FILLED), False),
        (an_order((SHORT, 1), status=OrderStatus.PENDING_CANCEL), True),
        (an_order((SHORT, 1), status=OrderStatus.CANCELED), False),
        (an_order((put(400), 1), status=OrderStatus.NEW), False),
    ],
)
def test_only_what_can_still_trade_stands_in_the_way(
    order: OrderReport, *, stands_in_the_way: bool
) -> None:
    assert stands_in_the_way == bool(find_conflicts(a_plan(CONDOR), [order]))
