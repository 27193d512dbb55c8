"""
Which request began or was answered with which close.

A person who repeats a request under its Idempotency-Key must get the first close again, also long
after it has ended. Only the owner of an account opens closes, so all its keys are read once, and a
click does not wait for the database to say that it has never seen a key.
"""

from closeout.ports import Journal
from closeout.runtime.refusals import KeyReused
from closeout.runtime.requests import CloseRequest


class Keys:
    """Idempotency keys and fingerprints of one account's closes."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._recorded: dict[str, tuple[str, str]] = {}
        """Keys of the journal, to close and fingerprint of the request that began it."""
        self._answered: dict[str, tuple[str, str]] = {}
        """
        Keys that were answered with a close another request had begun. The journal keeps no
        such key, so a restart forgets it.
        """
        self._doubted: set[str] = set()
        """Keys of closes whose commit was not confirmed: of these the journal is asked."""
        self._begun_by: dict[str, str] = {}
        """Closes to the fingerprint of the request that began each, as far as it is known here."""

    async def load(self, account: str) -> None:
        """Take in what the journal has recorded. Raises: JournalFailed."""
        self._recorded = dict(await self._journal.load_keys(account))
        self._doubted.clear()
        self._begun_by |= dict(self._recorded.values())

    async def find(self, account: str, request: CloseRequest) -> str | None:
        """
        Return the close that this very request was answered with before.

        Raises: KeyReused; JournalFailed.
        """
        key = request.idempotency_key
        if key is None:
            return None
        found = self._recorded.get(key) or self._answered.get(key)
        if found is None and key in self._doubted:
            found = await self._journal.find_by_key(account, key)
        return None if found is None else matching(request, *found)

    def note_begun(self, close_id: str, request: CloseRequest) -> None:
        """Remember that the journal has recorded a close for this request."""
        self._begun_by[close_id] = request.fingerprint
        if request.idempotency_key is not None:
            self._recorded[request.idempotency_key] = (close_id, request.fingerprint)

    def note_answered(self, close_id: str, request: CloseRequest) -> None:
        """Remember what this request was answered with, also where another one had begun it."""
        key = request.idempotency_key
        if key is not None and key not in self._recorded:
            self._answered[key] = (close_id, request.fingerprint)

    def forget(self, request: CloseRequest) -> None:
        """Note that this request was not answered: the close could not be written."""
        if request.idempotency_key is not None:
            self._answered.pop(request.idempotency_key, None)

    def doubt(self, request: CloseRequest) -> None:
        """Remember that nobody knows whether this request's close was recorded."""
        if request.idempotency_key is not None:
            self._doubted.add(request.idempotency_key)

    def began(self, close_id: str, request: CloseRequest) -> bool:
        """Whether this close was begun by just such a request."""
        return self._begun_by.get(close_id) == request.fingerprint


def matching(request: CloseRequest, close_id: str, fingerprint: str) -> str:
    """Return the close, if it was for just this request. Raises: KeyReused."""
    if fingerprint != request.fingerprint:
        raise KeyReused(
            "This Idempotency-Key was used for a different request. Use a new key for a new close."
        )
    return close_id
