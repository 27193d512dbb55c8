"""
Bugs to plant, each a small and likely mistake, for the checkers to catch.

`planted` puts one into the running program and takes it out again. A bug that no seed
catches means a checker or a fault that is missing.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any
from unittest import mock

from simulation.journal import SimulatedJournal

from closeout.closing import attempts as attempts_module
from closeout.closing import (
    cancelling,
    clearing,
    evidence,
    legging,
    limits,
    plan,
    reconcile,
    reports,
    sending,
    sight,
    strides,
    timing,
    watching,
)
from closeout.closing import moving as moving_module
from closeout.closing import step as machine
from closeout.closing.attempts import Attempt
from closeout.closing.effects import CancelOrder, PlaceOrder
from closeout.closing.events import (
    AccountChecked,
    CancelAcknowledged,
    Event,
    OrderNotSent,
    OrderReported,
    OutcomeLost,
    Recovered,
    Woke,
)
from closeout.closing.moves import Replacing, Walking
from closeout.closing.partial import Portion, portion_of
from closeout.closing.plan import MarketView, Terms
from closeout.closing.plans import Plan, PlanStep, Target
from closeout.closing.rooms import Fit, Room
from closeout.closing.state import CloseState, Phase, Reason
from closeout.closing.step import step
from closeout.closing.transitions import Result, end_short, enter
from closeout.domain.assignments import Assignment
from closeout.domain.edits import Edit, EditsUndone, assignments
from closeout.domain.holdings import Holdings
from closeout.domain.orders import OrderReport, OrderStatus, Side
from closeout.domain.pricing import EVERY_CENT
from closeout.domain.quotes import NetQuote
from closeout.domain.strategies import Leg, Strategy, unit_count
from closeout.ports import Lease, ReadFailed, StoredClose
from closeout.runtime import book, claims, perform, preparing, prices, regrouper
from closeout.runtime.doubts import Doubts
from closeout.runtime.keys import Keys
from closeout.runtime.opener import Opener
from closeout.runtime.ownership import Ownership
from closeout.runtime.reconciler import Reconciler
from closeout.runtime.regrouper import Regrouper
from closeout.runtime.requests import CloseRequest
from closeout.runtime.runner import Runner
from closeout.runtime.supervisor import Supervisor

Where = Any
Patch = tuple[Where, str, object]


@dataclass(frozen=True, slots=True)
class Plant:
    """One bug: where it goes and what stands there then."""

    name: str
    story: str
    patches: tuple[Patch, ...]


@contextmanager
def planted(plant: Plant) -> Iterator[None]:
    """Have this bug in the program."""
    patches = [mock.patch.object(where, name, new) for where, name, new in plant.patches]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in reversed(patches):
            patch.stop()


# --- sending --------------------------------------------------------------------------


def _resend_at_once(state: CloseState, event: OutcomeLost) -> Result:
    if state.phase is not Phase.SENDING or state.resends > 2:
        return sending.on_lost(state, event)
    return replace(state, resends=state.resends + 1), (PlaceOrder(state.attempt.ticket),)


def _lost_is_failed(state: CloseState, event: OutcomeLost) -> Result:
    if state.phase is not Phase.SENDING:
        return state, ()
    return end_short(state, Phase.REJECTED, event.at, Reason("refused", event.reason))


def _new_id_on_resend(state: CloseState, event: AccountChecked) -> Result:
    after, effects = sending.on_checked(state, event)
    if not state.resends or not any(isinstance(effect, PlaceOrder) for effect in effects):
        return after, effects
    attempt = after.attempt
    identity = f"{attempt.ticket.client_order_id[:-1]}{after.resends}"
    ticket = replace(attempt.ticket, client_order_id=identity)
    renamed = replace(attempt, number=after.resends, ticket=ticket)
    return replace(after, attempts=(*after.attempts, renamed)), (PlaceOrder(ticket),)


def _limited_is_refused(state: CloseState, event: OrderNotSent) -> Result:
    if state.phase is not Phase.SENDING:
        return state, ()
    return end_short(state, Phase.REJECTED, event.at, Reason("refused", event.reason))


def _recover_by_sending(state: CloseState, event: datetime) -> Result:
    if state.phase is Phase.SENDING and not state.unsent:
        return replace(state, resends=state.resends + 1), (PlaceOrder(state.attempt.ticket),)
    return watching.on_recovered(state, event)


# --- planning -------------------------------------------------------------------------


def _longs_first(strategy: Strategy, terms: Terms, market: MarketView, holdings: Holdings) -> Plan:
    right = plan.plan_strategy(strategy, terms, market, holdings)
    [first, *rest] = right.steps
    if len(first.legs) == 1 or first.limit is not None:
        return right
    legs = sorted(first.legs, key=lambda leg: leg.side is Side.BUY)
    singles = [
        PlanStep(first.units * leg.ratio, (replace(leg, ratio=1),), first.order_type, None)
        for leg in legs
    ]
    return replace(right, steps=(*singles, *rest))


def _one_unit(strategy: Strategy, terms: Terms, market: MarketView, holdings: Holdings) -> Plan:
    right = plan.plan_strategy(strategy, terms, market, holdings)
    if len(right.steps) > 1:
        return right
    [only] = right.steps
    targets = tuple(
        replace(target, contracts=target.contracts // only.units) for target in right.targets
    )
    return Plan(targets=targets, steps=(replace(only, units=1),))


def _whole_row(leg: Leg, terms: Terms, market: MarketView, holdings: Holdings) -> Plan:
    held = int(holdings.quantity(leg.symbol))
    return plan.plan_leg(replace(leg, quantity=held), terms, market, holdings)


def _wrong_side(leg: Leg, terms: Terms, market: MarketView, holdings: Holdings) -> Plan:
    right = plan.plan_leg(leg, terms, market, holdings)
    [only] = right.steps
    [one] = only.legs
    side = Side.SELL if one.side is Side.BUY else Side.BUY
    target = replace(right.targets[0], side=side)
    return Plan(targets=(target,), steps=(replace(only, legs=(replace(one, side=side),)),))


def _wrong_sign(price: Decimal) -> Decimal:
    return -price.quantize(Decimal("0.01"))


def _round_up(price: Decimal) -> Decimal:
    return price.quantize(Decimal("0.01"), ROUND_CEILING) + Decimal("0.01")


def _everything(legs: Sequence[Leg], _: Portion) -> tuple[Leg, ...]:
    return tuple(legs)


def _rounded_up(legs: Sequence[Leg], asked: Portion) -> tuple[Leg, ...]:
    if asked.percent is None:
        return portion_of(legs, asked)
    chosen = tuple(leg for leg in legs if not asked.leg_ids or leg.id in asked.leg_ids)
    units = -(-unit_count(chosen) * asked.percent // 100)
    return portion_of(legs, replace(asked, percent=None, units=units))


def _first_order_only(
    strategy: Strategy, terms: Terms, market: MarketView, holdings: Holdings
) -> Plan:
    """What does not fit into the first order is forgotten."""
    right = plan.plan_strategy(strategy, terms, market, holdings)
    first = right.steps[0]
    counts = {leg.symbol: first.units * leg.ratio for leg in first.legs}
    targets = tuple(
        replace(target, contracts=counts[target.symbol])
        for target in right.targets
        if target.symbol in counts
    )
    return Plan(targets=targets, steps=(first,))


def _legs_longs_first(singles: Iterable[PlanStep]) -> tuple[PlanStep, ...]:
    return tuple(reversed(legging.one_by_one(singles)))


def _leg_in_when_lost(state: CloseState, event: OutcomeLost) -> Result:
    if state.phase is Phase.SENDING and legging.can_leg_in(state, event.at):
        return legging.leg_in(state, event.reason, event.at)
    return sending.on_lost(state, event)


def _always(*_: Any) -> bool:
    return True


def _never(*_: Any) -> bool:
    return False


def _next_when_accepted(state: CloseState, event: OrderReported) -> Result:
    """Send the next order as soon as the one before it works."""
    after, effects = evidence.on_report(state, event)
    planned = after.next_step
    if after.phase is not Phase.WORKING or planned is None or after.cancel_requested:
        return after, effects
    return evidence._send_next(after, event.at)


# --- evidence -------------------------------------------------------------------------


def _only_whole_fills(attempt: Attempt, symbol: str) -> int:
    return sum(
        attempts_module._leg_filled(order, attempt.ticket, symbol)
        for order in attempt._counted()
        if order.status is OrderStatus.FILLED
    )


def _closed_on_fills(
    state: CloseState, phase: Phase, at: datetime, reason: Reason | None = None
) -> CloseState:
    return enter(state, Phase.CLOSED if phase is Phase.VERIFYING else phase, at, reason)


def _acknowledged_is_cancelled(state: CloseState, event: CancelAcknowledged) -> Result:
    if state.phase is not Phase.CANCELLING:
        return state, ()
    return end_short(state, Phase.CANCELLED, event.at, Reason("cancelled"))


def _last_word(_: OrderReport, new: OrderReport) -> OrderReport:
    return new


def _no_second_witness(state: CloseState, event: Woke) -> Result:
    if state.phase in (Phase.WORKING, Phase.CANCELLING):
        return state, ()
    return watching.on_woke(state, event)


def _any_snapshot(_: CloseState, __: object) -> list[str]:
    return []


def _new_fills_only(state: CloseState, event: OrderReported) -> Result:
    """Count a report's fills on top of what was known, as if it told of one trade."""
    known = state.attempt_for(event.report)
    same = [] if known is None else [o for o in known.orders if o.order_id == event.report.order_id]
    if not same or not event.report.filled_units:
        return evidence.on_report(state, event)
    legs = tuple(
        replace(leg, filled=leg.filled + (before.filled if before else 0))
        for leg in event.report.legs
        for before in [same[0].leg(leg.symbol)]
    )
    return evidence.on_report(state, replace(event, report=replace(event.report, legs=legs)))


