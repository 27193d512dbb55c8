"""What is left when a plan has been carried out: legs, contracts, cover, buying power."""

from dataclasses import dataclass, replace
from decimal import Decimal

from closeout.closing.plans import Plan
from closeout.domain.coverage import uncovered_contracts
from closeout.domain.holdings import Account, Holdings
from closeout.domain.margin import margin_requirement
from closeout.domain.strategies import Leg, Strategy


def remaining_legs(strategy: Strategy, plan: Plan) -> tuple[Leg, ...]:
    """Return the legs of the strategy with what the plan leaves of them; none that is gone."""
    closing = {target.leg_id: target.contracts for target in plan.targets}
    left = (_less(leg, closing.get(leg.id, 0)) for leg in strategy.legs)
    return tuple(leg for leg in left if leg.quantity)


def _less(leg: Leg, contracts: int) -> Leg:
    sign = -1 if leg.is_short else 1
    return replace(leg, quantity=leg.quantity - sign * min(contracts, leg.contracts))


def quantities(holdings: Holdings) -> dict[str, Decimal]:
    """Return the signed quantity of every symbol of the account."""
    return {row.symbol: row.quantity for row in holdings.rows}


def quantities_after(holdings: Holdings, plan: Plan) -> dict[str, Decimal]:
    """Return the same when the plan has filled."""
    after = quantities(holdings)
    for target in plan.targets:
        change = target.side.sign * target.contracts
        after[target.symbol] = after.get(target.symbol, Decimal(0)) + change
    return after


@dataclass(frozen=True, slots=True)
class Cover:
    """Short contracts of the whole account that nothing covers, before and after."""

    uncovered_before: int
    uncovered_after: int


def cover(holdings: Holdings, plan: Plan) -> Cover:
    return Cover(
        uncovered_contracts(quantities(holdings)),
        uncovered_contracts(quantities_after(holdings, plan)),
    )


@dataclass(frozen=True, slots=True)
class BuyingPower:
    """
    Dollars for options, before and after; estimated, for Alpaca offers no dry run.

    `released` is the margin that the close sets free (negative: binds), `cash` what the
    close brings (negative: costs). `after` is `before` and both; None when one of them is
    not known.
    """

    before: Decimal | None
    after: Decimal | None
    margin_before: Decimal | None
    margin_after: Decimal | None
    released: Decimal | None
    cash: Decimal | None


def buying_power(
    account: Account | None, holdings: Holdings, plan: Plan, cash: Decimal | None
) -> BuyingPower:
    """Estimate by the universal spread rule over everything the account holds."""
    before = None if account is None else account.options_buying_power
    margin_before = margin_requirement(quantities(holdings))
    margin_after = margin_requirement(quantities_after(holdings, plan))
    released = _released(margin_before, margin_after)
    return BuyingPower(
        before=before,
        after=_after(before, released, cash),
        margin_before=margin_before,
        margin_after=margin_after,
        released=released,
        cash=cash,
    )


def _released(before: Decimal | None, after: Decimal | None) -> Decimal | None:
    return None if before is None or after is None else before - after


def _after(
    before: Decimal | None, released: Decimal | None, cash: Decimal | None
) -> Decimal | None:
    if before is None or released is None or cash is None:
        return None
    return before + released + cash
