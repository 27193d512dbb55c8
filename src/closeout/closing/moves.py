"""Where the walk of an order stands, and how its limit is being moved."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from closeout.closing import timing
from closeout.closing.walk import Holding, Walk
from closeout.domain.orders import Ticket


@dataclass(frozen=True, slots=True)
class Replacing:
    """
    A replacement is on its way: written down, perhaps sent, perhaps taken.

    `order_id` is the order it is to replace. It counts when that one says that it was replaced.
    """

    ticket: Ticket
    order_id: str
    since: datetime
    net: Decimal


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """
    The order is being cancelled, to go again at `net` for what is left.

    `order_id` was last asked to be cancelled, at `asked_at`.
    """

    order_id: str
    net: Decimal
    asked_at: datetime
    is_acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Walking:
    """
    The walk of the step that is being worked, its age measured over every order of it.

    `limit` is the net that stands; `since` is where the age of the present pace begins, and
    `stepped` the last of its looks that the limit was moved at (-1: none yet). `wanted` is a
    net that a person chose and that is not in place yet. `is_resting` means that the limit
    stays where it is, and `is_cancelled` that time ended the order. With `by_cancel` this
    broker does not replace it, so it is cancelled and sent anew. `gave_way_to` is the broker's id
    of the last order that another hand has put in place of ours.
    """

    walk: Walk
    began_at: datetime
    since: datetime
    limit: Decimal
    moved_at: datetime
    stepped: int = 0
    holding: Holding | None = None
    moving: Replacing | Withdrawing | None = None
    wanted: Decimal | None = None
    is_resting: bool = False
    is_cancelled: bool = False
    by_cancel: bool = False
    refusals: int = 0
    gave_way_to: str | None = None

    def age(self, at: datetime) -> timedelta:
        return max(at - self.since, timedelta(0))

    def next_wake(self, at: datetime) -> timedelta:
        """How long until the next look that may move the limit, or the end of the walk."""
        age, schedule = self.age(at), self.walk.schedule
        due = max(schedule.due_in(age), timing.REPLACE_AFTER - (at - self.moved_at))
        return min(due, schedule.budget - age) if age < schedule.budget else due

    def next_price_in(self, at: datetime) -> timedelta:
        """How long until the next price is due, or the end of the walk."""
        age, schedule = self.age(at), self.walk.schedule
        due = schedule.next_price_in(age)
        return min(due, schedule.budget - age) if age < schedule.budget else due

    @property
    def strode(self) -> int:
        """The price that the limit was last moved for (-1: none yet)."""
        schedule = self.walk.schedule
        return -1 if self.stepped < 0 else schedule.step_at(self.stepped * schedule.look)

    @property
    def ends_at(self) -> datetime:
        return self.since if self.walk.hurried else self.since + self.walk.schedule.budget

    @property
    def replacement(self) -> Ticket | None:
        """The order that is on its way to replace the one at work."""
        return self.moving.ticket if isinstance(self.moving, Replacing) else None
