"""Small worlds and short ways to say orders."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from alpaca_simulator.exchange.contracts import Kind, occ_symbol
from alpaca_simulator.exchange.events import Event, TradeUpdate
from alpaca_simulator.exchange.exchange import Exchange
from alpaca_simulator.exchange.orders import (
    LegRequest,
    Order,
    OrderClass,
    OrderRequest,
    OrderType,
    PositionIntent,
    TimeInForce,
)
from alpaca_simulator.scenarios.model import Scenario

OPEN = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
"""A Wednesday, ten in the morning in New York."""
NIGHT = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
NEAR, FAR = date(2026, 4, 17), date(2026, 5, 15)

BTO, BTC = PositionIntent.BUY_TO_OPEN, PositionIntent.BUY_TO_CLOSE
STO, STC = PositionIntent.SELL_TO_OPEN, PositionIntent.SELL_TO_CLOSE

UNDERLYINGS: dict[str, Any] = {
    "SPY": {"spot": 600, "vol": 0.2, "class": "penny_all", "strike_step": 5, "dailies": True},
    "TSLA": {"spot": 400, "vol": 0.5},
    "META": {"spot": 600, "vol": 0.3, "class": "nickel"},
}


def call(strike: int, expiration: date = NEAR, underlying: str = "SPY") -> str:
    return occ_symbol(underlying, expiration, Kind.CALL, Decimal(strike))


def put(strike: int, expiration: date = NEAR, underlying: str = "SPY") -> str:
    return occ_symbol(underlying, expiration, Kind.PUT, Decimal(strike))


def scenario(**parts: Any) -> Scenario:
    market = {"interval": 1.0, "underlyings": UNDERLYINGS} | parts.pop("market", {})
    return Scenario.model_validate({"name": "test", "market": market, **parts})


def exchange(
    held: dict[str, int] | None = None, *, now: datetime = OPEN, seed: int = 7, **parts: Any
) -> Exchange:
    """A world with these signed holdings; everything else as the scenario's parts say."""
    world = Exchange.from_scenario(scenario(**parts), seed, now)
    for symbol, qty in (held or {}).items():
        world._world.ledger.adjust(symbol, qty, Decimal("2.00"))
    return world


def single(
    symbol: str,
    intent: PositionIntent | None,
    *,
    qty: str = "1",
    limit: str | None = None,
    **more: Any,
) -> OrderRequest:
    side = intent.side if intent else more.pop("side")
    return OrderRequest(
        **{
            "symbol": symbol,
            "side": side,
            "position_intent": intent,
            "qty": Decimal(qty),
            "type": OrderType.LIMIT if limit else OrderType.MARKET,
            "limit_price": Decimal(limit) if limit else None,
            "time_in_force": TimeInForce.DAY,
            **more,
        }
    )


def package(
    *legs: tuple[PositionIntent | None, str] | tuple[PositionIntent, str, str],
    qty: str = "1",
    limit: str | None = None,
    **more: Any,
) -> OrderRequest:
    return OrderRequest(
        **{
            "order_class": OrderClass.MLEG,
            "legs": tuple(leg(*each) for each in legs),
            "qty": Decimal(qty),
            "type": OrderType.LIMIT if limit else OrderType.MARKET,
            "limit_price": Decimal(limit) if limit else None,
            "time_in_force": TimeInForce.DAY,
            **more,
        }
    )


def leg(intent: PositionIntent | None, symbol: str, ratio: str = "1") -> LegRequest:
    return LegRequest(
        symbol=symbol,
        ratio_qty=Decimal(ratio),
        side=intent.side if intent else None,
        position_intent=intent,
    )


SHALLOW: dict[str, Any] = {
    "market": {"underlyings": {"SPY": {**UNDERLYINGS["SPY"], "depth": 0.01}}}
}
"""One or two contracts a touch."""

CONDOR = {put(550): 10, put(560): -10, call(640): -10, call(650): 10}


def condor_close(qty: str = "10", limit: str | None = None, **more: Any) -> OrderRequest:
    legs = ((STC, put(550)), (BTC, put(560)), (BTC, call(640)), (STC, call(650)))
    return package(*legs, qty=qty, limit=limit, **more)


def later(world: Exchange, seconds: float = 1.0) -> list[Event]:
    return world.advance(world.now + timedelta(seconds=seconds))


def told(events: list[Event]) -> list[str]:
    return [event.event for event in events if isinstance(event, TradeUpdate)]


def updates(events: list[Event]) -> list[TradeUpdate]:
    return [event for event in events if isinstance(event, TradeUpdate)]


def holdings(world: Exchange) -> dict[str, int]:
    return {position.symbol: position.qty for position in world.positions()}


def again(world: Exchange, order: Order) -> Order:
    return world.order(order.id)
