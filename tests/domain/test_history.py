"""What each package would still hold after its orders, oldest first."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from support.builders import AT, after, call, put
from support.past_orders import an_order

from closeout.domain.assignments import Assignment, Share
from closeout.domain.chains import Chain, Change, Deed, total_realised
from closeout.domain.history import Past, read_past
from closeout.domain.orders import OrderReport, OrderStatus
from closeout.domain.settlements import Settlement, SettlementKind

LOW, HIGH = put(440), put(450)
OPEN = ((LOW, 1), (HIGH, -1))
CLOSE = ((LOW, -1), (HIGH, 1))


def past(
    *orders: OrderReport,
    owners: dict[str, str] | None = None,
    settlements: Iterable[Settlement] = (),
    words: Iterable[Assignment] = (),
) -> Past:
    return read_past("PA1", orders, owners or {}, settlements, words)


def chains(*orders: OrderReport, owners: dict[str, str] | None = None) -> tuple[Chain, ...]:
    return past(*orders, owners=owners).chains


def wanted(found: Iterable[Chain]) -> list[dict[str, int]]:
    return [each.wants() for each in found]


def test_an_opening_order_makes_a_package() -> None:
    (spread,) = chains(an_order(*OPEN, order_id="1", minute=0, units=10, price="1.25"))

    assert [{LOW: 10, HIGH: -10}] == wanted([spread])
    assert {LOW: 1, HIGH: -1} == spread.shape()
    assert (AT, Decimal("1.25")) == (spread.opened_at({LOW: 10}), spread.entry_price(LOW, 10))


def test_a_partly_filled_opening_counts_for_what_filled() -> None:
    order = an_order(*OPEN, order_id="1", minute=0, units=10)
    partly = replace(
        order,
        status=OrderStatus.CANCELED,
        filled_units=4,
        legs=tuple(replace(leg, filled=4) for leg in order.legs),
    )

    assert [{LOW: 4, HIGH: -4}] == wanted(chains(partly))


def test_an_opening_that_never_filled_makes_none() -> None:
    order = an_order(*OPEN, order_id="1", minute=0)
    unfilled = replace(order, legs=tuple(replace(leg, filled=0) for leg in order.legs))

    assert () == chains(unfilled)


def test_a_second_opening_of_the_same_shape_adds_to_it() -> None:
    (spread,) = chains(
        an_order(*OPEN, order_id="1", minute=0, units=2, price="1.00"),
        an_order(*OPEN, order_id="2", minute=5, units=1, price="4.00"),
    )

    assert [{LOW: 3, HIGH: -3}] == wanted([spread])
    assert Decimal(2) == spread.entry_price(LOW, 3)
    assert AT == spread.opened_at({LOW: 3, HIGH: -3})


def test_a_close_takes_the_oldest_lots_first() -> None:
    (spread,) = chains(
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

    assert () == chains(opening, closing)


def test_a_package_opened_again_begins_anew_under_its_old_id() -> None:
    first = an_order(*OPEN, order_id="1", minute=0, units=2, price="1.00")
    closing = an_order(*CLOSE, order_id="2", minute=5, units=2, closes=True)
    second = an_order(*OPEN, order_id="3", minute=9, units=1, price="4.00")

    (before,), (again,) = chains(first), chains(first, closing, second)

    assert before.id == again.id
    assert (after(540), Decimal(4)) == (again.opened_at({LOW: 1}), again.entry_price(LOW, 1))


def test_an_opening_cancelled_after_its_close_still_came_before_it() -> None:
    """Alpaca stamps the rest's cancel at day's end on the order; its fills came before."""
    opening = replace(an_order(*OPEN, order_id="1", minute=0, units=4), updated_at=after(9999))
    closing = an_order(*CLOSE, order_id="2", minute=5, units=4, closes=True)

    assert () == chains(opening, closing)


def test_a_close_whose_intents_are_not_told_closes_what_is_there() -> None:
    """Trade updates have come without intents; Alpaca nets opposite sides all the same."""
    opening = an_order(*OPEN, order_id="1", minute=0, units=4)
    closing = an_order(*CLOSE, order_id="2", minute=5, units=3, closes=True, known_intents=False)

    assert [{LOW: 1, HIGH: -1}] == wanted(chains(opening, closing))


def test_an_opening_whose_intents_are_not_told_opens_when_there_is_nothing_to_close() -> None:
    opening = an_order(*OPEN, order_id="1", minute=0, units=4, known_intents=False)

    assert [{LOW: 4, HIGH: -4}] == wanted(chains(opening))


def test_a_roll_closes_one_package_and_opens_another() -> None:
    opening = an_order(*OPEN, order_id="1", minute=0, units=4)
    away = an_order(*CLOSE, order_id="2", minute=5, units=4, closes=True)
    towards = an_order((put(430), 1), (put(435), -1), order_id="2", minute=5, units=4)
    roll = replace(towards, legs=(*away.legs, *towards.legs))

    assert [{put(430): 4, put(435): -4}] == wanted(chains(opening, roll))


def test_the_closing_half_of_a_roll_counts_in_lowest_terms() -> None:
    """Two of the old for one of the new: the old half is 2:2 of the order, and still 1:1."""
    opening = an_order(*OPEN, order_id="1", minute=0, units=4)
    away = an_order((LOW, -2), (HIGH, 2), order_id="2", minute=5, units=2, closes=True)
    towards = an_order((put(430), 1), (put(435), -1), order_id="2", minute=5, units=2)
    roll = replace(towards, legs=(*away.legs, *towards.legs))

    assert [{put(430): 2, put(435): -2}] == wanted(chains(opening, roll))


def test_our_own_leg_close_is_taken_from_the_strategy_it_was_made_for() -> None:
    condor = an_order((LOW, 1), (HIGH, -1), (call(470), -1), order_id="1", minute=0, units=5)
    spread = an_order((HIGH, -1), (put(430), 1), order_id="2", minute=1, units=5)
    of_spread, of_condor = chains(condor, spread)
    leg_close = an_order(
        (HIGH, 1), order_id="3", minute=5, units=5, closes=True, client_order_id="closeout-c1-0-0"
    )

    found = chains(condor, spread, leg_close, owners={"closeout-c1-0-0": of_condor.id})

    assert [
        {HIGH: -5, put(430): 5},
        {LOW: 5, call(470): -5},
    ] == wanted(found)
    assert [of_spread.id, of_condor.id] == [each.id for each in found]


def test_single_orders_make_no_package() -> None:
    assert () == chains(
        an_order((LOW, 1), order_id="1", minute=0), an_order((HIGH, -1), order_id="2", minute=1)
    )


def test_a_close_of_something_unknown_changes_nothing() -> None:
    opening = an_order(*OPEN, order_id="1", minute=0)
    other = an_order((put(400), -1), (put(410), 1), order_id="2", minute=5, closes=True)

    assert [{LOW: 1, HIGH: -1}] == wanted(chains(opening, other))


def test_the_newest_package_comes_first() -> None:
    old = an_order(*OPEN, order_id="9", minute=0)
    new = an_order((call(470), -1), (call(480), 1), order_id="1", minute=5)

    assert [{call(470): -1, call(480): 1}, {LOW: 1, HIGH: -1}] == wanted(chains(old, new))


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
    shuffled = chains(*(history[place] for place in places))

    def told(found: Iterable[Chain]) -> list[object]:
        return [(each.id, each.lots, each.links) for each in found]

    assert told(chains(*history)) == told(shuffled)


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

    assert ([{LOW: held, HIGH: -held}] if held else []) == wanted(chains(*orders))


# --- the chain of a strategy --------------------------------------------------------------

CONDOR = ((put(430), 1), (put(440), -1), (call(470), -1), (call(480), 1))
UP = ((call(470), 1), (call(480), -1))
HIGHER = ((call(490), -1), (call(500), 1))


def a_roll(
    away: tuple[tuple[str, int], ...],
    towards: tuple[tuple[str, int], ...],
    *,
    minute: int,
    units: int = 1,
    out: str = "1.00",
    into: str = "1.00",
) -> OrderReport:
    closing = an_order(
        *away, order_id=f"roll-{minute}", minute=minute, units=units, closes=True, price=out
    )
    opening = an_order(*towards, order_id=f"roll-{minute}", minute=minute, units=units, price=into)
    return replace(closing, legs=(*closing.legs, *opening.legs), order_class="mleg")


def deeds(chain: Chain) -> list[Deed]:
    return [link.deed for link in chain.links]


def test_a_chain_keeps_its_id_and_tells_its_story_through_everything() -> None:
    """Opened, added to, rolled up on the call side, closed by half."""
    opened = an_order(*CONDOR, order_id="1", minute=0, units=2, price="1.00")
    added = an_order(*CONDOR, order_id="2", minute=1, units=2, price="2.00")
    rolled = a_roll(UP, HIGHER, minute=2, units=4, out="3.00")
    half = [(put(430), -1), (put(440), 1), (call(490), 1), (call(500), -1)]
    reduced = an_order(*half, order_id="4", minute=3, units=2, closes=True, price="4.00")

    (born,), (now,) = chains(opened), chains(opened, added, rolled, reduced)

    assert born.id == now.id
    assert {put(430): 2, put(440): -2, call(490): -2, call(500): 2} == now.wants()
    assert [Deed.OPENED, Deed.ADDED, Deed.ROLLED, Deed.ROLLED, Deed.REDUCED] == deeds(now)
    assert Decimal("2.00") == now.entry_price(put(430), 2)
    assert ["1", "2", "roll-2", "roll-2", "4"] == [link.order_id for link in now.links]


def test_what_a_close_has_won_is_reckoned_from_the_oldest_lots() -> None:
    """Two spreads for a credit of 0.20 each, one bought back for 0.05."""
    opened = an_order((HIGH, -1), (LOW, 1), order_id="1", minute=0, units=2)
    prices = {HIGH: ("1.00", "0.50"), LOW: ("0.80", "0.45")}
    opened = replace(
        opened,
        legs=tuple(
            replace(leg, average_price=Decimal(prices[leg.symbol][0])) for leg in opened.legs
        ),
    )
    closed = an_order((HIGH, 1), (LOW, -1), order_id="2", minute=5, closes=True)
    closed = replace(
        closed,
        legs=tuple(
            replace(leg, average_price=Decimal(prices[leg.symbol][1])) for leg in closed.legs
        ),
    )

    (chain,) = chains(opened, closed)

    assert Decimal("15.00") == total_realised(chain.links)
    assert (Change(HIGH, 1, Decimal("0.50")), Change(LOW, -1, Decimal("0.45"))) == (
        chain.links[-1].changes
    )


def test_what_was_won_is_unknown_where_a_price_is() -> None:
    opened = an_order(*OPEN, order_id="1", minute=0, units=2)
    opened = replace(opened, legs=tuple(replace(leg, average_price=None) for leg in opened.legs))
    (chain,) = chains(opened, an_order(*CLOSE, order_id="2", minute=5, closes=True))

    assert None is total_realised(chain.links)


def test_units_that_are_rolled_become_a_chain_of_their_own() -> None:
    calendar = ((call(450), -1), (call(450, expiry="270115"), 1))
    opened = an_order(*calendar, order_id="1", minute=0, units=5)
    rolled = a_roll(((call(450), 1),), ((call(460), -1),), minute=5, units=2)

    moved, kept = chains(opened, rolled)

    assert {call(450): -3, call(450, expiry="270115"): 3} == kept.wants()
    assert {call(460): -2, call(450, expiry="270115"): 2} == moved.wants()
    assert (kept.id,) == moved.links[0].others
    assert AT == moved.opened_at(moved.wants())
    assert chains(opened)[0].id == kept.id


def test_units_that_do_not_divide_are_rolled_with_all_the_rest() -> None:
    """One of four shorts is rolled; six longs have no quarter."""
    near, far = call(450), call(450, expiry="270115")
    opened = an_order((near, -2), (far, 3), order_id="1", minute=0, units=2)
    rolled = a_roll(((near, 1),), ((call(460), -1),), minute=5)

    (chain,) = chains(opened, rolled)

    assert {near: -3, call(460): -1, far: 6} == chain.wants()


def test_a_roll_that_closes_no_even_part_is_of_all_the_rest() -> None:
    """A quarter of the shorts and half of the longs are rolled: that is no unit of it."""
    near, far = call(450), call(450, expiry="270115")
    opened = an_order((near, -1), (far, 1), order_id="1", minute=0, units=4)
    rolled = a_roll(((near, 1), (far, -2)), ((call(460), -1),), minute=5)

    (chain,) = chains(opened, rolled)

    assert {near: -3, call(460): -1, far: 2} == chain.wants()


def test_a_roll_of_what_nobody_has_is_an_opening() -> None:
    """What it closes is older than the history."""
    rolled = a_roll(((call(450), 1),), ((call(460), -1), (call(470), 1)), minute=5)

    assert [{call(460): -1, call(470): 1}] == wanted(chains(rolled))


def test_opened_in_its_old_shape_after_a_roll_it_is_another_strategy() -> None:
    opened = an_order(*CONDOR, order_id="1", minute=0)
    again = an_order(*CONDOR, order_id="3", minute=9)

    new, old = chains(opened, a_roll(UP, HIGHER, minute=5), again)

    assert chains(opened)[0].id == old.id
    assert new.id != old.id
    assert dict(CONDOR) == new.wants()


def test_a_strategy_rolled_into_a_known_shape_is_added_to() -> None:
    opened = an_order(*CONDOR, order_id="1", minute=0)
    moved = ((put(430), 1), (put(440), -1), (call(490), -1), (call(500), 1))

    (chain,) = chains(
        opened, a_roll(UP, HIGHER, minute=5), an_order(*moved, order_id="3", minute=9)
    )

    assert {symbol: 2 * ratio for symbol, ratio in moved} == chain.wants()


def test_a_single_order_closes_what_one_strategy_alone_holds() -> None:
    (chain,) = chains(
        an_order(*CONDOR, order_id="1", minute=0, units=3),
        an_order((call(470), 1), order_id="2", minute=5, units=3, closes=True),
    )

    assert {put(430): 3, put(440): -3, call(480): 3} == chain.wants()


def test_a_single_order_closes_a_single_position_before_a_strategy() -> None:
    found = past(
        an_order(*CONDOR, order_id="1", minute=0, units=3),
        an_order((call(480), 1), order_id="2", minute=1, units=2),
        an_order((call(480), -1), order_id="3", minute=5, units=2, closes=True),
    )

    assert [{symbol: 3 * ratio for symbol, ratio in CONDOR}] == wanted(found.chains)
    assert {} == found.loose.wants()


def test_a_leg_replaced_by_single_orders_stays_in_its_strategy() -> None:
    """Bought back, and sold again a strike higher within the day: rolled by hand."""
    (chain,) = chains(
        an_order(*CONDOR, order_id="1", minute=0, units=3),
        an_order((call(470), 1), order_id="2", minute=5, units=3, closes=True),
        an_order((call(475), -1), order_id="3", minute=6, units=3),
    )

    assert {put(430): 3, put(440): -3, call(475): -3, call(480): 3} == chain.wants()
    assert [Deed.OPENED, Deed.REDUCED, Deed.ROLLED] == deeds(chain)


def test_a_leg_that_could_replace_two_replaces_none() -> None:
    other = ((put(420), 1), (put(435), -1), (call(472), -1), (call(480), 1))
    found = past(
        an_order(*CONDOR, order_id="1", minute=0),
        an_order(*other, order_id="2", minute=1),
        an_order((call(470), 1), order_id="3", minute=5, closes=True),
        an_order((call(472), 1), order_id="4", minute=6, closes=True),
        an_order((call(475), -1), order_id="5", minute=7),
    )

    assert {call(475): -1} == found.loose.wants()


def test_a_leg_sold_days_later_replaces_none() -> None:
    found = past(
        an_order(*CONDOR, order_id="1", minute=0),
        an_order((call(470), 1), order_id="2", minute=5, closes=True),
        an_order((call(475), -1), order_id="3", minute=60 * 24),
    )

    assert {call(475): -1} == found.loose.wants()


def test_an_opening_that_nets_a_foreign_leg_is_an_opening() -> None:
    """
    A second condor buys the put that the first is short of, so Alpaca calls it a close.

    Both keep it, on opposite sides.
    """
    first = an_order(*CONDOR, order_id="1", minute=0)
    second = an_order((put(440), 1), order_id="2", minute=5, closes=True)
    rest = an_order((put(445), -1), (call(465), -1), (call(475), 1), order_id="2", minute=5)
    second = replace(second, order_class="mleg", legs=(*second.legs, *rest.legs))

    new, old = chains(first, second)

    assert dict(CONDOR) == old.wants()
    assert {put(440): 1, put(445): -1, call(465): -1, call(475): 1} == new.wants()


def a_settlement(kind: SettlementKind, symbol: str, quantity: int, minute: int = 60) -> Settlement:
    return Settlement(f"{minute}", kind, symbol, Decimal(quantity), None, after(60 * minute))


def test_an_assignment_takes_the_short_leg_and_is_told() -> None:
    found = past(
        an_order(*CONDOR, order_id="1", minute=0, units=2, price="1.50"),
        settlements=[a_settlement(SettlementKind.ASSIGNED, call(470), 2)],
    )
    (chain,) = found.chains

    assert {put(430): 2, put(440): -2, call(480): 2} == chain.wants()
    assert (Deed.ASSIGNED, Decimal("300.00")) == (chain.links[-1].deed, chain.links[-1].realised)


def test_an_exercise_takes_the_long_leg() -> None:
    (chain,) = past(
        an_order(*OPEN, order_id="1", minute=0),
        settlements=[a_settlement(SettlementKind.EXERCISED, LOW, -1)],
    ).chains

    assert {HIGH: -1} == chain.wants()


def test_an_expiry_ends_both_sides_of_a_contract() -> None:
    """Long in one strategy and short in another, it is gone for both."""
    found = past(
        an_order((put(440), 1), (put(430), -1), order_id="1", minute=0, units=3),
        an_order((put(440), -1), (put(450), 1), order_id="2", minute=1),
        settlements=[a_settlement(SettlementKind.EXPIRED, put(440), -2)],
    )

    assert [{put(450): 1}, {put(430): -3}] == wanted(found.chains)


def test_the_shares_of_an_assignment_are_no_options_leg() -> None:
    opening = an_order(*OPEN, order_id="1", minute=0)
    told = past(opening, settlements=[a_settlement(SettlementKind.TRADED, "SPY", 100)])

    assert [{LOW: 1, HIGH: -1}] == wanted(told.chains)


# --- the user's word ----------------------------------------------------------------------


def a_word(identity: str, *shares: Share, name: str | None = None) -> Assignment:
    """The user's word ten minutes after `AT`."""
    return Assignment(1, after(600), after(600), identity, shares, renames=bool(name), name=name)


