"""
The least that stands between a click and a durable order: the floor under `order_path.py`.

The parts that Closeout is made of, with nothing between them: uvicorn takes the request, one row
is committed by a thread of its own as SQLite's `synchronous = FULL` has it, aiohttp sends the
order that the body holds. No account is read, nothing is planned, checked or recorded.

    python benchmarks/order_path_floor.py BROKER_URL KEY SECRET DATABASE PORT
"""

import asyncio
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import uvicorn

URL, KEY, SECRET, DATABASE, PORT = sys.argv[1:]
ROW = "x" * 3000  # as long as a close's first event

_writer = ThreadPoolExecutor(1)
_rows: list[sqlite3.Connection] = []
_sessions: list[aiohttp.ClientSession] = []


def _open() -> None:
    rows = sqlite3.connect(DATABASE, isolation_level=None)
    rows.execute("PRAGMA journal_mode = WAL")
    rows.execute("PRAGMA synchronous = FULL")
    rows.execute("CREATE TABLE row (text TEXT)")
    _rows.append(rows)


def _commit() -> None:
    _rows[0].execute("INSERT INTO row VALUES (?)", (ROW,))


async def serve(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own
    if scope["type"] == "lifespan":
        return
    if not _sessions:
        await asyncio.get_running_loop().run_in_executor(_writer, _open)
        headers = {"APCA-API-KEY-ID": KEY, "APCA-API-SECRET-KEY": SECRET}
        _sessions.append(aiohttp.ClientSession(URL, headers=headers))
    if scope["method"] == "POST":
        body = (await receive())["body"]
        await asyncio.get_running_loop().run_in_executor(_writer, _commit)
        async with _sessions[0].post(
            "/v2/orders", data=body, headers={"Content-Type": "application/json"}
        ) as answer:
            await answer.read()
    else:
        async with _sessions[0].get("/v2/clock") as answer:
            await answer.read()
    length = (b"content-length", b"0")
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    uvicorn.run(serve, port=int(PORT), log_level="warning", access_log=False, lifespan="off")
