"""The whole protocol side of one simulated broker: everything that handlers share."""

from __future__ import annotations

from collections.abc import Sequence

from alpaca_simulator.driver import Driver
from alpaca_simulator.exchange.events import Event, QuoteMoved, Traded, TradeUpdate
from alpaca_simulator.exchange.refusals import Refusal
from alpaca_simulator.wire.faults import FaultBook
from alpaca_simulator.wire.ratelimit import RateLimiter
from alpaca_simulator.wire.received import ReceivedLog
from alpaca_simulator.wire.settings import Settings
from alpaca_simulator.wire.streams.feeds import Plan
from alpaca_simulator.wire.streams.gate import StreamGate
from alpaca_simulator.wire.streams.market_data import MarketData
from alpaca_simulator.wire.streams.subscriber import STAR
from alpaca_simulator.wire.streams.trade_updates import TradeUpdates


class Broker:
    """Joins the driver's world to budgets, faults, the log and the streams."""

    def __init__(self, driver: Driver, settings: Settings) -> None:
        self.driver = driver
        self.settings = settings
        self.received = ReceivedLog()
        self.faults = FaultBook(settings.seed, settings.faults)
        self.trading_budget = RateLimiter(settings.rate_limit)
        self.data_budget = RateLimiter(settings.data_rate_limit)
        self.updates = TradeUpdates(
            settings.credentials, self.faults, single=settings.single_trade_stream
        )
        self.market_data = MarketData(
            settings.credentials,
            self.faults,
            watch=self._watch,
            venue=self._venue,
            basic=settings.plan is Plan.BASIC,
            connections=settings.data_connections,
        )
        driver.subscribe(self._publish)

    @property
    def gates(self) -> dict[str, StreamGate]:
        """The streams by the names that faults and controls use."""
        return {"trade_updates": self.updates.gate, **self.market_data.gates}

    def close_streams(self) -> None:
        self.updates.close()
        self.market_data.close()

    def _publish(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, TradeUpdate):
                self.updates.publish(event)
        self.market_data.publish(e for e in events if isinstance(e, QuoteMoved | Traded))

    def _watch(self, symbols: set[str]) -> None:
        """A star stands for every stock and for every contract that is held."""
        exchange = self.driver.exchange
        if STAR in symbols:
            symbols = symbols - {STAR}
            symbols |= {asset.symbol for asset in exchange.assets()}
            symbols |= {position.symbol for position in exchange.positions()}
        exchange.watch(symbols)

    def _venue(self, symbol: str) -> str:
        try:
            return self.driver.exchange.asset(symbol).exchange
        except Refusal:
            return ""
