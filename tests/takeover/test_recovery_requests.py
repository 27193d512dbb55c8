"""
After a crash every close goes on with few requests, as an account has 200 of them a minute.

The real engine and adapter over loopback to the simulator, with 200 holdings and 500 orders:
fifty iron condors, a close of ours working on each, and 400 orders of other hands at rest.
Requests are counted here, not seconds: `benchmarks/recovery.py` tells those.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from aiohttp import web
from support.bench import at_limit
from support.eventually import eventually
from support.fifty_condors import CLOSES, HOLDINGS, SCENARIO, UNITS
from support.memory_journal import MemoryJournal

from alpaca_simulator.driver import Driver, Pace
from alpaca_simulator.exchange.exchange import Exchange
from alpaca_simulator.exchange.hands import FillMode
from alpaca_simulator.exchange.orders import OrderFilter, OrderRequest, OrderType, Side, TimeInForce
from alpaca_simulator.scenarios.model import Scenario
from alpaca_simulator.wire.broker import Broker as Simulator
from alpaca_simulator.wire.server import application
from alpaca_simulator.wire.settings import Settings
from closeout.alpaca import AlpacaBroker, AlpacaQuotes, Credentials, Endpoints
from closeout.closing.state import Phase
from closeout.runtime.clock import SystemClock
from closeout.runtime.engine import Engine
from closeout.runtime.ownership import LIFE
from closeout.runtime.requests import CloseRequest

REQUESTS_MAX = 20
RESTING, FILLED_AWAY = 400, 10
_SWITCHED = 101


class HurriedClock(SystemClock):
    """The machine's clock, on which a test need not wait for a lease to run out."""

    ahead = timedelta(0)

    def monotonic(self) -> timedelta:
        return super().monotonic() + self.ahead


@dataclass
class Site:
    """A simulator and a journal that outlive the engines that work with them."""

    simulator: Simulator
    url: str
    journal: MemoryJournal
    clock: HurriedClock

    @property
    def exchange(self) -> Exchange:
        return self.simulator.driver.exchange

    def step(self) -> None:
        self.simulator.driver.step(timedelta(seconds=1))

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Engine]:
        keys = Credentials("key", "secret")
        endpoints = Endpoints(self.url, self.url, self.url.replace("http", "ws", 1))
        async with (
            AlpacaBroker(keys, endpoints, clock=self.clock) as broker,
            AlpacaQuotes(keys, endpoints, clock=self.clock) as quotes,
        ):
            engine = Engine(broker, quotes, self.journal, self.clock)
            engine.start()
            try:
                yield engine
            finally:
                await engine.stop()

    def asked(self) -> Counter[str]:
        """Trading requests; neither quotes nor the handshakes of streams."""
        return Counter(
            f"{entry.method} {entry.path}"
            for entry in self.simulator.received.entries()
            if entry.path.startswith("/v2/")
            if "/stocks/" not in entry.path and entry.status != _SWITCHED
        )


@asynccontextmanager
async def open_site() -> AsyncIterator[Site]:
    scenario = Scenario.model_validate({"name": "condors", **SCENARIO})
    driver = Driver.start(scenario, seed=7, pace=Pace.STEPPED)
    driver.exchange.freeze_market(frozen=True)
    driver.exchange.set_fills(FillMode.HOLD)
    simulator = Simulator(driver, Settings(rate_limit=1_000_000))
    runner = web.AppRunner(application(simulator), shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = "http://{}:{}".format(*runner.addresses[0][:2])
        yield Site(simulator, url, MemoryJournal(), HurriedClock())
    finally:
        await runner.cleanup()


async def begin_closes(engine: Engine) -> None:
    await eventually(lambda: engine.is_ready)
    terms = at_limit(offset="-0.50")
    asked = [CloseRequest(each.id, None, terms) for each in engine.book.grouping.strategies]
    await asyncio.gather(*(engine.supervisor.open(each) for each in asked))
    await eventually(lambda: phases(engine) == {Phase.WORKING: CLOSES})


def phases(engine: Engine) -> Counter[Phase]:
    return Counter(state.phase for state in engine.supervisor.closes())


def rest_orders(exchange: Exchange) -> None:
    """Let other hands rest orders far from the market."""
    longs = [each.symbol for each in exchange.positions() if each.qty > 0]
    for number in range(RESTING):
        exchange.submit(
            OrderRequest(
                symbol=longs[number % len(longs)],
                qty=Decimal(1),
                side=Side.BUY,
                type=OrderType.LIMIT,
                limit_price=Decimal("0.01"),
                time_in_force=TimeInForce.DAY,
            )
        )


async def test_after_a_crash_fifty_closes_go_on_with_at_most_twenty_requests() -> None:
    async with open_site() as site:
        async with site.engine() as first:
            await begin_closes(first)
            rest_orders(site.exchange)
            site.step()
            site.journal.fail_history = True  # killed before it could keep what is new
        site.journal.fail_history = False
        site.journal.rob("a process that was killed")
        ours = [each for each in site.exchange.orders(OrderFilter(limit=500)) if each.legs]
        for order in ours[:FILLED_AWAY]:
            site.exchange.fill(order.id, UNITS)
        site.step()
        site.simulator.received.clear()

        async with site.engine() as second:
            await eventually(lambda: second.book.holdings is not None)
            site.clock.ahead += LIFE
            await eventually(
                lambda: (
                    phases(second)
                    == {Phase.CLOSED: FILLED_AWAY, Phase.WORKING: CLOSES - FILLED_AWAY}
                ),
                within=20,
            )

            asked = site.asked()
            assert HOLDINGS == 4 * CLOSES
            assert REQUESTS_MAX >= asked.total(), asked