def out_of(source: str, *legs: tuple[str, int]) -> list[Share]:
    return [Share(symbol, quantity, taken_from=source) for symbol, quantity in legs]


def test_the_users_merge_takes_lots_with_their_prices_and_their_past() -> None:
    puts = an_order(*OPEN, order_id="1", minute=0, price="2.00")
    calls = an_order((call(470), -1), (call(480), 1), order_id="2", minute=1, price="3.00")
    of_calls, of_puts = chains(puts, calls)
    word = a_word(of_puts.id, *out_of(of_calls.id, (call(470), -1), (call(480), 1)), name="Mine")

    (merged,) = past(puts, calls, words=[word]).chains

    assert (of_puts.id, "Mine", True) == (merged.id, merged.given_name, merged.is_users)
    assert {LOW: 1, HIGH: -1, call(470): -1, call(480): 1} == merged.wants()
    assert Decimal("3.00") == merged.entry_price(call(470), -1)
    assert AT == merged.opened_at(merged.wants())


def test_the_users_split_leaves_the_rest_where_it_was() -> None:
    opened = an_order(*CONDOR, order_id="1", minute=0, units=4)
    (whole,) = chains(opened)
    word = a_word("pos_mine", *out_of(whole.id, (call(470), -4), (call(480), 4)))

    split, rest = past(opened, words=[word]).chains

    assert ("pos_mine", {call(470): -4, call(480): 4}) == (split.id, split.wants())
    assert (whole.id, {put(430): 4, put(440): -4}) == (rest.id, rest.wants())


