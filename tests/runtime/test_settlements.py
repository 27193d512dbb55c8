"""Assignments and expiries: read now and then, kept by the journal, known after a restart."""

from datetime import timedelta
from decimal import Decimal

import pytest
from support.bench import CONDOR, SHORT_PUT, Bench

from closeout.domain.chains import Deed
from closeout.domain.settlements import Settlement, SettlementKind
from closeout.runtime.settlements import EVERY, OVERLAP, WHEN_MISSED, Settlements


@pytest.fixture
async def bench() -> Bench:
    """Ten condors, two short puts of which were assigned."""
    bench = Bench()
    bench.open_package(CONDOR, 10)
    at = bench.clock.now() - timedelta(days=1)
    bench.broker.settled.append(
        Settlement("1", SettlementKind.ASSIGNED, SHORT_PUT, Decimal(2), None, at)
    )
    bench.broker.hold(SHORT_PUT, -8)
    return bench


def of(bench: Bench) -> Settlements:
    return Settlements(bench.broker, bench.journal, bench.clock)


def deeds(bench: Bench) -> list[Deed]:
    histories = bench.engine.book.grouping.histories
    return [link.deed for links in histories.values() for link in links]


async def test_a_restart_knows_what_the_broker_no_longer_lists(bench: Bench) -> None:
    await bench.start()
    assert Deed.ASSIGNED in deeds(bench)
    bench.broker.settled.clear()
    await bench.restart()

    assert Deed.ASSIGNED in deeds(bench)
    await bench.stop()


async def test_a_restart_asks_only_from_a_week_before_the_last_look(bench: Bench) -> None:
    await of(bench).read("PA", is_missed=False)
    read_at = bench.clock.now()
    await bench.clock.seconds(3600)
    await of(bench).read("PA", is_missed=False)

    assert [None, read_at - OVERLAP] == bench.broker.settlements_since


@pytest.mark.parametrize(("is_missed", "every"), [(False, EVERY), (True, WHEN_MISSED)])
async def test_they_are_read_sooner_while_something_is_missing(
    bench: Bench, *, is_missed: bool, every: timedelta
) -> None:
    settlements = of(bench)
    await settlements.read("PA", is_missed=is_missed)
    await bench.clock.advance(every - timedelta(seconds=1))
    await settlements.read("PA", is_missed=is_missed)

    assert 1 == len(bench.broker.settlements_since)

    await bench.clock.seconds(1)
    await settlements.read("PA", is_missed=is_missed)

    assert 2 == len(bench.broker.settlements_since)


async def test_what_could_not_be_kept_is_kept_with_the_next_look(bench: Bench) -> None:
    settlements = of(bench)
    bench.journal.fail_history = True
    await settlements.read("PA", is_missed=True)
    bench.journal.fail_history = False
    bench.broker.settled.clear()
    await bench.clock.advance(WHEN_MISSED)
    await settlements.read("PA", is_missed=True)

    assert {"1"} == bench.journal.settled.keys()
    assert 1 == len(settlements.all())


async def test_a_failed_read_is_tried_again_and_forgets_nothing(bench: Bench) -> None:
    settlements = of(bench)
    await settlements.read("PA", is_missed=False)
    await bench.clock.advance(EVERY)
    bench.broker.fail("settlements")
    await settlements.read("PA", is_missed=False)

    assert 1 == len(settlements.all())
    assert bench.clock.now() - EVERY == bench.journal.settled_until
