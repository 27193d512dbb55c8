"""The story of a strategy: every link tells when, by what, what changed, and what it won."""

from dataclasses import replace
from decimal import Decimal

import pytest
from domain.test_history import CLOSE, HIGH, LOW, OPEN, a_word, out_of, past
from support.builders import AT, after, call, put
from support.past_orders import an_order

from closeout.domain.assignments import Share
from closeout.domain.chains import Chain, ChainLink, Change, Deed
from closeout.domain.history import read_past
from closeout.domain.orders import OrderReport
from closeout.domain.settlements import Settlement, SettlementKind

_NOTHING = Decimal(0)
OPENED = an_order(*OPEN, order_id="1", minute=0, units=2, price="1.50")


def changes(*rows: tuple[str, int], at: str | None = None) -> tuple[Change, ...]:
    price = None if at is None else Decimal(at)
    return tuple(Change(symbol, quantity, price) for symbol, quantity in rows)


def the_chain(*orders: OrderReport, settlements: tuple[Settlement, ...] = ()) -> Chain:
    (chain,) = past(*orders, settlements=settlements).chains
    return chain


def a_settlement(
    kind: SettlementKind, symbol: str, quantity: int, price: str | None = None
) -> Settlement:
    worth = None if price is None else Decimal(price)
    return Settlement("act-1", kind, symbol, Decimal(quantity), worth, after(9000))


def test_opening_and_adding_tell_the_order_its_time_and_its_fills() -> None:
    added = an_order(*OPEN, order_id="2", minute=5, price="1.75")

    assert [
        ChainLink(AT, Deed.OPENED, "1", changes((LOW, 2), (HIGH, -2), at="1.50"), _NOTHING),
        ChainLink(after(300), Deed.ADDED, "2", changes((LOW, 1), (HIGH, -1), at="1.75"), _NOTHING),
    ] == the_chain(OPENED, added).links


def test_an_order_without_a_time_of_sending_goes_by_its_last_news() -> None:
    opened = replace(OPENED, submitted_at=None, updated_at=after(60))
    chain = the_chain(opened)

    assert (after(60), after(60)) == (chain.links[0].at, chain.opened_at(chain.wants()))


def test_orders_without_any_time_come_first() -> None:
    timeless = replace(OPENED, submitted_at=None, updated_at=None)
    closed = an_order(*CLOSE, order_id="0", minute=0, units=1, closes=True)

    assert {LOW: 1, HIGH: -1} == the_chain(closed, timeless).wants()


@pytest.mark.parametrize(("client_order_id", "is_ours"), [("ours-1", True), ("theirs", False)])
def test_a_close_tells_what_it_won_and_whether_it_was_ours(
    client_order_id: str, *, is_ours: bool
) -> None:
    """Bought and sold at 1.50, closed at 1.00: the long loses 50 dollars, the short wins them."""
    closed = an_order(
        (LOW, -1),
        order_id="2",
        minute=5,
        closes=True,
        price="1.00",
        client_order_id=client_order_id,
    )
    strategy = the_chain(OPENED).id

    (chain,) = read_past("PA1", [OPENED, closed], {"ours-1": strategy}).chains

    assert (
        ChainLink(
            after(300),
            Deed.REDUCED,
            "2",
            changes((LOW, -1), at="1.00"),
            Decimal(-50),
            is_ours=is_ours,
        )
        == chain.links[-1]
    )


def test_a_close_of_ours_takes_from_its_own_strategy_and_then_from_others() -> None:
    """It was made for the calls; of the puts it names, others have them all."""
    calls = an_order((call(470), -1), (call(480), 1), order_id="c", minute=1)
    closed = an_order((call(470), 1), (LOW, -1), order_id="2", minute=5, closes=True)
    closed = replace(closed, client_order_id="ours-1")
    of_calls = past(OPENED, calls).chains[0].id

    found = read_past("PA1", [OPENED, calls, closed], {"ours-1": of_calls}).chains

    assert [{call(480): 1}, {LOW: 1, HIGH: -2}] == [each.wants() for each in found]


@pytest.mark.parametrize(
    ("kind", "symbol", "quantity", "deed", "won"),
    [
        (SettlementKind.ASSIGNED, HIGH, 1, Deed.ASSIGNED, "150"),
        (SettlementKind.EXERCISED, LOW, -1, Deed.EXERCISED, "-150"),
        (SettlementKind.EXPIRED, LOW, -1, Deed.EXPIRED, "-150"),
        (SettlementKind.EXPIRED, HIGH, 1, Deed.EXPIRED, "150"),
    ],
)
def test_an_end_without_a_trade_tells_the_activity_and_what_it_won(
    kind: SettlementKind, symbol: str, quantity: int, deed: Deed, won: str
) -> None:
    told = a_settlement(kind, symbol, quantity)

    assert (
        ChainLink(after(9000), deed, "act-1", changes((symbol, quantity), at="0"), Decimal(won))
        == the_chain(OPENED, settlements=(told,)).links[-1]
    )