def test_contracts_older_than_the_history_can_be_assigned() -> None:
    shares = (Share(LOW, 2, unexplained=2), Share(HIGH, -2, unexplained=-2))
    (mine,) = past(words=[a_word("pos_mine", *shares)]).chains

    assert {LOW: 2, HIGH: -2} == mine.wants()
    assert None is mine.entry_price(LOW, 2)


def test_a_close_after_the_users_word_is_taken_from_what_it_made() -> None:
    opened = an_order(*CONDOR, order_id="1", minute=0, units=4)
    word = a_word("pos_mine", *out_of(chains(opened)[0].id, (call(470), -4), (call(480), 4)))
    closed = an_order(*UP, order_id="2", minute=60, units=3, closes=True)

    split, _ = past(opened, closed, words=[word]).chains

    assert {call(470): -1, call(480): 1} == split.wants()


def test_what_has_gone_before_the_users_word_is_not_made_again() -> None:
    """A close may be told late, or an assignment under the day alone: the rest is what comes."""
    opened = an_order(*CONDOR, order_id="1", minute=0, units=4)
    (whole,) = chains(opened)
    word = a_word("pos_mine", *out_of(whole.id, (call(470), -4), (call(480), 4)))
    closed = an_order((call(470), 1), order_id="2", minute=5, units=3, closes=True)

    told = past(opened, closed, words=[word])

    assert [{call(470): -1, call(480): 4}, {put(430): 4, put(440): -4}] == wanted(told.chains)
    assert {1: ((call(470), -3),)} == told.shortfalls


