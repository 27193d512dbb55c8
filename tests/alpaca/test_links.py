"""When a lost stream is tried again, and what is said about it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scripted_alpaca import HurriedClock

from closeout.alpaca.links import Backoff, Dropped, Link
from closeout.ports import LinkDown, LinkUp

Step = Callable[[Callable[[], None]], Awaitable[None]]


class Over(Exception):
    """The script has no further visit."""


async def play(*steps: Step, clock: HurriedClock) -> list[LinkUp | LinkDown]:
    told: list[LinkUp | LinkDown] = []
    left = list(steps)

    async def visit(up: Callable[[], None]) -> None:
        if not left:
            raise Over
        await left.pop(0)(up)

    link = Link("test", visit, told.append, clock=clock, backoff=Backoff(), chance=lambda: 1.0)
    with pytest.raises(Over):
        await link.run()
    return told


def lasting(clock: HurriedClock, seconds: float, reason: str = "cut") -> Step:
    """A visit that is served at once and ends after a while."""

    async def step(up: Callable[[], None]) -> None:
        up()
        clock.at += timedelta(seconds=seconds)
        raise Dropped(reason)

    return step


def failing(reason: str, *, at_least: float = 0) -> Step:
    async def step(up: Callable[[], None]) -> None:
        raise Dropped(reason, at_least=timedelta(seconds=at_least))

    return step


async def test_a_first_link_has_no_gap_and_a_later_one_says_how_long_it_was_away() -> None:
    clock = HurriedClock()

    first, down, second, *_ = await play(lasting(clock, 60), lasting(clock, 60), clock=clock)

    assert isinstance(first, LinkUp)
    assert first.gap is None
    assert isinstance(down, LinkDown)
    assert "cut" == down.reason
    assert isinstance(second, LinkUp)
    assert second.at - down.at == second.gap == clock.sleeps[0]


async def test_attempts_that_failed_before_the_first_link_are_a_gap() -> None:
    clock = HurriedClock()

    _, up, *_ = await play(failing("refused"), lasting(clock, 60), clock=clock)

    assert isinstance(up, LinkUp)
    assert clock.sleeps[0] == up.gap


async def test_waits_double_up_to_the_longest() -> None:
    clock = HurriedClock()

    await play(*[failing("refused")] * 9, clock=clock)

    assert [0.5, 1, 2, 4, 8, 16, 30, 30, 30] == [wait.total_seconds() for wait in clock.sleeps]


async def test_a_reason_is_told_once_until_it_changes() -> None:
    clock = HurriedClock()

    told = await play(failing("a"), failing("a"), failing("b"), failing("b"), clock=clock)

    assert ["a", "b"] == [change.reason for change in told if isinstance(change, LinkDown)]


async def test_a_link_that_falls_at_once_counts_as_a_failed_attempt() -> None:
    """
    A server that accepts and closes would otherwise be asked twice a second for ever.
    """
    clock = HurriedClock()

    await play(*[lasting(clock, 1)] * 4, clock=clock)

    assert [0.5, 1, 2, 4] == [wait.total_seconds() for wait in clock.sleeps]


async def test_a_link_that_lasted_starts_the_waits_anew() -> None:
    clock = HurriedClock()

    await play(failing("x"), failing("x"), lasting(clock, 11), failing("x"), clock=clock)

    assert [0.5, 1, 0.5, 1] == [wait.total_seconds() for wait in clock.sleeps]


async def test_what_the_server_asks_for_is_waited_at_least() -> None:
    clock = HurriedClock()

    await play(failing("429", at_least=9), failing("x"), clock=clock)

    assert [9, 1] == [wait.total_seconds() for wait in clock.sleeps]


@given(attempt=st.integers(0, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_every_wait_lies_between_half_of_the_first_and_the_longest(
    attempt: int, chance: float
) -> None:
    backoff = Backoff()

    assert backoff.first / 2 <= backoff.wait(attempt, chance) <= backoff.longest
