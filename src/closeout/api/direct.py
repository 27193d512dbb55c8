"""
Routes on which an order waits.

FastAPI describes them, and serves whatever is not as it should be. A plain request is read here:
looking through the signature of the route for each one takes it a third of a millisecond.
"""

import json
from collections.abc import Awaitable, Callable, Coroutine
from inspect import signature
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from closeout.api.deps import KEY_LENGTH_MAX, get_desk

_JSON = "application/json"

Endpoint = Callable[..., Awaitable[BaseModel]]


class DirectRoute(APIRoute):
    """A route with an endpoint `(desk, position_id, body, key)` that answers a model."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        ordinary = super().get_route_handler()
        endpoint: Endpoint = self.endpoint
        model = signature(endpoint).parameters["body"].annotation
        assert issubclass(model, BaseModel), "the body is one model"

        async def handle(request: Request) -> Response:
            body = await _plain_body(request, model)
            key = request.headers.get("idempotency-key")
            if body is None or (key is not None and not 0 < len(key) <= KEY_LENGTH_MAX):
                return await ordinary(request)
            desk = await get_desk(request)
            answer = await endpoint(desk, request.path_params["position_id"], body, key)
            return Response(answer.model_dump_json(), media_type=_JSON)

        return handle


async def _plain_body(request: Request, model: type[BaseModel]) -> BaseModel | None:
    """Return the body of a plain request that fits; FastAPI says what is wrong with another."""
    if request.headers.get("content-type") != _JSON:
        return None
    try:
        return model.model_validate(json.loads(await request.body()))
    except (ValueError, RecursionError):
        return None
