"""The fill model alone: prices, probabilities, sizes, and how a net price becomes leg prices."""

import math
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpaca_simulator.exchange.chance import Chance
from alpaca_simulator.exchange.curves import Curve, IntensityCurve, NbboCurve, OddsCurve
from alpaca_simulator.exchange.fills import Offer, OfferedLeg, TouchModel, shared_out
from alpaca_simulator.exchange.orders import Side
from alpaca_simulator.exchange.quotes import Quote

AT = datetime(2026, 3, 4, 15, tzinfo=UTC)
MODEL = TouchModel(OddsCurve(seconds_at_mid=40), partial_chance=0)


def cents(value: int) -> Decimal:
    return Decimal(value).scaleb(-2)


def offered(side: Side, bid: int, ask: int, ratio: int = 1, shown: int = 50) -> OfferedLeg:
    quote = Quote("X", cents(bid), shown if bid else 0, cents(ask), shown, AT)
    return OfferedLeg(quote, side, ratio, shown if bid or side is Side.BUY else 0)


def condor(limit: str | None, units: int = 10) -> Offer:
    legs = (
        offered(Side.SELL, 100, 104),
        offered(Side.BUY, 200, 206),
        offered(Side.BUY, 180, 186),
        offered(Side.SELL, 90, 94),
    )
    return Offer(legs, units, None if limit is None else Decimal(limit))


LEGS = st.builds(
    lambda side, bid, width, ratio: offered(side, bid, bid + width, ratio),
    st.sampled_from(Side),
    st.integers(0, 3000),
    st.integers(1, 60),
    st.integers(1, 3),
)


def test_natural_buys_at_asks_and_sells_at_bids() -> None:
    assert (Decimal("2.02"), Decimal("1.82")) == (condor(None).natural, condor(None).far)


def test_a_market_order_trades_at_natural() -> None:
    fill = MODEL.fill(condor(None), 0, Chance(1))
    assert fill is not None
    assert (Decimal("1.00"), Decimal("2.06"), Decimal("1.86"), Decimal("0.90")) == fill.prices


@pytest.mark.parametrize("limit", ["2.02", "2.50"])
def test_a_limit_at_or_beyond_natural_trades_at_natural_at_once(limit: str) -> None:
    fill = MODEL.fill(condor(limit), 0, Chance(1))
    assert fill is not None
    assert Decimal("2.02") == -fill.prices[0] + fill.prices[1] + fill.prices[2] - fill.prices[3]


@pytest.mark.parametrize("limit", ["1.82", "1.00", "-3.00"])
def test_a_limit_at_or_short_of_the_far_side_never_trades(limit: str) -> None:
    assert None is MODEL.fill(condor(limit), 1_000_000, Chance(1))


def test_a_limit_inside_trades_at_its_limit_when_luck_has_it() -> None:
    fill = MODEL.fill(condor("1.92"), 1_000_000, Chance(1))
    assert fill is not None
    assert Decimal("1.92") == -fill.prices[0] + fill.prices[1] + fill.prices[2] - fill.prices[3]


def test_at_the_middle_the_mean_wait_is_the_scenarios() -> None:
    chance, waits = Chance(5), []
    for _ in range(2000):
        seconds = 1
        while MODEL.fill(condor("1.92"), 1, chance) is None:
            seconds += 1
        waits.append(seconds)
    assert 37 < sum(waits) / len(waits) < 44


@given(st.integers(-500, 500), st.integers(1, 200), st.integers(0, 200), st.floats(0.01, 60))
def test_the_nearer_to_natural_the_likelier(
    far: int, width: int, place: int, seconds: float
) -> None:
    natural = cents(far + width)
    limits = [cents(far + step) for step in sorted((place, place + 1))]
    less, more = (MODEL.probability(limit, natural, cents(far), seconds) for limit in limits)
    assert 0 <= less <= more <= 1
    assert (limits[1] < natural) or 1 == more
    assert (limits[0] > cents(far)) or 0 == less


