"""What a card is: a prerequisite, an action, what is expected, and what it settles."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from conformance.wire import Wire


class Needs(StrEnum):
    """What must be so for a card to run; each level includes the ones before."""

    READING = "reading"
    ORDERS = "one-lot orders"
    OPEN_MARKET = "one-lot orders and an open market"
    CLOSED_MARKET = "one-lot orders and a closed market"


Findings = list[str]
Action = Callable[[Wire], Awaitable[Findings]]


@dataclass(frozen=True, slots=True)
class Card:
    """
    One card. `action` raises AssertionError when what Closeout relies on does not hold, and
    returns what it found. `settles` names the open question its findings answer.
    """

    number: str
    title: str
    needs: Needs
    expects: str
    settles: str | None
    action: Action


CARDS: list[Card] = []


def card(
    number: str,
    title: str,
    *,
    expects: str,
    needs: Needs = Needs.READING,
    settles: str | None = None,
) -> Callable[[Action], Action]:
    """Enter a function into the deck."""

    def enter(action: Action) -> Action:
        assert number not in {each.number for each in CARDS}, f"{number} is taken"
        CARDS.append(Card(number, title, needs, expects, settles, action))
        return action

    return enter
