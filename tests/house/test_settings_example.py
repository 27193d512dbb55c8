"""`.env.example` tells of every setting, and shows the default it really has."""

import re
from pathlib import Path

import pytest

from closeout.config import Settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"
SHOWN = dict(re.findall(r"^# ?([A-Z_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))
FIELDS = {field.alias: field for field in Settings.model_fields.values() if field.alias}


def test_example_names_every_setting_and_no_other() -> None:
    server_settings = {name for name in SHOWN if name != "CLOSEOUT_URL"}  # the command line's

    assert set(FIELDS) == server_settings


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_example_shows_the_default(name: str) -> None:
    """A setting without a fixed default is shown empty."""
    default = FIELDS[name].default

    assert str(default if FIELDS[name].default_factory is None and default else "") == SHOWN[name]
