"""
The broker's side of the wire: the pure exchange moved along virtual time, what it told,
and what everybody who looked late would have seen.
"""

import asyncio
import math
import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from simulation.days import Day
from simulation.holdings import Account, tick
from simulation.loop import VirtualClock, VirtualLoop
from simulation.reports import report_of, request_of, update_of

from alpaca_simulator.exchange import orders as theirs
from alpaca_simulator.exchange.activities import Activity
from alpaca_simulator.exchange.events import ActivityPosted
from alpaca_simulator.exchange.events import TradeUpdate as Told
from alpaca_simulator.exchange.hands import FillMode
from alpaca_simulator.exchange.orders import Order
from alpaca_simulator.exchange.refusals import FORBIDDEN, Refusal
from alpaca_simulator.exchange.valuation import available
from closeout.domain.occ import option_or_none
from closeout.domain.orders import OrderReport, Ticket, TradeUpdate

PACKAGE_REFUSALS = (
    "submit mleg order is disabled",
    "account not eligible to trade uncovered option contracts",
    "account not eligible to trade spreads or uncovered contracts",
)
"""After these the legs of a package may be tried one by one, and after no others."""
_ORDER_REFUSALS = (
    "insufficient options buying power (required: 900, available: 1)",
    "new orders are rejected by user request",
)


@dataclass(frozen=True, slots=True)
class Row:
    quantity: int
    available: int
    entry: Decimal


@dataclass(frozen=True, slots=True)
class Moment:
    """What the account truly held from `at` on."""

    at: float
    rows: Mapping[str, Row]

    def quantity(self, symbol: str) -> int:
        row = self.rows.get(symbol)
        return row.quantity if row else 0


@dataclass(frozen=True, slots=True)
class Touch:
    at: float
    bid: Decimal
    ask: Decimal


