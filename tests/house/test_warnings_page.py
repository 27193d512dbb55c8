"""`docs/reference/warnings.md` lists every warning there is."""

import re
from pathlib import Path

from closeout.closing.scene import CautionCode

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "warnings.md"


def test_the_page_lists_every_code_once() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)

    assert sorted(code.value for code in CautionCode) == sorted(listed)
