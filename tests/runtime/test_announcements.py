"""Dividends and splits: read once a day for each underlying, and unknown when they cannot be."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from support.bench import Bench

from closeout.domain.announcements import Announcement, AnnouncementKind
from closeout.runtime.announcements import KEPT, RETRY_AFTER, Announcements

SPY = Announcement(AnnouncementKind.DIVIDEND, "SPY", date(2026, 12, 18), rate=Decimal("1.83"))


@pytest.fixture
async def bench() -> Bench:
    bench = Bench()
    bench.hold_condor()
    bench.quotes.announced.append(SPY)
    await bench.engine.book.refresh()
    return bench


def of(bench: Bench) -> Announcements:
    engine = bench.engine
    return Announcements(engine.book, bench.quotes, bench.clock, engine.feed)


async def test_an_underlying_is_asked_about_once_a_day(bench: Bench) -> None:
    announcements = of(bench)
    for _ in range(3):
        await announcements.read_due()

    assert [frozenset({"SPY"})] == bench.quotes.asked_announcements
    assert (SPY,) == announcements.of("SPY")

    await bench.clock.seconds(86_400)
    await announcements.read_due()

    assert 2 == len(bench.quotes.asked_announcements)


async def test_a_new_underlying_is_asked_about_alone(bench: Bench) -> None:
    announcements = of(bench)
    await announcements.read_due()
    bench.hold_covered_call()
    await bench.engine.book.refresh()
    await announcements.read_due()

    assert frozenset({"NVDA"}) == bench.quotes.asked_announcements[-1]
    assert () == announcements.of("NVDA"), "known, and nothing is announced"


async def test_what_cannot_be_read_is_unknown_and_not_asked_about_at_once(bench: Bench) -> None:
    announcements = of(bench)
    bench.quotes.failing = "no data"
    await announcements.read_due()
    await announcements.read_due()

    assert None is announcements.of("SPY")
    assert 1 == len(bench.quotes.asked_announcements)

    bench.quotes.failing = None
    await bench.clock.seconds(RETRY_AFTER.total_seconds())
    await announcements.read_due()

    assert (SPY,) == announcements.of("SPY")


async def test_what_was_read_stands_for_some_days_when_it_cannot_be_read_again(
    bench: Bench,
) -> None:
    announcements = of(bench)
    await announcements.read_due()
    bench.quotes.failing = "no data"
    await bench.clock.seconds((KEPT - timedelta(hours=1)).total_seconds())
    await announcements.read_due()

    assert (SPY,) == announcements.of("SPY")

    await bench.clock.seconds(2 * 86_400)

    assert None is announcements.of("SPY")
