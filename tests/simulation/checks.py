"""
What must never happen, watched from outside with books of its own.

Every rule is named after the invariant it guards. The checkers see what is sent, what is
committed and what the exchange truly did; of the core they use only what a fresh process
would know, the fold of the committed events.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from simulation import edits, sights
from simulation.books import Fate, Ownership, Sent, Tracked, is_barer, portion
from simulation.edits import EditBook
from simulation.journal import Record
from simulation.loop import Process, VirtualLoop
from simulation.prices import Prices
from simulation.sights import Sight
from simulation.venue import PACKAGE_REFUSALS, Moment, Venue

from alpaca_simulator.exchange.activities import Activity, ActivityType
from alpaca_simulator.exchange.events import TradeUpdate as Told
from closeout.closing.events import (
    AccountChecked,
    CloseOpened,
    Event,
    FasterRequested,
    MarketSeen,
    OrderRefused,
)
from closeout.closing.ids import close_of
from closeout.closing.moves import Replacing, Withdrawing
from closeout.closing.plans import Target
from closeout.closing.state import CloseState, Phase
from closeout.closing.step import step
from closeout.closing.terms import IfRefused, NoBid
from closeout.closing.wording import describe
from closeout.domain.edits import Edit
from closeout.domain.holdings import Holdings, root_of
from closeout.domain.occ import option_or_none
from closeout.domain.orders import (
    Execution,
    OrderReport,
    OrderStatus,
    Ticket,
    TicketLeg,
    TradeUpdate,
)
from closeout.domain.outcomes import Accepted, NotSent, PlaceOutcome, Refused
from closeout.domain.strategies import leg_id
from closeout.runtime.engine import Engine
from closeout.runtime.requests import CloseRequest
from closeout.runtime.shared import PATIENCE

_PATIENCE = 60.0
_UNTIL_FREE = 30.0
_WRITTEN_AGAIN = 1.0
"""Seconds until a write that failed is tried again; what came meanwhile waits for it."""
_FILLS = frozenset({"fill", "partial_fill"})
_SETTLED = {ActivityType.OPTION_EXPIRY: Sight.EXPIRED}


@dataclass(frozen=True, slots=True)
class Violation:
    rule: str
    at: float
    text: str

    def __str__(self) -> str:
        return f"{self.rule} at {self.at:.3f} s: {self.text}"


@dataclass(slots=True)
class Watched:
    """What a running process shows of its book."""

    engine: Engine
    holdings: Holdings | None = None
    grouping: object = None


class Checks:
    """One seed's checkers."""

    def __init__(
        self, loop: VirtualLoop, venue: Venue, ownership: Ownership, start: datetime
    ) -> None:
        self._loop = loop
        self._venue = venue
        self._own = ownership
        self._start = start
        self.violations: list[Violation] = []
        self.met: Counter[Sight] = Counter()
        self.closes: dict[str, Tracked] = {}
        self.requests: dict[str, CloseRequest] = {}
        self.positions: dict[str, int] = {}
        """Position ids to the strategies they were seen to be."""
        self.owner: Process | None = None
        """The process that has the account, as the journal says."""
        self.edits = EditBook(ownership, self.positions)
        self.touched: set[str] = set()
        """Symbols that another hand has traded."""
        self.froze = 0.0
        """The longest a process was frozen, seconds."""
        self._ledger = {s: row.quantity for s, row in venue.truth.rows.items()}
        self._unheard: list[tuple[float, Execution, int]] = []
        """Trades that were taken back, when, and by how much that changed the holding; less those
        of which the stream has told the process at work."""
        self._close_of_order: dict[str, str] = {}
        self._reads: list[tuple[float, Holdings]] = []
        self._denied: set[str] = set()
        self._unsaid: dict[tuple[Process, str], str] = {}
        self._asked: dict[str, float] = {}
        self._lists: Counter[Process] = Counter()
        """Reads of the list of orders under way."""
        self._expected: set[str] = set()
        self._watched: dict[Process, Watched] = {}
        self.prices = Prices(venue)
        self._day = venue.day
        self._slack = (
            1.0 + 20 * venue.day.latency + max(venue.day.holdings_lag, venue.day.order_lag)
        )
        self.on_mark: Callable[[str], None] = lambda what: None
        """Hears what happens of interest: whoever wants to strike at that moment."""
        self.on_replacing: Callable[[str], None] = lambda order_id: None
        """Hears that an order is about to be replaced."""
        self.on_taken: Callable[[], None] = lambda: None
        """Hears that a process has taken the account."""
        venue.on_told.append(self.told)
        venue.on_settled.append(self.settled)

    def fail(self, rule: str, text: str) -> None:
        self.violations.append(Violation(rule, self._loop.time(), text))
        self._loop.is_halted = True

    def mark(self, what: str) -> None:
        self.on_mark(what)

    # --- the user ---------------------------------------------------------------------

    def asked(self, request: CloseRequest) -> None:
        self.requests[request.fingerprint] = request

    def promised(self, close_id: str) -> None:
        """The user was given this close."""
        self._denied.discard(close_id)
        self._unsaid = {key: each for key, each in self._unsaid.items() if each != close_id}
        if close_id not in self.closes:
            self.fail("I1", f"the user was given close {close_id}, which is not on record")

    def unsaid(self, process: Process, close_id: str, fingerprint: str) -> None:
        """The journal could not say whether this close was opened."""
        self._unsaid[process, fingerprint] = close_id

    def denied(self, process: Process, request: CloseRequest) -> None:
        """The user was told that nothing was sent; each process speaks for itself."""
        close_id = self._unsaid.pop((process, request.fingerprint), None)
        if close_id is not None:
            self._denied.add(close_id)

    def refused(self, request: CloseRequest, code: str) -> None:
        """The program would not plan what it was asked for."""
        owner = self.positions.get(request.position_id)
        if owner is None or owner in self._own.edited or self.touched & self._own.symbols(owner):
            return
        lately = self._loop.time() - self._slack - 30.0
        if any(each.last_fill > lately for each in self.closes.values()):
            return  # positions and fills may not agree yet
        whole = request.leg_ids is None
        if code == "position_changed" or (whole and code == "would_uncover"):
            self.fail("I11", f"a close of what nobody else has touched was refused: {code}")

    def touch(self, symbols: Sequence[str]) -> None:
        self.touched.update(symbols)

    def edited(self, edit: Edit) -> None:
        """What the user says of strategies is on record."""
        self.met[edits.SIGHTS[type(edit)]] += 1
        running = {
            symbol
            for each in self.closes.values()
            if not each.state.phase.is_end
            for symbol in each.state.plan.symbols
        }
        for problem in self.edits.written(edit, running, self._loop.time()):
            self.fail("asked", problem)

    # --- the journal ------------------------------------------------------------------

    def committed(self, process: Process, record: Record, events: Sequence[Event]) -> None:
        self.mark("committed")
        self._check_owner(process, f"writes of {record.close_id}")
        for event in events:
            tracked = self.closes.get(record.close_id)
            if isinstance(event, CloseOpened):
                self._opened(record, event)
            elif tracked is not None:
                before = tracked.state
                tracked.state, _ = step(before, event)
                self._check_replaced(tracked, before)
                self.met.update(sights.moved(before, tracked.state, event))
                if isinstance(event, OrderRefused):
                    tracked.refused.add(event.client_order_id)
                if isinstance(event, MarketSeen):
                    tracked.seen = (event.at - self._start).total_seconds()
                tracked.is_hurried |= isinstance(event, FasterRequested)
                if isinstance(event, AccountChecked):
                    tracked.looked = (event.at - self._start).total_seconds()
                    if event.net is not None:
                        tracked.begun[before.attempt.step] = tracked.looked
                if tracked.state.phase.is_end and tracked.state.phase is not before.phase:
                    self._ended(tracked)

    def _opened(self, record: Record, event: CloseOpened) -> None:
        state, _ = step(None, event)
        symbols = frozenset(event.plan.symbols)
        owner = self.positions.get(event.position_id)
        if owner is None and event.position_id not in self.edits.forgotten:
            owner = self._own.only_one_with(symbols)
        self.closes[record.close_id] = Tracked(
            state=state,
            opened=(event.at - self._start).total_seconds(),
            key=record.key,
            request=self.requests.get(record.fingerprint),
            owner=owner,
        )
        self.met.update(sights.opened(event, self.closes[record.close_id].request))
        self._check_portion(self.closes[record.close_id])

    # --- orders out -------------------------------------------------------------------

    def sending(self, process: Process, ticket: Ticket) -> None:
        """The adapter was given an order to send."""
        self.mark("sending")
        self._check_owner(process, f"sends {ticket.client_order_id}")
        close_id = close_of(ticket.client_order_id) or "?"
        tracked = self.closes.get(close_id)
        if tracked is None:
            self.fail("I1", f"{ticket.client_order_id} was sent and its close is not on record")
            return
        state = tracked.state
        if state.attempt.ticket != ticket or state.phase is not Phase.SENDING:
            self.fail("I1", f"{ticket.client_order_id} was sent without a committed intent")
        if close_id in self._denied:
            self.fail("I1", f"{close_id} was sent after the user was told that nothing was")
        tracked.began.setdefault(state.attempt.step, self._loop.time())
        self._check_once(tracked, ticket)
        self._check_cleared(tracked, ticket)
        self._check_reduces(tracked, ticket)
        self._check_covered(tracked, ticket)
        self._check_confirmed(tracked, ticket)
        self._check_legging(tracked, ticket)
        self._check_price(tracked, ticket)
        now = self._loop.time()
        known = tracked.sent.setdefault(ticket.client_order_id, Sent(ticket, now))
        known.fate, known.since = Fate.IN_FLIGHT, now
        known.absences.clear()

    def replacing(self, process: Process, order_id: str, ticket: Ticket) -> None:
        """The adapter was given a replacement to send."""
        self.mark("sending")
        self._check_owner(process, f"sends {ticket.client_order_id}")
        tracked = self.closes.get(close_of(ticket.client_order_id) or "?")
        if tracked is None:
            self.fail("I1", f"{ticket.client_order_id} was sent and its close is not on record")
            return
        state = tracked.state
        moving = None if state.walking is None else state.walking.moving
        if not isinstance(moving, Replacing) or (moving.ticket, moving.order_id) != (
            ticket,
            order_id,
        ):
            self.fail("I1", f"{ticket.client_order_id} was sent without a committed intent")
        if state.cancel_requested:
            self.fail("I1", f"{ticket.client_order_id} replaces what is to be cancelled")
        self._check_once(tracked, ticket)
        self._check_reduces(tracked, ticket)
        self._check_price(tracked, ticket)
        self._check_rest(tracked, order_id, ticket)
        tracked.sent[ticket.client_order_id] = Sent(ticket, self._loop.time(), replaces=order_id)
        self.on_replacing(order_id)

    def _check_rest(self, tracked: Tracked, order_id: str, ticket: Ticket) -> None:
        """What is known to have filled in part is not replaced: who knows what its total is."""
        known = (each for attempt in tracked.state.attempts for each in attempt.orders)
        if any(each.filled_units for each in known if each.order_id == order_id):
            self.fail("I3", f"{ticket.client_order_id} replaces an order that filled in part")

    def _check_replaced(self, tracked: Tracked, before: CloseState) -> None:
        """A replacement counts when the exchange has put it in the old order's place."""
        was, now = before.attempt, tracked.state.attempt
        if (was.step, was.number) != (now.step, now.number) or was.ticket == now.ticket:
            return
        if before.unsent and not before.resends:
            return  # it never went out: its walk begins in the market of now
        identity = now.ticket.client_order_id
        old = tracked.sent[identity].replaces if identity in tracked.sent else None
        heirs = set() if old is None else {it.replaced_by for _, it in self._venue.versions[old]}
        new = self._venue.order_by_client_id(identity)
        if new is None or new.id not in heirs:
            self.fail("I4", f"{identity} counts as in place, and never took the place of {old}")

    def chose(self, close_id: str, limit: Decimal) -> None:
        """The user chose a limit for a walk."""
        if close_id in self.closes:
            self.closes[close_id].chosen.add(limit)

    def left(self, ticket: Ticket) -> None:
        """The request is out of the process's hands."""
        self._sent(ticket).may_arrive += 1

    def answered(self, process: Process, ticket: Ticket, outcome: PlaceOutcome) -> None:
        self.mark("answered")
        if not self.is_at_work(process):
            return  # what it hears now, nobody who works the account will know
        sent = self._sent(ticket)
        if sent.replaces is not None:
            self.met.update(sights.replaced(outcome))
        match outcome:
            case Accepted():
                sent.fate = Fate.FOUND
            case NotSent():
                sent.fate = Fate.NOT_SENT
            case Refused() if outcome.is_duplicate_id:
                sent.fate = Fate.DUPLICATE
            case Refused(message=message):
                sent.fate, sent.refusal = Fate.REFUSED, message
            case _:
                sent.fate = Fate.UNKNOWN
        sent.since = self._loop.time()

    def arrived(self, ticket: Ticket, outcome: PlaceOutcome) -> None:
        """The venue got the request and took it or not."""
        self.mark("arrived")
        self._sent(ticket).may_arrive -= 1
        close_id = close_of(ticket.client_order_id)
        if isinstance(outcome, Accepted) and close_id in self.closes:
            self.closes[close_id].order_ids.append(outcome.report.order_id)
            self._close_of_order[outcome.report.order_id] = close_id

    def looked_up(self, process: Process, client_order_id: str, found: OrderReport | None) -> None:
        if not self.is_at_work(process):
            return
        tracked = self.closes.get(close_of(client_order_id) or "?")
        sent = tracked.sent.get(client_order_id) if tracked else None
        if sent is None:
            return
        if found is not None:
            sent.fate = Fate.FOUND
        elif sent.fate in (Fate.UNKNOWN, Fate.IN_FLIGHT, Fate.DUPLICATE):
            sent.absences.append(self._loop.time())

    def asking(self, process: Process, client_order_id: str) -> None:
        """The process begins to look an order up."""
        if self.is_at_work(process):
            self._asked[client_order_id] = self._loop.time()

    def listing(self, process: Process, client_order_ids: Iterable[str]) -> None:
        """The process begins to read the list of orders, which has these."""
        self._lists[process] += 1
        for each in client_order_ids:
            self.asking(process, each)

    def listed(self, process: Process) -> None:
        """A read of the list has ended."""
        self._lists[process] -= 1

    # --- whose the account is ---------------------------------------------------------

    def taken(self, process: Process) -> None:
        """This process has the account now; what another one said or heard is forgotten."""
        last, self.owner = self.owner, process
        self._denied.clear()
        self._unsaid.clear()
        unfinished = [each for each in self.closes.values() if not each.state.phase.is_end]
        for tracked in unfinished:
            tracked.forget_refusals(self._loop.time())
        self.on_taken()
        if last is not None and self._day.has_second and last is not process:
            self.met[Sight.TAKEN_OVER] += 1
            self.met.update([Sight.TAKEN_UP] * len(unfinished))
            self.expect("account.lost")

    def is_at_work(self, process: Process) -> bool:
        """Whether the account is this process's by what is on record."""
        return self.owner is process

    def _check_owner(self, process: Process, what: str) -> None:
        if not self.is_at_work(process):
            self.fail("I2", f"process {process.number} {what}, and the account is another's")

    def came_up(self, process: Process) -> None:
        """The stream is back after a gap: every working close must ask what it missed."""
        self.met[Sight.GAP] += 1
        if not self.is_at_work(process):
            return
        supervisor = self._watched[process].engine.supervisor
        working = [
            each.state.attempt.ticket.client_order_id
            for close_id, each in self.closes.items()
            if each.state.phase is Phase.WORKING and supervisor.close(close_id) == each.state
        ]
        if working and not self._venue.day.has_journal_trouble:
            # What is written since before the day healed takes as long as it did then.
            wait = 1.0 + 8 * self._day.journal_delay
            if self._day.has_journal_trouble:
                wait += _WRITTEN_AGAIN
            if self._lists[process]:
                # One read of the list waits for another, but not for long.
                wait += PATIENCE.total_seconds()
            self._loop.later(wait, self._check_gap, process, working, self._loop.time())

    def _check_gap(self, process: Process, working: list[str], since: float) -> None:
        is_away = not process.is_alive or process.is_frozen or not self.is_at_work(process)
        if is_away or self.froze:
            return
        for identity in working:
            tracked = self.closes[close_of(identity) or "?"]
            is_working = tracked.state.phase is Phase.WORKING
            names = {identity, *tracked.state.client_order_ids}
            if is_working and max(self._asked.get(each, -1.0) for each in names) < since:
                self.fail("I9", f"{identity} was not asked for after a gap in the stream")

    def cancelling(self, process: Process, order_id: str) -> None:
        self.mark("cancelling")
        self._check_owner(process, f"cancels {order_id}")
        close_id = self._close_of_order.get(order_id)
        tracked = self.closes.get(close_id) if close_id else None
        if self._is_named(order_id):
            return
        if tracked is None:
            self.fail("I3", f"order {order_id} is not ours to cancel")
        elif not (
            tracked.state.cancel_requested
            or self._is_withdrawn(tracked, order_id)
            or self._is_recut(tracked, order_id)
            or self._is_undone_before(tracked, order_id)
        ):
            self.fail("I1", f"order {order_id} is cancelled without a committed request")

    def _is_withdrawn(self, tracked: Tracked, order_id: str) -> bool:
        moving = None if tracked.state.walking is None else tracked.state.walking.moving
        return isinstance(moving, Withdrawing) and moving.order_id == order_id

    def _is_recut(self, tracked: Tracked, order_id: str) -> bool:
        """Whether it goes again for what is left by another hand, or by a trade taken back."""
        state = tracked.state
        roots = {*map(root_of, state.plan.symbols)}
        was_touched = not roots.isdisjoint(map(root_of, self.touched))
        return state.is_recut and state.cancelling_order == order_id and was_touched

    @staticmethod
    def _is_undone_before(tracked: Tracked, order_id: str) -> bool:
        """Whether a trade that it builds on was taken back."""
        return tracked.state.cancelling_order == order_id and any(tracked.busted.values())

    def _is_named(self, order_id: str) -> bool:
        """Whether a close in whose way it is and that was told to has committed to cancel it."""
        order = self._venue.order(order_id)
        rows = () if order is None else order.contracts
        trades = {(row.symbol, row.side.value) for row in rows if row.side is not None}
        return any(
            each.request is not None
            and each.request.cancel_conflicting
            and order_id in {conflict.order_id for conflict in each.state.conflicts}
            and trades & {(it.symbol, it.side.value) for it in each.state.plan.targets}
            for each in self.closes.values()
        )

    def _check_cleared(self, tracked: Tracked, ticket: Ticket) -> None:
        """What was in the way must be over before anything is sent."""
        for conflict in tracked.state.conflicts:
            order = self._venue.order(conflict.order_id)
            if order is not None and order.status.is_open:
                name = ticket.client_order_id
                self.fail("I3", f"{name} is sent while order {order.id} still holds its contracts")

    def _sent(self, ticket: Ticket) -> Sent:
        tracked = self.closes.get(close_of(ticket.client_order_id) or "?")
        if tracked is None or ticket.client_order_id not in tracked.sent:
            return Sent(ticket, self._loop.time())
        return tracked.sent[ticket.client_order_id]

    def _check_once(self, tracked: Tracked, ticket: Ticket) -> None:
        for identity, sent in tracked.sent.items():
            if identity != ticket.client_order_id:
                if not self._is_known(tracked, identity, sent):
                    self.fail("I2", f"{ticket.client_order_id} follows {identity}: {sent.fate}")
                continue
            if sent.ticket != ticket:
                self.fail("I2", f"{identity} was used for two different orders")
            elif sent.fate is not Fate.NOT_SENT and not sent.is_absent:
                self.fail(
                    "I2",
                    f"{identity} was sent again while it was {sent.fate}, after "
                    f"{len(sent.absences)} look-ups",
                )

    def _is_known(self, tracked: Tracked, identity: str, sent: Sent) -> bool:
        """Whether the broker itself has told of an order; absence is no leave for a new id."""
        if sent.replaces is not None and self._cannot_be(tracked, identity, sent.replaces):
            return True
        return sent.fate in (Fate.NOT_SENT, Fate.REFUSED, Fate.FOUND) or self._reported(
            tracked, identity
        )

    def _cannot_be(self, tracked: Tracked, identity: str, replaced: str) -> bool:
        """Whether the broker has told that this order ended, or which other one replaced it."""
        orders = [each for attempt in tracked.state.attempts for each in attempt.orders]
        names = {each.order_id: each.client_order_id for each in orders}
        return any(
            each.order_id == replaced
            and each.status.is_final
            and (
                each.status is not OrderStatus.REPLACED
                or names.get(each.replaced_by or "", identity) != identity
            )
            for each in orders
        )

    def _reported(self, tracked: Tracked, identity: str) -> bool:
        return any(
            each.client_order_id == identity
            for attempt in tracked.state.attempts
            for each in attempt.orders
        )

    def _since(self, tracked: Tracked) -> float:
        """How old what was known when the close was planned can be."""
        known = max(tracked.opened, tracked.looked)
        return max(0.0, known - self._leeway)

    def _since_opened(self, tracked: Tracked) -> float:
        """How old what was known when the close was opened can be."""
        return max(0.0, tracked.opened - self._leeway)

    def _check_reduces(self, tracked: Tracked, ticket: Ticket) -> None:
        since = self._since(tracked)
        moments = self._venue.moments_since(since)
        for leg in ticket.legs:
            contracts = ticket.contracts(leg.symbol)
            most = max(-moment.quantity(leg.symbol) * leg.side.sign for moment in moments)
            if most <= 0:
                self.fail("I3", f"{leg.side} {leg.symbol} opens: nothing was held to close")
                continue
            self._check_again(tracked, leg.symbol, contracts)
            if contracts > most:
                self.fail("I3", f"{leg.side} {contracts} {leg.symbol}, at most {most} were held")
            if leg.symbol not in self.touched:
                self._check_claims(tracked, leg, contracts, most)

    def _check_again(self, tracked: Tracked, symbol: str, contracts: int) -> None:
        """What goes anew is only what is left."""
        state, done = tracked.state, tracked.fills[symbol]
        asked = sum(it.contracts for it in state.plan.targets if it.symbol == symbol)
        is_anew = state.phase is Phase.SENDING and state.attempt.number
        if is_anew and not tracked.is_replaced and done + contracts > asked:
            self.fail("I3", f"{contracts} {symbol} go anew, {done} of {asked} are done")

    def _check_claims(self, tracked: Tracked, leg: TicketLeg, contracts: int, most: int) -> None:
        others = sum(
            max(0, target.contracts - other.fills[target.symbol])
            for other in self.closes.values()
            if other is not tracked and not other.state.phase.is_end
            for target in other.state.plan.targets
            if target.symbol == leg.symbol
        )
        if others + contracts > most:
            self.fail(
                "I3", f"{contracts} {leg.symbol} and {others} of other closes, {most} were held"
            )
        if tracked.owner is not None:
            owned = self._own.most(tracked.owner, leg.symbol, self._since(tracked))
            if contracts > owned:
                self.fail("I3", f"{contracts} of {leg.symbol} are closed, the strategy has {owned}")

    def _check_covered(self, tracked: Tracked, ticket: Ticket) -> None:
        if not any(
            self._stays_covered(m, ticket) for m in self._venue.moments_since(self._since(tracked))
        ):
            self.fail("I6", f"{ticket.client_order_id} would leave a short contract uncovered")

    def _stays_covered(self, moment: Moment, ticket: Ticket) -> bool:
        rows = {symbol: row.quantity for symbol, row in moment.rows.items()}
        return self._stays_covered_from(rows, ticket)

    def _stays_covered_from(self, before: dict[str, int], ticket: Ticket) -> bool:
        after = dict(before)
        for leg in ticket.legs:
            change = leg.side.sign * ticket.contracts(leg.symbol)
            after[leg.symbol] = after.get(leg.symbol, 0) + change
        return not is_barer(after, before)

    def _check_confirmed(self, tracked: Tracked, ticket: Ticket) -> None:
        """Cover counts as needed no longer only when the close knows of the fill."""
        plan = tracked.state.plan
        if self.touched & {*plan.symbols}:
            return
        rows = {symbol: row.quantity for symbol, row in self._venue.truth.rows.items()}
        for target in plan.targets:
            unknown = tracked.fills[target.symbol] - tracked.state.filled(target.symbol)
            rows[target.symbol] = rows.get(target.symbol, 0) - target.side.sign * unknown
        before_busts = self._before_busts(rows, since=self._since(tracked))
        if any(self._stays_covered_from(each, ticket) for each in (rows, before_busts)):
            return
        self.fail("I6", f"{ticket.client_order_id} sells cover whose short is not known to be gone")

    def _before_busts(self, rows: dict[str, int], *, since: float) -> dict[str, int]:
        """Put back what was taken back since then: a late stream and a young snapshot hide it."""
        before = dict(rows)
        for at, each, change in self._unheard:
            if at > since:
                before[each.symbol] = before.get(each.symbol, 0) - change
        return before

    def _check_legging(self, tracked: Tracked, ticket: Ticket) -> None:
        """Legs go by themselves after a refusal of the package as such, if that was wished."""
        package = self._refused_package(tracked, ticket)
        if package is None:
            return
        if package.refusal not in PACKAGE_REFUSALS and "uncovered" not in package.refusal:
            self.fail("asked", f"{ticket.client_order_id} follows a package: {package.refusal}")
        request = tracked.request
        if request is not None and request.terms.if_refused is not IfRefused.LEG_IN:
            self.fail("asked", f"{ticket.client_order_id} goes leg by leg, unasked")

    def _refused_package(self, tracked: Tracked, ticket: Ticket) -> Sent | None:
        """The package that this leg goes in the place of; a refused replacement is none."""
        orders = {attempt.ticket.client_order_id for attempt in tracked.state.attempts}
        if ticket.is_package:
            return None
        [leg] = ticket.legs
        found = [
            sent
            for identity, sent in tracked.sent.items()
            if identity in orders
            and sent.ticket.is_package
            and sent.fate is Fate.REFUSED
            and sent.ticket.contracts(leg.symbol)
        ]
        return found[-1] if found else None

    # --- what was asked for -------------------------------------------------------------

    def _check_portion(self, tracked: Tracked) -> None:
        """The plan is for what was asked of the strategy as it was lately, no more, no less."""
        request = tracked.request
        owner = None if request is None else self.positions.get(request.position_id)
        if request is None or owner is None:
            return
        owned = self._own.symbols(owner)
        if self.touched & owned or self._own.is_grouped_anew(owner):
            return
        wanted = request.leg_ids or ()
        named = {symbol for symbol in owned if leg_id(request.position_id, symbol) in wanted}
        plan = {
            it.symbol: it.contracts
            for it in tracked.state.plan.targets
            if option_or_none(it.symbol) is not None
        }
        asked = [
            portion(request.portion, state, named)
            for state in self._own.since(owner, self._since_opened(tracked))
        ]
        if not any(self._is_as_asked(tracked, plan, each) for each in asked):
            self.fail("asked", f"{tracked.state.close_id} closes {plan}, asked was {asked[-1]}")

    def _is_as_asked(self, tracked: Tracked, plan: dict[str, int], asked: dict[str, int]) -> bool:
        missing = asked.keys() - plan.keys()
        if any(asked[symbol] for symbol in missing) and not self._may_leave(tracked, missing):
            return False
        return all(asked.get(symbol) == contracts for symbol, contracts in plan.items())

    def _may_leave(self, tracked: Tracked, symbols: Iterable[str]) -> bool:
        request = tracked.request
        wished = request is not None and request.terms.no_bid is NoBid.LEAVE
        return wished and all(
            self.prices.had_no_bid(tracked, symbol, self._leeway) for symbol in symbols
        )

    def _check_price(self, tracked: Tracked, ticket: Ticket) -> None:
        package = self._refused_package(tracked, ticket)
        for rule, text in self.prices.broken(tracked, ticket, package, self._leeway):
            self.fail(rule, text)

    @property
    def _leeway(self) -> float:
        """Seconds by which what a process knows may be older than it was meant to be."""
        return self._slack + self.froze

    # --- what truly happened ----------------------------------------------------------

    def told(self, event: Told, update: TradeUpdate) -> None:
        """The exchange did something to an order."""
        order = event.order
        if order.replaces in self._close_of_order:
            close_id = self._close_of_order[order.replaces]
            if order.id not in self._close_of_order:
                self._close_of_order[order.id] = close_id
                self.closes[close_id].order_ids.append(order.id)
                if close_of(order.client_order_id) != close_id:
                    self.met[Sight.REPLACED_ELSEWHERE] += 1
                    self.closes[close_id].is_replaced = True
        if event.event == "trade_bust":
            self._busted(update, self._close_of_order.get(order.id) or self._ours(update))
        if event.event in _FILLS:
            self.mark("filled")
            self._filled(update, self._close_of_order.get(order.id) or self._ours(update))

    def _ours(self, update: TradeUpdate) -> str | None:
        close_id = close_of(update.order.client_order_id)
        return close_id if close_id in self.closes else None

    def _filled(self, update: TradeUpdate, close_id: str | None) -> None:
        before = dict(self._ledger)
        sides = {leg.symbol: leg.side for leg in update.order.legs}
        for each in update.executions:
            side = sides[each.symbol]
            assert side is not None
            change = side.sign * each.quantity
            self._ledger[each.symbol] = self._ledger.get(each.symbol, 0) + change
            if close_id is None:
                self.touched.add(each.symbol)
            else:
                self._count(self.closes[close_id], each.symbol, change)
        if close_id is not None:
            self._check_fill(self.closes[close_id], before)

    def _busted(self, update: TradeUpdate, close_id: str | None) -> None:
        """The exchange has taken a trade back."""
        self.mark("busted")
        sides = {leg.symbol: leg.side for leg in update.order.legs}
        for each in update.undone:
            side = sides[each.symbol]
            assert side is not None
            self.touched.add(each.symbol)
            change = -side.sign * each.quantity
            self._ledger[each.symbol] = self._ledger.get(each.symbol, 0) + change
            self._unheard.append((self._loop.time(), each, change))
            if close_id is not None:
                tracked = self.closes[close_id]
                tracked.fills[each.symbol] -= each.quantity
                tracked.busted[each.symbol] += each.quantity

    def hears_of_bust(self, process: Process, update: TradeUpdate) -> None:
        """The stream brings a bust to this process."""
        if self.is_at_work(process):
            told = {each.execution_id for each in update.undone}
            self._unheard = [each for each in self._unheard if each[1].execution_id not in told]

    def told_of_bust(self, process: Process, update: TradeUpdate) -> None:
        """Some seconds ago the stream brought a bust to this process."""
        close_id = self._close_of_order.get(update.order.order_id)
        lived_on = process.is_alive and not self.froze and self.is_at_work(process)
        if close_id is not None and lived_on and not self._day.has_journal_trouble:
            self.closes[close_id].knows_of_bust = True

    def _count(self, tracked: Tracked, symbol: str, change: int) -> None:
        now = self._loop.time()
        tracked.fills[symbol] += abs(change)
        tracked.last_fill = now
        if tracked.owner is not None:
            self._own.trade(tracked.owner, symbol, change, now)
        target = next((it for it in tracked.state.plan.targets if it.symbol == symbol), None)
        if target is None or target.side.sign * change < 0:
            self.fail("I3", f"{symbol} was traded the wrong way")
        elif (
            tracked.fills[symbol] + tracked.busted[symbol] > target.contracts
            and not tracked.is_replaced
        ):
            self.fail("I2", f"{tracked.fills[symbol]} of {target.contracts} {symbol} were closed")

    def _check_fill(self, tracked: Tracked, before: dict[str, int]) -> None:
        if is_barer(self._ledger, before) and not tracked.busted:
            self.fail("I6", f"a fill of {tracked.state.close_id} left a short contract uncovered")
        for symbol, quantity in self._ledger.items():
            was = before.get(symbol, 0)
            if symbol in self.touched and option_or_none(symbol) is None:
                continue  # no order says that it only closes shares
            if quantity * was < 0 or abs(quantity) > abs(was):
                self.fail("I3", f"a fill of {tracked.state.close_id} opened {symbol}")

    def settled(self, activity: Activity) -> None:
        """The account changed without a trade: an assignment or an expiry."""
        self.met[_SETTLED.get(activity.type, Sight.ASSIGNED)] += 1
        symbol = activity.symbol
        self.touched.add(symbol)
        self._ledger[symbol] = self._ledger.get(symbol, 0) + activity.qty

    # --- ends -------------------------------------------------------------------------

    def _ended(self, tracked: Tracked) -> None:  # noqa: C901 - one rule after another
        self.mark("ended")
        state = tracked.state
        name = f"{state.close_id} ended {state.phase}"
        if state.phase is Phase.CLOSED:
            if tracked.owner in self._own.edited:
                self.met[Sight.EDITED_CLOSED] += 1
            self._check_closed(tracked)
            return
        if state.reason is None or not describe(state):
            self.fail("I9", f"{name} without a reason")
            return
        if state.phase is Phase.NEEDS_ATTENTION:
            return
        name += f" ({state.reason.code})"
        if self._live_orders(tracked):
            self.fail("I4", f"{name} while an order of it works")
        waiting = [*tracked.sent][-1:] if state.phase is Phase.REJECTED else []
        for identity, sent in tracked.sent.items():
            if self._can_only_be_refused(sent):
                continue
            if sent.may_arrive:
                self.fail("I4", f"{name} while {identity} is under way")
            elif not sent.is_settled and not self._reported(tracked, identity):
                self.fail("I4", f"{name} and {identity} is {sent.fate}")
            elif sent.fate is Fate.NOT_SENT and identity in waiting:
                self._check_patience(tracked, name)
        self._check_counted(tracked, name)
        if state.phase is Phase.REJECTED and tracked.fills.total():
            self.fail("I4", f"{name} though contracts of it were filled")

    def _can_only_be_refused(self, sent: Sent) -> bool:
        """Whether it is to replace an order that is over."""
        order = None if sent.replaces is None else self._venue.order(sent.replaces)
        return order is not None and not order.status.is_open

    def _check_patience(self, tracked: Tracked, name: str) -> None:
        """What could not be sent goes again for a minute before it is given up."""
        reason = tracked.state.reason
        if reason is not None and reason.code == "position_changed":
            if not self._was_gone(tracked):
                self.fail("I11", f"{name} though its contracts were there")
        elif reason is not None and reason.code == "contracts_held":
            if self._loop.time() - tracked.opened < _UNTIL_FREE:
                self.fail("I11", f"{name} though they could have come free")
        elif self._loop.time() - tracked.opened < _PATIENCE:
            self.fail("I4", f"{name} though the order could have gone again")

    def _was_gone(self, tracked: Tracked) -> bool:
        """Whether there was a moment when not one unit of its order was held."""
        legs = tracked.state.attempt.ticket.legs
        return any(
            -moment.quantity(leg.symbol) * leg.side.sign < leg.ratio
            for moment in self._venue.moments_since(self._since(tracked))
            for leg in legs
        )

    def _check_counted(self, tracked: Tracked, name: str) -> None:
        for target in tracked.state.plan.targets:
            known, true = tracked.state.filled(target.symbol), tracked.fills[target.symbol]
            if known != true and not tracked.busted:
                self.fail("I5", f"{name} knowing {known} of {true} fills of {target.symbol}")

    def _live_orders(self, tracked: Tracked) -> list[str]:
        orders = (self._venue.order(order_id) for order_id in tracked.order_ids)
        return [order.id for order in orders if order is not None and order.status.is_open]

    def _check_closed(self, tracked: Tracked) -> None:
        state = tracked.state
        name = f"{state.close_id} is called closed"
        for target in state.plan.targets:
            elsewhere = state.gone_elsewhere(target.symbol)
            if elsewhere and target.symbol not in self.touched:
                self.fail("I5", f"{name} by another hand, and none has touched {target.symbol}")
            filled = tracked.fills[target.symbol] + tracked.busted[target.symbol]
            if filled + elsewhere < target.contracts:
                self.fail(
                    "I5",
                    f"{name} with {tracked.fills[target.symbol]} of {target.contracts} "
                    f"{target.symbol} filled",
                )
        fresh = [read for at, read in self._reads if at >= tracked.last_fill]
        if not any(all(self._agrees(it, read) for it in state.plan.targets) for read in fresh):
            self.fail("I5", f"{name} and no snapshot since its last fill agrees")
        for target in state.plan.targets:
            if target.symbol not in self.touched and not self._is_gone(tracked, target):
                self.fail("I5", f"{name} and {target.symbol} is still held")

    def _agrees(self, target: Target, read: Holdings) -> bool:
        now = read.quantity(target.symbol)
        left = abs(target.held) - target.contracts
        return now * target.held >= 0 and abs(now) <= left

    def _is_gone(self, tracked: Tracked, target: Target) -> bool:
        now = abs(self._venue.truth.quantity(target.symbol))
        since = max(0.0, tracked.opened - self._leeway)
        moments = self._venue.moments_since(since)
        return any(now <= abs(m.quantity(target.symbol)) - target.contracts for m in moments)

    # --- reads ------------------------------------------------------------------------

    def read_holdings(self, read: Holdings) -> None:
        self._reads.append(((read.at - self._start).total_seconds(), read))

    def read_failed(self) -> None:
        self.mark("read failed")

    def watch(self, process: Process, engine: Engine) -> None:
        """Look at this process's book from now on."""
        self._watched[process] = Watched(engine)

    def unwatch(self, process: Process) -> None:
        del self._watched[process]

    def look(self, process: Process) -> None:
        """Called after every step of a process."""
        seen = self._watched.get(process)
        if seen is None:
            return
        book = seen.engine.book
        if book.holdings is not seen.holdings:
            if not any(read is book.holdings for _, read in self._reads):
                self.fail("I8", "the book shows holdings that no read has brought")
            seen.holdings = book.holdings
        if book.grouping is not seen.grouping:
            self._check_grouping(seen.engine)
            seen.grouping = book.grouping

    def _check_grouping(self, engine: Engine) -> None:
        """Everything held is in exactly one place."""
        held = (
            {}
            if engine.book.holdings is None
            else {row.symbol: row.quantity for row in engine.book.holdings.rows}
        )
        shown: dict[str, Decimal] = {}
        for strategy in engine.book.grouping.strategies:
            for leg in strategy.legs:
                shown[leg.symbol] = shown.get(leg.symbol, Decimal(0)) + leg.quantity
        for left in engine.book.grouping.unassigned:
            shown[left.symbol] = shown.get(left.symbol, Decimal(0)) + left.quantity
        if shown != held:
            self.fail("I8", "the strategies do not add up to the holdings")

    # --- what the program itself says ---------------------------------------------------

    def expect(self, event: str) -> None:
        """An error line that a fault of ours explains."""
        self._expected.add(event)

    def logged(self, event: str, details: dict[str, Any]) -> None:
        """The program wrote a line of level error."""
        if event not in self._expected and event != "journal.failed":
            info = details.get("exc_info")
            self.fail("crash", f"{event}: {info!r}")

    # --- the end of the day -----------------------------------------------------------

    def unended(self) -> list[str]:
        return [
            f"{each.state.close_id} is {each.state.phase}"
            for each in self.closes.values()
            if not each.state.phase.is_end
        ]

    def final(self, engine: Engine) -> None:
        """Everything has healed and time has passed."""
        for text in self.unended():
            self.fail("I9", f"{text} and did not end")
        for close_id, tracked in self.closes.items():
            if engine.supervisor.close(close_id) != tracked.state:
                self.fail("I9", f"{close_id} is not what its journal says")
            if self._live_orders(tracked):
                self.fail("I9", f"{close_id} has ended and an order of it still works")
            self._check_flat(tracked)
            self._check_alarm(tracked)
            if tracked.knows_of_bust and tracked.state.phase is not Phase.NEEDS_ATTENTION:
                self.fail("I5", f"{close_id} is {tracked.state.phase} with a trade taken back")
        truth = {s: row.quantity for s, row in self._venue.truth.rows.items()}
        if truth != {s: q for s, q in self._ledger.items() if q}:
            self.fail("books", "the checkers' own ledger disagrees with the exchange")
        held = engine.book.holdings
        shown = {} if held is None else {row.symbol: int(row.quantity) for row in held.rows}
        if shown != truth:
            self.fail("I8", "long after the last trade the book does not show what is held")

    def stands_by(self, engine: Engine) -> None:
        """Long after the last event, the process that stands by shows what is on record."""
        for close_id, tracked in self.closes.items():
            if engine.supervisor.close(close_id) != tracked.state:
                self.fail("I9", f"{close_id} is shown otherwise by the process that stands by")

    def _check_alarm(self, tracked: Tracked) -> None:
        """Nobody is asked to look at what is whole."""
        state = tracked.state
        if state.phase is not Phase.NEEDS_ATTENTION or tracked.is_replaced:
            return
        whole = all(tracked.fills[it.symbol] == it.contracts for it in state.plan.targets)
        if whole and not self.touched & {*state.plan.symbols}:
            self.fail("I9", f"{state.close_id} is closed and says {state.reason}")

    def _check_flat(self, tracked: Tracked) -> None:
        if tracked.state.phase is not Phase.CLOSED or tracked.owner is None:
            return
        if self._own.edited.get(tracked.owner, -1.0) >= tracked.opened:
            return  # what was moved in since was not this close's to take
        for target in tracked.state.plan.targets:
            if option_or_none(target.symbol) is None:
                continue  # shares follow the calls that are left
            left = self._own.now(tracked.owner).get(target.symbol, 0)
            had = self._own.since(tracked.owner, self._since_opened(tracked))
            most = max(abs(row.get(target.symbol, 0)) for row in had) - target.contracts
            if abs(left) > most and target.symbol not in self.touched:
                self.fail(
                    "I5", f"{tracked.state.close_id} is closed and {left} {target.symbol} are left"
                )
