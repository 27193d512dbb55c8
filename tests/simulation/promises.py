"""What users were told of a close holds: it is on record, or it is never sent (I1)."""

from simulation.books import Books, Tracked
from simulation.loop import Process

from closeout.runtime.requests import CloseRequest


class Promises:
    def __init__(self, books: Books) -> None:
        self._books = books
        self._denied: set[str] = set()
        """Closes of which a user was told that nothing was sent."""
        self._unsaid: dict[tuple[Process, str], str] = {}
        """Closes of which the journal could not say whether they were opened."""

    def promised(self, close_id: str) -> None:
        """The user was given this close."""
        self._denied.discard(close_id)
        self._unsaid = {key: each for key, each in self._unsaid.items() if each != close_id}
        if close_id not in self._books.closes:
            self._books.fail("I1", f"the user was given close {close_id}, which is not on record")

    def unsaid(self, process: Process, close_id: str, fingerprint: str) -> None:
        """The journal could not say whether this close was opened."""
        self._unsaid[process, fingerprint] = close_id

    def denied(self, process: Process, request: CloseRequest) -> None:
        """
        The user was told that nothing was sent; each process speaks for itself.

        One that has lost the account says that the other may go on with what is on record.
        """
        close_id = self._unsaid.pop((process, request.fingerprint), None)
        if close_id is not None and self._books.is_at_work(process):
            self._denied.add(close_id)

    def forget(self) -> None:
        """Another process has the account, and does not know what this one has said."""
        self._denied.clear()
        self._unsaid.clear()

    def check_kept(self, tracked: Tracked) -> None:
        """An order of this close is being sent."""
        close_id = tracked.state.close_id
        if close_id in self._denied:
            self._books.fail("I1", f"{close_id} was sent after the user was told that nothing was")
