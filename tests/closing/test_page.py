"""The page that shows the machine is as the machine steps."""

from collections.abc import Iterable

import pytest
from closing_chart import PAGE, diagram, table

from closeout.closing.state import Phase


def is_there(lines: Iterable[str]) -> bool:
    return "\n".join(lines) in PAGE.read_text()


@pytest.mark.parametrize("phase", Phase)
def test_the_page_tells_what_every_event_makes_of_a_phase(phase: Phase) -> None:
    """`make generate` writes it anew; whether the new one is right is for a person to see."""
    assert is_there(table(phase))


def test_the_page_draws_every_way_from_one_phase_to_another() -> None:
    assert is_there(diagram())
