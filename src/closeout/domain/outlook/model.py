"""What is known of prices, and what a model makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from closeout.domain.marks import Greeks, OptionMark
from closeout.domain.payoff import Risk
from closeout.domain.quotes import Quote


class Source(StrEnum):
    """Whose greeks and volatility these are."""

    ALPACA = "alpaca"
    COMPUTED = "computed"


@dataclass(frozen=True, slots=True)
class Market:
    """
    What is known of prices; `rate` is continuous interest per year.

    `marks` are the broker's greeks, as far as they are young enough to be shown.
    """

    quotes: Mapping[str, Quote]
    marks: Mapping[str, OptionMark]
    rate: float


@dataclass(frozen=True, slots=True)
class Picture:
    """
    P&L by spot as columns, dollars: at the first expiry, and `today`.

    None where an entry price or a volatility is missing, or a contract is adjusted.
    """

    spots: tuple[float, ...]
    at_expiry: tuple[float, ...] | None
    today: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class LegOutlook:
    """Of one option leg; greeks are per share of one long contract."""

    id: str
    greeks: Greeks | None
    volatility: float | None
    source: Source | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """
    A position as a model sees it now.

    `greeks` are dollars for all of it. `volatility` is the legs' mean weighted by vega, and
    `expected_move` one standard deviation of the spot until the first expiry, dollars per
    share. `modelled` is the risk at the first expiry where legs outlive it; where none does,
    `payoff` knows it exactly.
    """

    greeks: Greeks | None
    volatility: float | None
    expected_move: float | None
    picture: Picture | None
    modelled: Risk | None
    legs: tuple[LegOutlook, ...]
