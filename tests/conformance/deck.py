"""The whole deck, in order. Importing it enters every card."""

from conformance import reading, streaming, trading
from conformance.card import CARDS, Card

_MODULES = (reading, streaming, trading)


def deck() -> list[Card]:
    return sorted(CARDS, key=lambda card: card.number)
