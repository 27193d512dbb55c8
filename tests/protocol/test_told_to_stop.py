"""SIGTERM and Ctrl+C in the middle of a close stop the server and leave the close to the next."""

import signal
from collections.abc import Iterator, Mapping

import pytest
from protocol.faults import on_order
from protocol.site import Case, Site, open_site
from protocol.world import UNITS

STOPPED_WHILE = {
    "the order works": on_order("never_fill"),
    "the order is on its way": on_order("latency", ms=2000),
}
HOW = (signal.SIGTERM, signal.SIGINT)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("stopped")) as site:
        yield site


@pytest.fixture(scope="module")
def stopped(site: Site) -> Mapping[signal.Signals, Mapping[str, Case]]:
    """For each signal, one close in every such place, and another server after it."""
    return {how: _stop(site, how) for how in HOW}


def _stop(site: Site, how: signal.Signals) -> Mapping[str, Case]:
    cases = {name: site.take() for name in STOPPED_WHILE}
    for name, case in cases.items():
        case.add_faults(STOPPED_WHILE[name])
        asked = site.play(case.ask)
        case.wait_until_received()
    cases["the order works"].wait_for("working")
    site.closeout.stop(how)
    asked.exception()
    site.closeout.start()
    return cases


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("name", STOPPED_WHILE)
def test_a_close_is_taken_up_after(
    name: str, how: signal.Signals, stopped: Mapping[signal.Signals, Mapping[str, Case]]
) -> None:
    case = stopped[how][name]

    if name == "the order works":
        case.fill(UNITS)
    state = case.ended()

    assert "closed" == state["phase"]
    assert 1 == len(case.site.books.sent(state["id"]))
