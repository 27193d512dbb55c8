"""What the user has said of whose contracts are whose."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from closeout.domain.assignments import Assignment, Share
from closeout.domain.chains import Chain, ChainLink, Change, Deed, Lot, realised
from closeout.domain.history.chronicle import Chronicle, link_move


@dataclass(frozen=True, slots=True)
class Handovers:
    """Takes the user's word into the chronicle, in the order in which it was given."""

    _chronicle: Chronicle
    shortfalls: dict[int, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))
    """Signed contracts by which assignments, by their number, fell short of their word."""

    def take(self, word: Assignment) -> None:
        target = self._chronicle.chains.get(word.strategy_id)
        if target is None or target.is_empty():
            target = self._chronicle.begin_as(word.strategy_id)
        target.is_users = True
        if word.renames:
            target.given_name = word.name
        if any(share.taken_from for share in word.shares):
            # Whom the user gives contracts, claims them before whom they came from.
            self._chronicle.chains[target.id] = self._chronicle.chains.pop(target.id)
        if word.leaves:
            changes = tuple(Change(symbol, quantity, None) for symbol, quantity in word.leaves)
            target.links.append(ChainLink(word.at, Deed.LEFT, "", changes, Decimal(0)))
        for share in word.shares:
            left = self._hand_over(target, share, word)
            left -= self._find(target, share, left, word)
            if left:
                self.shortfalls[word.number].append((share.symbol, left))

    def _hand_over(self, target: Chain, share: Share, word: Assignment) -> int:
        """Move what the source has of a share; return the signed contracts it has not."""
        symbol, source = share.symbol, self._source(share)
        has = 0 if source is None or source is target else source.wanted(symbol)
        if source is None or has * share.quantity <= 0:
            return share.quantity
        moved = share.quantity if abs(share.quantity) < abs(has) else has
        offset = _least(moved, -target.wanted(symbol))
        if offset:
            self._offset(source, target, symbol, offset, word)
        if moved != offset:
            self._chronicle.move(source, target, {symbol: moved - offset})
            link_move(source, target, {symbol: moved - offset}, word.at, "")
        if source is self._chronicle.loose:
            self._tell_story(target, symbol)
        return share.quantity - moved

    def _tell_story(self, target: Chain, symbol: str) -> None:
        """Let what single orders did go with the last of the contracts they did it to."""
        if not self._chronicle.loose.wanted(symbol):
            target.links[:0] = self._chronicle.loose_links.pop(symbol, [])

    def _source(self, share: Share) -> Chain | None:
        return (
            self._chronicle.loose
            if share.taken_from is None
            else self._chronicle.chains.get(share.taken_from)
        )

    def _offset(
        self, source: Chain, target: Chain, symbol: str, quantity: int, word: Assignment
    ) -> None:
        """Let contracts end each other that one strategy would have on both sides."""
        lots = [*source.take(symbol, abs(quantity)), *target.take(symbol, abs(quantity))]
        change = Change(symbol, quantity, None)
        # The price they meet at is no matter: what one side wins by it, the other loses.
        won = realised(lots, Decimal(0), self._chronicle.multiplier(symbol))
        others = (source.id,) if source.id else ()
        target.links.append(ChainLink(word.at, Deed.REGROUPED, "", (change,), won, others))

    def _find(self, target: Chain, share: Share, missing: int, word: Assignment) -> int:
        """Take what the history has never told of; return it, signed."""
        found = _least(missing, share.unexplained)
        if found:
            self._chronicle.put(target, share.symbol, Lot(found, None, None))
            changes = (Change(share.symbol, found, None),)
            target.links.append(ChainLink(word.at, Deed.REGROUPED, "", changes, Decimal(0)))
        return found


def _least(one: int, other: int) -> int:
    """The smaller of two signed quantities of one side; zero when they are on two."""
    if one * other <= 0:
        return 0
    return one if abs(one) < abs(other) else other
