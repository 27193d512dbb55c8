"""A world as JSON values and back, exact: decimals as text, streams of chance word by word."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from alpaca_simulator.exchange.account import Configurations
from alpaca_simulator.exchange.book import Book
from alpaca_simulator.exchange.chance import Chance
from alpaca_simulator.exchange.contracts import Delivery
from alpaca_simulator.exchange.genesis import fill_model
from alpaca_simulator.exchange.hands import Hands
from alpaca_simulator.exchange.hours import Hours
from alpaca_simulator.exchange.ledger import Ledger
from alpaca_simulator.exchange.market import Market
from alpaca_simulator.exchange.world import World
from alpaca_simulator.scenarios.model import Scenario

_VERSION: Final = 1


def dump(world: World) -> dict[str, Any]:
    """Everything but events not drained yet, which belong to listeners that are gone."""
    return {
        "version": _VERSION,
        "scenario": world.scenario.model_dump(mode="json", by_alias=True),
        "now": world.now.isoformat(),
        "created_at": world.created_at.isoformat(),
        "hours": world.hours.to_state(),
        "market": world.market.to_state(),
        "ledger": world.ledger.to_state(),
        "book": world.book.to_state(),
        "chance": world.chance.to_state(),
        "configurations": msgspec.to_builtins(world.configurations),
        "last_equity": str(world.last_equity),
        "hands": world.hands.to_state(),
        "deliveries": msgspec.to_builtins(world.deliveries),
        "revision": world.revision,
    }


def restore(state: dict[str, Any]) -> World:
    """Raises ValueError for a state of another version."""
    if state.get("version") != _VERSION:
        raise ValueError(f"this state has version {state.get('version')}, not {_VERSION}")
    scenario = Scenario.model_validate(state["scenario"])
    now = datetime.fromisoformat(state["now"])
    market = Market(scenario.market, 0, now, now)
    market.load(state["market"])
    return World(
        scenario=scenario,
        now=now,
        created_at=datetime.fromisoformat(state["created_at"]),
        hours=Hours.from_state(state["hours"]),
        market=market,
        ledger=Ledger.from_state(state["ledger"]),
        book=Book.from_state(state["book"]),
        chance=Chance.from_state(state["chance"]),
        fills=fill_model(scenario.fills),
        configurations=msgspec.convert(state["configurations"], Configurations),
        last_equity=Decimal(state["last_equity"]),
        hands=Hands.from_state(state["hands"]),
        deliveries=msgspec.convert(state.get("deliveries", {}), dict[str, Delivery], strict=False),
        revision=state["revision"],
    )
