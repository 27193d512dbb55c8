"""Whatever the wire does to an order or a cancel, it is one order and the close ends."""

from collections.abc import Mapping
from concurrent.futures import Future

import pytest
from protocol.faults import ON_THE_WIRE
from protocol.site import Case, Site


@pytest.mark.parametrize("name", ON_THE_WIRE)
def test_a_close_ends_in_spite_of(
    name: str, wire_site: Site, wire: Mapping[str, "Future[Case]"]
) -> None:
    trouble = ON_THE_WIRE[name]

    state = wire[name].result().ended()

    assert (trouble.phase, trouble.reason) == (state["phase"], state["reason_code"])
    assert len(wire_site.books.sent(state["id"])) <= trouble.sent
    if not any(leg["filled_qty"] for leg in state["legs"]):
        wire_site.books.check_untouched(state)
