"""A seed told line by line, for whoever wants to know what happened in it."""

from collections.abc import Callable
from typing import Any

from simulation.loop import Process
from simulation.world import World

from closeout.closing.events import Event

_HEARD = (
    ("orders", "sending"),
    ("orders", "replacing"),
    ("requests", "edited"),
    ("answers", "answered"),
    ("answers", "arrived"),
    ("answers", "looked_up"),
    ("cancels", "cancelling"),
    ("promises", "promised"),
    ("promises", "denied"),
    ("requests", "refused"),
    ("books", "touch"),
)
"""Checkers and what each of them hears."""


def tell(world: World, say: Callable[[str], None]) -> None:
    """Have everything that the checkers hear of said as well, with its time."""

    def line(text: str) -> None:
        say(f"{world.loop.time():9.3f}  {text[:200]}")

    def overhear(checker: object, name: str) -> None:
        heard = getattr(checker, name)

        def hear(*args: Any) -> None:
            line(f"{name} {' '.join(map(_short, args))}")
            heard(*args)

        setattr(checker, name, hear)

    overhear(world.checks, "taken")
    for checker, name in _HEARD:
        overhear(getattr(world.checks, checker), name)
    _tell_commits(world, line)
    world.venue.on_told.insert(
        0, lambda event, _: line(f"exchange: {event.event} {event.order.client_order_id}")
    )
    say(f"The day: {world.day.describe()}")
    for owned in world.owned:
        say(f"Held: {owned.contracts}")


def _short(thing: object) -> str:
    return f"process {thing.number}" if isinstance(thing, Process) else str(thing)


def _tell_commits(world: World, line: Callable[[str], None]) -> None:
    committed = world.checks.committed

    def hear(process: Any, record: Any, events: tuple[Event, ...]) -> None:
        committed(process, record, events)
        state = world.books.closes[record.close_id].state
        for event in events:
            line(f"journal: {type(event).__name__} of {record.close_id}")
        line(f"         it is {state.phase} {state.reason or ''}")

    world.checks.committed = hear  # type: ignore[assignment, method-assign]
