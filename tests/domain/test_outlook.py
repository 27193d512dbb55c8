"""What a model says of whole positions: greeks, expected move, pictures, modelled risk."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import AT, a_covered_call, a_leg, a_quote, an_iron_condor, call, put

from closeout.domain.expiration import years_until
from closeout.domain.greeks import Contracts, value
from closeout.domain.marks import Greeks, OptionMark
from closeout.domain.occ import OccSymbol
from closeout.domain.outlook import PICTURE_POINTS, Market, Outlook, Source, outlooks
from closeout.domain.payoff import payoff_at_expiry
from closeout.domain.quotes import Quote
from closeout.domain.strategies import Leg

SPOT = 460.0
LATER = "270115"


def fair(symbol: str, spot: float = SPOT, volatility: float = 0.25) -> str:
    option = OccSymbol.parse(symbol)
    contracts = Contracts(
        np.array([float(option.strike)]),
        np.array([1.0 if "C" == option.right else -1.0]),
        np.array([years_until(option.expiry, AT)]),
    )
    return f"{value(contracts, np.array([spot]), np.array([volatility]), 0.0)[0]:.6f}"


def a_market(
    legs: Sequence[Leg], *, spot: float | None = SPOT, marks: Sequence[OptionMark] = ()
) -> Market:
    """Every option at its fair value at 25% volatility."""
    quotes = [a_quote(leg.symbol, fair(leg.symbol), fair(leg.symbol)) for leg in legs if leg.option]
    if spot is not None:
        quotes.append(a_quote(legs[0].underlying, str(spot), str(spot)))
    return market_of(quotes, marks)


def market_of(quotes: Sequence[Quote], marks: Sequence[OptionMark] = ()) -> Market:
    return Market(
        quotes={quote.symbol: quote for quote in quotes},
        marks={mark.symbol: mark for mark in marks},
        rate=0.0,
    )


def outlook(legs: Sequence[Leg], market: Market | None = None) -> Outlook:
    (found,) = outlooks([legs], market or a_market(legs), AT)
    return found


CONDOR = an_iron_condor(units=10).legs
CALENDAR = (a_leg(call(460), -1, "9.00"), a_leg(call(460, expiry=LATER), 1, "14.00"))


def test_the_volatility_that_made_the_prices_is_found_again() -> None:
    found = outlook(CONDOR)

    assert 0.25 == pytest.approx(found.volatility, abs=1e-4)
    assert [Source.COMPUTED] * 4 == [leg.source for leg in found.legs]
    assert [leg.id for leg in CONDOR] == [leg.id for leg in found.legs]


def test_the_expected_move_is_one_deviation_until_the_first_expiry() -> None:
    found = outlook(CONDOR)
    years = years_until(OccSymbol.parse(put(440)).expiry, AT)

    assert SPOT * 0.25 * years**0.5 == pytest.approx(found.expected_move, rel=1e-3)


def test_a_short_condor_earns_with_time_and_loses_with_volatility() -> None:
    found = outlook(CONDOR).greeks

    assert found is not None
    assert found.theta > 0 > found.vega
    assert 0 > found.gamma


def test_shares_are_delta_alone() -> None:
    covered = a_covered_call(2).legs
    found = outlook(
        covered, market_of([a_quote("NVDA", "130", "130"), a_quote(covered[1].symbol, "3", "3.1")])
    )

    assert found.greeks is not None
    assert 0 < found.greeks.delta < 200
    shares = outlook((covered[0],), market_of([a_quote("NVDA", "130", "130")]))
    assert Greeks(200.0, 0.0, 0.0, 0.0, 0.0) == shares.greeks
    assert (None, None) == (shares.volatility, shares.expected_move)


def test_the_brokers_greeks_come_before_ours() -> None:
    told = OptionMark(put(440), Greeks(-0.2, 0.01, -0.1, 0.3, -0.05), 0.31, AT)
    found = outlook(CONDOR, a_market(CONDOR, marks=[told]))

    first, *others = found.legs
    assert (Source.ALPACA, told.greeks, 0.31) == (first.source, first.greeks, first.volatility)
    assert {Source.COMPUTED} == {leg.source for leg in others}


def test_the_brokers_volatility_stands_in_for_a_missing_quote() -> None:
    told = OptionMark(put(440), None, 0.25, AT)
    whole = a_market(CONDOR)
    quotes = [quote for symbol, quote in whole.quotes.items() if put(440) != symbol]
    found = outlook(CONDOR, market_of(quotes, [told]))

    assert found.picture is not None
    expected = outlook(CONDOR).picture
    assert expected is not None
    assert found.picture.today == pytest.approx(expected.today, abs=2.0)


def test_today_meets_the_open_profit_at_the_spot() -> None:
    """The curve starts from the market's own prices: the picture agrees with the P&L beside it."""
    market = a_market(CONDOR)
    pnl = sum(
        (float(market.quotes[leg.symbol].mid or 0) - float(leg.entry_price or 0))
        * leg.quantity
        * leg.multiplier
        for leg in CONDOR
    )
    picture = outlook(CONDOR, market).picture

    assert picture is not None
    assert picture.today is not None
    at_spot = float(np.interp(SPOT, picture.spots, picture.today))
    assert pnl == pytest.approx(at_spot, abs=abs(pnl) * 0.05)


