"""The limit of one order, from the user's terms and the quotes; and of its legs one by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from closeout.closing.terms import Terms
from closeout.domain.errors import CannotPlan, NoPrice
from closeout.domain.orders import Side, TicketLeg
from closeout.domain.pricing import (
    EVERY_CENT,
    TickRule,
    conservative,
    conservative_net,
    floor_to_tick,
    is_on_tick,
    neighbours,
    net_quote,
    tick_above,
)
from closeout.domain.quotes import NetQuote, Quote


@dataclass(frozen=True, slots=True)
class MarketView:
    """
    What planning needs to know of the market: quotes, and ticks per symbol.

    `net_tick` is the price step of packages: cents, unless a refusal has taught otherwise.
    """

    quotes: Mapping[str, Quote]
    ticks: Mapping[str, TickRule]
    net_tick: TickRule = EVERY_CENT

    def rule(self, symbol: str) -> TickRule:
        return self.ticks.get(symbol, EVERY_CENT)

    def has_no_bid(self, symbol: str) -> bool:
        """Whether the quote says that nobody bids; a missing quote says nothing."""
        quote = self.quotes.get(symbol)
        return quote is not None and quote.bid is not None and not quote.has_bid


def order_net(package: tuple[TicketLeg, ...], market: MarketView) -> NetQuote:
    """
    Return what one unit of an order trades at.

    Raises:
        CannotPlan: `no_price`.
    """
    try:
        return net_quote(package, market.quotes)
    except NoPrice as missing:
        raise CannotPlan(
            "no_price",
            f"{missing}, so there is no mid to price a limit from. "
            "Wait for a quote, give a limit price for each leg, or close at market.",
        ) from missing


def order_limit(package: tuple[TicketLeg, ...], terms: Terms, market: MarketView) -> Decimal:
    """
    Return the limit of an order: the user's price, or its own mid and the user's offset.

    Raises:
        CannotPlan: `no_price`, `invalid_tick`.
    """
    single = package[0] if len(package) == 1 else None
    if terms.price is not None:
        if single is None:
            return _checked_net(terms.price, market.net_tick)
        return _checked_price(single, terms.price, market)
    net = order_net(package, market).mid + (terms.offset or Decimal(0))
    if single is None:
        return floor_to_tick(conservative_net(net), market.net_tick)
    return _single_price(single, net * single.side.sign, market)


def leg_limits(
    package: tuple[TicketLeg, ...], limit: Decimal, market: MarketView
) -> tuple[Decimal, ...]:
    """
    Share the net limit of a package out over its legs, in plain prices.

    What it differs from mid is spread evenly over the contracts. Together the legs are
    never worse than the package: each is rounded in the user's favour (invariant I7).

    Raises:
        CannotPlan: `no_price`, `invalid_tick`.
    """
    try:
        slack = limit - net_quote(package, market.quotes).mid
    except NoPrice as missing:
        raise CannotPlan(
            "no_price",
            f"{missing}, so the limit cannot be shared out over the legs if Alpaca refuses the "
            "package. Wait for a quote, or leave if_refused at 'stop'.",
        ) from missing
    share = slack / sum(leg.ratio for leg in package)
    return tuple(_leg_limit(leg, share, market) for leg in package)


def _leg_limit(leg: TicketLeg, share: Decimal, market: MarketView) -> Decimal:
    mid = market.quotes[leg.symbol].mid
    assert mid is not None, "a package with a net price has mids"
    return _single_price(leg, mid + share * leg.side.sign, market)


def _single_price(leg: TicketLeg, price: Decimal, market: MarketView) -> Decimal:
    rule = market.rule(leg.symbol)
    if leg.side is Side.BUY and price < rule.below:
        # The smallest price there is would be beyond the user's own.
        raise CannotPlan(
            "invalid_tick",
            f"Mid and offset come to {price} for {leg.symbol}, below {rule.below}, the smallest "
            f"price there is. Use an offset that leaves {rule.below} or more, or close at market.",
        )
    return conservative(price, leg.side, rule)


def _checked_net(price: Decimal, rule: TickRule) -> Decimal:
    if not is_on_tick(price, rule):
        low = floor_to_tick(price, rule)
        steps = "whole cents" if rule == EVERY_CENT else f"steps of {rule.tick(price)}"
        raise CannotPlan(
            "invalid_tick",
            f"A package trades in {steps} net: use {low} or {tick_above(low, rule)}.",
        )
    return price


def _checked_price(leg: TicketLeg, price: Decimal, market: MarketView) -> Decimal:
    rule = market.rule(leg.symbol)
    if price <= 0 or not is_on_tick(price, rule):
        low, high = neighbours(price, rule)
        nearest = f"{low}" if low == high else f"{low} or {high}"
        raise CannotPlan(
            "invalid_tick",
            f"{leg.symbol} trades in steps of {rule.tick(price)} around {price}: use {nearest}.",
        )
    return price
