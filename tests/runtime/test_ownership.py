"""One process works an account; another shows it, and goes on when the first is gone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.bench import Bench
from support.eventually import eventually, settle
from support.fakes import hold
from support.memory_journal import MemoryJournal

from closeout.closing.events import CancelRequested, CloseOpened, OrderNotSent, OrderReported
from closeout.closing.pacing import WalkTerms
from closeout.closing.plan import Terms
from closeout.closing.schedule import Pace
from closeout.closing.state import Phase
from closeout.domain.edits import Edit
from closeout.domain.orders import OrderStatus, OrderType
from closeout.ports import HandedOver, JournalFailed, NotOwner, StoredClose, Unconfirmed
from closeout.runtime.ownership import LIFE
from closeout.runtime.refusals import NotReady, StandingBy
from closeout.runtime.supervisor import SHOWN_CLOSES

OTHER = "Process 7 on desk"


async def taken_over(bench: Bench) -> None:
    """Let another process take the account, and this one notice it."""
    bench.journal.rob(OTHER)
    await bench.clock.seconds(1)
    await eventually(lambda: bench.engine.ownership.other == OTHER)


async def the_other_works(bench: Bench, seconds: int) -> None:
    for _ in range(seconds):
        bench.journal.beat()
        await bench.clock.seconds(1)


@pytest.fixture
async def standby(empty_bench: Bench) -> Bench:
    """An engine that was started while another process works its account."""
    bench = empty_bench
    bench.hold_condor()
    await bench.start()
    await bench.stop()
    bench.journal.rob(OTHER)
    bench._wire()
    bench.engine.start()
    await the_other_works(bench, 2)
    return bench


async def test_an_account_nobody_works_is_ours_at_once(bench: Bench) -> None:
    assert bench.engine.is_ready
    assert bench.engine.ownership.other is None


async def test_a_process_that_was_stopped_well_leaves_no_wait(bench: Bench) -> None:
    before = bench.clock.now()

    await bench.restart()

    assert before == bench.clock.now()


async def test_a_second_process_shows_the_account_and_names_the_first(standby: Bench) -> None:
    assert not standby.engine.is_ready
    assert OTHER == standby.engine.ownership.other
    assert 4 == len(standby.strategy.legs)


async def test_a_second_process_refuses_closes_and_cancels(standby: Bench) -> None:
    with pytest.raises(StandingBy, match="Process 7 on desk works this account"):
        await standby.open()
    with pytest.raises(StandingBy):
        standby.supervisor.cancel("any")

    assert [] == standby.broker.sent


async def test_a_second_process_opens_no_stream(standby: Bench) -> None:
    """
    The broker gives an account one connection: a second one would push the owner's out.
    """
    await the_other_works(standby, 60)

    assert not standby.broker.is_followed
    assert standby.engine.links["trading"].up is None


async def test_a_second_process_never_takes_over_from_one_that_is_alive(standby: Bench) -> None:
    await the_other_works(standby, 120)

    assert not standby.engine.is_ready


async def test_a_second_process_takes_over_when_the_first_falls_silent(standby: Bench) -> None:
    await standby.clock.advance(LIFE + timedelta(seconds=1))
    await eventually(lambda: standby.engine.is_ready)

    await standby.open()

    assert 1 == len(standby.broker.sent)


async def test_an_owner_that_was_robbed_stands_by(bench: Bench) -> None:
    await taken_over(bench)

    assert not bench.engine.is_ready
    with pytest.raises(StandingBy):
        await bench.open()
    assert bench.engine.links["trading"].up is False


async def test_late_events_of_a_robbed_owner_are_not_recorded(bench: Bench) -> None:
    runner = await bench.open()
    written = len(bench.journal.events(runner.state.close_id))
    bench.journal.rob(OTHER)

    bench.broker.fill()
    await settle()

    assert written == len(bench.journal.events(runner.state.close_id))
    assert not bench.engine.ownership.is_ours


async def test_a_close_the_journal_refuses_to_a_robbed_owner_is_not_begun(bench: Bench) -> None:
    bench.journal.rob(OTHER)

    with pytest.raises(NotOwner):
        await bench.open()

    assert [] == bench.broker.sent
    assert [] == bench.journal.close_ids


async def test_what_the_other_process_does_to_a_close_is_shown(bench: Bench) -> None:
    runner = await bench.open()
    close_id = runner.state.close_id
    await taken_over(bench)
    await the_other_works(bench, 3)
    shown = bench.state(close_id).phase

    report = await bench.broker.order(bench.broker.fill().order_id)
    assert report is not None
    bench.journal.events(close_id).append(OrderReported(bench.clock.now(), report, "stream"))
    await the_other_works(bench, 3)

    assert (Phase.WORKING, Phase.VERIFYING) == (shown, bench.state(close_id).phase)


async def test_a_close_that_ends_behind_many_younger_ones_is_shown_as_ended(bench: Bench) -> None:
    runner = await bench.open()
    close_id = runner.state.close_id
    await taken_over(bench)
    await the_other_works(bench, 3)
    opening = bench.journal.events(close_id)[0]
    assert isinstance(opening, CloseOpened)
    bench.journal.taken_from_us = False
    for number in range(SHOWN_CLOSES):
        younger = f"younger-{number}"
        await bench.journal.open(
            close_id=younger,
            account=opening.account,
            position_id=opening.position_id,
            idempotency_key=None,
            fingerprint=younger,
            events=[replace(opening, close_id=younger)],
        )
        await bench.journal.mark_ended(younger, ended=True)

    bench.broker.end(OrderStatus.CANCELED)
    report = await bench.broker.order(bench.broker.newest.order_id)
    assert report is not None
    bench.journal.events(close_id).append(OrderReported(bench.clock.now(), report, "stream"))
    await bench.journal.mark_ended(close_id, ended=True)
    await the_other_works(bench, 3)

    assert Phase.CANCELLED is bench.state(close_id).phase


async def test_closes_are_shown_after_an_account_was_had_and_could_not_be_taken_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_id = (await bench.open()).state.close_id
    await taken_over(bench)
    await the_other_works(bench, 3)

    async def fail(account: str) -> tuple[StoredClose, ...]:
        raise JournalFailed("the database is locked")

    with monkeypatch.context() as locked:
        locked.setattr(bench.journal, "load_unfinished", fail)
        await bench.clock.advance(LIFE + timedelta(seconds=1))
        await eventually(lambda: bench.engine.ownership.is_ours)
        await taken_over(bench)
    await the_other_works(bench, 3)

    assert Phase.WORKING == bench.state(close_id).phase


async def test_a_robbed_owner_that_gets_the_account_back_goes_on(bench: Bench) -> None:
    bench.broker.script(hold(asyncio.Event()))
    runner = await bench.open()
    bench.broker.take(bench.broker.sent[0])
    await taken_over(bench)

    await bench.clock.advance(LIFE + timedelta(seconds=1))
    await eventually(lambda: bench.engine.is_ready)
    bench.broker.fill()

    assert await bench.reaches(runner.state.close_id, Phase.CLOSED)
    assert 1 == len(bench.broker.sent)


async def test_no_close_begins_after_a_takeover_before_the_last_edits_are_known(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process may have split this very strategy just before it fell silent."""
    await taken_over(bench)
    load, told = bench.journal.load_edits, asyncio.Event()

    async def slowly(account: str) -> tuple[Edit, ...]:
        await told.wait()
        return await load(account)

    monkeypatch.setattr(bench.journal, "load_edits", slowly)
    await bench.clock.advance(LIFE + timedelta(seconds=1))
    await eventually(lambda: bench.engine.ownership.is_ours)
    await settle()

    opening = asyncio.create_task(bench.open())
    await settle()
    assert [] == bench.broker.sent
    told.set()

    await opening
    assert 1 == len(bench.broker.sent)


