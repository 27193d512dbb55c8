"""A close is for what was asked, no more, no less (asked), and is not refused for nothing (I11)."""

import math
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from simulation import edits
from simulation.books import Books, Tracked
from simulation.edits import EditBook
from simulation.prices import Prices
from simulation.venue import PACKAGE_REFUSALS

from closeout.closing.partial import Portion
from closeout.closing.terms import IfRefused, NoBid
from closeout.domain.edits import Edit
from closeout.domain.holdings import root_of
from closeout.domain.occ import option_or_none
from closeout.domain.orders import Ticket
from closeout.domain.strategies import leg_id
from closeout.runtime.requests import CloseRequest


class Requests:
    def __init__(self, books: Books, prices: Prices, edit_book: EditBook) -> None:
        self._books = books
        self._own = books.own
        self._prices = prices
        self._edits = edit_book
        self._asked: dict[str, CloseRequest] = {}

    def asked(self, request: CloseRequest) -> None:
        self._asked[request.fingerprint] = request

    def of(self, fingerprint: str) -> CloseRequest | None:
        return self._asked.get(fingerprint)

    def refused(self, request: CloseRequest, code: str) -> None:
        """The program would not plan what it was asked for."""
        books = self._books
        owner = books.positions.get(request.position_id)
        if owner is None or owner in self._own.edited or books.touched & self._own.symbols(owner):
            return
        if code == "would_uncover" and self._is_cover_touched(owner):
            return
        lately = books.loop.time() - books.slack - 30.0
        if any(each.last_fill > lately for each in books.closes.values()):
            return  # positions and fills may not agree yet
        whole = request.leg_ids is None
        if code == "position_changed" or (whole and code == "would_uncover"):
            books.fail("I11", f"a close of what nobody else has touched was refused: {code}")

    def _is_cover_touched(self, owner: int) -> bool:
        """Whether others have traded, or have on sale, what may cover shorts of this strategy."""
        near = {root_of(symbol) for symbol in self._own.symbols(owner)}
        return any(root_of(symbol) in near for symbol in self._books.touched)

    def chose(self, close_id: str, limit: Decimal) -> None:
        """The user chose a limit for a walk."""
        if close_id in self._books.closes:
            self._books.closes[close_id].chosen.add(limit)

    def edited(self, edit: Edit) -> None:
        """What the user says of strategies is on record."""
        books = self._books
        books.met[edits.SIGHTS[type(edit)]] += 1
        running = {symbol for each in books.running() for symbol in each.state.plan.symbols}
        for problem in self._edits.written(edit, running, books.loop.time()):
            books.fail("asked", problem)

    def check_portion(self, tracked: Tracked) -> None:
        """The plan is for what was asked of the strategy as it was lately, no more, no less."""
        books, request = self._books, tracked.request
        owner = None if request is None else books.positions.get(request.position_id)
        if request is None or owner is None:
            return
        owned = self._own.symbols(owner)
        if books.touched & owned or self._own.is_grouped_anew(owner):
            return
        wanted = request.leg_ids or ()
        named = {symbol for symbol in owned if leg_id(request.position_id, symbol) in wanted}
        plan = {
            it.symbol: it.contracts
            for it in tracked.state.plan.targets
            if option_or_none(it.symbol) is not None
        }
        asked = [
            _contracts(request.portion, state, named)
            for state in self._own.since(owner, books.since_opened(tracked))
        ]
        if not any(self._is_as_asked(tracked, plan, each) for each in asked):
            books.fail("asked", f"{tracked.state.close_id} closes {plan}, asked was {asked[-1]}")

    def _is_as_asked(self, tracked: Tracked, plan: dict[str, int], asked: dict[str, int]) -> bool:
        missing = asked.keys() - plan.keys()
        if any(asked[symbol] for symbol in missing) and not self._may_leave(tracked, missing):
            return False
        return all(asked.get(symbol) == contracts for symbol, contracts in plan.items())

    def _may_leave(self, tracked: Tracked, symbols: Iterable[str]) -> bool:
        request = tracked.request
        wished = request is not None and request.terms.no_bid is NoBid.LEAVE
        return wished and all(
            self._prices.had_no_bid(tracked, symbol, self._books.leeway) for symbol in symbols
        )

    def check_legging(self, tracked: Tracked, ticket: Ticket) -> None:
        """Legs go by themselves after a refusal of the package as such, if that was wished."""
        package = tracked.refused_package(ticket)
        if package is None:
            return
        name, request = ticket.client_order_id, tracked.request
        if package.refusal not in PACKAGE_REFUSALS and "uncovered" not in package.refusal:
            self._books.fail("asked", f"{name} follows a package: {package.refusal}")
        if request is not None and request.terms.if_refused is not IfRefused.LEG_IN:
            self._books.fail("asked", f"{name} goes leg by leg, unasked")


def _contracts(
    asked: Portion, contracts: Mapping[str, int], chosen: Collection[str]
) -> dict[str, int]:
    """
    Count the option contracts, unsigned, that a portion of a strategy means.

    `chosen` has the symbols of the legs that were named, none when none was.
    """
    legs = {
        symbol: abs(quantity)
        for symbol, quantity in contracts.items()
        if quantity and option_or_none(symbol) and (not chosen or symbol in chosen)
    }
    if asked.quantity is not None:
        return {symbol: min(asked.quantity, count) for symbol, count in legs.items()}
    units = math.gcd(*legs.values()) or 1
    wanted = units if asked.units is None else min(asked.units, units)
    if asked.percent is not None:
        wanted = max(units * asked.percent // 100, 1)
    return {symbol: count // units * wanted for symbol, count in legs.items()}
