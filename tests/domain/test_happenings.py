"""What came from outside, in words, and what is an orphan for it."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from domain.test_edits import CALLS, PUTS, Desk
from support.builders import a_leg, a_strategy, after, call, holdings_of, put
from support.past_orders import an_order
from support.strategies_by_hand import CONDOR_A, held_after, legs_of, times

from closeout.domain.chains import ChainLink, Change, Deed
from closeout.domain.edits import Edit, assignments
from closeout.domain.errors import CannotRegroup
from closeout.domain.grouping import Grouping, group
from closeout.domain.happenings import (
    HappeningKind,
    Orphan,
    OutsideEvent,
    orphan,
    outside_events,
)
from closeout.domain.orders import OrderReport
from closeout.domain.regrouping import Occasion, leave, merge
from closeout.domain.settlements import Settlement, SettlementKind
from closeout.domain.strategies import Strategy

AT = datetime(2026, 12, 4, 15, 0, tzinfo=UTC)
OPENED = an_order(*CONDOR_A, order_id="1", minute=0, units=2)


def settled(
    kind: SettlementKind, symbol: str, quantity: int, price: str | None = None
) -> Settlement:
    at = after(86_400)
    exact = None if price is None else Decimal(price)
    return Settlement(f"{kind}-{symbol}", kind, symbol, Decimal(quantity), exact, at)


ASSIGNED = (
    settled(SettlementKind.ASSIGNED, put(440), 2),
    settled(SettlementKind.TRADED, "SPY", 200, "440"),
)


def account(
    held: dict[str, int],
    *orders: OrderReport,
    settlements: tuple[Settlement, ...] = (),
    edits: tuple[Edit, ...] = (),
    owners: dict[str, str] | None = None,
) -> Grouping:
    return group(
        "PA1",
        holdings_of(held),
        orders,
        owners or {},
        settlements=settlements,
        assignments=assignments(edits),
    )


def with_option(grouping: Grouping) -> Strategy:
    return next(each for each in grouping.strategies if each.legs[-1].option is not None)


def told(grouping: Grouping, strategy: Strategy) -> list[tuple[HappeningKind, str]]:
    events = outside_events(strategy, grouping.histories.get(strategy.id, ()), AT)
    return [(each.kind, each.text) for each in events]


def found(grouping: Grouping, strategy: Strategy) -> Orphan | None:
    return orphan(strategy, grouping.histories.get(strategy.id, ()))


def after_assignment(*edits: Edit) -> Grouping:
    held = {**times(CONDOR_A, 2), "SPY": 200}
    del held[put(440)]
    return account(held, OPENED, settlements=ASSIGNED, edits=edits)


def test_an_assignment_leaves_an_orphan_that_says_why() -> None:
    grouping = after_assignment()
    rest = with_option(grouping)

    assert [(HappeningKind.ASSIGNED, f"Assigned: 2 {put(440)}.")] == told(grouping, rest)
    assert Orphan(f"Assigned: 2 {put(440)}. This is what is left.", is_left=False) == found(
        grouping, rest
    )


def test_the_shares_of_an_assignment_have_their_price_and_say_whence_they_came() -> None:
    grouping = after_assignment()
    shares = next(each for each in grouping.strategies if each.legs[0].symbol == "SPY")

    assert Decimal(440) == shares.legs[0].entry_price
    assert [
        (HappeningKind.DELIVERED, "200 SPY bought by assignment or exercise at 440.00.")
    ] == told(grouping, shares)
    assert found(grouping, shares) is not None


def test_what_is_gone_without_a_word_is_told_and_leaves_an_orphan() -> None:
    held = times(CONDOR_A, 2)
    del held[put(440)]
    grouping = account(held, OPENED)
    (rest,) = grouping.strategies

    ((kind, text),) = told(grouping, rest)

    assert HappeningKind.GONE is kind
    assert text.startswith(f"2 {put(440)} are gone from the account, and nothing says why yet.")
    assert found(grouping, rest) is not None


def test_a_leg_closed_elsewhere_leaves_an_orphan() -> None:
    closed = an_order((put(440), 1), order_id="2", minute=9, units=2, closes=True, price="0.35")
    grouping = account(held_after(OPENED, closed), OPENED, closed)
    (rest,) = grouping.strategies

    assert [
        (HappeningKind.TRADED_ELSEWHERE, f"Closed elsewhere: 2 {put(440)} bought back at 0.35.")
    ] == told(grouping, rest)
    assert found(grouping, rest) is not None


def test_on_the_last_day_it_may_have_been_alpaca() -> None:
    closed = an_order((put(440), 1), order_id="2", minute=9, units=2, closes=True)
    last_day = an_order((put(440), 1), order_id="2", minute=17 * 1440, units=2, closes=True)
    for order, is_alpacas in ((closed, False), (last_day, True)):
        grouping = account(held_after(OPENED, order), OPENED, order)
        ((_, text),) = told(grouping, with_option(grouping))

        assert is_alpacas == text.endswith("on which Alpaca may do this by itself.")


def test_whole_units_closed_elsewhere_leave_no_orphan() -> None:
    away = [(symbol, -ratio) for symbol, ratio in CONDOR_A]
    closed = an_order(*away, order_id="2", minute=9, closes=True)
    grouping = account(held_after(OPENED, closed), OPENED, closed)
    (rest,) = grouping.strategies

    assert 1 == len(told(grouping, rest))
    assert found(grouping, rest) is None


def test_what_closeout_closes_itself_is_no_outside_event() -> None:
    closed = an_order(
        (put(440), 1), order_id="2", minute=9, units=2, closes=True, client_order_id="closeout-1"
    )
    (plain,) = account(held_after(OPENED), OPENED).strategies
    owners = {"closeout-1": plain.id}
    grouping = account(held_after(OPENED, closed), OPENED, closed, owners=owners)
    (rest,) = grouping.strategies

    assert [] == told(grouping, rest)
    assert found(grouping, rest) is None


def test_a_leg_replaced_on_the_same_day_leaves_no_orphan() -> None:
    closed = an_order((put(440), 1), order_id="2", minute=9, units=2, closes=True)
    again = an_order((put(435), -1), order_id="3", minute=19, units=2)
    grouping = account(held_after(OPENED, closed, again), OPENED, closed, again)
    (rest,) = grouping.strategies

    assert found(grouping, rest) is None


def test_an_orphan_that_is_left_is_so_until_its_legs_change() -> None:
    grouping = after_assignment()
    rest = with_option(grouping)
    occasion = Occasion("PA1", 1, AT, after(86_400), grouping)
    word = leave(occasion, rest.id)

    again = after_assignment(word)
    left = with_option(again)
    held = {symbol: quantity for symbol, quantity in legs_of(left).items() if symbol != put(430)}
    less = account({**held, "SPY": 200}, OPENED, settlements=ASSIGNED, edits=(word,))

    assert [True, False] == [
        seen.is_left
        for seen in (found(again, left), found(less, with_option(less)))
        if seen is not None
    ]


def test_what_the_user_has_attached_is_no_orphan() -> None:
    grouping = after_assignment()
    rest = with_option(grouping)
    shares = next(each for each in grouping.strategies if each.id != rest.id)
    occasion = Occasion("PA1", 1, AT, after(86_400), grouping)

    merged = after_assignment(merge(occasion, [rest.id, shares.id], None))

    (one,) = merged.strategies
    assert {**legs_of(rest), "SPY": 200} == legs_of(one)
    assert found(merged, one) is None


def test_an_adjusted_contract_keeps_its_place_and_its_price() -> None:
    """A corporate action gives the root a digit; closes of it are closes of what it was."""
    sold = an_order((put(440, "SPY1"), 1), order_id="2", minute=60, units=1, closes=True)
    held = {put(430, "SPY1"): 2, put(440, "SPY1"): -1, **times(CALLS, 2)}
    adjusted = {**held, call(470, "SPY1"): -2, call(480, "SPY1"): 2}
    del adjusted[call(470)], adjusted[call(480)]
    grouping = account(adjusted, OPENED, sold)

    (rest,) = grouping.strategies

    assert adjusted == legs_of(rest)
    assert {Decimal("1.00")} == {leg.entry_price for leg in rest.legs}
    assert HappeningKind.ADJUSTED in {kind for kind, _ in told(grouping, rest)}


def test_an_adjustment_alone_leaves_no_orphan() -> None:
    adjusted = {
        symbol.replace("SPY", "SPY1"): quantity for symbol, quantity in times(CONDOR_A, 2).items()
    }
    grouping = account(adjusted, OPENED)
    (rest,) = grouping.strategies

    assert [HappeningKind.ADJUSTED] * 4 == [kind for kind, _ in told(grouping, rest)]
    assert found(grouping, rest) is None


def test_a_contract_that_is_still_held_was_not_adjusted() -> None:
    desk = Desk(
        {**times(PUTS, 2), put(430, "SPY1"): 1}, (an_order(*PUTS, order_id="1", minute=0, units=2),)
    )

    assert times(PUTS, 2) in [legs_of(each) for each in desk.grouping.strategies]


# --- whole sentences ------------------------------------------------------------------------


def a_link(
    deed: Deed, *changes: tuple[str, int], price: str | None = None, days: int = 1
) -> ChainLink:
    each = None if price is None else Decimal(price)
    rows = tuple(Change(symbol, quantity, each) for symbol, quantity in changes)
    return ChainLink(after(days * 86_400), deed, "act-1", rows, None)


SHORT, LONG = put(440), put(430)


@pytest.mark.parametrize(
    ("sentence", "link"),
    [
        (f"Assigned: 2 {SHORT}.", a_link(Deed.ASSIGNED, (SHORT, 2))),
        (f"Exercised: 1 {LONG}.", a_link(Deed.EXERCISED, (LONG, -1))),
        (f"Expired: 1 {LONG}, 2 {SHORT}.", a_link(Deed.EXPIRED, (LONG, -1), (SHORT, 2))),
        (
            "100 SPY bought by assignment or exercise at 440.00.",
            a_link(Deed.DELIVERED, ("SPY", 100), price="440"),
        ),
        (
            "100 SPY sold by assignment or exercise at 440.50.",
            a_link(Deed.DELIVERED, ("SPY", -100), price="440.50"),
        ),
        (
            "100 SPY sold by assignment or exercise.",
            a_link(Deed.DELIVERED, ("SPY", -100)),
        ),
        (
            f"A corporate action has turned {SHORT} into {put(440, 'SPY1')}.",
            a_link(Deed.ADJUSTED, (SHORT, 2), (put(440, "SPY1"), -2)),
        ),
        (
            f"Closed elsewhere: 2 {SHORT} bought back at 0.35; 1 {LONG} sold at 0.35.",
            a_link(Deed.REDUCED, (SHORT, 2), (LONG, -1), price="0.35"),
        ),
        (f"Closed elsewhere: 1 {LONG} sold.", a_link(Deed.REDUCED, (LONG, -1))),
        (
            (
                f"Closed elsewhere: 1 {LONG} sold. It was the last day, on which Alpaca may do "
                "this by itself."
            ),
            a_link(Deed.REDUCED, (LONG, -1), days=17),
        ),
    ],
)
def test_what_came_from_outside_is_told_in_words(sentence: str, link: ChainLink) -> None:
    (event,) = outside_events(a_strategy(a_leg(LONG, 1)), [link], AT)

    assert (sentence, link.at, "act-1") == (event.text, event.at, event.order_id)


def test_what_was_closed_at_no_known_time_is_not_said_to_be_alpacas() -> None:
    link = replace(a_link(Deed.REDUCED, (LONG, -1), days=17), at=None)

    assert [f"Closed elsewhere: 1 {LONG} sold."] == [
        each.text for each in outside_events(a_strategy(a_leg(SHORT, -1)), [link], AT)
    ]


@pytest.mark.parametrize(
    ("missing", "gone"),
    [
        (((SHORT, -1),), f"1 {SHORT} is"),
        (((SHORT, -2),), f"2 {SHORT} are"),
        (((SHORT, -1), (call(470), -1)), f"1 {SHORT}, 1 {call(470)} are"),
    ],
)
def test_what_is_gone_without_a_word_is_said_to_be(
    missing: tuple[tuple[str, int], ...], gone: str
) -> None:
    strategy = replace(a_strategy(a_leg(LONG, 2)), missing=missing)
    (event,) = outside_events(strategy, [], AT)

    assert (
        OutsideEvent(
            AT,
            HappeningKind.GONE,
            f"{gone} gone from the account, and nothing says why yet. Alpaca tells of assignment, "
            "exercise and expiry on the next day.",
            "",
        )
        == event
    )
    assert Orphan(f"{gone} gone; this is what is left of it.", is_left=False) == orphan(
        strategy, []
    )


def test_of_a_loss_of_whole_units_nobody_is_an_orphan() -> None:
    condor = a_strategy(a_leg(LONG, 1), a_leg(SHORT, -1))

    assert None is orphan(replace(condor, missing=((LONG, 2), (SHORT, -2))), [])
    assert None is not orphan(replace(condor, missing=((LONG, 2), (SHORT, -1))), [])


def test_to_leave_an_orphan_tells_what_is_left_of_it() -> None:
    grouping = after_assignment()
    rest = with_option(grouping)

    word = leave(Occasion("PA1", 7, AT, after(86_400), grouping), rest.id)

    left = tuple(sorted((leg.symbol, leg.quantity) for leg in rest.legs))
    assert (7, AT, after(86_400), rest.id, left) == (
        word.number,
        word.at,
        word.after,
        word.position_id,
        word.legs,
    )
    assert f"Left SPY {rest.name} as it is" == word.text


def test_what_is_no_orphan_or_is_left_already_cannot_be_left() -> None:
    grouping = after_assignment()
    rest = with_option(grouping)
    word = leave(Occasion("PA1", 1, AT, after(86_400), grouping), rest.id)
    whole = account(held_after(OPENED), OPENED)
    for now, identity in ((after_assignment(word), rest.id), (whole, whole.strategies[0].id)):
        with pytest.raises(CannotRegroup) as refused:
            leave(Occasion("PA1", 2, AT, None, now), identity)

        assert "not_an_orphan" == refused.value.reason_code
        assert str(refused.value).endswith("is not an orphan, or you leave it already.")


@pytest.mark.parametrize(
    ("days", "order_id", "is_orphan"),
    [(2, "", False), (1, "", False), (0, "", True), (2, "r", True)],
)
def test_only_the_users_word_after_it_mends_what_came_from_outside(
    days: int, order_id: str, *, is_orphan: bool
) -> None:
    """A part that was rolled away is regrouped as well, and mends nothing."""
    opened = a_link(Deed.OPENED, (LONG, 1), (SHORT, -1), days=0)
    broken = a_link(Deed.ASSIGNED, (SHORT, 1))
    word = replace(a_link(Deed.REGROUPED, (LONG, 1), days=days), order_id=order_id)

    found = orphan(a_strategy(a_leg(LONG, 2)), [opened, broken, word])

    assert is_orphan == (found is not None)
