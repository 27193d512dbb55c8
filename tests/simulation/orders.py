"""An order leaves after its intent, once, and when all the other checkers let it (I1, I2, I4)."""

from collections.abc import Callable

from simulation.books import Books, Fate, Sent, Tracked
from simulation.cancels import Cancels
from simulation.claims import Claims
from simulation.cover import Cover
from simulation.loop import Process
from simulation.prices import Prices
from simulation.promises import Promises
from simulation.requests import Requests

from closeout.closing.moves import Replacing
from closeout.closing.state import CloseState, Phase
from closeout.domain.orders import OrderReport, OrderStatus, Ticket


class Orders:
    def __init__(
        self,
        books: Books,
        *,
        promises: Promises,
        requests: Requests,
        cancels: Cancels,
        claims: Claims,
        cover: Cover,
        prices: Prices,
    ) -> None:
        self._books = books
        self._promises = promises
        self._requests = requests
        self._cancels = cancels
        self._claims = claims
        self._cover = cover
        self._prices = prices
        self.on_replacing: Callable[[str], None] = lambda order_id: None
        """Hears that an order is about to be replaced."""

    def sending(self, process: Process, ticket: Ticket) -> None:
        """The adapter was given an order to send."""
        tracked = self._begin(process, ticket)
        if tracked is None:
            return
        state = tracked.state
        if state.attempt.ticket != ticket or state.phase is not Phase.SENDING:
            self._books.fail("I1", f"{ticket.client_order_id} was sent without a committed intent")
        self._promises.check_kept(tracked)
        now = self._books.loop.time()
        tracked.began.setdefault(state.attempt.step, now)
        self._check_once(tracked, ticket)
        self._cancels.check_cleared(tracked, ticket)
        self._claims.check(tracked, ticket)
        self._cover.check(tracked, ticket)
        self._requests.check_legging(tracked, ticket)
        self._check_price(tracked, ticket)
        known = tracked.sent.setdefault(ticket.client_order_id, Sent(ticket, now))
        known.fate, known.since = Fate.IN_FLIGHT, now
        known.absences.clear()

    def replacing(self, process: Process, order_id: str, ticket: Ticket) -> None:
        """The adapter was given a replacement to send."""
        tracked = self._begin(process, ticket)
        if tracked is None:
            return
        name, state = ticket.client_order_id, tracked.state
        moving = None if state.walking is None else state.walking.moving
        if not isinstance(moving, Replacing) or (moving.ticket, moving.order_id) != (
            ticket,
            order_id,
        ):
            self._books.fail("I1", f"{name} was sent without a committed intent")
        if state.cancel_requested:
            self._books.fail("I1", f"{name} replaces what is to be cancelled")
        self._check_once(tracked, ticket)
        self._claims.check(tracked, ticket)
        self._check_price(tracked, ticket)
        self._claims.check_replaced(tracked, order_id, ticket)
        tracked.sent[name] = Sent(ticket, self._books.loop.time(), replaces=order_id)
        self.on_replacing(order_id)

    def _begin(self, process: Process, ticket: Ticket) -> Tracked | None:
        """Find the close that an order is of."""
        name = ticket.client_order_id
        self._books.mark("sending")
        self._books.check_owner(process, f"sends {name}")
        tracked = self._books.close_with(name)
        if tracked is None:
            self._books.fail("I1", f"{name} was sent and its close is not on record")
        return tracked

    def check_in_place(self, tracked: Tracked, before: CloseState) -> None:
        """A replacement counts when the exchange has put it in the old order's place."""
        was, now = before.attempt, tracked.state.attempt
        if (was.step, was.number) != (now.step, now.number) or was.ticket == now.ticket:
            return
        if before.unsent and not before.resends:
            return  # it never went out: its walk begins in the market of now
        venue, identity = self._books.venue, now.ticket.client_order_id
        old = tracked.sent[identity].replaces if identity in tracked.sent else None
        heirs = set() if old is None else {it.replaced_by for _, it in venue.versions[old]}
        new = venue.order_by_client_id(identity)
        if new is None or new.id not in heirs:
            text = f"{identity} counts as in place, and never took the place of {old}"
            self._books.fail("I4", text)

    def _check_once(self, tracked: Tracked, ticket: Ticket) -> None:
        for identity, sent in tracked.sent.items():
            if identity != ticket.client_order_id:
                if not _is_known(tracked, identity, sent):
                    text = f"{ticket.client_order_id} follows {identity}: {sent.fate}"
                    self._books.fail("I2", text)
                continue
            if sent.ticket != ticket:
                self._books.fail("I2", f"{identity} was used for two different orders")
            elif sent.fate is not Fate.NOT_SENT and not sent.is_absent:
                self._books.fail(
                    "I2",
                    f"{identity} was sent again while it was {sent.fate}, after "
                    f"{len(sent.absences)} look-ups",
                )

    def _check_price(self, tracked: Tracked, ticket: Ticket) -> None:
        package = tracked.refused_package(ticket)
        for rule, text in self._prices.broken(tracked, ticket, package, self._books.leeway):
            self._books.fail(rule, text)


def _is_known(tracked: Tracked, identity: str, sent: Sent) -> bool:
    """Whether the broker itself has told of an order; absence is no leave for a new id."""
    if sent.replaces is not None and _cannot_be(tracked, identity, sent.replaces):
        return True
    told = sent.fate in (Fate.NOT_SENT, Fate.REFUSED, Fate.FOUND)
    return told or tracked.is_reported(identity)


def _cannot_be(tracked: Tracked, identity: str, replaced: str) -> bool:
    """Whether the broker has told that this order ended, or which other one replaced it."""
    names = {each.order_id: each.client_order_id for each in tracked.reports}
    return any(
        _is_other_heir(each, identity)
        if each.replaces == replaced
        else each.order_id == replaced
        and each.status.is_final
        and (
            each.status is not OrderStatus.REPLACED
            or names.get(each.replaced_by or "", identity) != identity
        )
        for each in tracked.reports
    )


def _is_other_heir(report: OrderReport, identity: str) -> bool:
    """Whether this is the one order in the place of the replaced: the exchange has taken it."""
    is_taken = report.status is OrderStatus.NEW or any(leg.filled for leg in report.legs)
    return report.client_order_id != identity and is_taken
