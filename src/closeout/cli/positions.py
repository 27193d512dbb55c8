"""`closeout positions`, `preview` and `close`."""

import time
import uuid
from typing import Annotated

import typer

from closeout.cli import details, render, render_preview, render_report
from closeout.cli.http import Json, ServerRefused, fail, get, post
from closeout.cli.pacing import (
    AtEnd,
    Budget,
    End,
    Interval,
    Pace,
    Start,
    Walk,
    Worst,
    WorstPnl,
)

Position = Annotated[
    str, typer.Argument(help="A position's id, or its ticker when it is the only one.")
]
Legs = Annotated[
    list[str] | None,
    typer.Option(
        "--leg", help="Close only this leg: its id or OCC symbol. Repeat it for several legs."
    ),
]
Units = Annotated[int | None, typer.Option(min=1, help="So many units of the strategy.")]
Percent = Annotated[
    int | None, typer.Option(help="25, 50, 75 or 100 percent of the units, rounded down.")
]
Quantity = Annotated[
    int | None, typer.Option(min=1, help="So many contracts or shares of one --leg.")
]
Limit = Annotated[bool, typer.Option("--limit", help="A limit order at mid instead of market.")]
Offset = Annotated[
    str | None,
    typer.Option(help="Dollars per share from the net mid; positive pays more. Means --limit."),
]
Price = Annotated[str | None, typer.Option(help="The limit of a single leg. Means --limit.")]
NoBid = Annotated[
    str, typer.Option(help="A long leg nobody bids for: include, leave, or tick (offer at one).")
]
IfRefused = Annotated[
    str, typer.Option(help="When Alpaca refuses the package: stop, or leg_in (shorts first).")
]

CancelConflicting = Annotated[
    bool,
    typer.Option(
        "--cancel-conflicting", help="Cancel open orders that hold the contracts, then send."
    ),
]

_FOLLOW_SECONDS = 1.0
_READ_SECONDS, _READS = 0.25, 40
_TRIES = 5
"""How often a market that runs away is shown anew."""


def list_positions() -> None:
    """Show every strategy the account holds."""
    try:
        answer = _read_positions()
    except ServerRefused as refusal:
        raise fail(refusal) from refusal
    render.positions(answer)
    if answer["status"] == "error":
        raise fail(answer["message"])


def show(position: Position) -> None:
    """Show all that is known of one strategy: worth, risk, greeks, payoff, what comes next."""
    try:
        found = get(f"/api/positions/{find_position(position)['id']}")
    except ServerRefused as refusal:
        raise fail(refusal) from refusal
    details.position(found)


def past(position: Position) -> None:
    """Show what happened to a position since it was opened."""
    try:
        found = find_position(position)
        render.past(found, get(f"/api/positions/{found['id']}/history"))
    except ServerRefused as refusal:
        raise fail(refusal) from refusal


def preview(
    position: Position,
    leg: Legs = None,
    *,
    units: Units = None,
    percent: Percent = None,
    quantity: Quantity = None,
    limit: Limit = False,
    offset: Offset = None,
    price: Price = None,
    cancel_conflicting: CancelConflicting = False,
    pace: Pace = None,
    worst: Worst = None,
    worst_pnl: WorstPnl = None,
    at_end: AtEnd = None,
    budget: Budget = None,
    interval: Interval = None,
    start: Start = None,
    end: End = None,
    no_bid: NoBid = "include",
    if_refused: IfRefused = "stop",
) -> None:
    """Show exactly what a close would send. Nothing is sent."""
    try:
        found = find_position(position)
        what = _what(found, leg, units=units, percent=percent, quantity=quantity)
        walk = Walk(pace, worst, worst_pnl, at_end, budget, interval, start, end)
        body = what | _terms(walk, limit=limit, offset=offset, price=price)
        body |= _cases(no_bid, if_refused, cancel_conflicting=cancel_conflicting)
        render_preview.preview(post(f"/api/positions/{found['id']}/close-preview", body))
    except ServerRefused as refusal:
        raise fail(refusal) from refusal


