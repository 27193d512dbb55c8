"""Closes that are begun at the same time are planned one by one and written together."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from support.bench import LONG_PUT, SHORT_CALL, SHORT_PUT, Bench, at_limit
from support.eventually import settle

from closeout.domain.errors import CannotPlan
from closeout.ports import JournalFailed
from closeout.runtime.refusals import KeyReused
from closeout.runtime.requests import CloseRequest
from closeout.runtime.runner import Runner


@pytest.fixture
async def gated(bench: Bench) -> AsyncIterator[Bench]:
    """A running engine whose journal takes in writes and confirms none until it may."""
    bench.journal.gate = asyncio.Event()
    yield bench
    bench.journal.gate.set()


def ask(bench: Bench, request: CloseRequest) -> asyncio.Task[Runner]:
    return asyncio.create_task(bench.supervisor.open(request))


async def confirm(bench: Bench) -> None:
    assert bench.journal.gate is not None
    bench.journal.gate.set()
    await settle()


async def test_one_does_not_wait_for_the_disk_of_the_other(gated: Bench) -> None:
    asked = [ask(gated, gated.request(leg=leg)) for leg in (SHORT_PUT, SHORT_CALL)]
    await settle()
    waiting = list(gated.supervisor.claims())

    await confirm(gated)

    assert 2 == len(waiting), "both are at the disk"
    assert 2 == len({(await each).state.close_id for each in asked})
    assert 2 == len(gated.broker.sent)


async def test_nothing_is_sent_or_shown_before_it_is_on_record(gated: Bench) -> None:
    asked = ask(gated, gated.request())
    await settle()

    assert ([], []) == (gated.broker.sent, gated.supervisor.closes())
    await confirm(gated)
    assert [(await asked).state] == gated.supervisor.closes()


async def test_a_key_answered_with_anothers_close_is_taken_before_that_is_written(
    gated: Bench,
) -> None:
    """It could have been answered with a second close meanwhile."""
    put = ask(gated, gated.request(leg=SHORT_PUT))
    again = ask(gated, gated.request(at_limit(price="2.00"), leg=SHORT_PUT, key="k"))
    repeated = ask(gated, gated.request(at_limit(price="2.00"), leg=SHORT_PUT, key="k"))
    call = ask(gated, gated.request(leg=SHORT_CALL))
    other = ask(gated, gated.request(at_limit(price="2.00"), leg=SHORT_CALL, key="k"))
    await settle()
    await confirm(gated)

    assert await put is await again is await repeated
    assert await call is not await put
    with pytest.raises(KeyReused):
        await other


async def test_a_second_click_meanwhile_is_answered_with_the_first(gated: Bench) -> None:
    first, second = ask(gated, gated.request()), ask(gated, gated.request())
    await confirm(gated)

    assert await first is await second
    assert 1 == len(gated.broker.sent)


async def test_the_same_key_meanwhile_is_the_same_close(gated: Bench) -> None:
    request = gated.request(key="k")
    first, second = ask(gated, request), ask(gated, request)
    await confirm(gated)

    assert await first is await second


async def test_the_same_key_for_something_else_meanwhile_is_refused(gated: Bench) -> None:
    first = ask(gated, gated.request(key="k", leg=SHORT_PUT))
    other = ask(gated, gated.request(key="k", leg=SHORT_CALL))
    await settle()

    with pytest.raises(KeyReused):
        await other
    await confirm(gated)
    await first


async def test_its_contracts_are_taken_already(gated: Bench) -> None:
    """Another strategy may not plan for what is about to be closed, nor count on its cover."""
    first = ask(gated, gated.request(leg=SHORT_PUT))
    await settle()
    long_put = ask(gated, gated.request(leg=LONG_PUT))
    await settle()

    with pytest.raises(CannotPlan) as refused:
        await long_put
    assert "would_uncover" == refused.value.reason_code
    await confirm(gated)
    await first


async def test_all_who_asked_hear_that_it_could_not_be_written(gated: Bench) -> None:
    first, second = ask(gated, gated.request()), ask(gated, gated.request())
    await settle()
    gated.journal.failing = "the disk is full"
    await confirm(gated)

    for each in (first, second):
        with pytest.raises(JournalFailed, match="the disk is full"):
            await each
    assert ([], []) == (gated.broker.sent, gated.supervisor.claims())


async def test_its_contracts_are_free_again_when_it_could_not_be_written(gated: Bench) -> None:
    failed = ask(gated, gated.request())
    await settle()
    gated.journal.failing = "the disk is full"
    await confirm(gated)
    with pytest.raises(JournalFailed):
        await failed
    gated.journal.failing = None

    await gated.open(at_limit(price="2.00"))

    assert 1 == len(gated.broker.sent)


async def test_a_key_that_was_answered_with_what_could_not_be_written_begins_anew(
    gated: Bench,
) -> None:
    first = ask(gated, gated.request(key="first tab"))
    second = ask(gated, gated.request(key="second tab"))
    await settle()
    gated.journal.failing = "the disk is full"
    await confirm(gated)
    await asyncio.gather(first, second, return_exceptions=True)
    gated.journal.failing = None

    await gated.open(key="second tab")

    assert 1 == len(gated.broker.sent)


async def test_nothing_is_regrouped_under_a_close_that_is_being_written(gated: Bench) -> None:
    first = ask(gated, gated.request())
    await settle()
    entered = asyncio.Event()

    async def regroup() -> None:
        async with gated.supervisor.opener.beginning_none():
            entered.set()

    edit = asyncio.create_task(regroup())
    await settle()
    assert not entered.is_set()

    await confirm(gated)
    await edit
    assert (await first).state in gated.supervisor.closes()
