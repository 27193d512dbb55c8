"""
Performs the effects of a close and turns what comes of them into events.

One of the three places that catch broadly: whatever goes wrong here while an order is out
becomes an unknown outcome, never a failure (invariant I4).
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from closeout.closing.effects import (
    CancelOrder,
    CheckAccount,
    Effect,
    FollowOrder,
    LookUpOrder,
    PlaceOrder,
    ReadHoldings,
    ReplaceOrder,
    SeeMarket,
    WakeAfter,
)
from closeout.closing.events import (
    AccountChecked,
    CancelAcknowledged,
    CancelFailed,
    Event,
    HoldingsRead,
    MarketSeen,
    OrderNotFound,
    OrderNotSent,
    OrderRefused,
    OrderReported,
    OutcomeLost,
    ReadMissed,
    Woke,
)
from closeout.closing.hands import hands_of, is_missing
from closeout.closing.ids import close_of
from closeout.closing.rooms import Hand, Room
from closeout.closing.sight import see
from closeout.closing.state import CloseState
from closeout.closing.timing import SETTLE_WITHIN
from closeout.closing.walking import is_to_be_priced, look
from closeout.domain.holdings import Holdings
from closeout.domain.orders import Ticket, TicketLeg
from closeout.domain.outcomes import (
    Accepted,
    CancelTaken,
    NotSent,
    OutcomeUnknown,
    PlaceOutcome,
    Refused,
)
from closeout.ports import Broker, Clock, ReadFailed
from closeout.runtime.book import Book
from closeout.runtime.budget import Budget, Priority
from closeout.runtime.claims import keep_cover, near, rooms, taken_back, unsettled
from closeout.runtime.lookups import Lookups
from closeout.runtime.sales import after_sales, sales_elsewhere

log = structlog.get_logger(__name__)

_QUOTE_AGE_MAX = timedelta(seconds=5)
"""A step is priced from quotes no older than this, or from a fresh read."""

_Read = LookUpOrder | FollowOrder | ReadHoldings | CheckAccount | SeeMarket

_KEPT_FOR_EXITS = "the requests left in this minute are kept for orders and cancels"

_AFTER_MISHAP = timedelta(seconds=2)


class Performer:
    """Carries out one effect at a time and answers with the event it led to."""

    def __init__(
        self,
        broker: Broker,
        book: Book,
        clock: Clock,
        closes: Callable[[], Sequence[CloseState]],
        budget: Budget,
    ) -> None:
        self._broker = broker
        self._budget = budget
        self._book = book
        self._clock = clock
        self._closes = closes
        self._lookups = Lookups(broker, book.read_orders)

    async def perform(self, effect: Effect, symbols: Sequence[str]) -> Event | None:
        """Return what happened; None when the effect has nothing to tell."""
        match effect:
            case PlaceOrder(ticket):
                self._budget.take(Priority.EXIT)
                return await self._send(ticket, self._broker.place(ticket))
            case ReplaceOrder(order_id, ticket):
                wait = self._budget.take(Priority.REPLACE)
                if wait:
                    at = self._clock.now()
                    return OrderNotSent(at, ticket.client_order_id, _KEPT_FOR_EXITS, wait)
                return await self._send(ticket, self._broker.replace(order_id, ticket))
            case CancelOrder(order_id):
                self._budget.take(Priority.EXIT)
                return await self._cancel(order_id)
            case WakeAfter(delay):
                await self._clock.sleep(delay)
                return Woke(self._clock.now())
            case LookUpOrder() | FollowOrder() | ReadHoldings() | CheckAccount():
                wait = self._budget.take(Priority.QUERY)
                if wait:
                    return ReadMissed(self._clock.now(), _KEPT_FOR_EXITS, wait)
                return await self._read(effect, symbols)
            case SeeMarket():
                return await self._read(effect, symbols)

    async def _send(self, ticket: Ticket, sending: Awaitable[PlaceOutcome]) -> Event:
        identity = ticket.client_order_id
        try:
            outcome = await sending
        except Exception as mishap:
            log.exception("order.mishap", client_order_id=identity)
            return OutcomeLost(self._clock.now(), identity, f"an error of ours: {mishap!r}")
        at = self._clock.now()
        match outcome:
            case Accepted(report):
                self._book.note_order(report)
                return OrderReported(at, report, "answer")
            case Refused():
                return OrderRefused(
                    at,
                    identity,
                    outcome.http_status,
                    outcome.code,
                    outcome.message,
                    outcome.related_orders,
                )
            case OutcomeUnknown(reason):
                return OutcomeLost(at, identity, reason)
            case NotSent(reason, retry_after):
                return OrderNotSent(at, identity, reason, retry_after)

    async def _cancel(self, order_id: str) -> Event:
        try:
            outcome = await self._broker.cancel(order_id)
        except Exception as mishap:
            log.exception("cancel.mishap", order_id=order_id)
            return CancelFailed(self._clock.now(), order_id, repr(mishap), _AFTER_MISHAP)
        at = self._clock.now()
        match outcome:
            case CancelTaken():
                return CancelAcknowledged(at, order_id)
            case Refused(message=message):
                return CancelFailed(at, order_id, message, timedelta(0))
            case OutcomeUnknown(reason):
                return CancelFailed(at, order_id, reason, timedelta(0))
            case NotSent(reason, retry_after):
                return CancelFailed(at, order_id, reason, retry_after)

    async def _freshen(self, legs: Sequence[TicketLeg]) -> datetime | None:
        """Return since when all quotes of these legs stand, None where that could not be read."""
        symbols = [leg.symbol for leg in legs]
        try:
            return await self._book.freshen_quotes(symbols, older_than=_QUOTE_AGE_MAX)
        except ReadFailed as failure:
            log.warning("quotes.unread", reason=str(failure))
            return None

    def _see(self, effect: SeeMarket, read_at: datetime | None) -> MarketSeen:
        now = self._clock.now()
        seen = see(effect.legs, self._book.quotes, now, read_at=read_at, walk=effect.walk)
        return MarketSeen(now, seen.net, seen.trouble, effect.legs)

    async def _read(self, effect: _Read, symbols: Sequence[str]) -> Event | None:
        try:
            return await self._read_once(effect, symbols)
        except ReadFailed as failure:
            retry_after = failure.retry_after or timedelta(0)
            return ReadMissed(self._clock.now(), str(failure), retry_after)
        except Exception as mishap:
            log.exception("read.mishap", effect=type(effect).__name__)
            return ReadMissed(self._clock.now(), repr(mishap), _AFTER_MISHAP)

    async def _read_once(self, effect: _Read, symbols: Sequence[str]) -> Event | None:
        match effect:
            case LookUpOrder(client_order_id):
                asked_at = self._clock.now()
                report = await self._lookups.find(client_order_id)
                at = self._clock.now()
                if report is None:
                    return OrderNotFound(at, client_order_id, asked_at)
                # The stream may have dropped it, and holdings without it are misread.
                self._book.note_order(report)
                return OrderReported(at, report, "read")
            case FollowOrder(order_id):
                report = await self._broker.order(order_id)
                at = self._clock.now()
                if report is None:
                    return None
                self._book.note_order(report)
                return OrderReported(at, report, "read")
            case ReadHoldings():
                holdings = await self._book.read_holdings()
                held = tuple((symbol, holdings.quantity(symbol)) for symbol in symbols)
                return HoldingsRead(holdings.at, held)
            case SeeMarket():
                return self._see(effect, await self._freshen(effect.legs))
            case CheckAccount():
                return await self._check(effect, symbols)

    async def _check(self, effect: CheckAccount, symbols: Sequence[str]) -> Event:
        """
        Look at the account before an order goes out.

        Raises: ReadFailed.
        """
        if effect.after is None and effect.lost_at is None:
            await self._book.refresh_unless_young()
        else:
            await self._book.refresh()
        there = self._book.orders.under(effect.client_order_id)
        if there is not None:
            return OrderReported(self._clock.now(), there, "read")
        if effect.lost_at is not None:
            await self._check_fills(effect.lost_at, symbols)
        own = close_of(effect.client_order_id)
        state = next((each for each in self._closes() if each.close_id == own), None)
        hands = await self._hands(own, self._found(own, symbols))
        market = None if state is None else _market_of(state)
        read_at = None if market is None else await self._freshen(market.legs)
        # Those reads may have taken long: what is there, and quoted, counts as it is known now.
        await self._book.refresh_if_old()
        seen = None if market is None else self._see(market, read_at)
        return AccountChecked(
            self._clock.now(),
            self._found(own, symbols),
            hands,
            None if seen is None or seen.trouble else seen.net,
            effect.client_order_id,
            effect.lost_at,
            effect.after,
        )

    def _found(self, close_id: str | None, symbols: Sequence[str]) -> tuple[Room, ...]:
        """
        Return what a close may take now.

        Raises: ReadFailed: the positions do not show yet that a trade was taken back.
        """
        holdings, closes = self._book.holdings, self._closes()
        assert holdings is not None, "they have just been read"
        others = [each for each in closes if each.close_id != close_id and not each.phase.is_end]
        found = rooms(symbols, holdings, others)
        state = next((each for each in closes if each.close_id == close_id), None)
        if state is None:
            return found
        self._check_busts(state, holdings, closes)
        sales = sales_elsewhere(symbols, holdings, self._book.orders, closes)
        return keep_cover(found, state.attempt.ticket, after_sales(holdings, sales))

    def _check_busts(
        self, state: CloseState, holdings: Holdings, closes: Sequence[CloseState]
    ) -> None:
        """Raises: ReadFailed: the positions do not show yet that a trade was taken back."""
        since = self._clock.now() - SETTLE_WITHIN
        recent = near(state.plan, [each for each in closes if each.updated_at > since])
        symbol = unsettled(taken_back(recent), holdings, recent)
        if symbol is not None:
            raise ReadFailed(f"positions do not show yet that a trade of {symbol} was taken back")

    async def _hands(self, close_id: str | None, found: Sequence[Room]) -> tuple[Hand, ...]:
        """Ask whose orders took what is missing, if anything is: for the words alone."""
        state = next((each for each in self._closes() if each.close_id == close_id), None)
        if state is None or not is_missing(state, found):
            return ()
        try:
            fills = await self._broker.fills(self._book.by_brokers_clock(state.opened_at))
        except ReadFailed as failure:
            log.warning("fills.unread", reason=str(failure))
            return ()
        return hands_of(state, fills)

    async def _check_fills(self, since: datetime, symbols: Sequence[str]) -> None:
        """Raises: ReadFailed: something traded whose order Alpaca does not list yet."""
        for fill in await self._broker.fills(self._book.by_brokers_clock(since)):
            if fill.symbol in symbols and not self._book.orders.knows(fill.order_id):
                raise ReadFailed(f"{fill.symbol} traded under an order that is not listed yet")


def _market_of(state: CloseState) -> SeeMarket | None:
    """Return the look by which the order that waits is priced, None if it keeps its limit."""
    if state.walking is None or not is_to_be_priced(state):
        return None
    return look(state, state.walking)
