"""Sentences for a person: submitted is never called closed."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from support.builders import (
    a_covered_call,
    a_plan,
    a_report,
    a_sending_close,
    a_working_close,
    after,
    an_iron_condor,
    call,
    checked,
    opened,
    put,
    run,
    told,
)
from support.phases import STATES, SYMBOLS

from closeout.closing.events import HoldingsRead, OrderNotSent, OrderRefused
from closeout.closing.rooms import Hand
from closeout.closing.state import CloseState, Phase, Reason
from closeout.closing.step import step
from closeout.closing.terms import IfRefused, Terms
from closeout.closing.timing import CANCEL_RETRY
from closeout.closing.wording import _REASONS, describe, progress, taken_elsewhere
from closeout.domain.orders import OrderStatus, OrderType

_DENIALS = re.compile(r"Nothing was closed|Closed so far", re.IGNORECASE)


@pytest.mark.parametrize("name", STATES)
def test_only_what_is_closed_is_called_closed(name: str) -> None:
    state = STATES[name]()
    rest = _DENIALS.sub("", describe(state)).lower()

    assert (state.phase is Phase.CLOSED) == ("closed" in rest)


@pytest.mark.parametrize("name", STATES)
def test_every_sentence_is_whole(name: str) -> None:
    text = describe(STATES[name]())

    assert text[0].isupper()
    assert text.endswith(".")
    assert ".." not in text
    assert "  " not in text
    assert "_" not in text, "a code instead of words"


_LEFT = ", ".join(f"6 {leg}" for leg in (put(440), put(450), call(470), call(480)))
_UNTOUCHED = "Nothing was closed; the position is as it was."
_COMPARE = "Compare with Alpaca's own page before trading these contracts again."


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        (
            "clearing",
            (
                "Cancelling order by-hand-1 first, which holds these contracts. The close goes out "
                "when they are free."
            ),
        ),
        (
            "clearing, waiting for contracts",
            "The orders that held these contracts are over. Waiting until they are free.",
        ),
        ("sending", "Sending the order to Alpaca."),
        (
            "unknown",
            (
                "Alpaca's answer to the order did not arrive. It may be working: Closeout is "
                "looking it up. Do not send it again."
            ),
        ),
        ("working, partly filled", "The order is working at Alpaca: 16 of 40 filled."),
        ("cancelling", "Cancelling; fills may still come: nothing filled yet."),
        (
            "cancelling, to go again",
            (
                "Less is left in the account than the order wants, so it is being cancelled and "
                "what is left goes again; fills may still come: nothing filled yet."
            ),
        ),
        ("verifying", "All fills are in. Waiting for Alpaca's positions to agree."),
        ("closed", "Closed: every contract filled and Alpaca's positions agree."),
        (
            "cancelled",
            f"Cancelled as you asked. Closed so far: 16 of 40 filled. Still open: {_LEFT}.",
        ),
        (
            "cancelled elsewhere",
            f"The order was cancelled at Alpaca, not from here. {_UNTOUCHED}",
        ),
        ("rejected", f"Alpaca refused the order: no. {_UNTOUCHED}"),
        (
            "needs attention, busted",
            (
                "The exchange took fills back, so these contracts are open again: "
                f"1 {put(440)} at 1.00 (order order-1-leg-0). Closed so far: 39 of 40 filled. "
                f"Still open: 1 {put(440)}. Close them anew when Alpaca's positions show them."
            ),
        ),
        (
            "needs attention, expired",
            (
                "The order expired at the end of the session without filling completely. "
                f"Closed so far: 16 of 40 filled. Still open: {_LEFT}."
            ),
        ),
        (
            "needs attention, disagreement",
            (
                "All fills are in, but Alpaca's positions do not agree: "
                + "; ".join(f"{symbol} shows 1, expected 0 or less" for symbol in SYMBOLS)
                + f". {_COMPARE}"
            ),
        ),
        (
            "needs attention, hidden",
            "Alpaca has an order under this id, but does not show it: it may be working. "
            + _COMPARE,
        ),
    ],
)
def test_a_person_reads_where_the_close_stands_and_what_to_do(name: str, sentences: str) -> None:
    assert sentences == describe(STATES[name]())


def test_of_several_orders_it_says_which_one_works() -> None:
    state = a_sending_close(a_covered_call(2))
    calls = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=2)
    state, _ = run(state, told(calls))
    state, _ = run(state, told(a_report(state.attempt.ticket, order_id="order-2")))

    assert "Order 2 of 2 is working at Alpaca: 2 of 202 filled." == describe(state)


def test_a_package_that_was_refused_says_why_its_legs_go_one_by_one() -> None:
    strategy = an_iron_condor(10)
    terms = Terms(OrderType.MARKET, if_refused=IfRefused.LEG_IN)
    state, _ = step(None, replace(opened(strategy), plan=a_plan(strategy, terms)))
    refusal = "submit mleg order is disabled."
    state, _ = run(state, OrderRefused(after(1), "closeout-c1-0-0", 403, 40310000, refusal, ()))
    state, _ = run(state, checked(state, after(1)))
    state, _ = run(state, told(a_report(state.attempt.ticket, order_id="order-2"), after(2)))

    assert (
        "Order 1 of 4 is working at Alpaca: nothing filled yet. Alpaca refused the package "
        "(submit mleg order is disabled), so its legs go one after another, shorts first."
    ) == describe(state)


def a_close_by_other_hands(*hands: Hand) -> CloseState:
    """Return a close that sees its order cancelled and its contracts gone, not by itself."""
    state = STATES["cancelled elsewhere"]()
    gone = tuple((symbol, Decimal(0)) for symbol in SYMBOLS)
    return run(state, HoldingsRead(after(65), gone, hands))[0]


def test_a_close_by_other_hands_names_what_they_took_and_by_which_orders() -> None:
    state = a_close_by_other_hands(Hand(put(450), "phone-1", 4), Hand(put(450), "phone-2", 6))
    taken = (
        f"Not closed from here but by another hand: 10 {put(440)}, "
        f"10 {put(450)} (orders phone-1 and phone-2), 10 {call(470)}, 10 {call(480)}."
    )

    assert taken == taken_elsewhere(state)
    assert f"Closed: nothing is left, and Alpaca's positions agree. {taken}" == describe(state)
    assert None is taken_elsewhere(STATES["closed"]())


def test_an_end_without_words_of_its_own_is_told_by_its_code() -> None:
    """A journal of a later version may know ends that this one does not."""
    state = replace(STATES["cancelled"](), reason=Reason("struck_by_lightning", "at noon"))

    assert describe(state).startswith("struck_by_lightning: at noon. Closed so far")
    assert describe(replace(state, reason=Reason("struck_by_lightning"))).startswith(
        "struck_by_lightning. Closed so far"
    )


def partly(status: OrderStatus, filled: int) -> CloseState:
    state = a_working_close()
    report = a_report(state.attempt.ticket, status, filled=filled, updated=after(5))
    return run(state, told(report, after(5)))[0]


def test_progress_counts_contracts_over_all_legs() -> None:
    assert "12 of 40 filled" == progress(partly(OrderStatus.PARTIALLY_FILLED, 3))
    assert "nothing filled yet" == progress(a_working_close())


def test_what_filled_is_not_said_to_be_nothing() -> None:
    text = describe(partly(OrderStatus.EXPIRED, 3))

    assert "Closed so far: 12 of 40 filled." in text
    assert f"7 {call(470)}" in text
    assert "Nothing" not in text


def test_nothing_filled_is_said_so() -> None:
    assert "Nothing was closed; the position is as it was." in describe(
        partly(OrderStatus.EXPIRED, 0)
    )


def test_only_what_is_still_open_is_listed() -> None:
    """The calls of a covered call are bought back; the shares are not sold."""
    state = a_sending_close(a_covered_call(2))
    bought = a_report(state.attempt.ticket, OrderStatus.FILLED, filled=2)
    state, _ = run(state, told(bought))
    rejected = a_report(state.attempt.ticket, OrderStatus.REJECTED, order_id="order-2")
    text = describe(run(state, told(rejected))[0])

    assert "Still open: 200 NVDA." in text
    assert call(140, "NVDA") not in text


def test_waiting_to_send_says_that_it_is_not_sent() -> None:
    waiting = OrderNotSent(after(1), "closeout-c1-0-0", "rate limited", CANCEL_RETRY)

    assert "Not sent yet (rate limited); trying again." == describe(
        run(a_sending_close(), waiting)[0]
    )


def test_unknown_warns_not_to_send_again() -> None:
    assert "Do not send it again" in describe(STATES["unknown"]())


def test_a_refusal_carries_alpacas_words() -> None:
    assert "Alpaca refused the order: no." in describe(STATES["rejected"]())


def test_a_hidden_order_is_not_said_to_leave_the_position_as_it_was() -> None:
    """It may work or have filled: nobody here knows."""
    text = describe(STATES["needs attention, hidden"]())

    assert "as it was" not in text
    assert "Alpaca's own page" in text


@pytest.mark.parametrize("name", [key for key, make in STATES.items() if make().phase.is_end])
def test_every_end_has_words_of_its_own(name: str) -> None:
    reason = STATES[name]().reason

    assert reason is None or reason.code in _REASONS
