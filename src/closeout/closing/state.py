"""The state of one close, and what can be read from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from closeout.closing.busts import Bust
from closeout.closing.conflicting import ConflictingOrder
from closeout.closing.executions import Executions
from closeout.closing.ids import close_of
from closeout.closing.moves import Walking
from closeout.closing.plans import Plan, PlanStep, Target
from closeout.closing.rooms import Hand
from closeout.domain.orders import OrderReport, OrderStatus, OrderType, Ticket
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
class Attempt:
    """
    One order of a step: what was sent, and every order that stood in its place since.

    `orders` has the newest report per broker order id, oldest order first; more than one
    when it was replaced, by its walk or by somebody else. `ticket` is the one that counts now,
    and `replacements` how many client order ids the walk has used up since `number`.
    """

    step: int
    number: int
    ticket: Ticket
    sent_at: datetime
    orders: tuple[OrderReport, ...] = ()
    refusal: str | None = None
    replacements: int = 0

    @property
    def next_number(self) -> int:
        """The first number of this step that no client order id has yet."""
        return self.number + self.replacements + 1

    @property
    def latest(self) -> OrderReport | None:
        """
        The order that counts now: the newest that may still trade, or else the newest.

        A replacement may be rejected after Alpaca took it; then the order it was to
        replace is the one that counts.
        """
        live = [order for order in self._real if not order.status.is_final]
        gone = (OrderStatus.REJECTED, OrderStatus.REPLACED)
        taken = [order for order in self._real if order.status not in gone]
        return next(reversed(live or taken or self._real or self.orders), None)

    @property
    def standing(self) -> OrderReport | None:
        """
        The order that a cancel must end: the oldest that may still trade.

        A replacement that was taken and never took its place would hide it.
        """
        return next((order for order in self._real if not order.status.is_final), None)

    @property
    def _real(self) -> list[OrderReport]:
        """
        The orders that can have been at the market.

        A replacement cannot when the order it was to replace has ended in another way, or
        something else has taken its place, whatever was answered to it.
        """
        ended = {
            order.order_id
            for order in self.orders
            if order.status.is_final and order.status is not OrderStatus.REPLACED
        }
        heirs = {order.order_id: order.replaced_by for order in self.orders if order.replaced_by}
        return [
            order
            for order in self.orders
            if order.filled_units
            or (
                order.replaces not in ended
                and heirs.get(order.replaces or "", order.order_id) == order.order_id
            )
        ]

    @property
    def unseen_successor(self) -> str | None:
        """The broker's id of a replacement we have been told of and know nothing else about."""
        known = {order.order_id for order in self.orders}
        return next(
            (
                order.replaced_by
                for order in self.orders
                if order.replaced_by is not None and order.replaced_by not in known
            ),
            None,
        )

    @property
    def status(self) -> OrderStatus | None:
        return self.latest.status if self.latest else None

    def filled(self, symbol: str) -> int:
        """Contracts of `symbol` filled so far, unsigned."""
        return sum(_leg_filled(order, self.ticket, symbol) for order in self._counted())

    def paid(self, symbol: str) -> Decimal | None:
        """Contracts times their price in dollars per share, unsigned; None when unpriced."""
        total = Decimal(0)
        for order in self._counted():
            leg = order.leg(symbol)
            if leg is None and _leg_filled(order, self.ticket, symbol):
                return None
            if leg is not None and leg.filled:
                if leg.average_price is None:
                    return None
                total += leg.filled * leg.average_price
        return total

    def _counted(self) -> Sequence[OrderReport]:
        """Return the orders whose fills add up: none that a replacement took over."""
        if len(self.orders) < 2:  # noqa: PLR2004 - nothing was replaced
            return self.orders
        counted: list[OrderReport] = []
        for order in self.orders:
            taken = next((old for old in counted if _takes_over(order, old)), None)
            if taken is None:
                counted.append(order)
            elif order.filled_units >= taken.filled_units:
                # Until then the replacement has not caught up with what it took over.
                counted[counted.index(taken)] = order
        return counted

    @property
    def is_filled(self) -> bool:
        """Whether fills account for every contract of the ticket."""
        return all(
            self.filled(leg.symbol) >= self.ticket.contracts(leg.symbol) for leg in self.ticket.legs
        )

    @property
    def has_fills(self) -> bool:
        return any(order.filled_units for order in self.orders) or any(
            self.filled(leg.symbol) for leg in self.ticket.legs
        )

    @property
    def is_clear(self) -> bool:
        """Whether its fills add up in one way only, whatever a replacement's quantity means."""
        return not any(
            old.filled_units and _takes_over(order, old)
            for order in self._real
            for old in self._real
            if order.status is not OrderStatus.REJECTED
        )

    @property
    def units_left(self) -> int | None:
        """Whole units that have not filled; None when the legs are uneven."""
        left = {
            divmod(self.ticket.contracts(leg.symbol) - self.filled(leg.symbol), leg.ratio)
            for leg in self.ticket.legs
        }
        units, rest = left.pop()
        return None if left or rest else units

    def cash(self, multipliers: Mapping[str, int]) -> Decimal | None:
        """Dollars received (positive) or paid, `multipliers` by symbol; None when unpriced."""
        total = Decimal(0)
        for order in self._counted():
            if order.filled_units and not order.legs:
                return None
            for leg in order.legs:
                if not leg.filled:
                    continue
                if leg.average_price is None or leg.side is None:
                    return None
                dollars = leg.filled * leg.average_price * multipliers[leg.symbol]
                total -= leg.side.sign * dollars
        return total


def _takes_over(order: OrderReport, old: OrderReport) -> bool:
    """
    Whether the fills of a replacement include those of the order before it.

    Alpaca does not document it. More than the old order was for cannot be meant, so when
    both together would be more, the replacement's quantity is the total and so are its
    fills. Counting less than there is never closes too early.
    """
    is_successor = old.order_id == order.replaces or order.order_id == old.replaced_by
    return is_successor and order.units + old.filled_units > old.units


def _leg_filled(order: OrderReport, ticket: Ticket, symbol: str) -> int:
    leg = order.leg(symbol)
    if leg is not None:
        return leg.filled
    if order.legs:
        return 0
    # A package that came without its legs fills them together, unit by unit.
    ratio = sum(each.ratio for each in ticket.legs if each.symbol == symbol)
    return order.filled_units * ratio


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
        return any(_belongs(attempt, report) for attempt in self.attempts) or any(
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
        return next((each for each in self.attempts if _belongs(each, report)), None)


def _belongs(attempt: Attempt, report: OrderReport) -> bool:
    known = {order.order_id for order in attempt.orders}
    successors = {order.replaced_by for order in attempt.orders}
    return (
        report.client_order_id == attempt.ticket.client_order_id
        or report.order_id in known
        or report.order_id in successors
        or report.replaces in known
    )
