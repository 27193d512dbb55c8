"""Faults as data: what can go wrong between a client and its broker, and when it does.

A fault is one frozen value, so a list of them can stand in a scenario file, on the command line
or in a request to ``/_sim/faults``. `FaultBook` decides, from the seed alone, which request or
stream event a fault strikes.
"""

from __future__ import annotations

import enum
import fnmatch
from collections.abc import Iterable, Sequence
from random import Random
from typing import Annotated, Final

import msgspec


class FaultKind(enum.StrEnum):
    """Everything the simulator can do wrong; `MEANINGS` says what a client sees of each."""

    LATENCY = "latency"
    LATENCY_AFTER = "latency_after"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    SERVER_ERROR_AFTER = "server_error_after"
    GATEWAY_TIMEOUT_BEFORE = "gateway_timeout_before"
    GATEWAY_TIMEOUT_AFTER = "gateway_timeout_after"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"
    BAD_GATEWAY_BEFORE = "bad_gateway_before"
    BAD_GATEWAY_AFTER = "bad_gateway_after"
    TRUNCATED_JSON = "truncated_json"
    REFUSE = "refuse"
    REJECT_AFTER_PATCH = "reject_after_patch"
    NEVER_FILL = "never_fill"
    FILL_UP_TO = "fill_up_to"
    DROP_EVENT = "drop_event"
    REPEAT_EVENT = "repeat_event"
    DELAY_EVENT = "delay_event"
    REORDER_EVENT = "reorder_event"
    DISCONNECT = "disconnect"
    REFUSE_CONNECT = "refuse_connect"


MEANINGS: Final = {
    FaultKind.LATENCY: "the request waits `ms` before it is carried out",
    FaultKind.LATENCY_AFTER: "carried out at once, answered `ms` later",
    FaultKind.RATE_LIMITED: "429, not carried out",
    FaultKind.SERVER_ERROR: "500, not carried out",
    FaultKind.SERVER_ERROR_AFTER: "500, carried out all the same",
    FaultKind.GATEWAY_TIMEOUT_BEFORE: "504, not carried out",
    FaultKind.GATEWAY_TIMEOUT_AFTER: "504, carried out",
    FaultKind.CUT_BEFORE: "TCP reset, not carried out",
    FaultKind.CUT_AFTER: "TCP reset, carried out",
    FaultKind.BAD_GATEWAY_BEFORE: "502 with an HTML page, not carried out",
    FaultKind.BAD_GATEWAY_AFTER: "502 with an HTML page, carried out",
    FaultKind.TRUNCATED_JSON: "carried out, the true status, half of the body",
    FaultKind.REFUSE: "`status` with `body`, not carried out",
    FaultKind.REJECT_AFTER_PATCH: "PATCH answers 200, the replacement is rejected",
    FaultKind.NEVER_FILL: "the order is accepted and trades nothing",
    FaultKind.FILL_UP_TO: "the order trades `units` and no more",
    FaultKind.DROP_EVENT: "the message is never sent",
    FaultKind.REPEAT_EVENT: "the message is sent 1 + `copies` times",
    FaultKind.DELAY_EVENT: "the message is sent `ms` late",
    FaultKind.REORDER_EVENT: "the message is sent after the next one, or after `ms`",
    FaultKind.DISCONNECT: "the socket is cut instead; reconnects are refused for `refuse_ms`",
    FaultKind.REFUSE_CONNECT: "the handshake answers `status` (429 unless told)",
}
"""`before` means that the broker never took the request, `after` that it did."""

STREAM_EVENT_KINDS = frozenset(
    {
        FaultKind.DROP_EVENT,
        FaultKind.REPEAT_EVENT,
        FaultKind.DELAY_EVENT,
        FaultKind.REORDER_EVENT,
        FaultKind.DISCONNECT,
    }
)
ORDER_KINDS = frozenset({FaultKind.REJECT_AFTER_PATCH, FaultKind.NEVER_FILL, FaultKind.FILL_UP_TO})
ANSWER_KINDS = frozenset(FaultKind) - STREAM_EVENT_KINDS - ORDER_KINDS - {FaultKind.REFUSE_CONNECT}
"""What can befall any request."""

