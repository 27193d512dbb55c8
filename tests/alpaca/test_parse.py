"""Alpaca's rows, read."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout.alpaca import parse
from closeout.alpaca.wire import (
    AccountRow,
    ClockRow,
    OrderRow,
    PositionRow,
    Unreadable,
    UpdateRow,
    decode,
)
from closeout.domain.orders import Execution, Intent, OrderReport, OrderStatus, Side, TradeUpdate

Example = Callable[[str], Any]

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


def order(row: dict[str, Any]) -> OrderReport:
    return parse.order_report(decode(OrderRow, json.dumps(row).encode()))


def update(message: dict[str, Any]) -> TradeUpdate:
    return parse.trade_update(decode(UpdateRow, json.dumps(message["data"]).encode()), NOW)


def test_alpacas_multi_leg_sample_reads_as_it_says(example: Example) -> None:
    report = order(example("mleg_order_response_spec"))

    assert OrderStatus.FILLED == report.status
    assert ("mleg", "limit") == (report.order_class, report.order_type)
    assert (1, 1) == (report.units, report.filled_units)
    assert Decimal(10) == report.limit
    assert Decimal("1.28") == report.net_price
    first, second = report.legs
    assert ("AAPL241213C00250000", Side.BUY, Intent.BUY_TO_OPEN, 3, 3, 3) == (
        first.symbol,
        first.side,
        first.intent,
        first.ratio,
        first.quantity,
        first.filled,
    )
    assert (Decimal("0.01"), Side.SELL, 1) == (second.average_price, second.side, second.ratio)


def test_a_single_leg_order_is_its_own_only_leg(example: Example) -> None:
    report = order(example("option_single_leg_request_and_response")["response"])

    assert OrderStatus.PENDING_NEW == report.status
    assert [report.order_id] == [leg.order_id for leg in report.legs]
    assert (2, 0, 1) == (report.legs[0].quantity, report.legs[0].filled, report.legs[0].ratio)
    assert report.net_price is None


def test_the_net_of_a_credit_comes_from_the_legs_whatever_sign_the_parent_has(
    example: Example,
) -> None:
    row = example("mleg_order_response_spec")
    row["legs"][0]["side"], row["legs"][1]["side"] = "sell", "buy"

    for stated in ("1.28", "-1.28", None):
        row["filled_avg_price"] = stated
        assert Decimal("-1.28") == order(row).net_price


def test_the_parents_net_serves_while_a_leg_has_no_price(example: Example) -> None:
    row = example("mleg_order_response_spec")
    row["legs"][1]["filled_avg_price"] = None

    assert Decimal("1.28") == order(row).net_price


def test_a_status_that_is_new_to_us_keeps_its_name(example: Example) -> None:
    row = example("mleg_order_response_spec") | {"status": "pending_haircut"}
    row["legs"][0]["side"] = "sideways"
    row["legs"][0]["position_intent"] = ""

    report = order(row)

    assert (OrderStatus.UNRECOGNISED, "pending_haircut") == (report.status, report.raw_status)
    assert not report.status.is_final
    assert (None, None) == (report.legs[0].side, report.legs[0].intent)


def test_only_the_id_of_an_order_is_needed_and_new_fields_are_ignored() -> None:
    report = order({"id": "x", "invented": {"deep": [1]}})

    assert ("x", "", 0, ()) == (report.order_id, report.client_order_id, report.units, report.legs)
    assert OrderStatus.UNRECOGNISED == report.status


def test_empty_strings_stand_for_nothing() -> None:
    report = order({"id": "x", "symbol": "SPY", "qty": "", "limit_price": "", "submitted_at": ""})

    assert (0, None, None) == (report.units, report.limit, report.submitted_at)


def test_an_order_without_an_id_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="id"):
        order({"status": "new"})


@pytest.mark.parametrize("price", ["NaN", "Infinity", "-Infinity"])
def test_a_price_that_is_no_number_is_unreadable(price: str) -> None:
    with pytest.raises(Unreadable, match="no number"):
        order({"id": "x", "limit_price": price})


def test_a_time_without_its_zone_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="timezone"):
        order({"id": "x", "submitted_at": "2026-11-23T10:00:00"})


@given(price=st.decimals("-1e9", "1e9", allow_nan=False), quoted=st.booleans())
def test_prices_keep_every_digit_from_strings_and_from_numbers(
    *, price: Decimal, quoted: bool
) -> None:
    text = format(price, "f")
    body = f'{{"id":"x","limit_price":{json.dumps(text) if quoted else text}}}'

    assert price == parse.order_report(decode(OrderRow, body.encode())).limit


def test_a_number_token_never_passes_through_a_float() -> None:
    body = b'{"id":"x","filled_avg_price":0.1000000000000000055511151231257827}'

    assert (
        Decimal("0.1000000000000000055511151231257827") == decode(OrderRow, body).filled_avg_price
    )


def test_a_fractional_share_order_is_cut_to_whole_ones(example: Example) -> None:
    message = example("trade_updates_simple_fill")

    assert 1790 == update(message).order.units


def test_a_multi_leg_fill_tells_each_legs_trade_and_holding(example: Example) -> None:
    told = update(example("trade_updates_mleg_fill"))

    assert ("fill", "01JJ3WE73W5PG672TC4XACXH5R") == (told.event, told.event_id)
    assert (
        Execution(
            execution_id="69a70e98-f370-427d-bcd3-834dc4800aed",
            order_id="3cbe69ef-241c-43ba-9d8c-09361930a1af",
            symbol="AAPL250321P00200000",
            quantity=1,
            price=Decimal("1.6"),
            at=datetime(2025, 1, 21, 7, 32, 40, 695564, tzinfo=UTC),
        )
        == told.executions[0]
    )
    assert (("AAPL250321P00200000", 1), ("AAPL250321C00380000", 1)) == told.positions
    assert Decimal("1.62") == told.order.net_price


def test_a_simple_fill_is_one_trade_of_the_order_itself(example: Example) -> None:
    told = update(example("trade_updates_simple_fill"))

    (execution,) = told.executions
    assert ("2f63ea93-423d-4169-b3f6-3fdafc10c418", "SOLUSD", Decimal("105.8988475")) == (
        execution.execution_id,
        execution.symbol,
        execution.price,
    )
    assert (("SOLUSD", 0),) == told.positions
    assert datetime(2022, 4, 19, 17, 45, 5, 24917, tzinfo=UTC) == told.at


def test_a_cancel_tells_no_trade(example: Example) -> None:
    message = example("trade_updates_simple_fill")
    message["data"]["event"] = "canceled"

    assert () == update(message).executions


def test_a_trade_without_an_id_gets_the_same_name_on_every_repeat(example: Example) -> None:
    message = example("trade_updates_simple_fill")
    del message["data"]["execution_id"]

    names = {update(message).executions[0].execution_id for _ in range(2)}

    assert 1 == len(names)
    message["data"]["order"]["filled_qty"] = "12"
    assert update(message).executions[0].execution_id not in names


def test_a_bust_names_the_trades_that_count_no_more(example: Example) -> None:
    package, single = example("trade_updates_mleg_fill"), example("trade_updates_simple_fill")
    for message in (package, single):
        traded = update(message).executions
        message["data"]["event"] = "trade_bust"

        busted = update(message)

        assert (True, (), traded) == (busted.is_revision, busted.executions, busted.undone)


def test_a_correction_trades_nothing_and_takes_nothing_back(example: Example) -> None:
    message = example("trade_updates_simple_fill")
    message["data"]["event"] = "trade_correct"

    corrected = update(message)

    assert (True, (), ()) == (corrected.is_revision, corrected.executions, corrected.undone)


@pytest.mark.parametrize(("qty", "side"), [("-2", "short"), ("2", "short"), ("-2", None)])
def test_short_holdings_are_negative_however_they_are_told(qty: str, side: str | None) -> None:
    row = PositionRow(symbol="S", qty=Decimal(qty), side=side, qty_available=Decimal(-1))

    holding = parse.holding(row)

    assert (Decimal(-2), Decimal(1)) == (holding.quantity, holding.available)


def test_alpacas_position_sample_reads_as_it_says(example: Example) -> None:
    row = decode(PositionRow, json.dumps(example("option_position")).encode())

    holding = parse.holding(row)

    assert ("PTON240126C00000500", Decimal(2), Decimal(2), Decimal("6.05"), "us_option") == (
        holding.symbol,
        holding.quantity,
        holding.available,
        holding.average_entry,
        holding.asset_class,
    )


def test_alpacas_account_sample_reads_as_it_says(example: Example) -> None:
    account = parse.account(decode(AccountRow, json.dumps(example("account")).encode()))

    assert ("PALPACA_123", "ACTIVE", 2, None) == (
        account.number,
        account.status,
        account.options_level,
        account.blocked_reason,
    )
    assert Decimal("122716.305") == account.options_buying_power


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"account_blocked": True}, "blocked the account"),
        ({"trading_blocked": True}, "blocked trading"),
        ({"trade_suspended_by_user": True}, "suspend_trade"),
        ({"status": "ACCOUNT_CLOSED"}, "ACCOUNT_CLOSED"),
    ],
)
def test_an_account_that_may_not_trade_says_why(
    example: Example, change: dict[str, Any], word: str
) -> None:
    row = decode(AccountRow, json.dumps(example("account") | change).encode())

    assert word in (parse.account(row).blocked_reason or "")


def test_alpacas_clock_sample_reads_as_it_says(example: Example) -> None:
    clock = parse.market_clock(decode(ClockRow, json.dumps(example("clock")).encode()))

    assert clock.is_open
    assert datetime(2025, 6, 24, 20, tzinfo=UTC) == clock.next_close
    assert datetime(2025, 6, 24, 18, 15, 22, tzinfo=UTC) == clock.at
