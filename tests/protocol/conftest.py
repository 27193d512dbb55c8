"""Real servers, real simulators, loopback between them."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future

import pytest
from protocol.faults import ON_THE_WIRE, begin
from protocol.site import Case, Site, open_site


@pytest.fixture(scope="package")
def wire_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("wire")) as site:
        yield site


@pytest.fixture(scope="package", autouse=True)
def wire(wire_site: Site) -> Mapping[str, "Future[Case]"]:
    """
    Every close that meets a fault on the wire, begun at once and before all other tests here.

    An order that is nowhere to be found counts as absent after thirty seconds; so everything
    else happens meanwhile.
    """
    return {name: begin(wire_site, trouble) for name, trouble in ON_THE_WIRE.items()}
