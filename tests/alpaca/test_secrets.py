"""The keys stay where they belong, and every request leaves a line in the log."""

import logging
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import structlog
from aiohttp import web
from support.scripted_alpaca import (
    KEY,
    SECRET,
    Cut,
    HurriedClock,
    Reply,
    ScriptedAlpaca,
    a_package,
    upgraded,
)

from closeout.alpaca import AlpacaBroker, AlpacaQuotes, Credentials, Endpoints
from closeout.ports import ReadFailed

Lines = list[MutableMapping[str, Any]]


@pytest.fixture
def log() -> Iterator[Lines]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def test_credentials_do_not_show_in_a_repr() -> None:
    shown = repr(Credentials(KEY, SECRET)) + str({"keys": Credentials(KEY, SECRET)})

    assert KEY not in shown
    assert SECRET not in shown


async def test_keys_show_nowhere_even_when_the_server_echoes_them(
    server: ScriptedAlpaca,
    broker: AlpacaBroker,
    quotes: AlpacaQuotes,
    log: Lines,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = f"<html>your key {KEY} and secret {SECRET}</html>".encode()
    server.on("POST", "/v2/orders", Reply(422, echo), Reply(500, echo), Reply(200, echo), Cut())
    server.on("GET", "/v2/positions", Reply(403, echo))
    told = [repr(await broker.place(a_package("c-1"))) for _ in range(4)]
    for read in (broker.holdings(), quotes.latest(frozenset("A"), frozenset())):
        with pytest.raises(ReadFailed) as failed:
            await read
        told += [*traceback.format_exception(failed.value), repr(failed.value)]

    everything = "\n".join([*told, repr(log), caplog.text, repr(broker), repr(quotes)])

    assert "your key ***" in everything
    assert KEY not in everything
    assert SECRET not in everything


async def test_keys_show_nowhere_when_a_stream_fails(
    server: ScriptedAlpaca, broker: AlpacaBroker, log: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def script(request: web.BaseRequest, number: int) -> web.StreamResponse:
        if number == 0:
            return web.Response(status=403)
        socket = await upgraded(request)
        await socket.send_str(await socket.receive_str())
        await socket.send_str("not json " + KEY)
        return socket

    server.on_stream("/stream", script)
    async with broker.updates() as items:
        told = [repr(await anext(items)) for _ in range(2)]

    everything = "\n".join([*told, repr(log), caplog.text])
    assert "alpaca_stream_message_unreadable" in everything
    assert KEY not in everything
    assert SECRET not in everything


async def test_every_request_is_logged_with_its_outcome(
    server: ScriptedAlpaca, broker: AlpacaBroker, log: Lines
) -> None:
    server.on("GET", "/v2/positions", Reply(200, [], {"X-Request-ID": "r-1"}))
    server.on("POST", "/v2/orders", Reply(422, {"message": "no"}), Cut())

    await broker.holdings()
    await broker.place(a_package("c-1"))
    await broker.place(a_package("c-2"))

    assert [
        ("debug", "GET", "/v2/positions", 200, "r-1"),
        ("warning", "POST", "/v2/orders", 422, None),
        ("warning", "POST", "/v2/orders", None, None),
    ] == [
        (line["log_level"], line["method"], line["path"], line["status"], line["request_id"])
        for line in log
    ]
    assert all(line["ms"] >= 0 for line in log)
    assert "disconnected" in log[2]["failure"].lower()


async def test_no_session_is_left_open(clock: HurriedClock, server: ScriptedAlpaca) -> None:
    """
    aiohttp warns of sessions that are dropped unclosed, and warnings are errors here.
    """
    server.on("GET", "/v2/positions", Reply(200, []))
    async with AlpacaBroker(Credentials(KEY, SECRET), Endpoints(server.url), clock=clock) as broker:
        await broker.holdings()
