"""The user's word: what an edit comes to, and what holds for every row of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from domain.test_grouping_properties import accounts, histories, packages, totals
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.builders import after, call, put
from support.past_orders import an_order
from support.strategies_by_hand import (
    HISTORY,
    grouped,
    held_after,
    legs_of,
    shapes,
    times,
)

from closeout.domain.edits import (
    Edit,
    EditsUndone,
    LegMoved,
    StrategiesMerged,
    StrategyRenamed,
    StrategySplit,
    assignments,
    moved_symbols,
    standing,
    touched,
)
from closeout.domain.errors import CannotRegroup
from closeout.domain.grouping import Grouping
from closeout.domain.orders import OrderReport
from closeout.domain.regrouping import Occasion, merge, move, rename, split, undo
from closeout.domain.strategies import GroupedBy, Strategy, leg_id

PUTS = ((put(430), 1), (put(440), -1))
CALLS = ((call(470), -1), (call(480), 1))


class Desk:
    """An account on which edits are made, one after the other."""

    def __init__(self, held: dict[str, int], history: Sequence[OrderReport]) -> None:
        self.held = held
        self.history = [*history]
        self.edits: list[Edit] = []

    @property
    def grouping(self) -> Grouping:
        return grouped(self.held, self.history, edits=self.edits)

    @property
    def occasion(self) -> Occasion:
        times = [order.submitted_at for order in self.history if order.submitted_at]
        newest = max(times, default=None)
        number = len(self.edits) + 1
        return Occasion("PA1", number, after(86_400 + number), newest, self.grouping)

    def strategy(self, position_id: str) -> Strategy:
        return next(each for each in self.grouping.strategies if each.id == position_id)

    def merge(self, *position_ids: str, name: str | None = None) -> None:
        self.edits.append(merge(self.occasion, position_ids, name))

    def split(self, position_id: str, *parts: dict[str, int]) -> StrategySplit:
        picks = [
            [(leg_id(position_id, symbol), count) for symbol, count in part.items()]
            for part in parts
        ]
        edit = split(self.occasion, position_id, picks)
        self.edits.append(edit)
        return edit

    def move(self, source: str, symbol: str, count: int, target: str | None = None) -> LegMoved:
        edit = move(self.occasion, source, (leg_id(source, symbol), count), target)
        self.edits.append(edit)
        return edit

    def rename(self, position_id: str, name: str | None) -> None:
        self.edits.append(rename(self.occasion, position_id, name))

    def undo(self, down_to: int | None = None) -> None:
        occasion = self.occasion
        self.edits.append(undo(self.edits, down_to=down_to, number=occasion.number, at=occasion.at))

    def trade(self, *orders: OrderReport) -> None:
        for symbol, quantity in held_after(*orders).items():
            self.held[symbol] = self.held.get(symbol, 0) + quantity
        self.held = {symbol: quantity for symbol, quantity in self.held.items() if quantity}
        self.history.extend(orders)


def two_verticals(units: int = 2) -> tuple[Desk, str, str]:
    """A put spread and a call spread, opened by an order each; their ids."""
    orders = (
        an_order(*PUTS, order_id="p", minute=0, units=units, price="2.00"),
        an_order(*CALLS, order_id="c", minute=1, units=units, price="3.00"),
    )
    desk = Desk(held_after(*orders), orders)
    ids = {frozenset(legs): name for name, legs in shapes(desk.grouping).items()}
    return desk, ids[frozenset(dict(PUTS))], ids[frozenset(dict(CALLS))]


def test_a_merge_makes_one_strategy_under_the_first_id() -> None:
    desk, puts, calls = two_verticals()

    desk.merge(puts, calls)

    (one,) = desk.grouping.strategies
    assert (puts, "Iron Condor", GroupedBy.USER) == (one.id, one.name, one.grouped_by)
    assert {**times(PUTS, 2), **times(CALLS, 2)} == legs_of(one)
    assert ["Merged SPY Put Credit Spread and SPY Call Credit Spread"] == [desk.edits[0].text]


def test_a_merge_can_give_a_name_that_stays() -> None:
    desk, puts, calls = two_verticals()

    desk.merge(puts, calls, name="Earnings")
    desk.trade(an_order(*_back(PUTS), order_id="x", minute=60, units=1, closes=True))

    (one,) = desk.grouping.strategies
    assert "Earnings" == one.name
    assert {**times(PUTS, 1), **times(CALLS, 2)} == legs_of(one)


def test_recognised_contracts_that_were_merged_stay_together() -> None:
    """Without the user's word two bodies that join them would make a butterfly."""
    held = {call(470): 1, call(480): 1}
    desk = Desk(held, ())
    first, second = (each.id for each in desk.grouping.strategies)

    desk.merge(first, second)
    desk.held = {**held, call(475): -2}

    assert held == legs_of(desk.strategy(first))


