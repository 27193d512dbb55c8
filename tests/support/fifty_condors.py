"""A world of fifty iron condors, on which much can be closed at once."""

from typing import Any, Final

CLOSES: Final = 50
HOLDINGS: Final = 200
UNITS: Final = 2

_UNDERLYINGS = tuple(f"{first}{second}Q" for first in "BCDFG" for second in "ABCDEFGHIJ")
_LEGS = (
    *(("buy", "put", "-10%"), ("sell", "put", "-5%")),
    *(("sell", "call", "+5%"), ("buy", "call", "+10%")),
)
_UNDERLYING = {"spot": 200, "vol": 0.4, "strike_step": 5, "depth": 50}

SCENARIO: Final[dict[str, Any]] = {
    "description": "Fifty condors to be closed.",
    "clock": {"session": "always_open"},
    "account": {"cash": 5_000_000},
    "market": {"underlyings": dict.fromkeys(_UNDERLYINGS, _UNDERLYING)},
    "orders": [
        {
            "underlyings": _UNDERLYINGS,
            "qty": UNITS,
            "opened": "-9d",
            "expiry": {"days_at_least": 30},
            "legs": [dict(zip(("side", "type", "strike"), leg, strict=True)) for leg in _LEGS],
        }
    ],
}
