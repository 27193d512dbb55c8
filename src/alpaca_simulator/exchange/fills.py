"""The fill model: when an order trades, how much of it, and at what net price.

The rule of `TouchModel`, in dollars per share with debits positive (a sale pays a negative price):

* natural = what trades at once: buy at the ask, sell at the bid, for every leg.
* far     = the best imaginable: buy at the bid, sell at the ask.
* A market order, or a limit at or beyond natural, trades at natural.
* A limit at or short of far never trades.
* A limit in between stands at x = (limit - far) / (natural - far), from 0 at far to 1 at natural.
  It trades at its limit with the rate of the curve (`curves.py`), by default
  (x / (1 - x))^2 / seconds_at_mid per second: on average after `seconds_at_mid` seconds at the
  middle, nine times sooner halfway from there to natural.
* No fill exceeds the units shown at the touch on the leg that has fewest. What is shown is there
  again at the next step.
* With `partial_chance` a fill that would finish an order of several units stops at a random part,
  as Alpaca says of its paper accounts (10% of the time, random size).
* A sold leg without a bid makes a market order wait. A limit order may still trade with that leg
  at 0.00, the first cents of any price better than natural going to that leg.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import expm1
from typing import Protocol

from alpaca_simulator.exchange.chance import Chance
from alpaca_simulator.exchange.curves import Curve
from alpaca_simulator.exchange.orders import Side
from alpaca_simulator.exchange.quotes import Quote


@dataclass(frozen=True, slots=True)
class OfferedLeg:
    """One leg of an order against its quote; `shown` is what the touch still offers."""

    quote: Quote
    side: Side
    ratio: int
    shown: int

    @property
    def natural(self) -> Decimal:
        return self.quote.ask if self.side is Side.BUY else self.quote.bid

    @property
    def far(self) -> Decimal:
        return self.quote.bid if self.side is Side.BUY else self.quote.ask

    @property
    def weight(self) -> int:
        """Signed contracts for one unit: what it adds to a net debit."""
        return self.ratio * self.side.sign

    @property
    def lacks_bid(self) -> bool:
        return self.side is Side.SELL and not self.quote.has_bid


@dataclass(frozen=True, slots=True)
class Offer:
    """An order as the market sees it: `units` still open, `limit` as a net debit, None at market.

    A simple sell's limit comes here negated, so that one rule serves all.
    """

    legs: tuple[OfferedLeg, ...]
    units: int
    limit: Decimal | None

    @property
    def natural(self) -> Decimal:
        return sum((leg.weight * leg.natural for leg in self.legs), Decimal(0))

    @property
    def far(self) -> Decimal:
        return sum((leg.weight * leg.far for leg in self.legs), Decimal(0))

    @property
    def shown_units(self) -> int:
        """Units the touch offers; a leg sold without a bid is nobody's and limits nothing."""
        sizes = [leg.shown // leg.ratio for leg in self.legs if not leg.lacks_bid]
        return min(sizes, default=1)


@dataclass(frozen=True, slots=True)
class Fill:
    """`units` traded, each leg at its own price per share; the net is at least as good as asked."""

    units: int
    prices: tuple[Decimal, ...]


class FillModel(Protocol):
    """Decides for one order and one step of `seconds`."""

    def fill(self, offer: Offer, seconds: float, chance: Chance) -> Fill | None: ...


@dataclass(frozen=True, slots=True)
class TouchModel:
    """The rule at the head of this module."""

    curve: Curve
    partial_chance: float

    def fill(self, offer: Offer, seconds: float, chance: Chance) -> Fill | None:
        price = self._price(offer, seconds, chance)
        units = min(offer.units, offer.shown_units)
        if price is None or units <= 0:
            return None
        if 1 < units == offer.units and chance.draw() < self.partial_chance:
            units = chance.between(1, units - 1)
        return Fill(units, shared_out(offer, price))

    def _price(self, offer: Offer, seconds: float, chance: Chance) -> Decimal | None:
        natural = offer.natural
        if offer.limit is None:
            return None if any(leg.lacks_bid for leg in offer.legs) else natural
        if offer.limit >= natural:
            return natural
        likely = self.probability(offer.limit, natural, offer.far, seconds)
        return offer.limit if likely > 0 and chance.draw() < likely else None

    def probability(self, limit: Decimal, natural: Decimal, far: Decimal, seconds: float) -> float:
        """The chance that a limit short of natural trades within `seconds`."""
        if limit >= natural:
            return 1.0
        if limit <= far:
            return 0.0
        x = float((limit - far) / (natural - far))
        return -expm1(-self.curve.rate(x) * seconds)


def shared_out(offer: Offer, price: Decimal) -> tuple[Decimal, ...]:
    """Leg prices whose net is `price`, or better by the cent a ratio cannot divide.

    What the price is better than natural is given to the legs in cents: first one to each sold leg
    without a bid, then by the width of their quotes, then cent by cent where one still fits.
    """
    cents = [0] * len(offer.legs)
    left = int((offer.natural - price) * 100)
    rooms = [int(abs(leg.natural - leg.far) * 100) for leg in offer.legs]

    def give(place: int, amount: int) -> int:
        amount = min(amount, rooms[place] - cents[place])
        cents[place] += amount
        return amount * offer.legs[place].ratio

    for place, leg in enumerate(offer.legs):
        if leg.lacks_bid and leg.ratio <= left:
            left -= give(place, 1)
    whole = sum(leg.ratio * room for leg, room in zip(offer.legs, rooms, strict=True))
    for place, share in enumerate([left * room // whole if whole else 0 for room in rooms]):
        left -= give(place, share)
    # Ratios that leave a cent over (2:3 has none of 1) overshoot at the end, to the order's good.
    for fits in (True, False):
        places = sorted(range(len(cents)), key=lambda place: offer.legs[place].ratio, reverse=fits)
        for place in places:
            while left > 0 and cents[place] < rooms[place]:
                if fits and offer.legs[place].ratio > left:
                    break
                left -= give(place, 1)
    return tuple(
        leg.natural - leg.side.sign * Decimal(given) / 100
        for leg, given in zip(offer.legs, cents, strict=True)
    )
