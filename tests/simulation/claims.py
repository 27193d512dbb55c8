"""No order takes more than the account, the strategy and the other closes leave it (I3)."""

from simulation.books import Books, Tracked

from closeout.closing.state import Phase
from closeout.domain.orders import Ticket, TicketLeg


class Claims:
    def __init__(self, books: Books) -> None:
        self._books = books

    def check(self, tracked: Tracked, ticket: Ticket) -> None:
        """Every leg reduces what is held, by what nobody else claims."""
        books = self._books
        moments = books.venue.moments_since(books.since(tracked))
        for leg in ticket.legs:
            contracts = ticket.contracts(leg.symbol)
            most = max(-moment.quantity(leg.symbol) * leg.side.sign for moment in moments)
            if most <= 0:
                books.fail("I3", f"{leg.side} {leg.symbol} opens: nothing was held to close")
                continue
            self._check_anew(tracked, leg.symbol, contracts)
            if contracts > most:
                books.fail("I3", f"{leg.side} {contracts} {leg.symbol}, at most {most} were held")
            if leg.symbol not in books.touched:
                self._check_others(tracked, leg, contracts, most)
                self._check_owned(tracked, leg, contracts)

    def check_replaced(self, tracked: Tracked, order_id: str, ticket: Ticket) -> None:
        """What is known to have filled in part is not replaced: who knows what its total is."""
        if any(each.filled_units for each in tracked.reports if each.order_id == order_id):
            text = f"{ticket.client_order_id} replaces an order that filled in part"
            self._books.fail("I3", text)

    def _check_anew(self, tracked: Tracked, symbol: str, contracts: int) -> None:
        """What goes anew is only what is left."""
        state, done = tracked.state, tracked.fills[symbol]
        asked = sum(it.contracts for it in state.plan.targets if it.symbol == symbol)
        is_anew = state.phase is Phase.SENDING and state.attempt.number
        if is_anew and not tracked.is_replaced and done + contracts > asked:
            self._books.fail("I3", f"{contracts} {symbol} go anew, {done} of {asked} are done")

    def _check_others(self, tracked: Tracked, leg: TicketLeg, contracts: int, most: int) -> None:
        others = sum(
            max(0, target.contracts - other.fills[target.symbol])
            for other in self._books.running()
            if other is not tracked
            for target in other.state.plan.targets
            if target.symbol == leg.symbol
        )
        if others + contracts > most:
            text = f"{contracts} {leg.symbol} and {others} of other closes, {most} were held"
            self._books.fail("I3", text)

    def _check_owned(self, tracked: Tracked, leg: TicketLeg, contracts: int) -> None:
        if tracked.owner is None:
            return
        owned = self._books.own.most(tracked.owner, leg.symbol, self._books.since(tracked))
        if contracts > owned:
            text = f"{contracts} of {leg.symbol} are closed, the strategy has {owned}"
            self._books.fail("I3", text)