# --- the runtime ----------------------------------------------------------------------


async def _act_then_write(self: Runner, event: Event, came: timedelta) -> None:
    before = self.state
    after, effects = step(before, event)
    self._perform(effects, came)
    if after != before:
        self.state = after
        await self._write(event)
        await self._mark(before, after)
        self._around.on_change(self, before)
        self._changed.set()


async def _settle_nothing(_: Regrouper) -> None:
    """Leave it open."""


class _NoLock:
    async def __aenter__(self) -> None:
        return

    async def __aexit__(self, *_: object) -> None:
        return


_sound_init = Opener.__init__


def _without_lock(self: Opener, *args: Any, **kwargs: Any) -> None:
    _sound_init(self, *args, **kwargs)
    self._lock = _NoLock()  # type: ignore[assignment]


async def _empty_on_failure(self: book.Book) -> Holdings:
    try:
        return await _sound_refresh(self)
    except ReadFailed:
        empty = Holdings(self._clock.now(), ())
        self._accept(book._Snapshot(self._clock.monotonic(), empty))
        raise


_sound_refresh = book.Book.refresh


async def _nothing_unfinished(self: SimulatedJournal, _: str) -> tuple[StoredClose, ...]:
    await self._read()
    return ()


async def _no_key(self: Keys, _: str, __: CloseRequest) -> None:
    """Know no key."""