Milliseconds = int | tuple[int, int]
Count = Annotated[int, msgspec.Meta(ge=0)]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that goes wrong, and the conditions under which it does.

    Attributes:
        kind: What happens; see `FaultKind`.
        on: Where: ``"METHOD /path"`` with shell wildcards for requests (``"POST /v2/orders"``,
            ``"* /v2/positions*"``), ``"stream NAME"`` for streams (``trade_updates``, ``options``,
            ``stocks``; wildcards too).
        client_order_id: Only orders whose client_order_id begins with this.
        symbol: Only requests or events that name this symbol, leg symbols included.
        event: Only trade updates of this event, such as ``fill``.
        after: Let this many matches pass first.
        times: Then strike this many times; ``null`` means every time.
        probability: Chance that a match is struck, drawn from the simulator's seed.
        ms: Milliseconds, or ``[least, most]`` to draw between, for the kinds that wait.
        status: HTTP status of `refuse` and `refuse_connect`.
        body: JSON body of `refuse`.
        retry_after: Seconds told by a `rate_limited` answer.
        units: Order units that `fill_up_to` lets trade.
        copies: Extra copies sent by `repeat_event`.
        refuse_ms: After a `disconnect`, refuse new connections to that stream this long.
    """

    kind: FaultKind
    on: str = "*"
    client_order_id: str | None = None
    symbol: str | None = None
    event: str | None = None
    after: Count = 0
    times: Count | None = 1
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    ms: Milliseconds = 1000
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] | None = None
    body: dict[str, object] | None = None
    retry_after: Count = 1
    units: Count = 0
    copies: Annotated[int, msgspec.Meta(ge=1)] = 1
    refuse_ms: Count = 0


class Occasion(msgspec.Struct, frozen=True):
    """What a fault is matched against: one request, one handshake or one stream event."""

    where: str
    client_order_id: str = ""
    symbols: frozenset[str] = frozenset()
    event: str = ""


class FaultCount(msgspec.Struct, frozen=True):
    """A fault with what has come of it so far, as ``GET /_sim/faults`` lists it."""

    fault: Fault
    matched: int
    struck: int


class _Armed:
    __slots__ = ("fault", "matched", "struck")

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.matched = 0
        self.struck = 0

    def strikes(self, random: Random) -> bool:
        self.matched += 1
        spent = self.fault.times is not None and self.struck >= self.fault.times
        if spent or self.matched <= self.fault.after:
            return False
        if self.fault.probability < 1 and random.random() >= self.fault.probability:
            return False
        self.struck += 1
        return True


class FaultBook:
    """The faults in force, in the order they were added, and the one source of their chance."""

    def __init__(self, seed: int, faults: Iterable[Fault] = ()) -> None:
        self._random = Random(seed)  # noqa: S311 - replayable chance, no secret
        self._armed = [_Armed(fault) for fault in faults]

    def add(self, faults: Iterable[Fault]) -> None:
        self._armed.extend(_Armed(fault) for fault in faults)

    def clear(self) -> None:
        self._armed.clear()

    def counts(self) -> Sequence[FaultCount]:
        return [FaultCount(armed.fault, armed.matched, armed.struck) for armed in self._armed]

    def strike(self, occasion: Occasion, kinds: frozenset[FaultKind]) -> list[Fault]:
        """The faults of `kinds` that strike this occasion, in the order they were added."""
        return [
            armed.fault
            for armed in self._armed
            if armed.fault.kind in kinds
            and _matches(armed.fault, occasion)
            and armed.strikes(self._random)
        ]

    def seconds(self, fault: Fault) -> float:
        """How long this stroke of `fault` waits."""
        if isinstance(fault.ms, int):
            return fault.ms / 1000
        return self._random.uniform(*fault.ms) / 1000


def _matches(fault: Fault, occasion: Occasion) -> bool:
    return (
        (fault.on == "*" or fnmatch.fnmatchcase(occasion.where, fault.on))
        and occasion.client_order_id.startswith(fault.client_order_id or "")
        and (fault.symbol is None or fault.symbol in occasion.symbols)
        and (fault.event is None or fault.event == occasion.event)
    )


def read_faults(text: str | bytes) -> list[Fault]:
    """Read one fault or a JSON list of them.

    Raises:
        msgspec.ValidationError: With the place and the reason, for a person to read.
    """
    decoded = msgspec.json.decode(text)
    return msgspec.convert(decoded if isinstance(decoded, list) else [decoded], list[Fault])
