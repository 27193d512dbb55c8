"""
The price walk of a limit order: which limit to show when. Pure arithmetic, no order in sight.

Prices are signed nets for one unit, dollars per share, and the larger one is always the dearer
for us: a debit is positive, a credit negative, and a single leg that is sold for 1.20 has the
net -1.20. A walk begins between mid and natural, and at every step takes an equal stride of the
distance that is left over the strides that are left. A stride is at least one tick: where it
would be less, ticks are spread over the time. The distance is measured
anew from the present mid and natural each time, so a market that runs away is followed. One that
comes to meet us is followed too, before it finds an order at what has become a bad price: a limit
that is ahead of where an even walk would stand now, by a good part of the half-spread, goes back
to there at the next look. Where the market has come all the way, it is left to trade. A fixed
stride does neither: swiftward's measured walk of one cent a step saw its distance grow from 0.18
to 0.32 over nine steps.

To drive one, whatever moves the orders and the clock:

    walk = Walk(PACES[Pace.NORMAL], Grid(EVERY_CENT))
    seen = see(legs, quotes, now)                       # legs: Sequence[TicketLeg]
    limit = first_limit(walk, seen.net)                 # NoPrice beforehand if seen.net is None
    walk, strode = replace(walk, width_at_start=seen.net.width), 0
    ...
    at every schedule.due_in(age): age = now - the instant of the first limit
        decision = next_limit(walk, limit, see(legs, quotes, now, walk=walk), age, strode)
        if decision.holding is None:
            limit, strode = decision.limit, walk.schedule.step_at(age)  # by replacing the order
    once is_over(walk, age): rest, cancel, or go on so when it crosses (`AtEnd`)

A single leg's plain price is `-limit` when it is sold; `Grid(rule, side)` keeps it above zero.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from closeout.closing.schedule import PACES
from closeout.closing.sight import Sight
from closeout.closing.walk import AtEnd, Holding, Walk
from closeout.domain.quotes import NetQuote

_AHEAD = Decimal("0.1")
"""A limit this share of the half-spread ahead of an even walk goes back: less is not worth a
request and the place in the queue."""

_BEHIND = Decimal("0.2")
"""A first price follows a market that has run away by this share of the half-spread: a market may
come back, and strides make up what a limit is behind."""

_ALL = Decimal(1)


@dataclass(frozen=True, slots=True)
class Decision:
    """The limit to show; `holding` says why it is the one that stands already."""

    limit: Decimal
    holding: Holding | None = None


def is_over(walk: Walk, age: timedelta) -> bool:
    """Whether the time of this walk is used up."""
    return walk.hurried or age >= walk.schedule.budget


def first_limit(walk: Walk, net: NetQuote) -> Decimal:
    """Return the limit a walk begins with: never above natural or worst."""
    wanted = _at_share(walk.schedule.start_share, net)
    return walk.grid.floor(_bounded(wanted, net, walk.worst))


def next_limit(
    walk: Walk, limit: Decimal, seen: Sight, age: timedelta, strode: int = -1
) -> Decision:
    """
    Return the limit to show at `age`, when `limit` stands.

    It is on a valid tick, and not above natural or worst unless `limit` was already. It is
    cheaper than `limit` only where the market has come towards it. `strode` is the price that
    `limit` was last moved for (`Schedule.step_at`): one price takes one stride.
    """
    if seen.net is None or seen.trouble is not None:
        return Decision(limit, seen.trouble or Holding.MISSING)
    if seen.net.natural <= limit:
        return Decision(limit, Holding.IMPROVED)
    goal = _goal(walk, seen.net, age)
    even = goal if is_over(walk, age) else _at_share(walk.schedule.share_at(age), seen.net)
    planned = walk.grid.floor(_bounded(even, seen.net, walk.worst))
    if _is_ahead(limit, planned, seen.net):
        return Decision(planned)
    bound = walk.grid.floor(_bounded(goal, seen.net, walk.worst))
    if bound <= limit:
        return Decision(limit, _why_not_further(walk, limit, goal))
    if walk.schedule.is_at_first(age) and not is_over(walk, age):
        if _is_behind(limit, planned, seen.net):
            return Decision(planned)
        return Decision(limit, Holding.BETWEEN_TICKS)
    left = 1 if is_over(walk, age) else walk.schedule.strides_left(age)
    if left > 1 and walk.schedule.step_at(age) <= strode:
        return Decision(limit, Holding.BETWEEN_TICKS)
    stride = walk.grid.floor(limit + (goal - limit) / left)
    if stride <= limit:
        # Less than a tick at a time: ticks are spread over the time instead, or a narrow
        # market would be crossed in its first seconds.
        if walk.grid.floor(even) <= limit:
            return Decision(limit, Holding.BETWEEN_TICKS)
        stride = walk.grid.above(limit)
    return Decision(min(stride, bound))


def _is_ahead(limit: Decimal, planned: Decimal, net: NetQuote) -> bool:
    """Whether the market has come so far towards the limit that it should go back."""
    return planned < limit and limit - planned >= _AHEAD * (net.natural - net.mid)


def _is_behind(limit: Decimal, planned: Decimal, net: NetQuote) -> bool:
    """Whether the market has run so far away from a first price that it should follow."""
    return planned > limit and planned - limit >= _BEHIND * (net.natural - net.mid)


def _goal(walk: Walk, net: NetQuote, age: timedelta) -> Decimal:
    """Where this walk is heading in the market as it is."""
    crosses = walk.at_end is AtEnd.CROSS and is_over(walk, age)
    return _at_share(_ALL if crosses else walk.schedule.end_share, net)


def _at_share(share: Decimal, net: NetQuote) -> Decimal:
    return net.mid + share * (net.natural - net.mid)


def _bounded(wanted: Decimal, net: NetQuote, worst: Decimal | None) -> Decimal:
    return min(wanted, net.natural, wanted if worst is None else worst)


def _why_not_further(walk: Walk, limit: Decimal, goal: Decimal) -> Holding:
    stopped = walk.worst is not None and walk.grid.floor(walk.worst) <= limit < goal
    return Holding.AT_WORST if stopped else Holding.ARRIVED


def quickened(walk: Walk, age: timedelta) -> Walk:
    """
    Return the walk at the next faster pace; its age begins anew at zero.

    The time left becomes that pace's budget, or stays if it is less. It goes on from where the
    slower one stood, with a stride at once. What is faster than the fastest is to cross now: the
    time of this walk is over.
    """
    left = walk.schedule.budget - age
    for pace, faster in PACES.items():
        if faster.budget < walk.schedule.budget and left >= faster.interval:
            schedule = replace(
                faster, budget=min(left, faster.budget), first_for=None, last_for=None
            )
            share = walk.schedule.share_at(age)
            start = share + (schedule.end_share - share) / schedule.prices
            return replace(walk, schedule=replace(schedule, start_share=start), pace=pace)
    return replace(walk, at_end=AtEnd.CROSS, hurried=True)
