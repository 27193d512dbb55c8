"""What has changed since a preview was shown, and whether that is too much to send it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from closeout.closing.plans import Plan, PlanStep
from closeout.closing.preview import net_or_none
from closeout.domain.occ import option_or_none
from closeout.domain.pricing import EVERY_CENT, TickRule
from closeout.domain.quotes import NetQuote, Quote


@dataclass(frozen=True, slots=True)
class Tolerance:
    """
    How far natural and mid may move before a preview no longer holds, either way.

    The larger one counts: so many ticks, or a share of the half-spread that was shown; for
    shares, which move by several ticks a second, also a share of their price.
    """

    ticks: int = 2
    half_spread: Decimal = Decimal("0.5")
    share_price: Decimal = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is not as it was shown."""

    what: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.what} was {self.was} and is {self.now}"


def plan_changes(shown: Plan, fresh: Plan) -> tuple[Change, ...]:
    """Compare what is closed, and the orders that close it but for their prices."""
    found = [*_target_changes(shown, fresh)]
    if not found and [_shape(step) for step in shown.steps] != [_shape(s) for s in fresh.steps]:
        found.append(Change("The plan", _told(shown), _told(fresh)))
    return tuple(found)


def _target_changes(shown: Plan, fresh: Plan) -> Iterator[Change]:
    was = {target.symbol: target.side.sign * target.contracts for target in shown.targets}
    now = {target.symbol: target.side.sign * target.contracts for target in fresh.targets}
    for symbol in dict.fromkeys((*was, *now)):
        before, after = was.get(symbol, 0), now.get(symbol, 0)
        if before != after:
            yield Change(f"What is to be traded of {symbol}", _signed(before), _signed(after))


def _signed(contracts: int) -> str:
    if not contracts:
        return "nothing"
    return f"{abs(contracts)} {'bought' if contracts > 0 else 'sold'}"


def _shape(step: PlanStep) -> tuple[object, ...]:
    return (step.units, step.legs, step.order_type)


def _told(plan: Plan) -> str:
    orders = (
        f"{step.units} × " + " + ".join(f"{leg.ratio} {leg.symbol}" for leg in step.legs)
        for step in plan.steps
    )
    return ", then ".join(orders)


def market_changes(
    plan: Plan,
    was: Mapping[str, Quote],
    now: Mapping[str, Quote],
    *,
    ticks: Mapping[str, TickRule],
    tolerance: Tolerance,
) -> tuple[Change, ...]:
    """Compare what each order trades at. What was not quoted when shown is not compared."""
    found = []
    for number, step in enumerate(plan.steps, start=1):
        before, after = net_or_none(step, was), net_or_none(step, now)
        name = "" if len(plan.steps) == 1 else f" of order {number}"
        if before is None:
            continue
        if after is None:
            found.append(Change(f"The mid{name}", f"{before.mid}", "not quoted"))
        else:
            most = _most(step, before, ticks, tolerance)
            found += _net_changes(name, before, after, most)
    return tuple(found)


def _most(
    step: PlanStep, shown: NetQuote, ticks: Mapping[str, TickRule], tolerance: Tolerance
) -> Decimal:
    single = len(step.legs) == 1
    rule = ticks.get(step.legs[0].symbol, EVERY_CENT) if single else EVERY_CENT
    half = abs(shown.natural - shown.mid)
    most = max(tolerance.ticks * rule.tick(shown.mid), tolerance.half_spread * half)
    if option_or_none(step.legs[0].symbol) is None:
        most = max(most, tolerance.share_price * abs(shown.mid))
    return most


def _net_changes(name: str, was: NetQuote, now: NetQuote, most: Decimal) -> Iterator[Change]:
    pairs = (("natural", was.natural, now.natural), ("mid", was.mid, now.mid))
    for word, before, after in pairs:
        if abs(after - before) > most:
            yield Change(f"The {word}{name}", f"{before}", f"{after}")
