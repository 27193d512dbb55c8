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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from closeout.domain.errors import NoPrice
from closeout.domain.orders import Side, TicketLeg
from closeout.domain.pricing import TickRule, floor_to_tick, net_quote, tick_above
from closeout.domain.quotes import NetQuote, Quote

STALE_AFTER = timedelta(seconds=15)
"""Quotes that nothing has confirmed for this long price no step."""

DEAD_AFTER = timedelta(minutes=5)
"""Nor does a quote that has not changed for this long, however often it is read: a halted
class, or a feed that died."""

_AHEAD = Decimal("0.1")
"""A limit this share of the half-spread ahead of an even walk goes back: less is not worth a
request and the place in the queue."""

_BEHIND = Decimal("0.2")
"""A first price follows a market that has run away by this share of the half-spread: a market may
come back, and strides make up what a limit is behind."""

_WIDE_FACTOR = 2
_WIDE_LEAST = Decimal("0.10")
_ALL = Decimal(1)


class Pace(StrEnum):
    """How patient a walk is."""

    PATIENT = "patient"
    NORMAL = "normal"
    URGENT = "urgent"
    CUSTOM = "custom"


class AtEnd(StrEnum):
    """
    What becomes of the order when the time is used up.

    It rests at its last limit, is cancelled, or crosses: follows natural up to worst.
    """

    REST = "rest"
    CANCEL = "cancel"
    CROSS = "cross"


