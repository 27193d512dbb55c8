"""`docs/alpaca.md` and the conformance cards name each other rightly."""

import re
from pathlib import Path

from conformance.deck import deck

PAGE = (Path(__file__).parents[2] / "docs" / "alpaca.md").read_text()
NAMED = set(re.findall(r"\bC\d\d\b", PAGE))


def test_every_card_that_settles_something_is_on_the_page() -> None:
    assert set() == {card.number for card in deck() if card.settles} - NAMED


def test_the_page_names_no_card_that_is_not_there() -> None:
    assert set() == NAMED - {card.number for card in deck()}
