"""What every single step of a close must keep to, whatever happens."""

from dataclasses import replace
from datetime import timedelta

from support.asked_for import of_kind, placed

from closeout.closing.effects import (
    CancelOrder,
    CheckAccount,
    Effect,
    FollowOrder,
    LookUpOrder,
    ReadHoldings,
    ReplaceOrder,
    SeeMarket,
    WakeAfter,
)
from closeout.closing.events import Event, HoldingsRead, OrderReported, TradeRevised, Woke
from closeout.closing.state import CloseState, Phase
from closeout.closing.wording import _REASONS, describe
from closeout.domain.orders import OrderStatus, Ticket

_LONGEST_WAIT = timedelta(days=1)
"""Longer than any wait that a broker asks for: a close that sleeps for ever is forgotten."""


class Rules:
    """Judges one close step by step and remembers what was sent."""

    def __init__(self, first: CloseState, effects: tuple[Effect, ...]) -> None:
        self.sent: dict[str, Ticket] = {}
        self.sendings = 0
        self._note_sent(effects)
        self._check_state(first)

    def check(
        self, before: CloseState, event: Event, after: CloseState, effects: tuple[Effect, ...]
    ) -> None:
        self._check_state(after)
        self._check_fills(before, after)
        self._check_end(before, event, after, effects)
        self._check_times(before, event, after, effects)
        self._check_asked_for(before, after, effects)
        self._check_walk(before, event, after)
        self._check_replaced(before, after)
        self._check_woken(before, event, after, effects)
        for effect in of_kind(ReplaceOrder, effects):
            assert before != after, "a replacement is sent that is not in the journal"
            assert after.walking is not None
            assert after.walking.replacement == effect.ticket
            assert not after.cancel_requested, "an order is replaced after a cancel"
            assert effect.ticket.client_order_id not in self.sent, "one id for two orders"
            self.sent[effect.ticket.client_order_id] = effect.ticket
        if placed(effects):
            assert before != after, "an order is sent that is not in the journal"
            assert Phase.SENDING is after.phase
            assert not after.cancel_requested, "an order is sent after a cancel"
        self._note_sent(effects)

    def _note_sent(self, effects: tuple[Effect, ...]) -> None:
        for ticket in placed(effects):
            known = self.sent.setdefault(ticket.client_order_id, ticket)
            assert known == ticket, "one id for two different orders"
            self.sendings += 1

    @staticmethod
    def _check_state(state: CloseState) -> None:
        assert state.phase.is_end == (state.ended_at is not None)
        assert describe(state)
        if state.phase.is_end and state.phase is not Phase.CLOSED:
            assert state.reason is not None
            assert state.reason.code in _REASONS, "an end has words of its own"
        if state.phase in (Phase.CLOSED, Phase.VERIFYING):
            assert state.all_filled
        for target in state.plan.targets:
            assert 0 <= state.remaining(target) <= target.contracts

    @staticmethod
    def _check_times(
        before: CloseState, event: Event, after: CloseState, effects: tuple[Effect, ...]
    ) -> None:
        if after.phase is not before.phase:
            assert event.at == after.phase_since, "the clock of a phase starts with it"
        assert after.ended_at in (None, after.phase_since)
        assert event.at == after.updated_at or after == before
        for wake in of_kind(WakeAfter, effects):
            assert timedelta(0) <= wake.delay <= _LONGEST_WAIT

    @staticmethod
    def _check_walk(before: CloseState, event: Event, after: CloseState) -> None:
        """A walk lasts as long as its step, and knows at any time where its limit stands."""
        walking = after.walking
        is_cleared = before.phase is Phase.CLEARING  # it begins with its first order
        if before.walking is not None and before.attempt.step == after.attempt.step:
            assert walking is not None, "a walk is forgotten"
            assert is_cleared or before.walking.began_at == walking.began_at
        if walking is None:
            return
        ours = {order.order_id for each in after.attempts for order in each.orders}
        assert walking.limit.is_finite()
        assert max(walking.began_at, walking.since, walking.moved_at) <= max(
            event.at, before.updated_at
        )
        if walking.moving is not None:
            assert walking.moving.order_id in ours
            assert walking.moving.net.is_finite()

    @staticmethod
    def _check_replaced(before: CloseState, after: CloseState) -> None:
        """A replacement counts when the broker has told that it took the old order's place."""
        was, now = before.attempt, after.attempt
        if (was.step, was.number) != (now.step, now.number) or was.ticket == now.ticket:
            return
        if before.unsent and not before.resends:
            assert was.ticket == replace(now.ticket, limit=was.ticket.limit), "another order"
            return  # it never went out, and its walk begins in the market of now
        identity = now.ticket.client_order_id
        heirs = {each.replaced_by for each in now.orders if each.status is OrderStatus.REPLACED}
        ours = {each.order_id for each in now.orders if each.client_order_id == identity}
        assert heirs & ours, f"{identity} counts, and what took the place is another order"

    @staticmethod
    def _check_woken(
        before: CloseState, event: Event, after: CloseState, effects: tuple[Effect, ...]
    ) -> None:
        """Whoever is woken asks, after a gap in any case; a walk may look at the market instead."""
        is_sent = before.phase is Phase.SENDING and not before.unsent
        if not isinstance(event, Woke) or before.phase.is_end or after.phase.is_end or is_sent:
            return
        asking = (LookUpOrder, FollowOrder, ReadHoldings, CheckAccount)
        looks = bool(of_kind(SeeMarket, effects)) and not event.after_gap
        assert looks or any(isinstance(each, asking) for each in effects), "nothing is asked"

    @staticmethod
    def _check_asked_for(
        before: CloseState, after: CloseState, effects: tuple[Effect, ...]
    ) -> None:
        """Nothing is asked for under an id that is not this close's or its conflicts'."""
        ours = {order.order_id for each in after.attempts for order in each.orders}
        ours |= {each.order_id for each in after.conflicts}
        succeeding = {order.replaced_by for each in after.attempts for order in each.orders}
        for cancel in of_kind(CancelOrder, effects):
            assert cancel.order_id in ours, "a stranger's order is cancelled"
        for follow in of_kind(FollowOrder, effects):
            assert follow.order_id in ours | succeeding, "a stranger's order is followed"
        for replacing in of_kind(ReplaceOrder, effects):
            assert replacing.order_id in ours, "a stranger's order is replaced"
        asked = {each.client_order_id for each in of_kind(LookUpOrder, effects)}
        asked |= {each.client_order_id for each in of_kind(CheckAccount, effects)}
        assert asked <= before.client_order_ids | after.client_order_ids

    @staticmethod
    def _check_fills(before: CloseState, after: CloseState) -> None:
        for old, new in zip(before.attempts, after.attempts, strict=False):
            reports = {order.order_id: order for order in new.orders}
            for order in old.orders:
                assert reports[order.order_id].filled_units >= order.filled_units
            if len(new.orders) == 1:
                for leg in old.ticket.legs:
                    assert new.filled(leg.symbol) >= old.filled(leg.symbol), "a fill is undone"

    @staticmethod
    def _check_end(
        before: CloseState, event: Event, after: CloseState, effects: tuple[Effect, ...]
    ) -> None:
        if after.phase is Phase.CLOSED and before.phase is not Phase.CLOSED:
            assert isinstance(event, HoldingsRead), "closed without a snapshot"
        if before.phase is Phase.CLOSED and after.phase is not Phase.CLOSED:
            assert isinstance(event, TradeRevised), "only a bust opens what was closed"
            assert Phase.NEEDS_ATTENTION is after.phase
        if before.phase.is_end:
            assert not placed(effects), "an ended close sends"
            if after.phase is not before.phase:
                told = isinstance(event, OrderReported | TradeRevised)
                evidence = told or after.phase is Phase.CLOSED
                assert evidence, "an end was undone without evidence"
