"""The exchange takes trades back: the only way in which fills become fewer."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from support.builders import (
    a_covered_call,
    a_report,
    a_sending_close,
    a_ticket,
    a_working_close,
    after,
    call,
    checked,
    of_kind,
    opened,
    placed,
    put,
    run,
    told,
)

from closeout.closing.effects import CancelOrder, CheckAccount, PlaceOrder, WakeAfter
from closeout.closing.events import (
    CancelRequested,
    HoldingsRead,
    OrderNotSent,
    OrderRefused,
    TradeRevised,
)
from closeout.closing.state import CloseState, Phase
from closeout.closing.step import step
from closeout.closing.wording import describe
from closeout.domain.orders import Execution, OrderReport, OrderStatus, Side, TicketLeg

SHORT = put(450)
SECOND = timedelta(seconds=1)


def reason(state: CloseState) -> str | None:
    return state.reason.code if state.reason else None


def filled(state: CloseState, units: int, status: OrderStatus = OrderStatus.FILLED) -> OrderReport:
    return a_report(state.attempt.ticket, status, filled=units, updated=after(units))


def a_trade(trade: str = "trade-1", contracts: int = 1, symbol: str = SHORT) -> Execution:
    return Execution(trade, "order-1-leg-1", symbol, contracts, Decimal("1.20"), after(5))


def bust(state: CloseState, *trades: Execution, units: int = 10) -> TradeRevised:
    return TradeRevised(after(20), filled(state, units), trades or (a_trade(),))


def a_filled_close() -> CloseState:
    state = a_working_close()
    return run(state, told(filled(state, 10)))[0]


def a_closed_close() -> CloseState:
    state = a_filled_close()
    nothing = tuple((symbol, Decimal(0)) for symbol in state.plan.symbols)
    return run(state, HoldingsRead(after(15), nothing))[0]


def test_a_close_that_was_closed_asks_for_a_person() -> None:
    state = a_closed_close()
    assert Phase.CLOSED is state.phase

    state, effects = run(state, bust(state))

    assert (Phase.NEEDS_ATTENTION, "trade_busted", ()) == (state.phase, reason(state), effects)


def test_a_person_is_told_what_was_taken_back_and_what_to_do() -> None:
    state, _ = run(a_closed_close(), bust(a_closed_close()))

    assert (
        f"The exchange took fills back, so these contracts are open again: 1 {SHORT} at 1.20 "
        f"(order order-1-leg-1). Closed so far: 39 of 40 filled. Still open: 1 {SHORT}. Close "
        "them anew when Alpaca's positions show them."
    ) == describe(state)


def test_what_was_taken_back_is_open_whatever_old_reads_say() -> None:
    state, _ = run(a_filled_close(), bust(a_filled_close()))
    late = told(filled(state, 10), after(30), "read")

    state, effects = run(state, late, told(filled(state, 9), after(31), "read"))

    assert (9, Phase.NEEDS_ATTENTION, ()) == (state.filled(SHORT), state.phase, effects)


def test_a_bust_told_twice_counts_once() -> None:
    state = a_filled_close()
    state, _ = run(state, bust(state), bust(state))

    assert 9 == state.filled(SHORT)


def test_two_busts_count_twice() -> None:
    state = a_filled_close()
    state, _ = run(state, bust(state), bust(state, a_trade("trade-2", contracts=3)))

    assert 6 == state.filled(SHORT)


def test_an_order_that_works_goes_on_and_the_rest_is_a_persons_afterwards() -> None:
    state = a_working_close()
    state, _ = run(state, told(filled(state, 4, OrderStatus.PARTIALLY_FILLED)))
    state, effects = run(state, bust(state, units=4))
    assert (Phase.WORKING, 3, ()) == (state.phase, state.filled(SHORT), effects)

    state, effects = run(state, told(filled(state, 10)))

    assert (Phase.NEEDS_ATTENTION, "trade_busted", []) == (
        state.phase,
        reason(state),
        of_kind(PlaceOrder, effects),
    )


def test_no_later_order_goes_out_over_what_was_taken_back() -> None:
    """Shares must stay while the call that they cover is open again."""
    state = a_sending_close(a_covered_call())
    working = filled(state, 1, OrderStatus.PARTIALLY_FILLED)
    state, _ = run(state, told(working))
    state, _ = run(state, bust(state, a_trade(symbol=call(140, "NVDA")), units=1))

    state, effects = run(state, told(filled(state, 2)), checked(state, after(30)))

    assert (Phase.NEEDS_ATTENTION, "trade_busted", []) == (
        state.phase,
        reason(state),
        placed(effects),
    )


def a_later_step() -> CloseState:
    """Return a covered call whose call was bought back and whose shares wait to be sold."""
    state = a_sending_close(a_covered_call())
    return run(state, told(filled(state, 2)))[0]


def bust_of_the_call(state: CloseState) -> TradeRevised:
    order = state.attempts[0].orders[0]
    trade = replace(a_trade(symbol=call(140, "NVDA")), order_id=order.legs[0].order_id)
    return TradeRevised(after(20), order, (trade,))


def test_a_later_order_that_waits_to_be_sent_is_not_sent_over_a_bust() -> None:
    state = a_later_step()
    state, _ = run(state, bust_of_the_call(state))

    state, effects = run(state, checked(state, after(30)))

    assert (Phase.NEEDS_ATTENTION, "trade_busted", []) == (
        state.phase,
        reason(state),
        placed(effects),
    )


def test_a_later_order_at_work_is_cancelled_for_a_bust_before_it() -> None:
    state = a_later_step()
    state, _ = run(
        state, checked(state, after(3)), told(a_report(state.attempt.ticket, order_id="order-2"))
    )

    state, effects = run(state, bust_of_the_call(state))
    assert (Phase.CANCELLING, 1) == (state.phase, len(of_kind(CancelOrder, effects)))

    ended = a_report(
        state.attempt.ticket, OrderStatus.CANCELED, order_id="order-2", updated=after(30)
    )
    state, _ = run(state, told(ended, after(30)))
    assert (Phase.NEEDS_ATTENTION, "trade_busted") == (state.phase, reason(state))


def test_a_refusal_does_not_end_it_without_telling_of_a_bust() -> None:
    state = a_later_step()
    state, _ = run(state, checked(state, after(3)))
    identity = state.attempt.ticket.client_order_id
    refused = OrderRefused(after(21), identity, 403, 40310000, "uncovered", ())

    state, _ = run(state, bust_of_the_call(state), refused)

    assert (Phase.NEEDS_ATTENTION, "trade_busted") == (state.phase, reason(state))


def test_nor_does_a_person_who_cancels_what_waits_to_be_sent() -> None:
    state = a_later_step()

    state, _ = run(state, bust_of_the_call(state), CancelRequested(after(21)))

    assert (Phase.NEEDS_ATTENTION, "trade_busted") == (state.phase, reason(state))


def test_a_correction_to_less_counts_as_a_bust_of_the_difference() -> None:
    state = a_closed_close()
    less = TradeRevised(after(20), filled(state, 9), ())

    state, _ = run(state, less)

    assert (Phase.NEEDS_ATTENTION, 9) == (state.phase, state.filled(SHORT))


def test_corrections_one_after_another_come_to_what_the_last_one_says() -> None:
    state = a_closed_close()
    for units in (9, 7, 7):
        state, _ = run(state, TradeRevised(after(20), filled(state, units), ()))

    assert 7 == state.filled(SHORT)


def test_a_correction_that_knows_of_a_bust_does_not_count_it_again() -> None:
    state = a_closed_close()
    state, _ = run(state, bust(state), TradeRevised(after(21), filled(state, 9), ()))

    assert 9 == state.filled(SHORT)


def test_a_correction_names_the_order_and_the_price_of_what_it_takes_back() -> None:
    state, _ = run(a_closed_close(), TradeRevised(after(20), filled(a_closed_close(), 8), ()))

    assert f"2 {SHORT} at 1.00 (order order-1-leg-1)" in describe(state)


def test_a_correction_of_the_price_changes_the_price_alone() -> None:
    state = a_closed_close()
    dearer = a_report(
        state.attempt.ticket, OrderStatus.FILLED, filled=10, price="1.05", updated=after(20)
    )
    state, effects = run(state, TradeRevised(after(20), dearer, ()))

    leg = state.attempt.orders[0].leg(SHORT)
    assert leg is not None
    assert (Phase.CLOSED, Decimal("1.05"), ()) == (state.phase, leg.average_price, effects)


def test_a_bust_of_somebody_elses_trade_changes_nothing() -> None:
    state = a_closed_close()
    theirs = a_report(state.attempt.ticket, order_id="order-9", client_order_id="theirs")

    assert (state, ()) == run(state, TradeRevised(after(20), theirs, (a_trade(),)))


def of_another(symbol: str, side: Side) -> TradeRevised:
    """A trade of an order that is not this close's was taken back."""
    legs = (TicketLeg(symbol=symbol, ratio=1, side=side),)
    ticket = replace(a_working_close().attempt.ticket, legs=legs)
    report = a_report(
        ticket, OrderStatus.FILLED, filled=1, order_id="order-9", client_order_id="theirs"
    )
    return TradeRevised(after(20), report, (a_trade(symbol=symbol),))


