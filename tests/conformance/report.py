"""Plays the deck and writes down what was found."""

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.card import Card, Needs
from conformance.wire import Wire


@dataclass(frozen=True, slots=True)
class Result:
    """What one card found. `failure` is None when what Closeout relies on holds."""

    card: Card
    findings: list[str]
    failure: str | None
    played: bool


async def play(deck: Iterable[Card], wire: Wire, *, orders: bool) -> list[Result]:
    """Play every card whose prerequisite holds; orders only when asked for."""
    is_open = (await wire.trading("GET", "/v2/clock")).body["is_open"]
    return [await _play_one(card, wire, orders=orders, is_open=is_open) for card in deck]


async def _play_one(card: Card, wire: Wire, *, orders: bool, is_open: bool) -> Result:
    if not _can_play(card.needs, orders=orders, is_open=is_open):
        return Result(card, [f"needs {card.needs.value}"], None, played=False)
    try:
        return Result(card, await card.action(wire), None, played=True)
    except AssertionError as failure:
        return Result(card, [], str(failure) or "did not hold", played=True)


def _can_play(needs: Needs, *, orders: bool, is_open: bool) -> bool:
    match needs:
        case Needs.READING:
            return True
        case Needs.ORDERS:
            return orders
        case Needs.OPEN_MARKET:
            return orders and is_open
        case Needs.CLOSED_MARKET:
            return orders and not is_open


def write(results: Iterable[Result]) -> str:
    """Return the report as Markdown."""
    lines = ["# Conformance report", ""]
    for result in results:
        card = result.card
        mark = "not played" if not result.played else ("FAILED" if result.failure else "holds")
        lines += [f"## {card.number} {card.title}: {mark}", "", f"Expected: {card.expects}."]
        if card.settles:
            lines.append(f"Settles: {card.settles}.")
        if result.failure:
            lines.append(f"Failure: {result.failure}")
        lines += [f"- {finding}" for finding in result.findings]
        lines.append("")
    return "\n".join(lines)
