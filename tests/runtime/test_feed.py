"""Changes are marks: a slow listener finds one where a fast one found ten."""

import asyncio
from datetime import timedelta

import pytest
from support.eventually import settle
from support.fakes import FRIDAY_MORNING as NOW
from support.fakes import ManualClock

from closeout.ports import LinkDown, LinkUp
from closeout.runtime.clock import SystemClock, finishes
from closeout.runtime.feed import Feed
from closeout.runtime.links import Link, Links


async def test_marks_add_up_until_they_are_taken() -> None:
    feed = Feed()
    with feed.listen() as listener:
        feed.close_changed("one")
        feed.close_changed("two")
        feed.close_changed("one")
        feed.quotes_moved({"SPY"})
        await listener.wait()
        taken = listener.take()

    assert ({"one", "two"}, {"SPY"}) == (taken.closes, taken.symbols)
    assert not listener.pending


async def test_every_listener_has_marks_of_its_own() -> None:
    feed = Feed()
    with feed.listen() as first, feed.listen() as second:
        feed.positions_changed()
        first.take()

        assert second.pending.positions


async def test_who_has_left_is_not_told() -> None:
    feed = Feed()
    with feed.listen() as listener:
        pass
    feed.status_changed()

    assert not listener.pending


def test_a_link_is_unknown_until_its_first_answer() -> None:
    assert Link(up=None, since=NOW, detail=None) == Links(NOW)["trading"]


def test_a_link_keeps_the_time_since_it_has_been_down() -> None:
    links = Links(NOW)
    links.change("trading", LinkDown(NOW + timedelta(seconds=1), "cut"))
    links.change("trading", LinkDown(NOW + timedelta(seconds=9), "refused"))

    down = Link(up=False, since=NOW + timedelta(seconds=1), detail="refused")
    assert down == links["trading"]

    links.change("trading", LinkUp(NOW + timedelta(seconds=20), timedelta(seconds=19)))
    assert Link(up=True, since=NOW + timedelta(seconds=20), detail=None) == links["trading"]


async def test_work_that_takes_too_long_is_stopped() -> None:
    clock, stopped = ManualClock(), asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    waiting = asyncio.create_task(finishes(work(), timedelta(seconds=3), clock))
    await clock.seconds(2)
    assert not waiting.done()
    await clock.seconds(2)

    assert False is await waiting
    await settle()
    assert stopped.is_set()


async def test_an_error_in_the_work_is_the_callers() -> None:
    async def work() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await finishes(work(), timedelta(seconds=3), ManualClock())


async def test_the_wall_clock_is_aware_and_does_not_mind_a_past_deadline() -> None:
    clock = SystemClock()
    await clock.sleep(timedelta(seconds=-5))

    assert timedelta(0) == clock.now().utcoffset()