def test_an_order_that_may_sell_the_cover_of_what_was_taken_back_is_withdrawn() -> None:
    state, effects = run(a_working_close(), of_another(SHORT, Side.BUY))

    assert Phase.CANCELLING is state.phase
    assert state.is_recut, "and what is left goes again"
    assert ["order-1"] == [each.order_id for each in of_kind(CancelOrder, effects)]


@pytest.mark.parametrize(
    "event",
    [of_another("QQQ261218P00400000", Side.BUY), of_another(SHORT, Side.SELL)],
    ids=["of another underlying", "a sale"],
)
def test_a_trade_that_needs_no_cover_leaves_an_order_alone(event: TradeRevised) -> None:
    state = a_working_close()

    assert (state, ()) == run(state, event)


def test_an_order_on_its_way_is_withdrawn_once_it_works() -> None:
    sending = run(a_sending_close(), of_another(SHORT, Side.BUY))[0]

    state, effects = run(sending, told(a_report(sending.attempt.ticket)))

    assert Phase.CANCELLING is state.phase
    assert ["order-1"] == [each.order_id for each in of_kind(CancelOrder, effects)]


def test_an_order_that_waits_looks_at_the_account_once_more() -> None:
    lost = OrderNotSent(after(1), a_sending_close().attempt.ticket.client_order_id, "429", SECOND)
    waiting = run(a_sending_close(), lost, of_another(SHORT, Side.BUY))[0]

    again, effects = run(waiting, checked(waiting))
    sent, placing = run(again, checked(again))

    assert of_kind(CheckAccount, effects)
    assert placed(placing)
    assert not sent.is_recut


