"""
Keeps the user's word about strategies: on record first, then in what is shown.

No close begins while an edit is made, and none is made on contracts of a running one, so a
plan and the strategy it was made for never part.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence

import structlog

from closeout.domain.assignments import Assignment
from closeout.domain.edits import (
    Edit,
    EditsUndone,
    Regrouping,
    assignments,
    moved_symbols,
    standing,
    touched,
)
from closeout.domain.regrouping import Occasion, Pick, leave, merge, move, rename, split, undo
from closeout.ports import AskedUnder, Clock, Journal, JournalFailed
from closeout.runtime.book import Book
from closeout.runtime.refusals import CloseRunning, KeyReused, NotReady
from closeout.runtime.supervisor import Supervisor

log = structlog.get_logger(__name__)

Decide = Callable[[Occasion], Edit]


class Regrouper:
    """The edits of one account."""

    def __init__(self, journal: Journal, book: Book, clock: Clock, supervisor: Supervisor) -> None:
        self._journal = journal
        self._book = book
        self._clock = clock
        self._supervisor = supervisor
        self._edits: tuple[Edit, ...] = ()
        self._assignments: tuple[Assignment, ...] = ()
        self._doubts, self._settled = 1, 0
        """How often there was reason to doubt that all edits are known here, and no longer is."""
        supervisor.opener.before_opening = self._settle

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Every edit, oldest first."""
        return self._edits

    def assignments(self) -> tuple[Assignment, ...]:
        """What the edits that stand assign."""
        return self._assignments

    async def load(self) -> None:
        """Read the edits as they are on record. Raises: JournalFailed."""
        doubts = self._doubts
        edits = await self._journal.load_edits(self._account_number())
        self._settled = max(self._settled, doubts)  # none that came up meanwhile
        # They only become more: fewer were read before the last one was made.
        if len(edits) > len(self._edits):
            self._accept(edits)

    def doubt(self) -> None:
        """Note that others may have made edits: they are read before the next close is planned."""
        self._doubts += 1

    async def _settle(self) -> None:
        """Read the edits if some may not be known. Raises: JournalFailed."""
        if self._settled < self._doubts:
            await self.load()

    def _accept(self, edits: Sequence[Edit]) -> None:
        self._edits = tuple(edits)
        self._assignments = assignments(self._edits)
        self._book.regroup()

    async def merge(
        self, position_ids: Sequence[str], name: str | None, asked: AskedUnder | None = None
    ) -> Edit:
        """Make one strategy of several. Raises: as `_record` does."""
        return await self._record(lambda occasion: merge(occasion, position_ids, name), asked)

    async def split(
        self, position_id: str, parts: Sequence[Sequence[Pick]], asked: AskedUnder | None = None
    ) -> Edit:
        """Make several strategies of one. Raises: as `_record` does."""
        return await self._record(lambda occasion: split(occasion, position_id, parts), asked)

    async def move(
        self, source_id: str, pick: Pick, target_id: str | None, asked: AskedUnder | None = None
    ) -> Edit:
        """Give contracts of a leg to another strategy. Raises: as `_record` does."""
        return await self._record(
            lambda occasion: move(occasion, source_id, pick, target_id), asked
        )

    async def rename(
        self, position_id: str, name: str | None, asked: AskedUnder | None = None
    ) -> Edit:
        """Name a strategy, or give it back the name of its shape. Raises: as `_record` does."""
        return await self._record(lambda occasion: rename(occasion, position_id, name), asked)

    async def leave(self, position_id: str, asked: AskedUnder | None = None) -> Edit:
        """Note that an orphan was seen and is left as it is. Raises: as `_record` does."""
        return await self._record(lambda occasion: leave(occasion, position_id), asked)

    async def undo(self, down_to: int | None, asked: AskedUnder | None = None) -> Edit:
        """Take back the last edit, or all from this number on. Raises: as `_record` does."""
        return await self._record(
            lambda occasion: undo(
                self._edits, down_to=down_to, number=occasion.number, at=occasion.at
            ),
            asked,
        )

    async def _record(self, decide: Decide, asked: AskedUnder | None) -> Edit:
        """
        Decide on what is there now, write it down, and show it.

        What was asked before under the same key is not done again: the edit of then is the
        answer.

        Raises:
            KeyReused: something else was asked under this key.
            CannotRegroup: it does not fit; CloseRunning; StandingBy; NotReady; ReadFailed: the
                account could not be read; JournalFailed: it could not be written. Nothing
                has changed in any of these cases.
        """
        # A caller that goes away must not leave it on record and not in sight.
        return await asyncio.shield(asyncio.create_task(self._decide_and_write(decide, asked)))

    async def _decide_and_write(self, decide: Decide, asked: AskedUnder | None) -> Edit:
        async with self._supervisor.opener.beginning_none():
            await self._settle()
            made = None if asked is None else await self._made_under(asked)
            if made is not None:
                return made
            await self._book.refresh_unless_young()
            edit = decide(self._occasion())
            self._require_idle(edit)
            try:
                await self._journal.append_edit(self._account_number(), edit, asked)
            except JournalFailed:
                self.doubt()
                raise
            log.info("positions.edited", edit=edit.number, text=edit.text)
            self._accept((*self._edits, edit))
            return edit

    async def _made_under(self, asked: AskedUnder) -> Edit | None:
        """Return the edit that was made under this key, if there is one. Raises: KeyReused."""
        found = await self._journal.find_edit(self._account_number(), asked.key)
        if found is None:
            return None
        number, fingerprint = found
        if fingerprint != asked.fingerprint:
            raise KeyReused(
                "This Idempotency-Key was used for a different request. Use a new key for a "
                "new edit."
            )
        return self._edits[number - 1]

    def _occasion(self) -> Occasion:
        regroupings = standing(self._edits)
        times = [self._book.newest_fact_at(), *(each.after for each in regroupings)]
        return Occasion(
            account=self._account_number(),
            number=len(self._edits) + 1,
            at=self._clock.now(),
            after=max((each for each in times if each is not None), default=None),
            grouping=self._book.grouping,
        )

    def _require_idle(self, edit: Edit) -> None:
        """Raises: CloseRunning."""
        positions, symbols = self._reach(self._meant(edit))
        busy = [
            state.close_id
            for state in (runner.state for runner in self._supervisor.running())
            if state.position_id in positions or not symbols.isdisjoint(state.plan.symbols)
        ]
        if busy:
            raise CloseRunning(busy)

    def _meant(self, edit: Edit) -> list[Regrouping]:
        """The edits whose strategies change: of an undo, those it takes back."""
        if not isinstance(edit, EditsUndone):
            return [edit]
        return [each for each in standing(self._edits) if each.number in edit.undone]

    def _reach(self, edits: Iterable[Regrouping]) -> tuple[frozenset[str], frozenset[str]]:
        """The strategies that edits change, and every contract of theirs."""
        positions: frozenset[str] = frozenset()
        symbols: frozenset[str] = frozenset()
        for edit in edits:
            positions |= touched(edit)
            symbols |= moved_symbols(edit)
        for strategy in self._book.grouping.strategies:
            if strategy.id in positions:
                symbols |= {leg.symbol for leg in strategy.legs}
        return positions, symbols

    def _account_number(self) -> str:
        if self._book.account is None:
            raise NotReady("The account has not been read yet. Nothing was changed.")
        return self._book.account.number
