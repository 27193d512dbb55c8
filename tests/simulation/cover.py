"""No order would leave a short contract uncovered, and no fill does (I6)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from simulation.books import Books, Tracked
from simulation.loop import Process

from closeout.domain.occ import Right, option_or_none
from closeout.domain.orders import Execution, Ticket, TradeUpdate


class Cover:
    def __init__(self, books: Books) -> None:
        self._books = books
        self._busts: list[tuple[float, Execution, int]] = []
        """Trades that were taken back, when, and by how much that changed the holding."""
        self._heard: set[str] = set()
        """Those of which the stream has told the process at work."""

    def busted(self, execution: Execution, change: int) -> None:
        """The exchange has taken a trade back, which changes what is held."""
        self._busts.append((self._books.loop.time(), execution, change))

    def hears_of_bust(self, process: Process, update: TradeUpdate) -> None:
        """The stream brings a bust to this process."""
        if self._books.is_at_work(process):
            self._heard |= {each.execution_id for each in update.undone}

    def check(self, tracked: Tracked, ticket: Ticket) -> None:
        books = self._books
        moments = books.venue.moments_since(books.since(tracked))
        held = ({symbol: row.quantity for symbol, row in it.rows.items()} for it in moments)
        if not any(_stays_covered(rows, ticket) for rows in held):
            books.fail("I6", f"{ticket.client_order_id} would leave a short contract uncovered")
        self._check_confirmed(tracked, ticket)

    def _check_confirmed(self, tracked: Tracked, ticket: Ticket) -> None:
        """Cover counts as needed no longer only when the close knows of the fill."""
        books, plan = self._books, tracked.state.plan
        if books.touched & {*plan.symbols}:
            return
        rows = {symbol: row.quantity for symbol, row in books.venue.truth.rows.items()}
        for target in plan.targets:
            unknown = tracked.fills[target.symbol] - tracked.state.filled(target.symbol)
            rows[target.symbol] = rows.get(target.symbol, 0) - target.side.sign * unknown
        before_busts = self._before_busts(rows, since=books.since(tracked), heard=self._heard)
        if any(_stays_covered(each, ticket) for each in (rows, before_busts)):
            return
        text = f"{ticket.client_order_id} sells cover whose short is not known to be gone"
        books.fail("I6", text)

    def _before_busts(
        self, rows: Mapping[str, int], *, since: float, heard: Collection[str]
    ) -> dict[str, int]:
        """Put back what was taken back since then: a late stream and a young snapshot hide it."""
        before = dict(rows)
        for at, each, change in self._busts:
            if at > since and each.execution_id not in heard:
                before[each.symbol] = before.get(each.symbol, 0) - change
        return before

    def check_fill(
        self, tracked: Tracked, after: Mapping[str, int], before: Mapping[str, int]
    ) -> None:
        """What is taken back while an order works is learnt too late; then it is cancelled."""
        if not _is_barer(after, before) or tracked.busted:
            return
        heard = () if tracked.state.cancelling_order else self._heard
        without, then = (
            self._before_busts(rows, since=tracked.opened, heard=heard) for rows in (after, before)
        )
        if _is_barer(without, then):
            text = f"a fill of {tracked.state.close_id} left a short contract uncovered"
            self._books.fail("I6", text)


def _stays_covered(before: Mapping[str, int], ticket: Ticket) -> bool:
    after = dict(before)
    for leg in ticket.legs:
        change = leg.side.sign * ticket.contracts(leg.symbol)
        after[leg.symbol] = after.get(leg.symbol, 0) + change
    return not _is_barer(after, before)


def _is_barer(after: Mapping[str, int], before: Mapping[str, int]) -> bool:
    """Whether shorts of some root and right are uncovered that were not."""
    known = _uncovered(before)
    return any(bare > known.get(each, 0) for each, bare in _uncovered(after).items())


def _uncovered(quantities: Mapping[str, int]) -> dict[tuple[str, Right], int]:
    """
    Count short options that nothing covers, by itself: at each expiry, what is short from
    there on less what is long from there on, the worst of all expiries.
    """
    classes: dict[tuple[str, Right], list[tuple[date, int]]] = defaultdict(list)
    for symbol, quantity in quantities.items():
        option = option_or_none(symbol)
        if option is not None and quantity:
            classes[(option.root, option.right)].append((option.expiry, quantity))
    found = {}
    for (root, right), rows in classes.items():
        bare = max(-sum(q for day, q in rows if day >= expiry) for expiry, _ in rows)
        cover = quantities.get(root, 0) // 100 if right is Right.CALL else 0
        found[(root, right)] = max(0, bare - max(0, cover))
    return found