async def test_nothing_is_sent_by_a_process_that_was_stopped_since_its_intent(
    bench: Bench,
) -> None:
    """
    It goes on between the journal's answer and the order, and cannot know for how long it slept.
    """
    bench.journal.gate = asyncio.Event()
    opening = asyncio.create_task(bench.supervisor.open(bench.request()))
    await settle()
    bench.clock.freeze(timedelta(seconds=10))
    bench.journal.gate.set()
    runner = await opening
    await settle()
    sent_at_once = len(bench.broker.sent)

    await bench.clock.seconds(5)

    assert (0, 1) == (sent_at_once, len(bench.broker.sent))
    recorded = bench.journal.events(runner.state.close_id)
    assert any(isinstance(each, OrderNotSent) for each in recorded)


async def test_nothing_is_cancelled_by_a_process_that_was_stopped(bench: Bench) -> None:
    runner = await bench.open()
    bench.journal.gate = asyncio.Event()
    bench.supervisor.cancel(runner.state.close_id)
    await settle()
    bench.clock.freeze(timedelta(seconds=10))
    bench.journal.gate.set()
    await settle()
    asked_at_once = list(bench.broker.cancels)

    await bench.clock.seconds(10)

    assert [] == asked_at_once
    assert Phase.CANCELLED is bench.state(runner.state.close_id).phase
    assert OrderStatus.CANCELED is bench.broker.newest.status


async def test_no_order_is_replaced_by_a_process_that_was_stopped(bench: Bench) -> None:
    runner = await bench.open(Terms(OrderType.LIMIT, walk=WalkTerms(Pace.NORMAL)))
    await bench.clock.seconds(2)
    bench.journal.gate = asyncio.Event()
    bench.supervisor.change_limit(runner.state.close_id, Decimal("2.05"))
    await settle()
    bench.clock.freeze(timedelta(seconds=10))
    bench.journal.gate.set()
    await settle()
    asked_at_once = len(bench.broker.replaced)

    await bench.clock.seconds(10)

    assert 0 == asked_at_once
    assert [Decimal("2.05")] == [ticket.limit for ticket in bench.broker.replaced]