@pytest.mark.parametrize("quantity", [5, -5])
def test_no_more_ends_than_there_is(quantity: int) -> None:
    """Alpaca gives the sign of a quantity now so and now so."""
    told = a_settlement(SettlementKind.ASSIGNED, HIGH, quantity)

    assert {LOW: 2} == the_chain(OPENED, settlements=(told,)).wants()


def test_an_end_of_what_nobody_has_changes_nothing() -> None:
    told = a_settlement(SettlementKind.EXPIRED, put(999), -1)

    assert the_chain(OPENED).links == the_chain(OPENED, settlements=(told,)).links


def test_delivered_shares_have_their_price_their_time_and_their_activity() -> None:
    told = a_settlement(SettlementKind.TRADED, "SPY", 100, "450")

    found = past(OPENED, settlements=(told,))

    assert (
        ChainLink(after(9000), Deed.DELIVERED, "act-1", changes(("SPY", 100), at="450"), _NOTHING),
    ) == found.loose_links["SPY"]
    assert (Decimal(450), after(9000)) == (
        found.loose.entry_price("SPY", 100),
        found.loose.opened_at({"SPY": 100}),
    )


def test_shares_that_are_called_away_are_taken_where_they_are_and_the_rest_is_owed() -> None:
    bought = an_order(("SPY", 1), order_id="s", minute=0, units=60, price="440")
    told = a_settlement(SettlementKind.TRADED, "SPY", -100, "450")

    found = past(bought, settlements=(told,))

    assert {"SPY": -40} == found.loose.wants()
    assert Decimal(450) == found.loose.entry_price("SPY", -40)


def test_a_delivery_of_nothing_is_no_story() -> None:
    found = past(OPENED, settlements=(a_settlement(SettlementKind.TRADED, "SPY", 0, "450"),))

    assert ({}, {}) == (found.loose.wants(), found.loose_links)


def a_roll(units: int) -> OrderReport:
    out = an_order(*CLOSE, order_id="r", minute=5, units=units, closes=True, price="1.00")
    come = an_order(
        (put(430), 1), (put(435), -1), order_id="r", minute=5, units=units, price="2.00"
    )
    return replace(out, legs=(*out.legs, *come.legs))


def test_a_roll_tells_what_went_and_what_came() -> None:
    rolled = the_chain(OPENED, a_roll(2))

    assert [
        ChainLink(after(300), Deed.ROLLED, "r", changes((LOW, -2), (HIGH, 2), at="1.00"), _NOTHING),
        ChainLink(
            after(300),
            Deed.ROLLED,
            "r",
            changes((put(430), 2), (put(435), -2), at="2.00"),
            _NOTHING,
        ),
    ] == rolled.links[1:]
    assert (Decimal("2.00"), after(300)) == (
        rolled.entry_price(put(430), 2),
        rolled.opened_at(rolled.wants()),
    )


def test_a_roll_of_a_part_tells_both_strategies_of_each_other() -> None:
    """At the time at which the order was sent, and not of the last news of it."""
    opened = an_order(
        (call(450), -1), (call(450, expiry="270115"), 1), order_id="1", minute=0, units=5
    )
    out = an_order((call(450), 1), order_id="r", minute=5, units=2, closes=True)
    come = an_order((call(460), -1), order_id="r", minute=5, units=2)
    legs = (*out.legs, *come.legs)
    roll = replace(out, order_class="mleg", legs=legs, updated_at=after(400))

    moved, kept = past(opened, roll).chains

    went = ((call(450), 2), (call(450, expiry="270115"), -2))
    came = [(symbol, -quantity) for symbol, quantity in went]
    assert (
        ChainLink(after(300), Deed.REGROUPED, "r", changes(*went), _NOTHING, (moved.id,))
        == kept.links[-1]
    )
    assert (
        ChainLink(after(300), Deed.REGROUPED, "r", changes(*came), _NOTHING, (kept.id,))
        == moved.links[0]
    )


