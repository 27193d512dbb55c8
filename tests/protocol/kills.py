"""Closes whose server is killed the moment the journal has their n-th event."""

import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from protocol.faults import on_order
from protocol.site import Case, Fault, Site

_PROGRESS: Final = """
    SELECT count(*), max(ended_at) FROM close_event JOIN close USING (close_id)
    WHERE position_id = ?
"""
_PATIENCE: Final = 20.0
_GLANCE: Final = 0.0002
"""Seconds between two looks at the journal: less than an order takes to leave."""

_HELD: Final = on_order("never_fill")


@dataclass(frozen=True, slots=True)
class Story:
    """
    What a close meets on its way, and how it must end.

    The server is killed after each of its events from `first` to `last`, as the journal numbers
    them when nothing is killed. The others are like those of the first story.
    """

    last: int
    first: int = 1
    phase: str = "closed"
    faults: Sequence[Fault] = ()
    fills: Sequence[int] = ()
    """Units traded one after another; without any the market order fills by itself."""
    is_cancelled: bool = False
    is_covered_call: bool = False
    is_on_its_way: bool = False
    """Whether the server dies only when the broker has received the order."""

    @property
    def numbers(self) -> range:
        return range(self.first, self.last + 1)

    @property
    def before_sending(self) -> tuple[int, ...]:
        """The events after which an order leaves: the opening, and the fill before the second."""
        return (1, 4) if self.is_covered_call else (1,)

    def take(self, site: Site) -> Case:
        case = site.take_covered_call() if self.is_covered_call else site.take()
        case.add_faults(*self.faults)
        return case

    def play(self, case: Case) -> None:
        """Do what is still to be done; after a kill it is called again."""
        case.wait_until_begun()
        for filled, units in enumerate(self.fills):
            order = case.order()
            if int(order["filled_qty"]) == sum(self.fills[:filled]):
                case.fill(units)
        if self.is_cancelled:
            case.wait_for("working", "cancelling", "cancelled")
            case.site.closeout.cancel(case.close_id)


STORIES: Final = {
    "an order that fills at once": Story(last=5),
    "an order that fills in parts": Story(first=4, last=5, faults=[_HELD], fills=[1, 1, 1]),
    "an order that is cancelled": Story(
        first=4, last=5, phase="cancelled", faults=[_HELD], is_cancelled=True
    ),
    "two orders, one after the other": Story(first=4, last=5, is_covered_call=True),
    # The order is on its way when the server dies, and there is no answer yet.
    "an order that arrives after the restart": Story(
        last=1, faults=[on_order("latency", ms=2500)], is_on_its_way=True
    ),
    "an order whose answer comes too late": Story(
        last=1, faults=[on_order("latency_after", ms=2500)], is_on_its_way=True
    ),
    "an order that never arrives": Story(
        last=1, faults=[on_order("cut_before")], is_on_its_way=True
    ),
}


def boundaries() -> list[tuple[str, int]]:
    """
    Every story and event after which to kill.

    Those come last in which an order may have been lost. It goes again once, when that is sure
    after thirty seconds, and no later kill may take that one too.
    """
    every = [(name, number) for name, story in STORIES.items() for number in story.numbers]
    return sorted(every, key=lambda each: _how_late(STORIES[each[0]], each[1]))


def _how_late(story: Story, number: int) -> tuple[bool, bool]:
    return number in story.before_sending, not story.is_on_its_way


def kill_at(site: Site, name: str, number: int) -> Case:
    """Ask for a close, kill the server after that many of its events, and start it again."""
    story = STORIES[name]
    case = story.take(site)
    with closing(site.closeout.journal()) as journal:
        players: list[Future[Any]] = [site.play(case.ask), site.play(lambda: story.play(case))]
        _watch(journal, case, number)
        if story.is_on_its_way:
            case.wait_until_received()
        site.closeout.kill()
    # They fail when the server is gone, and must not go on with the next one.
    wait(players)
    site.closeout.start()
    return case


def _watch(journal: sqlite3.Connection, case: Case, number: int) -> None:
    """Return as soon as the commit is there, before the server has gone much further."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        count, ended = journal.execute(_PROGRESS, (case.position["id"],)).fetchone()
        # Two reports may come as one, and then there are fewer events.
        if count >= number or ended:
            return
        assert time.monotonic() < deadline, f"{count} events, not {number}"
        time.sleep(_GLANCE)
