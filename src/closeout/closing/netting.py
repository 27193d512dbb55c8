"""What of a strategy can trade where others stand on the other side of its contracts."""

from collections.abc import Collection
from dataclasses import replace

from closeout.domain.claims import closable, tradable
from closeout.domain.errors import CannotPlan
from closeout.domain.holdings import Holdings
from closeout.domain.strategies import Leg, Netted, Strategy


def tradable_strategy(
    strategy: Strategy, holdings: Holdings, unexplained: Collection[str]
) -> Strategy:
    """
    Return the strategy without what is netted away; orders can only close the net.

    `unexplained` are symbols of which strategies on both sides do not come to what is held.

    Raises:
        CannotPlan: `claims_differ` when a leg is among them, `netted_away` when nothing is left.
    """
    doubtful = sorted({leg.symbol for leg in strategy.legs} & set(unexplained))
    if doubtful:
        raise CannotPlan(
            "claims_differ",
            f"Strategies hold {' and '.join(doubtful)} on both sides and do not come to what "
            "the account holds, so nobody can tell how much of it is this one's. Close its legs "
            "one by one, or say what belongs together.",
        )
    if not strategy.netted:
        return strategy
    part = tradable(strategy, holdings)
    if not part.legs:
        raise CannotPlan(
            "netted_away",
            "Other strategies hold every contract of this one the other way, so the account "
            "holds none of them and nothing can trade. Close those instead.",
        )
    return part


def tradable_leg(strategy: Strategy, leg: Leg, holdings: Holdings) -> Leg:
    """
    Return what of a leg can trade.

    Raises:
        CannotPlan: `netted_away` when others hold all of it the other way.
    """
    away = next((each for each in strategy.netted if each.symbol == leg.symbol), None)
    if away is None:
        return leg
    contracts = closable(leg, holdings.quantity(leg.symbol))
    if not contracts:
        raise CannotPlan("netted_away", explain(leg, away))
    return replace(leg, quantity=-contracts if leg.is_short else contracts)


def explain(leg: Leg, away: Netted) -> str:
    """Say what is netted, with whom, and what that means for a close."""
    here, there = ("short", "long") if leg.is_short else ("long", "short")
    left = leg.contracts - away.contracts
    trades = f"only {left} can trade" if left else "none can trade"
    others = " and ".join(away.with_ids)
    return (
        f"{away.contracts} of {leg.contracts} {leg.symbol} are {here} here and {there} in "
        f"{others}. Alpaca holds only the net of both, so {trades}; a close leaves the rest to "
        "cancel out between them."
    )
