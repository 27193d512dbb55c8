"""
The server of `order_path.py` with parts of an order's way left out: what could be won at all.

Runs `closeout serve` without the parts that ORDER_PATH_LEAVES_OUT names, joined by commas:

`library`: the order's bytes go to a socket that is open already, with no HTTP library, no
timeout, and no look at what the connection has come to.
`thread`: the event loop itself writes to the journal and waits for the disk.
`router`: the request is read without FastAPI, its middleware and its checks.
`plan`: the plan is the one of the preview, put against nothing.

None of this may be left out of a product. An order that was answered with an error, a slow disk, a
page from elsewhere and an account that has changed are what these parts are there for.
"""

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from closeout import bootstrap
from closeout.__main__ import main
from closeout.alpaca.transport import Answer, Transport
from closeout.api import app
from closeout.api.closing import close_strategy
from closeout.api.deps import Desk
from closeout.journal.requests import Request
from closeout.journal.writer import Writer
from closeout.runtime.preparing import Preparer
from closeout.runtime.requests import CloseRequest, Prepared
from closeout.schemas.closes import CloseStrategyRequest

_SOCKETS = 20


class _Socket(asyncio.Protocol):
    """An open connection that sends a request and waits for its answer."""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvloop's is no Transport
        self._transport = transport
        self._read = b""

    async def ask(self, request: bytes) -> Answer:
        self._answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, _, body = self._read.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if length and len(body) >= int(length):
            status, self._read = int(head.split()[1]), b""
            self._answer.set_result(Answer(status, body, True, None, ""))  # noqa: FBT003 - whole


async def _opened(host: str, port: int) -> _Socket:
    _, opened = await asyncio.get_running_loop().create_connection(_Socket, host, port)
    return opened


def _replace(owner: object, name: str, new: object) -> None:
    assert hasattr(owner, name), "what is left out has moved"
    setattr(owner, name, new)


def leave_out_library() -> None:
    ordinary = Transport.request
    free: dict[Transport, list[_Socket]] = {}

    async def request(
        self: Transport,
        method: Any,  # noqa: ANN401 - the transport's own
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        place = urlsplit(self._base_url)
        if self not in free:
            assert place.hostname is not None
            assert place.port is not None
            free[self] = [await _opened(place.hostname, place.port) for _ in range(_SOCKETS)]
        if method != "POST" or body is None:
            return await ordinary(self, method, path, params=params, body=body)
        keys = "".join(f"{name}: {key}\r\n" for name, key in self._credentials.headers().items())
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {place.netloc}\r\n{keys}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        socket = free[self].pop()
        try:
            return await socket.ask(head.encode() + body)
        finally:
            free[self].append(socket)

    _replace(Transport, "request", request)


def leave_out_thread() -> None:
    async def write(self: Writer, request: Request) -> None:
        [failure] = self._commit([request])
        if failure is not None:
            raise failure

    _replace(Writer, "write", write)


def leave_out_router() -> None:
    ordinary = app.create_app

    def create_app(desk: Desk, **settings: Any) -> Any:  # noqa: ANN401 - an ASGI application
        whole = ordinary(desk, **settings)

        async def serve(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own
            if not scope.get("path", "").endswith("/close-strategy"):
                await whole(scope, receive, send)
                return
            body = CloseStrategyRequest.model_validate(json.loads((await receive())["body"]))
            key = dict(scope["headers"])[b"idempotency-key"].decode()
            answer = await close_strategy(desk, body.position_id, body, key)
            text = answer.model_dump_json().encode()
            headers = [(b"content-length", str(len(text)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": text})

        return serve

    _replace(bootstrap, "create_app", create_app)


def leave_out_plan() -> None:
    plan, prepare = Preparer.plan, Preparer.prepare
    shown: dict[str, Prepared] = {}

    def planned(self: Preparer, *given: Any) -> Prepared:  # noqa: ANN401 - the preparer's own
        prepared = plan(self, *given)
        shown[prepared.strategy.id] = prepared
        return prepared

    async def prepared(self: Preparer, request: CloseRequest, *given: Any) -> Prepared:  # noqa: ANN401
        return shown.get(request.position_id) or await prepare(self, request, *given)

    _replace(Preparer, "plan", planned)
    _replace(Preparer, "prepare", prepared)


PARTS: dict[str, Callable[[], None]] = {
    "library": leave_out_library,
    "thread": leave_out_thread,
    "router": leave_out_router,
    "plan": leave_out_plan,
}

if __name__ == "__main__":
    for part in filter(None, os.environ["ORDER_PATH_LEAVES_OUT"].split(",")):
        PARTS[part]()
    main()
