"""Talking to a running server, with nothing but the standard library: it starts at once."""

import json
import os
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

import typer

_TIMEOUT_SECONDS = 30.0
DEFAULT_URL = "http://localhost:8002"

Json = dict[str, Any]


class ServerRefused(Exception):
    """The server answered with a problem document; its detail says what to do."""

    def __init__(self, detail: str, code: str | None = None) -> None:
        super().__init__(detail)
        self.code = code


def server_url() -> str:
    """Return `CLOSEOUT_URL`, or this machine's own server."""
    return os.environ.get("CLOSEOUT_URL", DEFAULT_URL).rstrip("/")


def get(path: str) -> Json:
    return _call("GET", path, None, {})


def post(path: str, body: Json, *, key: str | None = None) -> Json:
    """Send a request that changes something; `key` makes repeating it harmless."""
    headers = {"Idempotency-Key": key} if key else {}
    return _call("POST", path, json.dumps(body).encode(), headers)


def _call(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Json:
    url = server_url() + path
    if not url.startswith(("http://", "https://")):
        raise ServerRefused(f"CLOSEOUT_URL must begin with http:// or https://, not {url!r}")
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked
        url, data=body, method=method, headers={"Content-Type": "application/json", **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            return _read(answer.read())
    except urllib.error.HTTPError as error:
        raise _refusal(error.read(), error.code) from error
    except urllib.error.URLError as error:
        raise ServerRefused(
            f"No Closeout at {server_url()} ({error.reason}). Start it with: make run"
        ) from error
    except (OSError, HTTPException) as error:
        # The request is out by then: what fails while it goes out is a URLError.
        raise ServerRefused(_unanswered(method)) from error


def _unanswered(method: str) -> str:
    if method == "GET":
        return "The server went away or did not answer in time."
    return (
        "The server went away or did not answer in time, so the request may have been taken. "
        "Look with `closeout closes` before repeating it."
    )


def _read(text: bytes) -> Json:
    answer = json.loads(text)
    assert isinstance(answer, dict), "every answer of the contract is an object"
    return answer


def _refusal(text: bytes, status: int) -> ServerRefused:
    try:
        problem = _read(text)
        return ServerRefused(str(problem["detail"]), str(problem["code"]))
    except (ValueError, KeyError, AssertionError):
        return ServerRefused(f"the server answered {status}")


def fail(message: object) -> typer.Exit:
    """Print what went wrong and return the exit to raise."""
    typer.echo(f"closeout: {message}", err=True)
    return typer.Exit(1)
