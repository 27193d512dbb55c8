"""Orders as the fake broker keeps them."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from closeout.domain.orders import Intent, LegReport, OrderReport, OrderStatus, OrderType, Ticket

ZERO = Decimal(0)


@dataclass
class FakeOrder:
    """One order and what has traded of it. `prices` are per share and leg."""

    order_id: str
    ticket: Ticket
    submitted_at: datetime
    updated_at: datetime
    status: OrderStatus = OrderStatus.NEW
    filled_units: int = 0
    prices: dict[str, Decimal] = field(default_factory=dict)
    opening: bool = False
    opens: frozenset[str] = frozenset()
    """Symbols it opens while it closes the others: a roll."""
    replaced_by: str | None = None
    replaces: str | None = None

    @property
    def client_order_id(self) -> str:
        return self.ticket.client_order_id

    @property
    def is_open(self) -> bool:
        return not self.status.is_final

    def held(self, symbol: str) -> int:
        """Contracts this order keeps from other orders."""
        left = self.ticket.units - self.filled_units
        ratio = sum(leg.ratio for leg in self.ticket.legs if leg.symbol == symbol)
        return left * ratio if self.is_open else 0

    def report(self) -> OrderReport:
        """Say how it stands, as the adapter would."""
        return OrderReport(
            order_id=self.order_id,
            client_order_id=self.client_order_id,
            status=self.status,
            raw_status=self.status.value,
            order_class="mleg" if self.ticket.is_package else "simple",
            order_type=self.ticket.order_type.value,
            units=self.ticket.units,
            filled_units=self.filled_units,
            limit=self.ticket.limit,
            net_price=self._net() if self.filled_units else None,
            legs=tuple(self._leg(index) for index in range(len(self.ticket.legs))),
            submitted_at=self.submitted_at,
            updated_at=self.updated_at,
            replaced_by=self.replaced_by,
            replaces=self.replaces,
        )

    def _leg(self, index: int) -> LegReport:
        leg = self.ticket.legs[index]
        opening = Intent.BUY_TO_OPEN if leg.side.sign > 0 else Intent.SELL_TO_OPEN
        return LegReport(
            order_id=f"{self.order_id}-leg{index}" if self.ticket.is_package else self.order_id,
            symbol=leg.symbol,
            side=leg.side,
            intent=opening if self.opening or leg.symbol in self.opens else leg.intent,
            ratio=leg.ratio,
            quantity=self.ticket.units * leg.ratio,
            filled=self.filled_units * leg.ratio,
            average_price=self.prices.get(leg.symbol) if self.filled_units else None,
            status=self.status,
        )

    def _net(self) -> Decimal:
        if not self.ticket.is_package:
            return self.prices[self.ticket.legs[0].symbol]
        return sum(
            (leg.side.sign * leg.ratio * self.prices[leg.symbol] for leg in self.ticket.legs), ZERO
        )


def market_ticket(client_order_id: str, template: Ticket) -> Ticket:
    """Return an order like `template` at market, under another id."""
    return Ticket(client_order_id, template.units, template.legs, OrderType.MARKET, None)
