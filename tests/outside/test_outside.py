"""
What happens to an account without Closeout, at a real simulator, as a real server shows it.

Every case has an underlying of its own. The clock only goes forward, so the last day comes
after everything that happens before it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from support.closeout_server import CloseoutServer
from support.simulator import Json, SimulatorProcess, eventually

NEW_YORK = ZoneInfo("America/New_York")
NEAR, FAR = {"days_at_least": 1}, {"days_at_least": 30}
UNDERLYINGS = ("AAPL", "AMD", "CAT", "IBM", "INTC", "KO", "MSFT")
CONDOR = [
    {"side": "buy", "type": "put", "strike": "-10%"},
    {"side": "sell", "type": "put", "strike": "-5%"},
    {"side": "sell", "type": "call", "strike": "+5%"},
    {"side": "buy", "type": "call", "strike": "+10%"},
]
WORLD = {
    "description": "What comes from outside.",
    "clock": {"session": "always_open"},
    "account": {"cash": 5_000_000},
    "rules": {"next_day_activities": False},
    "market": {
        "underlyings": {name: {"spot": 200, "vol": 0.4, "strike_step": 5} for name in UNDERLYINGS}
    },
    "orders": [
        {
            "underlyings": ["AAPL", "AMD", "CAT"],
            "qty": 3,
            "opened": "-9d",
            "expiry": FAR,
            "legs": CONDOR,
        },
        {"underlying": "IBM", "qty": 3, "opened": "-9d", "expiry": NEAR, "legs": CONDOR},
        {
            "underlying": "INTC",
            "qty": 3,
            "opened": "-9d",
            "legs": [
                {"side": "sell", "type": "call", "strike": "+10%", "expiry": NEAR},
                {"side": "buy", "type": "call", "strike": "+10%", "expiry": FAR},
            ],
        },
        {
            "underlying": "KO",
            "qty": 3,
            "opened": "-9d",
            "legs": [
                {"side": "buy", "type": "call", "strike": "-10%", "expiry": NEAR},
                {"side": "sell", "type": "call", "strike": "-10%", "expiry": FAR},
            ],
        },
    ],
}


@dataclass(frozen=True, slots=True)
class House:
    """A simulator and a server on it."""

    simulator: SimulatorProcess
    closeout: CloseoutServer

    def legs(self, ticker: str) -> list[Json]:
        """The legs of the strategy on a ticker: shorts before longs."""
        legs = self.closeout.position(ticker)["legs"]
        return sorted(legs, key=lambda leg: (leg["direction"] == "Long", leg["strike"]))

    def told(self, ticker: str, kind: str) -> Json:
        """The first position on a ticker that tells of such a thing, once one does."""

        def look() -> Json | None:
            for each in self.closeout.positions():
                if each["ticker"] == ticker:
                    if kind in [event["kind"] for event in each["events"]]:
                        return each
                    # Makes the server look at the account, as a person's click does.
                    self.closeout.post(
                        f"/api/positions/{each['id']}/close-preview", {"order_type": "limit"}
                    )
            return None

        return eventually(look, within=60)

    def move_to(self, symbol: str, at: time) -> None:
        """Move the world to a time of a contract's last day."""
        day = datetime.strptime(symbol[-15:-9], "%y%m%d")  # noqa: DTZ007 - a day has no zone
        moment = datetime.combine(day, at, NEW_YORK)
        self.simulator.control("POST", "clock", {"to": moment.isoformat()})


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("outside")
    world = folder / "world.yaml"
    world.write_text(json.dumps(WORLD))
    with (
        SimulatorProcess(scenario=str(world)) as simulator,
        CloseoutServer(simulator, folder / "data") as closeout,
    ):
        # What is in the money must be so on the last day as well.
        simulator.freeze_market()
        yield House(simulator, closeout)


def test_an_assigned_leg_leaves_an_orphan_with_repairs(house: House) -> None:
    short = house.legs("AAPL")[0]
    before = house.closeout.position("AAPL")
    house.simulator.assign(short["symbol"], 3)

    gone = house.told("AAPL", "gone")
    assigned = house.told("AAPL", "assigned")

    assert [before["id"]] * 2 == [gone["id"], assigned["id"]]
    assert 3 == len(assigned["legs"])
    assert short["symbol"] in assigned["orphan"]["reason"]
    shares = house.told("AAPL", "delivered")
    repairs = {(each["kind"], each["position_id"]) for each in assigned["orphan"]["repairs"]}
    assert {("close", None), ("attach", shares["id"]), ("leave", None)} == repairs

    left = house.closeout.post(f"/api/positions/{before['id']}/leave").json["positions"]
    assert [True] == [each["orphan"]["is_left"] for each in left if each["id"] == before["id"]]


def test_a_trade_made_elsewhere_leaves_an_orphan(house: House) -> None:
    short = house.legs("AMD")[0]
    house.simulator.trade(short["symbol"], "buy", 3)

    told = house.told("AMD", "traded_elsewhere")

    assert short["symbol"] in told["events"][-1]["text"]
    assert told["orphan"] is not None


def test_an_adjusted_strategy_stays_what_it_was(house: House) -> None:
    before = house.closeout.position("CAT")
    house.simulator.control("POST", "adjust", {"underlying": "CAT"})

    told = house.told("CAT", "adjusted")

    assert (before["id"], before["strategy"], before["net_entry"]) == (
        told["id"],
        told["strategy"],
        told["net_entry"],
    )
    assert ["CAT1"] * 4 == [leg["symbol"][:4] for leg in told["legs"]]
    assert told["orphan"] is None


def test_a_leg_that_alpaca_closes_on_the_last_day_leaves_an_orphan(house: House) -> None:
    short = house.legs("IBM")[0]
    house.move_to(short["symbol"], time(12))
    house.simulator.control("POST", "liquidate", {"symbol": short["symbol"]})

    told = house.told("IBM", "traded_elsewhere")

    assert told["events"][-1]["text"].endswith("on which Alpaca may do this by itself.")
    assert told["orphan"] is not None


def test_what_expires_or_is_exercised_leaves_the_other_leg(house: House) -> None:
    near, far = house.legs("INTC")
    house.move_to(near["symbol"], time(20))

    expired, exercised = house.told("INTC", "expired"), house.told("KO", "exercised")

    assert [far["symbol"]] == [leg["symbol"] for leg in expired["legs"]]
    assert (1, 1) == (len(expired["legs"]), len(exercised["legs"]))
    assert expired["orphan"]
    assert exercised["orphan"]
    assert "KO" == house.told("KO", "delivered")["legs"][0]["symbol"]
