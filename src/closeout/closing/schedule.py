"""How fast a walk goes: its prices over its time."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum


class Pace(StrEnum):
    """How patient a walk is."""

    PATIENT = "patient"
    NORMAL = "normal"
    URGENT = "urgent"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    When a walk steps, and between which shares of the way from mid (0) to natural (1).

    The budget is divided into prices that each stand for one interval, the first from the
    beginning and the last until the end, or these two for as long as `first_for` and `last_for`
    say. The market is looked at once in every interval, or every `look_every`: strides are due
    when a price is, and looks in between only bring back what the market has come to meet.
    """

    budget: timedelta
    interval: timedelta
    start_share: Decimal = Decimal(0)
    end_share: Decimal = Decimal(1)
    first_for: timedelta | None = None
    last_for: timedelta | None = None
    look_every: timedelta | None = None

    def __post_init__(self) -> None:
        assert timedelta(0) < self.interval <= self.first <= self.budget, "one price has time"
        assert not self.first % self.look, "strides are taken at looks"
        assert not self.interval % self.look, "strides are taken at looks"
        assert 0 <= self.start_share <= self.end_share <= 1, "a walk goes from mid to natural"

    @property
    def first(self) -> timedelta:
        """How long the first price stands."""
        return self.interval if self.first_for is None else self.first_for

    @property
    def look(self) -> timedelta:
        """How long from one look at the market to the next."""
        return self.interval if self.look_every is None else self.look_every

    @property
    def prices(self) -> int:
        """How many limits the walk shows if nothing holds it."""
        last = self.interval if self.last_for is None else self.last_for
        return max(2 + (self.budget - self.first - last) // self.interval, 1)

    def step_at(self, age: timedelta) -> int:
        """Which price stands at this age, the first one being 0."""
        strides = 1 + (age - self.first) // self.interval
        return min(max(strides, 0), self.prices - 1)

    def share_at(self, age: timedelta) -> Decimal:
        """Where an even walk stands at this age."""
        done = Decimal(self.step_at(age)) / max(self.prices - 1, 1)
        return self.start_share + done * (self.end_share - self.start_share)

    def is_at_first(self, age: timedelta) -> bool:
        """Whether the first price still has the time of its own that it was given."""
        return self.first_for is not None and age < self.first_for

    def strides_left(self, age: timedelta) -> int:
        """How many strides there are still, the one that is due at this age included."""
        return self.prices - self.step_at(age)

    def due_in(self, age: timedelta) -> timedelta:
        """How long until the next look; beyond the end it goes on at the same rhythm."""
        return self.look - age % self.look

    def next_price_in(self, age: timedelta) -> timedelta:
        """How long until the next price is due."""
        if age < self.first:
            return self.first - age
        return self.interval - (age - self.first) % self.interval


PACES = {
    Pace.PATIENT: Schedule(timedelta(minutes=5), timedelta(seconds=20)),
    Pace.NORMAL: Schedule(
        timedelta(seconds=60),
        timedelta(seconds=5),
        start_share=Decimal("0.2"),
        first_for=timedelta(seconds=27),
        last_for=timedelta(seconds=3),
        look_every=timedelta(seconds=1),
    ),
    Pace.URGENT: Schedule(timedelta(seconds=15), timedelta(seconds=3)),
}
"""
To natural in 15, 8 and 5 prices. Where there is time, the first one is tried before more is given.
`normal` begins a fifth of the way from mid, where orders find somebody about twice as soon, and
looks every second: an order that rests longer is found by the market when it comes that way
(`docs/measured.md`). A move costs a request of the 200 a minute that an account has.
"""
