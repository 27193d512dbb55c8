"""Anything may happen in any order: the rules hold after every step."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.builders import (
    a_covered_call,
    a_report,
    a_walking_plan,
    after,
    an_iron_condor,
    opened,
)
from support.close_rules import Rules

from closeout.closing.attempts import Attempt
from closeout.closing.events import (
    CancelAcknowledged,
    CancelFailed,
    CancelRequested,
    CloseOpened,
    Event,
    FasterRequested,
    HoldingsRead,
    LimitRequested,
    MarketSeen,
    OrderNotFound,
    OrderNotSent,
    OrderRefused,
    OrderReported,
    OutcomeLost,
    ReadMissed,
    Recovered,
    TradeRevised,
    Woke,
)
from closeout.closing.pacing import WalkTerms
from closeout.closing.schedule import Pace
from closeout.closing.state import CloseState
from closeout.closing.step import fold, step
from closeout.closing.walk import AtEnd, Holding
from closeout.domain.orders import Execution, OrderStatus
from closeout.domain.quotes import NetQuote

waits = st.sampled_from([0, 0.25, 1, 7, 31])
choices = st.tuples(
    st.sampled_from(
        [
            "report",
            "report",
            "report",
            "fill",
            "bust",
            "correct",
            "refuse",
            "not sent",
            "lose",
            "miss",
            "miss",
            "cancel",
            "taken",
            "failed",
            "holdings",
            "gone",
            "no read",
            "wake",
            "wake",
            "restart",
            "see",
            "see",
            "see",
            "hurry",
            "choose",
        ]
    ),
    waits,
    st.integers(0, 10),
    st.sampled_from(OrderStatus),
    st.integers(1, 3),
    st.integers(0, 1),
)
Choice = tuple[str, float, int, OrderStatus, int, int]
walking = st.sampled_from(AtEnd).map(
    lambda end: replace(opened(), plan=a_walking_plan(walk=WalkTerms(Pace.NORMAL, at_end=end)))
)
openings = walking | st.sampled_from(
    [an_iron_condor(10), an_iron_condor(1), a_covered_call(2)]
).map(opened)


@settings(max_examples=400, deadline=None)
@given(openings, st.lists(choices, max_size=40))
@example(opened(an_iron_condor(1)), [("report", 0, 1, OrderStatus.CANCELED, 1, 0)] * 2)
def test_no_sequence_of_events_breaks_a_rule(first: CloseOpened, drawn: list[Choice]) -> None:
    state, effects = step(None, first)
    events: list[Event] = [first]
    rules, seconds = Rules(state, effects), 0.0
    for choice in drawn:
        seconds += choice[1]
        event = _event(state, choice, seconds)
        after_it, effects = step(state, event)
        rules.check(state, event, after_it, effects)
        state = after_it
        events.append(event)

    assert state == fold(events)
    assert rules.sendings <= 2 * len(state.attempts) + sum(
        isinstance(event, OrderNotSent) for event in events
    )


@settings(max_examples=100, deadline=None)
@given(openings, st.lists(choices, max_size=30))
def test_only_events_that_change_something_need_the_journal(
    first: CloseOpened, drawn: list[Choice]
) -> None:
    """A fold over the journalled events alone leads to the same state."""
    state, _ = step(None, first)
    journal: list[Event] = [first]
    seconds = 0.0
    for choice in drawn:
        seconds += choice[1]
        event = _event(state, choice, seconds)
        later, _ = step(state, event)
        if later != state:
            journal.append(event)
        state = later

    assert state == fold(journal)


def _event(state: CloseState, choice: Choice, seconds: float) -> Event:
    kind, _, number, _, order, earlier = choice
    at, attempt = after(seconds), state.attempts[max(0, len(state.attempts) - 1 - earlier)]
    identity, soon = _identity(state, attempt, order), timedelta(seconds=number % 3)
    order_id = f"order-{attempt.step}-{order}"
    unique = "client_order_id must be unique" if number % 2 else "no"
    makers: dict[str, Callable[[], Event]] = {
        "report": lambda: _told(state, choice, seconds),
        "fill": lambda: _told(state, choice, seconds),
        "bust": lambda: _revised(state, choice, seconds, [number]),
        "correct": lambda: _revised(state, choice, seconds, []),
        "refuse": lambda: OrderRefused(at, identity, 422, 42210000, unique, ()),
        "not sent": lambda: OrderNotSent(at, identity, "429", soon),
        "lose": lambda: OutcomeLost(at, identity, "timeout"),
        "miss": lambda: OrderNotFound(at, identity),
        "cancel": lambda: CancelRequested(at),
        "taken": lambda: CancelAcknowledged(at, order_id),
        "failed": lambda: CancelFailed(at, order_id, "no", soon),
        "holdings": lambda: _held(state, (number - 5 for _ in state.plan.targets), seconds),
        "gone": lambda: _held(state, (0 for _ in state.plan.targets), seconds),
        "no read": lambda: ReadMissed(at, "504", soon),
        "wake": lambda: Woke(at),
        "restart": lambda: Recovered(at),
        "see": lambda: MarketSeen(at, _net(number), Holding.WIDE if number == 7 else None),
        "hurry": lambda: FasterRequested(at),
        "choose": lambda: LimitRequested(at, Decimal(number) / 100),
    }
    return makers[kind]()


def _identity(state: CloseState, attempt: Attempt, order: int) -> str:
    """Speak of the replacement that is on its way as well as of the order at work."""
    ticket = state.walking.replacement if state.walking else None
    return ticket.client_order_id if ticket and order > 1 else attempt.ticket.client_order_id


def _net(number: int) -> NetQuote:
    mid, half = Decimal(number) / 50, Decimal("0.20")
    return NetQuote(mid + half, mid, mid - half)


def _told(state: CloseState, choice: Choice, seconds: float) -> OrderReported:
    kind, wait, number, status, order, earlier = choice
    attempt = state.attempts[max(0, len(state.attempts) - 1 - earlier)]
    units = attempt.ticket.units
    filled = units if kind == "fill" or status is OrderStatus.FILLED else number * units // 10
    report = a_report(
        attempt.ticket,
        OrderStatus.FILLED if kind == "fill" else status,
        filled=filled,
        order_id=f"order-{attempt.step}-{order}",
        client_order_id=None if order == 1 else _successor_id(state, number),
        replaces=None if order == 1 else f"order-{attempt.step}-{order - 1}",
        replaced_by=f"order-{attempt.step}-{order + 1}" if status is OrderStatus.REPLACED else None,
        legs=number != 3,
        updated=after(seconds - wait / 2) if number % 4 else None,
    )
    return OrderReported(after(seconds), report, "stream")


def _revised(state: CloseState, choice: Choice, seconds: float, undone: list[int]) -> TradeRevised:
    report = _told(state, choice, seconds).report
    symbol, price = state.plan.symbols[-1], Decimal("1.00")
    trades = (
        Execution(f"trade-{number}", report.order_id, symbol, number, price, after(seconds))
        for number in undone
    )
    return TradeRevised(after(seconds), report, tuple(trades))


def _successor_id(state: CloseState, number: int) -> str:
    ticket = state.walking.replacement if state.walking else None
    return ticket.client_order_id if ticket and number % 5 else "theirs"


def _held(state: CloseState, left: Iterable[int], seconds: float) -> HoldingsRead:
    symbols = state.plan.symbols
    pairs = zip(symbols, map(Decimal, left), strict=True)
    return HoldingsRead(after(seconds), tuple(pairs))
