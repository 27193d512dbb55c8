"""The page that shows the machine is as the machine steps."""

from closing_chart import PAGE, filled


def test_the_page_tells_what_every_event_makes_of_every_phase() -> None:
    """`make generate` writes it anew; whether the new one is right is for a person to see."""
    page = PAGE.read_text()

    assert filled(page).splitlines() == page.splitlines()
