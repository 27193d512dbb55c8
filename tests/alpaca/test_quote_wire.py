"""Frames of the quote streams, read."""

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout.alpaca.quote_wire import frames, quote
from closeout.alpaca.wire import Unreadable
from closeout.domain.quotes import Quote

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
AT = datetime(2024, 3, 12, 11, 59, 38, 897261, tzinfo=UTC)
SAMPLE = {
    "T": "q",
    "S": "SPXW240327P04925000",
    "t": AT,
    "bx": "C",
    "bp": 9.46,
    "bs": 53,
    "ax": "C",
    "ap": 9.66,
    "as": 38,
    "c": "A",
}
MEANT = Quote("SPXW240327P04925000", Decimal("9.46"), Decimal("9.66"), 53, 38, AT)


def read(payload: bytes) -> list[Quote]:
    return [quote(frame, NOW) for frame in frames(payload) if frame.is_quote]


def test_a_message_pack_quote_is_read_with_its_timestamp_extension() -> None:
    payload = msgspec.msgpack.encode([SAMPLE])

    assert b"\xd7\xff" in payload, "an 8-byte extension of type -1"
    assert [MEANT] == read(payload)


def test_a_json_quote_is_read_the_same() -> None:
    text = json.dumps([SAMPLE | {"t": "2024-03-12T11:59:38.897261Z", "c": ["R"], "z": "C"}])

    assert [MEANT] == read(text.encode())


def test_a_zero_bid_stays_zero_and_a_missing_side_is_none() -> None:
    (got,) = read(msgspec.msgpack.encode([{"T": "q", "S": "A", "t": AT, "bp": 0.0}]))

    assert (Decimal(0), None) == (got.bid, got.ask)
    assert not got.has_bid


@pytest.mark.parametrize("price", [math.nan, math.inf, -math.inf])
def test_a_price_that_is_no_number_was_not_given(price: float) -> None:
    (got,) = read(msgspec.msgpack.encode([SAMPLE | {"bp": price}]))

    assert got.bid is None


@pytest.mark.parametrize("size", [math.nan, math.inf, -math.inf])
def test_a_size_that_is_no_number_was_not_given(size: float) -> None:
    (got,) = read(msgspec.msgpack.encode([SAMPLE | {"bs": size}]))

    assert 0 == got.bid_size


@pytest.mark.parametrize("encode", [msgspec.msgpack.encode, msgspec.json.encode])
def test_a_time_without_a_zone_is_unreadable(encode: Callable[[object], bytes]) -> None:
    """Nobody could compare it with the one that is known."""
    with pytest.raises(Unreadable):
        frames(encode([SAMPLE | {"t": "2024-03-12T11:59:38.897261"}]))


def test_a_quote_without_a_time_gets_that_of_its_arrival() -> None:
    (got,) = read(msgspec.msgpack.encode([{"T": "q", "S": "A"}]))

    assert NOW == got.at


def test_other_messages_in_a_frame_are_no_quotes() -> None:
    others = [{"T": "t", "S": "A", "p": 1.5}, {"T": "new", "S": {"odd": 1}}]

    with pytest.raises(Unreadable):
        frames(msgspec.msgpack.encode(others))
    assert [MEANT] == read(msgspec.msgpack.encode([others[0], SAMPLE]))


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"[", b'{"T":"q"}', b"\x93\x01", b"\xff\xfe"])
def test_what_is_no_frame_is_unreadable(payload: bytes) -> None:
    with pytest.raises(Unreadable):
        frames(payload)


@given(st.integers(0, 10_000_000), st.integers(0, 4))
def test_every_price_comes_back_as_the_decimal_that_was_meant(units: int, places: int) -> None:
    meant = Decimal(units).scaleb(-places)

    (got,) = read(msgspec.msgpack.encode([SAMPLE | {"bp": float(meant)}]))

    assert meant == got.bid