def _as_found(found: Sequence[Room], *_: Any) -> tuple[Room, ...]:
    """Whatever shorts need."""
    return tuple(found)


def _nothing(*_: Any, **__: Any) -> None:
    """Check nothing, do nothing."""


async def _write_once(self: Runner, event: Event) -> None:
    journal = self._around.journal
    while True:
        try:
            await journal.append(self.state.close_id, sequence=self._sequence, events=[event])
        except Exception:  # noqa: BLE001 - the bug
            await asyncio.sleep(1.0)
            continue
        self._sequence += 1
        return


async def _say_no_and_forget(self: Doubts, _: str) -> bool:
    return False


async def _open_at_any_time(self: Opener, request: CloseRequest) -> Runner:
    async with self._lock:
        await self._recorder.doubts.clear()
        known = await self._known(request)
        if known is None:
            known = self._recorder.begin(request, await self._preparer.prepare(request))
    return known if isinstance(known, Runner) else await known.written


_open_at_any_time.__qualname__ = Opener._open.__qualname__


def _undo_nothing(edits: Iterable[Edit]) -> tuple[Assignment, ...]:
    return assignments(each for each in edits if not isinstance(each, EditsUndone))


def _cover_seen_by_one(state: CloseState, target: Target, holdings: Holdings) -> tuple[int, int]:
    most = max(_sound_parts(state, target, holdings))
    return most, most


_sound_parts = claims._open_parts


