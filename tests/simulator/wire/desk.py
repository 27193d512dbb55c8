"""A broker on loopback inside the test, whose every REST answer is judged by Alpaca's files."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from simulator.wire.openapi import judge

from alpaca_simulator.driver import Driver, Pace
from alpaca_simulator.scenarios.loader import load_scenario
from alpaca_simulator.wire.broker import Broker
from alpaca_simulator.wire.server import application
from alpaca_simulator.wire.settings import Settings

HERE = Path(__file__).parent
SCENARIO = HERE / "scenarios" / "wire.yaml"
KEYS = {"APCA-API-KEY-ID": "k", "APCA-API-SECRET-KEY": "s"}
MORNING = datetime(2026, 11, 20, 15, tzinfo=UTC)
"""A Friday, half an hour after the opening in New York."""
Json = Any


class Reply:
    def __init__(self, status: int, headers: dict[str, str], raw: bytes) -> None:
        self.status = status
        self.headers = headers
        self.raw = raw

    @property
    def json(self) -> Json:
        return json.loads(self.raw)


class Desk:
    """The broker, a client of it, and hands on its clock. The clock stands unless moved."""

    def __init__(self, broker: Broker, url: str, session: aiohttp.ClientSession) -> None:
        self.broker = broker
        self.url = url
        self.session = session

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        **query: str,
    ) -> Reply:
        """One request as it is, judged by nobody."""
        raw = None if body is None else json.dumps(body).encode()
        async with self.session.request(
            method, self.url + path, data=raw, params=query, headers=headers or KEYS
        ) as answer:
            return Reply(answer.status, dict(answer.headers), await answer.read())

    async def ask(
        self, method: str, path: str, body: object = None, *, expect: int = 200, **query: str
    ) -> Json:
        """One request whose answer Alpaca's specification must allow; its decoded body."""
        reply = await self.send(method, path, body, headers=None, **query)
        assert expect == reply.status, reply.raw
        judge(method, path, reply.status, reply.raw)
        return reply.json if reply.raw else None

    async def get(self, path: str, **query: str) -> Json:
        return await self.ask("GET", path, None, expect=200, **query)

    async def control(self, method: str, path: str, body: object = None) -> Json:
        reply = await self.send(method, f"/_sim/{path}", body)
        assert 200 == reply.status, reply.raw
        return reply.json

    def step(self, seconds: float = 1) -> None:
        self.broker.driver.step(timedelta(seconds=seconds))

    def connect(
        self, path: str, *, headers: dict[str, str] | None = None
    ) -> AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse]:
        return self.session.ws_connect(self.url.replace("http", "ws") + path, headers=headers)

    async def condor(self) -> list[str]:
        """The four contracts of the iron condor: long put, short put, short call, long call."""
        [opening] = [
            order
            for order in await self.get("/v2/orders", status="closed", nested="true")
            if order["order_class"] == "mleg"
        ]
        return sorted(
            (leg["symbol"] for leg in opening["legs"]), key=lambda symbol: int(symbol[-8:])
        )

    async def long_call(self) -> str:
        [symbol] = [
            row["symbol"]
            for row in await self.get("/v2/positions")
            if row["symbol"].startswith("QQQ")
        ]
        return str(symbol)


def closing(symbols: list[str], *, units: int = 4, **fields: object) -> dict[str, object]:
    """An order that buys back the middle of a condor and sells its wings."""
    long_put, short_put, short_call, long_call = symbols
    sides = {long_put: "sell", short_put: "buy", short_call: "buy", long_call: "sell"}
    legs = [
        {"symbol": it, "ratio_qty": "1", "side": side, "position_intent": f"{side}_to_close"}
        for it, side in sides.items()
    ]
    return {
        "order_class": "mleg",
        "qty": str(units),
        "type": "market",
        "time_in_force": "day",
        "legs": legs,
        **fields,
    }


def selling(symbol: str, *, qty: int = 1, **fields: object) -> dict[str, object]:
    return {
        "symbol": symbol,
        "qty": str(qty),
        "side": "sell",
        "type": "limit",
        "limit_price": "900",
        "time_in_force": "day",
        "position_intent": "sell_to_close",
        **fields,
    }


@asynccontextmanager
async def running_desk(scenario: Path | str, settings: Settings) -> AsyncIterator[Desk]:
    driver = Driver.start(
        load_scenario(scenario), seed=settings.seed, pace=Pace.STEPPED, now=MORNING
    )
    broker = Broker(driver, settings)
    runner = web.AppRunner(application(broker), shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = "http://{}:{}".format(*runner.addresses[0][:2])
        async with aiohttp.ClientSession() as session:
            yield Desk(broker, url, session)
    finally:
        await runner.cleanup()


Opener = Callable[..., Awaitable[Desk]]
"""Opens a desk; faults by position, settings by name."""


def example(name: str) -> Json:
    """A recorded or published wire example; its file names the source."""
    return json.loads((HERE / "examples" / f"{name}.json").read_text())["example"]
