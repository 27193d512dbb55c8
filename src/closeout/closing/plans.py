"""What a close sets out to do: its targets and the orders that reach them."""

from dataclasses import dataclass
from decimal import Decimal

from closeout.closing.walk import Walk
from closeout.domain.occ import option_or_none
from closeout.domain.orders import OrderType, Side, TicketLeg
from closeout.domain.strategies import OPTION_MULTIPLIER


@dataclass(frozen=True, slots=True)
class Target:
    """
    The contracts of one leg that are to go.

    `contracts` is unsigned; `held` is the broker's signed net holding of the symbol when
    the close began, which may be more than this leg when strategies share a contract.
    `premium_multiplier` is that of an option, which a corporate action may have changed.
    """

    leg_id: str
    symbol: str
    side: Side
    contracts: int
    held: Decimal
    premium_multiplier: int = OPTION_MULTIPLIER

    @property
    def multiplier(self) -> int:
        """Dollars for a dollar of price, for one contract or share."""
        return 1 if option_or_none(self.symbol) is None else self.premium_multiplier


@dataclass(frozen=True, slots=True)
class PlanStep:
    """
    One order of the plan. A step is sent when every step before it has filled.

    `limit` is signed as in `Ticket`; with a `walk` it is where that begins. `instead` has the
    single orders that take its place, one after another, when the broker refuses the package
    as such; empty when none may.
    """

    units: int
    legs: tuple[TicketLeg, ...]
    order_type: OrderType
    limit: Decimal | None
    walk: Walk | None = None
    instead: "tuple[PlanStep, ...]" = ()

    def __post_init__(self) -> None:
        if self.instead:
            singles = [(each.legs[0].symbol, each.units) for each in self.instead]
            legs = [(leg.symbol, leg.ratio * self.units) for leg in self.legs]
            assert sorted(singles) == sorted(legs), "its legs add up to the package"


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a close, in order, and what they add up to."""

    targets: tuple[Target, ...]
    steps: tuple[PlanStep, ...]

    def __post_init__(self) -> None:
        for target in self.targets:
            planned = sum(
                step.units * leg.ratio
                for step in self.steps
                for leg in step.legs
                if leg.symbol == target.symbol and leg.side is target.side
            )
            assert planned == target.contracts, "the steps close exactly what was asked"
        symbols = {leg.symbol for step in self.steps for leg in step.legs}
        assert symbols == set(self.symbols), "the steps close nothing else"

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(target.symbol for target in self.targets)