def test_the_brokers_average_prices_contracts_that_no_order_tells_of() -> None:
    desk = Desk({put(430): 1, put(440): -1}, ())
    (spread,) = desk.grouping.strategies

    desk.rename(spread.id, "Mine")

    assert [leg.entry_price for leg in spread.legs] == [
        leg.entry_price for leg in desk.strategy(spread.id).legs
    ]


def test_a_split_leaves_what_no_part_names() -> None:
    desk, puts, _ = two_verticals(units=3)

    edit = desk.split(puts, {put(430): 1, put(440): 1})

    assert times(PUTS, 2) == legs_of(desk.strategy(puts))
    assert times(PUTS, 1) == legs_of(desk.strategy(edit.parts[1].position_id))


def test_a_split_into_everything_keeps_the_id_for_the_first_part() -> None:
    desk, puts, _ = two_verticals(units=2)

    edit = desk.split(puts, {put(430): 2}, {put(440): 2})

    assert {put(430): 2} == legs_of(desk.strategy(puts))
    assert {put(440): -2} == legs_of(desk.strategy(edit.parts[1].position_id))


def test_parts_of_a_recognised_strategy_are_not_recognised_as_one_again() -> None:
    desk = Desk({put(430): 2, put(440): -2}, ())
    (spread,) = desk.grouping.strategies

    desk.split(spread.id, {put(440): 2})

    assert [{put(430): 2}, {put(440): -2}] == sorted(
        map(legs_of, desk.grouping.strategies), key=str
    )


def test_a_moved_leg_joins_the_other_strategy() -> None:
    desk, puts, calls = two_verticals()

    desk.move(puts, put(430), 1, calls)

    assert {put(430): 1, put(440): -2} == legs_of(desk.strategy(puts))
    assert {**times(CALLS, 2), put(430): 1} == legs_of(desk.strategy(calls))


def test_a_leg_moved_nowhere_is_a_strategy_of_its_own() -> None:
    desk, puts, _ = two_verticals()

    edit = desk.move(puts, put(430), 2)

    assert {put(440): -2} == legs_of(desk.strategy(puts))
    assert {put(430): 2} == legs_of(desk.strategy(edit.to_position_id))


def test_a_name_can_be_taken_back() -> None:
    desk, puts, _ = two_verticals()

    desk.rename(puts, "Mine")
    named = desk.strategy(puts)
    desk.rename(puts, None)

    assert ("Mine", "Put Credit Spread") == (named.name, desk.strategy(puts).name)


def test_an_undo_takes_back_the_newest_that_stands_and_then_the_one_before() -> None:
    desk, puts, calls = two_verticals()
    plain = desk.grouping
    desk.merge(puts, calls)
    merged = desk.grouping
    desk.rename(puts, "Mine")

    desk.undo()
    first = desk.grouping
    desk.undo()

    assert [merged, plain] == [first, desk.grouping]
    assert () == standing(desk.edits)


def test_an_undo_may_name_the_edit_down_to_which() -> None:
    desk, puts, calls = two_verticals()
    plain = desk.grouping
    desk.merge(puts, calls)
    desk.rename(puts, "Mine")

    desk.undo(down_to=1)

    assert plain == desk.grouping
    with pytest.raises(CannotRegroup, match="Edit 1 does not stand"):
        desk.undo(down_to=1)


