"""A package that is refused as such goes leg by leg, shorts first, if that was wished for."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import pytest
from support.builders import (
    LIMIT,
    MARKET,
    a_leg,
    a_market,
    a_quote,
    a_report,
    a_strategy,
    after,
    an_iron_condor,
    call,
    checked,
    holding_just,
    placed,
    put,
    told,
)

from closeout.closing.effects import CheckAccount, Effect, LookUpOrder
from closeout.closing.events import (
    CancelRequested,
    CloseOpened,
    Event,
    HoldingsRead,
    OrderNotFound,
    OrderNotSent,
    OrderRefused,
    OutcomeLost,
    Recovered,
)
from closeout.closing.limits import MarketView
from closeout.closing.pacing import WalkTerms
from closeout.closing.plan import plan_strategy
from closeout.closing.schedule import Pace
from closeout.closing.state import CloseState, Phase
from closeout.closing.step import fold, step
from closeout.closing.terms import IfRefused, Terms
from closeout.closing.walk import Walk
from closeout.closing.wording import describe
from closeout.domain.errors import CannotPlan
from closeout.domain.orders import OrderStatus, OrderType, Side
from closeout.domain.strategies import Strategy

OFF = "submit mleg order is disabled"
LEG_IN = Terms(OrderType.MARKET, if_refused=IfRefused.LEG_IN)
FIRST = "closeout-c1-0-0"


def run(state: CloseState, *events: Event) -> tuple[CloseState, tuple[Effect, ...]]:
    """Step through the events; every look at the account finds all that the close began with."""
    effects: tuple[Effect, ...] = ()
    for event in events:
        state, wanted = step(state, event)
        effects = (*effects, *wanted)
        if any(isinstance(each, CheckAccount) for each in wanted):
            state, wanted = step(state, checked(state, event.at))
            effects = (*effects, *wanted)
    return state, effects


def opened(
    terms: Terms = LEG_IN, strategy: Strategy | None = None, market: MarketView | None = None
) -> CloseOpened:
    strategy = strategy or an_iron_condor(10)
    plan = plan_strategy(strategy, terms, market or a_market(), holding_just(strategy))
    return CloseOpened(after(0), "c1", "PA1", strategy.id, None, "SPY", strategy.name, plan)


def a_close(terms: Terms = LEG_IN) -> CloseState:
    return step(None, opened(terms))[0]


def refused(
    seconds: float, message: str = OFF, status: int = 403, *, of: str = FIRST
) -> OrderRefused:
    return OrderRefused(after(seconds), of, status, 40310000, message, ())


def filled(state: CloseState, seconds: float, units: int | None = None) -> CloseState:
    ticket = state.attempt.ticket
    report = a_report(
        ticket,
        OrderStatus.FILLED if units is None else OrderStatus.PARTIALLY_FILLED,
        filled=ticket.units if units is None else units,
        order_id=f"order-{state.attempt.step}-{state.attempt.number}",
    )
    return run(state, told(report, after(seconds)))[0]


def now_sent(state: CloseState) -> tuple[str, Side, int, str]:
    (leg,) = state.attempt.ticket.legs
    return (leg.symbol, leg.side, state.attempt.ticket.units, state.attempt.ticket.client_order_id)


def reason(state: CloseState) -> str | None:
    return state.reason.code if state.reason else None


def test_the_shorts_go_first_and_each_waits_for_the_one_before_it() -> None:
    state, effects = run(a_close(), refused(1))
    sent = [now_sent(state)]
    assert 1 == len(placed(effects))
    for seconds in (2, 3, 4):
        state = filled(state, seconds)
        sent.append(now_sent(state))

    assert [
        (put(450), Side.BUY, 10, "closeout-c1-0-1"),
        (call(470), Side.BUY, 10, "closeout-c1-1-0"),
        (put(440), Side.SELL, 10, "closeout-c1-2-0"),
        (call(480), Side.SELL, 10, "closeout-c1-3-0"),
    ] == sent


def test_it_is_closed_when_every_leg_has_filled_and_the_snapshot_agrees() -> None:
    state, _ = run(a_close(), refused(1))
    for seconds in (2, 3, 4, 5):
        state = filled(state, seconds)
    assert Phase.VERIFYING is state.phase

    gone = tuple((symbol, Decimal(0)) for symbol in state.plan.symbols)
    assert Phase.CLOSED is run(state, HoldingsRead(after(6), gone))[0].phase


def test_no_long_goes_while_a_short_has_filled_in_part_only() -> None:
    state, _ = run(a_close(), refused(1))
    state = filled(state, 2)
    before = len(state.attempts)
    state = filled(state, 3, units=9)

    assert (before, call(470)) == (len(state.attempts), now_sent(state)[0])


def test_a_refusal_ends_the_close_where_legging_in_was_not_wished_for() -> None:
    state, effects = run(a_close(MARKET), refused(1))

    assert (Phase.REJECTED, "refused", []) == (state.phase, reason(state), placed(effects))


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, "submit mleg order is disabled"),
        (403, "account not eligible to trade uncovered option contracts"),
        (403, "account not eligible to trade spreads or uncovered contracts"),
        (403, "insufficient options buying power for cash-secured put (required: 9, available: 1)"),
        (422, "mleg orders must have at least 2 legs and at most 4 legs"),
        (422, "leg ratio quantities must be relatively prime"),
        (422, "leg.0 ratio_qty must be a positive integer"),
        (422, "rolling contracts ambiguity"),
        (
            422,
            "European-style option legs in a multi-leg order must have the same expiration date",
        ),
    ],
)
def test_what_is_said_of_the_package_says_nothing_of_its_legs(status: int, message: str) -> None:
    state, effects = run(a_close(), refused(1, message, status))

    assert (Phase.SENDING, [put(450)]) == (
        state.phase,
        [ticket.legs[0].symbol for ticket in placed(effects)],
    )


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, "insufficient qty available for order (requested: 10, available: 0)"),
        (403, "insufficient options buying power (required: 900, available: 1)"),
        (403, "insufficient buying power"),
        (403, "account is restricted from trading"),
        (403, "new orders are rejected by user request"),
        (403, "account not authorized to trade options"),
        (403, "account not eligible to trade long option contracts"),
        (403, "potential wash trade detected. use complex orders"),
        (403, "active assignment lock on SPY, cannot close all long options"),
        (403, "exceeded account limit for contracts expiring today"),
        (403, "forbidden."),
        (401, "unauthorized."),
        (404, "asset not found"),
        (400, "submit mleg order is disabled"),
        (422, "options market orders are only allowed during market hours"),
        (422, "position intent mismatch, inferred: sell_to_open, specified: sell_to_close"),
        (422, 'contract "SPY261218P00450000" is expired'),
        (422, 'contract "SPY261218P00450000" expiration date has passed'),
        (422, 'contract "SPY261218P00450000" is not tradable'),
        (422, "limit price must be limited to 2 decimal places"),
        (422, "invalid time in force"),
        (422, "underlying asset mismatch: SPY != QQQ"),
        (422, ""),
    ],
)
def test_every_other_refusal_ends_the_close(status: int, message: str) -> None:
    state, effects = run(a_close(), refused(1, message, status))

    assert (Phase.REJECTED, []) == (state.phase, placed(effects))


def test_a_lost_answer_is_looked_up_and_nothing_goes_meanwhile() -> None:
    state, effects = run(a_close(), OutcomeLost(after(1), FIRST, "timeout"), refused(2))

    assert [] == placed(effects)
    assert LookUpOrder(FIRST) in effects
    assert all(attempt.ticket.is_package for attempt in state.attempts)


def test_a_refusal_of_the_second_sending_waits_until_the_first_is_certainly_absent() -> None:
    state, _ = run(
        a_close(),
        OutcomeLost(after(1), FIRST, "timeout"),
        *(OrderNotFound(after(1 + each), FIRST) for each in (1, 2, 5, 15, 31)),
    )
    assert (Phase.SENDING, 1) == (state.phase, state.resends)
    state, effects = run(state, refused(33))
    assert (Phase.UNKNOWN, []) == (state.phase, placed(effects))

    state, effects = run(state, *(OrderNotFound(after(33 + n), FIRST) for n in (1, 2, 5, 15, 31)))

    assert [put(450)] == [ticket.legs[0].symbol for ticket in placed(effects)]
    assert Phase.SENDING is state.phase


def test_a_first_sending_that_arrived_after_all_is_followed_and_no_leg_goes() -> None:
    state, _ = run(
        a_close(),
        OutcomeLost(after(1), FIRST, "timeout"),
        *(OrderNotFound(after(1 + each), FIRST) for each in (1, 2, 5, 15, 31)),
        refused(33),
    )
    state, effects = run(state, told(a_report(state.attempt.ticket), after(40)))

    assert (Phase.WORKING, 1, []) == (state.phase, len(state.attempts), placed(effects))


@pytest.mark.parametrize(("seconds", "phase"), [(120, Phase.SENDING), (121, Phase.REJECTED)])
def test_a_package_refused_long_after_the_click_is_not_taken_apart(
    seconds: float, phase: Phase
) -> None:
    assert phase is run(a_close(), refused(seconds))[0].phase


def test_a_close_that_is_to_stop_does_not_go_on_leg_by_leg() -> None:
    state, effects = run(a_close(), CancelRequested(after(0.5)), refused(1))

    assert [] == placed(effects)
    assert state.phase.is_end


def test_a_cancel_between_the_legs_leaves_the_longs_and_says_so() -> None:
    state, _ = run(a_close(), refused(1))
    state, _ = run(filled(state, 2), CancelRequested(after(3)))
    state = filled(state, 4)

    assert (Phase.CANCELLED, "cancelled") == (state.phase, reason(state))
    assert f"Still open: 10 {put(440)}, 10 {call(480)}" in describe(state)


def test_a_leg_that_is_refused_after_others_filled_is_for_a_person() -> None:
    state, _ = run(a_close(), refused(1))
    state = filled(state, 2)
    state, effects = run(state, refused(3, "insufficient buying power", of="closeout-c1-1-0"))

    assert (Phase.NEEDS_ATTENTION, "refused", []) == (state.phase, reason(state), placed(effects))
    assert f"Still open: 10 {put(440)}, 10 {call(470)}, 10 {call(480)}" in describe(state)


def test_a_leg_that_is_refused_as_a_package_would_be_is_not_taken_apart_again() -> None:
    state, _ = run(a_close(), refused(1))
    state, effects = run(state, refused(2, OFF, of="closeout-c1-0-1"))

    assert (Phase.REJECTED, []) == (state.phase, placed(effects))


def test_a_restart_between_refusal_and_first_leg_looks_before_it_sends() -> None:
    state, _ = run(a_close(), refused(1))
    state, effects = run(state, Recovered(after(9)))

    assert (Phase.UNKNOWN, (LookUpOrder("closeout-c1-0-1"),)) == (state.phase, effects)


def test_the_journal_alone_leads_to_the_same_legs() -> None:
    told_of: list[Event] = [opened(), refused(1)]
    looked = checked(fold(told_of), after(1))

    assert run(a_close(), refused(1))[0] == fold([*told_of, looked])


def test_of_a_package_that_was_cut_only_what_was_sent_is_taken_apart() -> None:
    """Seven of ten are free: three stay a package that nobody sends any more."""
    not_sent = OrderNotSent(after(1), FIRST, "503", timedelta(0))
    state, _ = step(a_close(), not_sent)
    free = dict.fromkeys(state.plan.symbols, 7)
    state, effects = step(state, checked(state, after(40), free=free))
    (cut,) = placed(effects)
    assert (7, True) == (cut.units, cut.is_package)

    state, _ = run(state, refused(41, of=cut.client_order_id))

    assert (put(450), Side.BUY, 7, "closeout-c1-1-0") == now_sent(state)
    assert [(3, 4), *[(7, 1)] * 4] == [(each.units, len(each.legs)) for each in state.plan.steps]


def test_a_second_package_is_taken_apart_in_its_place() -> None:
    legs = [a_leg(put(430 + 10 * n), 4 if n < 3 else -4) for n in range(6)]
    state, _ = step(None, opened(strategy=a_strategy(*legs)))
    assert [4, 2] == [len(each.legs) for each in state.plan.steps]
    state = filled(state, 1)
    state, _ = run(state, refused(2, of="closeout-c1-1-0"))
    sent = [now_sent(state)]
    state = filled(state, 3)
    sent.append(now_sent(state))

    assert [(Side.BUY, "closeout-c1-1-1"), (Side.SELL, "closeout-c1-2-0")] == [
        (side, identity) for _, side, _, identity in sent
    ]
    assert Phase.VERIFYING is filled(state, 4).phase


def quotes(**more: str) -> MarketView:
    bids = {put(440): "0.50", put(450): "1.50", call(470): "1.60", call(480): "0.60"}
    return a_market(
        *(a_quote(symbol, bid, str(Decimal(bid) + Decimal("0.10"))) for symbol, bid in bids.items())
    )


def limits(terms: Terms) -> Mapping[str, Decimal | None]:
    (only,) = opened(terms, market=quotes()).plan.steps
    return {each.legs[0].symbol: each.limit for each in only.instead}


@pytest.mark.parametrize("offset", ["-0.13", "0.00", "0.02", "0.40"])
def test_the_legs_together_are_never_worse_than_the_package(offset: str) -> None:
    terms = Terms(OrderType.LIMIT, offset=Decimal(offset), if_refused=IfRefused.LEG_IN)
    (only,) = opened(terms, market=quotes()).plan.steps

    net = sum(each.limit * each.legs[0].side.sign for each in only.instead if each.limit)
    assert only.limit is not None
    assert only.limit - Decimal("0.04") <= net <= only.limit


def test_at_mid_every_leg_goes_at_its_own_mid() -> None:
    found = limits(Terms(OrderType.LIMIT, if_refused=IfRefused.LEG_IN))

    assert {
        put(450): Decimal("1.55"),
        call(470): Decimal("1.65"),
        put(440): Decimal("0.55"),
        call(480): Decimal("0.65"),
    } == found


def walks(market: MarketView, walk: WalkTerms) -> list[tuple[str, Walk]]:
    terms = Terms(OrderType.LIMIT, walk=walk, if_refused=IfRefused.LEG_IN)
    (only,) = opened(terms, market=market).plan.steps
    found = [(each.legs[0].symbol, each.walk) for each in only.instead]
    return [(symbol, each) for symbol, each in found if each is not None]


def test_the_legs_of_a_package_that_walks_walk_by_themselves() -> None:
    found = walks(quotes(), WalkTerms(Pace.URGENT))

    assert [put(450), call(470), put(440), call(480)] == [symbol for symbol, _ in found]
    assert {(Pace.URGENT, None)} == {(each.pace, each.worst) for _, each in found}


def test_a_worst_result_of_a_package_is_a_worst_price_of_each_leg() -> None:
    """Opened for 2.00 and 2000 dollars: to lose 200 of them it may pay 2.20."""
    by_price = walks(quotes(), WalkTerms(Pace.URGENT, worst_price=Decimal("2.20")))

    assert by_price == walks(quotes(), WalkTerms(Pace.URGENT, worst_pnl=Decimal(-200)))


def test_legs_that_walk_begin_to_when_it_is_their_turn() -> None:
    terms = Terms(OrderType.LIMIT, walk=WalkTerms(Pace.URGENT), if_refused=IfRefused.LEG_IN)
    state, _ = run(step(None, opened(terms, market=quotes()))[0], refused(1))

    assert state.walking is not None
    assert (after(1), put(450)) == (state.walking.began_at, now_sent(state)[0])


def test_the_worst_of_a_package_is_shared_out_over_its_legs() -> None:
    """Net mid is 2.00 to pay, so 2.20 allows each of four contracts 0.05 past its own mid."""
    found = walks(quotes(), WalkTerms(Pace.URGENT, worst_price=Decimal("2.20")))

    assert {
        put(450): Decimal("1.60"),
        call(470): Decimal("1.70"),
        put(440): Decimal("-0.50"),
        call(480): Decimal("-0.60"),
    } == {symbol: each.worst for symbol, each in found}


def test_a_price_cannot_be_shared_out_without_quotes() -> None:
    terms = Terms(OrderType.LIMIT, price=Decimal("2.00"), if_refused=IfRefused.LEG_IN)

    with pytest.raises(CannotPlan, match="leave if_refused at 'stop'") as caught:
        opened(terms)

    assert "no_price" == caught.value.reason_code


def test_without_the_wish_a_plan_carries_no_legs() -> None:
    (only,) = opened(LIMIT, market=quotes()).plan.steps

    assert () == only.instead
