"""What every single step of a close must keep to, whatever happens."""

from support.builders import of_kind, placed

from closeout.closing.effects import Effect, ReplaceOrder
from closeout.closing.events import Event, HoldingsRead, OrderReported, TradeRevised
from closeout.closing.state import CloseState, Phase
from closeout.closing.wording import describe
from closeout.domain.orders import Ticket


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
        if state.phase in (Phase.CLOSED, Phase.VERIFYING):
            assert state.all_filled
        for target in state.plan.targets:
            assert 0 <= state.remaining(target) <= target.contracts

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
