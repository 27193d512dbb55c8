"""Sentences for a person: where a close stands, and what to do. Submitted is never closed."""

from closeout.closing.attempts import Attempt
from closeout.closing.state import CloseState, Phase

_REASONS = {
    "cancelled": "Cancelled as you asked.",
    "walk_ended": "The time was used up without a fill, and the order was cancelled as you chose.",
    "cancelled_elsewhere": "The order was cancelled at Alpaca, not from here.",
    "cancelled_before_sending": "Cancelled before anything was sent.",
    "expired": "The order expired at the end of the session without filling completely.",
    "rejected_by_broker": "Alpaca accepted the order first and rejected it afterwards.",
    "refused": "Alpaca refused the order",
    "broker_unreachable": "Alpaca could not be reached, so the order was not sent",
    "never_arrived": "Alpaca never received the order; nothing of it works.",
    "order_hidden": "Alpaca has an order under this id, but does not show it: it may be working.",
    "changed_meanwhile": (
        "Alpaca shows no such order, and yet its contracts are not all there and free any more, "
        "so it was not sent again."
    ),
    "contracts_held": "Other open orders hold these contracts, or shorts need them as cover.",
    "position_changed": "The account does not hold these contracts any more.",
    "conflicts_remain": "The orders that hold these contracts could not be cleared away",
    "left_over": "Less was there or free than was to be closed, so only that much was sent.",
    "filled_after_end": "The order filled after this close had ended; nothing more was sent.",
    "fills_unclear": "The order filled in part while its price was being changed, and Alpaca's "
    "reports can be added up in two ways.",
    "trade_busted": "The exchange took fills back, so these contracts are open again",
    "uneven_fill": "Alpaca reports the order filled, but not every contract of it.",
    "holdings_disagree": "All fills are in, but Alpaca's positions do not agree",
}

_UNCERTAIN = frozenset(
    {"changed_meanwhile", "holdings_disagree", "order_hidden", "uneven_fill", "fills_unclear"}
)
"""Ends of which nobody here can say what is left."""


def describe(state: CloseState) -> str:
    """Say in one or two sentences where the close stands."""
    match state.phase:
        case Phase.CLEARING:
            return _clearing(state)
        case Phase.SENDING:
            return _sending(state)
        case Phase.UNKNOWN:
            return (
                "Alpaca's answer to the order did not arrive. It may be working: Closeout is "
                "looking it up. Do not send it again."
            )
        case Phase.WORKING:
            return f"{_which(state)} is working at Alpaca: {progress(state)}.{_taken_apart(state)}"
        case Phase.CANCELLING:
            return f"{_why_cancelling(state)}; fills may still come: {progress(state)}."
        case Phase.VERIFYING:
            return "All fills are in. Waiting for Alpaca's positions to agree."
        case Phase.CLOSED:
            return _closed(state)
        case _:
            return _ended_short(state)


def progress(state: CloseState) -> str:
    """Say how much has filled, in contracts over all legs."""
    total = sum(target.contracts for target in state.plan.targets)
    filled = total - sum(state.remaining(target) for target in state.plan.targets)
    if not filled:
        return "nothing filled yet"
    return f"{filled} of {total} filled"


def _clearing(state: CloseState) -> str:
    left = [each.order_id for each in state.conflicts if not each.is_over]
    if not left:
        return "The orders that held these contracts are over. Waiting until they are free."
    return (
        f"Cancelling {_orders(left)} first, which holds these contracts. The close goes out when "
        "they are free."
    )


def _closed(state: CloseState) -> str:
    elsewhere = taken_elsewhere(state)
    if not elsewhere:
        return "Closed: every contract filled and Alpaca's positions agree."
    return f"Closed: nothing is left, and Alpaca's positions agree. {elsewhere}"


def taken_elsewhere(state: CloseState) -> str | None:
    """Say what other hands took out of the account while this close ran."""
    taken = ", ".join(
        f"{contracts} {symbol}{_by_whom(state, symbol)}" for symbol, contracts in state.elsewhere
    )
    return f"Not closed from here but by another hand: {taken}." if taken else None


def _by_whom(state: CloseState, symbol: str) -> str:
    """Name the orders that took a symbol; an assignment or exercise has none."""
    known = [hand.order_id for hand in state.hands if hand.symbol == symbol]
    return f" ({_orders(known)})" if known else ""


def _why_cancelling(state: CloseState) -> str:
    if state.is_recut and not state.cancel_requested:
        return (
            "Less is left in the account than the order wants, so it is being cancelled and what "
            "is left goes again"
        )
    return "Cancelling"


def _orders(order_ids: list[str]) -> str:
    return f"order{'s' if len(order_ids) > 1 else ''} {' and '.join(order_ids)}"


def _which(state: CloseState) -> str:
    steps = len(state.plan.steps)
    return "The order" if steps == 1 else f"Order {state.attempt.step + 1} of {steps}"


def _taken_apart(state: CloseState) -> str:
    """Say why the legs go one by one."""
    refused = next((each for each in state.attempts if _was_taken_apart(state, each)), None)
    if refused is None or refused.refusal is None:
        return ""
    return (
        f" Alpaca refused the package ({refused.refusal.rstrip('.')}), so its legs go one after "
        "another, shorts first."
    )


def _was_taken_apart(state: CloseState, attempt: Attempt) -> bool:
    """Whether the plan has single legs now where this package was refused."""
    is_package = attempt.ticket.is_package and attempt.refusal is not None
    return is_package and len(state.plan.steps[attempt.step].legs) == 1


def _sending(state: CloseState) -> str:
    if state.unsent and state.reason is not None:
        return f"Not sent yet ({state.reason.detail}); trying again."
    return "Sending the order to Alpaca."


def _ended_short(state: CloseState) -> str:
    assert state.reason is not None, "an end that is not closed has a reason"
    opening = _REASONS.get(state.reason.code, state.reason.code)
    if state.reason.detail:
        opening = f"{opening.rstrip('.')}: {state.reason.detail.rstrip('.')}."
    elif not opening.endswith("."):
        opening += "."
    return f"{opening} {_what_is_left(state)}"


def _what_is_left(state: CloseState) -> str:
    if state.reason is not None and state.reason.code in _UNCERTAIN:
        return "Compare with Alpaca's own page before trading these contracts again."
    if not state.any_filled and not state.elsewhere:
        return "Nothing was closed; the position is as it was."
    left = ", ".join(
        f"{remaining} {target.symbol}"
        for target in state.plan.targets
        if (remaining := state.remaining(target))
    )
    advice = " Close them anew when Alpaca's positions show them." if state.busts else ""
    return f"Closed so far: {progress(state)}. Still open: {left}.{advice}"