def close(
    position: Position,
    leg: Legs = None,
    *,
    units: Units = None,
    percent: Percent = None,
    quantity: Quantity = None,
    limit: Limit = False,
    offset: Offset = None,
    price: Price = None,
    cancel_conflicting: CancelConflicting = False,
    pace: Pace = None,
    worst: Worst = None,
    worst_pnl: WorstPnl = None,
    at_end: AtEnd = None,
    budget: Budget = None,
    interval: Interval = None,
    start: Start = None,
    end: End = None,
    no_bid: NoBid = "include",
    if_refused: IfRefused = "stop",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Close a strategy or a part of it, and follow it to its end."""
    try:
        found = find_position(position)
        what = _what(found, leg, units=units, percent=percent, quantity=quantity)
        walk = Walk(pace, worst, worst_pnl, at_end, budget, interval, start, end)
        body = what | _terms(walk, limit=limit, offset=offset, price=price)
        body |= _cases(no_bid, if_refused, cancel_conflicting=cancel_conflicting)
        shown, close_id = _confirm_and_send(found["id"], body, yes=yes)
        closed = _follow(close_id)
    except ServerRefused as refusal:
        raise fail(refusal) from refusal
    if _is_less(closed, shown):
        raise fail(
            "This was a close of less than you asked for, which was running already. Nothing "
            "else was sent; look at what is left, and ask again."
        )
    raise typer.Exit(0 if closed["phase"] == "closed" else 1)


def _read_positions() -> Json:
    """Ask for the positions, and again while a server that has just started reads them."""
    for _ in range(_READS):
        answer = get("/api/positions")
        if not answer["reading"]:
            break
        time.sleep(_READ_SECONDS)
    return answer


def find_position(wanted: str) -> Json:
    """Return the position of this id, or the only one of this ticker."""
    answer = _read_positions()
    positions = answer["positions"]
    found = [each for each in positions if each["id"] == wanted]
    found = found or [each for each in positions if each["ticker"] == wanted.upper()]
    if len(found) == 1:
        only: Json = found[0]
        return only
    if not found and answer["status"] == "error":
        raise ServerRefused(answer["message"])
    if not found:
        raise ServerRefused(f"There is no position {wanted!r}. See: closeout positions")
    ids = ", ".join(f"{each['id']} ({each['strategy']})" for each in found)
    raise ServerRefused(f"{wanted} has several positions; name one: {ids}")


def _what(
    position: Json,
    legs: list[str] | None,
    *,
    units: int | None,
    percent: int | None,
    quantity: int | None,
) -> Json:
    """Say how much is to go: a leg by itself, or units of the strategy or of chosen legs."""
    chosen = [find_leg(position, wanted) for wanted in legs or []]
    body: Json = {"units": units, "percent": percent, "quantity": quantity}
    if len(chosen) == 1 and units is None and percent is None:
        body["leg_id"] = chosen[0]
    elif chosen:
        body["leg_ids"] = chosen
    return {name: value for name, value in body.items() if value is not None}


def find_leg(position: Json, wanted: str) -> str:
    for leg in position["legs"]:
        if wanted in (leg["id"], leg["symbol"]):
            return str(leg["id"])
    raise ServerRefused(f"{position['ticker']} {position['strategy']} has no leg {wanted!r}.")


def _cases(no_bid: str, if_refused: str, *, cancel_conflicting: bool) -> Json:
    return {
        "no_bid": no_bid,
        "if_refused": if_refused,
        "cancel_conflicting": cancel_conflicting,
    }


def _terms(walk: Walk, *, limit: bool, offset: str | None, price: str | None) -> Json:
    is_limit = limit or any(each is not None for each in (offset, price, walk.pace))
    body: Json = {"order_type": "limit" if is_limit else "market"} | walk.body()
    if offset is not None:
        body["limit_price_offset"] = offset
    if price is not None:
        body["limit_price"] = price
    return body


def _confirm_and_send(position_id: str, body: Json, *, yes: bool) -> tuple[Json, str]:
    """
    Send what was shown, and show it anew for as long as it has changed meanwhile.

    Returns the preview that was sent, and the id of the close.
    """
    leg = {"leg_id": body["leg_id"]} if "leg_id" in body else {}
    for left in range(_TRIES - 1, -1, -1):
        shown = post(f"/api/positions/{position_id}/close-preview", body)
        render_preview.preview(shown)
        if shown["problem"]:
            raise typer.Exit(1)
        if not yes and not typer.confirm("Send this?"):
            render.console.print("Nothing was sent.")
            raise typer.Exit(1)
        try:
            return shown, _send(position_id, leg | {"preview_id": shown["preview_id"]})
        except ServerRefused as refusal:
            if refusal.code != "preview_stale" or not left:
                raise
            render.console.print(f"[yellow]{refusal}[/yellow]")
    raise AssertionError("the last try answers or raises")


def _send(position_id: str, body: Json) -> str:
    key = uuid.uuid4().hex
    if "leg_id" not in body:
        body = body | {"position_id": position_id}
        answer = post(f"/api/positions/{position_id}/close-strategy", body, key=key)
    else:
        answer = post(f"/api/positions/{position_id}/close-leg", body, key=key)
    return str(answer["close_id"])


def _is_less(closed: Json, shown: Json) -> bool:
    """Whether the close that answered, which may have been running, was for less than shown."""
    closing = {leg["symbol"]: leg["quantity"] for leg in closed["legs"]}
    wanted = [leg for order in shown["orders"] for leg in order["legs"]]
    return any(closing.get(leg["symbol"], 0) < leg["quantity"] for leg in wanted)


def _follow(close_id: str) -> Json:
    """Print every change until the end, and return it; Ctrl+C stops looking, not closing."""
    told = ""
    while True:
        answer = get(f"/api/closes/{close_id}")
        said = f"{answer['message']}{render.walk_line(answer)}"
        if said != told and not answer["ended"]:
            render.console.print(said)
            told = said
        if answer["ended"]:
            render.close(answer)
            if answer["report"] is not None:
                render_report.report(answer["report"])
            return answer
        time.sleep(_FOLLOW_SECONDS)
