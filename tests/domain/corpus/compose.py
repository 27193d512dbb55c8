"""
Composes large portfolios from the labelled ones: `python tests/domain/corpus/compose.py`.

Each composed portfolio is a draw of labelled cases, every one moved to a ticker of its own. The
expected groups are those of the parts, for no strategy reaches over underlyings; nothing here
asks the code that is tested. The draw is seeded, so that the file is the same every time;
sizes go from a few legs to sixty.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import yaml

HERE = Path(__file__).parent
PARTS = ("shapes.yaml", "mixes.yaml", "past.yaml")
OUTPUT = HERE / "composed.yaml"
COUNT = 60
LEGS_MAX = 60
TICKERS = (
    *("AMD", "BAC", "COST", "DIS", "EBAY", "F", "GOOG", "HD", "IBM", "JPM", "KO", "LULU"),
    *("MSFT", "NKE", "ORCL", "PFE", "QCOM", "RIVN", "SBUX", "TSLA", "UBER", "V", "WMT", "XOM"),
)

_LEG = re.compile(r"(?<![\w:])(?:(\w+):)?([+-]?(?:\d+\*)?(?:\d+[CP](?:@\w+)?|sh))(?!\w)")

_COUNT = re.compile(r"^[+-]?(\d+\*)?")


def moved(text: str, ticker: str, own: str) -> str:
    """Put every leg on `ticker`; the digit of an adjusted root goes with it."""

    def put(match: re.Match[str]) -> str:
        root = match[1] or own
        return f"{ticker}{re.sub(r'^[A-Z]+', '', root)}:{match[2]}"

    return _LEG.sub(put, text)


def is_movable(row: dict[str, Any]) -> bool:
    """Cases that speak of several tickers stay where they are."""
    roots = {found[0] for found in _LEG.findall(str(row)) if found[0]}
    own = row.get("on", "SPY")
    return all(re.sub(r"\d+$", "", root) == own for root in roots) and "wait" not in str(row)


def legs_of(row: dict[str, Any]) -> int:
    """Count the contracts of the groups, one that two of them share once."""
    found = (_LEG.findall(text) for each in row["groups"] for text in each.values())
    return len({(root, _COUNT.sub("", leg)) for each in found for root, leg in each})


def composed(parts: list[dict[str, Any]], dice: Random) -> Iterator[dict[str, Any]]:
    for number in range(COUNT):
        room = LEGS_MAX if number % 3 == 0 else dice.randint(5, LEGS_MAX)
        row: dict[str, Any] = {"case": f"composed {number + 1}", "past": [], "groups": []}
        plus: list[str] = []
        for ticker, part in zip(
            dice.sample(TICKERS, len(TICKERS)), draw(parts, room, dice), strict=False
        ):
            own = part.get("on", "SPY")
            row["past"] += [moved(line, ticker, own) for line in part.get("past", ())]
            plus += [moved(part[key], ticker, own) for key in ("held", "plus") if part.get(key)]
            row["groups"] += [
                {name: moved(text, ticker, own) for name, text in each.items()}
                for each in part["groups"]
            ]
        row["plus"] = " ".join(plus)
        yield row


def draw(parts: list[dict[str, Any]], room: int, dice: Random) -> list[dict[str, Any]]:
    """Draw parts until no room is left; the last ones fill it exactly."""
    drawn: list[dict[str, Any]] = []
    while room and len(drawn) < len(TICKERS):
        fitting = [part for part in parts if 0 < legs_of(part) <= room]
        part = dice.choice(fitting)
        drawn.append(part)
        room -= legs_of(part)
    return drawn


def main() -> None:
    rows = [row for name in PARTS for row in yaml.safe_load((HERE / name).read_text())]
    # What has vanished or stays unassigned is told by `held`, which a sum of parts has not.
    parts = [
        row
        for row in rows
        if is_movable(row) and "unassigned" not in row and not ("held" in row and "past" in row)
    ]
    text = yaml.safe_dump([*composed(parts, Random(7))], sort_keys=False, width=100)
    OUTPUT.write_text(f"# Written by compose.py. Do not edit.\n{text}")


if __name__ == "__main__":
    main()
