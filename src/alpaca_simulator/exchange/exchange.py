"""The broker as one object: ask it, tell it, move its time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from alpaca_simulator.exchange import memory
from alpaca_simulator.exchange.account import Account, Configurations
from alpaca_simulator.exchange.activities import Activity, ActivityFilter
from alpaca_simulator.exchange.admission import admit, check_account, write_order
from alpaca_simulator.exchange.board import Pin
from alpaca_simulator.exchange.busting import bust
from alpaca_simulator.exchange.contracts import (
    Asset,
    ContractFilter,
    Delivery,
    ListedContract,
    asset_id,
)
from alpaca_simulator.exchange.corporate import CorporateAction, announced
from alpaca_simulator.exchange.events import Event, TradeUpdate
from alpaca_simulator.exchange.genesis import begin
from alpaca_simulator.exchange.hands import FillMode
from alpaca_simulator.exchange.holdings import Holding, Position
from alpaca_simulator.exchange.leaving import ask_cancel, closing_request
from alpaca_simulator.exchange.matching import fill_now
from alpaca_simulator.exchange.orders import (
    Order,
    OrderFilter,
    OrderRequest,
    OrderStatus,
    OrderType,
    ReplaceRequest,
    Side,
    TimeInForce,
)
from alpaca_simulator.exchange.passing import pass_time
from alpaca_simulator.exchange.quotes import Quote, Snapshot, Trade
from alpaca_simulator.exchange.refusals import Refusal, not_found, unprocessable
from alpaca_simulator.exchange.replacing import ask_replacement
from alpaca_simulator.exchange.sessions import NEW_YORK, ClockReading, Session, sessions_between
from alpaca_simulator.exchange.settlement import adjust, assign, check_last_day
from alpaca_simulator.exchange.tickets import read_ticket
from alpaca_simulator.exchange.transitions import end
from alpaca_simulator.exchange.valuation import account_of, position_of, positions_of
from alpaca_simulator.exchange.world import World
from alpaca_simulator.scenarios.model import Scenario

_PLAIN = Delivery()


@dataclass(frozen=True, slots=True)
class CloseOutcome:
    """One element of DELETE /v2/positions: the order that was sent, or why none was."""

    symbol: str
    outcome: Order | Refusal


@dataclass(frozen=True, slots=True)
class CancelOutcome:
    """One element of DELETE /v2/orders."""

    order_id: str
    outcome: Refusal | None


class Exchange:
    """One account at a broker and the market around it; nothing moves unless told to.

    Everything that can be refused raises `Refusal` and then has changed nothing. The same scenario,
    seed and calls make the same world, to the last id.
    """

    __slots__ = ("_world",)

    def __init__(self, world: World) -> None:
        self._world = world

    # --- birth and memory

    @classmethod
    def from_scenario(cls, scenario: Scenario, seed: int, now: datetime) -> "Exchange":
        """A fresh world. `now` is aware; dates in the scenario are relative to it."""
        return cls(begin(scenario, seed, now))

    def to_state(self) -> dict[str, Any]:
        """The whole world as JSON-serialisable values, exact."""
        return memory.dump(self._world)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Exchange":
        """The world that `to_state` described; its future is the same, given the same calls."""
        return cls(memory.restore(state))

    @property
    def scenario_name(self) -> str:
        """What the world began as, also after it was resumed."""
        return self._world.scenario.name

    # --- time

    @property
    def now(self) -> datetime:
        """The world's time, aware, UTC."""
        return self._world.now

    def advance(self, to: datetime) -> list[Event]:
        """Move the world to `to` and return all events not drained yet.

        Acknowledges new orders, moves the market, matches, carries out cancels and replaces,
        expires orders and contracts at the sessions' closes. A `to` not after `now` moves nothing.
        """
        pass_time(self._world, to.astimezone(UTC))
        self._world.outbox.extend(self._world.market.moves())
        return self.drain_events()

    def drain_events(self) -> list[Event]:
        """Events since the last drain or advance: submit, cancel and the like make some too."""
        events, self._world.outbox = self._world.outbox, []
        return events

    @property
    def revision(self) -> int:
        """Rises with every change of orders, holdings, cash, configuration; not with quotes."""
        return self._world.revision

    def clock(self) -> ClockReading:
        return self._world.hours.reading(self._world.now)

    def calendar(self, first: date, last: date) -> list[Session]:
        return sessions_between(first, last)

    # --- orders

    def submit(self, request: OrderRequest) -> Order:
        """Take an order in: status pending_new, or accepted while the market is closed."""
        world = self._world
        check_account(world)
        ticket = read_ticket(world, request)
        order = write_order(world, ticket, admit(world, ticket))
        world.tell(order.status.value, order)
        return order

    def replace(self, order_id: str, request: ReplaceRequest) -> Order:
        """Ask for a replacement: the answer is the new order, linked by `replaces`.

        It takes the old one's place at the next step unless that one fills first; then the new
        order is rejected.
        """
        return ask_replacement(self._world, self.order(order_id), request)

    def cancel(self, order_id: str) -> None:
        """Ask for a cancel; it happens at the next step, and a fill may come before it."""
        ask_cancel(self._world, self.order(order_id))

    def cancel_all(self) -> list[CancelOutcome]:
        return [self._try_cancel(order.id) for order in self._world.book.open_orders()]

    def order(self, order_id: str) -> Order:
        """A parent, a simple order, or a leg by its own id. Raises the 404 `Refusal`."""
        return self._world.book.find(order_id)

    def order_by_client_order_id(self, client_order_id: str) -> Order:
        """As `order`, by client order id, also a leg's."""
        return self._world.book.find_by_client_id(client_order_id)

    def orders(self, query: OrderFilter) -> list[Order]:
        """Parents and simple orders, legs nested in their parents."""
        return self._world.book.page(query)

    # --- positions

    def positions(self) -> list[Position]:
        """All holdings, by symbol."""
        return positions_of(self._world, self._world.ledger.held())

    def position(self, symbol_or_asset_id: str) -> Position:
        """Raises the 404 `Refusal` when nothing is held."""
        return position_of(self._world, self._holding(symbol_or_asset_id))

    def close_position(
        self,
        symbol_or_asset_id: str,
        *,
        qty: Decimal | None = None,
        percentage: Decimal | None = None,
    ) -> Order:
        """DELETE /v2/positions/{symbol}: a market day order for all, `qty` or `percentage`."""
        holding = self._holding(symbol_or_asset_id)
        return self.submit(closing_request(holding, qty=qty, percentage=percentage))

    def close_all_positions(self, *, cancel_orders: bool) -> list[CloseOutcome]:
        """DELETE /v2/positions: one market order for each row, in order of symbol.

        No package is closed as one; long legs whose shorts have not filled yet are refused.
        """
        if cancel_orders:
            for order in self._world.book.open_orders():
                if order.status.is_open:
                    end(self._world, order, OrderStatus.CANCELED, reason="positions closed")
        return [self._try_close(holding.symbol) for holding in self._world.ledger.held()]

    # --- account

    def account(self) -> Account:
        return account_of(self._world)

    @property
    def configurations(self) -> Configurations:
        return self._world.configurations

    def configure(self, configurations: Configurations) -> None:
        """PATCH /v2/account/configurations; the caller merges what was sent into what was."""
        self._world.configurations = configurations
        self._world.revision += 1

    def activities(self, query: ActivityFilter) -> list[Activity]:
        return self._world.ledger.activities(query, self._world.now)

    # --- reference and market data

    def assets(self) -> list[Asset]:
        return self._world.market.stocks()

    def asset(self, symbol_or_asset_id: str) -> Asset:
        """A stock. Raises the 404 `Refusal`."""
        for asset in self.assets():
            if symbol_or_asset_id in {asset.symbol, asset.id}:
                return asset
        raise not_found(f"asset not found for {symbol_or_asset_id}")

    def contracts(self, query: ContractFilter) -> list[ListedContract]:
        """Listed contracts, ordered by underlying, expiration, kind and strike."""
        return self._world.market.chain(query)

    def contract(self, symbol_or_asset_id: str) -> ListedContract:
        """Raises the 404 `Refusal`."""
        contract = self._world.market.find(symbol_or_asset_id)
        if contract is None:
            raise not_found(f"option contract {symbol_or_asset_id} not found")
        listed = self._world.market.describe(contract)
        return replace(listed, delivery=self._world.delivery(contract))

    def corporate_actions(
        self, symbols: frozenset[str], first: date, last: date
    ) -> list[CorporateAction]:
        """What is processed in these days, oldest first; of every stock when none is named."""
        world = self._world
        since = world.created_at.astimezone(NEW_YORK).date()
        found = [
            action
            for name, spec in world.scenario.market.underlyings.items()
            if not symbols or name in symbols
            for action in announced(name, spec, since=since, first=first, last=last)
        ]
        return sorted(found, key=lambda action: (action.process_date, action.symbol, action.kind))

    def quote(self, symbol: str) -> Quote | None:
        """The latest quote of a stock or contract; None for what is not listed."""
        return self._world.market.quote(symbol)

    def trade(self, symbol: str) -> Trade | None:
        return self._world.market.trade(symbol)

    def snapshots(self, symbols: Sequence[str]) -> dict[str, Snapshot]:
        """Quotes, trades and greeks of many symbols at once; unlisted ones are left out."""
        return self._world.market.snapshots(symbols)

    def watch(self, symbols: Iterable[str]) -> None:
        """Name all symbols, stocks or contracts, whose moves `advance` shall report.

        Each call replaces the set. What is watched never changes what happens.
        """
        self._world.market.watch(symbols)

    # --- the simulator's own hands

    def set_spot(self, underlying: str, price: Decimal) -> None:
        """Move a stock to `price` at once; options reprice from there."""
        if self._world.market.spec(underlying) is None:
            raise not_found(f"asset not found for {underlying}")
        self._world.market.set_spot(underlying, price)

    @property
    def market_is_frozen(self) -> bool:
        return self._world.market.is_frozen

    def freeze_market(self, *, frozen: bool) -> None:
        """Have all prices stand still, or let them go; orders trade on."""
        self._world.market.is_frozen = frozen
        self._world.revision += 1

    def pin_quote(
        self, symbol: str, *, bid: Decimal, bid_size: int, ask: Decimal, ask_size: int
    ) -> None:
        """Give a stock or contract a quote that stands until it is lifted; bid 0 is no bid."""
        self._pin(symbol, Pin(bid, bid_size if bid else 0, ask, ask_size))

    def unpin_quote(self, symbol: str) -> None:
        self._pin(symbol, None)

    @property
    def fill_mode(self) -> FillMode:
        return self._world.hands.mode

    def set_fills(self, mode: FillMode) -> None:
        """Leave fills to the model, hold them all, or have everything trade at the next step."""
        self._world.hands.mode = mode
        self._world.revision += 1

    def allow_fill(self, order_id: str, units: int | None) -> None:
        """Let an order trade at most `units` in all by itself; None lifts the cap."""
        order = self.order(order_id)
        self._world.hands.cap(order.parent_id or order.id, units)
        self._world.revision += 1

    def fill(self, order_id: str, units: int, price: Decimal | None = None) -> None:
        """Trade that many units now, whatever mode and caps say, at `price` or at natural."""
        fill_now(self._world, self.order(order_id), units, price)

    def bust(self, trade: TradeUpdate) -> None:
        """Have the exchange take back the trade that this event told of."""
        bust(self._world, trade)

    def assign(self, symbol: str, contracts: int) -> None:
        """Assign short contracts early (OPASN and OPTRD); working orders in them are cancelled."""
        assign(self._world, symbol, contracts)

    def adjust(self, underlying: str, delivery: Delivery = _PLAIN) -> list[str]:
        """Have a corporate action rename every held option; working orders are cancelled."""
        return adjust(self._world, underlying, delivery)

    def liquidate(self, symbol: str, contracts: int | None) -> Order:
        """Close a leg as Alpaca does on its last day: a market order of its own, filled at once."""
        held = check_last_day(self._world, symbol)
        count = abs(held) if contracts is None else contracts
        order = self.submit(
            OrderRequest(
                qty=Decimal(count),
                type=OrderType.MARKET,
                time_in_force=TimeInForce.DAY,
                symbol=symbol,
                side=Side.SELL if held > 0 else Side.BUY,
            )
        )
        self.fill(order.id, count)
        return self.order(order.id)

    def reject(self, order_id: str, reason: str) -> None:
        """End an open order as rejected; a pending replacement leaves the old order working."""
        order = self.order(order_id)
        if order.parent_id is not None or not order.status.is_open:
            raise unprocessable(f'order is already in "{order.status}" state')
        end(self._world, order, OrderStatus.REJECTED, reason=reason)

    # --- inside

    def _pin(self, symbol: str, pin: Pin | None) -> None:
        if not self._world.market.pin(symbol, pin):
            raise not_found(f"asset not found for {symbol}")
        self._world.revision += 1

    def _holding(self, symbol_or_asset_id: str) -> Holding:
        for holding in self._world.ledger.held():
            if symbol_or_asset_id in {holding.symbol, asset_id(holding.symbol)}:
                return holding
        raise not_found("position does not exist")

    def _try_cancel(self, order_id: str) -> CancelOutcome:
        try:
            self.cancel(order_id)
        except Refusal as refusal:
            return CancelOutcome(order_id, refusal)
        return CancelOutcome(order_id, None)

    def _try_close(self, symbol: str) -> CloseOutcome:
        try:
            return CloseOutcome(symbol, self.close_position(symbol))
        except Refusal as refusal:
            return CloseOutcome(symbol, refusal)
