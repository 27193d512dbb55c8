"""The tables of docs/simulator-wire.md, made from the code they describe.

``python tests/support/simulator_tables.py`` writes them into the page.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "simulator-wire.md"
sys.path.insert(0, str(ROOT / "src"))

from alpaca_simulator.wire import commands  # noqa: E402 - needs the path above
from alpaca_simulator.wire.commandline import parser  # noqa: E402
from alpaca_simulator.wire.controls import CONTROLS  # noqa: E402
from alpaca_simulator.wire.faults import MEANINGS, Fault  # noqa: E402
from alpaca_simulator.wire.received import Received  # noqa: E402
from alpaca_simulator.wire.rest.routes import ROUTES  # noqa: E402
from alpaca_simulator.wire.streams.feeds import FEEDS, StreamError  # noqa: E402


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def endpoints() -> str:
    paths: dict[str, list[str]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, []).append(route.method)
    return table(
        ("Path", "Methods"),
        [(f"`{path}`", ", ".join(methods)) for path, methods in paths.items()],
    )


def feeds() -> str:
    return table(
        ("Path", "Called", "Channels", "Symbols a channel", "Plan"),
        [
            (
                f"`{feed.path}`",
                f"`{feed.name}`",
                ", ".join(feed.channels[:3]) + (", …" if len(feed.channels) > 3 else ""),
                str(feed.symbol_limit or "any"),
                "plus" if feed.needs_plus else "any",
            )
            for feed in FEEDS
        ],
    )


def stream_errors() -> str:
    return table(
        ("Code", "Message"), [(str(int(it)), f"`{it.frame[0]['msg']}`") for it in StreamError]
    )


def kinds() -> str:
    return table(
        ("`kind`", "What happens"), [(f"`{kind}`", text) for kind, text in MEANINGS.items()]
    )


def fault_fields() -> str:
    return table(("Field", "Default", "Meaning"), fields_of(Fault))


def log_fields() -> str:
    return table(("Field", "Meaning"), [(name, text) for name, _, text in fields_of(Received)])


def fields_of(kind: type[msgspec.Struct]) -> list[tuple[str, str, str]]:
    """Name, default and the docstring's sentence of each attribute."""
    text = inspect.getdoc(kind) or ""
    told = dict(re.findall(r"^    (\w+): (.*(?:\n        .*)*)", text, re.MULTILINE))
    rows = []
    for field in msgspec.structs.fields(kind):
        if field.name in told:
            default = "required" if field.required else f"`{_plain(field.default)}`"
            meaning = re.sub(r"\s+", " ", told[field.name]).replace("``", "`")
            rows.append((f"`{field.name}`", default, meaning.replace("|", "\\|")))
    return rows


def _plain(value: object) -> str:
    if value is msgspec.NODEFAULT:  # made by a factory: an empty list
        return "[]"
    return msgspec.json.encode(value).decode()


def controls() -> str:
    return table(
        ("Method", "Path", "What it does"),
        [(method, f"`{path}`", inspect.getdoc(it) or "") for method, path, it in CONTROLS],
    )


def bodies() -> str:
    """Every command with its fields; those with a default may be left out."""
    kinds: list[Any] = [it for name, it in vars(commands).items() if name.endswith("Command")]
    rows = []
    for kind in kinds:
        fields = ", ".join(
            f"`{field.name}`" + ("" if field.required else "?")
            for field in msgspec.structs.fields(kind)
        )
        where = (inspect.getdoc(kind) or "").split(":")[0].split(". ")[0].rstrip(".")
        rows.append((f"`{where}`", fields))
    return table(("Command", "Fields (`?` may be absent)"), rows)


def flags() -> str:
    rows = []
    for action in parser()._actions:
        name = ", ".join(action.option_strings)
        value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
        rows.append(
            (f"`{name}{value}`", (action.help or "").replace("%(default)s", str(action.default)))
        )
    return table(("Flag", "Meaning"), rows)


TABLES: Final[dict[str, Callable[[], str]]] = {
    "endpoints": endpoints,
    "feeds": feeds,
    "stream-errors": stream_errors,
    "kinds": kinds,
    "fault-fields": fault_fields,
    "log-fields": log_fields,
    "controls": controls,
    "bodies": bodies,
    "flags": flags,
}


def filled(page: str) -> str:
    """The page with every marked block made anew."""
    for name, make in TABLES.items():
        block = re.compile(rf"(<!-- table {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        assert block.search(page), f"docs/simulator-wire.md has no table {name}"
        page = block.sub(lambda found, make=make: f"{found[1]}{make()}\n{found[2]}", page)  # type: ignore[misc]
    return page


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
