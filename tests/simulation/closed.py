"""Closed means that all of it was filled, that a snapshot agrees, and that it is gone (I5)."""

from simulation.books import Books, Tracked
from simulation.reads import Reads

from closeout.closing.plans import Target
from closeout.closing.state import Phase
from closeout.domain.holdings import Holdings
from closeout.domain.occ import option_or_none


class Closed:
    def __init__(self, books: Books, reads: Reads) -> None:
        self._books = books
        self._reads = reads

    def check(self, tracked: Tracked) -> None:
        """A close has just been called closed."""
        books, targets = self._books, tracked.state.plan.targets
        name = f"{tracked.state.close_id} is called closed"
        for target in targets:
            self._check_filled(tracked, target, name)
        fresh = self._reads.since(tracked.last_fill)
        if not any(all(_agrees(it, read) for it in targets) for read in fresh):
            books.fail("I5", f"{name} and no snapshot since its last fill agrees")
        for target in targets:
            if target.symbol not in books.touched and not self._is_gone(tracked, target):
                books.fail("I5", f"{name} and {target.symbol} is still held")

    def _check_filled(self, tracked: Tracked, target: Target, name: str) -> None:
        symbol, done = target.symbol, tracked.fills[target.symbol]
        elsewhere = tracked.state.gone_elsewhere(symbol)
        if elsewhere and symbol not in self._books.touched:
            self._books.fail("I5", f"{name} by another hand, and none has touched {symbol}")
        if done + tracked.busted[symbol] + elsewhere < target.contracts:
            text = f"{name} with {done} of {target.contracts} {symbol} filled"
            self._books.fail("I5", text)

    def _is_gone(self, tracked: Tracked, target: Target) -> bool:
        venue = self._books.venue
        now = abs(venue.truth.quantity(target.symbol))
        moments = venue.moments_since(self._books.since_opened(tracked))
        return any(now <= abs(m.quantity(target.symbol)) - target.contracts for m in moments)

    def check_flat(self, tracked: Tracked) -> None:
        """The day is over: of what was closed, the strategy has nothing left."""
        books = self._books
        if tracked.state.phase is not Phase.CLOSED or tracked.owner is None:
            return
        if books.own.edited.get(tracked.owner, -1.0) >= tracked.opened:
            return  # what was moved in since was not this close's to take
        for target in tracked.state.plan.targets:
            symbol = target.symbol
            if option_or_none(symbol) is None:
                continue  # shares follow the calls that are left
            left = books.own.now(tracked.owner).get(symbol, 0)
            had = books.own.most(tracked.owner, symbol, books.since_opened(tracked))
            if abs(left) > had - target.contracts and symbol not in books.touched:
                text = f"{tracked.state.close_id} is closed and {left} {symbol} are left"
                books.fail("I5", text)

    def check_bust(self, tracked: Tracked) -> None:
        """The day is over: with a trade taken back, and the news of it heard, it is not closed."""
        state = tracked.state
        if tracked.knows_of_bust and state.phase is not Phase.NEEDS_ATTENTION:
            text = f"{state.close_id} is {state.phase} with a trade taken back"
            self._books.fail("I5", text)


def _agrees(target: Target, read: Holdings) -> bool:
    now = read.quantity(target.symbol)
    left = abs(target.held) - target.contracts
    return now * target.held >= 0 and abs(now) <= left
