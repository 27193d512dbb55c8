"""What a walk sees of the market, and whether a price may be made from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from closeout.closing.walk import Holding, Walk
from closeout.domain.errors import NoPrice
from closeout.domain.orders import Side, TicketLeg
from closeout.domain.pricing import net_quote
from closeout.domain.quotes import NetQuote, Quote

STALE_AFTER = timedelta(seconds=15)
"""Quotes that nothing has confirmed for this long price no step."""

DEAD_AFTER = timedelta(minutes=5)
"""Nor does a quote that has not changed for this long, however often it is read: a halted
class, or a feed that died."""

_WIDE_FACTOR = 2
_WIDE_LEAST = Decimal("0.10")


@dataclass(frozen=True, slots=True)
class Sight:
    """What the market shows. `trouble` says why it prices nothing now, `net` what is seen."""

    net: NetQuote | None
    trouble: Holding | None = None


def see(
    legs: Sequence[TicketLeg],
    quotes: Mapping[str, Quote],
    now: datetime,
    *,
    read_at: datetime | None = None,
    walk: Walk | None = None,
) -> Sight:
    """
    Look at the market of a package, and say whether a step may be priced from it.

    `read_at` is when the quotes were last confirmed: a quiet contract's quote may be older
    and hold all the same. Without a walk, nothing is known of how wide it was before.
    """
    try:
        net = net_quote(legs, quotes)
    except NoPrice:
        return Sight(None, Holding.MISSING)
    each = [quotes[leg.symbol] for leg in legs]
    if any(quote.is_crossed for quote in each):
        return Sight(net, Holding.CROSSED)
    if any(_is_stale(quote, now, read_at) for quote in each):
        return Sight(net, Holding.STALE)
    if walk is not None and set(bidless(legs, quotes)) - set(walk.bidless):
        return Sight(net, Holding.NO_BID)
    if walk is not None and _is_wide(net, walk.width_at_start):
        return Sight(net, Holding.WIDE)
    return Sight(net)


def bidless(legs: Sequence[TicketLeg], quotes: Mapping[str, Quote]) -> tuple[str, ...]:
    """Name the legs to be sold for which nobody bids."""
    sold = [leg.symbol for leg in legs if leg.side is Side.SELL]
    return tuple(symbol for symbol in sold if symbol not in quotes or not quotes[symbol].has_bid)


def _is_stale(quote: Quote, now: datetime, read_at: datetime | None) -> bool:
    confirmed_at = quote.at if read_at is None else max(quote.at, read_at)
    return now - confirmed_at > STALE_AFTER or now - quote.at > DEAD_AFTER


def _is_wide(net: NetQuote, before: Decimal | None) -> bool:
    """Whether the market is more than twice as wide as it was, and by more than a dime."""
    if before is None:
        return False
    return net.width > _WIDE_FACTOR * before and net.width > before + _WIDE_LEAST