class Venue:
    """One account at the exchange. Everything asked of it happens at the loop's time."""

    def __init__(
        self,
        loop: VirtualLoop,
        clock: VirtualClock,
        account: Account,
        day: Day,
        chance: random.Random,
    ) -> None:
        self._loop = loop
        self._clock = clock
        self._chance = chance
        self.day = day
        self.exchange = account.exchange
        self._world = account.exchange._world
        self.symbols = sorted({symbol for it in account.owned for symbol in it.contracts})
        self.moments: list[Moment] = []
        self.versions: dict[str, list[tuple[float, OrderReport]]] = defaultdict(list)
        self.touches: dict[str, list[Touch]] = defaultdict(list)
        self.on_told: list[Callable[[Told, TradeUpdate], None]] = []
        self.on_settled: list[Callable[[Activity], None]] = []
        self.on_quote: list[Callable[[str], None]] = []
        self.trades: list[Told] = []
        """Every fill of an order, oldest first."""
        self.quotes_are_dead = False
        """Nothing tells anybody of quotes any more."""
        self._reads_failed_until = math.inf if day.read_failures else 0.0
        self._reports: dict[str, tuple[Order, OrderReport]] = {}
        self._busy = asyncio.Event()
        self._revision = -1
        for symbol in self.symbols:
            if option_or_none(symbol) is not None:
                self.draw_touch(symbol)
        self._remember()

    # --- time -------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Move the exchange to now and tell everybody what happened."""
        now = self._clock.now()
        events = self.exchange.advance(now) if now > self.exchange.now else []
        events += self.exchange.drain_events()
        self._remember()
        if self._world.book._open:
            self._busy.set()
        for event in events:
            if isinstance(event, Told):
                self._tell(event)
            elif isinstance(event, ActivityPosted) and event.activity.side is None:
                for listener in self.on_settled:
                    listener(event.activity)

    async def turn(self) -> None:
        """Keep the exchange moving while anything works there."""
        while True:
            await self._busy.wait()
            await asyncio.sleep(self._chance.uniform(0.05, 0.7))
            self.catch_up()
            if not self._world.book._open:
                self._busy.clear()

    async def wander(self) -> None:
        """Let quotes move now and then."""
        options = [symbol for symbol in self.symbols if option_or_none(symbol) is not None]
        while True:
            await asyncio.sleep(self._chance.uniform(1.0, 5.0))
            self.catch_up()
            self.draw_touch(self._chance.choice(options))

    def _remember(self) -> None:
        if self.exchange.revision == self._revision:
            return
        self._revision = self.exchange.revision
        rows = {
            it.symbol: Row(it.qty, abs(available(self._world, it.symbol)), it.avg_entry_price)
            for it in self._world.ledger.held()
        }
        if not self.moments or self.moments[-1].rows != rows:
            self.moments.append(Moment(self._loop.time(), rows))

    def _tell(self, event: Told) -> None:
        update = update_of(event)
        self.versions[event.order.id].append((self._loop.time(), update.order))
        if update.executions:
            self.trades.append(event)
        for listener in self.on_told:
            listener(event, update)

    # --- what is true -----------------------------------------------------------------

    @property
    def truth(self) -> Moment:
        return self.moments[-1]

    def moment_at(self, at: float) -> Moment:
        index = bisect_right(self.moments, at, key=lambda each: each.at)
        return self.moments[max(0, index - 1)]

    def moments_since(self, at: float) -> list[Moment]:
        """Every state the account was in from `at` to now."""
        index = bisect_right(self.moments, at, key=lambda each: each.at)
        return self.moments[max(0, index - 1) :]

    def orders(self) -> list[Order]:
        return list(self._world.book._orders.values())

    def order_by_client_id(self, client_order_id: str) -> Order | None:
        order_id = self._world.book._client_ids.get(client_order_id)
        return None if order_id is None else self._world.book._orders.get(order_id)

    def order(self, order_id: str) -> Order | None:
        return self._world.book._orders.get(order_id)

    def seen_late(self, order: Order, lag: float) -> OrderReport | None:
        """The order as somebody sees it who is shown the world of `lag` seconds ago."""
        if not lag:
            return self._report(order)
        versions = self.versions.get(order.id)
        if not versions:
            return report_of(order)  # from before the world began
        limit = self._loop.time() - lag
        index = bisect_right(versions, limit, key=lambda each: each[0])
        return versions[index - 1][1] if index else None

    def _report(self, order: Order) -> OrderReport:
        """The order as it is; most are asked for over and over and do not change."""
        known = self._reports.get(order.id)
        if known is None or known[0] is not order:
            known = self._reports[order.id] = (order, report_of(order))
        return known[1]

    # --- what is asked of it ----------------------------------------------------------

    def submit(self, ticket: Ticket) -> OrderReport:
        """Raises: Refusal."""
        self.catch_up()
        self._maybe_refuse(ticket)
        order = self.exchange.submit(request_of(ticket))
        self.catch_up()
        if self._chance.random() < self.day.rejected_after:
            delay = self._chance.uniform(0.05, 3.0)
            self._loop.later(delay, self._reject, order.id)
        return report_of(order)

    def replace(self, order_id: str, ticket: Ticket) -> OrderReport:
        """Ask for another limit under another id. Raises: Refusal."""
        self.catch_up()
        request = theirs.ReplaceRequest(
            limit_price=ticket.limit, client_order_id=ticket.client_order_id
        )
        order = self.exchange.replace(order_id, request)
        if self.day.replace_rejected and self._chance.random() < self.day.replace_rejected:
            self._reject(order.id)
        self.catch_up()
        return report_of(order)

    def _maybe_refuse(self, ticket: Ticket) -> None:
        """Say no to a package as such, or to any order for a reason of its own."""
        if ticket.is_package and self._happens(self.day.packages_refused):
            raise Refusal(403, FORBIDDEN, self._chance.choice(PACKAGE_REFUSALS))
        if self._happens(self.day.orders_refused):
            raise Refusal(403, FORBIDDEN, self._chance.choice(_ORDER_REFUSALS))

    def _happens(self, likelihood: float) -> bool:
        return bool(likelihood) and self._chance.random() < likelihood

    def cancel(self, order_id: str) -> None:
        """Raises: Refusal."""
        self.catch_up()
        self.exchange.cancel(order_id)
        self.catch_up()

    def bust(self, trade: Told) -> None:
        """Have the exchange take a trade back."""
        self.catch_up()
        self.trades.remove(trade)
        self.exchange.bust(trade)
        self.catch_up()

    def _reject(self, order_id: str) -> None:
        self.catch_up()
        try:
            self.exchange.reject(order_id, "the venue refused it")
        except Refusal:
            return  # it has traded or gone meanwhile
        self.catch_up()

    # --- prices -----------------------------------------------------------------------

    def draw_touch(self, symbol: str) -> None:
        """Give a contract a bid and an ask on its class's steps."""
        option = option_or_none(symbol)
        assert option is not None
        known = self.touches[symbol]
        if known:
            middle = known[-1].bid + self._chance.randint(-20, 20) * Decimal("0.01")
        else:
            middle = self._chance.randint(5, 700) * Decimal("0.01")
        middle = max(middle, Decimal("0.10"))
        step = tick(option.underlying, middle)
        bid = middle // step * step
        ask = bid + step * self._chance.randint(1, 6)
        ask = ask - ask % tick(option.underlying, ask)
        ask = max(ask, bid + tick(option.underlying, bid + step))
        if self._chance.random() < 0.05:
            bid = Decimal(0)
        self.pin(symbol, bid, ask)

    def pin(self, symbol: str, bid: Decimal, ask: Decimal) -> None:
        if self._world.market.listed(symbol) is None:
            return  # it has expired
        sizes = self._chance.choice(((1, 3), (2, 8), (50, 50)))
        self.exchange.pin_quote(
            symbol,
            bid=bid,
            bid_size=self._chance.randint(*sizes),
            ask=ask,
            ask_size=self._chance.randint(*sizes),
        )
        self.touches[symbol].append(Touch(self._loop.time(), bid, ask))
        for listener in self.on_quote:
            listener(symbol)

    def touch(self, symbol: str) -> Touch | None:
        if option_or_none(symbol) is None:
            quote = self.exchange.quote(symbol)
            return None if quote is None else Touch(0.0, quote.bid, quote.ask)
        known = self.touches.get(symbol)
        return known[-1] if known else None

    # --- good and bad -----------------------------------------------------------------

    def heal(self, day: Day) -> None:
        """From now on every order that can trade trades."""
        self.catch_up()
        self._reads_failed_until = min(self._reads_failed_until, self._loop.time())
        self.day = day
        self.quotes_are_dead = False
        self.exchange.set_fills(FillMode.ALL)
        for symbol in self.symbols:
            last = self.touches.get(symbol, [None])[-1]
            if last is not None and not last.bid:
                self.pin(symbol, last.ask - tick(_underlying(symbol), last.ask), last.ask)

    def failed_reads(self, since: float) -> bool:
        """Whether a read from then on may have failed."""
        return since < self._reads_failed_until

    def hold_fills(self, *, hold: bool) -> None:
        self.exchange.set_fills(FillMode.HOLD if hold else FillMode.AUTO)

    @property
    def now(self) -> datetime:
        return self._clock.now()


def _underlying(symbol: str) -> str:
    option = option_or_none(symbol)
    assert option is not None
    return option.underlying
