"""Prices of packages: natural, mid, and limits on valid ticks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from closeout.domain.errors import NoPrice
from closeout.domain.orders import Side, TicketLeg
from closeout.domain.quotes import NetQuote, Quote

CENT = Decimal("0.01")
_NICKEL = Decimal("0.05")
_DIME = Decimal("0.10")
_TIER = Decimal(3)

PENNY_EVERYWHERE = frozenset({"SPY", "QQQ", "IWM"})
"""Classes that trade in pennies at every price (alpaca.markets/support, options pricing
increments; the exchanges' penny interval program)."""


@dataclass(frozen=True, slots=True)
class TickRule:
    """The price steps of one class: one below three dollars, one from there on."""

    below: Decimal
    above: Decimal

    def tick(self, price: Decimal) -> Decimal:
        return self.below if abs(price) < _TIER else self.above


EVERY_CENT = TickRule(CENT, CENT)
"""Packages and shares: the complex books take whole cents net; Alpaca documents two decimals."""
_PENNY_PROGRAM = TickRule(CENT, _NICKEL)
_NICKEL_CLASS = TickRule(_NICKEL, _DIME)


_COARSER = (
    _PENNY_PROGRAM,
    TickRule(_NICKEL, _NICKEL),
    _NICKEL_CLASS,
    TickRule(_DIME, _DIME),
)


def coarser_rule(refused: Decimal) -> TickRule | None:
    """
    Return the finest rule by which a price refused for its increment is not valid.

    None when every rule would have taken it.
    """
    return next((rule for rule in _COARSER if not is_on_tick(refused, rule)), None)


def option_tick_rule(underlying: str, *, penny_program: bool) -> TickRule:
    """Return the ticks of a single-leg option order."""
    if underlying in PENNY_EVERYWHERE:
        return EVERY_CENT
    return _PENNY_PROGRAM if penny_program else _NICKEL_CLASS


def is_on_tick(price: Decimal, rule: TickRule) -> bool:
    return price % rule.tick(price) == 0


def conservative(price: Decimal, side: Side, rule: TickRule) -> Decimal:
    """
    Put a plain price on a valid tick without giving anything away.

    Buys round down and sells round up; the result is at least one tick.
    """
    tick = rule.tick(price)
    rounding = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
    rounded = (price / tick).to_integral_value(rounding) * tick
    return max(rounded, rule.below)


def conservative_net(price: Decimal) -> Decimal:
    """Put a net price on a whole cent: pay less or receive more, never the other way."""
    return (price / CENT).to_integral_value(ROUND_FLOOR) * CENT


def floor_to_tick(net: Decimal, rule: TickRule) -> Decimal:
    """Return the dearest valid net price that is not above `net`; a credit is negative."""
    tick = rule.tick(net)
    return (net / tick).to_integral_value(ROUND_FLOOR) * tick


def tick_above(net: Decimal, rule: TickRule) -> Decimal:
    """Return the next valid net price above one that is valid itself."""
    # A credit of three dollars shrinks into the tier below, a debit of three grows into the upper.
    return net + (rule.below if -_TIER <= net < _TIER else rule.above)


def neighbours(price: Decimal, rule: TickRule) -> tuple[Decimal, Decimal]:
    """Return the valid prices around one that is not on a tick."""
    return conservative(price, Side.BUY, rule), conservative(price, Side.SELL, rule)


def net_quote(legs: Sequence[TicketLeg], quotes: Mapping[str, Quote]) -> NetQuote:
    """
    Return what one unit of a package trades at, from its legs' quotes.

    Raises:
        NoPrice: a leg has no quote, or the side that would be traded is missing.
    """
    natural = mid = far = Decimal(0)
    for leg in legs:
        quote = quotes.get(leg.symbol)
        leg_mid = None if quote is None else quote.mid
        if quote is None or leg_mid is None or quote.bid is None or quote.ask is None:
            raise NoPrice(f"{leg.symbol} has no complete quote")
        near, away = (quote.ask, quote.bid) if leg.side is Side.BUY else (quote.bid, quote.ask)
        weight = leg.ratio * leg.side.sign
        natural += weight * near
        mid += weight * leg_mid
        far += weight * away
    return NetQuote(natural=natural, mid=mid, far=far)
