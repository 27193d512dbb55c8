"""
Closes whose opening may have been committed though the journal could not say so.

Whoever asked for one was told that nothing was sent. So it is looked for until the journal
answers, ended unsent if it is there, and until then nothing new begins.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from closeout.ports import Clock, Journal, JournalFailed, StoredClose

LOOK_AGAIN = timedelta(seconds=1)


class Doubts:
    """What is not known yet. `end_unsent` gives up a close that was found."""

    def __init__(
        self, journal: Journal, clock: Clock, end_unsent: Callable[[StoredClose], Awaitable[None]]
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._end_unsent = end_unsent
        self._searches: dict[str, asyncio.Task[None]] = {}

    async def is_written(self, close_id: str) -> bool:
        """
        Whether a close was recorded though its commit was not confirmed.

        While the journal does not say, the close counts as not begun and is searched for.
        """
        try:
            return await self._journal.load(close_id) is not None
        except JournalFailed:
            self._searches[close_id] = asyncio.create_task(self._search(close_id))
            return False

    def is_in_doubt(self, close_id: str) -> bool:
        """Whether it is searched for: nobody knows yet."""
        return close_id in self._searches

    async def clear(self) -> None:
        """Raises: JournalFailed: a close may be on record that was said not to be."""
        for close_id in list(self._searches):
            if await self._journal.load(close_id) is not None:
                raise JournalFailed(
                    "The last close turned up in the journal and is being given up unsent. "
                    "Nothing was sent; try again in a moment."
                )
            search = self._searches.pop(close_id, None)
            if search is not None:
                search.cancel()

    async def stop(self) -> None:
        """Search no longer: whoever takes up the closes of this journal finds them."""
        searches = list(self._searches.values())
        self._searches.clear()
        for search in searches:
            search.cancel()
        await asyncio.gather(*searches, return_exceptions=True)

    async def _search(self, close_id: str) -> None:
        while True:
            await self._clock.sleep(LOOK_AGAIN)
            try:
                stored = await self._journal.load(close_id)
            except JournalFailed:
                continue
            if stored is not None:
                await self._end_unsent(stored)
            self._searches.pop(close_id, None)
            return
