"""What every REST request goes through: log, key pair, budget, faults, the exchange."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from aiohttp import web

from alpaca_simulator.exchange.orders import Order
from alpaca_simulator.exchange.refusals import Refusal
from alpaca_simulator.wire.broker import Broker
from alpaca_simulator.wire.faults import ORDER_KINDS, Fault, FaultKind
from alpaca_simulator.wire.occasions import occasion_of
from alpaca_simulator.wire.params import BadParameter, Query, joined
from alpaca_simulator.wire.ratelimit import Allowance
from alpaca_simulator.wire.received import Received, decode_body
from alpaca_simulator.wire.rest.call import Answer, Call
from alpaca_simulator.wire.rest.routes import Route
from alpaca_simulator.wire.sockets import reset
from alpaca_simulator.wire.streams.feeds import Plan

HTML: Final = "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"

_BEFORE: Final = {
    FaultKind.RATE_LIMITED,
    FaultKind.SERVER_ERROR,
    FaultKind.GATEWAY_TIMEOUT_BEFORE,
    FaultKind.CUT_BEFORE,
    FaultKind.BAD_GATEWAY_BEFORE,
    FaultKind.REFUSE,
}
_AFTER: Final = {
    FaultKind.SERVER_ERROR_AFTER,
    FaultKind.GATEWAY_TIMEOUT_AFTER,
    FaultKind.CUT_AFTER,
    FaultKind.BAD_GATEWAY_AFTER,
    FaultKind.TRUNCATED_JSON,
}


def handler(broker: Broker, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The aiohttp handler that serves one route."""

    async def handle(request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        return await _Passage(broker, route, request, raw).answer()

    return handle


class _Passage:
    """One request on its way through."""

    def __init__(self, broker: Broker, route: Route, request: web.Request, raw: bytes) -> None:
        self._broker = broker
        self._route = route
        self._request = request
        self._raw = raw
        self._began = time.perf_counter()
        self._entry = note(broker, request, decode_body(raw))
        self._headers: dict[str, str] = {}

    async def answer(self) -> web.StreamResponse:
        if not self._broker.settings.credentials.admit_headers(self._request.headers):
            return self._send(401, {"message": "unauthorized."})
        allowance = self._take()
        self._headers = allowance.headers()
        if not allowance.granted:
            return self._too_many(allowance.retry_after)
        occasion = occasion_of(self._broker, self._request, self._entry.body)
        struck = self._broker.faults.strike(occasion, self._route.fault_kinds)
        self._entry.faults = [str(fault.kind) for fault in struck]
        return await self._answer_under(struck)

    async def _answer_under(self, struck: Sequence[Fault]) -> web.StreamResponse:
        await self._wait(struck, FaultKind.LATENCY)
        before = next((fault for fault in struck if fault.kind in _BEFORE), None)
        if before is not None:
            return self._fail(before, b"")
        answer = self._carry_out(struck)
        await self._wait(struck, FaultKind.LATENCY_AFTER)
        body = b"" if answer.body is None else msgspec.json.encode(answer.body)
        after = next((fault for fault in struck if fault.kind in _AFTER), None)
        if after is not None:
            return self._fail(after, body)
        return self._respond(answer.status, body)

    def _take(self) -> Allowance:
        broker = self._broker
        budget = broker.data_budget if self._route.is_data else broker.trading_budget
        return budget.take(time.time())

    async def _wait(self, struck: Sequence[Fault], kind: FaultKind) -> None:
        for fault in struck:
            if fault.kind is kind:
                await asyncio.sleep(self._broker.faults.seconds(fault))

    def _carry_out(self, struck: Sequence[Fault]) -> Answer:
        driver = self._broker.driver
        driver.sync()
        answer = self._ask()
        self._entry.carried_out = True
        self._entry.true_status = answer.status
        if answer.order is not None:
            for fault in struck:
                if fault.kind in ORDER_KINDS:
                    _spoil(self._broker, fault, answer.order)
        driver.sync()
        return answer

    def _ask(self) -> Answer:
        """The exchange's own answer; refusals and unreadable parameters become error bodies."""
        call = Call(
            exchange=self._broker.driver.exchange,
            query=Query.joining(self._request.query),
            parts=self._request.match_info,
            raw=self._raw,
            basic=self._broker.settings.plan is Plan.BASIC,
        )
        try:
            return self._route.endpoint(call)
        except Refusal as refusal:
            if self._route.is_data:
                return Answer(refusal.status, {"message": refusal.message})
            return Answer(refusal.status, dict(refusal.body()))
        except BadParameter as error:
            if self._route.is_data:
                return Answer(400, {"message": str(error)})
            return Answer(422, {"code": 40010001, "message": str(error)})

    def _fail(self, fault: Fault, body: bytes) -> web.StreamResponse:
        """What the client gets instead of `body`."""
        match fault.kind:
            case FaultKind.RATE_LIMITED:
                reset = {"X-RateLimit-Reset": str(int(time.time()) + fault.retry_after)}
                self._headers |= {"X-RateLimit-Remaining": "0", **reset}
                return self._too_many(fault.retry_after)
            case FaultKind.SERVER_ERROR | FaultKind.SERVER_ERROR_AFTER:
                return self._send(500, {"code": 50010000, "message": "internal server error"})
            case FaultKind.GATEWAY_TIMEOUT_BEFORE | FaultKind.GATEWAY_TIMEOUT_AFTER:
                return self._send_html(504, "504 Gateway Time-out")
            case FaultKind.BAD_GATEWAY_BEFORE | FaultKind.BAD_GATEWAY_AFTER:
                return self._send_html(502, "502 Bad Gateway")
            case FaultKind.TRUNCATED_JSON:
                return self._respond(self._entry.true_status or 200, body[: len(body) // 2])
            case FaultKind.REFUSE:
                default = {"code": 40310000, "message": "refused by a fault of the simulator"}
                return self._send(fault.status or 403, fault.body or default)
            case _:
                return self._cut()

    def _too_many(self, retry_after: int) -> web.Response:
        self._headers |= {"Retry-After": str(retry_after)}
        return self._send(429, {"code": 42910000, "message": "too many requests."})

    def _cut(self) -> web.Response:
        self._entry.outcome = "cut"
        self._entry.ms = self._elapsed()
        reset(self._request)
        return web.Response()

    def _send(self, status: int, body: Mapping[str, Any]) -> web.Response:
        return self._respond(status, msgspec.json.encode(body))

    def _send_html(self, status: int, title: str) -> web.Response:
        return self._respond(status, HTML.format(title=title).encode(), "text/html")

    def _respond(
        self, status: int, body: bytes, content_type: str = "application/json"
    ) -> web.Response:
        left = self._request.transport is None or self._request.transport.is_closing()
        self._entry.status = None if left else status
        self._entry.outcome = "abandoned" if left else "answered"
        self._entry.ms = self._elapsed()
        return web.Response(
            status=status,
            body=body or None,
            headers=self._headers,
            content_type=content_type if body else None,
        )

    def _elapsed(self) -> float:
        return round((time.perf_counter() - self._began) * 1000, 3)


def note(broker: Broker, request: web.Request, body: object) -> Received:
    """Write a request into the log of what was received."""
    return broker.received.open(
        simulated_at=broker.driver.exchange.now,
        method=request.method,
        path=request.path,
        query=joined(request.query),
        body=body,
    )


def _spoil(broker: Broker, fault: Fault, order: Order) -> None:
    """Do to an order that was just taken what the fault says."""
    exchange = broker.driver.exchange
    match fault.kind:
        case FaultKind.REJECT_AFTER_PATCH if order.replaces is not None:
            exchange.reject(order.id, "rejected after the replace request was answered")
        case FaultKind.NEVER_FILL:
            exchange.allow_fill(order.id, 0)
        case FaultKind.FILL_UP_TO:
            exchange.allow_fill(order.id, fault.units)
        case _:
            pass
