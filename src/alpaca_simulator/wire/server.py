"""The web application: one port for trading REST, data REST, the streams and the controls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from alpaca_simulator.wire import controls, pipeline
from alpaca_simulator.wire.broker import Broker
from alpaca_simulator.wire.received import Received
from alpaca_simulator.wire.rest.routes import ROUTES
from alpaca_simulator.wire.streams.feeds import FEEDS, Feed

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(broker: Broker) -> web.Application:
    """Everything that `broker` answers; shut down, it says goodbye to the streams first."""
    app = web.Application(client_max_size=4 * 2**20)
    panel = controls.Controls(broker)
    for method, path, control in controls.CONTROLS:
        app.router.add_route(method, path, controls.handler(panel, control))
    app.router.add_get("/stream", _logged(broker, broker.updates.serve))
    for feed in FEEDS:
        app.router.add_get(feed.path, _logged(broker, _feed(broker, feed)))
    for route in ROUTES:
        app.router.add_route(route.method, route.path, pipeline.handler(broker, route))
    app.router.add_route("*", "/{path:.*}", _logged(broker, _not_found))

    async def say_goodbye(_: web.Application) -> None:
        broker.close_streams()

    app.on_shutdown.append(say_goodbye)
    return app


def _feed(broker: Broker, feed: Feed) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        return await broker.market_data.serve(request, feed)

    return serve


def _logged(broker: Broker, serve: Handler) -> Handler:
    """Streams in the log: `stream` with 101 while and after they were open."""

    async def handle(request: web.Request) -> web.StreamResponse:
        entry = pipeline.note(broker, request, None)
        if "Upgrade" in request.headers:
            entry.outcome, entry.status = "stream", 101
        response = await serve(request)
        if not isinstance(response, web.WebSocketResponse):
            _answered(entry, response.status)
        return response

    return handle


def _answered(entry: Received, status: int) -> None:
    entry.outcome, entry.status = "answered", status


async def _not_found(request: web.Request) -> web.StreamResponse:
    """The body of unknown paths is not documented; the form is that of all errors."""
    body = {"code": 40410000, "message": f"endpoint not found: {request.method} {request.path}"}
    return web.json_response(body, status=404)
