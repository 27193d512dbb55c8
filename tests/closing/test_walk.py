"""
The price walk as arithmetic: towards natural and with the market, never past natural or worst,
always on a tick.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import AT, a_quote, after, put

from closeout.closing.schedule import PACES, Pace, Schedule
from closeout.closing.sight import Sight, see
from closeout.closing.strides import Decision, first_limit, is_over, next_limit, quickened
from closeout.closing.walk import AtEnd, Grid, Holding, Walk
from closeout.domain.orders import Side, TicketLeg
from closeout.domain.pricing import EVERY_CENT, floor_to_tick, option_tick_rule
from closeout.domain.quotes import NetQuote, Quote

PENNY = option_tick_rule("AAPL", penny_program=True)
NICKEL = option_tick_rule("XYZ", penny_program=False)
PACKAGE = Grid(EVERY_CENT)
FOUR = Schedule(timedelta(seconds=40), timedelta(seconds=10))
"""Four prices: at 0, 10, 20 and 30 s, and the end at 40 s."""


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def net(mid: str, half: str) -> NetQuote:
    """A package whose natural is `half` dearer than its mid."""
    return NetQuote(Decimal(mid) + Decimal(half), Decimal(mid), Decimal(mid) - Decimal(half))


def show(walk: Walk, *markets: NetQuote) -> list[Decimal]:
    """Walk through these markets, one a step; return every limit that was shown."""
    limits = [first_limit(walk, markets[0])]
    for number, market in enumerate(markets[1:], start=1):
        age = number * walk.schedule.interval
        limits.append(next_limit(walk, limits[-1], Sight(market), age).limit)
    return limits


def decimals(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


# --- examples ---------------------------------------------------------------------------------


def test_a_still_market_is_crossed_in_equal_strides() -> None:
    assert decimals("1.00", "1.10", "1.20", "1.30") == show(
        Walk(FOUR, PACKAGE), *[net("1.00", "0.30")] * 4
    )


def test_a_credit_shrinks_towards_natural() -> None:
    assert decimals("-1.00", "-0.90", "-0.80", "-0.70") == show(
        Walk(FOUR, PACKAGE), *[net("-1.00", "0.30")] * 4
    )


def test_a_market_that_runs_away_is_followed_with_longer_strides() -> None:
    markets = [net(mid, "0.30") for mid in ("1.00", "1.20", "1.40", "1.60")]
    assert decimals("1.00", "1.16", "1.43", "1.90") == show(Walk(FOUR, PACKAGE), *markets)


def test_a_market_that_comes_to_the_limit_is_not_chased() -> None:
    walk = Walk(FOUR, PACKAGE)
    improved = next_limit(walk, Decimal("1.10"), Sight(net("0.80", "0.30")), seconds(10))
    assert Decision(Decimal("1.10"), Holding.IMPROVED) == improved


@pytest.mark.parametrize(
    ("mid", "decision"),
    [
        ("1.10", Decision(Decimal("1.26"))),
        ("1.08", Decision(Decimal("1.26"))),
        ("1.07", Decision(Decimal("1.17"))),
        ("0.95", Decision(Decimal("1.05"))),
        ("0.90", Decision(Decimal("1.20"), Holding.IMPROVED)),
    ],
)
def test_a_market_that_comes_to_meet_the_limit_is_followed_until_it_is_there(
    mid: str, decision: Decision
) -> None:
    """An even walk would stand 0.10 from mid; 0.03 ahead of that is too far."""
    walk = Walk(FOUR, PACKAGE)
    assert decision == next_limit(walk, Decimal("1.20"), Sight(net(mid, "0.30")), seconds(10))


def test_a_walk_that_went_back_arrives_all_the_same() -> None:
    markets = [net(mid, "0.30") for mid in ("1.00", "0.85", "0.85", "0.85")]
    assert decimals("1.00", "0.95", "1.05", "1.15") == show(Walk(FOUR, PACKAGE), *markets)


def test_crossing_is_ahead_of_nothing() -> None:
    """Half of the way was its end, and natural is where it goes now."""
    walk = Walk(replace(FOUR, end_share=Decimal("0.5")), PACKAGE, at_end=AtEnd.CROSS)
    crossed = next_limit(walk, Decimal("1.20"), Sight(net("1.00", "0.30")), seconds(40))
    assert Decision(Decimal("1.30")) == crossed


def test_the_first_price_follows_mid_both_ways_while_it_has_its_time() -> None:
    schedule = Schedule(seconds(40), seconds(5), first_for=seconds(20))
    mids = ["1.00", "1.04", "1.03", "0.90"] + ["0.90"] * 4
    shown = show(Walk(schedule, PACKAGE), *[net(mid, "0.20") for mid in mids])
    assert decimals("1.00", "1.04", "1.04", "0.90", "0.95", "1.00", "1.05", "1.10") == shown


@pytest.mark.parametrize(
    ("mid", "decision"),
    [
        ("1.03", Decision(Decimal("1.00"), Holding.BETWEEN_TICKS)),
        ("1.04", Decision(Decimal("1.04"))),
        ("0.99", Decision(Decimal("1.00"), Holding.BETWEEN_TICKS)),
        ("0.98", Decision(Decimal("0.98"))),
    ],
)
def test_a_first_price_follows_a_market_back_sooner_than_away(mid: str, decision: Decision) -> None:
    """A fifth of the half-spread behind, a tenth ahead."""
    walk = Walk(Schedule(seconds(40), seconds(5), first_for=seconds(20)), PACKAGE)
    assert decision == next_limit(walk, Decimal("1.00"), Sight(net(mid, "0.20")), seconds(5))


def test_a_first_price_that_has_its_time_says_so() -> None:
    walk = Walk(replace(FOUR, first_for=seconds(20)), PACKAGE)
    waits = next_limit(walk, Decimal("1.00"), Sight(net("1.00", "0.30")), seconds(10))
    assert Decision(Decimal("1.00"), Holding.BETWEEN_TICKS) == waits


def test_what_was_held_back_is_made_up_over_the_strides_left() -> None:
    walk = Walk(FOUR, PACKAGE)
    market = Sight(net("1.00", "0.30"))
    assert Decimal("1.15") == next_limit(walk, Decimal("1.00"), market, seconds(20)).limit


def test_a_narrow_market_is_walked_tick_by_tick_over_the_whole_time() -> None:
    """A tick at every step would be at natural after two of the eleven steps there are."""
    walk = Walk(Schedule(seconds(11), seconds(1)), PACKAGE)
    shown = show(walk, *[net("1.00", "0.02")] * 11)
    assert decimals(*["1.00"] * 5, *["1.01"] * 5, "1.02") == shown


def test_between_two_ticks_it_says_so() -> None:
    walk = Walk(Schedule(seconds(100), seconds(1)), PACKAGE)
    waits = next_limit(walk, Decimal("1.00"), Sight(net("1.00", "0.05")), seconds(1))
    assert Decision(Decimal("1.00"), Holding.BETWEEN_TICKS) == waits


def test_it_starts_and_ends_where_the_shares_say() -> None:
    walk = Walk(replace(FOUR, start_share=Decimal("0.2"), end_share=Decimal("0.8")), PACKAGE)
    shown = show(walk, *[net("1.00", "0.50")] * 4)
    assert decimals("1.10", "1.20", "1.30", "1.40") == shown
    arrived = next_limit(walk, shown[-1], Sight(net("1.00", "0.50")), seconds(40))
    assert Decision(Decimal("1.40"), Holding.ARRIVED) == arrived


def test_worst_ends_it_earlier_than_natural() -> None:
    walk = Walk(FOUR, PACKAGE, worst=Decimal("1.155"))
    assert decimals("1.00", "1.10", "1.15", "1.15") == show(walk, *[net("1.00", "0.30")] * 4)
    held = next_limit(walk, Decimal("1.15"), Sight(net("1.00", "0.30")), seconds(30))
    assert Holding.AT_WORST == held.holding


def test_worst_better_than_mid_is_where_it_begins() -> None:
    assert Decimal("0.90") == first_limit(
        Walk(FOUR, PACKAGE, worst=Decimal("0.90")), net("1.00", "0.30")
    )


@pytest.mark.parametrize(
    ("grid", "market", "shown"),
    [
        (Grid(NICKEL, Side.BUY), net("2.90", "0.30"), ["2.90", "3.00", "3.10", "3.20"]),
        (Grid(NICKEL, Side.SELL), net("-3.10", "0.30"), ["-3.10", "-3.00", "-2.90", "-2.80"]),
        (Grid(PENNY, Side.SELL), net("-3.02", "0.06"), ["-3.05", "-3.00", "-2.98", "-2.96"]),
        (Grid(NICKEL, Side.BUY), net("0.025", "0.025"), ["0.05", "0.05", "0.05", "0.05"]),
        (Grid(NICKEL, Side.SELL), net("-0.025", "0.025"), ["-0.05", "-0.05", "-0.05", "-0.05"]),
    ],
)
def test_a_single_leg_keeps_to_the_ticks_of_its_class(
    grid: Grid, market: NetQuote, shown: list[str]
) -> None:
    assert decimals(*shown) == show(Walk(FOUR, grid), *[market] * 4)


def test_crossing_goes_on_following_natural_when_the_time_is_up() -> None:
    walk = Walk(replace(FOUR, end_share=Decimal("0.5")), PACKAGE, at_end=AtEnd.CROSS)
    before, after_it, later = (
        next_limit(walk, Decimal("1.15"), Sight(net(mid, "0.30")), seconds(age)).limit
        for mid, age in (("1.00", 39), ("1.00", 40), ("1.50", 90))
    )
    assert decimals("1.15", "1.30", "1.80") == [before, after_it, later]


def test_crossing_stops_at_worst() -> None:
    walk = Walk(FOUR, PACKAGE, worst=Decimal("1.20"), at_end=AtEnd.CROSS)
    crossed = next_limit(walk, Decimal("1.00"), Sight(net("1.00", "0.30")), seconds(40))
    assert Decision(Decimal("1.20")) == crossed


# --- quotes that price nothing ----------------------------------------------------------------

LEGS = (TicketLeg(put(440), 1, Side.SELL), TicketLeg(put(450), 1, Side.BUY))


def market_of(**changes: tuple[str | None, str | None]) -> Mapping[str, Quote]:
    sides = {"long": ("0.50", "0.60"), "short": ("1.50", "1.60"), **changes}
    return {
        put(440): a_quote(put(440), *sides["long"]),
        put(450): a_quote(put(450), *sides["short"]),
    }


def test_good_quotes_show_the_net() -> None:
    assert Sight(NetQuote(Decimal("1.10"), Decimal("1.00"), Decimal("0.90"))) == see(
        LEGS, market_of(), AT
    )


BAD: list[tuple[str, dict[str, tuple[str | None, str | None]], Holding]] = [
    ("a side is missing", {"short": ("1.50", None)}, Holding.MISSING),
    ("nothing is offered", {"short": ("0", "0")}, Holding.MISSING),
    ("a leg is crossed", {"short": ("1.70", "1.60")}, Holding.CROSSED),
    ("a bid has gone where it is sold", {"long": ("0", "0.60")}, Holding.NO_BID),
    ("more than twice as wide", {"short": ("1.30", "1.80")}, Holding.WIDE),
]


@pytest.mark.parametrize(
    ("sides", "trouble"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_bad_quotes_hold_the_walk_still(
    sides: dict[str, tuple[str | None, str | None]], trouble: Holding
) -> None:
    walk = Walk(FOUR, PACKAGE, width_at_start=Decimal("0.20"))
    seen = see(LEGS, market_of(**sides), AT, walk=walk)
    assert trouble == seen.trouble
    assert Decision(Decimal("1.00"), trouble) == next_limit(
        walk, Decimal("1.00"), seen, seconds(10)
    )


def test_a_symbol_without_a_quote_is_missing() -> None:
    assert Sight(None, Holding.MISSING) == see(LEGS, {put(440): market_of()[put(440)]}, AT)


def test_a_bid_that_was_never_there_does_not_hold() -> None:
    walk = Walk(FOUR, PACKAGE, width_at_start=Decimal("0.70"), bidless=(put(440),))
    assert see(LEGS, market_of(long=("0", "0.60")), AT, walk=walk).trouble is None


def test_a_bid_may_be_missing_where_it_is_bought() -> None:
    walk = Walk(FOUR, PACKAGE, width_at_start=Decimal("2.00"))
    assert see(LEGS, market_of(short=("0", "1.60")), AT, walk=walk).trouble is None


def test_a_narrow_market_may_double() -> None:
    walk = Walk(FOUR, PACKAGE, width_at_start=Decimal("0.10"))
    assert see(LEGS, market_of(), AT, walk=walk).trouble is None


@pytest.mark.parametrize(
    ("age", "read_ago", "trouble"),
    [
        (15, None, None),
        (16, None, Holding.STALE),
        (16, 2, None),
        (100, 16, Holding.STALE),
        (300, 2, None),
        (301, 2, Holding.STALE),
    ],
)
def test_quotes_grow_stale_unless_they_are_confirmed_and_die_all_the_same(
    age: int, read_ago: int | None, trouble: Holding | None
) -> None:
    read_at = None if read_ago is None else after(age - read_ago)
    assert trouble == see(LEGS, market_of(), after(age), read_at=read_at).trouble


# --- the rhythm -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "step", "left", "due"),
    [(0, 0, 4, 10), (9.9, 0, 4, 0.1), (10, 1, 3, 10), (30, 3, 1, 10), (45, 3, 1, 5)],
)
def test_every_price_stands_for_one_interval(age: float, step: int, left: int, due: float) -> None:
    assert (step, left, seconds(due)) == (
        FOUR.step_at(seconds(age)),
        FOUR.strides_left(seconds(age)),
        FOUR.due_in(seconds(age)),
    )


@pytest.mark.parametrize(
    ("age", "step", "left", "look", "price"),
    [(0, 0, 3, 10, 20), (10, 0, 3, 10, 10), (20, 1, 2, 10, 10), (35, 2, 1, 5, 5), (45, 2, 1, 5, 5)],
)
def test_a_first_price_may_stand_longer_and_the_market_is_looked_at_meanwhile(
    age: float, step: int, left: int, look: float, price: float
) -> None:
    schedule = replace(FOUR, first_for=seconds(20))
    assert (step, left, seconds(look), seconds(price)) == (
        schedule.step_at(seconds(age)),
        schedule.strides_left(seconds(age)),
        schedule.due_in(seconds(age)),
        schedule.next_price_in(seconds(age)),
    )


LOOKING = Schedule(seconds(40), seconds(10), first_for=seconds(14), look_every=seconds(2))
"""Three prices, at 0, 14 and 24 s, and a look every two seconds."""


@pytest.mark.parametrize(
    ("age", "step", "look", "price"),
    [(0, 0, 2, 14), (13, 0, 1, 1), (14, 1, 2, 10), (23, 1, 1, 1), (24, 2, 2, 10), (39, 2, 1, 5)],
)
def test_the_market_may_be_looked_at_more_often_than_a_price_is_due(
    age: float, step: int, look: int, price: int
) -> None:
    assert (step, seconds(look), seconds(price)) == (
        LOOKING.step_at(seconds(age)),
        LOOKING.due_in(seconds(age)),
        LOOKING.next_price_in(seconds(age)),
    )


@pytest.mark.parametrize(
    ("age", "strode", "mid", "decision"),
    [
        (14, 0, "1.00", Decision(Decimal("1.15"))),
        (16, 0, "1.00", Decision(Decimal("1.15"))),
        (16, 1, "1.00", Decision(Decimal("1.00"), Holding.BETWEEN_TICKS)),
        (16, 1, "0.82", Decision(Decimal("0.97"))),
        (24, 1, "1.00", Decision(Decimal("1.30"))),
        (26, 2, "1.00", Decision(Decimal("1.30"))),
        (40, 2, "1.00", Decision(Decimal("1.30"))),
    ],
)
def test_a_price_takes_one_stride_and_any_look_takes_back(
    age: float, strode: int, mid: str, decision: Decision
) -> None:
    """The last price follows natural at every look, and so does what comes after it."""
    market = Sight(net(mid, "0.30"))
    walk = Walk(LOOKING, PACKAGE)
    assert decision == next_limit(walk, Decimal("1.00"), market, seconds(age), strode)


def test_a_last_price_that_stands_longer_follows_natural() -> None:
    schedule = Schedule(seconds(50), seconds(10), last_for=seconds(20))
    markets = [net(mid, "0.30") for mid in ("1.00", "1.00", "1.00", "1.00", "1.05")]
    assert decimals("1.00", "1.10", "1.20", "1.30", "1.35") == show(
        Walk(schedule, PACKAGE), *markets
    )


def test_it_is_over_when_the_last_price_has_had_its_time() -> None:
    walk = Walk(FOUR, PACKAGE)
    assert (False, True) == (is_over(walk, seconds(39.9)), is_over(walk, seconds(40)))


@pytest.mark.parametrize(
    ("pace", "age", "faster", "budget"),
    [
        (Pace.PATIENT, 100, Pace.NORMAL, 60),
        (Pace.PATIENT, 260, Pace.NORMAL, 40),
        (Pace.PATIENT, 295, Pace.NORMAL, 5),
        (Pace.PATIENT, 296, Pace.URGENT, 4),
        (Pace.NORMAL, 10, Pace.URGENT, 15),
        (Pace.URGENT, 1, None, 15),
        (Pace.NORMAL, 58, None, 60),
        (Pace.NORMAL, 90, None, 60),
    ],
)
def test_faster_means_less_time_and_in_the_end_to_cross(
    pace: Pace, age: int, faster: Pace | None, budget: int
) -> None:
    walk = quickened(Walk(PACES[pace], PACKAGE, pace=pace), seconds(age))
    assert (faster or pace, seconds(budget)) == (walk.pace, walk.schedule.budget)
    assert (faster is None) == is_over(walk, seconds(0))
    assert (AtEnd.REST if faster else AtEnd.CROSS) == walk.at_end


def test_a_quickened_walk_strides_on_from_where_it_stands() -> None:
    """Three quarters of its time are over and two thirds of the way gone."""
    walk = quickened(Walk(FOUR, PACKAGE, pace=Pace.CUSTOM), seconds(29))
    assert (Pace.URGENT, seconds(11)) == (walk.pace, walk.schedule.budget)
    limits = [Decimal("1.20")]
    for age in (0, 3, 6):
        decided = next_limit(walk, limits[-1], Sight(net("1.00", "0.30")), seconds(age))
        limits.append(decided.limit)
    assert decimals("1.20", "1.23", "1.26", "1.30") == limits


def test_a_hurried_walk_shows_natural_at_its_next_step() -> None:
    walk = quickened(Walk(PACES[Pace.URGENT], PACKAGE), seconds(1))
    crossed = next_limit(walk, Decimal("1.00"), Sight(net("1.00", "0.30")), seconds(1))
    assert Decision(Decimal("1.30")) == crossed


# --- properties -------------------------------------------------------------------------------

cents = st.integers(-2_000, 2_000).map(lambda number: Decimal(number).scaleb(-2))
halves = st.integers(0, 200).map(lambda number: Decimal(number).scaleb(-2))
shares = st.tuples(st.integers(0, 20), st.integers(0, 20)).map(
    lambda pair: (Decimal(min(pair)) / 20, Decimal(max(pair)) / 20)
)
schedules = st.builds(
    lambda prices, interval, ends: Schedule(interval * prices, interval, *ends),
    st.integers(1, 30),
    st.integers(1, 20).map(seconds),
    shares,
)
markets = st.builds(lambda mid, half: NetQuote(mid + half, mid, mid - half), cents, halves)


@st.composite
def grids(draw: st.DrawFn) -> tuple[Grid, st.SearchStrategy[NetQuote]]:
    """The prices of an order, and markets as they are quoted in them."""
    side = draw(st.sampled_from([None, Side.BUY, Side.SELL]))
    if side is None:
        return PACKAGE, markets
    rule = draw(st.sampled_from([PENNY, NICKEL, EVERY_CENT]))
    tenths = st.integers(1, 200), st.integers(0, 50)

    def quoted(bid: int, width: int) -> NetQuote:
        low = Decimal(bid) / 10
        high = low + Decimal(width) / 10
        buy = NetQuote(high, (low + high) / 2, low)
        return buy if side is Side.BUY else NetQuote(-low, -buy.mid, -high)

    return Grid(rule, side), st.builds(quoted, *tenths)


@st.composite
def walks(draw: st.DrawFn) -> tuple[Walk, list[NetQuote]]:
    """A walk and the market at each of its prices."""
    grid, quoted = draw(grids())
    schedule = draw(schedules)
    seen = draw(st.lists(quoted, min_size=schedule.prices, max_size=schedule.prices))
    slack = draw(st.none() | st.integers(-100, 200))
    worst = None if slack is None else seen[0].mid + Decimal(slack) / 50
    if worst is not None and grid.side is Side.BUY:
        worst = max(worst, grid.rule.below)
    return Walk(schedule, grid, worst, draw(st.sampled_from(AtEnd))), seen


@given(walks())
def test_no_limit_is_past_natural_or_worst_or_off_the_ticks(
    drawn: tuple[Walk, list[NetQuote]],
) -> None:
    walk, seen = drawn
    limits = show(walk, *seen)
    for before, limit, market in zip([None, *limits], limits, seen, strict=False):
        assert limit == floor_to_tick(limit, walk.grid.rule)
        assert walk.grid.side is not Side.SELL or limit < 0
        if limit != before:
            assert limit <= market.natural
            assert walk.worst is None or limit <= walk.worst


@given(walks())
def test_a_limit_goes_back_only_from_far_ahead_and_never_behind_its_start(
    drawn: tuple[Walk, list[NetQuote]],
) -> None:
    walk, seen = drawn
    for (old, new), market in zip(pairwise(show(walk, *seen)), seen[1:], strict=True):
        if new < old:
            assert first_limit(walk, market) <= new
            assert Decimal("0.1") * (market.natural - market.mid) <= old - new
            assert old < market.natural


@given(walks())
def test_a_still_market_takes_nothing_back(drawn: tuple[Walk, list[NetQuote]]) -> None:
    walk, (market, *_) = drawn
    limits = show(walk, *[market] * walk.schedule.prices)
    assert sorted(limits) == limits


@given(walks())
def test_a_still_market_is_walked_to_the_end_share_or_worst(
    drawn: tuple[Walk, list[NetQuote]],
) -> None:
    walk, (market, *_) = drawn
    walk = replace(walk, schedule=replace(walk.schedule, budget=walk.schedule.interval * 30))
    goal = market.mid + walk.schedule.end_share * (market.natural - market.mid)
    last = show(walk, *[market] * 30)[-1]
    assert walk.grid.floor(min(goal, goal if walk.worst is None else walk.worst)) == last


@given(walks())
def test_the_last_stride_arrives_in_whatever_market_there_is_then(
    drawn: tuple[Walk, list[NetQuote]],
) -> None:
    walk, seen = drawn
    last = seen[-1]
    goal = last.mid + walk.schedule.end_share * (last.natural - last.mid)
    bound = walk.grid.floor(min(goal, goal if walk.worst is None else walk.worst))
    limits = show(walk, *seen)
    assert len(limits) == 1 or last.natural <= limits[-2] or limits[-1] >= bound


@given(schedules, markets)
def test_strides_in_a_still_market_differ_by_a_tick_at_most(
    schedule: Schedule, market: NetQuote
) -> None:
    limits = show(Walk(schedule, PACKAGE), *[market] * schedule.prices)
    strides = {later - earlier for earlier, later in pairwise(limits)}
    strides.discard(Decimal(0))
    assert not strides or max(strides) - min(strides) <= Decimal("0.01")


@given(walks(), st.sampled_from([each for each in Holding if each is not Holding.IMPROVED]))
def test_no_trouble_of_quotes_ever_moves_the_limit(
    drawn: tuple[Walk, list[NetQuote]], trouble: Holding
) -> None:
    walk, (market, *_) = drawn
    limit = first_limit(walk, market)
    held = next_limit(walk, limit, Sight(market, trouble), walk.schedule.interval)
    assert Decision(limit, trouble) == held


@pytest.mark.parametrize(("ask", "trouble"), [("1.60", None), ("1.61", Holding.WIDE)])
def test_what_widens_by_a_dime_at_most_is_not_wide(ask: str, trouble: Holding | None) -> None:
    """A market of a nickel may be 0.15 wide, three times as much."""
    walk = Walk(FOUR, PACKAGE, width_at_start=Decimal("0.05"))
    quotes = market_of(long=("0.50", "0.55"), short=("1.50", ask))

    assert trouble == see(LEGS, quotes, AT, walk=walk).trouble


@pytest.mark.parametrize(("ask", "trouble"), [("2.05", None), ("2.06", Holding.WIDE)])
def test_what_is_twice_as_wide_at_most_is_not_wide(ask: str, trouble: Holding | None) -> None:
    walk = Walk(FOUR, PACKAGE, width_at_start=Decimal("0.30"))
    quotes = market_of(long=("0.50", "0.55"), short=("1.50", ask))

    assert trouble == see(LEGS, quotes, AT, walk=walk).trouble
