"""From a strategy or a leg to the orders that close it."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from closeout.closing.legging import one_by_one
from closeout.closing.limits import MarketView, leg_limits, order_limit, order_net
from closeout.closing.pacing import WalkTerms, known_entry, plan_walk
from closeout.closing.packages import Package, packages
from closeout.closing.plans import Plan, PlanStep, Target
from closeout.closing.strides import first_limit
from closeout.closing.terms import IfRefused, NoBid, Terms
from closeout.closing.walk import Grid
from closeout.domain.errors import CannotPlan
from closeout.domain.holdings import Holdings
from closeout.domain.orders import OrderType, TicketLeg
from closeout.domain.strategies import OPTION_MULTIPLIER, Leg, Strategy

__all__ = ["MarketView", "Terms", "plan_leg", "plan_strategy"]

_NOTHING = Decimal(0)


def plan_strategy(strategy: Strategy, terms: Terms, market: MarketView, holdings: Holdings) -> Plan:
    """
    Plan the close of a strategy, or of what is to go of it.

    Options go as one package where one will do, else as several (see `packages`). Shares
    follow when the options have filled, so that a short call is never left bare, and longs
    that nobody bids for come last when they are offered at a tick.

    Raises:
        CannotPlan: `nothing_to_close`, `one_price_several_orders`, `no_price`, `invalid_tick`.
    """
    return _plan(strategy.legs, terms, market, holdings)


def plan_leg(leg: Leg, terms: Terms, market: MarketView, holdings: Holdings) -> Plan:
    """
    Plan the close of one leg as a single order.

    Raises:
        CannotPlan: as `plan_strategy`.
    """
    return _plan((leg,), terms, market, holdings)


def _plan(legs: Sequence[Leg], terms: Terms, market: MarketView, holdings: Holdings) -> Plan:
    unwanted = [leg for leg in legs if terms.no_bid is not NoBid.INCLUDE and _unwanted(leg, market)]
    wanted = [leg for leg in legs if leg not in unwanted]
    options = [leg for leg in wanted if leg.option is not None]
    shares = [leg for leg in wanted if leg.option is None]
    orders = [*(packages(options) if options else ()), *map(_alone, shares)]
    _check_price(terms, orders)
    offered = unwanted if terms.no_bid is NoBid.TICK else []
    steps = [_step(order, _beside(offered, terms, market), market) for order in orders]
    steps += [_at_a_tick(leg, market) for leg in offered]
    wanted = list(legs) if offered else wanted
    if not steps:
        raise CannotPlan(
            "nothing_to_close",
            "Nobody bids for what this would sell, so with no_bid 'leave' nothing is left to "
            "close. Offer it at one tick (no_bid 'tick'), or include it.",
        )
    going = sorted(wanted, key=lambda leg: leg.option is None)
    return Plan(targets=tuple(_target(leg, holdings) for leg in going), steps=tuple(steps))


def _beside(offered: Sequence[Leg], terms: Terms, market: MarketView) -> Terms:
    """Leave a worst result room for what the legs lose that are offered at a tick."""
    walk = terms.walk
    if walk is None or walk.worst_pnl is None:
        return terms
    lost = sum((_loss_at_a_tick(leg, market) for leg in offered), _NOTHING)
    return replace(terms, walk=replace(walk, worst_pnl=walk.worst_pnl + lost))


def _loss_at_a_tick(leg: Leg, market: MarketView) -> Decimal:
    """Dollars; what would be won is not counted on, for nobody may take the offer."""
    entry, price = known_entry(leg), market.rule(leg.symbol).below
    return max(entry - price, _NOTHING) * leg.contracts * leg.multiplier


def _unwanted(leg: Leg, market: MarketView) -> bool:
    """Whether it is a long option that nobody bids for."""
    return leg.option is not None and not leg.is_short and market.has_no_bid(leg.symbol)


def _alone(leg: Leg) -> Package:
    return Package(leg.contracts, ((leg, 1),))


def _check_price(terms: Terms, orders: Sequence[Package]) -> None:
    walk = terms.walk
    worst = walk is not None and (walk.worst_price, walk.worst_pnl) != (None, None)
    if len(orders) > 1 and (terms.price is not None or worst):
        raise CannotPlan(
            "one_price_several_orders",
            f"This takes {len(orders)} orders, one after another, and one price cannot hold for "
            "all of them. Leave limit_price (or the worst price) out, and each order goes at its "
            "own mid plus limit_price_offset, or walks by itself; or close at market.",
        )


def _target(leg: Leg, holdings: Holdings) -> Target:
    return Target(
        leg_id=leg.id,
        symbol=leg.symbol,
        side=leg.closing_side,
        contracts=leg.contracts,
        held=holdings.quantity(leg.symbol),
        premium_multiplier=leg.multiplier if leg.option else OPTION_MULTIPLIER,
    )


def _step(order: Package, terms: Terms, market: MarketView) -> PlanStep:
    package = tuple(
        TicketLeg(symbol=leg.symbol, ratio=ratio, side=leg.closing_side)
        for leg, ratio in order.legs
    )
    step = _priced(order, package, terms, market)
    if terms.if_refused is IfRefused.STOP or len(package) == 1:
        return step
    singles = [
        _step(Package(order.units * ratio, ((leg, 1),)), own, market)
        for (leg, ratio), own in zip(order.legs, _leg_terms(step, terms, market), strict=True)
    ]
    return replace(step, instead=one_by_one(singles))


def _priced(
    order: Package, package: tuple[TicketLeg, ...], terms: Terms, market: MarketView
) -> PlanStep:
    if terms.walk is not None:
        return _walking_step(order, package, terms.walk, market)
    limit = order_limit(package, terms, market) if terms.order_type is OrderType.LIMIT else None
    return PlanStep(units=order.units, legs=package, order_type=terms.order_type, limit=limit)


def _walking_step(
    order: Package, package: tuple[TicketLeg, ...], terms: WalkTerms, market: MarketView
) -> PlanStep:
    single = package[0] if len(package) == 1 else None
    rule = market.net_tick if single is None else market.rule(single.symbol)
    grid = Grid(rule, None if single is None else single.side)
    net = order_net(package, market)
    walk = plan_walk(terms, package, order.contracts, grid=grid, net=net, quotes=market.quotes)
    limit = grid.price(first_limit(walk, net))
    return PlanStep(order.units, package, OrderType.LIMIT, limit, walk)


def _leg_terms(step: PlanStep, terms: Terms, market: MarketView) -> list[Terms]:
    """Return the terms of each leg by itself: together they are never worse than the package."""
    alone = replace(terms, if_refused=IfRefused.STOP)
    if step.walk is not None and terms.walk is not None:
        if step.walk.worst is None:
            return [alone] * len(step.legs)
        shares = leg_limits(step.legs, step.walk.worst, market)
        walks = (replace(terms.walk, worst_price=share, worst_pnl=None) for share in shares)
        return [replace(alone, walk=walk) for walk in walks]
    if step.limit is None:
        return [alone] * len(step.legs)
    limits = leg_limits(step.legs, step.limit, market)
    return [replace(alone, offset=None, price=limit) for limit in limits]


def _at_a_tick(leg: Leg, market: MarketView) -> PlanStep:
    """Offer a long leg at the smallest price there is."""
    return PlanStep(
        units=leg.contracts,
        legs=(TicketLeg(symbol=leg.symbol, ratio=1, side=leg.closing_side),),
        order_type=OrderType.LIMIT,
        limit=market.rule(leg.symbol).below,
    )