def test_the_picture_at_expiry_is_the_exact_payoff() -> None:
    picture, payoff = outlook(CONDOR).picture, payoff_at_expiry(CONDOR)

    assert picture is not None
    assert payoff is not None
    assert PICTURE_POINTS == len(picture.spots)
    assert picture.at_expiry is not None
    assert [float(payoff.at(Decimal(str(spot)))) for spot in picture.spots] == pytest.approx(
        picture.at_expiry, abs=0.02 * 1000
    )


def test_the_picture_holds_every_strike_and_a_margin_on_both_sides() -> None:
    picture = outlook(CONDOR).picture

    assert picture is not None
    assert {440.0, 450.0, 470.0, 480.0} <= {*picture.spots}
    assert [*picture.spots] == sorted(picture.spots)
    assert picture.spots[0] < 440
    assert picture.spots[-1] > 480


def test_without_an_expected_move_the_margin_is_a_quarter_of_what_is_between_the_strikes() -> None:
    legs = (a_leg(call(400), 1), a_leg(call(480), -1))
    picture = outlook(legs, a_market(legs, spot=None)).picture

    assert picture is not None
    assert (380.0, 500.0) == (picture.spots[0], picture.spots[-1])


def test_the_picture_is_told_in_cents() -> None:
    picture = outlook(CONDOR).picture

    assert picture is not None
    for row in (picture.spots, picture.at_expiry, picture.today):
        assert row is not None
        assert [round(each, 2) for each in row] == [*row]


def test_without_a_spot_the_payoff_is_drawn_and_today_is_not() -> None:
    found = outlook(CONDOR, a_market(CONDOR, spot=None))

    assert found.picture is not None
    assert found.picture.at_expiry is not None
    assert None is found.picture.today
    assert (None, None, None) == (found.greeks, found.volatility, found.expected_move)


def test_without_an_entry_price_no_profit_is_drawn() -> None:
    legs = (a_leg(call(450), 1, None),)
    picture = outlook(legs).picture

    assert picture is not None
    assert (None, None) == (picture.at_expiry, picture.today)


def test_what_an_adjusted_contract_comes_to_is_not_guessed() -> None:
    legs = (a_leg(call(450, root="SPY1"), 1),)
    found = outlook(legs, a_market(legs))

    assert (None, None, None) == (found.greeks, found.volatility, found.picture)


def test_on_the_last_evening_today_is_the_payoff() -> None:
    (found,) = outlooks([CONDOR], a_market(CONDOR), AT + timedelta(days=30))

    assert found.picture is not None
    assert found.picture.at_expiry == found.picture.today


def test_a_calendar_is_modelled_at_its_first_expiry() -> None:
    found = outlook(CALENDAR)

    risk = found.modelled
    assert risk is not None
    assert risk.is_modelled
    assert (False, False) == (risk.unlimited_profit, risk.unlimited_loss)
    assert risk.max_profit is not None
    assert risk.max_loss is not None
    assert 0 < risk.max_profit < 1500
    assert Decimal(-500) == pytest.approx(risk.max_loss, abs=1)
    low, high = risk.break_evens
    assert low < 460 < high
    picture = outlook(CALENDAR).picture
    assert picture is not None
    assert picture.at_expiry is not None
    there = np.interp([float(low), float(high)], picture.spots, picture.at_expiry)
    assert [0, 0] == pytest.approx(there, abs=3)


