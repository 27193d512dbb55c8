"""
Why the odd rows of the machine's table are as they are: a phase, an event, a reason.

`docs/closing.md` shows each beside its row.
"""

from closeout.closing.state import Phase

NOTES: dict[tuple[Phase, str], str] = {
    (Phase.CLEARING, "conflict cancelled"): (
        "Over by the broker's word; only a snapshot read after that shows the contracts free."
    ),
    (Phase.CLEARING, "conflict's cancel taken"): "Taken is not over: a fill may still come.",
    (Phase.CLEARING, "conflict's cancel failed"): (
        "Refused often means filled: the order says what is true."
    ),
    (Phase.SENDING, "lost"): "Unknown is not failed: it is looked up by its client id.",
    (Phase.SENDING, "refused, id taken"): (
        "A duplicate id is evidence that the order exists, not that it failed."
    ),
    (Phase.SENDING, "recovered"): (
        "What may have been sent is looked up; only what certainly was not sent waits on."
    ),
    (Phase.SENDING, "told all filled"): "The stream may be faster than the answer to the order.",
    (Phase.SENDING, "account shrunk"): (
        "Other hands traded meanwhile: cut to whole units of what is there."
    ),
    (Phase.SENDING, "account turned"): (
        "What has turned round is not ours to close: nothing is sent."
    ),
    (Phase.UNKNOWN, "not found"): (
        "Alpaca's pages lag: absent only after five look-ups over 30 s, and with the account's "
        "recent orders and fills agreeing."
    ),
    (Phase.UNKNOWN, "refused"): "The answer to an order that was lost; it is believed.",
    (Phase.WORKING, "replacement taken"): (
        "Answered with 200 and a new order, and may still be dropped: it counts when the old "
        "order says that it was replaced. Once a withdrawal is under way, the new one is "
        "cancelled too."
    ),
    (Phase.WORKING, "replacement in place"): (
        "Somebody's, or our own: the order that took the place is followed by the broker's id."
    ),
    (Phase.WORKING, "replacement refused"): (
        "The old order still works. One that cannot be replaced is cancelled and sent anew."
    ),
    (Phase.WORKING, "replacement off the ticks"): (
        "Teaches the coarser price steps of the class; the old order still works."
    ),
    (Phase.WORKING, "replacement lost"): (
        "Either order may be at work: both are looked up, nothing follows from silence."
    ),
    (Phase.WORKING, "told canceled"): (
        "By a hand elsewhere, or by our own withdrawal: then what is left goes anew, after a "
        "look at the account."
    ),
    (Phase.WORKING, "told filled"): (
        "Said to be filled, and not every contract is accounted for: the close waits for them."
    ),
    (Phase.WORKING, "holdings gone"): (
        "Less is there than the order wants: nothing follows from one snapshot, for fills may be "
        "told after they show. When it lasts, the order is cancelled and what is left goes again."
    ),
    (Phase.WORKING, "trade busted"): (
        "Noted; the order works on, and its end is a person's, since nobody says whether the "
        "broker trades the contracts again."
    ),
    (Phase.WORKING, "another's purchase taken back"): (
        "A short is there again, and what this order sells may be its cover: it is withdrawn, and "
        "what no short needs goes again."
    ),
    (Phase.CANCELLING, "cancel acknowledged"): "Taken is not cancelled: fills may still come.",
    (Phase.CANCELLING, "cancel failed"): "Refused often means filled: the order is looked at.",
    (Phase.CANCELLING, "told all filled"): "The cancel lost the race: a fill is a fill.",
    (Phase.CANCELLING, "replacement in place"): (
        "The cancel must end the order that took the place."
    ),
    (Phase.CANCELLING, "told canceled"): (
        "Its end is the proof. One that was cut because the claim shrank goes again, after a look."
    ),
    (Phase.VERIFYING, "trade busted"): "Only a bust makes fills fewer.",
    (Phase.VERIFYING, "holdings as before"): (
        "Positions lag by up to ten seconds: read again, for 30 s and five times."
    ),
    (Phase.CLOSED, "trade busted"): (
        "The only way out of closed: the contracts are open again, and a person was told they "
        "were gone."
    ),
    (Phase.CLOSED, "trade corrected to less"): "A correction to less is a bust of the difference.",
    (Phase.CLOSED, "told canceled"): "A late report: fills stand over every other end.",
    (Phase.CANCELLED, "told all filled"): (
        "A fill after an acknowledged cancel: the close finishes after all."
    ),
    (Phase.CANCELLED, "told filled"): (
        "A cancel can lose that race. What is not accounted for is asked for."
    ),
    (Phase.CANCELLED, "replacement in place"): (
        "What looked cancelled was replaced elsewhere, and the replacement trades for this close."
    ),
    (Phase.CANCELLED, "holdings gone"): (
        "The hand that cancelled the order may have closed the position too."
    ),
    (Phase.REJECTED, "told new"): (
        "An order that never seemed to arrive is there after all: it is taken up again."
    ),
    (Phase.NEEDS_ATTENTION, "told new"): (
        "What was hidden shows itself; what expired stays expired."
    ),
    (Phase.NEEDS_ATTENTION, "holdings gone"): (
        "Positions that disagreed have come to agree, and every contract has filled."
    ),
}
