"""Which part of a strategy is to go: some of its units, a share of them, or chosen legs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from closeout.domain.errors import CannotPlan
from closeout.domain.strategies import Leg, unit_count

WHOLE_PERCENT = 100
RATIO_MAX = 3
"""The exchanges' own bound for a complex order is one to three (Cboe rule 5.33, conforming
ratios). Legs in a wider ratio are not one package held once, but legs left over."""


@dataclass(frozen=True, slots=True)
class Portion:
    """
    How much a person wants closed; the default is everything.

    `leg_ids` chooses legs of a strategy, and `units` or `percent` say how many of their
    units. `quantity` is contracts (or shares) of a single leg.
    """

    units: int | None = None
    percent: int | None = None
    leg_ids: tuple[str, ...] = ()
    quantity: int | None = None

    @property
    def is_whole(self) -> bool:
        return self in (WHOLE, Portion(percent=WHOLE_PERCENT))


WHOLE = Portion()


def portion_of(legs: Sequence[Leg], portion: Portion) -> tuple[Leg, ...]:
    """
    Return the legs that are to go, each with what is to go of it.

    A percentage is rounded down to whole units and is at least one. Shares beside options
    go in proportion, rounded down, so that the calls that stay keep their cover.

    Raises:
        CannotPlan: `too_many_units`, `too_many_contracts`, `not_divisible`.
    """
    chosen = tuple(leg for leg in legs if not portion.leg_ids or leg.id in portion.leg_ids)
    assert chosen, "the legs that were chosen are there"
    if portion.quantity is not None:
        return (_some(chosen[0], portion.quantity),)
    total = unit_count(chosen)
    units = _units(chosen, total, portion)
    if units == total:
        return chosen
    scaled = (replace(leg, quantity=_scaled(leg, units, total)) for leg in chosen)
    return tuple(leg for leg in scaled if leg.quantity)


def _some(leg: Leg, quantity: int) -> Leg:
    if quantity > leg.contracts:
        raise CannotPlan(
            "too_many_contracts",
            f"{leg.symbol} has {leg.contracts} to close, not {quantity}. "
            f"Ask for {leg.contracts} or fewer.",
        )
    return replace(leg, quantity=-quantity if leg.is_short else quantity)


def _units(legs: Sequence[Leg], total: int, portion: Portion) -> int:
    if portion.units is not None:
        if portion.units > total:
            raise CannotPlan(
                "too_many_units",
                f"There {'is 1 unit' if total == 1 else f'are {total} units'} to close, not "
                f"{portion.units}. Ask for {total} or fewer.",
            )
        return portion.units
    if portion.percent is None or portion.percent == WHOLE_PERCENT:
        return total
    if (
        total == 1
        and max(leg.contracts for leg in legs if leg.option or len(legs) == 1) > RATIO_MAX
    ):
        sizes = ", ".join(f"{leg.contracts} {leg.symbol}" for leg in legs)
        raise CannotPlan(
            "not_divisible",
            f"{sizes} have no common unit to take {portion.percent}% of. Choose legs, or close "
            "each leg by its quantity.",
        )
    return max(1, total * portion.percent // WHOLE_PERCENT)


def _scaled(leg: Leg, units: int, total: int) -> int:
    """Signed contracts of so many units, cut toward zero; options always divide evenly."""
    part = leg.contracts * units // total
    return -part if leg.is_short else part
