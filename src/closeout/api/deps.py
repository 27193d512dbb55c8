"""What routes are given, as annotated aliases."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Header
from starlette.requests import HTTPConnection

from closeout.ports import Clock
from closeout.runtime.announcements import Announcements
from closeout.runtime.engine import Engine
from closeout.runtime.outlooks import Outlooks


@dataclass(frozen=True, slots=True)
class Desk:
    """
    What the API serves: one engine, what a model says and companies announce of what it holds,
    and how it is to be named.
    """

    engine: Engine
    outlooks: Outlooks
    announcements: Announcements
    clock: Clock
    mode: Literal["SIMULATED", "PAPER", "LIVE"]
    option_feed: str
    version: str


async def get_desk(connection: HTTPConnection) -> Desk:
    """A coroutine, since FastAPI runs a plain function in a thread of its own, and waits for it."""
    desk = connection.app.state.desk
    assert isinstance(desk, Desk)
    return desk


DeskDep = Annotated[Desk, Depends(get_desk)]


KEY_LENGTH_MAX = 200


def _key(description: str) -> Any:  # noqa: ANN401 - FastAPI's own
    return Header(
        alias="Idempotency-Key", min_length=1, max_length=KEY_LENGTH_MAX, description=description
    )


IdempotencyKey = Annotated[
    str | None, _key("Repeating a request under the same key returns the first close.")
]
EditKey = Annotated[
    str | None, _key("Repeating a request under the same key returns the first edit.")
]
