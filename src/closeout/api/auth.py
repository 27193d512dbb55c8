"""
Who may speak to the API: this machine's own pages and programs.

The server listens on loopback, but a web page from anywhere runs on this machine too. A
request that changes something, or opens the stream, must not come from another site's
page, and the Host must be ours (DNS rebinding).
"""

from functools import lru_cache
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from closeout.api.problems import document

_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@lru_cache(maxsize=64)
def host_name(value: str) -> str:
    """Return the name in a Host header, without its port; empty when it is none."""
    try:
        return urlsplit(f"//{value}").hostname or ""
    except ValueError:
        return ""


def is_our_host(connection: HTTPConnection) -> bool:
    """Whether the request was addressed to us by a name that is ours."""
    allowed = _LOCAL_NAMES | connection.app.state.extra_hosts
    return host_name(connection.headers.get("host", "")) in allowed


def is_same_origin(connection: HTTPConnection) -> bool:
    """Whether a browser sent this from our own page; programs send no Origin."""
    origin = connection.headers.get("origin")
    if not is_our_host(connection):
        return False
    return origin is None or _network_location(origin) == connection.headers.get("host")


def _network_location(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


class Guard:
    """
    Refuses what comes from elsewhere, before anything else looks at it.

    Plain ASGI: the middleware that Starlette makes of a function starts a task for every request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _refusal(Request(scope)) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)


def _refusal(request: Request) -> Response | None:
    if not is_our_host(request):
        return document(
            request,
            status=403,
            code="foreign_host",
            detail="This server answers only to its own name. Use http://localhost, or list "
            "the name in CLOSEOUT_ALLOWED_HOSTS.",
        )
    if request.method not in _SAFE_METHODS and not is_same_origin(request):
        return document(
            request,
            status=403,
            code="foreign_origin",
            detail="Another site's page sent this request. Nothing was done.",
        )
    return None
