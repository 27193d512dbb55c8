"""``/_sim/``: the simulator's own controls. No key pair, no budget, not in the log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Final, TypeVar

import msgspec
from aiohttp import web

from alpaca_simulator.driver import Pace
from alpaca_simulator.exchange.contracts import Delivery
from alpaca_simulator.exchange.orders import OrderRequest, OrderType, TimeInForce
from alpaca_simulator.exchange.refusals import Refusal
from alpaca_simulator.wire.broker import Broker
from alpaca_simulator.wire.commands import (
    AdjustCommand,
    AssignCommand,
    ClockCommand,
    DisconnectCommand,
    FillCommand,
    FillsCommand,
    LiquidateCommand,
    MarketCommand,
    RejectCommand,
    TradeCommand,
)
from alpaca_simulator.wire.faults import read_faults
from alpaca_simulator.wire.render.market import clock as clock_json
from alpaca_simulator.wire.render.orders import rest_order
from alpaca_simulator.wire.text import instant

Command = TypeVar("Command", bound=msgspec.Struct)


class Controls:
    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def health(self, _: web.Request) -> object:
        """What runs: scenario, seed, time, connections."""
        driver, settings = self._broker.driver, self._broker.settings
        return {
            "status": "ok",
            "scenario": settings.scenario,
            "seed": settings.seed,
            "resumed": settings.resumed,
            "now": instant(driver.exchange.now),
            "is_open": driver.exchange.clock().is_open,
            "connections": self._connections(),
        }

    def received(self, _: web.Request) -> object:
        """Every request received, oldest first, with what came of it."""
        return self._broker.received.entries()

    def clear_received(self, _: web.Request) -> object:
        """Forget them."""
        self._broker.received.clear()
        return self._broker.received.entries()

    def faults(self, _: web.Request) -> object:
        """The faults in force, with how often each was matched and struck."""
        return self._broker.faults.counts()

    async def add_faults(self, request: web.Request) -> object:
        """Add a fault or a list of them."""
        self._broker.faults.add(read_faults(await request.read()))
        return self._broker.faults.counts()

    def clear_faults(self, _: web.Request) -> object:
        """Remove all of them."""
        self._broker.faults.clear()
        return self._broker.faults.counts()

    def clock(self, _: web.Request) -> object:
        """The world's time, sessions and pace."""
        driver = self._broker.driver
        reading = clock_json(driver.exchange.clock())
        return reading | {
            "now": instant(driver.exchange.now),
            "pace": driver.pace,
            "speed": driver.speed,
        }

    async def set_clock(self, request: web.Request) -> object:
        """Stop or start the clock, move it on (`advance` seconds), or `to` a moment."""
        command = await _read(request, ClockCommand)
        driver = self._broker.driver
        if command.pace is not None or command.speed is not None:
            driver.set_pace(command.pace or Pace.RUNNING, command.speed or driver.speed)
        if command.advance is not None:
            driver.step(timedelta(microseconds=int(command.advance * 1_000_000)))
        if command.to is not None:
            driver.step_to(command.to)
        return self.clock(request)

    async def set_market(self, request: web.Request) -> object:
        """Set spots, freeze prices, pin quotes, take bids away, lift pins."""
        command = await _read(request, MarketCommand)
        exchange = self._broker.driver.exchange
        if command.freeze is not None:
            exchange.freeze_market(frozen=command.freeze)
        for symbol, price in command.spot.items():
            exchange.set_spot(symbol, price)
        for symbol, pinned in command.quotes.items():
            exchange.pin_quote(
                symbol,
                bid=pinned.bid,
                bid_size=pinned.bid_size,
                ask=pinned.ask,
                ask_size=pinned.ask_size,
            )
        for symbol in command.remove_bid:
            self._remove_bid(symbol)
        for symbol in command.unpin:
            exchange.unpin_quote(symbol)
        self._broker.driver.step(timedelta(0))
        return {"frozen": exchange.market_is_frozen}

    def fills(self, _: web.Request) -> object:
        """The fill mode."""
        return {"mode": self._broker.driver.exchange.fill_mode}

    async def set_fills(self, request: web.Request) -> object:
        """Hold all fills, have everything trade, or cap what one order may trade."""
        command = await _read(request, FillsCommand)
        exchange = self._broker.driver.exchange
        if command.mode is not None:
            exchange.set_fills(command.mode)
        if command.order_id is not None:
            exchange.allow_fill(command.order_id, command.up_to)
        self._broker.driver.sync()
        return self.fills(request)

    async def fill(self, request: web.Request) -> object:
        """Trade `units` of one order now, whatever mode and caps say."""
        command = await _read(request, FillCommand)
        exchange = self._broker.driver.exchange
        order_id = command.order_id
        if order_id is None:
            order_id = exchange.order_by_client_order_id(command.client_order_id or "").id
        exchange.fill(order_id, command.units, command.price)
        self._broker.driver.sync()
        return rest_order(exchange.order(order_id), nested=True)

    async def trade(self, request: web.Request) -> object:
        """An order of the account's owner from elsewhere, filled at once."""
        command = await _read(request, TradeCommand)
        exchange = self._broker.driver.exchange
        order = exchange.submit(
            OrderRequest(
                qty=Decimal(command.qty),
                type=OrderType.MARKET,
                time_in_force=TimeInForce.DAY,
                symbol=command.symbol,
                side=command.side,
                position_intent=command.position_intent,
            )
        )
        exchange.fill(order.id, command.qty, command.price)
        self._broker.driver.sync()
        return rest_order(exchange.order(order.id), nested=True)

    async def assign(self, request: web.Request) -> object:
        """Assign short contracts early."""
        command = await _read(request, AssignCommand)
        self._broker.driver.exchange.assign(command.symbol, command.contracts)
        self._broker.driver.sync()
        return {"assigned": command.contracts}

    async def adjust(self, request: web.Request) -> object:
        """Have a corporate action rename every held option of a stock."""
        command = await _read(request, AdjustCommand)
        adjusted = self._broker.driver.exchange.adjust(
            command.underlying, Delivery(command.shares, command.cash)
        )
        self._broker.driver.sync()
        return {"adjusted": adjusted}

    async def liquidate(self, request: web.Request) -> object:
        """Close one leg on its last day, as Alpaca does by itself."""
        command = await _read(request, LiquidateCommand)
        order = self._broker.driver.exchange.liquidate(command.symbol, command.contracts)
        self._broker.driver.sync()
        return rest_order(order, nested=True)

    async def reject(self, request: web.Request) -> object:
        """Have the broker end an open order as rejected."""
        command = await _read(request, RejectCommand)
        exchange = self._broker.driver.exchange
        exchange.reject(command.order_id, command.reason)
        self._broker.driver.sync()
        return rest_order(exchange.order(command.order_id), nested=True)

    def streams(self, _: web.Request) -> object:
        """How many sockets are open on each stream, and how many asked for anything."""
        return self._connections()

    async def disconnect(self, request: web.Request) -> object:
        """Cut a stream's connections, and refuse new ones for `refuse_ms`."""
        gate = self._broker.gates.get(request.match_info["name"])
        if gate is None:
            raise Refusal(404, 0, f"streams are {', '.join(self._broker.gates)}")
        command = await _read(request, DisconnectCommand)
        gate.disconnect(command.refuse_ms / 1000)
        return self._connections()

    def save(self, _: web.Request) -> object:
        """Write the world to the state file now."""
        self._broker.driver.save()
        return {"saved": True}

    def _remove_bid(self, symbol: str) -> None:
        exchange = self._broker.driver.exchange
        quote = exchange.quote(symbol)
        if quote is None:
            raise Refusal(404, 0, f"{symbol} has no quote")
        exchange.pin_quote(
            symbol, bid=Decimal(0), bid_size=0, ask=quote.ask, ask_size=quote.ask_size
        )

    def _connections(self) -> dict[str, int]:
        data = self._broker.market_data
        return {
            "trade_updates": self._broker.updates.connections,
            "trade_updates_subscribed": self._broker.updates.subscribed,
            "options": data.connections("options"),
            "options_subscribed": data.subscribed("options"),
            "stocks": data.connections("stocks"),
            "stocks_subscribed": data.subscribed("stocks"),
        }


