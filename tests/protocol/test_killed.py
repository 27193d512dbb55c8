"""SIGKILL after any event of a close: the next start goes on with it, and sends nothing twice."""

from collections.abc import Iterator, Mapping

import pytest
from protocol.kills import STORIES, boundaries, kill_at
from protocol.site import Case, Site, open_site

# All kills happen before the first test, and each owner is waited out for three seconds.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("killed")) as site:
        yield site


@pytest.fixture(scope="module")
def killed(site: Site) -> Mapping[tuple[str, int], Case]:
    """One server after another on the same folder; each goes on with what all before it left."""
    return {boundary: kill_at(site, *boundary) for boundary in boundaries()}


@pytest.mark.parametrize(("name", "number"), boundaries())
def test_a_close_survives_a_kill(
    name: str, number: int, killed: Mapping[tuple[str, int], Case]
) -> None:
    story, case = STORIES[name], killed[name, number]

    story.play(case)
    state = case.ended()

    assert story.phase == state["phase"]
    steps = {each["client_order_id"] for each in state["attempts"]}
    assert sorted(steps) == sorted(case.site.books.accepted(state["id"]))