def _late_snapshot_is_nothing(self: book.Book, snapshot: book._Snapshot) -> None:
    if self._held_at is None or snapshot.asked_at >= self._held_at:
        self.holdings, self._held_at = snapshot.holdings, snapshot.asked_at
        self.regroup()


# --- walks ------------------------------------------------------------------------------


def _done_on_200(state: CloseState, at: datetime) -> Result:
    walking = state.walking
    if walking is None or not isinstance(walking.moving, Replacing):
        return _sound_settle(state, at)
    moving = walking.moving
    told = [each.client_order_id for each in state.attempt.orders]
    if moving.ticket.client_order_id not in told:
        return state, ()
    after = state.with_attempt(replace(state.attempt, ticket=moving.ticket))
    return replace(after, walking=moving_module.stand(walking, moving.net, at)), ()


_sound_settle = moving_module.settle_replacement


def _age_begins_anew(walking: Walking, net: Decimal, at: datetime) -> Walking:
    return replace(_sound_stand(walking, net, at), since=at, stepped=0)


_sound_stand = moving_module.stand


def _past_worst(wanted: Decimal, net: NetQuote, _: Decimal | None) -> Decimal:
    return min(wanted, net.natural)


def _past_natural(wanted: Decimal, net: NetQuote, worst: Decimal | None) -> Decimal:
    further = wanted + 2 * (net.natural - net.mid)
    return further if worst is None else min(further, worst)


def _anew_without_proof(state: CloseState, event: CancelAcknowledged) -> Result:
    if moving_module.is_withdrawn(state):
        return moving_module.send_anew(state, event.at)
    return state, ()


def _none_found(*_: Any, **__: Any) -> list[OrderReport]:
    return []


def _everything_again(self: Attempt) -> int:
    return self.ticket.units


def _disk_lease(self: SimulatedJournal) -> Lease:
    """Whatever epoch is ours."""
    assert self._disk.lease is not None
    return self._disk.lease


def _take_up_by_sending(self: Supervisor, runner: Runner) -> None:
    state = runner.state
    if state.phase is Phase.SENDING and not state.unsent:
        now = runner._around.clock.monotonic()
        runner._perform((PlaceOrder(state.attempt.ticket),), now)
        runner._ensure_worker()
    else:
        _sound_take_up(self, runner)


_sound_take_up = Supervisor._take_up


async def _keep_everything(_: Supervisor) -> None:
    """Let go of nothing."""


def _recovered(state: CloseState, event: Recovered | datetime) -> Result:
    at = event if isinstance(event, datetime) else event.at
    return _recover_by_sending(state, at)


def _send_with_the_cancels(state: CloseState, order_ids: tuple[str, ...], at: datetime) -> Result:
    after, effects = clearing.begin_clearing(state, order_ids, at)
    cancels = tuple(each for each in effects if isinstance(each, CancelOrder))
    sending = replace(after, phase=Phase.SENDING, unsent=False)
    return sending, (*cancels, PlaceOrder(state.attempt.ticket))


