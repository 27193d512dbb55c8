"""The broker as one object: ask it, tell it, move its time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from alpaca_simulator.exchange.account import Account, Configurations
from alpaca_simulator.exchange.activities import Activity, ActivityFilter
from alpaca_simulator.exchange.contracts import Asset, ContractFilter, ListedContract
from alpaca_simulator.exchange.events import Event
from alpaca_simulator.exchange.holdings import Position
from alpaca_simulator.exchange.orders import Order, OrderFilter, OrderRequest, ReplaceRequest
from alpaca_simulator.exchange.quotes import Quote, Snapshot, Trade
from alpaca_simulator.exchange.refusals import Refusal
from alpaca_simulator.exchange.sessions import ClockReading, Session
from alpaca_simulator.scenarios.model import Scenario


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

    # --- birth and memory

    @classmethod
    def from_scenario(cls, scenario: Scenario, seed: int, now: datetime) -> "Exchange":
        """A fresh world. `now` is aware; dates in the scenario are relative to it."""
        raise NotImplementedError

    def to_state(self) -> dict[str, Any]:
        """The whole world as JSON-serialisable values, exact."""
        raise NotImplementedError

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Exchange":
        """The world that `to_state` described; its future is the same, given the same calls."""
        raise NotImplementedError

    # --- time

    @property
    def now(self) -> datetime:
        """The world's time, aware, UTC."""
        raise NotImplementedError

    def advance(self, to: datetime) -> list[Event]:
        """Move the world to `to` and return all events not drained yet.

        Acknowledges new orders, moves the market, matches, carries out cancels and replaces,
        expires orders and contracts at the sessions' closes. A `to` not after `now` moves nothing.
        """
        raise NotImplementedError

    def drain_events(self) -> list[Event]:
        """Events since the last drain or advance: submit, cancel and the like make some too."""
        raise NotImplementedError

    @property
    def revision(self) -> int:
        """Rises with every change of orders, holdings, cash, configuration; not with quotes."""
        raise NotImplementedError

    def clock(self) -> ClockReading:
        raise NotImplementedError

    def calendar(self, first: date, last: date) -> list[Session]:
        raise NotImplementedError

    # --- orders

    def submit(self, request: OrderRequest) -> Order:
        """Take an order in: status pending_new, or accepted while the market is closed."""
        raise NotImplementedError

    def replace(self, order_id: str, request: ReplaceRequest) -> Order:
        """Ask for a replacement: the answer is the new order, linked by `replaces`.

        It takes the old one's place at the next step unless that one fills first; then the new
        order is rejected.
        """
        raise NotImplementedError

    def cancel(self, order_id: str) -> None:
        """Ask for a cancel; it happens at the next step, and a fill may come before it."""
        raise NotImplementedError

    def cancel_all(self) -> list[CancelOutcome]:
        raise NotImplementedError

    def order(self, order_id: str) -> Order:
        """A parent, a simple order, or a leg by its own id. Raises the 404 `Refusal`."""
        raise NotImplementedError

    def order_by_client_order_id(self, client_order_id: str) -> Order:
        """As `order`, by client order id, also a leg's."""
        raise NotImplementedError

    def orders(self, query: OrderFilter) -> list[Order]:
        """Parents and simple orders, legs nested in their parents."""
        raise NotImplementedError

    # --- positions

    def positions(self) -> list[Position]:
        """All holdings, by symbol."""
        raise NotImplementedError

    def position(self, symbol_or_asset_id: str) -> Position:
        """Raises the 404 `Refusal` when nothing is held."""
        raise NotImplementedError

    def close_position(
        self,
        symbol_or_asset_id: str,
        *,
        qty: Decimal | None = None,
        percentage: Decimal | None = None,
    ) -> Order:
        """DELETE /v2/positions/{symbol}: a market day order for all, `qty` or `percentage`."""
        raise NotImplementedError

    def close_all_positions(self, *, cancel_orders: bool) -> list[CloseOutcome]:
        """DELETE /v2/positions: one market order for each row, in order of symbol.

        No package is closed as one; long legs whose shorts have not filled yet are refused.
        """
        raise NotImplementedError

    # --- account

    def account(self) -> Account:
        raise NotImplementedError

    @property
    def configurations(self) -> Configurations:
        raise NotImplementedError

    def configure(self, configurations: Configurations) -> None:
        """PATCH /v2/account/configurations; the caller merges what was sent into what was."""
        raise NotImplementedError

    def activities(self, query: ActivityFilter) -> list[Activity]:
        raise NotImplementedError

    # --- reference and market data

    def assets(self) -> list[Asset]:
        raise NotImplementedError

    def asset(self, symbol_or_asset_id: str) -> Asset:
        """A stock. Raises the 404 `Refusal`."""
        raise NotImplementedError

    def contracts(self, query: ContractFilter) -> list[ListedContract]:
        """Listed contracts, ordered by underlying, expiration, kind and strike."""
        raise NotImplementedError

    def contract(self, symbol_or_asset_id: str) -> ListedContract:
        """Raises the 404 `Refusal`."""
        raise NotImplementedError

    def quote(self, symbol: str) -> Quote | None:
        """The latest quote of a stock or contract; None for what is not listed."""
        raise NotImplementedError

    def trade(self, symbol: str) -> Trade | None:
        raise NotImplementedError

    def snapshots(self, symbols: Sequence[str]) -> dict[str, Snapshot]:
        """Quotes, trades and greeks of many symbols at once; unlisted ones are left out."""
        raise NotImplementedError

    def watch(self, symbols: Iterable[str]) -> None:
        """Name all symbols, stocks or contracts, whose moves `advance` shall report.

        Each call replaces the set. What is watched never changes what happens.
        """
        raise NotImplementedError

    # --- the simulator's own hands

    def set_spot(self, underlying: str, price: Decimal) -> None:
        """Move a stock to `price` at once; options reprice from there."""
        raise NotImplementedError

    def assign(self, symbol: str, contracts: int) -> None:
        """Assign short contracts early (OPASN and OPTRD); working orders in them are cancelled."""
        raise NotImplementedError

    def reject(self, order_id: str, reason: str) -> None:
        """End an open order as rejected; a pending replacement leaves the old order working."""
        raise NotImplementedError
