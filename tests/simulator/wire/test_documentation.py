"""The page about the wire says what the code does."""

from support.simulator_tables import PAGE, filled


def test_the_tables_of_the_page_are_those_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page) == page, "run: python tests/support/simulator_tables.py"