def test_no_look_from_before_a_trade_was_taken_back_sends_what_may_be_its_cover() -> None:
    """Two may be on their way: an order that waits is looked for again when the close is woken."""
    identity = a_sending_close().attempt.ticket.client_order_id
    waiting = run(a_sending_close(), OrderNotSent(after(1), identity, "429", SECOND))[0]
    before = replace(checked(waiting), client_order_id=identity)

    again, effects = run(waiting, of_another(SHORT, Side.BUY), before, before)
    assert (CheckAccount(identity, after=after(20)),) == effects
    _, effects = run(again, replace(before, after=after(20)))
    assert placed(effects)


def test_nor_while_the_orders_in_its_way_are_cleared() -> None:
    state, _ = step(None, opened(conflicts=("theirs-1",)))
    ticket = replace(a_ticket((SHORT, 1)), client_order_id="theirs")
    theirs = a_report(ticket, OrderStatus.CANCELED, order_id="theirs-1")
    state, _ = run(state, told(theirs, after(19)))
    looked = replace(checked(state, after(21)), after=after(19))

    state, effects = run(state, of_another(SHORT, Side.BUY), looked)
    assert ([], 1) == (placed(effects), len(of_kind(WakeAfter, effects)))
    _, effects = run(state, replace(looked, at=after(23), after=after(22)))
    assert placed(effects)
