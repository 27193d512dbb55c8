"""To what an orphan is offered to be attached, and in which order."""

from dataclasses import replace
from decimal import Decimal

from support.builders import a_leg, a_strategy, call, put

from closeout.domain.repairs import attachments
from closeout.domain.strategies import Leg, Strategy

LATER = "270115"


def strategy(*legs: Leg) -> Strategy:
    return replace(a_strategy(*legs), id="+".join(f"{leg.quantity}{leg.symbol}" for leg in legs))


ORPHAN = strategy(a_leg(put(440), -1))


def made(orphan: Strategy, *others: Strategy) -> list[str | None]:
    return [each.makes for each in attachments(orphan, others)]


def test_a_named_shape_that_covers_comes_before_one_that_does_not_and_before_no_shape() -> None:
    cover, strangle = strategy(a_leg(put(430), 1)), strategy(a_leg(call(460), -1))
    condor = strategy(
        a_leg(put(400), 1), a_leg(put(410), -1), a_leg(call(480), -1), a_leg(call(490), 1)
    )

    expected = ["Put Credit Spread", "Short Strangle", None]
    assert expected == made(ORPHAN, condor, strangle, cover)
    assert expected == made(ORPHAN, cover, strangle, condor), "whatever order they come in"


def test_of_two_that_cover_the_one_of_the_same_expiry_comes_first() -> None:
    calendar = strategy(a_leg(put(440, expiry=LATER), 1))
    vertical = strategy(a_leg(put(430), 1))

    assert ["Put Credit Spread", "Put Calendar"] == made(ORPHAN, calendar, vertical)


def test_of_equal_ones_the_one_that_frees_more_margin_comes_first() -> None:
    near, far = strategy(a_leg(put(435), 1)), strategy(a_leg(put(400), 1))
    first, second = attachments(ORPHAN, [far, near])

    assert near == first.strategy
    assert (Decimal(44_000 - 500), Decimal(44_000 - 4_000)) == (first.frees, second.frees)


def test_of_wholly_equal_ones_the_one_that_expires_first_comes_first() -> None:
    later = replace(strategy(a_leg(call(470, expiry="270219"), 1)), id="a")
    sooner = replace(strategy(a_leg(call(470, expiry=LATER), 1)), id="b")

    found = attachments(ORPHAN, [later, sooner])

    assert [sooner, later] == [each.strategy for each in found]
    assert replace(found[0], strategy=later) == found[1], "equal in all else"


def test_shares_cover_an_orphaned_call() -> None:
    shares = strategy(a_leg("SPY", 100))
    (found,) = attachments(strategy(a_leg(call(460), -1)), [shares])

    assert ("Covered Call", 1, None) == (found.makes, found.covers, found.frees)


def test_another_underlying_and_itself_are_not_offered() -> None:
    other = strategy(a_leg(put(430, "QQQ"), 1))

    assert () == attachments(ORPHAN, [ORPHAN, other])


def test_shares_that_an_assignment_has_brought_come_before_all_else() -> None:
    """Four short calls of a condor are assigned: a hundred shares each are short now."""
    orphan = replace(
        strategy(a_leg(call(470), -6), a_leg(call(480), 10)), missing=((call(470), -4),)
    )
    spread = strategy(a_leg(call(465), -4), a_leg(call(490), 4))
    brought, others = strategy(a_leg("SPY", -400)), strategy(a_leg("SPY", 400))

    first, *_, last = attachments(orphan, [spread, others, brought])

    assert (brought, True) == (first.strategy, first.is_delivered)
    assert not last.is_delivered


def test_assigned_puts_bring_long_shares() -> None:
    orphan = replace(strategy(a_leg(put(430), 3)), missing=((put(440), -3),))

    assert [True, False] == [
        each.is_delivered
        for each in attachments(orphan, [strategy(a_leg("SPY", -300)), strategy(a_leg("SPY", 300))])
    ]
