"""Everything a world consists of, for the rules that change it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from alpaca_simulator.exchange.account import Configurations
from alpaca_simulator.exchange.activities import Activity
from alpaca_simulator.exchange.book import Book
from alpaca_simulator.exchange.chance import Chance
from alpaca_simulator.exchange.contracts import Contract, Delivery
from alpaca_simulator.exchange.events import ActivityPosted, Event, LegExecution, TradeUpdate
from alpaca_simulator.exchange.fills import FillModel
from alpaca_simulator.exchange.hands import Hands
from alpaca_simulator.exchange.hours import Hours
from alpaca_simulator.exchange.ledger import Ledger
from alpaca_simulator.exchange.market import Market
from alpaca_simulator.exchange.orders import Order, PositionIntent, Side
from alpaca_simulator.scenarios.model import Scenario


@dataclass(slots=True)
class World:
    """The one mutable thing. `revision` counts changes of orders, holdings, cash and settings."""

    scenario: Scenario
    now: datetime
    created_at: datetime
    hours: Hours
    market: Market
    ledger: Ledger
    book: Book
    chance: Chance
    fills: FillModel
    configurations: Configurations
    last_equity: Decimal = Decimal(0)
    hands: Hands = field(default_factory=Hands)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    """What contracts of adjusted roots deliver."""
    turn: datetime | None = None
    """The next opening or close, once it was looked for."""
    revision: int = 0
    outbox: list[Event] = field(default_factory=list)

    @property
    def options_level(self) -> int:
        approved = self.scenario.account.options_level
        return min(approved, self.configurations.max_options_trading_level)

    def delivery(self, contract: Contract) -> Delivery:
        return self.deliveries.get(contract.root, Delivery())

    def record(self, order: Order) -> None:
        """Put an order's new state into the book without telling anybody."""
        self.book.put(order)
        self.revision += 1

    def tell(
        self,
        event: str,
        order: Order,
        *,
        price: Decimal | None = None,
        qty: int | None = None,
        legs: tuple[LegExecution, ...] = (),
    ) -> None:
        """Put an order's new state into the book and its event onto the stream."""
        self.record(order)
        fill = price is not None
        self.outbox.append(
            TradeUpdate(
                event=event,
                order=order,
                event_id=self.chance.new_id(),
                timestamp=self.now,
                price=price,
                qty=qty,
                execution_id=self.chance.new_id() if fill and not order.is_mleg else None,
                position_qty=self.ledger.qty(order.symbol) if fill and not order.is_mleg else None,
                position_qtys={leg.symbol: self.ledger.qty(leg.symbol) for leg in legs},
                legs=legs,
            )
        )

    def post(self, activity: Activity) -> None:
        self.ledger.post(activity)
        self.outbox.append(ActivityPosted(activity))
        self.revision += 1

    def activity_id(self, at: datetime) -> str:
        """`YYYYMMDDHHMMSSmmm::uuid`, as Alpaca's; the uuid orders rows of one millisecond."""
        moment = at.astimezone(UTC)
        return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}::{self.chance.new_id()}"

    def inferred_intent(self, symbol: str, side: Side) -> PositionIntent:
        """What Alpaca takes an order to mean from its side and what is held."""
        held = self.ledger.qty(symbol)
        if side is Side.BUY:
            return PositionIntent.BUY_TO_CLOSE if held < 0 else PositionIntent.BUY_TO_OPEN
        return PositionIntent.SELL_TO_CLOSE if held > 0 else PositionIntent.SELL_TO_OPEN
