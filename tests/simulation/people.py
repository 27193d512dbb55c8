"""The people of a seed: who closes, clicks twice, cancels, retries; and the other hand."""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulation.checks import Checks
from simulation.days import Day
from simulation.edits import Wish
from simulation.sights import Sight
from simulation.venue import Venue

from alpaca_simulator.exchange import orders as theirs
from alpaca_simulator.exchange.refusals import Refusal
from closeout.closing.pacing import WalkTerms
from closeout.closing.partial import WHOLE, Portion
from closeout.closing.schedule import Pace, Schedule
from closeout.closing.terms import IfRefused, NoBid, Terms
from closeout.closing.walk import AtEnd
from closeout.domain.edits import (
    EditsUndone,
    LegMoved,
    StrategiesMerged,
    StrategyRenamed,
    StrategySplit,
)
from closeout.domain.errors import CannotPlan, CannotRegroup
from closeout.domain.occ import option_or_none
from closeout.domain.orders import OrderType
from closeout.domain.strategies import Leg, Strategy
from closeout.ports import JournalFailed, ReadFailed
from closeout.runtime.engine import Engine
from closeout.runtime.refusals import CloseRunning, NotBegun, StandingBy
from closeout.runtime.requests import CloseRequest

if TYPE_CHECKING:
    from simulation.world import Running, World

_CENT = Decimal("0.01")
_ORDER_LEGS = 4
"""The most legs that one order can have."""
Act = Callable[[], Awaitable[None]]


