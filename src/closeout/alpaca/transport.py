"""
HTTP to one Alpaca host: every request is sent once, has an end, and is logged.

A kept connection saves the TCP and TLS round trips but can have been closed by the other
side meanwhile. Three things keep that from turning an order into an unknown one, or into two:

- a connection idle for longer than `KEEP_ALIVE` is not used again, also when the machine slept:
  the pool counts by the clock of the event loop, which may stand still meanwhile;
- before a write the event loop gets a moment to notice connections already closed, so that
  the pool drops them;
- when it closes in the very moment of sending, nobody can know whether the request was read.
  aiohttp would repeat a DELETE by itself in that case; `_send_once` forbids it, and the
  outcome is unknown until it is looked up.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import aiohttp
import structlog

from closeout.alpaca.endpoints import Credentials
from closeout.alpaca.limits import RateLimit, wait_asked
from closeout.ports import Clock

Method = Literal["GET", "POST", "PATCH", "DELETE"]

KEEP_ALIVE = timedelta(seconds=45)
"""Below the shortest common idle timeout of a load balancer (60 s)."""

_EXCERPT, _READ_OF_BODY = 200, 2_000
_NOTICE_TICKS = 5  # measured: up to 3 until an end below TLS reaches the pool; 1 without TLS
_OK, _OK_END = 200, 300

_NEVER_CONNECTED = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)

_log = structlog.get_logger("closeout.alpaca")


class NoConnection(Exception):
    """There was no connection, so nothing was sent."""


class NoAnswer(Exception):
    """It was sent, or may have been, and no status came back."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """
    Ends of waiting for one request.

    `connect` covers DNS, TCP and TLS: a lost SYN is resent after 1 s and 3 s. `read` is the
    longest silence after sending: Alpaca answers orders well within a second, and the sooner
    an order counts as unknown the sooner it is looked up. `total` lets a slow page of 500
    orders through.
    """

    connect: timedelta = timedelta(seconds=4)
    read: timedelta = timedelta(seconds=8)
    total: timedelta = timedelta(seconds=20)

    def __post_init__(self) -> None:
        assert self.connect < self.total, "only a connection can be missing when time is up"

    def for_aiohttp(self) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(
            total=self.total.total_seconds(),
            connect=self.connect.total_seconds(),
            sock_read=self.read.total_seconds(),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `whole` is False when the connection ended before the body did."""

    status: int
    body: bytes
    whole: bool
    retry_after: timedelta | None
    excerpt: str
    """The start of the body for a person to read, without keys."""

    @property
    def is_success(self) -> bool:
        return _OK <= self.status < _OK_END


class Transport:
    """One host. The session opens with the first request, inside the running loop."""

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        clock: Clock,
        timeouts: Timeouts,
        on_rate: Callable[[RateLimit], None] | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._clock = clock
        self._timeouts = timeouts
        self._on_rate = on_rate
        self._session: aiohttp.ClientSession | None = None
        self._used_at = timedelta(0)
        """When the last request began or ended, by the clock that goes on while asleep."""
        self.rate: RateLimit | None = None

    async def request(
        self,
        method: Method,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """
        Send once and return whatever status came back.

        A GET may be repeated once on a kept connection that turned out dead: it changes nothing.

        Raises:
            NoConnection: nothing was sent.
            NoAnswer: it may have been read, and no status line came back.
        """
        started = time.perf_counter()
        try:
            answer, request_id = await self._exchange(method, path, params, body)
        except (NoConnection, NoAnswer) as failed:
            self._log(method, path, started, failure=str(failed))
            raise
        self._log(method, path, started, status=answer.status, request_id=request_id)
        return answer

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _exchange(
        self, method: Method, path: str, params: Mapping[str, str] | None, body: bytes | None
    ) -> tuple[Answer, str | None]:
        writes = method != "GET"
        await self._leave_old_connections()
        if writes:
            await _notice_closed_connections()
        try:
            async with self._opened().request(
                method,
                self._base_url + path,
                params=params,
                data=body,
                headers={"Content-Type": "application/json"} if body else None,
                allow_redirects=False,  # a 307 would send the order again
                middlewares=(_send_once,) if writes else None,
            ) as response:
                return await self._read(response), response.headers.get("X-Request-ID")
        except _NEVER_CONNECTED as failed:
            raise NoConnection(self._credentials.scrub(str(failed))) from None
        except (aiohttp.ClientError, TimeoutError) as failed:
            raise NoAnswer(self._credentials.scrub(_describe(failed))) from None
        finally:
            self._used_at = self._clock.monotonic()

    async def _leave_old_connections(self) -> None:
        now = self._clock.monotonic()
        idle, self._used_at = now - self._used_at, now
        if self._session is not None and idle > KEEP_ALIVE:
            old, self._session = self._session, None
            await old.close()

    async def _read(self, response: aiohttp.ClientResponse) -> Answer:
        self._note_rate(response.headers)
        body, whole = b"", True
        try:
            body = await response.read()
        except (aiohttp.ClientError, TimeoutError):
            whole = False
        return Answer(
            status=response.status,
            body=body,
            whole=whole,
            retry_after=wait_asked(response.status, response.headers, self._clock.now()),
            excerpt=self._excerpt(body) if whole else "the answer broke off",
        )

    def _note_rate(self, headers: Mapping[str, str]) -> None:
        rate = RateLimit.from_headers(headers)
        if rate is None:
            return
        self.rate = rate
        if self._on_rate is not None:
            self._on_rate(rate)

    def _excerpt(self, body: bytes) -> str:
        text = self._credentials.scrub(body[:_READ_OF_BODY].decode(errors="replace"))
        return " ".join(text[:_EXCERPT].split())

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._credentials.headers(),
                timeout=self._timeouts.for_aiohttp(),
                # No limit on connections: an order never queues behind reads.
                connector=aiohttp.TCPConnector(
                    limit=0, keepalive_timeout=KEEP_ALIVE.total_seconds()
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    def _log(
        self,
        method: str,
        path: str,
        started: float,
        *,
        status: int | None = None,
        request_id: str | None = None,
        failure: str | None = None,
    ) -> None:
        succeeded = status is not None and _OK <= status < _OK_END
        write = _log.debug if succeeded else _log.warning
        write(
            "alpaca_request",
            method=method,
            path=path,
            status=status,
            ms=round((time.perf_counter() - started) * 1000, 1),
            request_id=request_id,
            failure=failure,
        )


async def _send_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """
    Turn the errors on which aiohttp repeats idempotent methods into one it does not know.

    aiohttp counts DELETE among those methods and retries once when a kept connection drops.
    """
    try:
        return await handler(request)
    except _NEVER_CONNECTED:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as failed:
        raise NoAnswer(_describe(failed)) from None


async def _notice_closed_connections() -> None:
    """Let the loop read what has arrived; a pooled connection's end may be among it."""
    for _ in range(_NOTICE_TICKS):
        await asyncio.sleep(0)


def _describe(failed: BaseException) -> str:
    """Errors of aiohttp carry request headers in their repr, so only the text is used."""
    return f"{type(failed).__name__}: {failed}".removesuffix(": ")
