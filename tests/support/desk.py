"""The real application on an engine on fakes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI
from support.bench import Bench
from support.eventually import eventually, settle

from closeout.api.app import create_app
from closeout.api.deps import Desk
from closeout.runtime.announcements import Announcements
from closeout.runtime.outlooks import Outlooks

T = TypeVar("T")
Json = dict[str, Any]


@dataclass
class Shop:
    """A served bench and a client of it."""

    bench: Bench
    app: FastAPI
    http: httpx.AsyncClient
    outlooks: Outlooks

    @property
    def path(self) -> str:
        """The path of the only position."""
        return f"/api/positions/{self.bench.strategy.id}"

    async def get(self, path: str) -> Json:
        answer = await self.http.get(path)
        assert 200 == answer.status_code, answer.text
        body: Json = answer.json()
        return body

    async def close_strategy(self, **body: Any) -> httpx.Response:
        identity = self.bench.strategy.id
        return await self.http.post(
            f"{self.path}/close-strategy", json={"position_id": identity} | body
        )

    async def close_leg(self, symbol: str, **body: Any) -> httpx.Response:
        leg_id = self.bench.leg(symbol).id
        return await self.http.post(f"{self.path}/close-leg", json={"leg_id": leg_id} | body)

    async def told(self) -> None:
        """Wait until whoever listens has been told of everything."""
        await settle()
        await eventually(lambda: not self.bench.engine.feed.is_marked)
        await settle()  # what was taken up is published row by row

    async def preview(self, **body: Any) -> httpx.Response:
        return await self.http.post(f"{self.path}/close-preview", json=body)


async def _at_once(work: Callable[[], T]) -> T:
    """Do it here and now: what another thread does has no place on a clock moved by hand."""
    return work()


@asynccontextmanager
async def served(
    bench: Bench, *, ready: bool = True, mode: str = "SIMULATED", raises: bool = True
) -> AsyncIterator[Shop]:
    """Serve a bench: its engine starts and stops with the application."""
    outlooks = Outlooks(
        bench.engine.book,
        bench.quotes,
        bench.clock,
        bench.engine.feed,
        rate=0.0,
        offload=_at_once,
    )
    announcements = Announcements(bench.engine.book, bench.quotes, bench.clock, bench.engine.feed)
    desk = Desk(bench.engine, outlooks, announcements, bench.clock, mode, "indicative", "0.0")  # type: ignore[arg-type] # one of the three
    app = create_app(desk)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=raises)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost:8002") as http,
    ):
        if ready:
            await eventually(lambda: bench.engine.is_ready)
            await announcements.read_due()
        shop = Shop(bench, app, http, outlooks)
        await shop.told()
        yield shop


def is_problem(answer: httpx.Response, status: int, code: str) -> bool:
    """Check that an answer is a problem document of this status and code."""
    assert "application/problem+json" == answer.headers["content-type"], answer.text
    body = answer.json()
    assert {"type", "title", "status", "detail", "code", "instance"} <= set(body)
    assert (status, status, code) == (answer.status_code, body["status"], body["code"]), body
    return True