PLANTS: tuple[Plant, ...] = (
    Plant("resend without look-up", "A lost order is sent again at once.",
          ((machine, "on_lost", _resend_at_once),)),
    Plant("unknown is failed", "A lost order ends its close as refused.",
          ((machine, "on_lost", _lost_is_failed),)),
    Plant("absent at first sight", "One look-up in vain proves that an order never arrived.",
          ((timing, "ABSENT_AFTER", timedelta(0)), (timing, "ABSENT_LOOKUPS", 1))),
    Plant("new id on resend", "An absent order goes again under another client id.",
          ((machine, "on_checked", _new_id_on_resend),)),
    Plant("429 is a refusal", "A rate limit ends the close.",
          ((machine, "on_not_sent", _limited_is_refused),)),
    Plant("recover by sending", "What was about to be sent before a crash is sent after it.",
          ((machine, "on_recovered", _recovered),)),
    Plant("sell the long first", "A package goes leg by leg, longs first.",
          ((preparing, "plan_strategy", _longs_first), (preparing, "check_coverage", _nothing))),
    Plant("ratio instead of quantity", "One unit is closed where all were asked for.",
          ((preparing, "plan_strategy", _one_unit),)),
    Plant("row instead of leg", "A leg's close takes the whole row, the other strategy's too.",
          ((preparing, "plan_leg", _whole_row),)),
    Plant("part is everything", "A close of some units takes all of them.",
          ((preparing, "portion_of", _everything),)),
    Plant("percent rounded up", "A quarter of ten is three.",
          ((preparing, "portion_of", _rounded_up),)),
    Plant("remainder forgotten", "Only the first of several orders is planned.",
          ((preparing, "plan_strategy", _first_order_only),)),
    Plant("legs longs first", "A refused package goes leg by leg, longs first.",
          ((plan, "one_by_one", _legs_longs_first), (perform, "keep_cover", _as_found))),
    Plant("legs in when lost", "A package whose answer was lost goes leg by leg.",
          ((machine, "on_lost", _leg_in_when_lost),)),
    Plant("every refusal is the package's", "Whatever was refused goes leg by leg.",
          ((sending, "is_about_the_package", _always),)),
    Plant("accepted is filled", "The next order goes when the one before it works.",
          ((machine, "on_report", _next_when_accepted), (evidence, "_is_left_behind", _never))),
    Plant("wrong side", "A leg's close buys what it should sell.",
          ((preparing, "plan_leg", _wrong_side), (preparing, "check_reduces", _nothing))),
    Plant("wrong sign", "A net limit has the other sign.",
          ((limits, "conservative_net", _wrong_sign),)),
    Plant("round the wrong way", "A net limit is rounded beyond the user's own.",
          ((limits, "conservative_net", _round_up),)),
    Plant("every tick a cent", "The class's price steps are not asked for.",
          ((prices, "option_tick_rule", lambda *_, **__: EVERY_CENT),)),
    Plant("forget a partial fill", "Only an order that filled whole counts.",
          ((Attempt, "filled", _only_whole_fills),)),
    Plant("add up cumulative fills", "Each report's fills are added to the last one's.",
          ((machine, "on_report", _new_fills_only),)),
    Plant("last word wins", "A late report undoes a newer one.",
          ((reports, "merge", _last_word),)),
    Plant("closed without a snapshot", "Fills alone close a close.",
          ((evidence, "enter", _closed_on_fills),)),
    Plant("any snapshot will do", "A snapshot that still shows the contracts closes it.",
          ((watching, "_not_gone", _any_snapshot),)),
    Plant("acknowledged is cancelled", "A cancel that was taken ends the close.",
          ((machine, "on_cancel_acknowledged", _acknowledged_is_cancelled),)),
    Plant("no second witness", "Only the stream tells of a working order.",
          ((machine, "on_woke", _no_second_witness),)),
    Plant("drop a stream gap", "Nobody asks for what a gap in the stream has hidden.",
          ((Reconciler, "look_again", _nothing),)),
    Plant("lose sight of a replacement", "An order somebody put in place of ours is not followed.",
          ((Attempt, "unseen_successor", None),)),
    Plant("done on 200", "A replacement that was answered counts as replaced.",
          ((evidence, "settle_replacement", _done_on_200),)),
    Plant("theirs is ours", "A replacement counts when any order took the old one's place.",
          ((moving_module, "_is_heir", lambda *_: True),)),
    Plant("age begins anew", "Every replacement begins the walk's time again.",
          ((moving_module, "stand", _age_begins_anew),)),
    Plant("past worst", "A walk goes to natural whatever the worst price is.",
          ((strides, "_bounded", _past_worst),)),
    Plant("past natural", "A walk goes beyond natural.",
          ((strides, "_bounded", _past_natural), (strides, "_ALL", Decimal(3)))),
    Plant("begin where planned", "A walk begins at the price of the click, whenever its turn is.",
          ((sending, "priced_in", lambda _, state: state),)),
    Plant("walk on stale quotes", "A step is priced from quotes of any age.",
          ((sight, "_is_stale", lambda *_: False),)),
    Plant("anew without proof", "A withdrawn order goes anew when the cancel was taken.",
          ((cancelling, "on_withdrawal_acknowledged", _anew_without_proof),)),
    Plant("all of it anew", "A withdrawn order goes anew whole, what has filled included.",
          ((Attempt, "units_left", property(_everything_again)),
           (sending, "_units_left", lambda state: state.attempt.ticket.units))),
    Plant("replace what has filled", "An order that filled in part is replaced.",
          ((Attempt, "has_fills", False),)),
    Plant("journal after acting", "Effects begin before their event is on disk.",
          ((Runner, "_handle", _act_then_write),)),
    Plant("no lock on opening", "Two clicks are worked on at the same time.",
          ((Opener, "__init__", _without_lock),)),
    Plant("claims not checked", "A new close does not mind what a running one claims.",
          ((preparing, "check_unclaimed", _nothing),)),
    Plant("cover not checked", "A long is sold from over its short.",
          ((preparing, "check_coverage", _nothing), (perform, "keep_cover", _as_found))),
    Plant("undo not in force", "An undo is on record and changes nothing.",
          ((regrouper, "assignments", _undo_nothing),)),
    Plant("keys not remembered", "A repeated request begins anew.",
          ((Keys, "find", _no_key),)),
    Plant("a failed read is an empty account", "The book is emptied when it cannot be read.",
          ((book.Book, "refresh", _empty_on_failure),)),
    Plant("forgotten after a restart", "Closes that were not finished are not taken up.",
          ((SimulatedJournal, "load_unfinished", _nothing_unfinished),)),
)  # fmt: skip

