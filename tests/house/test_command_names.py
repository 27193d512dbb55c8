"""The command line has each name once: a second command of a name hides the first."""

from collections import Counter

from closeout.cli.app import app


def test_every_command_has_a_name_of_its_own() -> None:
    names = Counter(
        command.name or (command.callback.__name__ if command.callback else "")
        for command in app.registered_commands
    )

    assert {"past", "history"} <= names.keys()
    assert [] == [name for name, count in names.items() if count > 1]