def test_an_edit_outlives_a_roll() -> None:
    desk, puts, calls = two_verticals()
    desk.merge(puts, calls, name="Mine")
    out = an_order(*_back(CALLS), order_id="r", minute=60, units=2, closes=True)
    again = an_order((call(475), -1), (call(485), 1), order_id="r", minute=60, units=2)
    desk.trade(replace(out, legs=(*out.legs, *again.legs)))

    (one,) = desk.grouping.strategies
    assert ("Mine", puts) == (one.name, one.id)
    assert {**times(PUTS, 2), call(475): -2, call(485): 2} == legs_of(one)


def test_the_history_tells_when_the_user_moved_a_leg() -> None:
    desk, puts, calls = two_verticals()

    edit = desk.move(puts, put(430), 1, calls)

    histories = desk.grouping.histories
    assert [edit.at, edit.at] == [histories[puts][-1].at, histories[calls][-1].at]


def test_what_has_gone_since_falls_short_and_says_so() -> None:
    """The close is told only after the edit, but was sent before it."""
    desk, puts, calls = two_verticals()
    desk.move(puts, put(430), 2, calls)
    closed = an_order((put(430), -1), order_id="x", minute=1, units=1, closes=True)

    desk.trade(closed)

    assert {**times(CALLS, 2), put(430): 1} == legs_of(desk.strategy(calls))
    assert {1: ((put(430), 1),)} == desk.grouping.shortfalls


