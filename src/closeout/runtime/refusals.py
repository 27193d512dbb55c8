"""Why a close was not begun. Nothing was sent when one of these is raised."""

from datetime import datetime

from closeout.domain.errors import CloseoutError


class NotBegun(CloseoutError):
    """The base: nothing was sent."""


class UnknownPosition(NotBegun):
    """There is no such position now; it may be closed already."""

    code = "unknown_position"


class UnknownLeg(NotBegun):
    """The position has no such leg now."""

    code = "unknown_leg"


class UnknownClose(NotBegun):
    """There is no close of this id."""

    code = "unknown_close"


class MarketClosed(NotBegun):
    """A market order would be refused until the next opening; a day limit would queue."""

    code = "market_closed"

    def __init__(self, next_open: datetime, *, walks: bool = False) -> None:
        why = "Alpaca takes option market orders only during market hours"
        instead = "a limit order"
        if walks:
            why, instead = "a price walks only while it is open", "a limit order without a pace"
        super().__init__(
            f"The market is closed, and {why}. It opens next at {next_open.isoformat()}. Send "
            f"{instead} instead: it is a day order and waits for that session."
        )
        self.next_open = next_open


class AccountBlocked(NotBegun):
    """Alpaca would refuse every order of this account."""

    code = "account_blocked"


class NotReady(NotBegun):
    """The account has not been read since the start."""

    code = "broker_unavailable"


class KeyReused(NotBegun):
    """The same Idempotency-Key came with a different request."""

    code = "idempotency_key_reused"


class NotWalking(NotBegun):
    """There is no walk to hurry or to stop."""

    code = "not_walking"


class AlreadyCrossing(NotBegun):
    """Nothing is faster than going to natural now."""

    code = "already_crossing"


class NotCancellable(NotBegun):
    """There is nothing left to cancel."""

    code = "not_cancellable"
