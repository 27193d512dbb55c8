"""Sentences for a person: where a close stands, and what to do. Submitted is never closed."""

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
    "filled_after_end": "The order filled after this close had ended; nothing more was sent.",
    "fills_unclear": "The order filled in part while its price was being changed, and Alpaca's "
    "reports can be added up in two ways.",
    "uneven_fill": "Alpaca reports the order filled, but not every contract of it.",
    "holdings_disagree": "All fills are in, but Alpaca's positions do not agree",
}

_UNCERTAIN = frozenset({"holdings_disagree", "order_hidden", "uneven_fill", "fills_unclear"})
"""Ends of which nobody here can say what is left."""


def describe(state: CloseState) -> str:
    """Say in one or two sentences where the close stands."""
    match state.phase:
        case Phase.SENDING:
            return _sending(state)
        case Phase.UNKNOWN:
            return (
                "Alpaca's answer to the order did not arrive. It may be working: Closeout is "
                "looking it up. Do not send it again."
            )
        case Phase.WORKING:
            return f"The order is working at Alpaca: {progress(state)}."
        case Phase.CANCELLING:
            return f"Cancelling; fills may still come: {progress(state)}."
        case Phase.VERIFYING:
            return "All fills are in. Waiting for Alpaca's positions to agree."
        case Phase.CLOSED:
            return "Closed: every contract filled and Alpaca's positions agree."
        case _:
            return _ended_short(state)


def progress(state: CloseState) -> str:
    """Say how much has filled, in contracts over all legs."""
    total = sum(target.contracts for target in state.plan.targets)
    filled = total - sum(state.remaining(target) for target in state.plan.targets)
    if not filled:
        return "nothing filled yet"
    return f"{filled} of {total} filled"


def _sending(state: CloseState) -> str:
    if state.resend and state.reason is not None:
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
    if not state.any_filled:
        return "Nothing was closed; the position is as it was."
    left = ", ".join(
        f"{remaining} {target.symbol}"
        for target in state.plan.targets
        if (remaining := state.remaining(target))
    )
    return f"Closed so far: {progress(state)}. Still open: {left}."
