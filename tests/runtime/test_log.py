"""Every step of a close is in the log, with what is needed to follow it and never a key."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs
from support.bench import CONDOR, Bench
from support.eventually import settle
from support.fakes import ACCOUNT, refuse

from closeout.bootstrap import credentials
from closeout.closing.state import Phase
from closeout.config import Settings

Line = dict[str, Any]


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    with capture_logs() as captured:
        yield captured  # type: ignore[misc] # structlog's own mapping type


def steps(lines: list[Line], close_id: str) -> list[Line]:
    return [
        line for line in lines if "close.step" == line["event"] and close_id == line["close_id"]
    ]


async def test_each_step_carries_every_id_the_symbols_and_the_account(
    bench: Bench, lines: list[Line]
) -> None:
    runner = await bench.open()
    bench.broker.fill()
    state = await bench.reaches(runner.state.close_id, Phase.CLOSED)

    told = steps(lines, state.close_id)
    assert ["CloseOpened", "OrderReported", "OrderReported", "HoldingsRead"] == [
        line["happened"] for line in told
    ]
    for line in told:
        assert ACCOUNT == line["account"]
        assert list(CONDOR) == line["symbols"]
        assert state.attempt.ticket.client_order_id == line["client_order_id"]
    assert [None, "order-2", "order-2", "order-2"] == [line["order_id"] for line in told]
    assert ["sending", "working", "verifying", "closed"] == [line["phase"] for line in told]


async def test_a_fill_is_told_with_its_prices_and_quantities(
    bench: Bench, lines: list[Line]
) -> None:
    runner = await bench.open()
    bench.broker.fill(units=3, prices=dict.fromkeys(CONDOR, Decimal("1.23")))
    await settle()

    told = steps(lines, runner.state.close_id)[-1]
    assert dict.fromkeys(CONDOR, "1.23") == told["prices"]
    assert dict.fromkeys(CONDOR, 3) == told["filled"]
    assert ("partially_filled", "stream") == (told["status"], told["source"])


async def test_a_refusal_is_told_in_the_brokers_words(bench: Bench, lines: list[Line]) -> None:
    bench.broker.script(refuse("active assignment lock on SPY"))
    runner = await bench.open()

    told = steps(lines, runner.state.close_id)[-1]
    assert "active assignment lock on SPY" == told["detail"]
    assert (403, 40310000, "refused") == (told["http_status"], told["code"], told["reason"])


async def test_a_cancel_is_told_step_by_step(bench: Bench, lines: list[Line]) -> None:
    bench.broker.cancel_completes = False
    runner = await bench.open()
    bench.supervisor.cancel(runner.state.close_id)
    await settle()

    told = [line["happened"] for line in steps(lines, runner.state.close_id)]
    assert ["CancelRequested", "CancelAcknowledged"] == told[-2:]


async def test_a_journal_that_fails_is_told(bench: Bench, lines: list[Line]) -> None:
    runner = await bench.open()
    bench.journal.failing = "disk full"
    bench.broker.fill(units=1)
    await settle()

    told = [line for line in lines if "journal.failed" == line["event"]]
    assert runner.state.close_id == told[0]["close_id"]
    assert "error" == told[0]["log_level"]


async def test_a_restart_tells_what_it_took_up(bench: Bench, lines: list[Line]) -> None:
    runner = await bench.open()

    await bench.restart()

    told = [line for line in lines if "close.recovered" == line["event"]]
    assert [runner.state.close_id] == [line["close_id"] for line in told]


async def test_no_line_has_a_key(
    bench: Bench, lines: list[Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys live in settings and credentials; neither shows them, whoever prints them."""
    monkeypatch.setenv("ALPACA_API_KEY", "PKVERYPUBLIC")
    monkeypatch.setenv("ALPACA_SECRET_KEY", "very-secret")
    settings = Settings()
    runner = await bench.open()
    bench.broker.fill()
    await bench.reaches(runner.state.close_id, Phase.CLOSED)

    printed = f"{lines} {settings!r} {settings} {credentials(settings)!r}"

    assert SecretStr("very-secret") == settings.alpaca_secret_key
    assert "very-secret" not in printed
    assert "PKVERYPUBLIC" not in printed
