"""What one unit of a package trades at: debit positive, credit negative."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import a_quote, a_ticket, call, put

from closeout.domain.errors import NoPrice
from closeout.domain.orders import Side, TicketLeg
from closeout.domain.pricing import net_quote
from closeout.domain.quotes import NetQuote, Quote

LOW, HIGH = put(440), put(450)


def quotes(**sides: tuple[str | None, str | None]) -> dict[str, Quote]:
    symbols = {"low": LOW, "high": HIGH}
    return {symbols[key]: a_quote(symbols[key], bid, ask) for key, (bid, ask) in sides.items()}


def net(natural: str, mid: str, far: str) -> NetQuote:
    return NetQuote(natural=Decimal(natural), mid=Decimal(mid), far=Decimal(far))


def test_closing_a_credit_spread_costs_a_debit() -> None:
    """Buy the short put at its ask, sell the long one at its bid."""
    legs = a_ticket((HIGH, 1), (LOW, -1)).legs

    assert net("1.30", "1.20", "1.10") == net_quote(
        legs, quotes(high=("2.00", "2.10"), low=("0.80", "0.90"))
    )


def test_closing_a_debit_spread_brings_a_credit() -> None:
    legs = a_ticket((HIGH, -1), (LOW, 1)).legs

    assert net("-1.10", "-1.20", "-1.30") == net_quote(
        legs, quotes(high=("2.00", "2.10"), low=("0.80", "0.90"))
    )


def test_ratios_weigh_the_legs_and_the_number_of_units_does_not() -> None:
    """A 1-2-1 butterfly trades at one price, however many of it there are."""
    parts = ((call(440), -1), (call(450), 2), (call(460), -1))
    legs_quoted = {
        symbol: a_quote(symbol, bid, ask)
        for (symbol, _), (bid, ask) in zip(
            parts, (("12.00", "12.20"), ("5.00", "5.10"), ("1.00", "1.10")), strict=True
        )
    }
    one, forty = a_ticket(*parts, units=1), a_ticket(*parts, units=40)

    assert net("-2.80", "-3.05", "-3.30") == net_quote(one.legs, legs_quoted)
    assert net_quote(one.legs, legs_quoted) == net_quote(forty.legs, legs_quoted)


def test_a_bid_of_zero_is_an_answer() -> None:
    """Nobody bids for the long put: it brings nothing at once, half its ask at mid."""
    legs = a_ticket((HIGH, 1), (LOW, -1)).legs

    assert net("2.10", "2.025", "1.95") == net_quote(
        legs, quotes(high=("2.00", "2.10"), low=("0.00", "0.05"))
    )


@pytest.mark.parametrize(
    "low",
    [
        (None, "0.05"),
        ("0.01", None),
        (None, None),
        ("0.00", "0.00"),  # no offer
    ],
)
def test_a_quote_without_both_sides_gives_no_price(low: tuple[str | None, str | None]) -> None:
    legs = a_ticket((HIGH, 1), (LOW, -1)).legs

    with pytest.raises(NoPrice, match=LOW):
        net_quote(legs, quotes(high=("2.00", "2.10"), low=low))


def test_a_leg_without_a_quote_gives_no_price() -> None:
    with pytest.raises(NoPrice, match=LOW):
        net_quote(a_ticket((HIGH, 1), (LOW, -1)).legs, quotes(high=("2.00", "2.10")))


cents = st.integers(0, 5_000)
packages = st.lists(
    st.tuples(st.sampled_from(Side), st.integers(1, 3), cents, cents), min_size=1, max_size=4
)


@given(packages)
def test_natural_is_never_better_than_mid_nor_mid_than_far(
    parts: list[tuple[Side, int, int, int]],
) -> None:
    legs, known = _package(parts)

    quote = net_quote(legs, known)

    assert quote.far <= quote.mid <= quote.natural
    assert quote.mid == (quote.natural + quote.far) / 2


@given(packages)
def test_turning_every_side_turns_the_signs_and_swaps_the_ends(
    parts: list[tuple[Side, int, int, int]],
) -> None:
    legs, known = _package(parts)
    turned = [
        TicketLeg(leg.symbol, leg.ratio, Side.SELL if leg.side is Side.BUY else Side.BUY)
        for leg in legs
    ]

    quote, other = net_quote(legs, known), net_quote(turned, known)

    assert (-quote.far, -quote.mid, -quote.natural) == (other.natural, other.mid, other.far)


def _package(
    parts: list[tuple[Side, int, int, int]],
) -> tuple[list[TicketLeg], dict[str, Quote]]:
    legs = [
        TicketLeg(call(400 + number), ratio, side)
        for number, (side, ratio, _, _) in enumerate(parts)
    ]
    known = {
        leg.symbol: a_quote(leg.symbol, f"{bid / 100:.2f}", f"{(bid + width + 1) / 100:.2f}")
        for leg, (_, _, bid, width) in zip(legs, parts, strict=True)
    }
    return legs, known


def test_a_quote_knows_its_mid_its_bid_and_when_it_is_crossed() -> None:
    plain, bidless, crossed = (
        a_quote(LOW, "1.00", "1.05"),
        a_quote(LOW, "0.00", "0.05"),
        a_quote(LOW, "1.05", "1.00"),
    )

    assert (Decimal("1.025"), True, False) == (plain.mid, plain.has_bid, plain.is_crossed)
    assert (Decimal("0.025"), False, False) == (bidless.mid, bidless.has_bid, bidless.is_crossed)
    assert crossed.is_crossed
