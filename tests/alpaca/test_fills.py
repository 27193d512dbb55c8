"""Every trade of the account, by whatever hand, read page by page."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from support.scripted_alpaca import Reply, ScriptedAlpaca

from closeout.alpaca import AlpacaBroker
from closeout.domain.orders import Fill, Side
from closeout.domain.settlements import SettlementKind
from closeout.ports import ReadFailed

FILLS = "/v2/account/activities/FILL"
START = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)


class PagedFills(Reply):
    """Alpaca's activities: ascending, at most `page_size`, each page after its token."""

    async def give(self, request: web.BaseRequest) -> web.StreamResponse:
        token = request.query.get("page_token", "")
        rows = [row for row in self.body if row["id"] > token]
        return web.json_response(rows[: int(request.query["page_size"])])


def a_row(number: int, side: str = "buy", price: str = "1.05") -> dict[str, Any]:
    at = START + timedelta(seconds=number)
    return {
        "id": f"{at:%Y%m%d%H%M%S}000::{number:04d}",
        "activity_type": "FILL",
        "transaction_time": at.isoformat(),
        "type": "fill",
        "price": price,
        "qty": "3",
        "side": side,
        "symbol": "SPY261218P00560000",
        "order_id": f"o-{number}",
    }


async def test_a_fill_says_who_traded_what(server: ScriptedAlpaca, broker: AlpacaBroker) -> None:
    row = a_row(1)
    server.on("GET", FILLS, Reply(200, [row]))

    fills = await broker.fills(START)

    at = START + timedelta(seconds=1)
    wanted = Fill(row["id"], "o-1", "SPY261218P00560000", Side.BUY, 3, Decimal("1.05"), at)
    assert (wanted,) == fills
    assert "2026-11-02T14:30:00Z" == server.seen[0].query["after"]


async def test_a_short_sale_of_shares_is_a_sale(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    server.on("GET", FILLS, Reply(200, [a_row(1, side="sell_short")]))

    (fill,) = await broker.fills(START)

    assert Side.SELL is fill.side


async def test_many_fills_are_read_whole_and_once(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    server.on("GET", FILLS, PagedFills(body=[a_row(n) for n in range(250)]))

    fills = await broker.fills(START)

    assert [f"o-{n}" for n in range(250)] == [fill.order_id for fill in fills]
    assert 3 == len(server.seen)


async def test_pages_that_do_not_advance_are_no_answer(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    server.on("GET", FILLS, Reply(200, [a_row(n) for n in range(100)]))

    with pytest.raises(ReadFailed, match="do not advance"):
        await broker.fills(START)


async def test_a_price_that_is_no_number_is_no_answer(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    server.on("GET", FILLS, Reply(200, [a_row(1, price="NaN")]))

    with pytest.raises(ReadFailed):
        await broker.fills(START)


SETTLED = "/v2/account/activities"


async def test_settlements_are_read_with_their_day(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    """Alpaca tells the day alone: it counts from the close, behind that day's orders."""
    rows = [
        {
            "id": f"20261102000000000::{kind}",
            "activity_type": kind,
            "date": "2026-11-02",
            "symbol": symbol,
            "qty": quantity,
            **price,
        }
        for kind, symbol, quantity, price in (
            ("OPASN", "SPY261218P00560000", "2", {}),
            ("OPTRD", "SPY", "200", {"price": "560"}),
        )
    ]
    server.on("GET", SETTLED, Reply(200, rows))

    assigned, traded = await broker.settlements(None)

    assert (SettlementKind.ASSIGNED, "SPY261218P00560000", Decimal(2), None) == (
        assigned.kind,
        assigned.symbol,
        assigned.quantity,
        assigned.price,
    )
    assert (Decimal(200), Decimal(560)) == (traded.quantity, traded.price)
    assert datetime(2026, 11, 2, 21, tzinfo=UTC) == assigned.at


async def test_an_activity_of_a_kind_nobody_asked_for_is_left_out(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    """It explains nothing, and what explains must not keep the account from being read."""
    row = {"id": "1", "date": "2026-11-02", "symbol": "SPY", "qty": "2"}
    kinds = ("DIV", "OPEXP")
    server.on("GET", SETTLED, Reply(200, [row | {"id": it, "activity_type": it} for it in kinds]))

    assert ["OPEXP"] == [each.activity_id for each in await broker.settlements(None)]


async def test_a_settlement_that_was_canceled_has_not_happened(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    row = {"activity_type": "OPASN", "symbol": "AAPL240119C00185000", "qty": "1"}
    rows = [
        row | {"id": status, "date": "2024-01-19", "status": status}
        for status in ("executed", "correct", "canceled")
    ]
    server.on("GET", "/v2/account/activities", Reply(body=rows))

    assert ["executed", "correct"] == [each.activity_id for each in await broker.settlements(None)]
