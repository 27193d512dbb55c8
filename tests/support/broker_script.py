"""What a broker may make of an order that is sent to it, one behaviour a call."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from closeout.domain.orders import Ticket
from closeout.domain.outcomes import NotSent, OutcomeUnknown, PlaceOutcome, Refused

if TYPE_CHECKING:
    from support.fake_broker import FakeBroker

Behaviour = Callable[["FakeBroker", Ticket], Awaitable[PlaceOutcome]]


async def take(broker: "FakeBroker", ticket: Ticket) -> PlaceOutcome:
    """Do what an honest broker does."""
    return broker.take(ticket)


async def lose_after_taking(broker: "FakeBroker", ticket: Ticket) -> PlaceOutcome:
    """Take the order; the answer never arrives."""
    broker.take(ticket)
    return OutcomeUnknown("sent, and no answer came: timed out")


async def lose_before_taking(broker: "FakeBroker", ticket: Ticket) -> PlaceOutcome:
    """Lose the order on the way; nobody can tell."""
    return OutcomeUnknown("sent, and no answer came: timed out")


async def unreachable(broker: "FakeBroker", ticket: Ticket) -> PlaceOutcome:
    return NotSent("no connection to Alpaca", timedelta(seconds=1))


async def stumble(broker: "FakeBroker", ticket: Ticket) -> PlaceOutcome:
    """Take the order, then fail in a way nobody thought of."""
    broker.take(ticket)
    raise RuntimeError("a bug of the adapter")


def refuse(message: str, *, status: int = 403, code: int = 40310000) -> Behaviour:
    async def behaviour(broker: "FakeBroker", ticket: Ticket) -> PlaceOutcome:
        return Refused(status, code, message)

    return behaviour


def rate_limited(wait: timedelta) -> Behaviour:
    async def behaviour(broker: "FakeBroker", ticket: Ticket) -> PlaceOutcome:
        return NotSent("Alpaca's rate limit is used up (HTTP 429)", wait)

    return behaviour


def hold(gate: asyncio.Event, then: Behaviour = take) -> Behaviour:
    """Do nothing until the gate opens."""

    async def behaviour(broker: "FakeBroker", ticket: Ticket) -> PlaceOutcome:
        await gate.wait()
        return await then(broker, ticket)

    return behaviour


def answer_late(gate: asyncio.Event) -> Behaviour:
    """Take the order at once, which the stream tells; answer when the gate opens."""

    async def behaviour(broker: "FakeBroker", ticket: Ticket) -> PlaceOutcome:
        outcome = broker.take(ticket)
        await gate.wait()
        return outcome

    return behaviour
