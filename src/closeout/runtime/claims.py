"""
What running closes are still going to take from the account.

The broker does not know of an order that is on its way, and its positions may lag behind
its fills. So a new close leaves alone what an older one has set out to close, under
whatever name the contracts show meanwhile (invariant I3), and counts cover that is about
to be sold as gone (invariant I6).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from closeout.closing.plans import Plan, Target
from closeout.closing.rooms import Room
from closeout.closing.state import CloseState
from closeout.domain.coverage import newly_uncovered
from closeout.domain.errors import CannotPlan
from closeout.domain.holdings import Holding, Holdings, root_of
from closeout.domain.orders import Side, Ticket


def near(plan: Plan, closes: Iterable[CloseState]) -> list[CloseState]:
    """Return the closes whose contracts are this plan's, cover them or are covered by them."""
    roots = {root_of(symbol) for symbol in plan.symbols}
    return [each for each in closes if not roots.isdisjoint(map(root_of, each.plan.symbols))]


def check_unclaimed(plan: Plan, holdings: Holdings, running: Sequence[CloseState]) -> None:
    """
    Refuse a plan for contracts that running closes claim.

    Raises:
        CannotPlan: `contracts_claimed`, naming the closes.
    """
    for target in plan.targets:
        claims = {state.close_id: _claim(state, target.symbol, holdings) for state in running}
        taken = sum(claims.values())
        if taken and abs(holdings.quantity(target.symbol)) - taken < target.contracts:
            names = ", ".join(close_id for close_id, contracts in claims.items() if contracts)
            raise CannotPlan(
                "contracts_claimed",
                f"A running close ({names}) is already closing {taken} of {target.symbol}. "
                "Wait until it has ended, or cancel it.",
            )


def check_settled(plan: Plan, holdings: Holdings, recent: Sequence[CloseState]) -> None:
    """
    Refuse a plan from holdings that do not agree with the fills of recent closes yet.

    Holdings that lag show contracts that are gone, as a position of their own even; fills
    that lag make another strategy seem to have lost what went. Either way the plan would be
    for the wrong contracts. A trade that was taken back must show as well: what is open again
    may need as its cover what the plan sells.

    Raises:
        CannotPlan: `positions_unsettled`.
    """
    symbol = unsettled((*plan.symbols, *taken_back(recent)), holdings, recent)
    if symbol is not None:
        raise CannotPlan(
            "positions_unsettled",
            f"Alpaca's positions and the fills of the last closes do not agree yet about "
            f"{symbol}. Try again in a few seconds.",
        )


def unsettled(
    symbols: Iterable[str], holdings: Holdings, recent: Sequence[CloseState]
) -> str | None:
    """Return the first symbol on which holdings and the fills of recent closes do not agree."""
    traded = [(state, frozenset(state.plan.symbols)) for state in recent]
    for symbol in symbols:
        known = [state for state, own in traded if symbol in own]
        if known and _filled(known, symbol) != _went(known, symbol, holdings):
            return symbol
    return None


def taken_back(closes: Iterable[CloseState]) -> tuple[str, ...]:
    """Return the symbols of which the exchange has taken trades of these closes back."""
    return tuple(dict.fromkeys(bust.symbol for state in closes for bust in state.busts))


def _filled(closes: Sequence[CloseState], symbol: str) -> int:
    return sum(state.filled(symbol) for state in closes)


def _went(closes: Sequence[CloseState], symbol: str, holdings: Holdings) -> int:
    """Contracts of `symbol` that have gone since the first of these closes began."""
    first = min(closes, key=lambda state: (state.opened_at, state.close_id))
    return sum(_gone(each, holdings) for each in first.plan.targets if each.symbol == symbol)


def holdings_after(holdings: Holdings, running: Sequence[CloseState]) -> Holdings:
    """
    Return what is left when running closes take what they claim.

    Packages trade all their legs together; of single orders only the sales are counted,
    since a purchase that is not filled yet covers nothing. Holdings may know of fills before
    the close does, and the other way round: a sale counts until both know of it, a purchase
    no longer than either does, so that no cover is seen that is not there.
    """
    taken: Counter[str] = Counter()
    for state in running:
        for target in _counted(state.plan):
            judge = max if target.side is Side.SELL else min
            taken[target.symbol] += judge(_open_parts(state, target, holdings))
    if not +taken:
        return holdings
    return replace(
        holdings,
        rows=tuple(
            _without(row, taken[row.symbol]) if row.symbol in taken else row
            for row in holdings.rows
        ),
    )


def rooms(
    symbols: Sequence[str], holdings: Holdings, others: Sequence[CloseState]
) -> tuple[Room, ...]:
    """Return what is there of each symbol, and what other running closes claim of it."""
    return tuple(_room(symbol, holdings, others) for symbol in symbols)


def keep_cover(found: Sequence[Room], ticket: Ticket, holdings: Holdings) -> tuple[Room, ...]:
    """
    Count as claimed what this order would sell and shorts need for their cover (invariant I6).

    The plan left every short covered, but other hands may have sold what covered theirs, and
    positions may not show yet that a short is bought back.
    """
    units = next(
        units for units in range(ticket.units, -1, -1) if _leaves_cover(ticket, units, holdings)
    )
    return tuple(_keep(room, ticket, units) for room in found)


def _leaves_cover(ticket: Ticket, units: int, holdings: Holdings) -> bool:
    before: dict[str, Decimal] = {}
    for leg in ticket.legs:
        before |= holdings.of_root(leg.symbol)
    after = dict(before)
    for leg in ticket.legs:
        change = leg.side.sign * units * leg.ratio
        after[leg.symbol] = after.get(leg.symbol, Decimal(0)) + change
    return newly_uncovered(before, after) == 0


def _keep(room: Room, ticket: Ticket, units: int) -> Room:
    leg = next((each for each in ticket.legs if each.symbol == room.symbol), None)
    if units == ticket.units or leg is None or leg.side is Side.BUY:
        return room
    needed = room.held_for(leg) - units * leg.ratio
    return replace(room, claimed=max(room.claimed, needed))


def _room(symbol: str, holdings: Holdings, others: Sequence[CloseState]) -> Room:
    row = holdings.row(symbol)
    return Room(
        symbol=symbol,
        quantity=holdings.quantity(symbol),
        available=row.available if row else Decimal(0),
        claimed=sum(_claim(state, symbol, holdings) for state in others),
    )


def _claim(state: CloseState, symbol: str, holdings: Holdings) -> int:
    """
    Contracts of `symbol` that this close has still to take from these holdings.

    A fill counts as taken only when the holdings show it.
    """
    return sum(
        max(_open_parts(state, target, holdings))
        for target in state.plan.targets
        if target.symbol == symbol
    )


def _open_parts(state: CloseState, target: Target, holdings: Holdings) -> tuple[int, int]:
    """What is still to go of a target: by the fills the close knows, and by the holdings."""
    return state.remaining(target), max(0, target.contracts - _gone(target, holdings))


def _gone(target: Target, holdings: Holdings) -> int:
    """Contracts that have visibly left the account since the close began."""
    return max(0, int(abs(target.held) - abs(holdings.quantity(target.symbol))))


def _counted(plan: Plan) -> list[Target]:
    packaged = {leg.symbol for step in plan.steps if len(step.legs) > 1 for leg in step.legs}
    return [each for each in plan.targets if each.side is Side.SELL or each.symbol in packaged]


def _without(row: Holding, contracts: int) -> Holding:
    left = max(Decimal(0), abs(row.quantity) - contracts)
    return replace(row, quantity=left.copy_sign(row.quantity))