class SlowToAnswer(MemoryJournal):
    """Writes a sign of life at once and says so when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = asyncio.Event()

    async def renew_lease(self, account: str) -> None:
        await super().renew_lease(account)
        await self.may_answer.wait()


async def test_an_owner_counts_from_before_it_asked_for_its_sign_of_life(
    empty_bench: Bench,
) -> None:
    """Whoever waits has read the sign as soon as it was written, however late the answer came."""
    empty_bench.journal = journal = SlowToAnswer()
    empty_bench._wire()
    await empty_bench.start()
    await empty_bench.clock.seconds(4)

    journal.may_answer.set()
    await settle()

    assert not empty_bench.engine.ownership.is_sure


async def test_a_robbed_owner_lets_go_of_its_closes(bench: Bench) -> None:
    runner = await bench.open()

    await taken_over(bench)

    names = {task.get_name() for task in asyncio.all_tasks()}
    assert f"close {runner.state.close_id}" not in names


async def test_an_owner_whose_signs_of_life_fail_says_so_and_sends_nothing(bench: Bench) -> None:
    bench.journal.failing = "disk full"
    await bench.clock.seconds(5)
    during = (bench.engine.ownership.is_sure, bench.supervisor.journal_error)

    bench.journal.failing = None
    await bench.clock.seconds(2)

    assert (False, "disk full") == during
    assert (True, None) == (bench.engine.ownership.is_sure, bench.supervisor.journal_error)


async def test_a_close_that_was_let_go_does_nothing_more_whatever_it_is_told(bench: Bench) -> None:
    """News may still be on its way to it; when the account is ours again it has a successor."""
    runner = await bench.open()
    await runner.stop()
    recorded = len(bench.journal.events(runner.state.close_id))

    runner.post(CancelRequested(bench.clock.now()))
    await settle()

    assert [] == bench.broker.cancels
    assert recorded == len(bench.journal.events(runner.state.close_id))


async def test_a_robbed_owner_takes_no_wishes_before_it_stands_by(bench: Bench) -> None:
    """It lets what is being opened be opened first; what it were told meanwhile would be lost."""
    runner = await bench.open()
    bench.engine.ownership.lose()

    with pytest.raises(NotReady, match="Nothing was changed"):
        bench.supervisor.cancel(runner.state.close_id)


async def test_no_close_is_called_unknown_before_those_of_the_last_run_are_taken_up(
    bench: Bench,
) -> None:
    runner = await bench.open()
    await bench.stop()
    bench._wire()
    bench.journal.failing = "locked"
    bench.engine.start()
    await settle()

    with pytest.raises(NotReady):
        bench.supervisor.cancel(runner.state.close_id)

    bench.journal.failing = None


@pytest.fixture
async def handed_over(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[bool], None]]:
    """
    A close whose commit was not confirmed, and whose account was lost before that was known.

    What is yielded lets the journal say at last whether it is there, or that it cannot say.
    """
    journal, answers = bench.journal, asyncio.Event()
    commit, load, can_say = journal.open, journal.load, [True]

    async def commit_unconfirmed(**close: Any) -> None:
        await commit(**close)
        raise JournalFailed("the connection was lost")

    async def look(close_id: str) -> StoredClose | None:
        await answers.wait()
        if not can_say[0]:
            raise JournalFailed("the connection was lost")
        return await load(close_id)

    def answer(able: bool) -> None:  # noqa: FBT001 - a switch of this test
        can_say[0] = able
        answers.set()
        monkeypatch.setattr(journal, "load", load)

    monkeypatch.setattr("closeout.runtime.opener._OPEN_WITHIN", timedelta(0))
    with monkeypatch.context() as away:
        away.setattr(journal, "open", commit_unconfirmed)
        monkeypatch.setattr(journal, "load", look)
        opening = asyncio.create_task(bench.open())
        await settle()
        await taken_over(bench)
    yield answer
    with pytest.raises(HandedOver if can_say[0] else Unconfirmed):
        await opening


@pytest.mark.parametrize("able", [True, False])
async def test_a_close_that_turns_up_after_the_account_was_lost_is_the_other_processes(
    bench: Bench, handed_over: Callable[[bool], None], *, able: bool
) -> None:
    handed_over(able)
    await the_other_works(bench, 3)

    assert [] == bench.supervisor.running()
    assert [bench.state(close_id).phase for close_id in bench.journal.close_ids] == [Phase.SENDING]


@pytest.mark.parametrize("able", [True, False])
async def test_and_bars_no_other_when_the_account_is_ours_again(
    bench: Bench, handed_over: Callable[[bool], None], *, able: bool
) -> None:
    handed_over(able)
    await the_other_works(bench, 3)
    await bench.clock.advance(LIFE + timedelta(seconds=1))
    await eventually(lambda: bench.engine.is_ready)
    [close_id] = bench.journal.close_ids
    bench.supervisor.cancel(close_id)
    for _ in range(30):
        await bench.clock.seconds(2)

    runner = await bench.open()

    assert Phase.CANCELLED is bench.state(close_id).phase
    assert [runner.state.attempt.ticket] == bench.broker.sent
