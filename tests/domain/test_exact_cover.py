"""The search for the best cover, against one that tries everything."""

from collections.abc import Iterator
from itertools import combinations, product
from random import Random

import pytest

from closeout.domain.combining import LARGEST, RATIO_MAX, names_of
from closeout.domain.exact_cover import best_cover, is_one_shape
from closeout.domain.names import Piece, name_pieces

DAY = 739_000
QUANTITIES = (-3, -2, -1, 1, 2, 3)


def some_pieces(dice: Random, count: int) -> tuple[Piece, ...]:
    places = dice.sample([*product((100, 105, 110, 120), (False, True))], count)
    return tuple(sorted(Piece(*place, DAY, dice.choice(QUANTITIES)) for place in places))


def bare(pieces: tuple[Piece, ...]) -> int:
    return sum(
        max(0, -sum(piece.quantity for piece in pieces if piece.is_put is is_put))
        for is_put in (False, True)
    )


def groups_of(pieces: tuple[Piece, ...]) -> Iterator[tuple[Piece, ...]]:
    """
    Yield every named group that the first contract may be in.

    Even ones (and a body of two) in any number of units, uneven ones as all there is.
    """
    first, *others = pieces
    for size in range(LARGEST):
        for partners in combinations(others, size):
            shape = (first, *partners)
            signs = tuple(1 if piece.quantity > 0 else -1 for piece in shape)
            body = (signs[0], 2 * signs[1], signs[2]) if len(signs) == 3 else signs
            units = range(1, 1 + max(abs(piece.quantity) for piece in shape))
            counts = {
                tuple(unit * ratio for ratio in ratios)
                for ratios in (signs, body)
                for unit in units
            }
            for wanted in sorted({*counts, tuple(piece.quantity for piece in shape)}):
                group = tuple(
                    piece._replace(quantity=count)
                    for piece, count in zip(shape, wanted, strict=True)
                )
                if _is_there(group, shape) and is_one_shape(group, 0):
                    yield group


def _is_there(group: tuple[Piece, ...], shape: tuple[Piece, ...]) -> bool:
    return all(
        abs(wanted.quantity) <= abs(piece.quantity)
        for wanted, piece in zip(group, shape, strict=True)
    )


def without(pieces: tuple[Piece, ...], group: tuple[Piece, ...]) -> tuple[Piece, ...]:
    gone = {piece[:3]: piece.quantity for piece in group}
    left = (piece._replace(quantity=piece.quantity - gone.get(piece[:3], 0)) for piece in pieces)
    return tuple(piece for piece in left if piece.quantity)


def fewest_groups(pieces: tuple[Piece, ...], most: int) -> int:
    """Return the fewest groups that uncover no short for it; `most` where it takes as many."""
    if not pieces or most <= 0:
        return 0
    best = most
    for group in groups_of(pieces):
        left = without(pieces, group)
        if bare(group) + bare(left) == bare(pieces):
            best = min(best, 1 + fewest_groups(left, best - 1))
    return best


@pytest.mark.parametrize("seed", range(40))
def test_no_cover_has_fewer_groups(seed: int) -> None:
    pieces = some_pieces(Random(seed), 4)
    found = best_cover(pieces, 0)

    assert bare(pieces) == sum(bare(group.pieces) for group in found)
    assert fewest_groups(pieces, len(pieces) + 1) == len(found)


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
        quantities = [abs(piece.quantity) for piece in pieces]
        if name_pieces(pieces) is None or max(quantities) > RATIO_MAX * min(quantities):
            continue
        pattern, before = 1, pieces[0].strike
        for piece in pieces:
            mark = 4 * (piece.quantity > 0) + 2 * piece.is_put + (piece.strike > before)
            pattern, before = 8 * pattern + mark, piece.strike

        assert any(names_of(pattern)), pieces