@pytest.mark.parametrize(
    ("code", "sentence", "edit"),
    [
        (
            "unknown_position",
            "There is no position pos_gone now. Look at the positions again.",
            lambda desk, puts, _: desk.merge(puts, "pos_gone"),
        ),
        (
            "nothing_to_merge",
            "Name at least two different positions to merge.",
            lambda desk, puts, _: desk.merge(puts, puts),
        ),
        (
            "unknown_leg",
            "SPY Put Credit Spread has no leg {leg} now. Look at it again.",
            lambda desk, puts, calls: desk.move(puts, call(470), 1, calls),
        ),
        (
            "too_many_contracts",
            f"SPY Put Credit Spread has 2 of {put(430)}, not 3.",
            lambda desk, puts, calls: desk.move(puts, put(430), 3, calls),
        ),
        (
            "nothing_to_move",
            "The leg is in that position already.",
            lambda desk, puts, _: desk.move(puts, put(430), 1, puts),
        ),
        (
            "nothing_to_split",
            (
                "The parts leave the position as it is. Name legs and quantities of at least one "
                "part that is not all of it."
            ),
            lambda desk, puts, _: desk.split(puts, {put(430): 2, put(440): 2}),
        ),
        (
            "too_many_contracts",
            f"The parts ask for more {put(430)} than SPY Put Credit Spread has (2).",
            lambda desk, puts, _: desk.split(puts, {put(430): 2}, {put(430): 1}),
        ),
        (
            "nothing_to_undo",
            "There is no edit, so there is nothing to undo.",
            lambda desk, *_: desk.undo(),
        ),
        (
            "nothing_to_undo",
            "Edit 7 does not stand, so there is nothing to undo.",
            lambda desk, *_: desk.undo(down_to=7),
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(code: str, sentence: str, edit: object) -> None:
    desk, puts, calls = two_verticals()

    with pytest.raises(CannotRegroup) as refused:
        edit(desk, puts, calls)  # type: ignore[operator] # one of the lambdas above

    assert (code, sentence.format(leg=leg_id(puts, call(470)))) == (
        refused.value.reason_code,
        str(refused.value),
    )
    assert [] == desk.edits


def test_the_only_leg_of_a_position_is_not_moved_out_of_it() -> None:
    desk = Desk({put(430): 2}, ())
    (alone,) = desk.grouping.strategies

    with pytest.raises(CannotRegroup) as refused:
        desk.move(alone.id, put(430), 2)

    assert ("nothing_to_move", "That is the whole position already.") == (
        refused.value.reason_code,
        str(refused.value),
    )


def test_every_edit_tells_what_was_done_to_what() -> None:
    desk, puts, calls = two_verticals()

    joined = desk.move(puts, put(430), 1, calls)
    alone = desk.move(puts, put(440), 1)
    desk.rename(puts, "Mine")
    desk.rename(puts, None)
    desk.merge(puts, calls, name="Both")
    desk.split(puts, {call(480): 1})
    desk.undo(down_to=5)
    both = "SPY Put Credit Spread and SPY Custom (3 legs) as “Both”"

    assert [
        f"Moved 1 {put(430)} from SPY Put Credit Spread to SPY Call Credit Spread",
        f"Moved 1 {put(440)} from SPY Put Ratio Spread to a position of its own",
        "Renamed SPY Put Credit Spread to “Mine”",
        "Renamed SPY Mine back to Put Credit Spread",
        f"Merged {both}",
        "Split SPY Both into 2",
        f"Undid: split SPY Both into 2; merged {both}",
    ] == [each.text for each in desk.edits]
    assert (puts, calls, put(430), 1) == (
        joined.from_position_id,
        joined.to_position_id,
        joined.symbol,
        joined.quantity,
    )
    assert ([calls, puts], -1) == (
        [part.position_id for part in joined.parts],
        alone.quantity,
    )
    assert [1, 2, 3, 4, 5, 6, 7] == [each.number for each in desk.edits]


def test_every_edit_tells_when_it_was_made_after_what_and_on_which_positions() -> None:
    desk, puts, calls = two_verticals()
    newest = desk.history[-1].submitted_at

    desk.rename(puts, "Mine")
    desk.split(puts, {put(430): 1})
    desk.move(puts, put(440), 1)
    desk.merge(puts, calls)
    desk.undo()

    named, divided, moved, merged, undone = desk.edits
    assert isinstance(named, StrategyRenamed)
    assert isinstance(divided, StrategySplit)
    assert isinstance(moved, LegMoved)
    assert isinstance(merged, StrategiesMerged)
    assert isinstance(undone, EditsUndone)
    assert [after(86_400 + number) for number in (1, 2, 3, 4, 5)] == [
        each.at for each in desk.edits
    ]
    assert {newest} == {each.after for each in (named, divided, moved, merged)}
    assert [puts, puts, puts] == [
        named.position_id,
        divided.position_id,
        moved.from_position_id,
    ]
    assert ((puts, calls), None, "Mine", (4,)) == (
        merged.position_ids,
        merged.name,
        named.name,
        undone.undone,
    )


def test_an_edit_touches_what_it_takes_from_and_what_it_gives_to() -> None:
    desk, puts, calls = two_verticals()

    assert {puts, calls} == touched(desk.move(puts, put(430), 1, calls))
    alone = desk.move(puts, put(440), 1)
    assert {puts, alone.to_position_id} == touched(alone)
    assert {put(440)} == moved_symbols(alone)


@pytest.mark.parametrize("sign", [1, -1])
def test_contracts_that_the_history_knows_are_handed_out_once(sign: int) -> None:
    """Two of four come from an order; nobody knows whence the others are."""
    single = an_order((put(430), sign), order_id="s", minute=0, units=2)
    desk = Desk({put(430): 4 * sign}, [single])
    (whole,) = desk.grouping.strategies

    edit = desk.split(whole.id, {put(430): 2})

    assert [{put(430): 2 * sign}] * 2 == [legs_of(each) for each in desk.grouping.strategies]
    assert {} == desk.grouping.shortfalls
    assert [0, 2 * sign] == [part.shares[0].unexplained for part in edit.parts]


@pytest.mark.parametrize("sign", [1, -1])
def test_what_the_history_knows_on_the_other_side_explains_nothing(sign: int) -> None:
    """One was opened by an order, and two are held the other way: all of these are older."""
    single = an_order((put(430), -sign), order_id="s", minute=0)
    desk = Desk({put(430): 2 * sign}, [single])
    (whole,) = desk.grouping.strategies

    edit = desk.split(whole.id, {put(430): 1})

    assert [{put(430): sign}] * 2 == [legs_of(each) for each in desk.grouping.strategies]
    assert {} == desk.grouping.shortfalls
    assert [sign, sign] == [part.shares[0].unexplained for part in edit.parts]


def test_what_a_move_leaves_of_a_recognised_strategy_stays_together() -> None:
    """The user's word holds for all that was touched: no shape is looked for in it any more."""
    desk = Desk({put(430): 2, put(440): -2}, ())
    (spread,) = desk.grouping.strategies

    edit = desk.move(spread.id, put(440), 1)
    desk.held |= {put(435): 1}

    assert {put(430): 2, put(440): -1} == legs_of(desk.strategy(spread.id))
    assert {put(440): -1} == legs_of(desk.strategy(edit.to_position_id))
    assert {GroupedBy.USER} == {
        desk.strategy(each).grouped_by for each in (spread.id, edit.to_position_id)
    }


def test_a_leg_moved_to_a_recognised_strategy_pins_that_one_too() -> None:
    desk, puts, _ = two_verticals()
    desk.held |= {call(500): 1, call(510): -1}
    found = next(each for each in desk.grouping.strategies if each.legs[0].symbol == call(500))

    desk.move(puts, put(430), 1, found.id)

    assert {call(500): 1, call(510): -1, put(430): 1} == legs_of(desk.strategy(found.id))


@pytest.mark.parametrize(
    ("edit", "parts"),
    [
        (lambda desk, it: desk.split(it, {put(430): 2}, {put(430): 1}), [1, 2, 1]),
        (lambda desk, it: desk.split(it, {put(430): 1}, {put(430): 1}), [2, 1, 1]),
        (lambda desk, it: desk.split(it, {put(430): 4}), None),
        (lambda desk, it: desk.split(it, {put(430): 3}), [1, 3]),
        (lambda desk, it: desk.split(it, {put(430): 5}), None),
    ],
)
def test_a_single_leg_is_divided_as_was_said(edit: object, parts: list[int] | None) -> None:
    desk = Desk({put(430): 4}, ())
    (whole,) = desk.grouping.strategies
    if parts is None:
        with pytest.raises(CannotRegroup):
            edit(desk, whole.id)  # type: ignore[operator] # one of the lambdas above
        return

    made = edit(desk, whole.id)  # type: ignore[operator] # one of the lambdas above

    assert parts == [sum(each.quantity for each in part.shares) for part in made.parts]
    ids = [part.position_id for part in made.parts]
    assert parts == [desk.strategy(each).legs[0].quantity for each in ids]


def test_strategies_on_two_underlyings_do_not_merge() -> None:
    desk = Desk(held_after(*HISTORY), HISTORY)
    by_underlying = {each.underlying: each.id for each in desk.grouping.strategies}

    with pytest.raises(CannotRegroup) as refused:
        desk.merge(by_underlying["SPY"], by_underlying["QQQ"])

    assert "different_underlyings" == refused.value.reason_code
    assert str(refused.value).endswith("are on different underlyings; a position has one.")


# --- what holds for every account and every row of edits --------------------------------------


def _edit_somehow(desk: Desk, data: st.DataObject) -> None:
    """Make an edit that is drawn; one that does not fit changes nothing."""
    strategies = desk.grouping.strategies
    if not strategies:
        return
    pick = st.sampled_from(strategies)
    one, other = data.draw(pick), data.draw(pick)
    leg = data.draw(st.sampled_from(one.legs))
    count = data.draw(st.integers(1, leg.contracts))
    kind = data.draw(st.sampled_from(["merge", "split", "move", "out", "rename", "undo"]))
    try:
        match kind:
            case "merge":
                desk.merge(one.id, other.id, name=data.draw(st.none() | st.just("Mine")))
            case "split":
                desk.split(one.id, {leg.symbol: count})
            case "move":
                desk.move(one.id, leg.symbol, count, other.id)
            case "out":
                desk.move(one.id, leg.symbol, count)
            case "rename":
                desk.rename(one.id, data.draw(st.none() | st.just("Mine")))
            case _:
                desk.undo()
    except CannotRegroup:
        pass


@settings(deadline=None)
@given(accounts, histories, st.integers(1, 5), st.data())
def test_claims_add_up_to_the_holdings_after_every_edit(
    held: dict[str, int], history: list[OrderReport], count: int, data: st.DataObject
) -> None:
    desk = Desk(held, history)
    for _ in range(count):
        _edit_somehow(desk, data)

        assert held == {key: value for key, value in totals(desk.grouping).items() if value}


@settings(deadline=None)
@given(st.tuples(accounts, accounts), st.tuples(histories, histories), st.data())
def test_claims_add_up_whatever_happens_after_the_edits(
    holdings: tuple[dict[str, int], dict[str, int]],
    pasts: tuple[list[OrderReport], list[OrderReport]],
    data: st.DataObject,
) -> None:
    """Even a past that has become another one altogether makes and loses nothing."""
    desk = Desk(holdings[0], pasts[0])
    for _ in range(3):
        _edit_somehow(desk, data)
    later = holdings[1]
    desk.held, desk.history = later, pasts[1]

    grouping = desk.grouping
    ids = [each.id for each in grouping.strategies]
    assert later == {key: value for key, value in totals(grouping).items() if value}
    assert len(ids) == len(set(ids))


@settings(deadline=None)
@given(accounts, histories, st.integers(1, 4), st.data())
def test_undoing_everything_restores_everything(
    held: dict[str, int], history: list[OrderReport], count: int, data: st.DataObject
) -> None:
    desk = Desk(held, history)
    before = desk.grouping
    for _ in range(count):
        _edit_somehow(desk, data)
    if stand := standing(desk.edits):
        desk.undo(down_to=stand[0].number)

    assert before == desk.grouping


@settings(deadline=None)
@given(accounts, histories, st.integers(1, 4), st.data(), st.randoms(use_true_random=False))
def test_the_order_in_which_edits_and_orders_are_given_does_not_matter(
    held: dict[str, int],
    history: list[OrderReport],
    count: int,
    data: st.DataObject,
    dice: Random,
) -> None:
    desk = Desk(held, history)
    for _ in range(count):
        _edit_somehow(desk, data)
    expected, words = desk.grouping, assignments(desk.edits)

    dice.shuffle(desk.edits)
    dice.shuffle(desk.history)

    assert words == assignments(desk.edits)
    assert expected == desk.grouping == desk.grouping


openings = st.lists(st.tuples(packages, st.integers(1, 4)), min_size=2, max_size=6).map(
    lambda rows: [
        an_order(*legs, order_id=f"o{n}", minute=n, units=units)
        for n, (legs, units) in enumerate(rows)
    ]
)


@settings(deadline=None)
@given(openings, st.data())
def test_a_merge_has_all_that_its_strategies_had(
    history: list[OrderReport], data: st.DataObject
) -> None:
    desk = Desk(held_after(*history), history)
    strategies = desk.grouping.strategies
    assume(len(strategies) > 1)
    assume(not any(each.missing or each.netted for each in strategies))
    some = data.draw(st.lists(st.sampled_from(strategies), min_size=2, unique_by=lambda s: s.id))
    total = Counter[str]()
    for each in some:
        total.update(legs_of(each))

    desk.merge(*(each.id for each in some))

    had = {symbol: quantity for symbol, quantity in total.items() if quantity}
    now = shapes(desk.grouping)
    assert had == now.get(some[0].id, {})
    assert not {each.id for each in some[1:]} & now.keys()


def _back(legs: tuple[tuple[str, int], ...]) -> list[tuple[str, int]]:
    return [(symbol, -ratio) for symbol, ratio in legs]
