"""What a scenario may say: the schema of the YAML files, documented in docs/simulator.md."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from alpaca_simulator.exchange.contracts import Kind, TickClass
from alpaca_simulator.exchange.orders import Side
from alpaca_simulator.exchange.sessions import SessionRule

_DAYS = re.compile(r"^-(\d+)d$")
_PERCENT = re.compile(r"^([+-]?\d+(?:\.\d+)?)%$")


def _days_ago(value: object) -> object:
    if isinstance(value, str) and (found := _DAYS.match(value)):
        return int(found[1])
    if isinstance(value, str):
        raise ValueError("say how long ago in days, such as -12d")  # noqa: TRY004 - Pydantic
    return value


def _percent(value: object) -> object:
    if isinstance(value, str) and (found := _PERCENT.match(value)):
        return {"percent": found[1]}
    return value


DaysAgo = Annotated[int, BeforeValidator(_days_ago), Field(ge=0)]


class Part(BaseModel):
    """Every part of a scenario refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Percent(Part):
    """A distance from spot, written `-5%`."""

    percent: Decimal

    def of(self, spot: Decimal) -> Decimal:
        return spot * (1 + self.percent / 100)


Distance = Annotated[Percent, BeforeValidator(_percent)]
Strike = Annotated[Percent | Decimal, BeforeValidator(_percent)]


class Weekly(Part):
    """The n-th weekly expiration after today."""

    weekly: int = Field(ge=1, le=10)


class Monthly(Part):
    """The n-th monthly expiration (third Friday) after today."""

    monthly: int = Field(ge=1, le=11)


class DaysAtLeast(Part):
    """The first weekly or monthly expiration that many calendar days from today or later."""

    days_at_least: int = Field(ge=1, le=300)


class OnDate(Part):
    """A fixed date; such a scenario does go stale."""

    date: date


Expiry = Literal["today"] | Weekly | Monthly | DaysAtLeast | OnDate


class ClockPart(Part):
    session: SessionRule = SessionRule.CALENDAR


class AccountPart(Part):
    """`cash` is what is there after the openings; they cost nothing more."""

    cash: Decimal = Decimal(100_000)
    number: str = "PASIMULATED"
    options_level: int = Field(default=3, ge=0, le=3)
    multiplier: Literal[1, 2] = 2
    trading_blocked: bool = False


class DividendPart(Part):
    """`rate` dollars a share, ex in that many calendar days from the beginning, then repeated."""

    rate: Decimal = Field(gt=0)
    in_days: int = Field(ge=0, le=300)
    every_days: int = Field(default=91, ge=1)
    special: bool = False


class SplitPart(Part):
    """`new` shares for `old` ones, ex in that many calendar days from the beginning."""

    in_days: int = Field(ge=0, le=300)
    new: Decimal = Field(gt=0)
    old: Decimal = Field(gt=0)


class UnderlyingPart(Part):
    """A stock and how its options are quoted.

    `vol` and `drift` are a year's, as fractions. `spread` widens or narrows all option spreads and
    `depth` all sizes, as factors. `dailies` lists an expiration on every trading day.
    """

    spot: Decimal = Field(gt=0)
    vol: float = Field(gt=0, le=5)
    drift: float = 0.0
    tick_class: TickClass = Field(default=TickClass.PENNY, alias="class")
    name: str = ""
    exchange: str = "NASDAQ"
    strike_step: Decimal | None = Field(default=None, gt=0)
    dailies: bool = False
    spread: float = Field(default=1.0, gt=0)
    depth: float = Field(default=1.0, gt=0)
    dividends: tuple[DividendPart, ...] = ()
    splits: tuple[SplitPart, ...] = ()


class MarketPart(Part):
    """`interval` is the market's longest step in seconds; long jumps take coarser ones."""

    interval: float = Field(default=1.0, gt=0)
    underlyings: dict[str, UnderlyingPart] = {}


class FillsPart(Part):
    """The fill model: see exchange/fills.py, and exchange/curves.py for limits in the spread."""

    model: Literal["touch"] = "touch"
    curve: Literal["odds", "intensity", "nbbo"] = "odds"
    seconds_at_mid: float = Field(default=40.0, gt=0)
    partial_chance: float = Field(default=0.0, ge=0, le=1)


class RulesPart(Part):
    """Where Alpaca's behaviour is unknown, a scenario may choose either answer."""

    gtc_packages: bool = True
    packages: bool = True
    sell_only_packages: bool = True
    replace_keeps_fills: bool = False
    fill_activity_order: Literal["leg", "parent"] = "leg"
    next_day_activities: bool = True
    last_opening_minutes: int = Field(default=30, ge=0)


class LegPart(Part):
    """One leg of an opening; `expiry` falls back to the opening's."""

    side: Side
    type: Kind
    strike: Strike
    expiry: Expiry | None = None
    ratio: int = Field(default=1, ge=1)


class OpeningPart(Part):
    """An order filled in the past: of options by `legs`, or of stock by `shares` (bought if > 0).

    Two to four legs make one multi-leg order, one leg a simple order. With `closed` it was closed
    again and only the history shows it. `spot_then` is where the stock stood at the opening.
    `underlyings` makes the same opening for each.
    """

    strategy: str = ""
    underlying: str | None = None
    underlyings: tuple[str, ...] = ()
    qty: int = Field(default=1, ge=1)
    opened: DaysAgo
    closed: DaysAgo | None = None
    spot_then: Distance = Percent(percent=Decimal(0))
    expiry: Expiry | None = None
    legs: tuple[LegPart, ...] = Field(default=(), max_length=4)
    shares: int = 0

    @property
    def on(self) -> tuple[str, ...]:
        return self.underlyings or ((self.underlying,) if self.underlying else ())

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not self.on or (self.underlying and self.underlyings):
            raise ValueError("name either underlying or underlyings")
        if bool(self.legs) == bool(self.shares):
            raise ValueError("give either legs or shares")
        if self.closed is not None and self.closed > self.opened:
            raise ValueError("closed lies before opened")
        if any(leg.expiry is None for leg in self.legs) and self.expiry is None:
            raise ValueError("expiry is missing, here or on every leg")
        return self


class HoldingPart(Part):
    """A row that no order in the history explains. `qty` is signed; without `type` it is stock."""

    underlying: str
    qty: int
    entry: Decimal = Field(ge=0)
    type: Kind | None = None
    strike: Strike | None = None
    expiry: Expiry | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        given = [self.type is not None, self.strike is not None, self.expiry is not None]
        if any(given) != all(given):
            raise ValueError("an option needs type, strike and expiry")
        return self


class Scenario(Part):
    """A whole world to start from."""

    name: str
    description: str = ""
    clock: ClockPart = ClockPart()
    account: AccountPart = AccountPart()
    market: MarketPart = MarketPart()
    fills: FillsPart = FillsPart()
    rules: RulesPart = RulesPart()
    orders: tuple[OpeningPart, ...] = ()
    holdings: tuple[HoldingPart, ...] = ()
    faults: tuple[dict[str, Any], ...] = ()
    """Handed to the wire as they are."""

    @model_validator(mode="after")
    def _knows_its_underlyings(self) -> Self:
        named = {name for opening in self.orders for name in opening.on}
        named |= {holding.underlying for holding in self.holdings}
        if missing := sorted(named - set(self.market.underlyings)):
            raise ValueError(f"market.underlyings lacks {', '.join(missing)}")
        return self
