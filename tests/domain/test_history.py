"""What each package would still hold after its orders, oldest first."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from support.builders import AT, after, call, put
from support.past_orders import an_order

from closeout.domain.history import Package, read_packages
from closeout.domain.orders import OrderReport, OrderStatus

LOW, HIGH = put(440), put(450)
OPEN = ((LOW, 1), (HIGH, -1))
CLOSE = ((LOW, -1), (HIGH, 1))


def packages(*orders: OrderReport, owners: dict[str, str] | None = None) -> tuple[Package, ...]:
    return read_packages("PA1", orders, owners or {})


def wanted(found: Iterable[Package]) -> list[dict[str, int]]:
    return [{symbol: each.wanted(symbol) for symbol in each.ratios} for each in found]


def test_an_opening_order_makes_a_package() -> None:
    (spread,) = packages(an_order(*OPEN, order_id="1", minute=0, units=10, price="1.25"))

    assert [{LOW: 10, HIGH: -10}] == wanted([spread])
    assert {LOW: 1, HIGH: -1} == spread.ratios
    assert (AT, Decimal("1.25")) == (spread.opened_at({LOW: 10}), spread.entry_price(LOW, 10))


def test_a_partly_filled_opening_counts_for_what_filled() -> None:
    order = an_order(*OPEN, order_id="1", minute=0, units=10)
    partly = replace(
        order,
        status=OrderStatus.CANCELED,
        filled_units=4,
        legs=tuple(replace(leg, filled=4) for leg in order.legs),
    )

    assert [{LOW: 4, HIGH: -4}] == wanted(packages(partly))


def test_an_opening_that_never_filled_makes_none() -> None:
    order = an_order(*OPEN, order_id="1", minute=0)
    unfilled = replace(order, legs=tuple(replace(leg, filled=0) for leg in order.legs))

    assert () == packages(unfilled)


def test_a_second_opening_of_the_same_shape_adds_to_it() -> None:
    (spread,) = packages(
        an_order(*OPEN, order_id="1", minute=0, units=2, price="1.00"),
        an_order(*OPEN, order_id="2", minute=5, units=1, price="4.00"),
    )

    assert [{LOW: 3, HIGH: -3}] == wanted([spread])
    assert Decimal(2) == spread.entry_price(LOW, 3)
    assert AT == spread.opened_at({LOW: 3, HIGH: -3})


def test_a_close_takes_the_oldest_lots_first() -> None:
    (spread,) = packages(
        an_order(*OPEN, order_id="1", minute=0, units=2, price="1.00"),
        an_order(*OPEN, order_id="2", minute=5, units=2, price="4.00"),
        an_order(*CLOSE, order_id="3", minute=9, units=3, closes=True),
    )

    assert [{LOW: 1, HIGH: -1}] == wanted([spread])
    assert Decimal(4) == spread.entry_price(LOW, 1)
    assert after(300) == spread.opened_at({LOW: 1, HIGH: -1})


def test_a_package_that_was_closed_is_gone() -> None:
    opening = an_order(*OPEN, order_id="1", minute=0, units=2)
    closing = an_order(*CLOSE, order_id="2", minute=5, units=2, closes=True)

    assert () == packages(opening, closing)


def test_a_package_opened_again_begins_anew_under_its_old_id() -> None:
    first = an_order(*OPEN, order_id="1", minute=0, units=2, price="1.00")
    closing = an_order(*CLOSE, order_id="2", minute=5, units=2, closes=True)
    second = an_order(*OPEN, order_id="3", minute=9, units=1, price="4.00")

    (before,), (again,) = packages(first), packages(first, closing, second)

    assert before.id == again.id
    assert (after(540), Decimal(4)) == (again.opened_at({LOW: 1}), again.entry_price(LOW, 1))


def test_an_opening_cancelled_after_its_close_still_came_before_it() -> None:
    """Alpaca stamps the rest's cancel at day's end on the order; its fills came before."""
    opening = replace(an_order(*OPEN, order_id="1", minute=0, units=4), updated_at=after(9999))
    closing = an_order(*CLOSE, order_id="2", minute=5, units=4, closes=True)

    assert () == packages(opening, closing)


def test_a_close_whose_intents_are_not_told_closes_what_is_there() -> None:
    """Trade updates have come without intents; Alpaca nets opposite sides all the same."""
    opening = an_order(*OPEN, order_id="1", minute=0, units=4)
    closing = an_order(*CLOSE, order_id="2", minute=5, units=3, closes=True, known_intents=False)

    assert [{LOW: 1, HIGH: -1}] == wanted(packages(opening, closing))


def test_an_opening_whose_intents_are_not_told_opens_when_there_is_nothing_to_close() -> None:
    opening = an_order(*OPEN, order_id="1", minute=0, units=4, known_intents=False)

    assert [{LOW: 4, HIGH: -4}] == wanted(packages(opening))


def test_a_roll_closes_one_package_and_opens_another() -> None:
    opening = an_order(*OPEN, order_id="1", minute=0, units=4)
    away = an_order(*CLOSE, order_id="2", minute=5, units=4, closes=True)
    towards = an_order((put(430), 1), (put(435), -1), order_id="2", minute=5, units=4)
    roll = replace(towards, legs=(*away.legs, *towards.legs))

    assert [{put(430): 4, put(435): -4}] == wanted(packages(opening, roll))


def test_the_closing_half_of_a_roll_counts_in_lowest_terms() -> None:
    """Two of the old for one of the new: the old half is 2:2 of the order, and still 1:1."""
    opening = an_order(*OPEN, order_id="1", minute=0, units=4)
    away = an_order((LOW, -2), (HIGH, 2), order_id="2", minute=5, units=2, closes=True)
    towards = an_order((put(430), 1), (put(435), -1), order_id="2", minute=5, units=2)
    roll = replace(towards, legs=(*away.legs, *towards.legs))

    assert [{put(430): 2, put(435): -2}] == wanted(packages(opening, roll))


def test_our_own_leg_close_is_taken_from_the_strategy_it_was_made_for() -> None:
    condor = an_order((LOW, 1), (HIGH, -1), (call(470), -1), order_id="1", minute=0, units=5)
    spread = an_order((HIGH, -1), (put(430), 1), order_id="2", minute=1, units=5)
    of_spread, of_condor = packages(condor, spread)
    leg_close = an_order(
        (HIGH, 1), order_id="3", minute=5, units=5, closes=True, client_order_id="closeout-c1-0-0"
    )

    found = packages(condor, spread, leg_close, owners={"closeout-c1-0-0": of_condor.id})

    assert [
        {HIGH: -5, put(430): 5},
        {LOW: 5, HIGH: 0, call(470): -5},
    ] == wanted(found)
    assert [of_spread.id, of_condor.id] == [each.id for each in found]


def test_single_orders_make_no_package() -> None:
    assert () == packages(
        an_order((LOW, 1), order_id="1", minute=0), an_order((HIGH, -1), order_id="2", minute=1)
    )


def test_a_close_of_something_unknown_changes_nothing() -> None:
    opening = an_order(*OPEN, order_id="1", minute=0)
    other = an_order((put(400), -1), (put(410), 1), order_id="2", minute=5, closes=True)

    assert [{LOW: 1, HIGH: -1}] == wanted(packages(opening, other))


def test_the_newest_package_comes_first() -> None:
    old = an_order(*OPEN, order_id="9", minute=0)
    new = an_order((call(470), -1), (call(480), 1), order_id="1", minute=5)

    assert [{call(470): -1, call(480): 1}, {LOW: 1, HIGH: -1}] == wanted(packages(old, new))


@given(st.permutations(range(6)))
def test_the_order_of_the_list_does_not_matter(places: list[int]) -> None:
    history = [
        an_order(*OPEN, order_id="a", minute=0, units=3),
        an_order(*CLOSE, order_id="b", minute=1, units=3, closes=True),
        an_order(*OPEN, order_id="c", minute=2, units=2),
        an_order(*OPEN, order_id="d", minute=3, units=2),
        an_order(*CLOSE, order_id="e", minute=4, units=1, closes=True),
        an_order((call(470), -1), (call(480), 1), order_id="f", minute=5),
    ]
    shuffled = packages(*(history[place] for place in places))

    assert packages(*history) == shuffled


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 5)), max_size=12))
def test_a_package_wants_what_was_opened_less_what_was_closed(
    trades: list[tuple[bool, int]],
) -> None:
    orders, held = [], 0
    for number, (closes, asked) in enumerate(trades):
        units = min(asked, held) if closes else asked
        if not units:
            continue
        held += -units if closes else units
        shape = CLOSE if closes else OPEN
        orders.append(
            an_order(*shape, order_id=f"{number}", minute=number, units=units, closes=closes)
        )

    assert ([{LOW: held, HIGH: -held}] if held else []) == wanted(packages(*orders))
