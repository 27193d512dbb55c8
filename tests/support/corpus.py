"""
Labelled portfolios: what is held, what was ordered, and how a trader would sort it.

A file of `tests/domain/corpus/` is a list of portfolios:

    case: two condors share their wings      # a sentence, unique
    on: SPY                                  # the ticker of everything not prefixed; SPY if absent
    past:                                    # what happened, a minute apart, oldest first
      - open 10 x +430P -440P -470C +480C    # one order; several legs make it a multi-leg one
      - close 4 x -430P +440P +470C -480C
      - roll 6 x +470C -480C into -490C +500C
      - assigned 2 x 440P                    # also exercised, expired
      - wait 1 day
    plus: +2*400P                            # what is held beyond what the past adds up to
    held: ...                                # or everything that is held, if nothing else says it
    groups:
      - Iron Condor: 6 x +430P -440P -490C +500C
    unassigned: +2*440P

A leg is a sign, perhaps a count and `*`, a strike and a right, and perhaps `@jan` or `@feb`
(December 2026 otherwise): `-2*450C@jan`. Shares are `+100*sh`. `QQQ:+1*400C` names another
ticker; a digit in it (`SPY1`) is an adjusted root.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from support.builders import AT
from support.past_orders import an_order

from closeout.domain.orders import OrderReport
from closeout.domain.settlements import Settlement, SettlementKind

FOLDER = Path(__file__).parents[1] / "domain" / "corpus"
EXPIRIES = {None: "261218", "jan": "270115", "feb": "270219"}

_LEG = re.compile(r"(?:(\w+):)?([+-]?)(?:(\d+)\*)?(?:(\d+)([CP])(?:@(\w+))?|sh)")
_DONE = {
    "assigned": SettlementKind.ASSIGNED,
    "exercised": SettlementKind.EXERCISED,
    "expired": SettlementKind.EXPIRED,
}

Legs = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """One labelled account."""

    case: str
    held: Mapping[str, int]
    orders: tuple[OrderReport, ...]
    settlements: tuple[Settlement, ...]
    groups: tuple[tuple[str, Legs], ...]
    """Names and sorted legs, sorted."""
    unassigned: Mapping[str, int]


def read_corpus() -> tuple[Portfolio, ...]:
    """Return every portfolio of every file."""
    rows = (row for file in sorted(FOLDER.glob("*.yaml")) for row in read_rows(file))
    return tuple(portfolio(row) for row in rows)


def read_rows(file: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = yaml.safe_load(file.read_text())
    return rows


def portfolio(row: Mapping[str, Any]) -> Portfolio:
    """Read one portfolio as written."""
    ticker = row.get("on", "SPY")
    past = _Past(ticker)
    for line in row.get("past", ()):
        past.take(line)
    if "held" in row:
        held = Counter(dict(legs(row["held"], ticker)))
    else:
        held = past.held
        for symbol, count in legs(row.get("plus", ""), ticker):
            held[symbol] += count
    groups = (
        (name, tuple(sorted(times(text, ticker))))
        for each in row["groups"]
        for name, text in each.items()
    )
    return Portfolio(
        case=row["case"],
        held={symbol: count for symbol, count in held.items() if count},
        orders=tuple(past.orders),
        settlements=tuple(past.settlements),
        groups=tuple(sorted(groups)),
        unassigned=dict(legs(row.get("unassigned", ""), ticker)),
    )


def legs(text: str, ticker: str) -> Legs:
    """Read legs with their signed counts."""
    return tuple(_leg(word, ticker) for word in text.split())


def times(text: str, ticker: str) -> Legs:
    """Read `3 x +450C -460C`; without a number, once."""
    count, found, rest = text.partition(" x ")
    units, words = (int(count), rest) if found else (1, text)
    return tuple((symbol, units * each) for symbol, each in legs(words, ticker))


def _leg(word: str, ticker: str) -> tuple[str, int]:
    match = _LEG.fullmatch(word)
    assert match, f"{word!r} is no leg"
    root, sign, count, strike, right, month = match.groups()
    signed = (-1 if sign == "-" else 1) * int(count or 1)
    if strike is None:
        return (root or ticker, signed)
    return (f"{root or ticker}{EXPIRIES[month]}{right}{int(strike) * 1000:08d}", signed)


class _Past:
    """Reads what happened, line by line."""

    def __init__(self, ticker: str) -> None:
        self.ticker = ticker
        self.minute = 0
        self.held: Counter[str] = Counter()
        self.orders: list[OrderReport] = []
        self.settlements: list[Settlement] = []

    def take(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        self.minute += 1
        match verb:
            case "wait":
                self.minute += 24 * 60 * int(rest.split()[0])
            case "open" | "close":
                self._order(rest, closes=verb == "close")
            case "roll":
                self._roll(rest)
            case _:
                self._settle(_DONE[verb], rest)

    def _order(self, text: str, *, closes: bool) -> None:
        units, parts = self._parts(text)
        self._add(self._made(parts, units, closes=closes))

    def _roll(self, text: str) -> None:
        old, _, new = text.partition(" into ")
        units, away = self._parts(old)
        closing = self._made(away, units, closes=True)
        opening = self._made(legs(new, self.ticker), units, closes=False)
        both = (*closing.legs, *opening.legs)
        self._add(replace(closing, order_class="mleg", legs=both))

    def _parts(self, text: str) -> tuple[int, Legs]:
        count, _, words = text.partition(" x ")
        return int(count), legs(words, self.ticker)

    def _made(self, parts: Legs, units: int, *, closes: bool) -> OrderReport:
        return an_order(
            *parts, order_id=f"o{self.minute}", minute=self.minute, units=units, closes=closes
        )

    def _add(self, order: OrderReport) -> None:
        self.orders.append(order)
        for leg in order.legs:
            assert leg.side is not None
            self.held[leg.symbol] += leg.side.sign * leg.filled

    def _settle(self, kind: SettlementKind, text: str) -> None:
        units, parts = self._parts(text)
        ((symbol, _),) = parts
        gone = units if self.held[symbol] < 0 else -units
        self.held[symbol] += gone
        at = AT + timedelta(minutes=self.minute)
        self.settlements.append(
            Settlement(f"s{self.minute}", kind, symbol, Decimal(gone), None, at)
        )
