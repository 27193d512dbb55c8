"""A server on an account with a long past: what it reads of it, first and after a restart."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.closeout_server import CloseoutServer
from support.simulator import Json, SimulatorProcess, eventually

ORDERS = "/v2/orders"
STOCKS = ("SPY", "QQQ", "IWM", "AAPL", "TSLA", "NVDA", "AMD", "META", "MSFT", "AMZN")
DAYS = range(2, 112)
"""On each of them the same spread is opened on every stock: 1,100 orders, ten at each instant."""

OPENING = """
  - underlyings: [{stocks}]
    opened: -{day}d
    expiry: {{monthly: 11}}
    legs:
      - {{side: sell, type: put, strike: 90}}
      - {{side: buy, type: put, strike: 80}}
"""


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    stocks = ", ".join(STOCKS)
    listed = "".join(f"    {name}: {{spot: 100, vol: 0.2, strike_step: 5}}\n" for name in STOCKS)
    openings = "".join(OPENING.format(stocks=stocks, day=day) for day in DAYS)
    scenario = tmp_path_factory.mktemp("scenario") / "long.yaml"
    scenario.write_text(
        "name: long\nclock: {session: always_open}\naccount: {cash: 2500000}\n"
        f"market:\n  underlyings:\n{listed}orders:{openings}"
    )
    with SimulatorProcess(scenario=str(scenario), stepped=True) as simulator:
        simulator.freeze_market()
        yield simulator


def lists_read(simulator: SimulatorProcess) -> list[Json]:
    """The requests for lists of orders of every status."""
    return [it for it in simulator.received("GET", ORDERS) if it["query"].get("status") == "all"]


def test_a_restart_reads_one_page_of_a_past_of_many(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    with CloseoutServer(simulator, tmp_path) as closeout:
        eventually(lambda: len(closeout.positions()) == len(STOCKS))
        before = positions(closeout)
        first = lists_read(simulator)
        closeout.stop()
        simulator.clear_received()

        closeout.start()
        eventually(lambda: len(closeout.positions()) == len(STOCKS))
        again = lists_read(simulator)
        after = positions(closeout)

    assert len(first) > 2
    assert "after" not in first[0]["query"]
    assert len(again) >= 1
    assert [again[0]["query"]] * len(again) == [it["query"] for it in again], "no second page"
    assert before == after
    assert {len(DAYS)} == {position["quantity"] for position in after}


def positions(closeout: CloseoutServer) -> list[Json]:
    """What the positions are, without what they are worth."""
    told = ("id", "ticker", "strategy", "quantity", "created_at")
    return [
        {name: each[name] for name in told}
        | {
            "entries": [
                (leg["symbol"], leg["quantity"], leg["entry_price"]) for leg in each["legs"]
            ]
        }
        | {"past": closeout.get(f"/api/positions/{each['id']}/history").json}
        for each in closeout.positions()
    ]
