"""Open orders of other hands that hold what a close is to trade."""

from dataclasses import dataclass
from datetime import datetime

from closeout.domain.orders import OrderReport


@dataclass(frozen=True, slots=True)
class ConflictingOrder:
    """
    One order that is cancelled before ours goes out, and what the broker says of it.

    `asked_at` is when its cancel was last asked for; `is_taken` whether that was acknowledged.
    """

    order_id: str
    asked_at: datetime
    is_taken: bool = False
    report: OrderReport | None = None

    @property
    def is_over(self) -> bool:
        """Whether the broker itself has said that it trades no more."""
        return self.report is not None and self.report.status.is_final
