"""What effects ask for."""

from collections.abc import Iterable
from typing import TypeVar

from closeout.closing.effects import Effect, PlaceOrder
from closeout.domain.orders import Ticket

_Effect = TypeVar("_Effect", bound=Effect)


def of_kind(kind: type[_Effect], effects: Iterable[Effect]) -> list[_Effect]:
    return [effect for effect in effects if isinstance(effect, kind)]


def placed(effects: Iterable[Effect]) -> list[Ticket]:
    """Return the tickets that these effects send."""
    return [effect.ticket for effect in of_kind(PlaceOrder, effects)]
