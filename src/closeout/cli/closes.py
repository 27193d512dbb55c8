"""`closeout closes`, `history`, `cancel` and `status`."""

from typing import Annotated
from urllib.parse import quote

import typer

from closeout.cli import render, render_report
from closeout.cli.http import ServerRefused, fail, get, post


def list_closes(
    limit: Annotated[int, typer.Option(help="How many, newest first.")] = 10,
) -> None:
    """Show recent closes and where they stand."""
    try:
        answer = get(f"/api/closes?limit={limit}")
    except ServerRefused as refusal:
        raise fail(refusal) from refusal
    for each in answer["closes"]:
        render.close(each)
    if not answer["closes"]:
        render.console.print("No closes yet.")


def history(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many, newest first.")] = 20,
    before: Annotated[str | None, typer.Option(help="Go on after this close's id.")] = None,
) -> None:
    """Show ended closes, how they filled against the market, and what they add up to."""
    place = "" if before is None else f"&before={quote(before, safe='')}"
    try:
        render_report.history(get(f"/api/history?limit={limit}{place}"))
    except ServerRefused as refusal:
        raise fail(refusal) from refusal


def cancel(close_id: Annotated[str, typer.Argument(help="The close's id.")]) -> None:
    """Ask for a working close to be cancelled. Fills may still come."""
    try:
        answer = post(f"/api/closes/{close_id}/cancel", {})
    except ServerRefused as refusal:
        raise fail(refusal) from refusal
    render.console.print(answer["message"])


def status() -> None:
    """Show mode, connections and market."""
    try:
        answer = get("/api/status")
    except ServerRefused as refusal:
        raise fail(refusal) from refusal
    market = {True: "open", False: "closed", None: "unknown"}[answer["market"]["is_open"]]
    render.console.print(f"[bold]{answer['mode']}[/bold]  account {answer['account'] or '—'}")
    render.console.print(f"Market {market}; feed {answer['feed']}")
    for name in ("trading", "option_data", "stock_data"):
        link = answer[name]
        render.console.print(f"{name.replace('_', ' ')}: {link['state']} {link['detail'] or ''}")
    if answer["standing_by"]:
        render.console.print(answer["standing_by"])
    if answer["positions_error"]:
        raise fail(answer["positions_error"])
