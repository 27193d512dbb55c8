"""
What companies have announced: cash dividends again and again, and splits once.

A scenario says in how many days, and the calendar here finds the sessions. Dividends repeat, so
that the next one always lies ahead. They are announced only: no cash is paid, and no price
falls on the ex-date.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from alpaca_simulator.exchange.contracts import asset_id
from alpaca_simulator.exchange.sessions import session_on
from alpaca_simulator.scenarios.model import DividendPart, SplitPart, UnderlyingPart

_PAID_AFTER: Final = timedelta(21)


class ActionKind(StrEnum):
    """Types of GET /v1/corporate-actions that there are here."""

    CASH_DIVIDEND = "cash_dividend"
    FORWARD_SPLIT = "forward_split"
    REVERSE_SPLIT = "reverse_split"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorporateAction:
    """
    One announcement. `new` shares come for `old` ones; of a dividend, `rate` dollars for each.

    Alpaca sorts by `process_date`: the day a dividend is paid, and the ex-date of a split.
    """

    kind: ActionKind
    symbol: str
    ex_date: date
    process_date: date
    rate: Decimal = Decimal(0)
    special: bool = False
    new: Decimal = Decimal(1)
    old: Decimal = Decimal(1)

    @property
    def id(self) -> str:
        return asset_id(f"{self.symbol} {self.kind} {self.ex_date}")


def announced(
    name: str, spec: UnderlyingPart, *, since: date, first: date, last: date
) -> Iterator[CorporateAction]:
    """Everything of one stock processed from `first` to `last`; `since` is when the world began."""
    for dividend in spec.dividends:
        for action in _dividends(name, dividend, since, last):
            if first <= action.process_date <= last:
                yield action
    for split in spec.splits:
        action = _split(name, split, since)
        if first <= action.process_date <= last:
            yield action


def _dividends(name: str, part: DividendPart, since: date, last: date) -> Iterator[CorporateAction]:
    day = since + timedelta(part.in_days)
    while day <= last:
        ex_date = _session_from(day)
        yield CorporateAction(
            kind=ActionKind.CASH_DIVIDEND,
            symbol=name,
            ex_date=ex_date,
            process_date=_session_from(ex_date + _PAID_AFTER),
            rate=part.rate,
            special=part.special,
        )
        day += timedelta(part.every_days)


def _split(name: str, part: SplitPart, since: date) -> CorporateAction:
    ex_date = _session_from(since + timedelta(part.in_days))
    return CorporateAction(
        kind=ActionKind.FORWARD_SPLIT if part.new > part.old else ActionKind.REVERSE_SPLIT,
        symbol=name,
        ex_date=ex_date,
        process_date=ex_date,
        new=part.new,
        old=part.old,
    )


def _session_from(day: date) -> date:
    """The day itself when it is a trading day, else the next one."""
    while session_on(day) is None:
        day += timedelta(1)
    return day
