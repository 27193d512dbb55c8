"""Whoever looks at a preview is about to click: the account is read before they do."""

import pytest
from support.bench import SHORT_PUT, Bench
from support.builders import a_ticket
from support.eventually import settle


async def pass_time(bench: Bench, seconds: float, *, looking_every: float | None) -> None:
    """Let time pass in tenths of a second, with a preview at this distance or with none."""
    for tenth in range(round(seconds * 10)):
        if looking_every is not None and tenth % round(looking_every * 10) == 0:
            bench.engine.attention.draw()
        await bench.clock.seconds(0.1)


@pytest.fixture
async def idle(bench: Bench) -> Bench:
    """Its account was read a while ago."""
    await bench.clock.seconds(10)
    bench.broker.reads.clear()
    return bench


async def test_a_close_that_was_looked_at_reads_nothing_more(idle: Bench) -> None:
    await pass_time(idle, 7.9, looking_every=2)
    before = idle.broker.reads["holdings"]

    await idle.open()

    assert (1, before) == (len(idle.broker.sent), idle.broker.reads["holdings"])


async def test_it_is_read_as_often_as_that_takes_and_no_more(idle: Bench) -> None:
    await pass_time(idle, 11.9, looking_every=2)

    assert 8 == idle.broker.reads["holdings"], "once in a second and a half"


async def test_an_order_of_another_hand_is_seen_while_somebody_looks(idle: Bench) -> None:
    await pass_time(idle, 2, looking_every=2)
    idle.broker.tell("new", idle.broker.add(a_ticket((SHORT_PUT, 1), units=6)))
    await settle()
    before = idle.broker.reads["holdings"]

    idle.engine.attention.draw()
    await settle()

    assert before + 1 == idle.broker.reads["holdings"]


async def test_nobody_looks_for_long_after_the_last_preview(idle: Bench) -> None:
    idle.engine.attention.draw()
    await pass_time(idle, 6, looking_every=None)
    idle.broker.reads.clear()

    await pass_time(idle, 10, looking_every=None)

    assert 0 == idle.broker.reads["holdings"]


async def test_reading_ahead_leaves_the_rest_of_the_minute_to_exits(idle: Bench) -> None:
    idle.engine.budget.note(200, 80)

    idle.engine.attention.draw()
    await settle()

    assert 0 == idle.broker.reads["holdings"]


async def test_without_a_stream_nothing_is_read_in_vain(idle: Bench) -> None:
    idle.broker.drop_stream()
    await settle()

    await pass_time(idle, 6, looking_every=2)

    assert 0 == idle.broker.reads["holdings"]
