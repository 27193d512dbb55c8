"""What goes over the wire as an order."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout.alpaca.requests import decimal_text, order_body
from closeout.domain.orders import OrderType, Side, Ticket, TicketLeg


def a_ticket(
    *legs: TicketLeg, units: int = 1, limit: Decimal | None = None, client_id: str = "c-1"
) -> Ticket:
    return Ticket(
        client_order_id=client_id,
        units=units,
        legs=legs,
        order_type=OrderType.MARKET if limit is None else OrderType.LIMIT,
        limit=limit,
    )


CONDOR = (
    TicketLeg("SPY261218P00450000", 1, Side.SELL),
    TicketLeg("SPY261218P00460000", 1, Side.BUY),
    TicketLeg("SPY261218C00520000", 1, Side.BUY),
    TicketLeg("SPY261218C00530000", 1, Side.SELL),
)


def sent(ticket: Ticket) -> dict[str, Any]:
    body = json.loads(order_body(ticket))
    assert isinstance(body, dict)
    return body


def test_a_condor_is_closed_by_one_multi_leg_order() -> None:
    body = sent(a_ticket(*CONDOR, units=10, limit=Decimal("1.25"), client_id="close-7-0-1"))

    assert {
        "client_order_id": "close-7-0-1",
        "order_class": "mleg",
        "type": "limit",
        "time_in_force": "day",
        "limit_price": "1.25",
        "qty": "10",
        "legs": [
            {
                "symbol": "SPY261218P00450000",
                "ratio_qty": "1",
                "side": "sell",
                "position_intent": "sell_to_close",
            },
            {
                "symbol": "SPY261218P00460000",
                "ratio_qty": "1",
                "side": "buy",
                "position_intent": "buy_to_close",
            },
            {
                "symbol": "SPY261218C00520000",
                "ratio_qty": "1",
                "side": "buy",
                "position_intent": "buy_to_close",
            },
            {
                "symbol": "SPY261218C00530000",
                "ratio_qty": "1",
                "side": "sell",
                "position_intent": "sell_to_close",
            },
        ],
    } == body


def test_a_package_uses_only_the_fields_of_alpacas_samples(example: Any) -> None:
    body = sent(a_ticket(*CONDOR, limit=Decimal(1)))
    sample = example("mleg_close_and_roll_request")

    assert set(sample) | {"client_order_id"} == set(body)
    assert set(sample["legs"][0]) == set(body["legs"][0])


def test_a_single_leg_is_a_simple_order_with_its_intent() -> None:
    body = sent(a_ticket(TicketLeg("AMD261218C00150000", 1, Side.SELL), units=3))

    assert {
        "client_order_id": "c-1",
        "type": "market",
        "time_in_force": "day",
        "symbol": "AMD261218C00150000",
        "qty": "3",
        "side": "sell",
        "position_intent": "sell_to_close",
    } == body


def test_a_net_credit_goes_out_negative() -> None:
    body = sent(a_ticket(*CONDOR[:2], limit=Decimal("-0.35")))

    assert "-0.35" == body["limit_price"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("-0.00"), "0"),
        (Decimal("1.20"), "1.20"),
        (Decimal("0E-12"), "0"),
    ],
)
def test_prices_are_plain_digits(number: Decimal, text: str) -> None:
    assert text == decimal_text(number)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_price_reads_back_as_itself(number: Decimal) -> None:
    text = decimal_text(number)

    assert number == Decimal(text)
    assert "e" not in text.lower()


_SYMBOLS = [f"SPY261218P00{strike}000" for strike in (450, 455, 460, 465)]


@st.composite
def tickets(draw: st.DrawFn) -> Ticket:
    symbols = draw(st.lists(st.sampled_from(_SYMBOLS), min_size=1, max_size=4, unique=True))
    legs = [
        TicketLeg(symbol, draw(st.integers(1, 9)), draw(st.sampled_from(Side)))
        for symbol in symbols
    ]
    limit = draw(st.none() | st.decimals("-999", "999", places=2))
    return a_ticket(*legs, units=draw(st.integers(1, 5_000)), limit=limit)


def contracts_asked(body: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """Contracts and intent per symbol, as Alpaca counts: `qty` times `ratio_qty`."""
    if "legs" not in body:
        return {body["symbol"]: (int(body["qty"]), body["position_intent"])}
    return {
        leg["symbol"]: (int(body["qty"]) * int(leg["ratio_qty"]), leg["position_intent"])
        for leg in body["legs"]
    }


@given(tickets())
def test_every_leg_asks_for_units_times_ratio_and_always_closes(ticket: Ticket) -> None:
    asked = contracts_asked(sent(ticket))

    assert {
        leg.symbol: (ticket.units * leg.ratio, f"{leg.side}_to_close") for leg in ticket.legs
    } == asked


@given(tickets())
def test_the_limit_sent_is_the_limit_asked_for(ticket: Ticket) -> None:
    body = sent(ticket)

    assert ticket.limit == (Decimal(body["limit_price"]) if "limit_price" in body else None)
