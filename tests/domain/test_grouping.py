"""Strategies from holdings and history."""

from dataclasses import replace
from decimal import Decimal

import pytest
from support.builders import AT, a_leg, after, call, holdings_of, put
from support.past_orders import an_order
from support.strategies_by_hand import (
    AAPL_CALENDAR,
    CONDOR_A,
    CONDOR_B,
    HISTORY,
    IWM_BUTTERFLY,
    QQQ_SPREAD,
    TSLA_STRADDLE,
    grouped,
    held_after,
    legs_of,
    shapes,
    times,
)

from closeout.domain.grouping import Grouping, group
from closeout.domain.orders import OrderReport
from closeout.domain.regrouping import Occasion, merge
from closeout.domain.strategies import GroupedBy, Netted, Strategy, leg_id

A, B = HISTORY[:2]


def closing(shape: tuple[tuple[str, int], ...], units: int, minute: int = 60) -> OrderReport:
    away = tuple((symbol, -ratio) for symbol, ratio in shape)
    return an_order(*away, order_id=f"close-{minute}", minute=minute, units=units, closes=True)


def as_held(*orders: OrderReport, owners: dict[str, str] | None = None) -> Grouping:
    return grouped(held_after(*orders), orders, owners)


def only(grouping: Grouping) -> Strategy:
    (strategy,) = grouping.strategies
    return strategy


def test_a_whole_desk_is_sorted_as_it_was_opened() -> None:
    desk = grouped(held_after(*HISTORY, shares={"NVDA": 250}), HISTORY)

    assert [
        ("AAPL", "Call Calendar", 2, times(AAPL_CALENDAR, 2)),
        ("AMD", "Long Call", 4, {call(150, "AMD"): 4}),
        ("IWM", "Long Call Butterfly", 2, times(IWM_BUTTERFLY, 2)),
        ("NVDA", "Covered Call", 2, {"NVDA": 200, call(140, "NVDA"): -2}),
        ("NVDA", "Shares", 50, {"NVDA": 50}),
        ("QQQ", "Put Credit Spread", 3, times(QQQ_SPREAD, 3)),
        ("SPY", "Iron Condor", 5, times(CONDOR_B, 5)),
        ("SPY", "Iron Condor", 10, times(CONDOR_A, 10)),
        ("TSLA", "Short Straddle", 1, times(TSLA_STRADDLE, 1)),
    ] == sorted(
        ((each.underlying, each.name, each.units, legs_of(each)) for each in desk.strategies),
        key=lambda row: row[:3],
    )
    assert () == desk.unassigned


def test_two_condors_that_share_strikes_stay_two() -> None:
    """The account shows one netted row for each shared wing; each condor keeps its own."""
    assert 15 == held_after(A, B)[put(430)]
    assert [times(CONDOR_B, 5), times(CONDOR_A, 10)] == sorted(
        shapes(as_held(A, B)).values(), key=lambda legs: legs[put(430)]
    )


def test_a_partial_close_by_shape_leaves_the_rest_of_that_condor() -> None:
    before, now = as_held(A, B), as_held(A, B, closing(CONDOR_A, 4))

    assert set(shapes(before)) == set(shapes(now))
    assert [times(CONDOR_B, 5), times(CONDOR_A, 6)] == sorted(
        shapes(now).values(), key=lambda legs: legs[put(430)]
    )


def test_closing_one_of_two_leaves_the_other_as_it_was() -> None:
    before = shapes(as_held(A, B))
    now = shapes(as_held(A, B, closing(CONDOR_A, 10)))

    assert [times(CONDOR_B, 5)] == [*now.values()]
    assert now.items() <= before.items()


def test_our_leg_close_is_taken_from_its_owner_though_the_contract_is_shared() -> None:
    of_b = next(key for key, legs in shapes(as_held(A, B)).items() if legs[put(430)] == 5)
    leg_close = an_order(
        (put(430), -1),
        order_id="x",
        minute=60,
        units=5,
        closes=True,
        client_order_id="closeout-c1-0-0",
    )

    now = shapes(as_held(A, B, leg_close, owners={"closeout-c1-0-0": of_b}))

    assert {put(435): -5, call(475): -5, call(480): 5} == now.pop(of_b)
    assert [times(CONDOR_A, 10)] == [*now.values()]


