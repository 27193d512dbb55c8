"""The state of one close, and what can be read from it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from closeout.closing.attempts import Attempt
from closeout.closing.busts import Bust
from closeout.closing.conflicting import ConflictingOrder
from closeout.closing.executions import Executions
from closeout.closing.ids import close_of
from closeout.closing.moves import Walking
from closeout.closing.plans import Plan, PlanStep, Target
from closeout.closing.rooms import Hand
from closeout.domain.orders import OrderReport, OrderType
from closeout.domain.pricing import TickRule


class Phase(StrEnum):
    """Where a close stands. The last four are ends."""

    CLEARING = "clearing"
    SENDING = "sending"
    UNKNOWN = "unknown"
    WORKING = "working"
    CANCELLING = "cancelling"
    VERIFYING = "verifying"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    NEEDS_ATTENTION = "needs_attention"

    @property
    def is_end(self) -> bool:
        return self in _ENDS


_ENDS = frozenset({Phase.CLOSED, Phase.CANCELLED, Phase.REJECTED, Phase.NEEDS_ATTENTION})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a close stands where it stands: a stable code and what the broker or we know."""

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CloseState:
    """
    Everything a close knows. Built only by `step` from events.

    `misses` counts what did not turn up since the phase began: lookups that found no
    order, or snapshots that did not agree yet. `phase_since` is when the phase began.
    `unsent` says that the last attempt is certainly not at the broker and waits to be sent.
    `elsewhere` counts contracts by symbol that other hands have taken out of the account.
    """

    close_id: str
    account: str
    position_id: str
    leg_id: str | None
    ticker: str
    strategy: str
    plan: Plan
    attempts: tuple[Attempt, ...]
    phase: Phase
    phase_since: datetime
    opened_at: datetime
    updated_at: datetime
    reason: Reason | None = None
    cancel_requested: bool = False
    cancel_acknowledged: bool = False
    unsent: bool = False
    resends: int = 0
    misses: int = 0
    cancelling_order: str | None = None
    """The broker's id of the order that was last asked to be cancelled."""
    walking: Walking | None = None
    """The price walk of the step that is being worked."""
    learned: TickRule | None = None
    """The price steps that a refusal has taught."""
    ended_at: datetime | None = None
    conflicts: tuple[ConflictingOrder, ...] = ()
    elsewhere: tuple[tuple[str, int], ...] = ()
    executions: Executions = field(default_factory=Executions)
    """What the report of this close is measured by."""
    hands: tuple[Hand, ...] = ()
    """Whose orders took those contracts, as far as the account's fills tell."""
    short_since: datetime | None = None
    """Since when snapshots show less than the order at work still wants."""
    is_recut: bool = False
    """The order at work is being cancelled, to go again for what is left."""
    undone_at: datetime | None = None
    """When a trade was last taken back whose cover may be sold here: older looks count no more."""
    busts: tuple[Bust, ...] = ()
    """Trades that the exchange has taken back; what the orders reported stays as it was told."""

    @property
    def attempt(self) -> Attempt:
        """The order that is being worked, or was last."""
        return self.attempts[-1]

    @property
    def order_type(self) -> OrderType:
        return self.plan.steps[0].order_type

    def filled(self, symbol: str) -> int:
        """Contracts of `symbol` that fills have closed so far and that still count, unsigned."""
        return max(0, self._reported(symbol) - self.busted(symbol))

    def _reported(self, symbol: str) -> int:
        return sum(attempt.filled(symbol) for attempt in self.attempts)

    def busted(self, symbol: str) -> int:
        """Contracts of `symbol` whose fills the exchange has taken back."""
        return sum(bust.contracts for bust in self.busts if bust.symbol == symbol)

    @property
    def is_undone_before(self) -> bool:
        """Whether a trade of another step was taken back: what this one trades may be its cover."""
        own = {leg.symbol for leg in self.attempt.ticket.legs}
        return any(bust.symbol not in own for bust in self.busts)

    def average_price(self, symbol: str) -> Decimal | None:
        """Dollars per share over everything that has filled; None when that is not known."""
        filled, total = self._reported(symbol), Decimal(0)
        for attempt in self.attempts:
            paid = attempt.paid(symbol)
            if paid is None:
                return None
            total += paid
        return total / filled if filled else None

    def remaining(self, target: Target) -> int:
        """Contracts still to go: neither our fills nor other hands have taken them."""
        gone = self.filled(target.symbol) + self.gone_elsewhere(target.symbol)
        return max(0, target.contracts - gone)

    def gone_elsewhere(self, symbol: str) -> int:
        """Contracts of `symbol` that other hands have taken."""
        return dict(self.elsewhere).get(symbol, 0)

    @property
    def all_filled(self) -> bool:
        """Whether nothing is left to close, by whatever hand."""
        return not any(self.remaining(target) for target in self.plan.targets)

    @property
    def any_filled(self) -> bool:
        return any(self.filled(target.symbol) for target in self.plan.targets)

    @property
    def next_step(self) -> PlanStep | None:
        """The step after the one being worked."""
        index = self.attempt.step + 1
        return self.plan.steps[index] if index < len(self.plan.steps) else None

    @property
    def can_cancel(self) -> bool:
        """Whether asking to cancel could still change something."""
        may_go_again = self.phase is Phase.CANCELLING and self.is_recut
        return not self.cancel_requested and (
            may_go_again
            or self.phase in (Phase.CLEARING, Phase.SENDING, Phase.UNKNOWN, Phase.WORKING)
        )

    @property
    def client_order_ids(self) -> frozenset[str]:
        """Every id under which an order of this close was or is about to be sent."""
        tickets = {attempt.ticket.client_order_id for attempt in self.attempts}
        told = {
            order.client_order_id
            for each in self.attempts
            for order in each.orders
            if close_of(order.client_order_id) == self.close_id
        }
        replacement = self.walking.replacement if self.walking else None
        coming = {replacement.client_order_id} if replacement else set()
        return frozenset(tickets | told | coming)

    def knows(self, report: OrderReport) -> bool:
        """Whether this report speaks of one of our orders, its replacement or a conflict."""
        return any(attempt.is_spoken_of(report) for attempt in self.attempts) or any(
            conflict.order_id == report.order_id for conflict in self.conflicts
        )

    def with_attempt(self, attempt: Attempt) -> "CloseState":
        """Return the state with this attempt put in place of its older self."""
        if any(each is attempt for each in self.attempts):
            return self
        return replace(
            self,
            attempts=tuple(
                attempt if (each.step, each.number) == (attempt.step, attempt.number) else each
                for each in self.attempts
            ),
        )

    def attempt_for(self, report: OrderReport) -> Attempt | None:
        return next((each for each in self.attempts if each.is_spoken_of(report)), None)
