"""What the command line prints of the server's real answers."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from support.bench import LONG_CALL, LONG_PUT, SHORT_CALL, SHORT_PUT, Bench
from support.desk import Json, Shop, served
from support.eventually import eventually, settle

from closeout.cli import positions, render, render_preview, render_report
from closeout.cli.http import ServerRefused
from closeout.cli.render import console
from closeout.domain.deliverables import ContractTerms, Deliverable

FILLS = dict.fromkeys((SHORT_PUT, SHORT_CALL), Decimal("2.06")) | dict.fromkeys(
    (LONG_PUT, LONG_CALL), Decimal("1.05")
)


def printed(render: Callable[[Json], None], answer: Json, *, width: int = 160) -> str:
    console.width = width
    with console.capture() as capture:
        render(answer)
    return capture.get()


async def closed(shop: Shop) -> str:
    close_id = str((await shop.close_strategy()).json()["close_id"])
    shop.bench.broker.fill(prices=FILLS)
    await eventually(lambda: shop.bench.state(close_id).phase.is_end)
    await settle()
    return close_id


async def test_a_preview_shows_orders_money_account_and_warnings(shop: Shop) -> None:
    preview = (await shop.preview(order_type="limit", limit_price_offset="0.05")).json()

    text = printed(render_preview.preview, preview)

    for said in (
        "indicative quotes",
        "Order 1 of 1: limit 2.05, day, 10 units",
        "net mid 2.00, natural 2.20, worst 2.05",
        "2.00 × 2.10",
        "10 × 10",
        "ORF 0.15, OCC 0.25",
        "CAT 0.003",
        "about $1.67 in all, by unconfirmed rates",
        "+$100,000.00 → +$107,950.00 (margin released +$10,000.00)",
        "Risk: max loss",
        "info: Quotes are from the free indicative feed",
        "Holds until 15:00:30 UTC",
        preview["preview_id"],
    ):
        assert said in text, text


async def test_nothing_of_an_order_is_cut_in_a_narrow_terminal(shop: Shop) -> None:
    """80 columns is what terminals open with; a contract without its strike is no preview."""
    preview = (await shop.preview(order_type="limit", limit_price_offset="0.05")).json()

    text = printed(render_preview.preview, preview, width=80)

    assert "…" not in text, text
    for leg in preview["orders"][0]["legs"]:
        assert f" {leg['symbol']} " in text, text
    assert text.count("CAT 0.003") == len(preview["orders"][0]["legs"])
    assert max(map(len, text.splitlines())) <= 80


async def test_orders_that_would_go_instead_are_listed(shop: Shop) -> None:
    terms = {"order_type": "limit", "limit_price_offset": "0.05", "if_refused": "leg_in"}

    text = printed(render_preview.preview, (await shop.preview(**terms)).json())

    assert "If it is refused as a package, one after another:" in text
    assert f"buy to close 10 {SHORT_PUT}, limit 2.06" in text


async def test_a_problem_is_the_last_word(shop: Shop) -> None:
    answer = (await shop.preview(leg_id=shop.bench.leg(LONG_CALL).id)).json()

    text = printed(render_preview.preview, answer)

    assert "Uncovered short contracts: 0 → 10" in text
    assert "Remains: -10" in text
    assert "danger: This would leave 10 short contracts naked" in text
    assert answer["problem"][:40] in text.splitlines()[-2] + text.splitlines()[-1]


async def test_a_report_names_three_instants_and_the_feed(shop: Shop) -> None:
    close_id = await closed(shop)

    text = printed(render_report.report, (await shop.get(f"/api/closes/{close_id}"))["report"])

    for said in ("Decision", "First send", "Fill", "2¢  $20.00", "10%", "indicative", "$1.67"):
        assert said in text, text


async def test_history_has_a_row_a_close_and_the_totals(shop: Shop) -> None:
    await closed(shop)

    text = printed(render_report.history, await shop.get("/api/history"))

    assert "SPY Iron Condor" in text
    assert "All: 1 of 1 closed" in text
    assert "market: 1 of 1 closed" in text


async def test_an_empty_history_says_so(shop: Shop) -> None:
    history = await shop.get("/api/history")

    assert "No ended closes yet." in printed(render_report.history, history)


@pytest.mark.parametrize(("share", "text"), [(None, "—"), ("0.1", "10%"), ("-0.905", "-90%")])
def test_a_share_is_told_in_percent(share: str | None, text: str) -> None:
    assert text == render_report.percent(share)


async def test_an_adjusted_contract_is_told_under_its_legs(empty_bench: Bench) -> None:
    adjusted = "SPY1261218C00600000"
    empty_bench.broker.hold(adjusted, -1)
    empty_bench.broker.terms[adjusted] = ContractTerms(100, (Deliverable("SPY", Decimal(150)),))
    async with served(empty_bench) as shop:
        text = printed(render.positions, await shop.get("/api/positions"))

    assert "it delivers 150 SPY. Payoff and margin are not known" in text.replace("\n", " ")


READING = {"status": "error", "reading": True, "positions": [], "message": "It is being read."}


def test_a_server_that_has_just_started_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    condor = {"id": "pos_1", "ticker": "SPY", "strategy": "Iron Condor"}
    known = {"status": "success", "reading": False, "positions": [condor], "message": None}
    answers, waits = iter([READING, READING, known]), list[float]()
    monkeypatch.setattr(positions, "get", lambda _: next(answers))
    monkeypatch.setattr("closeout.cli.positions.time.sleep", waits.append)

    assert condor == positions.find_position("spy")
    assert 2 == len(waits)


def test_no_position_of_an_unread_account_is_called_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(positions, "get", lambda _: READING | {"reading": False})

    with pytest.raises(ServerRefused, match="It is being read"):
        positions.find_position("SPY")