def test_one_leg_gone_keeps_the_rest_together_under_the_same_id() -> None:
    """Assignment, liquidation or a foreign hand took the short call."""
    held = held_after(A)
    whole = only(grouped(held, [A]))
    del held[call(470)]

    left = only(grouped(held, [A]))

    assert whole.id == left.id
    assert GroupedBy.OPENING_ORDER == left.grouped_by
    assert {put(430): 10, put(440): -10, call(480): 10} == legs_of(left)


def test_a_leg_that_is_partly_gone_leaves_the_rest_uneven() -> None:
    held = {**held_after(A), call(470): -7}

    assert held == legs_of(only(grouped(held, [A])))


def test_a_foreign_close_of_a_shared_contract_is_borne_by_the_older_condor() -> None:
    """Nobody can tell whose contracts they were; the newer condor stays whole."""
    held = {**held_after(A, B), put(430): 8}

    assert [{**times(CONDOR_A, 10), put(430): 3}, times(CONDOR_B, 5)] == sorted(
        shapes(grouped(held, [A, B])).values(), key=lambda legs: legs[put(430)]
    )


def test_what_nobody_else_touches_is_neither_netted_nor_missing() -> None:
    for each in grouped(held_after(*HISTORY), HISTORY).strategies:
        assert ((), ()) == (each.netted, each.missing)


def test_contracts_no_order_explains_form_a_strategy_by_shape() -> None:
    extra = {put(400): 2, put(410): -2}
    desk = grouped({**held_after(A), **extra}, [A])
    by_kind = {each.grouped_by: legs_of(each) for each in desk.strategies}

    assert {GroupedBy.OPENING_ORDER: times(CONDOR_A, 10), GroupedBy.SHAPE: extra} == by_kind


def test_more_than_the_history_explains_is_kept_apart() -> None:
    held = {**held_after(A), put(430): 12}
    desk = grouped(held, [A])

    assert [{put(430): 2}, times(CONDOR_A, 10)] == sorted(shapes(desk).values(), key=len)


def test_opened_again_after_a_close_it_has_the_same_id_and_the_new_entry() -> None:
    again = an_order(*CONDOR_A, order_id="again", minute=90, units=2, price="3.00")
    first = only(as_held(A))
    second = only(as_held(A, closing(CONDOR_A, 10), again))

    assert first.id == second.id
    assert times(CONDOR_A, 2) == legs_of(second)
    assert after(5400) == second.opened_at
    assert {Decimal("3.00")} == {leg.entry_price for leg in second.legs}


def test_opened_again_after_a_foreign_close_leg_by_leg_it_has_the_new_entry() -> None:
    """Single orders leave the old lots standing in the history; the newest are the held ones."""
    again = an_order(*CONDOR_A, order_id="again", minute=90, units=10, price="3.00")

    strategy = only(grouped(held_after(again), [A, again]))

    assert times(CONDOR_A, 10) == legs_of(strategy)
    assert after(5400) == strategy.opened_at
    assert {Decimal("3.00")} == {leg.entry_price for leg in strategy.legs}


LONG_ACROSS = an_order((put(440), 1), (put(430), -1), order_id="1", minute=0, units=5)
SHORT_ACROSS = an_order((put(440), -1), (put(450), 1), order_id="2", minute=1, units=5)


def test_opposite_strategies_keep_a_contract_that_nets_to_nothing() -> None:
    """Long in one and short in the other: the broker shows no row, and both still have it."""
    desk = as_held(LONG_ACROSS, SHORT_ACROSS)

    assert [{put(430): -5, put(440): 5}, {put(440): -5, put(450): 5}] == sorted(
        shapes(desk).values(), key=str
    )
    first, second = desk.strategies
    assert (Netted(put(440), 5, (second.id,)),) == first.netted
    assert (Netted(put(440), 5, (first.id,)),) == second.netted
    assert () == desk.unassigned