@given(st.integers(1, 199), st.floats(0.1, 30))
def test_the_longer_the_likelier_and_two_halves_make_a_whole(place: int, seconds: float) -> None:
    def missed(time: float) -> float:
        return 1 - MODEL.probability(cents(place), cents(200), cents(0), time)

    assert missed(2 * seconds) <= missed(seconds)
    assert pytest.approx(missed(seconds) ** 2, abs=1e-9) == missed(2 * seconds)


def test_no_fill_exceeds_the_units_shown_on_the_thinnest_leg() -> None:
    legs = (
        offered(Side.BUY, 100, 104, 2, shown=7),
        offered(Side.SELL, 90, 94, 1, shown=50),
    )
    fill = MODEL.fill(Offer(legs, 10, None), 1, Chance(1))
    assert fill is not None
    assert 3 == fill.units


def test_a_package_wider_than_what_is_shown_waits() -> None:
    legs = (offered(Side.BUY, 100, 104, 3, shown=2), offered(Side.SELL, 90, 94))
    assert None is MODEL.fill(Offer(legs, 1, None), 1, Chance(1))


def test_a_market_order_waits_for_a_bid_that_a_limit_order_need_not_have() -> None:
    legs = (offered(Side.BUY, 200, 206), offered(Side.SELL, 0, 5))
    assert None is MODEL.fill(Offer(legs, 3, None), 60, Chance(1))
    at_natural = MODEL.fill(Offer(legs, 3, Decimal("2.06")), 1, Chance(1))
    assert at_natural is not None
    assert (3, (Decimal("2.06"), Decimal("0.00"))) == (at_natural.units, at_natural.prices)


def test_the_first_cent_better_than_natural_goes_to_the_leg_without_a_bid() -> None:
    legs = (offered(Side.BUY, 200, 206), offered(Side.SELL, 0, 5))
    prices = shared_out(Offer(legs, 1, Decimal("2.05")), Decimal("2.05"))
    assert (Decimal("2.06"), Decimal("0.01")) == prices


def test_paper_like_partial_fills_stop_short_of_the_whole_order() -> None:
    model, chance = TouchModel(OddsCurve(40), partial_chance=1), Chance(3)
    sizes = {fill.units for _ in range(200) if (fill := model.fill(condor(None), 1, chance))}
    assert set(range(1, 10)) == sizes


@given(st.lists(LEGS, min_size=1, max_size=4), st.data())
def test_leg_prices_net_to_the_price_or_better_and_stay_within_their_quotes(
    legs: list[OfferedLeg], data: st.DataObject
) -> None:
    offer = Offer(tuple(legs), 1, None)
    width = int((offer.natural - offer.far) * 100)
    price = offer.natural - cents(data.draw(st.integers(0, width)))
    prices = shared_out(offer, price)
    net = sum((leg.weight * each for leg, each in zip(legs, prices, strict=True)), Decimal(0))
    assert net <= price
    assert price - net < cents(max(leg.ratio for leg in legs))
    if any(leg.ratio == 1 for leg in legs):
        assert price - net <= cents(max(leg.ratio for leg in legs) - 1)
    for leg, each in zip(legs, prices, strict=True):
        assert leg.quote.bid <= each <= leg.quote.ask


@pytest.mark.parametrize("curve", [OddsCurve(40), IntensityCurve(40)])
def test_curves_agree_at_mid_and_grow_toward_natural(curve: Curve) -> None:
    rates = [curve.rate(x / 100) for x in range(1, 100)]

    assert 1 / 40 == pytest.approx(curve.rate(0.5))
    assert sorted(rates) == rates


def test_intensity_falls_by_its_decay_with_each_half_spread() -> None:
    assert math.exp(-3) == pytest.approx(
        IntensityCurve(40).rate(0.5) / IntensityCurve(40).rate(1 - 1e-12)
    )


def test_where_only_the_nbbo_trades_a_limit_waits_for_the_market() -> None:
    model = TouchModel(NbboCurve(), partial_chance=0)

    assert model.fill(condor("2.01"), 3600, Chance(1)) is None
    assert model.fill(condor("2.02"), 0, Chance(1)) is not None
