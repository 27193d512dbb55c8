"""Whatever the stream forgets, repeats or turns round, the close ends as the account stands."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future

import pytest
from protocol.faults import ON_THE_STREAM, begin
from protocol.site import Case, Site, open_site
from protocol.world import UNITS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("stream")) as site:
        yield site


@pytest.fixture(scope="module")
def streamed(site: Site) -> Mapping[str, "Future[Case]"]:
    return {name: begin(site, trouble) for name, trouble in ON_THE_STREAM.items()}


@pytest.mark.parametrize("name", ON_THE_STREAM)
def test_a_close_ends_in_spite_of(
    name: str, site: Site, streamed: Mapping[str, "Future[Case]"]
) -> None:
    trouble = ON_THE_STREAM[name]

    state = streamed[name].result().ended()

    assert (trouble.phase, trouble.reason) == (state["phase"], state["reason_code"])
    assert 1 == len(site.books.sent(state["id"]))


def test_a_close_takes_what_is_left_after_a_trade_the_stream_did_not_tell(site: Site) -> None:
    case = site.take()
    long_put = case.position["legs"][0]["symbol"]
    site.simulator.disconnect("trade_updates", refuse_ms=3000)
    site.simulator.trade(long_put, "sell", 1)

    case.ask()
    state = site.closeout.wait_until_ended(case.close_id)

    assert "closed" == state["phase"]
    assert {long_put: 2} == {
        leg["symbol"]: leg["filled_qty"] for leg in state["legs"] if leg["filled_qty"] != UNITS
    }
    assert not site.books.holds({leg["symbol"] for leg in state["legs"]})
