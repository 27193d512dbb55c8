"""What a person is told before confirming: quotes, expiry, assignment, cover, other orders."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from support.builders import (
    AT,
    LIMIT,
    MARKET,
    a_covered_call,
    a_leg,
    a_market,
    a_quote,
    a_report,
    a_strategy,
    a_ticket,
    after,
    an_iron_condor,
    call,
    holding_just,
    holdings_of,
    put,
)

from closeout.closing.cautions import cautions
from closeout.closing.pacing import WalkTerms
from closeout.closing.plan import Terms, plan_leg, plan_strategy
from closeout.closing.scene import Caution, Scene, Severity
from closeout.closing.schedule import Pace
from closeout.domain.announcements import Announcement, AnnouncementKind
from closeout.domain.holdings import Holdings, MarketClock
from closeout.domain.orders import OrderReport, OrderType
from closeout.domain.quotes import Quote
from closeout.domain.strategies import Netted, Strategy


def scene_of(
    strategy: Strategy,
    *quotes: Quote,
    leg: str | None = None,
    terms: Terms = MARKET,
    holdings: Holdings | None = None,
    open_orders: Iterable[OrderReport] = (),
    market: MarketClock | None = None,
    now: datetime = AT,
    announced: Sequence[Announcement] | None = (),
) -> Scene:
    holdings = holdings or holding_just(strategy)
    view = a_market(*quotes)
    if leg is None:
        plan = plan_strategy(strategy, terms, view, holdings)
    else:
        target = next(each for each in strategy.legs if each.symbol == leg)
        plan = plan_leg(target, terms, view, holdings)
    return Scene(
        plan=plan,
        strategy=strategy,
        quotes=view.quotes,
        holdings=holdings,
        open_orders=tuple(open_orders),
        market=market,
        feed="opra",
        now=now,
        announced=announced,
    )


def codes(scene: Scene) -> list[str]:
    return [caution.code for caution in cautions(scene)]


def the(code: str, scene: Scene) -> Caution:
    (found,) = [caution for caution in cautions(scene) if caution.code == code]
    return found


def tight(strategy: Strategy) -> list[Quote]:
    """A quote nobody could object to, for every leg."""
    return [a_quote(leg.symbol, "1.00", "1.02") for leg in strategy.legs]


LONG, SHORT = a_strategy(a_leg(call(470), 4)), a_strategy(a_leg(call(470), -4))


@pytest.mark.parametrize(
    ("expected", "strategy", "quote"),
    [
        ([], LONG, ("2.00", "2.10")),
        ([], LONG, ("1.80", "2.20")),  # a tenth of mid to either side
        ([], LONG, ("0.15", "0.35")),  # ten cents at most
        (["zero_bid"], LONG, ("0.00", "0.05")),
        ([], SHORT, ("0.00", "0.05")),  # a bid is not needed to buy
        (["one_sided"], LONG, (None, "0.05")),
        (["one_sided"], SHORT, ("0.05", None)),
        (["zero_bid"], LONG, ("0.00", None)),
        (["no_quote"], LONG, (None, None)),
        (["crossed"], LONG, ("2.10", "2.00")),
        (["wide"], LONG, ("1.00", "2.00")),
    ],
)
def test_a_quote_that_stands_out_is_named(
    expected: list[str], strategy: Strategy, quote: tuple[str | None, str | None]
) -> None:
    # The short call is there on its own, and nothing is said of that: closing it mends it.
    assert expected == codes(scene_of(strategy, a_quote(call(470), *quote)))


def test_no_quote_at_all_is_named() -> None:
    caution = the("no_quote", scene_of(LONG))

    assert (Severity.DANGER, call(470)) == (caution.severity, caution.symbol)


@pytest.mark.parametrize(
    ("code", "quote"),
    [
        ("zero_bid", ("0.00", "0.05")),
        ("one_sided", (None, "0.05")),
        ("one_sided", ("0.05", None)),
        ("no_quote", (None, None)),
        ("crossed", ("2.10", "2.00")),
        ("stale", ("2.00", "2.10")),
    ],
)
def test_what_is_said_of_one_quote_names_its_contract(
    code: str, quote: tuple[str | None, str | None]
) -> None:
    scene = scene_of(LONG, a_quote(call(470), *quote), now=after(60))

    assert call(470) == the(code, scene).symbol


def test_an_old_quote_is_named_with_its_age() -> None:
    scene = scene_of(LONG, a_quote(call(470), "2.00", "2.10"))
    fresh, old = replace(scene, now=after(30)), replace(scene, now=after(31))

    assert ([], "31 s old") == (codes(fresh), the("stale", old).message[-9:-1])


def test_a_quote_may_be_both_broken_and_old() -> None:
    scene = replace(scene_of(LONG, a_quote(call(470), "0.00", "0.05")), now=after(60))

    assert ["zero_bid", "stale"] == codes(scene)


def test_the_worst_comes_first() -> None:
    """Shares and calls go as two orders, the feed is indicative, and nobody bids."""
    quotes = (a_quote("NVDA", "0.00", "130.02"), a_quote(call(140, "NVDA"), "5.00", "5.20"))
    scene = replace(scene_of(a_covered_call(2), *quotes), feed="indicative")

    assert [
        ("zero_bid", Severity.DANGER),
        ("wide", Severity.WARNING),
        ("several_orders", Severity.INFO),
        ("indicative_feed", Severity.INFO),
    ] == [(caution.code, caution.severity) for caution in cautions(scene)]


# --- expiry ---------------------------------------------------------------------------

EXPIRY_NOON = datetime(2026, 12, 18, 17, 0, tzinfo=UTC)
"""Noon in New York on the day everything here expires."""


@pytest.mark.parametrize(
    ("root", "hour", "minute", "severity"),
    [
        ("XYZ", 15, 14, Severity.WARNING),
        ("XYZ", 15, 15, Severity.DANGER),
        ("SPY", 15, 29, Severity.WARNING),
        ("SPY", 15, 30, Severity.DANGER),
    ],
)
def test_an_expiry_today_is_a_danger_once_orders_may_be_refused(
    root: str, hour: int, minute: int, severity: Severity
) -> None:
    strategy = a_strategy(a_leg(call(470, root), 4))
    now = EXPIRY_NOON.replace(hour=hour + 5, minute=minute)  # New York is five hours behind

    caution = the("expiring_today", scene_of(strategy, *tight(strategy), now=now))

    assert severity is caution.severity


def test_the_cut_offs_of_a_half_day_are_counted_from_its_close() -> None:
    strategy = a_strategy(a_leg(call(470, "XYZ"), 4))
    one_o_clock = EXPIRY_NOON + timedelta(hours=1)
    market = MarketClock(
        is_open=True,
        next_open=one_o_clock + timedelta(days=3),
        next_close=one_o_clock,
        at=EXPIRY_NOON,
    )

    scene = scene_of(strategy, *tight(strategy), now=EXPIRY_NOON, market=market)

    assert "from 12:15 and" in the("expiring_today", scene).message
    assert "from 12:30 New York" in the("expiring_today", scene).message


def test_the_evening_before_is_not_the_day_of_expiry() -> None:
    """03:00 UTC on the 18th is still the 17th in New York."""
    late = datetime(2026, 12, 18, 3, 0, tzinfo=UTC)
    quote = a_quote(call(470), "2.00", "2.10", late)

    assert [] == codes(scene_of(LONG, quote, now=late))


# --- assignment -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "symbol", "spot", "quote"),
    [
        (["early_assignment"], call(470), "480.00", ("10.00", "10.10")),  # 0.05 above intrinsic
        ([], call(470), "480.00", ("10.10", "10.20")),  # 0.15 above it
        ([], call(470), "469.00", ("0.01", "0.03")),  # out of the money
        (["early_assignment"], call(470), "480.00", ("9.50", "9.60")),  # below intrinsic
        (["early_assignment"], put(470), "460.00", ("10.00", "10.10")),
    ],
)
def test_a_short_option_with_nothing_but_intrinsic_value_may_be_assigned(
    expected: list[str], symbol: str, spot: str, quote: tuple[str, str]
) -> None:
    strategy = a_strategy(a_leg(symbol, -1))
    scene = scene_of(strategy, a_quote(symbol, *quote), a_quote("SPY", spot, spot))

    assert expected == codes(scene)


def a_dividend(day: date, rate: str = "1.83") -> Announcement:
    return Announcement(AnnouncementKind.DIVIDEND, "SPY", day, rate=Decimal(rate))


EX_DATE = date(2026, 12, 11)


@pytest.mark.parametrize(
    ("severities", "symbol", "spot", "rate", "day"),
    [
        # A mid of 10.05 on 480 has 0.05 beyond its intrinsic value at 470, and 1.05 at 471.
        (["warning"], call(470), "480.00", "0.06", EX_DATE),
        (["warning"], call(471), "480.00", "1.06", EX_DATE),
        ([], call(471), "480.00", "1.05", EX_DATE),  # as much is given up as is won
        ([], call(471), "480.00", "1.83", date(2026, 12, 21)),  # after its expiry
        (["warning"], call(471), "480.00", "1.83", date(2026, 12, 18)),  # on it
        ([], call(471), "470.00", "20.00", EX_DATE),  # out of the money
        ([], put(479), "470.00", "1.83", EX_DATE),  # who exercises a put loses a dividend
    ],
)
def test_a_short_call_is_assigned_for_a_dividend_that_is_more_than_its_time_value(
    severities: list[str], symbol: str, spot: str, rate: str, day: date
) -> None:
    quotes = (a_quote(symbol, "10.00", "10.10"), a_quote("SPY", spot, spot))
    scene = scene_of(a_strategy(a_leg(symbol, -1)), *quotes, announced=[a_dividend(day, rate)])
    found = [each for each in cautions(scene) if "less than the dividend" in each.message]

    assert severities == [each.severity for each in found]


@pytest.mark.parametrize(
    ("day", "severity", "told"),
    [
        (8, "danger", "Tuesday 8 December: its holder gains by exercising tonight"),
        (9, "warning", "Wednesday 9 December: its holder gains by exercising the night before"),
    ],
)
def test_on_the_last_day_before_the_ex_date_it_is_a_danger(
    day: int, severity: str, told: str
) -> None:
    opens = datetime(2026, 12, 8, 14, 30, tzinfo=UTC)
    market = MarketClock(is_open=True, next_open=opens, next_close=opens, at=opens)
    quotes = (a_quote(call(471), "10.00", "10.10"), a_quote("SPY", "480", "480"))
    scene = scene_of(
        a_strategy(a_leg(call(471), -1)),
        *quotes,
        market=market,
        now=datetime(2026, 12, 7, 19, tzinfo=UTC),
        announced=[a_dividend(date(2026, 12, day))],
    )

    caution = the("early_assignment", scene)
    assert (severity, call(471)) == (caution.severity, caution.symbol)
    assert (
        f"{call(471)} is short, 9.00 in the money, with 1.05 of other value left, less than the "
        f"dividend of 1.83 on {told}, and you would owe the dividend."
    ) == caution.message


def test_a_dividend_while_the_strategy_lives_is_told() -> None:
    legs = a_strategy(a_leg(call(470), 1))

    assert "SPY goes ex-dividend on Friday 11 December: $1.83 a share" in spoken(
        "ex_dividend", scene_of(legs, *tight(legs), announced=[a_dividend(EX_DATE)])
    )
    after = a_dividend(date(2026, 12, 21))
    assert [] == codes(scene_of(legs, *tight(legs), announced=[after]))


def test_a_split_while_the_strategy_lives_is_told() -> None:
    legs = a_strategy(a_leg(call(470), 1))
    split = Announcement(AnnouncementKind.SPLIT, "SPY", EX_DATE, new=Decimal(4), old=Decimal(1))

    assert "SPY splits on Friday 11 December: 4 for 1 shares" in spoken(
        "split", scene_of(legs, *tight(legs), announced=[split])
    )


def test_dates_that_could_not_be_read_are_said_to_be_unknown_where_a_call_is_short() -> None:
    long, short = a_strategy(a_leg(call(470), 1)), a_strategy(a_leg(call(470), -1))

    assert [] == codes(scene_of(long, *tight(long), announced=None))
    assert "could not be read" in spoken(
        "dividends_unknown", scene_of(short, *tight(short), announced=None)
    )


def test_a_long_option_is_assigned_by_nobody() -> None:
    scene = scene_of(LONG, a_quote(call(470), "10.00", "10.10"), a_quote("SPY", "480", "480"))

    assert [] == codes(scene)


# --- cover ----------------------------------------------------------------------------


def test_a_leg_that_leaves_a_naked_short_is_a_danger() -> None:
    condor = an_iron_condor(10)
    scene = scene_of(condor, *tight(condor), leg=call(480))

    caution = the("leaves_naked", scene)

    assert (Severity.DANGER, True) == (caution.severity, "10 short contracts" in caution.message)


def test_cover_lent_by_another_strategy_is_told() -> None:
    condor = an_iron_condor(10)
    held = {leg.symbol: leg.quantity for leg in condor.legs} | {call(490): 10}
    scene = scene_of(condor, *tight(condor), leg=call(480), holdings=holdings_of(held))

    assert Severity.WARNING is the("leaves_short", scene).severity


def test_buying_back_a_short_leaves_nothing_to_say() -> None:
    condor = an_iron_condor(10)

    assert [] == codes(scene_of(condor, *tight(condor), leg=call(470)))


# --- other orders and holdings --------------------------------------------------------


def test_an_open_order_that_closes_the_same_contracts_is_named() -> None:
    condor = an_iron_condor(10)
    order = a_report(a_ticket((call(470), 1), units=3), order_id="by-hand")

    scene = scene_of(condor, *tight(condor), open_orders=[order])

    assert "by-hand" in the("held_elsewhere", scene).message


def test_contracts_of_another_strategy_are_told() -> None:
    condor = an_iron_condor(10)
    held = {leg.symbol: leg.quantity for leg in condor.legs} | {call(480): 15}

    scene = scene_of(condor, *tight(condor), holdings=holdings_of(held))

    assert call(480) in the("shared_contracts", scene).message


def test_a_limit_outside_the_session_says_which_it_waits_for() -> None:
    opens = datetime(2026, 12, 2, 14, 30, tzinfo=UTC)
    market = MarketClock(
        is_open=False, next_open=opens, next_close=opens + timedelta(hours=6.5), at=AT
    )
    quote = a_quote(call(470), "2.00", "2.10")

    limit = scene_of(LONG, quote, terms=LIMIT, market=market)

    assert "Wed 02 Dec 09:30" in the("market_closed", limit).message
    assert [] == codes(scene_of(LONG, quote, market=market)), "at market it is a problem instead"


def test_nothing_is_said_of_a_plain_close() -> None:
    condor = an_iron_condor(10)

    assert [] == codes(scene_of(condor, *tight(condor), a_quote("SPY", "460", "460")))


def test_the_extrinsic_value_is_told_in_cents() -> None:
    strategy = a_strategy(a_leg(call(470), -1))
    quotes = (a_quote(call(470), "10.00", "10.10"), a_quote("SPY", "480.00", "480.00"))

    told = the("early_assignment", scene_of(strategy, *quotes)).message

    assert "10.00 in the money, with 0.05 of other value" in told


# --- whole sentences ------------------------------------------------------------------


def spoken(code: str, scene: Scene) -> str:
    return the(code, scene).message


def test_the_sentences_about_quotes() -> None:
    symbol = call(470)

    def told(code: str, bid: str | None, ask: str | None) -> str:
        return spoken(code, scene_of(LONG, a_quote(symbol, bid, ask)))

    assert f"{symbol} has no quote." == told("no_quote", None, None)
    assert (f"Nobody bids for {symbol}, which is to be sold: a market order may not fill.") == told(
        "zero_bid", "0.00", "0.05"
    )
    assert (f"{symbol} has no bid: only one side is quoted, so there is no mid.") == told(
        "one_sided", None, "0.05"
    )
    assert (f"{symbol} has no ask: only one side is quoted, so there is no mid.") == told(
        "one_sided", "0.05", None
    )
    assert f"The quote of {symbol} is crossed." == told("crossed", "2.10", "2.00")
    assert (
        "The spread is wide: trading at once costs 0.50 a share against mid. "
        "A limit order may do better."
    ) == told("wide", "1.00", "2.00")


def test_the_sentences_about_the_day_of_expiry() -> None:
    one, two = a_leg(call(470, "XYZ"), 4), a_leg(call(480, "XYZ"), -4)
    early, late = EXPIRY_NOON, EXPIRY_NOON.replace(hour=20, minute=30)
    alone, both = a_strategy(one), a_strategy(one, two)
    hours = (
        "Alpaca may refuse orders from 15:15 and sell or buy back by itself from 15:30 New York "
        "time, earlier in a fast market"
    )

    assert f"{one.symbol} expires today. {hours}." == spoken(
        "expiring_today", scene_of(alone, *tight(alone), now=early)
    )
    assert f"{one.symbol}, {two.symbol} expire today. {hours}: that is now." == spoken(
        "expiring_today", scene_of(both, *tight(both), now=late)
    )


def test_the_sentences_about_assignment() -> None:
    def told(symbol: str, spot: str) -> str:
        strategy = a_strategy(a_leg(symbol, -1))
        quotes = (a_quote(symbol, "10.00", "10.10"), a_quote("SPY", spot, spot))
        return spoken("early_assignment", scene_of(strategy, *quotes))

    left = "is short, 10.00 in the money, with 0.05 of other value left: it may be assigned any"
    assert f"{put(470)} {left} night." == told(put(470), "460.00")
    assert f"{call(470)} {left} night." == told(call(470), "480.00")


@pytest.mark.parametrize(
    ("contracts", "counted"), [(10, "10 short contracts"), (1, "1 short contract")]
)
def test_the_sentences_about_cover(contracts: int, counted: str) -> None:
    condor = an_iron_condor(contracts)
    lent = {leg.symbol: leg.quantity for leg in condor.legs} | {call(490): contracts}

    assert (
        f"This would leave {counted} naked, which Alpaca refuses. Close the short leg first, or "
        "the whole strategy."
    ) == spoken("leaves_naked", scene_of(condor, *tight(condor), leg=call(480)))
    assert (
        f"This takes the cover from {counted} of the strategy. Other holdings of the account "
        "cover them now."
    ) == spoken(
        "leaves_short",
        scene_of(condor, *tight(condor), leg=call(480), holdings=holdings_of(lent)),
    )


def test_the_sentences_about_others_contracts() -> None:
    condor = an_iron_condor(10)
    order = a_report(a_ticket((call(470), 1), (call(480), -1), units=3), order_id="by-hand")
    held = {leg.symbol: leg.quantity for leg in condor.legs} | {put(440): 12, call(480): 15}

    assert (
        f"Order by-hand at Alpaca holds contracts of {call(470)}, {call(480)}: they are not free "
        "while it works."
    ) == spoken("held_elsewhere", scene_of(condor, *tight(condor), open_orders=[order]))
    assert (
        f"The account holds other contracts of {put(440)}, {call(480)} than this strategy's: "
        "Alpaca keeps one net holding, and only this strategy's part is closed."
    ) == spoken("shared_contracts", scene_of(condor, *tight(condor), holdings=holdings_of(held)))


def test_the_sentences_about_session_feed_and_orders() -> None:
    opens = datetime(2026, 12, 2, 14, 30, tzinfo=UTC)
    shut = MarketClock(is_open=False, next_open=opens, next_close=opens, at=AT)
    covered, six = a_covered_call(2), a_strategy(*(a_leg(call(k), 1) for k in range(450, 510, 10)))

    assert (
        "The market is closed: the order waits for the session of Wed 02 Dec 09:30 New York time "
        "and is over when that ends."
    ) == spoken("market_closed", scene_of(LONG, *tight(LONG), terms=LIMIT, market=shut))
    assert (
        "Quotes are from the free indicative feed, not the real market: the true spread may differ."
    ) == spoken("indicative_feed", replace(scene_of(LONG, *tight(LONG)), feed="indicative"))
    assert (
        "2 orders, one after another: Alpaca takes no shares in a multi-leg order, so the options "
        "go first, and the shares when they have filled. If one ends unfilled, the next is not "
        "sent, and what is left stays open."
    ) == spoken("several_orders", scene_of(covered, *tight(covered)))
    assert (
        "2 orders, one after another: each goes out when the one before it has filled. If one "
        "ends unfilled, the next is not sent, and what is left stays open."
    ) == spoken("several_orders", scene_of(six, *tight(six)))
    walk = Terms(OrderType.LIMIT, walk=WalkTerms(Pace.NORMAL))
    assert (
        "2 orders, one after another: each goes out when the one before it has filled. If one "
        "ends unfilled, the next is not sent, and what is left stays open. A walk begins in the "
        "market of its turn."
    ) == spoken("several_orders", scene_of(six, *tight(six), terms=walk))


def test_contracts_that_another_strategy_has_the_other_way_are_told_with_what_can_trade() -> None:
    low, high = a_leg(call(470), -5), a_leg(call(480), 8)
    away = Netted(high.symbol, 5, ("pos_2",))
    netted = replace(a_strategy(low, high), netted=(away,))
    part = a_strategy(low, replace(high, quantity=3))
    held = holdings_of({low.symbol: -5, high.symbol: 3})
    scene = replace(scene_of(part, *tight(part), holdings=held), strategy=netted)

    told = the("netted", scene)
    assert (Severity.WARNING, high.symbol) == (told.severity, told.symbol)
    assert "only 3 can trade" in told.message
    assert "shared_contracts" not in codes(scene), "it is said once"