def test_what_the_user_moves_is_told_on_both_sides_with_the_time_of_the_word() -> None:
    word = a_word("pos_mine", *out_of(the_chain(OPENED).id, (LOW, 1)))

    mine, left = past(OPENED, words=[word]).chains

    assert [
        ChainLink(after(600), Deed.REGROUPED, "", changes((LOW, 1)), _NOTHING, (left.id,))
    ] == mine.links
    assert (
        ChainLink(after(600), Deed.REGROUPED, "", changes((LOW, -1)), _NOTHING, ("pos_mine",))
        == left.links[-1]
    )


def test_what_meets_its_other_side_by_the_users_word_is_told_with_no_order() -> None:
    bought = an_order((put(430), -1), (put(440), 1), order_id="1", minute=0, price="1.00")
    sold = an_order((put(440), -1), (put(450), 1), order_id="2", minute=1, price="1.75")
    of_sold, of_bought = past(bought, sold).chains
    word = a_word(of_bought.id, *out_of(of_sold.id, (put(440), -1)))

    [mine] = [each for each in past(bought, sold, words=[word]).chains if each.id == of_bought.id]

    ended = changes((put(440), -1))
    assert (
        ChainLink(after(600), Deed.REGROUPED, "", ended, Decimal("75.00"), (of_sold.id,))
        == mine.links[-1]
    )


def test_what_a_strategy_is_to_get_of_itself_stays_and_is_no_story() -> None:
    whole = the_chain(OPENED)
    word = a_word(whole.id, *out_of(whole.id, (LOW, 1)))

    (same,) = past(OPENED, words=[word]).chains

    assert (whole.wants(), whole.links) == (same.wants(), same.links)


def test_what_single_orders_did_goes_with_the_last_contract_they_did_it_to() -> None:
    single = an_order((LOW, 1), order_id="s", minute=0, units=2, price="1.50")
    found = [
        past(single, words=[a_word("pos_mine", *out_of_nobody((LOW, moved)))]) for moved in (1, 2)
    ]

    assert [Deed.REGROUPED] == [link.deed for link in found[0].chains[0].links]
    assert [Deed.OPENED, Deed.REGROUPED] == [link.deed for link in found[1].chains[0].links]
    assert [True, False] == [LOW in each.loose_links for each in found]


def out_of_nobody(*legs: tuple[str, int]) -> list[Share]:
    """Contracts that no strategy has yet."""
    return [Share(symbol, quantity) for symbol, quantity in legs]


def test_what_single_orders_did_goes_on_under_the_adjusted_contract() -> None:
    single = an_order((LOW, 1), order_id="s", minute=0, units=2, price="1.50")
    adjusted = put(440, "SPY1")

    found = read_past("PA1", [single], {}, held=[adjusted])

    assert [adjusted] == [*found.loose_links]
    assert [Deed.OPENED, Deed.ADJUSTED] == [link.deed for link in found.loose_links[adjusted]]
    assert changes((LOW, -2), (adjusted, 2)) == found.loose_links[adjusted][-1].changes
    assert Decimal("1.50") == found.loose.entry_price(adjusted, 2)


def test_a_single_position_that_was_closed_begins_anew() -> None:
    first = an_order((LOW, 1), order_id="1", minute=0)
    closed = an_order((LOW, -1), order_id="2", minute=5, closes=True)
    again = an_order((LOW, 1), order_id="3", minute=9)

    assert ["3"] == [link.order_id for link in past(first, closed, again).loose_links[LOW]]
    assert {} == past(first, closed).loose_links


def test_what_a_leg_leaves_open_is_filled_on_the_same_day_and_by_its_like_alone() -> None:
    closed = an_order((HIGH, 1), order_id="2", minute=60, units=2, closes=True)
    found = {
        when: past(OPENED, closed, an_order((put(445), -1), order_id="3", minute=when, units=2))
        for when in (60 + 720, 60 + 721)
    }

    assert [{LOW: 2, put(445): -2}, {LOW: 2}] == [each.chains[0].wants() for each in found.values()]
    (chain,) = found[780].chains
    assert (
        ChainLink(after(780 * 60), Deed.ROLLED, "3", changes((put(445), -2), at="1.00"), _NOTHING)
        == chain.links[-1]
    )


@pytest.mark.parametrize(
    ("symbol", "quantity"), [(put(445), -1), (put(445), 2), (call(445), -2), (put(445, "SPYG"), -2)]
)
def test_another_size_side_right_or_root_fills_no_gap(symbol: str, quantity: int) -> None:
    closed = an_order((HIGH, 1), order_id="2", minute=60, units=2, closes=True)
    sign = 1 if quantity > 0 else -1
    other = an_order((symbol, sign), order_id="3", minute=61, units=abs(quantity))

    found = past(OPENED, closed, other)

    assert {LOW: 2} == found.chains[0].wants()
    assert {symbol: quantity} == found.loose.wants()
