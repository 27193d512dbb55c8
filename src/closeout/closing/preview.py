"""What a close would send and what that would bring, before anything is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from closeout.closing.plans import Plan, PlanStep
from closeout.domain.errors import NoPrice
from closeout.domain.pricing import net_quote
from closeout.domain.quotes import NetQuote, Quote
from closeout.domain.strategies import Leg


@dataclass(frozen=True, slots=True)
class StepPreview:
    """A step with what it trades at; `net` is None while a quote is missing."""

    step: PlanStep
    net: NetQuote | None


@dataclass(frozen=True, slots=True)
class Worth:
    """
    Dollars for the whole close, received positive and paid negative, and the P&L it
    realises before fees; None where a price is missing or there is no such price.

    `worst` is the least that can come of it: the limit nobody goes beyond. A market order
    has none.
    """

    cash_natural: Decimal | None
    cash_mid: Decimal | None
    cash_limit: Decimal | None
    cash_worst: Decimal | None
    pnl_natural: Decimal | None
    pnl_mid: Decimal | None
    pnl_limit: Decimal | None
    pnl_worst: Decimal | None


def preview_steps(plan: Plan, quotes: Mapping[str, Quote]) -> tuple[StepPreview, ...]:
    return tuple(StepPreview(step, net_or_none(step, quotes)) for step in plan.steps)


def net_or_none(step: PlanStep, quotes: Mapping[str, Quote]) -> NetQuote | None:
    """Return what one unit of a step trades at; None while a quote is missing."""
    try:
        return net_quote(step.legs, quotes)
    except NoPrice:
        return None


def worth(steps: Sequence[StepPreview], plan: Plan, legs: Sequence[Leg]) -> Worth:
    """Add up what the steps bring. `legs` are those of the strategy, with what they cost."""
    multipliers = {leg.symbol: leg.multiplier for leg in legs}
    nets = [each.net for each in steps]
    natural = _cash(steps, multipliers, [net.natural if net else None for net in nets])
    mid = _cash(steps, multipliers, [net.mid if net else None for net in nets])
    limit = _cash(steps, multipliers, [signed_limit(each.step) for each in steps])
    worst = _cash(steps, multipliers, [worst_net(each.step) for each in steps])
    opened = opening_cash(plan, legs)
    return Worth(
        cash_natural=natural,
        cash_mid=mid,
        cash_limit=limit,
        cash_worst=worst,
        pnl_natural=_sum(natural, opened),
        pnl_mid=_sum(mid, opened),
        pnl_limit=_sum(limit, opened),
        pnl_worst=_sum(worst, opened),
    )


def signed_limit(step: PlanStep) -> Decimal | None:
    """The limit as a net price: a single sell order's price is a credit."""
    if step.limit is None or len(step.legs) > 1:
        return step.limit
    return step.limit * step.legs[0].side.sign


def worst_net(step: PlanStep) -> Decimal | None:
    """
    The net price this step never goes beyond.

    None for a market order, and for a walk without a worst, which follows natural.
    """
    return signed_limit(step) if step.walk is None else step.walk.worst


def opening_cash(plan: Plan, legs: Sequence[Leg]) -> Decimal | None:
    """Dollars that opening what the plan closes brought (positive) or cost (negative)."""
    by_id = {leg.id: leg for leg in legs}
    total = Decimal(0)
    for target in plan.targets:
        leg = by_id[target.leg_id]
        if leg.entry_price is None:
            return None
        # What is bought back was sold once, and the other way round.
        total += target.side.sign * leg.entry_price * target.contracts * leg.multiplier
    return total


def _cash(
    steps: Sequence[StepPreview], multipliers: Mapping[str, int], nets: Sequence[Decimal | None]
) -> Decimal | None:
    total = Decimal(0)
    for each, net in zip(steps, nets, strict=True):
        if net is None:
            return None
        total -= net * each.step.units * multipliers[each.step.legs[0].symbol]
    return total


def _sum(cash: Decimal | None, opened: Decimal | None) -> Decimal | None:
    return None if cash is None or opened is None else cash + opened