class Holding(StrEnum):
    """Why a walk stands still. The first five are about quotes that cannot be trusted."""

    MISSING = "missing"
    CROSSED = "crossed"
    STALE = "stale"
    NO_BID = "no_bid"
    WIDE = "wide"
    IMPROVED = "improved"
    """The market has come to our limit, or past it: it should trade where it is."""
    AT_WORST = "at_worst"
    BETWEEN_TICKS = "between_ticks"
    """The next tick, or the first stride, is not due yet."""
    ARRIVED = "arrived"
    """It stands where this walk ends."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    When a walk steps, and between which shares of the way from mid (0) to natural (1).

    The budget is divided into prices that each stand for one interval, the first from the
    beginning and the last until the end, or these two for as long as `first_for` and `last_for`
    say. The market is looked at once in every interval, or every `look_every`: strides are due
    when a price is, and looks in between only bring back what the market has come to meet.
    """

    budget: timedelta
    interval: timedelta
    start_share: Decimal = Decimal(0)
    end_share: Decimal = _ALL
    first_for: timedelta | None = None
    last_for: timedelta | None = None
    look_every: timedelta | None = None

    def __post_init__(self) -> None:
        assert timedelta(0) < self.interval <= self.first <= self.budget, "one price has time"
        assert not self.first % self.look, "strides are taken at looks"
        assert not self.interval % self.look, "strides are taken at looks"
        assert 0 <= self.start_share <= self.end_share <= 1, "a walk goes from mid to natural"

    @property
    def first(self) -> timedelta:
        """How long the first price stands."""
        return self.interval if self.first_for is None else self.first_for

    @property
    def look(self) -> timedelta:
        """How long from one look at the market to the next."""
        return self.interval if self.look_every is None else self.look_every

    @property
    def prices(self) -> int:
        """How many limits the walk shows if nothing holds it."""
        last = self.interval if self.last_for is None else self.last_for
        return max(2 + (self.budget - self.first - last) // self.interval, 1)

    def step_at(self, age: timedelta) -> int:
        """Which price stands at this age, the first one being 0."""
        strides = 1 + (age - self.first) // self.interval
        return min(max(strides, 0), self.prices - 1)

    def share_at(self, age: timedelta) -> Decimal:
        """Where an even walk stands at this age."""
        done = Decimal(self.step_at(age)) / max(self.prices - 1, 1)
        return self.start_share + done * (self.end_share - self.start_share)

    def is_at_first(self, age: timedelta) -> bool:
        """Whether the first price still has the time of its own that it was given."""
        return self.first_for is not None and age < self.first_for

    def strides_left(self, age: timedelta) -> int:
        """How many strides there are still, the one that is due at this age included."""
        return self.prices - self.step_at(age)

    def due_in(self, age: timedelta) -> timedelta:
        """How long until the next look; beyond the end it goes on at the same rhythm."""
        return self.look - age % self.look

    def next_price_in(self, age: timedelta) -> timedelta:
        """How long until the next price is due."""
        if age < self.first:
            return self.first - age
        return self.interval - (age - self.first) % self.interval


PACES = {
    Pace.PATIENT: Schedule(timedelta(minutes=5), timedelta(seconds=20)),
    Pace.NORMAL: Schedule(
        timedelta(seconds=60),
        timedelta(seconds=5),
        start_share=Decimal("0.2"),
        first_for=timedelta(seconds=27),
        last_for=timedelta(seconds=3),
        look_every=timedelta(seconds=1),
    ),
    Pace.URGENT: Schedule(timedelta(seconds=15), timedelta(seconds=3)),
}
"""
To natural in 15, 8 and 5 prices. Where there is time, the first one is tried before more is given.
`normal` begins a fifth of the way from mid, where orders find somebody about twice as soon, and
looks every second: an order that rests longer is found by the market when it comes that way
(`docs/measured.md`). A move costs a request of the 200 a minute that an account has.
"""


@dataclass(frozen=True, slots=True)
class Grid:
    """The valid net prices of an order. `side` is that of a single leg, None for a package."""

    rule: TickRule
    side: Side | None = None

    def floor(self, net: Decimal) -> Decimal:
        """Return the dearest valid price that is not above `net`; a leg costs at least a tick."""
        price = floor_to_tick(net, self.rule)
        if self.side is Side.BUY:
            return max(price, self.rule.below)
        if self.side is Side.SELL:
            return min(price, -self.rule.below)
        return price

    def above(self, net: Decimal) -> Decimal:
        return tick_above(net, self.rule)

    def price(self, net: Decimal) -> Decimal:
        """Return what an order says for a net: a single sale's plain price. Its own inverse."""
        return -net if self.side is Side.SELL else net


@dataclass(frozen=True, slots=True)
class Walk:
    """
    What a person asked for, on the prices there are.

    `worst` is the net nobody goes beyond, on a valid tick. `width_at_start` is natural less the
    far side when the walk began, and `bidless` names the sold legs that nobody bid for already
    then. `hurried` means that somebody did not want to wait for the end.
    """

    schedule: Schedule
    grid: Grid
    worst: Decimal | None = None
    at_end: AtEnd = AtEnd.REST
    width_at_start: Decimal | None = None
    bidless: tuple[str, ...] = ()
    hurried: bool = False
    pace: Pace = Pace.CUSTOM


@dataclass(frozen=True, slots=True)
class Sight:
    """What the market shows. `trouble` says why it prices nothing now, `net` what is seen."""

    net: NetQuote | None
    trouble: Holding | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The limit to show; `holding` says why it is the one that stands already."""

    limit: Decimal
    holding: Holding | None = None


def see(
    legs: Sequence[TicketLeg],
    quotes: Mapping[str, Quote],
    now: datetime,
    *,
    read_at: datetime | None = None,
    walk: Walk | None = None,
) -> Sight:
    """
    Look at the market of a package, and say whether a step may be priced from it.

    `read_at` is when the quotes were last confirmed: a quiet contract's quote may be older
    and hold all the same. Without a walk, nothing is known of how wide it was before.
    """
    try:
        net = net_quote(legs, quotes)
    except NoPrice:
        return Sight(None, Holding.MISSING)
    each = [quotes[leg.symbol] for leg in legs]
    if any(quote.is_crossed for quote in each):
        return Sight(net, Holding.CROSSED)
    if any(_is_stale(quote, now, read_at) for quote in each):
        return Sight(net, Holding.STALE)
    if walk is not None and set(bidless(legs, quotes)) - set(walk.bidless):
        return Sight(net, Holding.NO_BID)
    if walk is not None and _is_wide(net, walk.width_at_start):
        return Sight(net, Holding.WIDE)
    return Sight(net)


def bidless(legs: Sequence[TicketLeg], quotes: Mapping[str, Quote]) -> tuple[str, ...]:
    """Name the legs to be sold for which nobody bids."""
    sold = [leg.symbol for leg in legs if leg.side is Side.SELL]
    return tuple(symbol for symbol in sold if symbol not in quotes or not quotes[symbol].has_bid)


def _is_stale(quote: Quote, now: datetime, read_at: datetime | None) -> bool:
    confirmed_at = quote.at if read_at is None else max(quote.at, read_at)
    return now - confirmed_at > STALE_AFTER or now - quote.at > DEAD_AFTER


def _is_wide(net: NetQuote, before: Decimal | None) -> bool:
    """Whether the market is more than twice as wide as it was, and by more than a dime."""
    if before is None:
        return False
    return net.width > _WIDE_FACTOR * before and net.width > before + _WIDE_LEAST


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