@pytest.mark.parametrize(
    ("day", "left"),
    [
        (18, [{put(430): -5, put(440): 5}, {put(440): -5, put(450): 5}]),
        (19, [{put(430): -5}, {put(450): 5}]),
    ],
)
def test_a_contract_that_nets_to_nothing_is_both_strategies_up_to_its_last_day(
    day: int, left: list[dict[str, int]]
) -> None:
    """It expires on the 18th; the broker shows no row of it, before that and after."""
    held = replace(holdings_of(held_after(LONG_ACROSS, SHORT_ACROSS)), at=AT.replace(day=day))

    desk = group("PA1", held, [LONG_ACROSS, SHORT_ACROSS], {})

    assert left == sorted(shapes(desk).values(), key=str)


def test_of_opposite_claims_only_the_smaller_one_is_netted_away() -> None:
    more = an_order((put(440), 1), (put(430), -1), order_id="3", minute=2, units=3)
    desk = as_held(LONG_ACROSS, SHORT_ACROSS, more)
    by_leg = {each.leg(leg_id(each.id, put(440))).quantity: each for each in desk.strategies}  # type: ignore[union-attr]

    assert 3 == holdings_of(held_after(LONG_ACROSS, SHORT_ACROSS, more)).quantity(put(440))
    assert (Netted(put(440), 5, (by_leg[-5].id,)),) == by_leg[8].netted
    assert (Netted(put(440), 5, (by_leg[8].id,)),) == by_leg[-5].netted


def test_a_claim_that_the_account_shows_whole_is_not_netted() -> None:
    """It holds all that one strategy has, as if the other one's were not there."""
    held = {**held_after(LONG_ACROSS, SHORT_ACROSS), put(440): 5}
    desk = grouped(held, [LONG_ACROSS, SHORT_ACROSS])
    long, short = sorted(desk.strategies, key=lambda each: -legs_of(each)[put(440)])

    assert () == long.netted
    assert (Netted(put(440), 5, (long.id,)),) == short.netted


def test_what_opposite_claims_do_not_explain_is_nobodys() -> None:
    """The account holds two of the contract that two strategies should net to nothing."""
    desk = grouped(
        {**held_after(LONG_ACROSS, SHORT_ACROSS), put(440): 2}, [LONG_ACROSS, SHORT_ACROSS]
    )
    (left,) = desk.unassigned

    assert (put(440), Decimal(2), True) == (left.symbol, left.quantity, left.is_difference)
    assert "come to none together, but the account holds 2 long" in left.reason
    assert [left] == desk.differences([put(440)])
    assert [] == desk.differences([put(430)])


def test_a_strategy_with_nothing_left_but_a_netted_contract_is_gone() -> None:
    """Its partner then has what the broker holds: nothing."""
    held = held_after(LONG_ACROSS, SHORT_ACROSS)
    del held[put(430)]

    assert [{put(450): 5}] == [*shapes(grouped(held, [LONG_ACROSS, SHORT_ACROSS])).values()]


def test_the_nearest_short_call_gets_the_shares() -> None:
    near, far = call(140, "NVDA"), call(150, "NVDA", "270115")
    desk = grouped({"NVDA": 100, near: -1, far: -1})

    assert [{far: -1}, {"NVDA": 100, near: -1}] == sorted(shapes(desk).values(), key=len)


def test_a_call_spread_needs_no_shares() -> None:
    spread = {call(140, "NVDA"): -1, call(150, "NVDA"): 1}

    assert [{"NVDA": 100}, spread] == sorted(
        shapes(grouped({"NVDA": 100, **spread})).values(), key=len
    )


def test_contracts_of_single_orders_have_the_age_and_prices_of_those() -> None:
    bought = an_order((put(430), 1), order_id="low", minute=5, price="2.00")
    sold = an_order((put(440), -1), order_id="high", minute=9, price="3.00")

    strategy = only(grouped({put(430): 1, put(440): -1}, [bought, sold]))

    assert (GroupedBy.SHAPE, after(300)) == (strategy.grouped_by, strategy.opened_at)
    assert [Decimal(2), Decimal(3)] == [leg.entry_price for leg in strategy.legs]


