"""A request that changes something goes out once, whatever the network does."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from support.scripted_alpaca import (
    KEY,
    SECRET,
    BrokenOff,
    Cut,
    HurriedClock,
    Reply,
    ScriptedAlpaca,
    Silence,
    a_package,
    accepted,
)

from closeout.alpaca import AlpacaBroker, Credentials, Endpoints, Timeouts
from closeout.domain.outcomes import (
    Accepted,
    CancelTaken,
    NotSent,
    OutcomeUnknown,
    PlaceOutcome,
    Refused,
)

ORDERS = "/v2/orders"
TICKET = a_package("c-1")
CLOCK_REPLY = Reply(
    body={
        "is_open": True,
        "next_close": "2026-11-23T16:00:00-05:00",
        "next_open": "2026-11-24T09:30:00-05:00",
        "timestamp": "2026-11-23T10:00:00-05:00",
    }
)


async def test_an_accepted_order_was_sent_once(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    server.on("POST", ORDERS, Reply(body=accepted(TICKET)))

    outcome = await broker.place(TICKET)

    assert isinstance(outcome, Accepted)
    assert "c-1" == outcome.report.client_order_id
    assert 1 == server.count("POST")
    assert "c-1" == server.seen[0].json["client_order_id"]


UNKNOWN_REPLIES = [
    pytest.param(Cut(), id="cut before an answer"),
    pytest.param(Silence(), id="silence"),
    pytest.param(BrokenOff(body={"id": "half"}), id="answer broken off"),
    pytest.param(Reply(body=b"<html>OK</html>"), id="HTML in a 200"),
    pytest.param(Reply(body=b'{"id": "x", "client'), id="JSON that ends early"),
    pytest.param(Reply(body={"client_order_id": "c-1"}), id="an order without an id"),
    pytest.param(Reply(body={"id": "x", "client_order_id": "other"}), id="another order"),
    pytest.param(Reply(500, {"message": "internal server error"}), id="500"),
    pytest.param(Reply(502, b"<html>Bad Gateway</html>"), id="502 in HTML"),
    pytest.param(Reply(504, b"<html>Gateway Time-out</html>"), id="504 in HTML"),
    pytest.param(Reply(408, b""), id="408"),
    pytest.param(Reply(307, None, {"Location": "/v2/orders"}), id="a redirect"),
]


@pytest.mark.parametrize("reply", UNKNOWN_REPLIES)
async def test_silence_after_sending_is_unknown_and_is_not_repeated(
    server: ScriptedAlpaca, broker: AlpacaBroker, reply: Reply
) -> None:
    server.on("POST", ORDERS, reply, Reply(body=accepted(TICKET)))

    outcome = await broker.place(TICKET)

    assert isinstance(outcome, OutcomeUnknown), outcome
    assert 1 == server.count("POST")


@pytest.mark.parametrize("reply", UNKNOWN_REPLIES)
async def test_an_order_on_a_kept_connection_is_not_repeated_either(
    server: ScriptedAlpaca, broker: AlpacaBroker, reply: Reply
) -> None:
    server.on("GET", "/v2/clock", CLOCK_REPLY)
    server.on("POST", ORDERS, reply, Reply(body=accepted(TICKET)))

    await broker.warm()
    outcome = await broker.place(TICKET)

    assert isinstance(outcome, OutcomeUnknown), outcome
    assert (1, 1) == (server.count("POST"), server.connections)


async def test_a_warm_connection_carries_the_order(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    server.on("GET", "/v2/clock", CLOCK_REPLY)
    server.on("POST", ORDERS, Reply(body=accepted(TICKET)))

    await broker.warm()
    await broker.place(TICKET)

    assert 1 == server.connections


async def test_a_connection_from_before_the_machine_slept_carries_no_order(
    server: ScriptedAlpaca, broker: AlpacaBroker, clock: HurriedClock
) -> None:
    """
    The pool counts by a clock that stood still meanwhile, and takes it for a young one.
    """
    server.on("GET", "/v2/clock", CLOCK_REPLY)
    server.on("POST", ORDERS, Reply(body=accepted(TICKET)))

    await broker.warm()
    clock.at += timedelta(hours=1)
    outcome = await broker.place(TICKET)

    assert isinstance(outcome, Accepted)
    assert (1, 2) == (server.count("POST"), server.connections)


async def test_a_cancel_on_a_kept_connection_that_drops_is_sent_once(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    """
    aiohttp repeats a DELETE by itself when a kept connection drops.
    """
    server.on("GET", "/v2/clock", CLOCK_REPLY)
    server.on("DELETE", f"{ORDERS}/o-1", Cut(), Reply(204))

    await broker.warm()
    outcome = await broker.cancel("o-1")

    assert isinstance(outcome, OutcomeUnknown)
    assert 1 == server.count("DELETE")


async def test_a_cancel_that_is_taken_says_no_more_than_that(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    server.on("DELETE", f"{ORDERS}/o-1", Reply(204))

    assert CancelTaken() == await broker.cancel("o-1")


async def test_a_cancel_that_comes_too_late_is_refused_in_alpacas_words(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    message = 'order is already in "filled" state'
    server.on("DELETE", f"{ORDERS}/o-1", Reply(422, {"code": 42210000, "message": message}))

    assert Refused(422, 42210000, message) == await broker.cancel("o-1")


async def test_a_cancel_answered_with_504_is_unknown(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    server.on("DELETE", f"{ORDERS}/o-1", Reply(504, b"<html>"), Reply(204))

    assert isinstance(await broker.cancel("o-1"), OutcomeUnknown)
    assert 1 == server.count("DELETE")


async def test_an_id_cannot_lead_to_another_address(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    server.on("DELETE", ORDERS, Reply(204))

    outcome = await broker.cancel("../orders")

    assert isinstance(outcome, Refused)


async def test_without_a_server_nothing_was_sent(clock: HurriedClock) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        async with AlpacaBroker(Credentials(KEY, SECRET), Endpoints(url), clock=clock) as broker:
            outcome = await broker.place(TICKET)

    assert isinstance(outcome, NotSent)
    assert "no connection" in outcome.reason


async def test_a_name_that_does_not_resolve_means_not_sent(clock: HurriedClock) -> None:
    endpoints = Endpoints("http://no-such-host.invalid")
    async with AlpacaBroker(Credentials(KEY, SECRET), endpoints, clock=clock) as broker:
        assert isinstance(await broker.place(TICKET), NotSent)


async def test_a_server_that_never_accepts_means_not_sent(clock: HurriedClock) -> None:
    """
    A full backlog drops SYNs, as a firewall does.
    """
    timeouts = Timeouts(connect=timedelta(seconds=0.1))
    with closing(socket.socket()) as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        with closing(socket.create_connection(address)):
            url = f"http://127.0.0.1:{address[1]}"
            async with AlpacaBroker(
                Credentials(KEY, SECRET), Endpoints(url), clock=clock, timeouts=timeouts
            ) as broker:
                assert isinstance(await broker.place(TICKET), NotSent)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"X-RateLimit-Reset": "1795446009"}, 9),
        ({"Retry-After": "2", "X-RateLimit-Reset": "1795446009"}, 2),
        ({"Retry-After": "Mon, 23 Nov 2026 15:00:05 GMT"}, 5),
        ({"Retry-After": "86400"}, 120),
        ({"X-RateLimit-Reset": "1795445000"}, 0.1),
        ({"X-RateLimit-Reset": "1795446060"}, 60),
        ({"X-RateLimit-Reset": "1795446300"}, 1),  # by a clock five minutes ahead of ours
        ({"Retry-After": "soon"}, 1),
        ({}, 1),
    ],
)
async def test_a_429_was_not_taken_and_says_when_to_come_back(
    server: ScriptedAlpaca, broker: AlpacaBroker, headers: dict[str, str], seconds: float
) -> None:
    server.on("POST", ORDERS, Reply(429, {"message": "too many requests"}, headers))

    outcome = await broker.place(TICKET)

    assert isinstance(outcome, NotSent)
    assert timedelta(seconds=seconds) == outcome.retry_after
    assert 1 == server.count("POST")


async def test_a_limit_price_arrives_digit_for_digit(
    server: ScriptedAlpaca, broker: AlpacaBroker
) -> None:
    server.on("POST", ORDERS, Reply(body=accepted(TICKET)))

    await broker.place(a_package("c-1", limit=Decimal("-1.10")))

    assert "-1.10" == server.seen[0].json["limit_price"]


class ClosingServer:
    """Answers one request on each connection, promises to keep it, and closes it."""

    def __init__(self, listening: socket.socket, bodies: list[bytes]) -> None:
        self.requests: list[bytes] = []
        self.closed = threading.Event()
        self._listening = listening
        self._bodies = bodies

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def serve(self) -> None:
        for body in self._bodies:
            try:
                connection, _ = self._listening.accept()
            except TimeoutError:
                return
            with connection:
                self.requests.append(connection.recv(65_536))
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Connection: keep-alive\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
                )
            self.closed.set()


@contextmanager
def a_closing_server(*bodies: bytes) -> Iterator[ClosingServer]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(3)
        server = ClosingServer(listening, list(bodies))
        thread = threading.Thread(target=server.serve)
        thread.start()
        yield server
        thread.join()


async def test_a_connection_the_server_has_closed_does_not_make_an_order_unknown(
    clock: HurriedClock,
) -> None:
    """
    The close has arrived but the loop has not looked: the pool must not hand it out.
    """
    first, second = (Reply(body=body).payload for body in (CLOCK_REPLY.body, accepted(TICKET)))
    with a_closing_server(first, second) as server:
        async with AlpacaBroker(
            Credentials(KEY, SECRET), Endpoints(server.url), clock=clock
        ) as broker:
            await broker.warm()
            assert server.closed.wait(timeout=5)  # blocks the loop on purpose
            outcome: PlaceOutcome = await broker.place(TICKET)

    assert isinstance(outcome, Accepted), outcome
    assert [b"GET /v2/clock", b"POST /v2/orders"] == [
        b" ".join(request.split()[:2]) for request in server.requests
    ]
