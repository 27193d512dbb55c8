"""Requests as clients write them: strings or numbers, Python's booleans, nanoseconds."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from alpaca_simulator.exchange.orders import OrderClass, PositionIntent, Side
from alpaca_simulator.exchange.refusals import Refusal
from alpaca_simulator.wire.bodies import read_order, read_replacement
from alpaca_simulator.wire.params import BadParameter, Query


def body(**fields: object) -> bytes:
    return msgspec.json.encode({"type": "limit", "time_in_force": "day", "qty": "1", **fields})


def test_numbers_may_be_strings_or_json_numbers() -> None:
    as_text = read_order(body(qty="2", limit_price="-0.35"))
    as_number = read_order(body(qty=2.0, limit_price=-0.35))
    assert as_text == as_number
    assert Decimal("-0.35") == as_number.limit_price


def test_a_package_is_read_with_its_legs() -> None:
    leg = {"symbol": "X", "ratio_qty": 1.0, "side": "buy", "position_intent": "buy_to_close"}
    order = read_order(body(order_class="mleg", legs=[leg]))
    assert OrderClass.MLEG is order.order_class
    [read] = order.legs
    assert (Decimal(1), Side.BUY) == (read.ratio_qty, read.side)
    assert PositionIntent.BUY_TO_CLOSE is read.position_intent


def test_an_empty_order_class_and_unknown_fields_are_harmless() -> None:
    assert read_order(body(order_class="", something_new=1)).order_class is None


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"qty": "many"}, "qty"),
        ({"qty": "NaN"}, "qty"),
        ({"limit_price": "Infinity"}, "limit_price"),
        ({"type": "lmit"}, "type"),
        ({"type": None}, "type"),
        ({"side": "long"}, "side"),
        ({"legs": [{"ratio_qty": "1"}]}, "leg.0 symbol"),
        ({"legs": [{"symbol": "X"}]}, "leg.0 ratio_qty"),
    ],
)
def test_what_cannot_be_read_is_named(fields: dict[str, object], named: str) -> None:
    with pytest.raises(BadParameter, match=named):
        read_order(body(**fields))


def test_a_body_that_is_no_json_is_a_bad_request() -> None:
    with pytest.raises(Refusal) as refused:
        read_replacement(b"qty=1")
    assert (400, 40010000) == (refused.value.status, refused.value.code)


@pytest.mark.parametrize(("text", "expected"), [("True", True), ("true", True), ("False", False)])
def test_booleans_may_be_written_as_python_does(text: str, *, expected: bool) -> None:
    assert expected is Query({"nested": text}).flag("nested")


def test_an_absent_flag_is_none() -> None:
    assert Query({}).flag("nested") is None


def test_times_with_nanoseconds_and_plain_dates_are_read() -> None:
    query = Query({"after": "2024-12-10T16:15:53.677230742Z", "until": "2024-12-11"})
    assert datetime(2024, 12, 10, 16, 15, 53, 677230, UTC) == query.moment("after")
    assert datetime(2024, 12, 11, tzinfo=UTC) == query.moment("until")


def test_a_limit_out_of_range_is_refused() -> None:
    with pytest.raises(BadParameter, match="limit"):
        Query({"limit": "501"}).integer("limit", default=50, most=500)


def test_lists_lose_blanks_and_repeats_and_keep_their_order() -> None:
    assert ["B", "A"] == Query({"symbols": "B,,A, B"}).listed("symbols")
