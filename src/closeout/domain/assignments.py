"""The user's word about what belongs together."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Share:
    """
    Contracts (or shares) of one symbol that a strategy gets; `quantity` is signed.

    They come out of the strategy `taken_from`. None: they were no strategy's of the history,
    and `unexplained` of them (signed as well) are older than what the history tells.
    """

    symbol: str
    quantity: int
    taken_from: str | None = None
    unexplained: int = 0


@dataclass(frozen=True, slots=True)
class Assignment:
    """
    From `at` on, these contracts are in the strategy `strategy_id`.

    It takes its place in the replay behind what happened until `after`, by the broker's
    clock; None is before everything. Contracts are moved and never made: of what has gone by
    then, the rest comes. So a close may be replayed before or after it with the same result.
    The `number` says which of two assignments came first. With `renames`, `name` is the
    strategy's from now on, and None gives it back that of its shape.
    """

    number: int
    at: datetime
    after: datetime | None
    strategy_id: str
    shares: tuple[Share, ...] = ()
    renames: bool = False
    name: str | None = None
    leaves: tuple[tuple[str, int], ...] = ()
    """Signed contracts that are left of a strategy, as the user has seen and leaves them."""
