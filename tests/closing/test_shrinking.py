"""Other hands take what an order at work was to close: it is cut, and the close says by whom."""

from dataclasses import replace
from decimal import Decimal

from closing.test_walking import a_walk, stepped
from support.builders import (
    AT,
    a_report,
    a_walking_close,
    a_working_close,
    after,
    checked,
    holdings_of,
    of_kind,
    placed,
    put,
    run,
    told,
)

from closeout.closing.effects import CancelOrder, CheckAccount, ReadHoldings
from closeout.closing.events import (
    AccountChecked,
    CancelRequested,
    HoldingsRead,
    OrderReported,
    Recovered,
    Woke,
)
from closeout.closing.hands import hands_of
from closeout.closing.reconcile import has_shrunk, reconcile
from closeout.closing.rooms import Hand
from closeout.closing.state import CloseState, Phase
from closeout.closing.wording import describe
from closeout.domain.holdings import Holdings
from closeout.domain.orders import Fill, OrderReport, OrderStatus, Side

SHORT, LONG = put(450), put(440)


def reason(state: CloseState) -> str | None:
    return state.reason.code if state.reason else None


def snapshot(
    state: CloseState, seconds: float, hands: tuple[Hand, ...] = (), **left: int
) -> HoldingsRead:
    """Return holdings as the plan found them, but for what `short` and `all` say is left."""
    quantities = {target.symbol: int(target.held) for target in state.plan.targets}
    if "short" in left:
        quantities[SHORT] = -left["short"]
    if "all" in left:
        quantities = {symbol: each * left["all"] // 10 for symbol, each in quantities.items()}
    pairs = tuple((symbol, Decimal(each)) for symbol, each in quantities.items())
    return HoldingsRead(after(seconds), pairs, hands)


def ended(state: CloseState, seconds: float, filled: int = 0) -> OrderReport:
    return a_report(
        state.attempt.ticket, OrderStatus.CANCELED, filled=filled, updated=after(seconds)
    )


def a_cut_close(state: CloseState | None = None) -> CloseState:
    """Return a close whose order is being cancelled, since only four shorts are left."""
    state = state or a_working_close()
    return run(state, snapshot(state, 5, short=4), snapshot(state, 21, short=4))[0]


def look(state: CloseState, left: int, *hands: Hand) -> AccountChecked:
    quantities = {each.symbol: int(each.held) * left // 10 for each in state.plan.targets}
    event = checked(state, after(31), held=quantities)
    return AccountChecked(event.at, event.rooms, hands)


def test_what_is_left_of_an_order_that_was_replaced_has_an_id_of_its_own() -> None:
    state = stepped(a_walk(), 5)
    assert "closeout-c1-0-1" == state.attempt.ticket.client_order_id
    state, _ = run(state, snapshot(state, 6, short=4), snapshot(state, 22, short=4))
    report = a_report(
        state.attempt.ticket, OrderStatus.CANCELED, order_id="order-2", updated=after(23)
    )

    state, _ = run(state, told(report, after(23)))

    assert ("closeout-c1-0-2", 10) == (
        state.attempt.ticket.client_order_id,
        state.attempt.ticket.units,
    )


def by_phone(
    state: CloseState, seconds: float, *statuses: OrderStatus
) -> tuple[OrderReported, ...]:
    """Another hand puts its own order in place of ours; the news of that comes last."""
    ticket = replace(state.attempt.ticket, client_order_id="phone", limit=Decimal("3.40"))
    theirs = (
        a_report(
            ticket, status, order_id="order-9", replaces="order-1", updated=after(seconds + number)
        )
        for number, status in enumerate(statuses)
    )
    ours = a_report(
        state.attempt.ticket, OrderStatus.REPLACED, replaced_by="order-9", updated=after(seconds)
    )
    return tuple(told(report, after(seconds)) for report in (*theirs, ours))


def test_what_another_hand_has_replaced_and_cancelled_does_not_go_again() -> None:
    state = a_cut_close(a_walk())
    state, effects = run(state, *by_phone(state, 22, OrderStatus.NEW, OrderStatus.CANCELED))

    assert (Phase.CANCELLED, "cancelled_elsewhere", [], []) == (
        state.phase,
        reason(state),
        placed(effects),
        of_kind(CheckAccount, effects),
    )


def test_what_is_left_of_what_another_hand_has_moved_shows_the_limit_it_goes_at() -> None:
    state = a_walk()
    state = a_cut_close(run(state, *by_phone(state, 3, OrderStatus.NEW))[0])
    assert "order-9" == state.cancelling_order
    over = by_phone(state, 30, OrderStatus.CANCELED)[0]

    state, effects = run(state, over, look(state, 4))

    assert state.walking is not None
    assert ["0.00"] == [str(ticket.limit) for ticket in placed(effects)]
    assert Decimal("0.00") == state.walking.limit


def test_what_filled_unevenly_does_not_go_again() -> None:
    state = a_cut_close()
    report = a_report(
        state.attempt.ticket, OrderStatus.CANCELED, fills={LONG: 2}, updated=after(30)
    )

    state, effects = run(state, told(report, after(30)))

    assert (Phase.NEEDS_ATTENTION, "uneven_fill", after(30), ()) == (
        state.phase,
        reason(state),
        state.ended_at,
        effects,
    )


def test_one_snapshot_proves_nothing_for_fills_may_be_told_later() -> None:
    state, effects = run(a_working_close(), snapshot(a_working_close(), 5, short=4))

    assert (Phase.WORKING, []) == (state.phase, of_kind(CancelOrder, effects))
    _, effects = run(state, Woke(after(6)))
    assert [ReadHoldings()] == of_kind(ReadHoldings, effects), "and it is looked at again soon"


def test_the_time_in_which_nobody_looked_proves_nothing_either() -> None:
    state, _ = run(a_working_close(), snapshot(a_working_close(), 5, short=4))

    state, effects = run(state, Recovered(after(30)), snapshot(state, 30, short=4))
    assert (Phase.WORKING, []) == (state.phase, of_kind(CancelOrder, effects))

    _, effects = run(state, snapshot(state, 45, short=4))
    assert of_kind(CancelOrder, effects)


def test_an_order_that_wants_more_than_there_is_is_cancelled() -> None:
    state = a_working_close()
    state, effects = run(state, snapshot(state, 5, short=4), snapshot(state, 21, short=4))

    assert (Phase.CANCELLING, [CancelOrder("order-1")]) == (
        state.phase,
        of_kind(CancelOrder, effects),
    )
    assert "is being cancelled and what is left goes again" in describe(state)


def test_a_snapshot_that_shows_all_of_it_again_ends_the_doubt() -> None:
    state = a_working_close()
    state, effects = run(
        state,
        snapshot(state, 5, short=4),
        snapshot(state, 12, short=10),
        snapshot(state, 21, short=4),
    )

    assert (Phase.WORKING, []) == (state.phase, of_kind(CancelOrder, effects))


def test_our_own_fills_are_nobody_elses() -> None:
    state = a_working_close()
    partly = a_report(
        state.attempt.ticket, OrderStatus.PARTIALLY_FILLED, filled=6, updated=after(1)
    )
    state, _ = run(state, told(partly, after(1)))
    state, effects = run(state, snapshot(state, 5, all=4), snapshot(state, 60, all=4))

    assert (Phase.WORKING, ()) == (state.phase, effects)


def test_what_is_left_goes_again_after_a_look_and_never_more() -> None:
    state, effects = run(a_cut_close(), told(ended(a_cut_close(), 30), after(30)))
    assert (Phase.SENDING, [], 1) == (
        state.phase,
        placed(effects),
        len(of_kind(CheckAccount, effects)),
    )

    state, effects = run(state, look(state, 4))

    assert [("closeout-c1-0-2", 4)] == [
        (each.client_order_id, each.units) for each in placed(effects)
    ]
    assert 6 == state.gone_elsewhere(SHORT)


def test_fills_of_the_order_that_was_cut_count() -> None:
    state, _ = run(a_cut_close(), told(ended(a_cut_close(), 30, filled=3), after(30)))
    state, effects = run(state, look(state, 1))

    assert ([1], 6) == ([each.units for each in placed(effects)], state.gone_elsewhere(SHORT))


def test_a_walk_goes_on_from_its_limit() -> None:
    state = a_cut_close(a_walking_close())
    state, _ = run(state, told(ended(state, 30), after(30)))
    state, effects = run(state, look(state, 4))

    assert state.walking is not None
    assert [state.walking.walk.grid.price(state.walking.limit)] == [
        each.limit for each in placed(effects)
    ]


def test_a_person_may_still_stop_it_for_good() -> None:
    state = a_cut_close()
    assert state.can_cancel
    state, effects = run(state, CancelRequested(after(22)), told(ended(state, 30), after(30)))

    assert (Phase.CANCELLED, "cancelled", []) == (state.phase, reason(state), placed(effects))


def test_a_restart_goes_on_cancelling() -> None:
    state, effects = run(a_cut_close(), Recovered(after(22)), Woke(after(22)))

    assert (Phase.CANCELLING, [CancelOrder("order-1")]) == (
        state.phase,
        of_kind(CancelOrder, effects),
    )


def test_a_close_that_is_gone_by_another_hand_is_closed_and_says_whose() -> None:
    state, _ = run(a_cut_close(), told(ended(a_cut_close(), 30), after(30)))
    state, effects = run(state, look(state, 0, Hand(SHORT, "phone-1", 10)))
    assert (Phase.VERIFYING, [ReadHoldings()]) == (state.phase, [*effects])

    state, _ = run(state, snapshot(state, 32, all=0))

    assert (Phase.CLOSED, "closed_elsewhere") == (state.phase, reason(state))
    assert f"10 {SHORT} (order phone-1)" in describe(state)


def test_an_order_cancelled_elsewhere_whose_contracts_are_gone_is_closed() -> None:
    state, _ = run(a_working_close(), told(ended(a_working_close(), 10), after(10)))
    assert (Phase.CANCELLED, "cancelled_elsewhere") == (state.phase, reason(state))

    state, _ = run(state, snapshot(state, 15, (Hand(SHORT, "phone-1", 10),), all=0))

    assert (Phase.CLOSED, "closed_elsewhere") == (state.phase, reason(state))
    assert dict.fromkeys(state.plan.symbols, 10) == dict(state.elsewhere)
    assert f"10 {SHORT} (order phone-1)" in describe(state)


def another_close(phase: Phase, filled: int = 0) -> CloseState:
    """Return a close of the same contracts that ended after 20 seconds, if it ended."""
    state = replace(a_working_close(), close_id="another")
    report = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=filled, updated=after(12))
    if filled:
        state, _ = run(state, told(report, after(12)))
    return replace(state, phase=phase, ended_at=after(20) if phase.is_end else None)


def test_what_another_close_of_ours_takes_is_no_other_hands() -> None:
    state, _ = run(a_working_close(), told(ended(a_working_close(), 10), after(10)))
    working, closed = another_close(Phase.WORKING), another_close(Phase.CLOSED, filled=10)

    assert has_shrunk(state, left(state, 0))
    assert not has_shrunk(state, left(state, 0), [state, working])
    assert not has_shrunk(state, left(state, 0), [state, closed])
    assert () == reconcile(state, (), left(state, 0), at=AT, others=[closed])


def test_a_close_that_took_nothing_or_was_over_before_hides_no_other_hand() -> None:
    state, _ = run(a_working_close(), told(ended(a_working_close(), 10), after(10)))
    earlier = replace(another_close(Phase.CLOSED, filled=10), ended_at=after(-1))

    assert has_shrunk(state, left(state, 0), [another_close(Phase.CANCELLED), earlier])


def test_what_is_closed_much_later_is_another_story() -> None:
    state, _ = run(a_working_close(), told(ended(a_working_close(), 10), after(10)))
    again, _ = run(state, snapshot(state, 200, all=0))

    assert state == again


def test_an_order_cancelled_here_stays_cancelled() -> None:
    state, _ = run(a_working_close(), CancelRequested(after(5)))
    state, _ = run(state, told(ended(state, 10), after(10)))
    again, _ = run(state, snapshot(state, 15, all=0))

    assert state == again


def test_fills_that_come_late_are_ours_after_all() -> None:
    state, _ = run(a_working_close(), told(ended(a_working_close(), 10), after(10)))
    state, _ = run(state, snapshot(state, 15, all=0))

    state, _ = run(state, told(ended(state, 16, filled=10), after(16)))

    assert (Phase.CLOSED, ()) == (state.phase, state.elsewhere)


# --- what a look at the account tells -----------------------------------------------------------


def left(state: CloseState, contracts: int) -> Holdings:
    return holdings_of(
        {target.symbol: int(target.held) * contracts // 10 for target in state.plan.targets}
    )


def a_fill(order_id: str, symbol: str = SHORT, side: Side = Side.BUY, quantity: int = 2) -> Fill:
    return Fill("f", order_id, symbol, side, quantity, Decimal("1.00"), after(3))


def test_a_look_tells_of_what_has_shrunk_and_by_whom() -> None:
    state = a_working_close()
    fills = (a_fill("phone-1"), a_fill("phone-1", quantity=4), a_fill("order-1-leg-1"))

    (event,) = reconcile(state, (), left(state, 4), at=AT, fills=fills)

    assert isinstance(event, HoldingsRead)
    assert (Hand(SHORT, "phone-1", 6),) == event.hands


def test_trades_the_other_way_took_nothing() -> None:
    assert () == hands_of(a_working_close(), (a_fill("phone-1", side=Side.SELL),))


def test_a_look_at_all_of_it_tells_nothing() -> None:
    state = a_working_close()

    assert not has_shrunk(state, left(state, 10))
    assert () == reconcile(state, (), left(state, 10), at=AT)