class User:
    """Somebody at the page, who sees what the engine shows."""

    def __init__(
        self,
        world: "World",
        checks: Checks,
        chance: random.Random,
        walks: random.Random,
        edits: random.Random,
    ) -> None:
        self._world = world
        self._checks = checks
        self._chance = chance
        self._walks = walks
        self._edits = edits
        self._keyed: dict[str, CloseRequest] = {}
        self._answers: dict[str, str] = {}
        self._is_editing = False
        self.closes: list[str] = []
        self.refusals: list[str] = []

    @property
    def _day(self) -> Day:
        return self._world.day

    def draw_act(self) -> Act:
        acts: list[tuple[int, Act]] = [
            (6, self.close),
            (3, self.double_click),
            (3, self.cancel),
            (2, self.retry),
            (1, self.reuse_key),
        ]
        return self._chance.choices([act for _, act in acts], [weight for weight, _ in acts])[0]

    def draw_changes(self, until: float) -> list[tuple[float, Act]]:
        """Draw when walks are hurried or stopped."""
        count = self._walks.choice((0, 1, 2, 3))
        return [
            (self._walks.uniform(0.0, until + 10.0), self._walks.choice((self.hurry, self.choose)))
            for _ in range(count)
        ]

    async def close(self) -> None:
        request = self._draw_request()
        if request is not None:
            self._click(request)

    async def double_click(self) -> None:
        """The same again at once, in the same tab or in another."""
        request = self._draw_request()
        if request is None:
            return
        again = replace(request, idempotency_key=None) if self._chance.random() < 0.5 else request
        self._click(request)
        await asyncio.sleep(self._chance.choice((0.0, 0.001, 0.1, 1.0)))
        self._click(again)

    async def retry(self) -> None:
        """The same key again, after who knows what."""
        if self._keyed:
            self._click(self._chance.choice([*self._keyed.values()]))

    async def reuse_key(self) -> None:
        """An old key for something else."""
        request = self._draw_request()
        if request is not None and self._keyed:
            self._click(replace(request, idempotency_key=self._chance.choice([*self._keyed])))

    async def cancel(self) -> None:
        engine = self._world.engine
        if engine is None or not self.closes:
            return
        close_id = self._chance.choice(self.closes[-3:])
        self._world.as_process(self._cancel, engine, close_id)

    async def hurry(self) -> None:
        """Make one of the walks faster."""
        engine, close_id = self._world.engine, self._a_walk()
        if engine is not None and close_id is not None:
            self._world.as_process(self._change, lambda: engine.supervisor.hurry(close_id))

    async def choose(self) -> None:
        """Choose the limit of one of the walks, somewhere around where it stands."""
        engine, close_id = self._world.engine, self._a_walk()
        state = None if engine is None or close_id is None else engine.supervisor.close(close_id)
        if engine is None or close_id is None or state is None or state.walking is None:
            return
        walk = state.walking.walk
        net = walk.grid.floor(state.walking.limit + self._walks.choice((-5, 0, 5, 30)) * _CENT)
        if walk.worst is not None and self._walks.random() < 0.7:
            net = min(net, walk.grid.floor(walk.worst))
        limit = walk.grid.price(net)
        self._checks.requests.chose(close_id, limit)
        self._world.as_process(
            self._change, lambda: engine.supervisor.change_limit(close_id, limit)
        )

    def _a_walk(self) -> str | None:
        engine = self._world.engine
        running = [] if engine is None else engine.supervisor.running()
        walks = [each.state.close_id for each in running if each.state.walking is not None]
        return self._walks.choice(walks) if walks else None

    def _change(self, work: Callable[[], object]) -> None:
        try:
            work()
        except CannotPlan as refusal:
            self.refusals.append(refusal.reason_code)
        except NotBegun as refusal:
            self.refusals.append(refusal.code)

    async def edit(self) -> None:
        """Say what belongs together, and wait for the answer before anything else is said."""
        engine = self._world.engine
        drawn = None if engine is None or self._is_editing else self._draw_edit(engine)
        if drawn is not None:
            wish, work = drawn
            self._is_editing = True
            self._checks.edits.wish(wish)
            self._world.as_process(self._start_edit, work)

    def _start_edit(self, work: Callable[[], Awaitable[object]]) -> None:
        self._editing = asyncio.get_running_loop().create_task(self._record(work))

    async def _record(self, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except (CannotRegroup, NotBegun, ReadFailed, JournalFailed) as refusal:
            self.refusals.append(refusal.code)
            if isinstance(refusal, CloseRunning):
                self._checks.books.met[Sight.EDIT_REFUSED] += 1
        finally:
            self._is_editing = False

    def _draw_edit(self, engine: Engine) -> tuple[Wish, Callable[[], Awaitable[object]]] | None:
        regrouper, strategies = engine.regrouper, [*engine.book.grouping.strategies]
        if not strategies:
            return None
        kind = self._edits.choice((*4 * ("merge",), "move", "split", "rename", "undo"))
        shared = [it for it in strategies if it.underlying == "SPY"]
        one = self._edits.choice(shared if kind == "merge" and shared else strategies)
        others = [it for it in strategies if it.underlying == one.underlying and it is not one]
        leg = self._edits.choice(one.legs)
        count = self._edits.randint(1, leg.contracts)
        share = (one.id, leg.symbol, -count if leg.is_short else count)
        match kind:
            case "merge" if others:
                other = self._edits.choice(others)
                moves = tuple((other.id, it.symbol, it.quantity) for it in other.legs)
                wish = Wish(StrategiesMerged, moves, one.id)
                return wish, lambda: regrouper.merge([one.id, other.id], None)
            case "move" if others:
                target = self._edits.choice(others).id
                wish = Wish(LegMoved, (share,), target)
                return wish, lambda: regrouper.move(one.id, (leg.id, count), target)
            case "split" | "merge" | "move":
                wish = Wish(StrategySplit, (share,))
                return wish, lambda: regrouper.split(one.id, [[(leg.id, count)]])
            case "undo":
                return Wish(EditsUndone), lambda: regrouper.undo(None)
            case _:
                return Wish(StrategyRenamed, (), one.id), lambda: regrouper.rename(one.id, "mine")

    def cancel_everything(self) -> None:
        """Give up what works still."""
        engine = self._world.engine
        if engine is not None:
            for runner in engine.supervisor.running():
                self._world.as_process(self._cancel, engine, runner.state.close_id)

    def forget(self) -> None:
        """The program died: of its answers only those on record bind the next one."""
        self._is_editing = False
        self._answers = {
            key: close_id
            for key, close_id in self._answers.items()
            if (record := self._world.disk.find_by_key(key)) and record.close_id == close_id
        }

    def _cancel(self, engine: Engine, close_id: str) -> None:
        try:
            engine.supervisor.cancel(close_id)
        except NotBegun as refusal:
            self.refusals.append(refusal.code)

    def _click(self, request: CloseRequest) -> None:
        running = self._world.front
        if self._day.has_second and self._edits.random() < 0.1:
            running = self._world.behind or running
        if running is None:
            return
        self._checks.requests.asked(request)
        if request.idempotency_key is not None:
            self._keyed.setdefault(request.idempotency_key, request)
        running.do(self._start, running, request)

    def _start(self, running: "Running", request: CloseRequest) -> None:
        self._opening = asyncio.get_running_loop().create_task(self._open(running, request))

    async def _open(self, running: "Running", request: CloseRequest) -> None:
        engine = running.engine
        try:
            runner = await engine.supervisor.open(request)
        except CannotPlan as refusal:
            self.refusals.append(refusal.reason_code)
            self._checks.requests.refused(request, refusal.reason_code)
            return
        except (NotBegun, ReadFailed, JournalFailed) as refusal:
            self.refusals.append(refusal.code)
            self._checks.promises.denied(running.process, request)
            if self._day.has_second and isinstance(refusal, StandingBy):
                self._checks.books.met[Sight.STANDS_BY] += 1
            return
        close_id = runner.state.close_id
        self._checks.promises.promised(close_id)
        self.closes.append(close_id)
        key = request.idempotency_key
        if key is not None and self._answers.setdefault(key, close_id) != close_id:
            self._checks.books.fail("I2", f"key {key} led to two closes")
        await engine.supervisor.decided(runner)

    # --- what they ask for --------------------------------------------------------------

    def _draw_request(self) -> CloseRequest | None:
        engine = self._world.engine
        strategies = [] if engine is None else [*engine.book.grouping.strategies]
        if not strategies:
            return None
        strategy = self._chance.choice(strategies)
        if self._day.edits and self._edits.random() < 0.7:
            strategy = max(strategies, key=lambda each: len(each.legs))
        key = f"key-{len(self._keyed) + 1}" if self._chance.random() < 0.6 else None
        # Merged strategies are rare, and closing them whole takes several orders.
        is_large = len(strategy.legs) > _ORDER_LEGS
        if self._chance.random() < max(0.65, self._day.walks - 0.1) or is_large:
            terms, portion = self._strategy_terms(strategy), self._draw_portion(strategy)
            if portion.leg_ids and terms.walk is not None:
                # Its worst price was drawn for all legs.
                portion = WHOLE
            request = CloseRequest(strategy.id, None, terms, key, portion=portion)
        else:
            request = self._draw_leg(strategy, key)
        return replace(request, cancel_conflicting=self._chance.random() < self._day.clears)

    def _strategy_terms(self, strategy: Strategy) -> Terms:
        no_bid = self._chance.choice((NoBid.INCLUDE, NoBid.INCLUDE, NoBid.LEAVE, NoBid.TICK))
        wishes: dict[str, Any] = {"no_bid": no_bid, "if_refused": self._chance.choice([*IfRefused])}
        if self._day.packages_refused > 0.5:
            wishes["if_refused"] = IfRefused.LEG_IN
        if self._chance.random() < min(0.55, 1.0 - self._day.walks):
            return replace(Terms(OrderType.MARKET), **wishes)
        offset = self._chance.choice((None, "-0.10", "0.00", "0.03", "0.10", "0.30"))
        if self._walks.random() < self._day.walks:
            return Terms(OrderType.LIMIT, walk=self._walk_terms(strategy.legs))
        limit = Terms(OrderType.LIMIT, offset=None if offset is None else Decimal(offset))
        return replace(limit, **wishes)

    def _draw_portion(self, strategy: Strategy) -> Portion:
        """Everything most of the time, else some units, a percentage or chosen legs."""
        kind = self._chance.choice(("whole", "whole", "whole", "units", "percent", "legs"))
        match kind:
            case "units":
                return Portion(units=self._chance.randint(1, strategy.units))
            case "percent":
                return Portion(percent=self._chance.choice((25, 50, 75, 100)))
            case "legs":
                count = self._chance.randint(1, len(strategy.legs))
                legs = self._chance.sample(strategy.legs, count)
                return Portion(leg_ids=tuple(leg.id for leg in legs))
            case _:
                return WHOLE

    def _walk_terms(self, legs: Sequence[Leg]) -> WalkTerms:
        """Walk at a pace of the house or a short one, to an end of any kind."""
        pace = self._walks.choice((Pace.NORMAL, Pace.URGENT, Pace.CUSTOM, Pace.CUSTOM))
        schedule = None
        if pace is Pace.CUSTOM:
            interval = self._walks.choice((1, 2, 3, 5))
            start, end = sorted(Decimal(self._walks.randint(0, 4)) / 4 for _ in range(2))
            prices = self._walks.randint(2, 10)
            schedule = Schedule(
                timedelta(seconds=interval * prices), timedelta(seconds=interval), start, end
            )
        return WalkTerms(
            pace,
            schedule,
            worst_price=self._worst(legs) if self._walks.random() < 0.5 else None,
            at_end=self._walks.choice((*AtEnd, AtEnd.CROSS)),
        )

    def _worst(self, legs: Sequence[Leg]) -> Decimal | None:
        """Say a worst price somewhere around mid and natural."""
        units = math.gcd(*(leg.contracts for leg in legs))
        mid = natural = Decimal(0)
        for leg in legs:
            touch = self._world.venue.touch(leg.symbol)
            if touch is None or leg.option is None:
                return None
            weight = leg.closing_side.sign * (leg.contracts // units)
            mid += weight * (touch.bid + touch.ask) / 2
            natural += weight * (touch.ask if weight > 0 else touch.bid)
        share = Decimal(self._walks.randint(-1, 6)) / 4
        worst = (mid + share * (natural - mid)).quantize(_CENT)
        return worst if len(legs) > 1 else worst * legs[0].closing_side.sign

    def _draw_leg(self, strategy: Strategy, key: str | None) -> CloseRequest:
        shorts = [leg for leg in strategy.legs if leg.is_short]
        likely = shorts if shorts and self._chance.random() < 0.6 else strategy.legs
        leg = self._chance.choice(likely)
        some = self._chance.random() < 0.3
        portion = Portion(quantity=self._chance.randint(1, leg.contracts)) if some else WHOLE
        return CloseRequest(strategy.id, leg.id, self._leg_terms(leg), key, portion=portion)

    def _leg_terms(self, leg: Leg) -> Terms:
        if self._chance.random() < 0.5:
            return Terms(OrderType.MARKET)
        if self._walks.random() < 0.5:
            return Terms(OrderType.LIMIT, walk=self._walk_terms([leg]))
        touch = self._world.venue.touch(leg.symbol)
        if touch is None or self._chance.random() < 0.4:
            return Terms(OrderType.LIMIT)
        price = self._chance.choice((touch.bid, touch.ask, touch.ask + Decimal("0.03")))
        return Terms(OrderType.LIMIT, price=price)


class OtherHand:
    """The same account, traded from a phone, by another program or by Alpaca itself."""

    def __init__(self, venue: Venue, checks: Checks, chance: random.Random) -> None:
        self._venue = venue
        self._checks = checks
        self._chance = chance

    def draw_act(self) -> Act:
        return self._chance.choice(
            (
                *(self.shrink, self.grow, self.flip, self.assign),
                *(self.rest, self.rest, self.cancel, self.change, self.change, self.take),
            )
        )

    async def shrink(self) -> None:
        symbol = self._held()
        if symbol is not None:
            held = self._venue.truth.quantity(symbol)
            self._trade(symbol, -self._chance.randint(1, abs(held)) * (1 if held > 0 else -1))

    async def grow(self) -> None:
        symbol = self._held(longs=True)
        if symbol is not None:
            self._trade(symbol, self._chance.randint(1, 3))

    async def flip(self) -> None:
        """Buy back a short contract, and then more of it."""
        symbol = self._held(shorts=True)
        if symbol is not None:
            self._trade(symbol, -self._venue.truth.quantity(symbol))
            await asyncio.sleep(self._chance.uniform(0.5, 2.0))
            self._trade(symbol, self._chance.randint(1, 4))

    async def rest(self) -> None:
        """An order far from the market, which holds contracts for as long as it rests."""
        symbol = self._held()
        if symbol is None:
            return
        held = self._venue.truth.quantity(symbol)
        touch = self._venue.touch(symbol)
        far = Decimal("0.10") if held < 0 or touch is None else touch.ask + 5 - touch.ask % 1
        request = theirs.OrderRequest(
            qty=Decimal(self._chance.randint(1, abs(held))),
            type=theirs.OrderType.LIMIT,
            time_in_force=theirs.TimeInForce.DAY,
            symbol=symbol,
            side=theirs.Side.SELL if held > 0 else theirs.Side.BUY,
            limit_price=far,
        )
        self._checks.books.touch([symbol])
        self._try(lambda: self._venue.exchange.submit(request))

    async def assign(self) -> None:
        symbol = self._held(shorts=True)
        option = None if symbol is None else option_or_none(symbol)
        if symbol is None or option is None:
            return
        self._venue.catch_up()
        short = -self._venue.truth.quantity(symbol)
        self._checks.books.touch([symbol, option.underlying])
        self._venue.exchange.assign(symbol, self._chance.randint(1, max(1, short)))
        self._venue.catch_up()

    async def bust(self) -> None:
        """The exchange takes one of the last trades back."""
        self._venue.catch_up()
        if self._venue.trades:
            self._venue.bust(self._chance.choice(self._venue.trades[-2:]))

    def draw_meddling(self) -> Act:
        """Something to do to an order that was just taken."""
        return self._chance.choice((self.cancel, self.change, self.change, self.take))

    async def cancel(self) -> None:
        order = self._open_order()
        if order is not None:
            self._try(lambda: self._venue.cancel(order.id))

    async def take(self) -> None:
        """Cancel an order and do by hand what it was to do."""
        order = self._open_order()
        if order is None:
            return
        self._try(lambda: self._venue.cancel(order.id))
        await asyncio.sleep(self._chance.uniform(0.5, 2.0))
        for row in sorted(order.contracts, key=lambda row: row.side is theirs.Side.SELL):
            if row.side is not None and option_or_none(row.symbol) is not None:
                self._trade(row.symbol, row.side.sign * row.open_qty)

    async def change(self, order_id: str | None = None) -> None:
        """Replace an order by hand, at another price or for another quantity."""
        order = self._open_order() if order_id is None else self._venue.order(order_id)
        if order is None or order.limit_price is None:
            return
        self._checks.books.touch([row.symbol for row in order.contracts])
        price = order.limit_price + self._chance.choice((-5, 5, 20)) * Decimal("0.10")
        request = theirs.ReplaceRequest(limit_price=price)
        if order.qty > 1 and self._chance.random() < 0.4:
            request = theirs.ReplaceRequest(qty=Decimal(self._chance.randint(1, order.qty)))
        self._try(lambda: self._venue.exchange.replace(order.id, request))

    def _held(self, *, longs: bool = False, shorts: bool = False) -> str | None:
        self._venue.catch_up()
        symbols = [
            symbol
            for symbol, row in self._venue.truth.rows.items()
            if option_or_none(symbol) is not None
            and (not longs or row.quantity > 0)
            and (not shorts or row.quantity < 0)
        ]
        return self._chance.choice(symbols) if symbols else None

    def _open_order(self) -> theirs.Order | None:
        self._venue.catch_up()
        orders = [order for order in self._venue.orders() if order.status.is_open]
        return self._chance.choice(orders) if orders else None

    def _trade(self, symbol: str, change: int) -> None:
        """A market order for signed `change`."""
        if not change:
            return
        request = theirs.OrderRequest(
            qty=Decimal(abs(change)),
            type=theirs.OrderType.MARKET,
            time_in_force=theirs.TimeInForce.DAY,
            symbol=symbol,
            side=theirs.Side.BUY if change > 0 else theirs.Side.SELL,
        )
        self._checks.books.touch([symbol])
        self._try(lambda: self._venue.exchange.submit(request))

    def _try(self, work: Callable[[], object]) -> None:
        self._venue.catch_up()
        try:
            work()
        except Refusal:
            return
        self._venue.catch_up()
