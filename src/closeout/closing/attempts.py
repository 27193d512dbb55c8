"""One order of a step, with everything that stood in its place since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from closeout.domain.orders import OrderReport, OrderStatus, Ticket


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

    def is_spoken_of(self, report: OrderReport) -> bool:
        """Whether a report is of one of its orders, or of what took the place of one."""
        known = {order.order_id for order in self.orders}
        successors = {order.replaced_by for order in self.orders}
        return (
            report.client_order_id == self.ticket.client_order_id
            or report.order_id in known
            or report.order_id in successors
            or report.replaces in known
        )


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