def test_what_one_strategy_gets_on_both_sides_ends_and_its_result_is_told() -> None:
    bought = an_order((put(430), -1), (put(440), 1), order_id="1", minute=0, price="1.00")
    sold = an_order((put(440), -1), (put(450), 1), order_id="2", minute=1, price="1.75")
    of_sold, of_bought = chains(bought, sold)
    word = a_word(of_bought.id, *out_of(of_sold.id, (put(440), -1), (put(450), 1)))

    (merged,) = past(bought, sold, words=[word]).chains

    assert {put(430): -1, put(450): 1} == merged.wants()
    assert Decimal("75.00") == total_realised(merged.links)


def test_of_more_than_meets_the_other_side_the_rest_moves() -> None:
    """Three shorts join one long of the contract: one of them ends it, two are left."""
    bought = an_order((put(430), -1), (put(440), 1), order_id="1", minute=0)
    sold = an_order((put(440), -1), (put(450), 1), order_id="2", minute=1, units=3)
    of_sold, of_bought = chains(bought, sold)
    word = a_word(of_bought.id, *out_of(of_sold.id, (put(440), -3), (put(450), 3)))

    (merged,) = past(bought, sold, words=[word]).chains

    assert {put(430): -1, put(440): -2, put(450): 3} == merged.wants()
    [ended] = [link for link in merged.links if link.changes == (Change(put(440), -1, None),)]
    assert (after(600), Deed.REGROUPED, (of_sold.id,)) == (ended.at, ended.deed, ended.others)


