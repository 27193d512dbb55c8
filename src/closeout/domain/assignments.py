"""The user's word about what belongs together."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Assignment:
    """
    From `at` on, exactly these contracts are the strategy `strategy_id`.

    `legs` are symbols with signed contracts (or shares). What the strategy does not have yet
    comes out of `taken_from`, with its price and its past, else from contracts that no
    strategy of the history has. What it has beyond `legs` is let go. Orders after `at` go on
    changing the strategy as any other. `name` replaces the name of its shape; None keeps
    the name it has.
    """

    at: datetime
    strategy_id: str
    legs: tuple[tuple[str, int], ...]
    taken_from: tuple[str, ...] = ()
    name: str | None = None