FOREIGN: tuple[Plant, ...] = (
    Plant("send before proof", "A close goes out while what is in its way still works.",
          ((machine, "begin_clearing", _send_with_the_cancels),)),
    Plant("cancel whatever is open", "Every open order is cancelled, not those in the way.",
          ((preparing, "holders", lambda _, __, orders: [*orders]),)),
    Plant("do not cut", "An order goes out as planned, whatever is left.",
          ((sending, "fit", lambda _, units, __: Fit(units, units)),)),
)  # fmt: skip
"""What can go wrong between the account's other hands and an order."""

SECOND: tuple[Plant, ...] = (
    Plant("late append taken", "A write is taken from a process that has lost the account.",
          ((SimulatedJournal, "_owned", _disk_lease),)),
    Plant("sure while it was ours", "What a frozen process had in hand goes out when it wakes.",
          ((Ownership, "is_sure", property(lambda self: self.is_ours)),)),
    Plant("take over by sending", "What the last owner was about to send the next one sends.",
          ((Supervisor, "_take_up", _take_up_by_sending),)),
    Plant("lost and not let go", "A process that has lost the account goes on with its closes.",
          ((Supervisor, "stand_down", _keep_everything),)),
)  # fmt: skip
"""What can go wrong between two processes on one account."""

FOUND: tuple[Plant, ...] = (
    Plant("unconfirmed is unwritten", "A write that was not confirmed is tried for ever.",
          ((Runner, "_write", _write_once),)),
    Plant("unconfirmed is refused", "An opening that was not confirmed is refused and forgotten.",
          ((Doubts, "is_written", _say_no_and_forget),)),
    Plant("open before recovery", "A close begins before the last run's are taken up.",
          ((Opener, "_open", _open_at_any_time),)),
    Plant("answered keys forgotten", "A key that was answered with a running close begins anew.",
          ((Keys, "note_answered", _nothing),)),
    Plant("cover counted twice", "A purchase that shows in the holdings is taken off again.",
          ((claims, "_open_parts", _cover_seen_by_one),)),
    Plant("late snapshot, lost history", "What the history tells is dropped with a late snapshot.",
          ((book.Book, "_accept", _late_snapshot_is_nothing),)),
    Plant("others are other hands", "What a later close of ours took counts as another hand's.",
          ((reconcile, "_took_from", _never),)),
    Plant("edit in doubt", "A close is planned before it is known whether an edit was written.",
          ((Regrouper, "_settle", _settle_nothing),)),
    Plant("unsettled positions", "Contracts that are gone and still show are closed again.",
          ((preparing, "check_settled", _nothing),)),
    Plant("fills heard meanwhile", "A close is planned for a strategy as it was first found.",
          ((preparing.Preparer, "_find_anew", preparing.Preparer._find),)),
    Plant("cover on sale", "Cover that another hand's open order sells counts as there.",
          ((preparing, "sales_elsewhere", _none_found), (perform, "sales_elsewhere", _none_found))),
    Plant("late look", "A look that was for the order before prices the one that waits.",
          ((sending, "_is_late", _never),)),
)  # fmt: skip
"""Bugs that seeds have found in the program, planted back."""

EVERY = (*PLANTS, *FOREIGN, *SECOND, *FOUND)
