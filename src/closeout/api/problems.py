"""Every error leaves as an RFC 9457 problem document with a stable code."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from closeout.domain.errors import CannotPlan, CannotRegroup, CloseoutError
from closeout.ports import HandedOver, JournalFailed, NotOwner, ReadFailed, Unconfirmed
from closeout.runtime.refusals import (
    KeyReused,
    NotReady,
    PreviewDisagrees,
    PreviewStale,
    UnknownClose,
    UnknownLeg,
    UnknownPosition,
)
from closeout.schemas.problems import Problem

MEDIA_TYPE = "application/problem+json"

_STATUS: dict[type[CloseoutError], HTTPStatus] = {
    UnknownPosition: HTTPStatus.NOT_FOUND,
    UnknownLeg: HTTPStatus.NOT_FOUND,
    UnknownClose: HTTPStatus.NOT_FOUND,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    PreviewDisagrees: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
    ReadFailed: HTTPStatus.SERVICE_UNAVAILABLE,
    NotOwner: HTTPStatus.CONFLICT,
    JournalFailed: HTTPStatus.SERVICE_UNAVAILABLE,
}

_UNPROCESSABLE_CODES = frozenset(
    {
        "beyond_worst",
        "invalid_tick",
        "invalid_worst",
        "not_divisible",
        "one_price_several_orders",
        "too_many_contracts",
        "too_many_units",
    }
)
"""Plans that no state of the market would allow: the request itself must change."""

_REGROUPING_STATUS = {
    "unknown_position": HTTPStatus.NOT_FOUND,
    "unknown_leg": HTTPStatus.NOT_FOUND,
    "nothing_to_undo": HTTPStatus.CONFLICT,
    "not_an_orphan": HTTPStatus.CONFLICT,
}
"""Every other edit that does not fit must itself be another."""

_ADVICE: dict[type[CloseoutError], str] = {
    HandedOver: "The close is on record, and another process has just taken the account over: it "
    "goes on with it. This one sent nothing. Look at the closes there.",
    NotOwner: "Another process has just taken the account over. Nothing was sent. Use that one.",
    ReadFailed: "Alpaca could not be read ({reason}). Nothing was sent. Try again.",
    Unconfirmed: "The journal could not be written ({reason}). Nothing was sent. Whether the close "
    "is on record is not known yet: if it is, it is given up unsent, unless another process has "
    "taken the account and goes on with it. Look at the closes there before you ask again.",
    JournalFailed: "The journal could not be written ({reason}). Nothing was sent.",
}


class BodyDisagrees(CloseoutError):
    """The body names another position than the path."""

    code = "body_disagrees"


def document(
    request: Request, *, status: int, code: str, detail: str, **extra: object
) -> JSONResponse:
    """Build the answer."""
    problem = Problem(
        type=f"urn:closeout:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        instance=request.url.path,
    )
    body = problem.model_dump() | extra
    return _Ascii(body, status_code=status, media_type=MEDIA_TYPE)


class _Ascii(JSONResponse):
    """Problems quote what was sent, which may be text that UTF-8 cannot carry."""

    def render(self, content: object) -> bytes:
        return json.dumps(content).encode("ascii")


def install(app: FastAPI) -> None:
    """Answer every kind of error with a problem document."""
    handlers: dict[type[Exception], Callable[[Request, Any], Awaitable[JSONResponse]]] = {
        CloseoutError: _expected,
        RequestValidationError: _invalid,
        HTTPException: _http,
        Exception: _unexpected,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def _expected(request: Request, error: CloseoutError) -> JSONResponse:
    code = error.reason_code if isinstance(error, CannotPlan | CannotRegroup) else error.code
    extra: dict[str, object] = {}
    if isinstance(error, PreviewStale):
        extra["changes"] = [asdict(change) for change in error.changes]
    return document(request, status=_status(error, code), code=code, detail=_detail(error), **extra)


def _status(error: CloseoutError, code: str) -> HTTPStatus:
    if isinstance(error, BodyDisagrees) or code in _UNPROCESSABLE_CODES:
        return HTTPStatus.UNPROCESSABLE_ENTITY
    if isinstance(error, CannotRegroup):
        return _REGROUPING_STATUS.get(code, HTTPStatus.UNPROCESSABLE_ENTITY)
    for kind, status in _STATUS.items():
        if isinstance(error, kind):
            return status
    return HTTPStatus.CONFLICT


def _detail(error: CloseoutError) -> str:
    for kind, advice in _ADVICE.items():
        if isinstance(error, kind):
            return advice.format(reason=error)
    return str(error)


async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    errors = [
        {"where": ".".join(str(part) for part in each["loc"]), "what": each["msg"]}
        for each in error.errors()
    ]
    told = "; ".join(f"{each['where']}: {each['what']}" for each in errors)
    return document(
        request,
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code="invalid_request",
        detail=f"The request does not fit: {told}. Nothing was sent.",
        errors=errors,
    )


async def _http(request: Request, error: HTTPException) -> JSONResponse:
    code = HTTPStatus(error.status_code).name.lower()
    response = document(request, status=error.status_code, code=code, detail=str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def _unexpected(request: Request, _: Exception) -> JSONResponse:
    """Answer an error of ours; the server logs it with its traceback."""
    return document(
        request,
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        code="internal_error",
        detail="Closeout made a mistake; its log says which. Look at the running closes before "
        "you try again.",
    )
