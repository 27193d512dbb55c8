"""Check that every relative link in the Markdown files leads somewhere, headings included."""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_LINK = re.compile(r"\]\(<?([^)\s>]+)>?\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_ELSEWHERE = ("http://", "https://", "mailto:")


def main() -> int:
    """Print what is broken; return the exit status."""
    broken = [line for page in pages() for line in broken_links(page)]
    for line in broken:
        print(line)
    return 1 if broken else 0


def pages() -> list[Path]:
    """List the Markdown files that git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [path for name in names.splitlines() if (path := Path(name)).exists()]


def broken_links(page: Path) -> Iterator[str]:
    """Yield a sentence for every link of a page that leads nowhere."""
    for target in _LINK.findall(_FENCE.sub("", page.read_text())):
        if target.startswith(_ELSEWHERE):
            continue
        name, _, anchor = target.partition("#")
        place = page.parent / name if name else page
        if not place.exists():
            yield f"{page}: {target} leads to no file"
        elif anchor and place.suffix == ".md" and anchor not in anchors(place):
            yield f"{page}: {target} names no heading of {place}"


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors that GitHub gives a page's headings."""
    return frozenset(map(_anchor, _HEADING.findall(_FENCE.sub("", page.read_text()))))


def _anchor(heading: str) -> str:
    words = re.sub(r"[^\w\- ]", "", heading.lower())
    return words.replace(" ", "-")


if __name__ == "__main__":
    sys.exit(main())
