"""What a limit may be: as it was asked for, on a tick, and never past natural or worst (I7)."""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from simulation.books import Sent, Tracked
from simulation.holdings import tick
from simulation.venue import Touch, Venue

from closeout.closing.pacing import WalkTerms
from closeout.closing.schedule import PACES
from closeout.closing.terms import NoBid
from closeout.closing.walk import AtEnd
from closeout.domain.occ import option_or_none
from closeout.domain.orders import Side, Ticket

_CENT = Decimal("0.01")
_STALE = 16.0
"""A step is priced from quotes of the last fifteen seconds, and one more on the way."""

Broken = tuple[str, str]
"""A rule and what broke it."""


class Prices:
    """The market as it was, what of it the process was told, and orders held against it."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._told: dict[str, list[float]] = defaultdict(list)
        """When the quotes were of which the process was told."""

    def broken(
        self, tracked: Tracked, ticket: Ticket, package: Sent | None, leeway: float
    ) -> Iterator[Broken]:
        """
        Tell what an order breaks, as a rule and a sentence.

        `package` is what it goes in the place of, leg by leg; `leeway` by how many seconds what
        a process knows may be older than it was meant to be.
        """
        request = tracked.request
        if request is None:
            yield "I3", f"{tracked.state.close_id} was asked for by nobody"
            return
        if self._is_offer(tracked, ticket, leeway):
            yield from self._check_tick(ticket, ticket.limit or _CENT)
            return
        if ticket.order_type is not request.terms.order_type:
            yield "I7", f"a {ticket.order_type} order where {request.terms.order_type} was asked"
        if ticket.limit is None:
            return
        yield from self._check_tick(ticket, ticket.limit)
        if request.terms.walk is not None:
            yield from self._check_walk(tracked, ticket, request.terms.walk, leeway)
            return
        if request.terms.price is not None:
            if ticket.limit != request.terms.price:
                yield "I7", f"limit {ticket.limit}, the user said {request.terms.price}"
            return
        yield from self._check_net(
            tracked, ticket, request.terms.offset or Decimal(0), package, leeway
        )

    def _is_offer(self, tracked: Tracked, ticket: Ticket, leeway: float) -> bool:
        """Whether a long that nobody bids for is offered at one tick, as was wished."""
        request, [leg, *others] = tracked.request, ticket.legs
        return (
            request is not None
            and request.terms.no_bid is NoBid.TICK
            and not others
            and leg.side is Side.SELL
            and ticket.limit in (_CENT, 5 * _CENT)
            and self.had_no_bid(tracked, leg.symbol, leeway)
        )

    def _check_tick(self, ticket: Ticket, limit: Decimal) -> Iterator[Broken]:
        option = option_or_none(ticket.legs[0].symbol)
        single = not ticket.is_package and option is not None
        step_ = tick(option.underlying, abs(limit)) if single and option else _CENT
        if limit % step_:
            yield "I7", f"limit {limit} is not on a tick of {step_}"

    def _check_net(
        self, tracked: Tracked, ticket: Ticket, offset: Decimal, package: Sent | None, leeway: float
    ) -> Iterator[Broken]:
        """The net must be what the quotes of the last seconds allow, within one tick."""
        problem = self._net_problem(tracked, ticket, offset, _CENT, leeway)
        if problem and package is not None:
            # Its legs share what the package's limit differs from mid, which was rounded.
            part = offset / sum(leg.ratio for leg in package.ticket.legs)
            problem = self._net_problem(tracked, ticket, part, 2 * _CENT, leeway)
        if problem:
            yield "I7", problem

    def _net_problem(
        self, tracked: Tracked, ticket: Ticket, offset: Decimal, room: Decimal, leeway: float
    ) -> str | None:
        low = high = offset
        since = max(0.0, tracked.opened - 5.0 - leeway)
        for leg in ticket.legs:
            mids = self._mids(leg.symbol, since, tracked.opened)
            ends = [leg.side.sign * leg.ratio * mid for mid in mids]
            low, high = low + min(ends), high + max(ends)
        assert ticket.limit is not None
        limit = ticket.limit
        if not ticket.is_package:
            [leg] = ticket.legs
            # Where the class could not be read when it was priced, the coarsest is assumed.
            name = "META" if self._venue.failed_reads(since) else self._underlying(leg.symbol)
            room += tick(name, limit) - _CENT
            limit *= leg.side.sign
        if limit > high:
            return f"limit {limit} is worse than {high}, the user's own"
        if limit < low - room and not self._is_smallest(ticket):
            return f"limit {limit} is further from the market than {low}, as asked"
        return None

    def _check_walk(
        self, tracked: Tracked, ticket: Ticket, terms: WalkTerms, leeway: float
    ) -> Iterator[Broken]:
        """Never past worst, nor past natural in the market that the step was priced from."""
        assert ticket.limit is not None
        sign = 1 if ticket.is_package else ticket.legs[0].side.sign
        limit = sign * ticket.limit
        if terms.worst_price is not None and limit > sign * terms.worst_price:
            yield "I7", f"limit {ticket.limit} is past the worst, {terms.worst_price}"
        if ticket.limit in tracked.chosen:
            return
        if tracked.seen is None or not self._is_stride(tracked):
            # A walk begins where it was planned, or in the market its order goes out into.
            priced = tracked.begun.get(tracked.state.attempt.step, tracked.opened)
            since = priced - _STALE - leeway
        else:
            priced, since = tracked.seen, tracked.seen - _STALE
            if not self._keeps_its_price(tracked, ticket):
                yield from self._check_in_time(tracked, terms)
                yield from self._check_fresh(tracked.seen, ticket)
        high = self._natural(ticket, max(0.0, since), priced)
        if limit > max(high, self._least(ticket)):
            yield "I7", f"limit {ticket.limit} is past natural, {high} at most"

    def _least(self, ticket: Ticket) -> Decimal:
        """The net below which no valid price is: a sale brings at least a tick."""
        if self._is_smallest(ticket):
            return -tick(self._underlying(ticket.legs[0].symbol), Decimal(0))
        return Decimal("-Infinity")

    def _natural(self, ticket: Ticket, since: float, until: float) -> Decimal:
        """The dearest net at which the package could have traded at once in this time."""
        high = Decimal(0)
        for leg in ticket.legs:
            touches = self._touches(leg.symbol, since, until)
            sides = [it.ask if leg.side is Side.BUY else it.bid for it in touches]
            high += leg.ratio * max(leg.side.sign * each for each in sides)
        return high

    def _check_in_time(self, tracked: Tracked, terms: WalkTerms) -> Iterator[Broken]:
        """A walk that is not to cross takes no step when its time is used up."""
        assert tracked.seen is not None
        budget = (terms.schedule or PACES[terms.pace]).budget.total_seconds()
        age = tracked.seen - tracked.began.get(tracked.state.attempt.step, tracked.opened)
        if age > budget + 1.0 and terms.at_end is not AtEnd.CROSS and not tracked.is_hurried:
            yield "I7", f"a step {age:.1f} s after the click, of a walk of {budget:.0f} s"

    def _is_stride(self, tracked: Tracked) -> bool:
        """Whether an order of this step stands already, or stood."""
        attempts = tracked.state.attempts
        step_ = attempts[-1].step
        return any(each.orders for each in attempts if each.step == step_)

    def _keeps_its_price(self, tracked: Tracked, ticket: Ticket) -> bool:
        """Whether what is left goes again at the limit that stood: nothing priced it anew."""
        step_ = tracked.state.attempt.step
        stood = [
            order.limit
            for attempt in tracked.state.attempts
            if attempt.step == step_
            for order in attempt.orders
        ]
        return stood[-1] == ticket.limit

    def _check_fresh(self, seen: float, ticket: Ticket) -> Iterator[Broken]:
        """A stride is priced from what the process was told of every leg lately."""
        for leg in ticket.legs:
            told = self._told.get(leg.symbol, [])
            latest = bisect_right(told, seen + 0.001)
            if not latest or told[latest - 1] < seen - _STALE:
                since = f"{seen - told[latest - 1]:.1f} s" if latest else "never"
                yield "I7", f"a step from a quote of {leg.symbol} that was told {since} ago"

    def had_no_bid(self, tracked: Tracked, symbol: str, leeway: float) -> bool:
        """Whether nobody may have bid for a contract when its close was planned."""
        since = max(0.0, tracked.opened - 5.0 - leeway)
        told = self._told.get(symbol, [])
        known = bisect_right(told, tracked.opened)
        since = min(since, told[known - 1] if known else 0.0)
        return any(not each.bid for each in self._touches(symbol, since, tracked.opened))

    def quoted(self, symbol: str, at: float) -> None:
        """A quote of this moment has come to the process."""
        insort(self._told[symbol], at)

    def _is_smallest(self, ticket: Ticket) -> bool:
        """A sale cannot be priced lower than one tick, nor a purchase at all below it."""
        return not ticket.is_package and ticket.legs[0].side is Side.SELL

    def _mids(self, symbol: str, since: float, until: float) -> list[Decimal]:
        return [(each.bid + each.ask) / 2 for each in self._touches(symbol, since, until)]

    def _touches(self, symbol: str, since: float, until: float) -> list[Touch]:
        """Every bid and ask there was in this time."""
        touches = self._venue.touches.get(symbol)
        if not touches:
            touch = self._venue.touch(symbol)
            assert touch is not None
            return [touch]
        before = [each for each in touches if each.at <= since][-1:]
        during = [each for each in touches if since < each.at <= until]
        return [*before, *during]

    def _underlying(self, symbol: str) -> str:
        option = option_or_none(symbol)
        return option.underlying if option else symbol
