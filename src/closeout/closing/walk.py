"""A price walk: what was asked for, and the words for why it stands still."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from closeout.closing.schedule import Pace, Schedule
from closeout.domain.orders import Side
from closeout.domain.pricing import TickRule, floor_to_tick, tick_above


class AtEnd(StrEnum):
    """
    What becomes of the order when the time is used up.

    It rests at its last limit, is cancelled, or crosses: follows natural up to worst.
    """

    REST = "rest"
    CANCEL = "cancel"
    CROSS = "cross"


class Holding(StrEnum):
    """Why a walk stands still. The first five are about quotes that cannot be trusted."""

    MISSING = "missing"
    CROSSED = "crossed"
    STALE = "stale"
    NO_BID = "no_bid"
    WIDE = "wide"
    IMPROVED = "improved"
    """The market has come to our limit, or past it: it should trade where it is."""
    AT_WORST = "at_worst"
    BETWEEN_TICKS = "between_ticks"
    """The next tick, or the first stride, is not due yet."""
    ARRIVED = "arrived"
    """It stands where this walk ends."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The valid net prices of an order. `side` is that of a single leg, None for a package."""

    rule: TickRule
    side: Side | None = None

    def floor(self, net: Decimal) -> Decimal:
        """Return the dearest valid price that is not above `net`; a leg costs at least a tick."""
        price = floor_to_tick(net, self.rule)
        if self.side is Side.BUY:
            return max(price, self.rule.below)
        if self.side is Side.SELL:
            return min(price, -self.rule.below)
        return price

    def above(self, net: Decimal) -> Decimal:
        return tick_above(net, self.rule)

    def price(self, net: Decimal) -> Decimal:
        """Return what an order says for a net: a single sale's plain price. Its own inverse."""
        return -net if self.side is Side.SELL else net


@dataclass(frozen=True, slots=True)
class Walk:
    """
    What a person asked for, on the prices there are.

    `worst` is the net nobody goes beyond, on a valid tick. `width_at_start` is natural less the
    far side when the walk began, and `bidless` names the sold legs that nobody bid for already
    then. `hurried` means that somebody did not want to wait for the end.
    """

    schedule: Schedule
    grid: Grid
    worst: Decimal | None = None
    at_end: AtEnd = AtEnd.REST
    width_at_start: Decimal | None = None
    bidless: tuple[str, ...] = ()
    hurried: bool = False
    pace: Pace = Pace.CUSTOM