def test_of_a_part_that_meets_the_other_side_no_more_than_was_said_moves() -> None:
    bought = an_order((put(430), -1), (put(440), 1), order_id="1", minute=0)
    sold = an_order((put(440), -1), (put(450), 1), order_id="2", minute=1, units=5)
    of_sold, of_bought = chains(bought, sold)
    word = a_word(of_bought.id, *out_of(of_sold.id, (put(440), -3)))

    found = {each.id: each.wants() for each in past(bought, sold, words=[word]).chains}

    assert {put(430): -1, put(440): -2} == found[of_bought.id]
    assert {put(440): -2, put(450): 5} == found[of_sold.id]


def test_contracts_the_user_found_are_told_with_the_time_of_the_word() -> None:
    shares = (Share(LOW, 2, unexplained=2),)
    (mine,) = past(words=[a_word("pos_mine", *shares)]).chains

    assert [(after(600), Deed.REGROUPED, (Change(LOW, 2, None),), Decimal(0))] == [
        (link.at, link.deed, link.changes, link.realised) for link in mine.links
    ]


def test_a_rolled_part_keeps_the_users_name() -> None:
    opened = an_order(*OPEN, order_id="1", minute=0, units=4)
    (whole,) = chains(opened)
    word = a_word(whole.id, name="Mine")
    out = an_order(*CLOSE, order_id="2", minute=60, units=1, closes=True)
    rolled = an_order((put(430), 1), (put(435), -1), order_id="2", minute=60)
    roll = replace(out, legs=(*out.legs, *rolled.legs))

    assert ["Mine", "Mine"] == [each.given_name for each in past(opened, roll, words=[word]).chains]


def test_an_opening_after_the_users_word_is_a_new_strategy_or_more_of_it() -> None:
    """More of a merged shape joins it; what was merged away begins anew."""
    puts = an_order(*OPEN, order_id="1", minute=0)
    shares = (*out_of(chains(puts)[0].id, *OPEN), Share(call(480), 1, unexplained=1))
    word = a_word("pos_mine", *shares)
    again = an_order(*OPEN, order_id="3", minute=60)

    new, mine = past(puts, again, words=[word]).chains

    assert [("pos_mine", 1), (chains(puts)[0].id, 1)] == [
        (mine.id, mine.wanted(call(480))),
        (new.id, new.wanted(LOW)),
    ]
