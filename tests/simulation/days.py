"""
What kind of bad day a seed has.

Each day draws which faults it has at all and then how bad each is (swarm testing: a day
with one fault in force reaches further than one with every fault a little; Groce et al.,
"Swarm Testing", ISSTA 2012).
"""

import random
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Day:
    """Chances are from 0 to 1 per occasion, times in seconds."""

    # What becomes of an order or a cancel on its way.
    lost_before: float = 0.0
    lost_after: float = 0.0
    late_arrival: float = 0.0
    unavailable_before: float = 0.0
    unavailable_after: float = 0.0
    unreadable: float = 0.0
    rate_limited: float = 0.0
    no_connection: float = 0.0
    mishap: float = 0.0
    cancel_swallowed: float = 0.0
    latency: float = 0.05
    # What becomes of a replacement that was answered with 200.
    replace_dropped: float = 0.0
    replace_rejected: float = 0.0
    # Quotes that the stream keeps to itself.
    quotes_silent: float = 0.0
    # How likely the market data go away in the middle of the day, and stay away.
    quote_outages: float = 0.0
    # What becomes of an order at the broker.
    rejected_after: float = 0.0
    packages_refused: float = 0.0
    orders_refused: float = 0.0
    partial_fills: float = 0.0
    slow_fills: float = 0.0
    # Reads.
    read_failures: float = 0.0
    order_lag: float = 0.0
    holdings_lag: float = 0.0
    # The stream of trade updates.
    dropped: float = 0.0
    repeated: float = 0.0
    delayed: float = 0.0
    legless: float = 0.0
    stream_cuts: float = 0.0
    # The journal.
    journal_failures: float = 0.0
    journal_outages: float = 0.0
    commits_unsaid: float = 0.0
    journal_delay: float = 0.0005
    # Who else is there.
    foreign_hands: float = 0.0
    # How likely another hand replaces an order that is just being replaced.
    races: float = 0.0
    kills: int = 0
    freezes: int = 0
    near_the_bell: bool = False
    # What the people of this day are fond of.
    walks: float = 0.6
    clears: float = 0.4
    quiet_market: float = 0.4
    edits: int = 0
    busts: int = 0
    # A second process on the same account.
    has_second: bool = False

    def describe(self) -> str:
        """Name what is not as on a good day."""
        good = Day()
        parts = [
            f"{each.name}={getattr(self, each.name):.3g}"
            for each in fields(self)
            if getattr(self, each.name) != getattr(good, each.name)
        ]
        return ", ".join(parts) or "nothing is wrong"

    @property
    def has_journal_trouble(self) -> bool:
        return bool(self.journal_failures or self.journal_outages or self.commits_unsaid)

    def healed(self) -> "Day":
        """The same market with nothing going wrong any more."""
        return Day(near_the_bell=self.near_the_bell)


_CHANCES = {
    "lost_before": 0.6,
    "lost_after": 0.6,
    "late_arrival": 0.5,
    "unavailable_before": 0.6,
    "unavailable_after": 0.6,
    "unreadable": 0.6,
    "rate_limited": 0.7,
    "no_connection": 0.7,
    "mishap": 0.3,
    "cancel_swallowed": 0.6,
    "rejected_after": 0.5,
    "packages_refused": 1.0,
    "orders_refused": 0.4,
    "partial_fills": 1.0,
    "read_failures": 0.7,
    "dropped": 0.8,
    "repeated": 0.6,
    "delayed": 0.8,
    "legless": 0.5,
    "stream_cuts": 1.0,
    "journal_failures": 0.5,
    "journal_outages": 1.0,
    "commits_unsaid": 0.3,
    "foreign_hands": 0.95,
}
"""How bad each can get."""


def draw_day(chance: random.Random) -> Day:
    """Draw a day: about a third of all faults, each at its own strength."""
    share = chance.choice((0.0, 0.15, 0.3, 0.3, 0.5))
    found: dict[str, Any] = {
        name: chance.uniform(0.05, worst)
        for name, worst in _CHANCES.items()
        if chance.random() < share
    }
    day = replace(
        Day(),
        **found,
        latency=chance.choice((0.005, 0.05, 0.05, 0.3, 2.0)),
        journal_delay=chance.choice((0.0005, 0.0005, 0.01, 0.5)),
        kills=chance.choice((0, 0, 0, 1, 1, 2, 4)),
        freezes=1 if chance.random() < share / 3 else 0,
        near_the_bell=chance.random() < 0.08,
    )
    if chance.random() < 0.4:
        day = replace(day, slow_fills=chance.uniform(0.3, 1.0))
    if chance.random() < share:
        day = replace(day, order_lag=chance.choice((0.5, 2.0, 10.0)))
    if chance.random() < share:
        day = replace(day, holdings_lag=chance.choice((0.5, 3.0, 10.0)))
    return day


_THEMES = (
    *4 * ("walks",),
    *4 * ("hands",),
    *2 * ("edits",),
    "busts",
    "legs",
    *3 * ("second",),
    *5 * ("nothing",),
)


def with_theme(day: Day, chance: random.Random) -> Day:
    """Have most days be about something: what is rare otherwise happens then."""
    often = chance.choice((0.0, chance.uniform(0.3, 0.7)))
    match chance.choice(_THEMES):
        case "walks":
            fault = chance.choice(("lost_after", "rate_limited", "partial_fills", "latency"))
            day = replace(day, **{fault: max(often, getattr(day, fault))})
            return replace(day, walks=0.95, quiet_market=1.0, races=often / 3)
        case "hands":
            day = replace(day, rate_limited=max(often, day.rate_limited))
            hands = chance.uniform(0.5, 0.95)
            return replace(day, foreign_hands=hands, clears=0.8, quiet_market=0.8, races=hands)
        case "edits":
            return replace(day, edits=chance.randint(1, 4))
        case "legs":
            return replace(day, packages_refused=chance.uniform(0.5, 1.0))
        case "busts":
            return replace(day, busts=chance.randint(1, 2), kills=0, partial_fills=0.9)
        case "second":
            return replace(day, has_second=True, freezes=chance.randint(0, 3), quiet_market=0.7)
    return day


def with_walk_faults(day: Day, chance: random.Random) -> Day:
    """
    Draw what goes wrong with walks: replacements answered and dropped, or rejected later, quotes
    that do not move on the page though the market does, and market data that go away.
    """
    if chance.random() < 0.35:
        day = replace(day, replace_dropped=chance.uniform(0.05, 0.8))
    if chance.random() < 0.35:
        day = replace(day, replace_rejected=chance.uniform(0.05, 0.8))
    if chance.random() < 0.25:
        day = replace(day, quotes_silent=chance.uniform(0.3, 1.0))
    if chance.random() < 0.15:
        day = replace(day, quote_outages=1.0)
    return day
