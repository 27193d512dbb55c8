"""
What is known to have come of a request that changes something at the broker.

Silence is not a no: a timeout, a cut connection, a 5xx or an unreadable answer after
sending leaves the order `OutcomeUnknown` until evidence settles it (invariant I4).
"""

from dataclasses import dataclass
from datetime import timedelta

from closeout.domain.orders import OrderReport


@dataclass(frozen=True, slots=True)
class Accepted:
    """The broker answered with the order."""

    report: OrderReport


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker said no; nothing works. `code` and `message` are Alpaca's own."""

    http_status: int
    code: int | None
    message: str
    related_orders: tuple[str, ...] = ()

    @property
    def is_duplicate_id(self) -> bool:
        """
        Whether this is evidence that an order with this client id already exists.

        Alpaca answers 422 with code 40010001 or 42210000; the message is what the
        reports agree on.
        """
        return self.http_status == 422 and "client_order_id must be unique" in self.message  # noqa: PLR2004

    @property
    def is_increment(self) -> bool:
        """
        Whether the price was on no valid tick.

        Only the words tell: 422 `sub-penny increment does not fulfill minimum pricing
        criteria`, `limit price must be limited to 2 decimal places`, `must be a multiple of`.
        """
        words = ("increment", "decimal places", "multiple of")
        return self.http_status == 422 and any(each in self.message for each in words)  # noqa: PLR2004

    @property
    def is_passing(self) -> bool:
        """
        Whether a replacement was refused for where its order stands just now.

        Alpaca replaces no order that is accepted, pending or being replaced (its options
        trading overview lists the words).
        """
        words = ("cannot replace order in", "already replaced", "not fully replaced")
        return any(each in self.message for each in words)


@dataclass(frozen=True, slots=True)
class OutcomeUnknown:
    """It was sent, and what became of it is not known. `reason` says what happened."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """
    It certainly did not reach the order book: no connection, or a 429.

    It may go again under the same client id after `retry_after`.
    """

    reason: str
    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class CancelTaken:
    """The cancel was accepted, which is not yet done: fills may still come."""


PlaceOutcome = Accepted | Refused | OutcomeUnknown | NotSent
ReplaceOutcome = PlaceOutcome
"""
Of a replacement: `Accepted` carries the new order. It has not taken the old one's place
yet, and may be rejected still; then the old one works on.
"""
CancelOutcome = CancelTaken | Refused | OutcomeUnknown | NotSent
