"""From a strategy or a leg to the orders that close it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from closeout.closing.pacing import WalkTerms, plan_walk, units_of
from closeout.closing.plans import Plan, PlanStep, Target
from closeout.closing.walk import Grid, first_limit
from closeout.domain.errors import CannotPlan, NoPrice
from closeout.domain.holdings import Holdings
from closeout.domain.orders import OrderType, Side, TicketLeg
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
from closeout.domain.strategies import Leg, Strategy

MAX_PACKAGE_LEGS = 4
"""Alpaca takes two to four legs in one order (docs.alpaca.markets, multi-leg orders)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """
    How the user wants to trade.

    `offset` is dollars per share from the net mid, debit positive; `price` is the limit
    itself, signed as in `Ticket`. Both need a limit order; without them it goes at mid, or
    where its `walk` begins.
    """

    order_type: OrderType
    offset: Decimal | None = None
    price: Decimal | None = None
    walk: WalkTerms | None = None


@dataclass(frozen=True, slots=True)
class MarketView:
    """
    What planning needs to know of the market: quotes, and ticks per symbol.

    `net_tick` is the price step of packages: cents, unless a refusal has taught otherwise.
    """

    quotes: Mapping[str, Quote]
    ticks: Mapping[str, TickRule]
    net_tick: TickRule = EVERY_CENT


def plan_strategy(strategy: Strategy, terms: Terms, market: MarketView, holdings: Holdings) -> Plan:
    """
    Plan the close of a whole strategy.

    Options go as one order (one package, or a single order for a single leg); shares
    follow when the options have filled, so that a short call is never left bare.

    Raises:
        CannotPlan: with `too_many_legs`, `limit_with_shares`, `no_price`, `invalid_tick`.
    """
    options = [leg for leg in strategy.legs if leg.option is not None]
    shares = [leg for leg in strategy.legs if leg.option is None]
    if len(options) > MAX_PACKAGE_LEGS:
        raise CannotPlan(
            "too_many_legs",
            f"Alpaca takes at most {MAX_PACKAGE_LEGS} legs in one order and this strategy has "
            f"{len(options)}. Close its legs one by one, shorts first.",
        )
    if options and shares and terms.order_type is OrderType.LIMIT:
        raise CannotPlan(
            "limit_with_shares",
            "Alpaca takes no shares in a multi-leg order, so one limit cannot hold for options "
            "and shares together. Close at market, or close leg by leg with limits.",
        )
    steps = [_step(group, terms, market) for group in (options, shares) if group]
    targets = tuple(_target(leg, holdings) for leg in (*options, *shares))
    return Plan(targets=targets, steps=tuple(steps))


def plan_leg(leg: Leg, terms: Terms, market: MarketView, holdings: Holdings) -> Plan:
    """
    Plan the close of one leg as a single order.

    Raises:
        CannotPlan: with `no_price` or `invalid_tick`.
    """
    return Plan(targets=(_target(leg, holdings),), steps=(_step([leg], terms, market),))


def _target(leg: Leg, holdings: Holdings) -> Target:
    return Target(
        leg_id=leg.id,
        symbol=leg.symbol,
        side=leg.closing_side,
        contracts=leg.contracts,
        held=holdings.quantity(leg.symbol),
    )


def _step(legs: Sequence[Leg], terms: Terms, market: MarketView) -> PlanStep:
    units = units_of(legs)
    package = tuple(
        TicketLeg(symbol=leg.symbol, ratio=leg.contracts // units, side=leg.closing_side)
        for leg in legs
    )
    if terms.walk is not None:
        return _walking_step(units, package, legs, terms.walk, market)
    limit = _limit(package, terms, market) if terms.order_type is OrderType.LIMIT else None
    return PlanStep(units=units, legs=package, order_type=terms.order_type, limit=limit)


def _walking_step(
    units: int,
    package: tuple[TicketLeg, ...],
    legs: Sequence[Leg],
    terms: WalkTerms,
    market: MarketView,
) -> PlanStep:
    single = package[0] if len(package) == 1 else None
    rule = market.net_tick if single is None else _rule(single.symbol, market)
    grid = Grid(rule, None if single is None else single.side)
    net = _net(package, market)
    walk = plan_walk(terms, package, legs, grid=grid, net=net, quotes=market.quotes)
    limit = grid.price(first_limit(walk, net))
    return PlanStep(units, package, OrderType.LIMIT, limit, walk)


def _net(package: tuple[TicketLeg, ...], market: MarketView) -> NetQuote:
    try:
        return net_quote(package, market.quotes)
    except NoPrice as missing:
        raise CannotPlan(
            "no_price",
            f"{missing}, so there is no mid to price a limit from. "
            "Wait for a quote, give a limit price for each leg, or close at market.",
        ) from missing


def _limit(package: tuple[TicketLeg, ...], terms: Terms, market: MarketView) -> Decimal:
    single = package[0] if len(package) == 1 else None
    if terms.price is not None:
        if single is None:
            return _checked_net(terms.price, market.net_tick)
        return _checked_price(single, terms.price, market)
    net = _net(package, market).mid + (terms.offset or Decimal(0))
    if single is None:
        return floor_to_tick(conservative_net(net), market.net_tick)
    return _single_price(single, net * single.side.sign, market)


def _single_price(leg: TicketLeg, price: Decimal, market: MarketView) -> Decimal:
    rule = _rule(leg.symbol, market)
    if leg.side is Side.BUY and price <= 0:
        # The smallest price there is would be beyond the user's own.
        raise CannotPlan(
            "invalid_tick",
            f"Mid and offset come to {price} for {leg.symbol}, which leaves nothing to pay: "
            f"use an offset that leaves {rule.below} or more.",
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
    rule = _rule(leg.symbol, market)
    if price <= 0 or not is_on_tick(price, rule):
        low, high = neighbours(price, rule)
        nearest = f"{low}" if low == high else f"{low} or {high}"
        raise CannotPlan(
            "invalid_tick",
            f"{leg.symbol} trades in steps of {rule.tick(price)} around {price}: use {nearest}.",
        )
    return price


def _rule(symbol: str, market: MarketView) -> TickRule:
    return market.ticks.get(symbol, EVERY_CENT)
