"""What the exchange truly did: nothing is opened, and no contract is closed twice (I2, I3, I5)."""

from simulation.books import Books, Tracked
from simulation.cover import Cover
from simulation.loop import Process
from simulation.sights import Sight

from alpaca_simulator.exchange.activities import Activity, ActivityType
from alpaca_simulator.exchange.events import TradeUpdate as Told
from alpaca_simulator.exchange.orders import Order
from closeout.closing.ids import close_of
from closeout.domain.occ import option_or_none
from closeout.domain.orders import TradeUpdate

_FILLS = frozenset({"fill", "partial_fill"})
_SETTLED = {ActivityType.OPTION_EXPIRY: Sight.EXPIRED}


class Fills:
    def __init__(self, books: Books, cover: Cover) -> None:
        self._books = books
        self._cover = cover
        self._ledger = {s: row.quantity for s, row in books.venue.truth.rows.items()}
        """What is held by what was traded and settled."""
        books.venue.on_told.append(self.told)
        books.venue.on_settled.append(self.settled)

    def told(self, event: Told, update: TradeUpdate) -> None:
        """The exchange did something to an order."""
        order = event.order
        self._note_heir(order)
        tracked = self._books.close_of_order.get(order.id)
        tracked = tracked or self._books.close_with(order.client_order_id)
        if event.event == "trade_bust":
            self._busted(update, tracked)
        if event.event in _FILLS:
            self._books.mark("filled")
            self._filled(update, tracked)

    def _note_heir(self, order: Order) -> None:
        """What takes the place of an order belongs to its close."""
        tracked = self._books.close_of_order.get(order.replaces or "")
        if tracked is None or order.id in self._books.close_of_order:
            return
        self._books.close_of_order[order.id] = tracked
        tracked.order_ids.append(order.id)
        if close_of(order.client_order_id) != tracked.state.close_id:
            self._books.met[Sight.REPLACED_ELSEWHERE] += 1
            tracked.is_replaced = True

    def _filled(self, update: TradeUpdate, tracked: Tracked | None) -> None:
        before = dict(self._ledger)
        sides = {leg.symbol: leg.side for leg in update.order.legs}
        for each in update.executions:
            side = sides[each.symbol]
            assert side is not None
            change = side.sign * each.quantity
            self._ledger[each.symbol] = self._ledger.get(each.symbol, 0) + change
            if tracked is None:
                self._books.touched.add(each.symbol)
            else:
                self._count(tracked, each.symbol, change)
        if tracked is not None:
            self._cover.check_fill(tracked, self._ledger, before)
            self._check_reduced(tracked, before)

    def _count(self, tracked: Tracked, symbol: str, change: int) -> None:
        now = self._books.loop.time()
        tracked.fills[symbol] += abs(change)
        tracked.last_fill = now
        if tracked.owner is not None:
            self._books.own.trade(tracked.owner, symbol, change, now)
        target = next((it for it in tracked.state.plan.targets if it.symbol == symbol), None)
        done = tracked.fills[symbol]
        if target is None or target.side.sign * change < 0:
            self._books.fail("I3", f"{symbol} was traded the wrong way")
        elif done + tracked.busted[symbol] > target.contracts and not tracked.is_replaced:
            self._books.fail("I2", f"{done} of {target.contracts} {symbol} were closed")

    def _check_reduced(self, tracked: Tracked, before: dict[str, int]) -> None:
        for symbol, quantity in self._ledger.items():
            was = before.get(symbol, 0)
            if symbol in self._books.touched and option_or_none(symbol) is None:
                continue  # no order says that it only closes shares
            if quantity * was < 0 or abs(quantity) > abs(was):
                self._books.fail("I3", f"a fill of {tracked.state.close_id} opened {symbol}")

    def _busted(self, update: TradeUpdate, tracked: Tracked | None) -> None:
        """The exchange has taken a trade back."""
        self._books.mark("busted")
        sides = {leg.symbol: leg.side for leg in update.order.legs}
        for each in update.undone:
            side = sides[each.symbol]
            assert side is not None
            self._books.touched.add(each.symbol)
            change = -side.sign * each.quantity
            self._ledger[each.symbol] = self._ledger.get(each.symbol, 0) + change
            self._cover.busted(each, change)
            if tracked is not None:
                tracked.fills[each.symbol] -= each.quantity
                tracked.busted[each.symbol] += each.quantity

    def told_of_bust(self, process: Process, update: TradeUpdate) -> None:
        """Some seconds ago the stream brought a bust to this process."""
        tracked = self._books.close_of_order.get(update.order.order_id)
        lived_on = process.is_alive and not self._books.froze and self._books.is_at_work(process)
        if tracked is not None and lived_on and not self._books.day.has_journal_trouble:
            tracked.knows_of_bust = True

    def settled(self, activity: Activity) -> None:
        """The account changed without a trade: an assignment or an expiry."""
        self._books.met[_SETTLED.get(activity.type, Sight.ASSIGNED)] += 1
        symbol = activity.symbol
        self._books.touched.add(symbol)
        self._ledger[symbol] = self._ledger.get(symbol, 0) + activity.qty

    def check_ledger(self) -> None:
        """The day is over: who keeps books by what was told has what the exchange has."""
        truth = {s: row.quantity for s, row in self._books.venue.truth.rows.items()}
        if truth != {s: q for s, q in self._ledger.items() if q}:
            self._books.fail("books", "the checkers' own ledger disagrees with the exchange")
