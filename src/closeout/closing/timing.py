"""How long a close waits for what, and why."""

from datetime import timedelta

LOOKUP_DELAYS = tuple(timedelta(seconds=each) for each in (0.25, 0.5, 1, 2, 4, 5))
"""Between two looks for an order that was not found; the last one repeats."""

ABSENT_AFTER = timedelta(seconds=30)
"""An order that lookups do not find for this long never arrived. Alpaca's orders and
positions have been seen to disagree for ten seconds (alpacahq/Alpaca-API issue 276)."""

ABSENT_LOOKUPS = 5
"""And at least this many lookups must have said so."""

RESEND_WITHIN = timedelta(minutes=2)
"""A lost order goes again only while the decision behind it is this young."""

UNREACHABLE_AFTER = timedelta(seconds=60)
"""An order that could not even be sent is given up after this long."""

FREE_WITHIN = timedelta(seconds=30)
"""How long contracts may still show as held or claimed by what is over: positions lag by ten
seconds. After that an order goes out for what is free."""

CLEAR_WITHIN = timedelta(seconds=60)
"""How long conflicting orders may take to be cancelled, and their contracts to be free."""

SETTLE_WITHIN = timedelta(seconds=30)
"""How long holdings may disagree with fills before a person is asked."""

SETTLE_READS = 5
"""And at least this many snapshots must have disagreed."""

SHRUNK_AFTER = timedelta(seconds=15)
"""How long snapshots must show less than an order at work wants before it is cancelled: its own
fills may be told later than they show in the positions, by ten seconds and more."""

SHRUNK_LOOK = timedelta(seconds=5)
"""Between two looks at the holdings meanwhile."""

GONE_WITHIN = timedelta(minutes=2)
"""How long after an order was cancelled elsewhere its contracts may turn out to be gone too."""

CANCEL_RETRY = timedelta(seconds=2)
"""Between two looks at an order that is being cancelled."""

CANCEL_AGAIN_AFTER = timedelta(seconds=15)
"""A cancel that was taken and of which nothing came for this long is asked for again."""

FOLLOW_UP = timedelta(seconds=1)
"""Before asking again for what should come any moment."""

REPLACE_AFTER = timedelta(seconds=1)
"""How long an order has stood before it is replaced or withdrawn (Alpaca's staff advise a second,
forum.alpaca.markets 18156)."""

WITHDRAW_AFTER = timedelta(seconds=4)
"""How long one has stood that can only be cancelled and sent anew. That takes about six requests,
and meanwhile nothing is in the market."""

ASK_EVERY = timedelta(seconds=4)
"""A walk that looks at the market more often asks for its order at this rhythm."""

REPLACE_WITHIN = timedelta(seconds=6)
"""A replacement that neither took its place nor failed in this time is given up. Alpaca's
answers and trade updates come within a second."""

REPLACE_REFUSALS = 3
"""So often in a row an order may be in no state to be replaced before it is withdrawn."""

_POLL = (
    (timedelta(seconds=10), timedelta(seconds=2)),
    (timedelta(minutes=1), timedelta(seconds=5)),
)
_POLL_LATER = timedelta(seconds=60)


def lookup_delay(misses: int) -> timedelta:
    return LOOKUP_DELAYS[min(misses, len(LOOKUP_DELAYS) - 1)]


def poll_delay(age: timedelta) -> timedelta:
    """
    How long until REST is asked about a working order of this age.

    REST is the second witness beside the stream; an account has 200 requests a minute. An
    older order is also told of by the account's own reads, which all closes share.
    """
    return next((delay for limit, delay in _POLL if age < limit), _POLL_LATER)
