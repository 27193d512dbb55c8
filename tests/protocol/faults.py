"""What goes wrong between Closeout and the broker, and how each close must end."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from protocol.site import Case, Fault, Site
from support.simulator import eventually

_ORDER: Final = "POST /v2/orders"
_CANCEL: Final = "DELETE /v2/orders/*"
_LOOK_UP: Final = "GET /v2/orders:by_client_order_id"
_LONGER_THAN_PATIENCE: Final = 9000
"""Milliseconds; Closeout waits eight seconds for an answer."""

Act = Callable[[Case], None]


@dataclass(frozen=True, slots=True)
class Trouble:
    """
    Faults that single out one close, what is done meanwhile, and what must come of it.

    `sent` is how often an order may be sent at most; it is never taken more than once.
    """

    faults: Sequence[Fault]
    phase: str = "closed"
    reason: str | None = None
    sent: int = 1
    meanwhile: Act | None = None
    spoil_look_ups: Sequence[str] = ()
    """Kinds of faults that the first look-ups of the order meet."""

    def play(self, case: Case) -> Case:
        """Ask for the close under these faults, and do what is to be done meanwhile."""
        case.add_faults(*self.faults)
        asked = case.site.play(case.ask)
        if self.spoil_look_ups:
            _spoil_look_ups(case, self.spoil_look_ups)
        asked.result()
        if self.meanwhile is not None:
            self.meanwhile(case)
        return case


def _spoil_look_ups(case: Case, kinds: Sequence[str]) -> None:
    """The id is known once the order is on its way; its answer must take longer than this."""
    close_id = case.wait_until_begun()
    (order,) = eventually(lambda: case.site.books.sent(close_id))
    identity = order["body"]["client_order_id"]
    faults = [{"on": _LOOK_UP, "kind": kind, "client_order_id": identity} for kind in kinds]
    case.site.simulator.add_faults(*faults)


def begin(site: Site, trouble: Trouble) -> "Future[Case]":
    """Let it happen to a strategy of its own."""
    case = site.take()
    return site.play(lambda: trouble.play(case))


def on_order(kind: str, **more: Any) -> Fault:
    return {"on": _ORDER, "kind": kind, **more}


def on_cancel(kind: str, **more: Any) -> Fault:
    return {"on": _CANCEL, "kind": kind, **more}


def on_stream(kind: str, **more: Any) -> Fault:
    return {"on": "stream trade_updates", "kind": kind, **more}


def cancel(case: Case) -> None:
    """Ask for a cancel as soon as there is a close."""
    close_id = case.wait_until_begun()
    assert case.site.closeout.cancel(close_id).status == 200


def cancel_when_working(case: Case) -> None:
    case.order()
    case.wait_for("working")
    cancel(case)


def cancel_after_a_unit(case: Case) -> None:
    case.fill(1)
    cancel(case)


def reject(case: Case) -> None:
    """Have the broker end the order it took."""
    case.site.simulator.control("POST", "reject", {"order_id": case.order()["id"]})


def fill_unit_by_unit(case: Case) -> None:
    for _ in range(3):
        case.fill(1)


def ask_again_and_again(case: Case) -> None:
    """A second tab, a double click, an impatient program."""
    first = case.close_id
    answers = [case.site.play(case.ask) for _ in range(3)]
    assert {first} == {each.result()["close_id"] for each in answers}


_HELD: Final = on_order("never_fill")
_NOTHING: Final[Mapping[str, Any]] = {"status": 520, "body": {"maintenance": "back soon"}}

ON_THE_WIRE: Final = {
    # Not carried out, which Closeout cannot know: absent after thirty seconds, then sent again.
    "504, not taken": Trouble([on_order("gateway_timeout_before")], sent=2),
    "502 with a page, not taken": Trouble([on_order("bad_gateway_before")], sent=2),
    "500, not taken": Trouble([on_order("server_error")], sent=2),
    "cut before it was read": Trouble([on_order("cut_before")], sent=2),
    "a status that nobody knows": Trouble([on_order("refuse", **_NOTHING)], sent=2),
    "given up while it was not taken yet": Trouble([on_order("latency", ms=_LONGER_THAN_PATIENCE)]),
    "asked again while it is unknown": Trouble(
        [on_order("gateway_timeout_before")], sent=2, meanwhile=ask_again_and_again
    ),
    # Carried out, which Closeout cannot know: found, never sent again.
    "504, taken": Trouble([on_order("gateway_timeout_after")]),
    "502 with a page, taken": Trouble([on_order("bad_gateway_after")]),
    "500, taken": Trouble([on_order("server_error_after")]),
    "cut after it was taken": Trouble([on_order("cut_after")]),
    "half an answer": Trouble([on_order("truncated_json")]),
    "taken and answered too late": Trouble([on_order("latency_after", ms=_LONGER_THAN_PATIENCE)]),
    "taken, and then look-ups fail": Trouble(
        [on_order("latency_after", ms=1500), on_order("cut_after")],
        spoil_look_ups=("cut_after", "server_error", "truncated_json", "bad_gateway_after"),
    ),
    # Said plainly.
    "429 twice": Trouble([on_order("rate_limited", times=2)], sent=3),
    "slow": Trouble([on_order("latency", ms=300), on_order("latency_after", ms=300)]),
    "refused": Trouble([on_order("refuse", status=403)], "rejected", "refused"),
    "rejected after it was taken": Trouble(
        [_HELD], "rejected", "rejected_by_broker", meanwhile=reject
    ),
    # Cancels.
    "a cancel": Trouble([_HELD], "cancelled", "cancelled", meanwhile=cancel_when_working),
    "a cancel after a fill": Trouble(
        [_HELD], "cancelled", "cancelled", meanwhile=cancel_after_a_unit
    ),
    **{
        f"a cancel, {words}": Trouble(
            [_HELD, on_cancel(kind)], "cancelled", "cancelled", meanwhile=cancel_when_working
        )
        for kind, words in {
            "cut_before": "cut before it was read",
            "cut_after": "cut after it was taken",
            "server_error": "500, not taken",
            "gateway_timeout_before": "504, not taken",
            "gateway_timeout_after": "504, taken",
            "rate_limited": "429",
        }.items()
    },
    "a cancel of an order that is lost": Trouble(
        [_HELD, on_order("cut_after")], "cancelled", "cancelled", meanwhile=cancel
    ),
    "a cancel of an order that never came": Trouble(
        [on_order("cut_before")], "cancelled", "never_arrived", meanwhile=cancel
    ),
}

_FILLED: Final = {"event": "fill"}

ON_THE_STREAM: Final = {
    "the fill is never told": Trouble([on_stream("drop_event", **_FILLED)]),
    "nothing is ever told": Trouble([on_stream("drop_event", times=None)]),
    "everything is told three times": Trouble([on_stream("repeat_event", times=None, copies=2)]),
    "everything is late": Trouble([on_stream("delay_event", times=None, ms=[200, 2500])]),
    "everything is out of order": Trouble(
        [_HELD, on_stream("reorder_event", times=None, ms=700)], meanwhile=fill_unit_by_unit
    ),
    "a part is never told": Trouble(
        [_HELD, on_stream("drop_event", event="partial_fill")], meanwhile=fill_unit_by_unit
    ),
    "a part is told last": Trouble(
        [_HELD, on_stream("delay_event", event="partial_fill", ms=1500)],
        meanwhile=fill_unit_by_unit,
    ),
    "the last fill is told after the cancel": Trouble(
        [_HELD, on_stream("delay_event", event="partial_fill", ms=1500)],
        "cancelled",
        "cancelled",
        meanwhile=cancel_after_a_unit,
    ),
    "the stream breaks in place of the fill": Trouble([on_stream("disconnect", **_FILLED)]),
    "it breaks and may not come back for a while": Trouble(
        [on_stream("disconnect", refuse_ms=2500, **_FILLED)]
    ),
    "it breaks, and the order's answer is lost too": Trouble(
        [on_order("cut_after"), on_stream("disconnect", refuse_ms=1000)]
    ),
}
