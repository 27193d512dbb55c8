"""Why a close was not begun. Nothing was sent when one of these is raised."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self

from closeout.closing.staleness import Change
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


class StandingBy(NotBegun):
    """Another process works this account."""

    code = "standing_by"

    def __init__(self, owner: str) -> None:
        super().__init__(
            f"This Closeout stands by: {owner} works this account. Nothing was sent. Use that "
            "one; if it has stopped, this one takes over within a few seconds."
        )
        self.owner = owner


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


class CloseRunning(NotBegun):
    """An edit would change a strategy whose contracts are being closed."""

    code = "close_running"

    def __init__(self, close_ids: Sequence[str]) -> None:
        super().__init__(
            f"A running close ({', '.join(close_ids)}) has contracts of these positions. "
            "Wait until it has ended, or cancel it. Nothing was changed."
        )


class PreviewStale(NotBegun):
    """What a preview showed is not what would be sent now. `changes` is empty when it is old."""

    code = "preview_stale"

    def __init__(self, reason: str, changes: Sequence[Change] = ()) -> None:
        super().__init__(f"The preview no longer holds: {reason}. Nothing was sent; preview again.")
        self.changes = tuple(changes)

    @classmethod
    def expired(cls, life: timedelta) -> Self:
        seconds = int(life.total_seconds())
        return cls(f"it has expired ({seconds} s after it was shown) or is not known")

    @classmethod
    def changed(cls, changes: Sequence[Change]) -> Self:
        return cls("; ".join(map(str, changes)), changes)


class PreviewDisagrees(NotBegun):
    """The close asks for something else than the preview it names."""

    code = "preview_disagrees"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The close names a preview and asks for another {what} than that was for. Leave the "
            "terms away, or preview again. Nothing was sent."
        )
