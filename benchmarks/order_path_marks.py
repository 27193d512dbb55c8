"""
The server of `order_path.py` with a clock at every station of an order.

Runs `closeout serve` as it is, with the functions named below wrapped so that each notes when
it was entered and left. The marks of a close are written when its order has been answered,
one JSON object a line, into the file that ORDER_PATH_MARKS names.
"""

import functools
import json
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from closeout.__main__ import main
from closeout.alpaca.client import AlpacaBroker
from closeout.journal.store import SqlJournal
from closeout.runtime.book import Book
from closeout.runtime.opener import Opener
from closeout.runtime.preparing import Preparer

STATIONS: tuple[tuple[type, str, str], ...] = (
    (Opener, "open", "asked"),
    (Preparer, "prepare", "prepared"),
    (Book, "refresh_unless_young", "read"),
    (SqlJournal, "open", "committed"),
    (AlpacaBroker, "place", "placed"),
)

_marks: dict[str, float] = {}
_file = Path(os.environ["ORDER_PATH_MARKS"])


def _note(owner: type, name: str, mark: str) -> None:
    original: Callable[..., Awaitable[Any]] = getattr(owner, name)

    @functools.wraps(original)
    async def noted(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any of the stations
        _marks[f"{mark}_from"] = time.time()
        try:
            return await original(*args, **kwargs)
        finally:
            _marks[f"{mark}_to"] = time.time()
            if mark == "placed":
                _write()

    setattr(owner, name, noted)


def _note_arrival() -> None:
    """Note when the server has read the first bytes of a request that changes something."""
    original = HttpToolsProtocol.data_received

    def noted(self: HttpToolsProtocol, data: bytes) -> None:
        if data.startswith(b"POST "):
            _marks["arrived"] = time.time()
        original(self, data)

    HttpToolsProtocol.data_received = noted  # type: ignore[method-assign]


def _write() -> None:
    with _file.open("a") as file:
        file.write(json.dumps(_marks) + "\n")


if __name__ == "__main__":
    for station in STATIONS:
        _note(*station)
    _note_arrival()
    main()
