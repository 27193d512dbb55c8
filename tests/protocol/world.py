"""A market in which every case has an underlying, and with it contracts, of its own."""

import json
from collections.abc import Mapping
from pathlib import Path

UNITS = 3
"""Of every strategy, so that an order can fill in parts."""

CONDORS = (
    *("AAPL", "AMD", "AMZN", "AVGO", "BA", "BAC", "CAT", "COIN", "COST", "CRM", "CSCO", "CVX"),
    *("DIS", "F", "GE", "GM", "GOOGL", "HD", "IBM", "INTC", "JNJ", "JPM", "KO", "LLY"),
    *("MCD", "META", "MSFT", "MU", "NFLX", "NKE", "NVDA", "ORCL", "PEP", "PFE", "PG", "PLTR"),
)
"""Underlyings with an iron condor: one order closes it."""

COVERED = ("QCOM", "SBUX", "T", "TGT", "TSLA", "UBER", "UNH", "V")
"""Underlyings with a covered call: two orders close it, the second after the first has filled."""

_CONDOR = (
    {"side": "buy", "type": "put", "strike": "-10%"},
    {"side": "sell", "type": "put", "strike": "-5%"},
    {"side": "sell", "type": "call", "strike": "+5%"},
    {"side": "buy", "type": "call", "strike": "+10%"},
)


def write_world(folder: Path) -> Path:
    """Write the scenario and return its file. Quotes are deep: a market order fills at once."""
    expiry = {"days_at_least": 30}
    underlying = {"spot": 200, "vol": 0.4, "strike_step": 5, "depth": 50}
    covered = {"underlyings": COVERED, "opened": "-9d"}
    call = {"side": "sell", "type": "call", "strike": "+5%"}
    return _write(
        folder / "world.yaml",
        {
            "description": "One strategy for each case.",
            "clock": {"session": "always_open"},
            "account": {"cash": 5_000_000},
            "market": {"underlyings": dict.fromkeys((*CONDORS, *COVERED), underlying)},
            "orders": [
                {
                    "underlyings": CONDORS,
                    "qty": UNITS,
                    "opened": "-9d",
                    "expiry": expiry,
                    "legs": _CONDOR,
                },
                {**covered, "shares": 100 * UNITS},
                {**covered, "qty": UNITS, "expiry": expiry, "legs": [call]},
            ],
        },
    )


def _write(path: Path, scenario: Mapping[str, object]) -> Path:
    """JSON is YAML."""
    path.write_text(json.dumps(scenario))
    return path