def test_a_calendar_peaks_at_its_strike() -> None:
    picture = outlook(CALENDAR).picture

    assert picture is not None
    assert picture.at_expiry is not None
    assert 460.0 == picture.spots[int(np.argmax(picture.at_expiry))]


def test_a_calendar_sold_can_lose_without_limit_when_calls_outnumber() -> None:
    legs = (a_leg(call(460), 1, "9.00"), a_leg(call(460, expiry=LATER), -2, "14.00"))
    risk = outlook(legs).modelled

    assert risk is not None
    assert risk.unlimited_loss
    assert None is risk.max_loss


def test_shares_beside_options_of_two_expiries_count_in_what_can_be_lost() -> None:
    """Worst at a price of nothing: the put takes back 440 of the 450 that the shares cost."""
    legs = (
        a_leg("SPY", 100, "450.00"),
        a_leg(call(460), -1, "9.00"),
        a_leg(put(440, expiry=LATER), 1, "5.00"),
    )
    risk = outlook(legs).modelled

    assert risk is not None
    assert (Decimal(-600), False, False) == (
        risk.max_loss,
        risk.unlimited_loss,
        risk.unlimited_profit,
    )


def test_one_expiry_leaves_nothing_to_model() -> None:
    assert None is outlook(CONDOR).modelled


def test_nothing_held_has_no_outlook() -> None:
    assert () == outlooks([], market_of([]), AT)
    (empty,) = outlooks([()], market_of([]), AT)
    assert Greeks(0.0, 0.0, 0.0, 0.0, 0.0) == empty.greeks
    assert None is empty.picture


def test_a_leg_without_any_volatility_borrows_from_its_own_position() -> None:
    """The other position's is not its business."""
    other = (a_leg(call(140, "NVDA"), 1, "3.00"),)
    whole = a_market(CONDOR)
    quotes = [quote for symbol, quote in whole.quotes.items() if put(440) != symbol]
    quotes += [a_quote("NVDA", "130", "130"), a_quote(other[0].symbol, "15", "15.1")]
    _, found = outlooks([other, CONDOR], market_of(quotes), AT)

    assert 0.25 == pytest.approx(found.legs[0].volatility, abs=1e-3)


def test_shares_among_options_do_not_mix_up_the_pictures() -> None:
    shares = (a_leg("SPY", 100, "450.00"),)
    _, first, _, second = outlooks(
        [shares, CONDOR, shares, CALENDAR], a_market([*CONDOR, *CALENDAR]), AT
    )

    assert outlook(CONDOR).picture == first.picture
    assert outlook(CALENDAR).picture == second.picture


legs_drawn = st.lists(
    st.builds(
        a_leg,
        st.sampled_from(
            [
                make(strike, expiry=day)
                for make in (call, put)
                for strike in (440, 455, 470)
                for day in ("261218", LATER)
            ]
        ),
        st.integers(-9, 9).filter(bool),
        st.integers(1, 3000).map(lambda cents: str(Decimal(cents).scaleb(-2))),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda leg: leg.symbol,
).map(tuple)


@given(legs_drawn, st.data())
def test_greeks_of_the_parts_add_up_to_the_whole(
    legs: tuple[Leg, ...], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(legs)))
    market = a_market(legs)
    whole, one, two = outlooks([legs, legs[:cut], legs[cut:]], market, AT)
    assert whole.greeks is not None
    assert one.greeks is not None
    assert two.greeks is not None

    for name in ("delta", "gamma", "theta", "vega", "rho"):
        together = getattr(one.greeks, name) + getattr(two.greeks, name)
        assert getattr(whole.greeks, name) == pytest.approx(together, abs=1e-6)


@given(st.lists(legs_drawn, min_size=1, max_size=5))
def test_a_position_looks_the_same_alone_and_in_a_portfolio(
    positions: list[tuple[Leg, ...]],
) -> None:
    market = a_market([leg for legs in positions for leg in legs])
    together = outlooks(positions, market, AT)
    alone = [outlooks([legs], market, AT)[0] for legs in positions]

    for ours, theirs in zip(together, alone, strict=True):
        assert ours.picture is not None
        assert theirs.picture is not None
        assert ours.picture.spots == pytest.approx(theirs.picture.spots, abs=0.02)
        assert ours.picture.today == pytest.approx(theirs.picture.today, abs=1.0)
        assert (ours.modelled is None) == (theirs.modelled is None)
