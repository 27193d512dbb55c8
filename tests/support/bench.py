"""An engine on fakes, with an account worth closing."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from support.eventually import eventually, settle
from support.fake_broker import FakeBroker
from support.fake_quotes import FakeQuotes
from support.manual_clock import ManualClock
from support.memory_journal import MemoryJournal

from closeout.closing.plan import Terms
from closeout.closing.state import CloseState, Phase
from closeout.domain.orders import OrderStatus, OrderType, Side, Ticket, TicketLeg
from closeout.domain.strategies import Leg, Strategy
from closeout.runtime.engine import Engine
from closeout.runtime.requests import CloseRequest
from closeout.runtime.runner import Runner
from closeout.runtime.supervisor import Supervisor

LONG_PUT, SHORT_PUT = "SPY261218P00550000", "SPY261218P00560000"
SHORT_CALL, LONG_CALL = "SPY261218C00620000", "SPY261218C00630000"
CONDOR = {LONG_PUT: 1, SHORT_PUT: -1, SHORT_CALL: -1, LONG_CALL: 1}
CONDOR_UNITS = 10
COVERED_SHARES, COVERED_CALL = "NVDA", "NVDA261218C00200000"

AT_MARKET = Terms(OrderType.MARKET)


def at_limit(*, offset: str | None = None, price: str | None = None) -> Terms:
    return Terms(
        OrderType.LIMIT,
        offset=None if offset is None else Decimal(offset),
        price=None if price is None else Decimal(price),
    )


@dataclass
class Bench:
    """The engine and everything it touches. `restart` keeps the broker and the journal."""

    clock: ManualClock = field(default_factory=ManualClock)
    broker: FakeBroker = field(init=False)
    quotes: FakeQuotes = field(init=False)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.broker = FakeBroker(self.clock)
        self.quotes = FakeQuotes(self.clock)
        self._wire()

    def _wire(self) -> None:
        self.engine = Engine(self.broker, self.quotes, self.journal, self.clock)

    async def start(self) -> None:
        self.engine.start()
        await eventually(lambda: self.engine.is_ready)
        await settle()

    async def stop(self) -> None:
        await self.engine.stop()

    async def restart(self) -> None:
        """End the engine as a crash would, and start another on the same journal."""
        await self.stop()
        self._wire()
        await self.start()

    # --- what the account holds -------------------------------------------------------

    def open_package(self, ratios: dict[str, int], units: int) -> None:
        """Put a filled opening order into the history, a month old, and its contracts."""
        legs = tuple(
            TicketLeg(symbol, abs(ratio), Side.BUY if ratio > 0 else Side.SELL)
            for symbol, ratio in ratios.items()
        )
        number = len(self.broker.orders) + 1
        ticket = Ticket(f"opened-{number}", units, legs, OrderType.MARKET, None)
        order = self.broker.add(ticket)
        order.opening, order.status, order.filled_units = True, OrderStatus.FILLED, units
        order.submitted_at = order.updated_at = self.clock.now() - timedelta(days=30)
        order.prices = {symbol: Decimal("1.00") for symbol in ratios}
        for symbol, ratio in ratios.items():
            self.broker.quantities[symbol] = (
                self.broker.quantities.get(symbol, Decimal(0)) + ratio * units
            )

    def hold_condor(self, units: int = CONDOR_UNITS) -> None:
        """Ten SPY condors: shorts at 2.00 x 2.10, longs at 1.00 x 1.10, so mid 2.00 debit."""
        self.open_package(CONDOR, units)
        for symbol in (SHORT_PUT, SHORT_CALL):
            self.quotes.set(symbol, "2.00", "2.10")

    def hold_covered_call(self) -> None:
        self.broker.hold(COVERED_SHARES, 100)
        self.broker.hold(COVERED_CALL, -1)

    # --- what is known and done -------------------------------------------------------

    @property
    def supervisor(self) -> Supervisor:
        return self.engine.supervisor

    @property
    def strategy(self) -> Strategy:
        """The only strategy there is."""
        (strategy,) = self.engine.book.grouping.strategies
        return strategy

    def leg(self, symbol: str) -> Leg:
        legs = [leg for each in self.engine.book.grouping.strategies for leg in each.legs]
        return next(leg for leg in legs if leg.symbol == symbol)

    def request(
        self, terms: Terms = AT_MARKET, *, leg: str | None = None, key: str | None = None
    ) -> CloseRequest:
        leg_id = None if leg is None else self.leg(leg).id
        return CloseRequest(self.strategy.id, leg_id, terms, key)

    async def open(
        self, terms: Terms = AT_MARKET, *, leg: str | None = None, key: str | None = None
    ) -> Runner:
        runner = await self.supervisor.open(self.request(terms, leg=leg, key=key))
        await settle()
        return runner

    def state(self, close_id: str) -> CloseState:
        state = self.supervisor.close(close_id)
        assert state is not None, "the close is known"
        return state

    async def reaches(self, close_id: str, phase: Phase) -> CloseState:
        """Wait until the close stands there."""
        await eventually(lambda: self.state(close_id).phase is phase)
        return self.state(close_id)
