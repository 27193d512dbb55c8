"""Every card holds against the simulator."""

from collections.abc import Iterator

import pytest
from support.simulator import KEYS, SimulatorProcess

from conformance.card import Card, Needs
from conformance.deck import deck
from conformance.report import play, write
from conformance.wire import Wire

_CLOSED = [card for card in deck() if card.needs is Needs.CLOSED_MARKET]
_OPEN = [card for card in deck() if card.needs is not Needs.CLOSED_MARKET]


@pytest.fixture(scope="module")
def open_market() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(scenario="desk") as simulator:
        yield simulator


@pytest.fixture(scope="module")
def closed_market() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(scenario="closed-market") as simulator:
        yield simulator


def _wire(simulator: SimulatorProcess) -> Wire:
    return Wire(
        trading_url=simulator.url,
        data_url=simulator.url,
        stream_url=simulator.url,
        key=KEYS[0],
        secret=KEYS[1],
    )


@pytest.mark.parametrize("card", _OPEN, ids=lambda card: card.number)
async def test_card_holds_in_an_open_market(card: Card, open_market: SimulatorProcess) -> None:
    async with _wire(open_market) as wire:
        assert await card.action(wire)


@pytest.mark.parametrize("card", _CLOSED, ids=lambda card: card.number)
async def test_card_holds_in_a_closed_market(card: Card, closed_market: SimulatorProcess) -> None:
    async with _wire(closed_market) as wire:
        assert await card.action(wire)


async def test_orders_are_sent_only_when_asked_for(open_market: SimulatorProcess) -> None:
    open_market.clear_received()

    async with _wire(open_market) as wire:
        results = await play(deck(), wire, orders=False)

    assert not any(result.played for result in results if result.card.needs is not Needs.READING)
    assert "GET" in {each["method"] for each in open_market.received()}
    assert not [each for each in open_market.received() if each["method"] == "POST"]


async def test_the_report_names_what_failed(open_market: SimulatorProcess) -> None:
    async def fails(_: Wire) -> list[str]:
        raise AssertionError("the moon is not up")

    bad = Card("C99", "The moon", Needs.READING, "up", None, fails)
    async with _wire(open_market) as wire:
        report = write(await play([bad], wire, orders=False))

    assert "C99 The moon: FAILED" in report
    assert "the moon is not up" in report
