"""
Which process works the account: one, however many look at it.

The owner's lease stands in the journal, and every write there checks it. Two processes never
compare their clocks. The owner counts from before it asked for its last sign of life, and
whoever waits counts from after it has read it; so by anybody's watch the owner stops sending
before another one may begin. Only the pace of their clocks must agree, not the time on them.
"""

from collections.abc import Callable
from datetime import timedelta

import structlog

from closeout.ports import Clock, Journal, JournalFailed, Lease, NotOwner
from closeout.runtime.refusals import StandingBy

log = structlog.get_logger(__name__)

BEAT = timedelta(seconds=1)
"""Between two signs of life."""
LIFE = timedelta(seconds=3)
"""An owner that was silent for so long may be replaced."""
LOOK = timedelta(milliseconds=250)
"""Between two looks of a process that stands by."""
_MARGIN = timedelta(milliseconds=500)
"""For clocks of uneven pace, and for what was about to be sent."""


class Ownership:
    """
    This process's side of the lease of one account. `me` names it to people.

    `on_journal` hears after each sign of life whether the journal could write it.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        me: str,
        *,
        on_change: Callable[[], None],
        on_journal: Callable[[str | None], None],
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._me = me
        self._on_change = on_change
        self._on_journal = on_journal
        self._account: str | None = None
        """The account that is ours."""
        self._confirmed = timedelta(0)
        """When the last sign of life was asked for that is on record."""
        self.other: str | None = None
        """The process that owns the account instead of us."""

    @property
    def is_ours(self) -> bool:
        return self._account is not None

    @property
    def is_sure(self) -> bool:
        """
        Whether nobody else can have taken the account yet.

        Looked at right before something is sent: a process that was stopped does not know
        for how long.
        """
        return self.is_ours and self._clock.monotonic() - self._confirmed < LIFE - _MARGIN

    def require_no_other(self) -> None:
        """Raises: StandingBy: another process works the account."""
        if self.other is not None:
            raise StandingBy(self.other)

    async def contend(self, account: str) -> None:
        """
        Return once the account is ours: nobody had it, or its owner let go or fell silent.

        Raises:
            JournalFailed: the journal could not be read or written.
        """
        if self.is_ours:
            return
        seen: Lease | None = None
        since = self._clock.monotonic()
        while True:
            lease = await self._journal.lease(account)
            if lease is None or lease.owner is None:
                is_free = True
            else:
                if lease != seen:
                    seen, since = lease, self._clock.monotonic()
                    self._see(lease.owner)
                is_free = self._clock.monotonic() - since >= LIFE
            if is_free and await self._take(account, lease):
                return
            await self._clock.sleep(LOOK)

    async def _take(self, account: str, seen: Lease | None) -> bool:
        asked = self._clock.monotonic()
        try:
            await self._journal.take_lease(account, owner=self._me, seen=seen)
        except NotOwner:
            return False
        self._account, self._confirmed, self.other = account, asked, None
        log.info("account.taken", account=account, owner=self._me, seen=seen)
        self._on_change()
        return True

    def _see(self, other: str) -> None:
        if other != self.other:
            self.other = other
            log.warning("account.standing_by", owner=other)
            self._on_change()

    async def keep(self) -> None:
        """Give signs of life while the account is ours, until cancelled."""
        while True:
            await self._clock.sleep(BEAT)
            if self._account is not None:
                await self._beat(self._account)

    async def _beat(self, account: str) -> None:
        asked = self._clock.monotonic()
        try:
            await self._journal.renew_lease(account)
        except NotOwner:
            self.lose()
        except JournalFailed as failure:
            log.warning("lease.not_renewed", account=account, reason=str(failure))
            self._on_journal(str(failure))
        else:
            self._confirmed = asked
            self._on_journal(None)

    def lose(self) -> None:
        """Note that another process has taken the account."""
        if self.is_ours:
            log.error("account.lost", account=self._account, owner=self._me)
            self._account = None
            self._on_change()

    async def release(self) -> None:
        """Let go, so that the next owner need not wait."""
        account, self._account = self._account, None
        if account is None:
            return
        try:
            await self._journal.release_lease(account)
        except JournalFailed as failure:
            log.warning("lease.not_released", account=account, reason=str(failure))
