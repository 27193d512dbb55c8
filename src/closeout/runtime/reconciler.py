"""Brings to each close what stream and reads tell of its orders and contracts."""

from datetime import datetime

import structlog

from closeout.closing.events import OrderReported, TradeRevised, Woke
from closeout.closing.reconcile import News, has_shrunk, reconcile
from closeout.domain.holdings import Holdings
from closeout.domain.orders import Execution, Fill, OrderReport
from closeout.ports import Broker, Clock, ReadFailed
from closeout.runtime.book import Book
from closeout.runtime.roster import Roster

log = structlog.get_logger(__name__)


class Reconciler:
    """The way of news to the closes of an account."""

    def __init__(self, broker: Broker, book: Book, clock: Clock, roster: Roster) -> None:
        self._broker = broker
        self._book = book
        self._clock = clock
        self._roster = roster

    def take_report(self, report: OrderReport) -> bool:
        """Bring a report to the close it speaks of; False when it is nobody's."""
        runner = self._roster.runner_of(report)
        if runner is None:
            return False
        runner.post(OrderReported(self._clock.now(), report, "stream"))
        return True

    def take_revision(self, report: OrderReport, undone: tuple[Execution, ...]) -> bool:
        """
        Bring the news of a trade that was taken back or corrected; False if nobody's.

        Every close hears of it, running or about to: it may sell what covers a short that is there
        again.
        """
        owner = self._roster.runner_of(report)
        event = TradeRevised(self._clock.now(), report, undone)
        if owner is not None:
            owner.post(event)
        for runner in self._roster.running():
            if runner is not owner:
                runner.post(event)
        for beginning in self._roster.beginnings.values():
            beginning.revisions.append(event)
        return owner is not None

    async def reconcile(self, holdings: Holdings) -> None:
        """Bring every close up to what the book has just read of the account."""
        runners = list(self._roster.runners.values())
        states = [runner.state for runner in runners]
        short = [each.opened_at for each in states if has_shrunk(each, holdings, states)]
        fills = await self._fills_since(min(short)) if short else ()
        running = [runner.state.opened_at for runner in runners if not runner.state.phase.is_end]
        oldest = min(running, default=holdings.at)
        news = News(self._book.orders.since(self._book.by_brokers_clock(oldest)))
        for runner in runners:
            for event in reconcile(
                runner.state,
                news.about(runner.state),
                holdings,
                at=self._clock.now(),
                fills=fills,
                others=states,
            ):
                runner.post(event)

    def look_again(self) -> None:
        """After a gap in the stream: have every running close ask the broker at once."""
        for runner in self._roster.running():
            runner.post(Woke(self._clock.now(), after_gap=True))

    async def _fills_since(self, since: datetime) -> tuple[Fill, ...]:
        """Read who traded: for the words alone, so that a failure holds up nothing."""
        try:
            return await self._broker.fills(self._book.by_brokers_clock(since))
        except ReadFailed as failure:
            log.warning("fills.unread", reason=str(failure))
            return ()