Control = Callable[[Controls, web.Request], object]

CONTROLS: Final[tuple[tuple[str, str, Control], ...]] = (
    ("GET", "/_sim/health", Controls.health),
    ("GET", "/_sim/received", Controls.received),
    ("DELETE", "/_sim/received", Controls.clear_received),
    ("GET", "/_sim/faults", Controls.faults),
    ("POST", "/_sim/faults", Controls.add_faults),
    ("DELETE", "/_sim/faults", Controls.clear_faults),
    ("GET", "/_sim/clock", Controls.clock),
    ("POST", "/_sim/clock", Controls.set_clock),
    ("POST", "/_sim/market", Controls.set_market),
    ("GET", "/_sim/fills", Controls.fills),
    ("POST", "/_sim/fills", Controls.set_fills),
    ("POST", "/_sim/fill", Controls.fill),
    ("POST", "/_sim/trade", Controls.trade),
    ("POST", "/_sim/assign", Controls.assign),
    ("POST", "/_sim/adjust", Controls.adjust),
    ("POST", "/_sim/liquidate", Controls.liquidate),
    ("POST", "/_sim/reject", Controls.reject),
    ("GET", "/_sim/streams", Controls.streams),
    ("POST", "/_sim/streams/{name}/disconnect", Controls.disconnect),
    ("POST", "/_sim/state", Controls.save),
)


def handler(
    controls: Controls, control: Control
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The aiohttp handler of one control: what it returns as JSON, what it refuses as 4xx."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            outcome = control(controls, request)
            if isinstance(outcome, Awaitable):
                outcome = await outcome
        except Refusal as refusal:
            return _json(refusal.status, refusal.body())
        except msgspec.DecodeError as error:
            return _json(400, {"message": str(error)})
        return _json(200, outcome)

    return handle


def _json(status: int, body: object) -> web.Response:
    return web.Response(
        status=status, body=msgspec.json.encode(body), content_type="application/json"
    )


async def _read(request: web.Request, kind: type[Command]) -> Command:
    """Raises msgspec.DecodeError (ValidationError is one) with the place and the reason."""
    return msgspec.json.decode(await request.read() or b"{}", type=kind)
