"""
The least that stands between a click and a durable order: the floor under `order_path.py`.

The parts that Closeout is made of, with nothing between them: uvicorn takes the request, one row
is committed by a thread of its own as SQLite's `synchronous = FULL` has it, aiohttp sends the
order that the body holds. No account is read, nothing is planned, checked or recorded.

`--lean` goes below what a product may do: the event loop itself waits for the disk, and the order
is written to a bare socket, without a library, a timeout or a look at what comes back.

    python benchmarks/order_path_floor.py BROKER_URL KEY SECRET DATABASE PORT [--lean]
"""

import asyncio
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import uvicorn

URL, KEY, SECRET, DATABASE, PORT = sys.argv[1:6]
IS_LEAN = "--lean" in sys.argv
ROW = "x" * 3000  # as long as a close's first event
KEYS = {"APCA-API-KEY-ID": KEY, "APCA-API-SECRET-KEY": SECRET}

_writer = ThreadPoolExecutor(1)
_rows: list[sqlite3.Connection] = []
_ways: list["Way"] = []


def _open() -> None:
    rows = sqlite3.connect(DATABASE, isolation_level=None)
    rows.execute("PRAGMA journal_mode = WAL")
    rows.execute("PRAGMA synchronous = FULL")
    rows.execute("CREATE TABLE row (text TEXT)")
    _rows.append(rows)


def _commit() -> None:
    _rows[0].execute("INSERT INTO row VALUES (?)", (ROW,))


class Way:
    """To the disk by a thread, to the broker by aiohttp."""

    async def open(self) -> None:
        await asyncio.get_running_loop().run_in_executor(_writer, _open)
        self._session = aiohttp.ClientSession(URL, headers=KEYS)

    async def commit(self) -> None:
        await asyncio.get_running_loop().run_in_executor(_writer, _commit)

    async def ask(self, method: str, path: str, body: bytes = b"") -> None:
        headers = {"Content-Type": "application/json"}
        async with self._session.request(method, path, data=body, headers=headers) as answer:
            await answer.read()


class LeanWay(Way):
    """To the disk at once, to the broker by hand."""

    async def open(self) -> None:
        _open()
        host, _, port = URL.removeprefix("http://").partition(":")
        self._reader, self._broker = await asyncio.open_connection(host, int(port))
        self._keys = "".join(f"{name}: {value}\r\n" for name, value in KEYS.items())

    async def commit(self) -> None:
        _commit()

    async def ask(self, method: str, path: str, body: bytes = b"") -> None:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: broker\r\n{self._keys}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._broker.write(head.encode() + body)
        await self._reader.read(65536)


async def serve(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own
    if scope["type"] == "lifespan":
        return
    if not _ways:
        _ways.append(LeanWay() if IS_LEAN else Way())
        await _ways[0].open()
    way = _ways[0]
    if scope["method"] == "POST":
        body = (await receive())["body"]
        await way.commit()
        await way.ask("POST", "/v2/orders", body)
    else:
        await way.ask("GET", "/v2/clock")
    length = (b"content-length", b"0")
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    uvicorn.run(serve, port=int(PORT), log_level="warning", access_log=False, lifespan="off")
