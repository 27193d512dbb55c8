"""The FastAPI application: routes, errors, the stream, and the page."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from pydantic.json_schema import models_json_schema

from closeout.api import auth, closes, closing, edits, health, history, positions, problems, stream
from closeout.api.deps import Desk
from closeout.api.hub import Hub
from closeout.schemas.examples import EXAMPLES
from closeout.schemas.stream import STREAM_MESSAGES

DESCRIPTION = """
Close Alpaca option strategies as one order, and see proof that they are gone.

Money is decimal strings; quantities are integers. Errors are RFC 9457 problem documents,
and when one is answered nothing was sent to the broker.
"""


def create_app(
    desk: Desk | None,
    *,
    page: Path | None = None,
    allowed_hosts: frozenset[str] = frozenset(),
) -> FastAPI:
    """
    Build the application.

    Without a desk it can only print its OpenAPI document. `page` is the folder of the
    built page; `allowed_hosts` are names beside localhost that the server answers to.
    """
    app = FastAPI(
        title="Closeout",
        version=version("closeout"),
        description=DESCRIPTION,
        lifespan=_lifespan,
    )
    app.state.desk = desk
    app.state.extra_hosts = allowed_hosts
    app.add_middleware(auth.Guard)
    app.openapi = _with_stream_messages(app)  # type: ignore[method-assign] # FastAPI's own way
    problems.install(app)
    # First what is in a hurry. Edits before positions: `edits` must not be taken for the id of one.
    for module in (closing, edits, positions, closes, history, health, stream):
        app.include_router(module.router)
    if page is not None and page.is_dir():
        app.mount("/", StaticFiles(directory=page, html=True), name="page")
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    desk = app.state.desk
    assert isinstance(desk, Desk), "an application that serves has a desk"
    app.state.hub = Hub(desk)
    desk.engine.start()
    loops = (app.state.hub.run, desk.outlooks.run, desk.announcements.run)
    showing = [asyncio.create_task(desk.engine.guard(each)) for each in loops]
    try:
        yield
    finally:
        for task in showing:
            task.cancel()
        await asyncio.gather(*showing, return_exceptions=True)
        await desk.engine.stop()


def openapi_document() -> dict[str, Any]:
    """Return the contract as OpenAPI, the messages of `/ws` among its schemas."""
    return create_app(None).openapi()


def _with_stream_messages(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """
    FastAPI describes no WebSocket, so its messages are added to the schemas by hand.

    So are the examples, which are answers of a real server.
    """
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        _, definitions = models_json_schema(
            [(model, "serialization") for model in STREAM_MESSAGES],
            ref_template="#/components/schemas/{model}",
        )
        document["components"]["schemas"] |= definitions["$defs"]
        for name, examples in EXAMPLES.items():
            document["components"]["schemas"][name]["examples"] = examples
        return document

    return openapi
