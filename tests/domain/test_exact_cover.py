"""The search for the best cover, against one that tries everything."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations, product
from math import gcd
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeout.domain.component import Component
from closeout.domain.deals import DEALS_MAX, deals_of
from closeout.domain.exact_cover import best_cover
from closeout.domain.names import Piece, name_pieces
from closeout.domain.patterns import (
    ABOVE,
    LARGEST,
    LONG,
    PATTERNS,
    PUT,
    RATIO_MAX,
    Counts,
    Marks,
    Pattern,
)

DAY = 739_000
QUANTITIES = (-3, -2, -1, 1, 2, 3)
PLACES = [*product((100, 105, 110, 120), (False, True))]

Pieces = tuple[Piece, ...]
Cost = tuple[int, int, int]


def some_pieces(dice: Random, count: int) -> Pieces:
    places = dice.sample(PLACES, count)
    return tuple(sorted(Piece(*place, DAY, dice.choice(QUANTITIES)) for place in places))


components = st.dictionaries(
    st.sampled_from(PLACES), st.sampled_from(QUANTITIES), min_size=1, max_size=6
).map(lambda held: tuple(sorted(Piece(*place, DAY, count) for place, count in held.items())))


def bare(pieces: Pieces) -> int:
    return sum(
        max(0, -sum(piece.quantity for piece in pieces if piece.is_put is is_put))
        for is_put in (False, True)
    )


def is_one_shape(group: Pieces) -> bool:
    counts = [abs(piece.quantity) for piece in group]
    return max(counts) <= RATIO_MAX * gcd(*counts) and name_pieces(group) is not None


def groups_of(pieces: Pieces) -> list[Pieces]:
    """Return every group of the first contract in the order in which they are told to be tried."""
    first, *others = pieces
    found = [
        group
        for size in range(LARGEST, 0, -1)
        for partners in combinations(others, size - 1)
        for group in takes((first, *partners))
        if is_one_shape(group) and bare(group) + bare(without(pieces, group)) == bare(pieces)
    ]
    return sorted(found, key=lambda group: len(without(pieces, group)))


def takes(shape: Pieces) -> Iterator[Pieces]:
    """One each, with a body of two, and all there is, in as many units as there are."""
    for ratios in ((1,) * len(shape), (1, 2, 1)):
        if len(ratios) == len(shape):
            units = min(
                abs(each.quantity) // ratio for each, ratio in zip(shape, ratios, strict=True)
            )
            if units:
                yield tuple(
                    each._replace(quantity=units * ratio * (1 if each.quantity > 0 else -1))
                    for each, ratio in zip(shape, ratios, strict=True)
                )
    yield shape


def without(pieces: Pieces, group: Pieces) -> Pieces:
    gone = {piece[:3]: piece.quantity for piece in group}
    left = (piece._replace(quantity=piece.quantity - gone.get(piece[:3], 0)) for piece in pieces)
    return tuple(piece for piece in left if piece.quantity)


def margin(group: Pieces, highest: int) -> int:
    prices = (0, 2 * highest, *(piece.strike for piece in group))
    return -min(
        sum(
            piece.quantity * max(0, piece.strike - price if piece.is_put else price - piece.strike)
            for piece in group
        )
        for price in prices
    )


def by_trying_everything(highest: int) -> Callable[[Pieces], tuple[Cost, tuple[Pieces, ...]]]:
    @cache
    def best(pieces: Pieces) -> tuple[Cost, tuple[Pieces, ...]]:
        if not pieces:
            return (0, 0, 0), ()
        covers = []
        for group in groups_of(pieces):
            (groups, bound, cuts), others = best(without(pieces, group))
            cost = (1 + groups, bound + margin(group, highest), cuts + len(group))
            covers.append((cost, (group, *others)))
        return min(covers, key=lambda cover: cover[0])  # the first of equals

    return best


@settings(deadline=None, max_examples=60)
@given(components)
def test_no_cover_is_better_and_of_equals_it_is_the_first(pieces: Pieces) -> None:
    _, cover = by_trying_everything(pieces[-1].strike)(pieces)

    assert [*cover] == [group.pieces for group in best_cover(pieces, 0)]


@settings(deadline=None, max_examples=30)
@given(components)
def test_a_million_times_as_many_are_grouped_alike(pieces: Pieces) -> None:
    """So many do not fit into the narrow lanes that numbers are packed in."""
    alike = [times(1_000_000, group.pieces) for group in best_cover(pieces, 0)]

    assert alike == [group.pieces for group in best_cover(times(1_000_000, pieces), 0)]


@pytest.mark.parametrize("seed", range(40))
def test_no_short_is_uncovered_for_a_better_cover(seed: int) -> None:
    pieces = some_pieces(Random(seed), 4)

    assert bare(pieces) == sum(bare(group.pieces) for group in best_cover(pieces, 0))


@settings(deadline=None, max_examples=60)
@given(components)
def test_no_cover_has_fewer_groups_than_its_deals_need(pieces: Pieces) -> None:
    (groups, _, _), _ = by_trying_everything(pieces[-1].strike)(pieces)
    component = Component(pieces, 0)
    deals = component.deals(component.held)

    assert deals <= DEALS_MAX * groups
    assert component.fewest(component.held, deals) <= groups


def marks_of(pieces: Pieces) -> Marks:
    marks, before = [], pieces[0].strike
    for piece in pieces:
        kind = PUT * piece.is_put + LONG * (piece.quantity > 0)
        marks.append(kind + ABOVE * (piece.strike > before))
        before = piece.strike
    return tuple(marks)


def follow(marks: Marks) -> Pattern | None:
    pattern: Pattern | None = PATTERNS
    for each in marks:
        pattern = None if pattern is None else pattern[each]
    return pattern


def has_name(pattern: Pattern | None) -> bool:
    return pattern is not None and bool(pattern.plain or pattern.twice)


def test_a_named_shape_has_the_deals_it_says() -> None:
    dice = Random(7)
    shapes = 0
    for _ in range(1000):
        pieces = some_pieces(dice, dice.randint(1, 4))
        pattern = follow(marks_of(pieces))
        counts = tuple(abs(piece.quantity) for piece in pieces)
        made = None if pattern is None else pattern.entire(counts)
        if made:
            component = Component(pieces, 0)
            shapes += 1
            deals = component.deals(component.held)
            assert deals <= made[0].deals <= DEALS_MAX
            assert component.fewest(component.held, deals) == 1
    assert shapes > 200


def test_deals_whose_sizes_make_no_pairs_need_one_more_group() -> None:
    """Four pairs of equals are two groups where they are 1:1, 1:2, 1:3 or 2:3, and else more."""

    def fewest(*sizes: int) -> int:
        held = zip(((100, False), (105, False), (110, True), (120, True)), sizes, strict=True)
        pieces = [
            Piece(strike + step, is_put, DAY, sign * size)
            for (strike, is_put), size in held
            for step, sign in ((0, 1), (1, -1))
        ]
        component = Component(pieces, 0)
        return component.fewest(component.held, component.deals(component.held))

    assert fewest(7, 7, 4, 4) == fewest(7, 14, 4, 12) == fewest(4, 5, 6, 10) == 2
    assert fewest(7, 7, 4, 5) == fewest(1, 4, 5, 5) == 3


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_following_marks_leads_to_all_that_has_a_name(size: int) -> None:
    """Marks are followed only to where something has a name; here every set is looked at."""
    for kinds in product((0, PUT, LONG, LONG | PUT), repeat=size):
        for above in product((0, ABOVE), repeat=size - 1):
            marks = tuple(kind + step for kind, step in zip(kinds, (0, *above), strict=True))
            pattern = follow(marks)
            assert has_name(Pattern(marks)) is has_name(pattern), marks
            assert not (has_name(pattern) and (before := follow(marks[:-1])) and before.is_end)


def test_whatever_a_contract_may_be_in_holds_it() -> None:
    """The first two of fourteen have the same likely partners here."""
    counts = (1, 7, *[(-1) ** place for place in range(12)])
    pieces = [
        Piece(strike, is_put=False, expiry=DAY, quantity=count)
        for strike, count in enumerate(counts, start=100)
    ]
    component = Component(pieces, 0)
    for first in (13, 12):
        rows = component.combinations.rows(first, component.counts(component.held))
        assert {first} == {places[0] for _, places, *_ in rows}


def test_whether_a_shape_has_a_name_does_not_depend_on_its_widths() -> None:
    dice = Random(7)
    for _ in range(500):
        pieces = some_pieces(dice, dice.randint(2, 4))
        strikes = sorted({piece.strike for piece in pieces})
        wider = {strike: 7 * place * place for place, strike in enumerate(strikes, start=1)}
        moved = [piece._replace(strike=wider[piece.strike]) for piece in pieces]

        assert (name_pieces(pieces) is None) is (name_pieces(moved) is None), pieces


def test_what_has_a_name_in_uneven_numbers_has_one_in_even_ones_too() -> None:
    dice = Random(7)
    for _ in range(500):
        pieces = some_pieces(dice, dice.randint(2, 4))
        if is_one_shape(pieces):
            assert has_name(follow(marks_of(pieces))), pieces


@pytest.mark.parametrize(
    ("longs", "shorts", "ways"),
    [
        ((5, 2), (2, 5), [(2, 5)]),
        ((7,), (4, 3), [(3, 4)]),
        ((7, 6), (6,), [(6, 7)]),
        ((7,), (5,), [(2, 5)]),
        ((9,), (1, 3, 4), [(1, 1, 3, 4)]),
        ((7, 2), (5, 4), [(2, 2, 5), (2, 3, 4)]),
        ((7, 8, 9), (4, 5, 6), [(0, 0, 0, 0, 0)]),
        ((3,), (), [(3,)]),
    ],
)
def test_the_sizes_of_deals_are_told_where_they_are_certain(
    longs: Counts, shorts: Counts, ways: list[Counts]
) -> None:
    """What lies outside, two where seven stand against five, is a contract like any other."""
    assert ways == sorted(tuple(sorted(way)) for way in deals_of([*longs], [*shorts]))


def test_what_was_put_together_from_groups_needs_no_more_of_them() -> None:
    dice = Random(7)
    tried = [some_pieces(dice, dice.randint(2, 4)) for _ in range(2000)]
    shapes = [pieces for pieces in tried if is_one_shape(pieces)]
    asked = 0
    for _ in range(3000):
        held: Counter[tuple[int, bool, int]] = Counter()
        groups = [
            times(dice.randint(1, 12), dice.choice(shapes)) for _ in range(dice.randint(1, 4))
        ]
        for group in groups:
            for strike, is_put, expiry, quantity in group:
                held[strike, is_put, expiry] += quantity
        pieces = tuple(sorted(Piece(*place, count) for place, count in held.items() if count))
        on_one_side = all(held[each[:3]] * each.quantity > 0 for group in groups for each in group)
        if on_one_side and bare(pieces) == sum(map(bare, groups)):
            asked += 1
            component = Component(pieces, 0)
            deals = component.deals(component.held)
            assert component.fewest(component.held, deals) <= len(groups), pieces
    assert asked > 1000


def times(units: int, pieces: Pieces) -> Pieces:
    return tuple(piece._replace(quantity=units * piece.quantity) for piece in pieces)


def test_two_expiries_may_stand_on_both_sides_of_a_right() -> None:
    """A long straddle and a later risk reversal: the later short call has no cover either way."""
    pieces = (
        Piece(100, is_put=False, expiry=DAY, quantity=18),
        Piece(100, is_put=True, expiry=DAY, quantity=18),
        Piece(110, is_put=True, expiry=DAY + 30, quantity=10),
        Piece(120, is_put=False, expiry=DAY + 30, quantity=-10),
    )
    component = Component(pieces, 0)

    assert 2 == component.fewest(component.held, component.deals(component.held))
    assert {pieces[:2], pieces[2:]} == {group.pieces for group in best_cover(pieces, 0)}


@pytest.mark.parametrize(("is_put", "most"), [(False, 0), (True, 100)])
def test_what_is_sold_beside_shares_binds_what_both_may_lose(is_put: bool, most: int) -> None:  # noqa: FBT001 - a parameter
    """A hundred shares cover a call at any price, and are worth nothing when a put is dearest."""
    component = Component((Piece(100, is_put=is_put, expiry=DAY, quantity=-1),), 1)

    assert most == component.margins[sum(component.each)]
