"""Every phase meets every event: no exception, a sane state, an end that stays."""

from collections.abc import Callable

import pytest
from support.builders import after, opened, placed, run
from support.close_rules import Rules
from support.phase_notes import NOTES
from support.phases import EVENTS, STATES

from closeout.closing.events import CloseOpened, Event, Recovered, Woke
from closeout.closing.state import CloseState, Phase
from closeout.closing.step import step


def test_the_table_has_every_phase_and_every_event() -> None:
    assert set(Phase) == {make().phase for make in STATES.values()}
    kinds = {type(event) for event in EVENTS.values()} | {CloseOpened}
    assert set(Event.__args__) == kinds


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_every_phase_takes_every_event(make: Callable[[], CloseState], event: Event) -> None:
    before = make()
    state, effects = step(before, event)

    Rules(before, ()).check(before, event, state, effects)


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_every_event_may_come_twice(make: Callable[[], CloseState], event: Event) -> None:
    """The second time sends nothing, for nothing new was decided."""
    state, _ = step(make(), event)
    again, effects = step(state, event)

    Rules(state, ()).check(state, event, again, effects)
    assert not placed(effects)


@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_a_close_is_opened_once(make: Callable[[], CloseState]) -> None:
    with pytest.raises(AssertionError, match="opened once"):
        step(make(), opened())


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_nothing_happens_to_a_close_that_was_not_opened(event: Event) -> None:
    with pytest.raises(AssertionError, match="begins with being opened"):
        step(None, event)


ALIVE = [key for key, make in STATES.items() if not make().phase.is_end]


@pytest.mark.parametrize("name", ALIVE)
def test_a_running_close_is_never_left_with_nothing_to_come(name: str) -> None:
    """After a restart every running close asks for something by itself."""
    state, effects = run(STATES[name](), Recovered(after(60)))

    assert state.phase.is_end or effects
    state, effects = run(state, Woke(after(61)))
    assert state.phase.is_end or effects


@pytest.mark.parametrize(("phase", "name"), NOTES)
def test_a_note_stands_beside_a_row_that_there_is(phase: Phase, name: str) -> None:
    assert name in EVENTS
    assert phase in {make().phase for make in STATES.values()}