def test_more_than_single_orders_explain_has_the_brokers_average_and_no_age() -> None:
    bought = an_order((put(430), 1), order_id="low", minute=5, price="2.00")

    strategy = only(grouped({put(430): 2}, [bought]))

    assert (None, [Decimal(1)]) == (
        strategy.opened_at,
        [leg.entry_price for leg in strategy.legs],
    )


def test_a_fraction_of_a_share_is_told_apart() -> None:
    desk = grouped({"NVDA": "100.25"})

    assert {"NVDA": 100} == legs_of(only(desk))
    assert [("NVDA", Decimal("0.25"), "a fraction of a share")] == [
        (each.symbol, each.quantity, each.reason) for each in desk.unassigned
    ]


@pytest.mark.parametrize(
    ("symbol", "asset_class", "reason"),
    [
        ("SPY26X218P1", "us_option", "an option whose symbol cannot be read"),
        ("BTCUSD", "crypto", "neither an option nor shares"),
    ],
)
def test_what_cannot_be_closed_here_is_shown_and_not_taken_for_shares(
    symbol: str, asset_class: str, reason: str
) -> None:
    snapshot = holdings_of({symbol: 2})
    row = snapshot.rows[0]
    unread = type(row)(row.symbol, row.quantity, row.available, row.average_entry, asset_class)
    desk = group("PA1", type(snapshot)(snapshot.at, (unread,)), [], {})

    assert () == desk.strategies
    assert [(symbol, Decimal(2), reason)] == [
        (each.symbol, each.quantity, each.reason) for each in desk.unassigned
    ]


def test_shares_are_listed_first_and_options_as_a_chain_is_read() -> None:
    parts = {call(140, "NVDA"): -1, put(120, "NVDA"): 1, "NVDA": 100}
    strategy = only(grouped(parts))

    assert ["NVDA", put(120, "NVDA"), call(140, "NVDA")] == [leg.symbol for leg in strategy.legs]
    assert a_leg("NVDA", 100).underlying == strategy.underlying


def test_an_empty_account_has_no_strategies_whatever_its_history() -> None:
    desk = grouped({}, HISTORY)

    assert ((), ()) == (desk.strategies, desk.unassigned)


SPREAD = ((put(430), 1), (put(440), -1))


def test_ids_are_what_they_were_in_every_version_before() -> None:
    """Journals, bookmarks and the user's edits name strategies by them."""
    opened = an_order(*SPREAD, order_id="1", minute=0)
    rolled = an_order((put(430), -1), order_id="r", minute=9, closes=True)
    towards = an_order((put(425), 1), order_id="r", minute=9)
    roll = replace(rolled, order_class="mleg", legs=(*rolled.legs, *towards.legs))
    two = an_order(*SPREAD, order_id="1", minute=0, units=2)

    assert [{"pos_1e9f08e0811ea3ac"}, {"pos_6e5052a803a12555"}, {"pos_2df0ee7ea4fe7f53"}] == [
        set(shapes(grouped(held))) for held in ({put(430): 1}, {"SPY": 100}, dict(SPREAD))
    ]
    assert {"pos_2df0ee7ea4fe7f53": times(SPREAD, 1), "pos_99d1c596b1990b7d": times(SPREAD, 2)} == (
        shapes(grouped(times(SPREAD, 3), [opened]))
    )
    assert {"pos_2df0ee7ea4fe7f53", "pos_e2f178e04f72a918"} == set(shapes(as_held(two, roll)))


@pytest.mark.parametrize(
    ("held", "symbols"),
    [
        (
            {call(440): 1, put(440): 1, call(430): -1, put(430): -1},
            [call(430), put(430), call(440), put(440)],
        ),
        (
            {call(440, expiry="270115"): 1, call(450): -1, "SPY": 100},
            ["SPY", call(450), call(440, expiry="270115")],
        ),
    ],
)
def test_legs_go_by_expiry_strike_and_right_and_shares_before_them(
    held: dict[str, int], symbols: list[str]
) -> None:
    apart = grouped(held)
    ids = [each.id for each in apart.strategies]
    word = merge(Occasion("PA1", 1, after(0), None, apart), ids, None) if len(ids) > 1 else None
    legs = only(grouped(held, edits=[word] if word else [])).legs

    assert symbols == [leg.symbol for leg in legs]
