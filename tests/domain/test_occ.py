"""OCC symbols: what is read is written back, and nothing else is read."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout.domain.errors import NotAnOccSymbol
from closeout.domain.occ import OccSymbol, Right, option_or_none

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
roots = st.builds(
    lambda letters, digit: letters + digit,
    st.text(_LETTERS, min_size=1, max_size=5),
    st.sampled_from(["", "1", "2"]),
)
symbols = st.builds(
    OccSymbol,
    root=roots,
    # Two digits of the year reach from 1969 to 2068.
    expiry=st.dates(date(2000, 1, 1), date(2068, 12, 31)),
    right=st.sampled_from(Right),
    strike=st.integers(1, 99_999_999).map(lambda mills: Decimal(mills).scaleb(-3)),
)


@given(symbols)
def test_what_is_written_is_read_back(symbol: OccSymbol) -> None:
    assert symbol == OccSymbol.parse(str(symbol))


@given(symbols)
def test_what_is_read_is_written_back(symbol: OccSymbol) -> None:
    text = str(symbol)

    assert text == str(OccSymbol.parse(text))


def test_every_part_is_read() -> None:
    expected = OccSymbol("SPY", date(2026, 12, 18), Right.PUT, Decimal(450))

    assert expected == OccSymbol.parse("SPY261218P00450000")


def test_a_strike_is_exact_to_a_tenth_of_a_cent() -> None:
    assert Decimal("7.125") == OccSymbol.parse("F261218C00007125").strike


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SPY",
        "261218P00450000",  # no root
        "SPY261218P0045000",  # a digit short
        "SPY261218X00450000",  # neither call nor put
        "SPY261218p00450000",
        "spy261218P00450000",
        "SPY261318P00450000",  # the thirteenth month
        "SPY260230P00450000",  # the thirtieth of February
        "SPY261218P00000000",  # no strike
        "SPY26121 P00450000",
        "SPY261218P0045000O",  # a letter for a zero
        "SPY261218P+0450000",  # what `int` would read
        "SPY261218P00_50000",
        "SPY261218P\u0660\u0660450000",  # digits, but not ASCII ones
        "ÉTÉ261218P00450000",
        "SPY\uff11261218P00450000",
        "1SPY261218P00450000",
        "BRK.B261218P00450000",
        "TOOLONG261218P00450000",
        "SPY   261218P00450000",  # the padded form of the tape
        " SPY261218P00450000",
        "SPY261218P00450000\n",
    ],
)
def test_anything_else_is_refused_with_the_text_named(text: str) -> None:
    with pytest.raises(NotAnOccSymbol, match="is not an OCC option symbol") as caught:
        OccSymbol.parse(text)

    assert repr(text) in str(caught.value)
    assert option_or_none(text) is None


@given(st.text(max_size=24))
def test_no_text_breaks_the_reader(text: str) -> None:
    option = option_or_none(text)

    assert option is None or text == str(option)


def test_an_adjusted_root_names_its_underlying() -> None:
    adjusted = OccSymbol.parse("AAPL1261218C00150000")

    assert ("AAPL1", "AAPL", True) == (adjusted.root, adjusted.underlying, adjusted.is_adjusted)


def test_a_plain_root_is_its_underlying() -> None:
    plain = OccSymbol.parse("AAPL261218C00150000")

    assert ("AAPL", False) == (plain.underlying, plain.is_adjusted)


@pytest.mark.parametrize(("right", "word"), [(Right.CALL, "Call"), (Right.PUT, "Put")])
def test_a_right_has_a_word(right: Right, word: str) -> None:
    assert word == right.word
