"""`closeout group`: the user's word about what belongs together."""

import re
from typing import Annotated

import typer

from closeout.cli import render
from closeout.cli.http import Json, ServerRefused, fail, get, post
from closeout.cli.positions import find_leg, find_position

app = typer.Typer(
    help="Merge, split, move and name positions. Nothing is ever sent to the broker.",
    no_args_is_help=True,
)

_PART = re.compile(r"(?P<quantity>\d+)[xX](?P<leg>\S+)")

Position = Annotated[
    str, typer.Argument(help="A position's id, or its ticker when it is the only one.")
]
Name = Annotated[str | None, typer.Option(help="Its name from now on.")]


@app.command()
def merge(
    positions: Annotated[list[str], typer.Argument(help="Ids; the first one stays.")],
    name: Name = None,
) -> None:
    """Make one position of several."""
    body: Json = {"position_ids": positions}
    _edit("/api/positions/merge", body if name is None else body | {"name": name})


@app.command()
def split(
    position: Position,
    part: Annotated[
        list[str],
        typer.Option(
            help='Legs of a new position, as in --part "2xSPY261218P00450000 2xleg_1a2b".'
        ),
    ],
) -> None:
    """Make several positions of one. What no part names stays where it is."""
    try:
        found = find_position(position)
        parts = [[_pick(found, each) for each in text.split()] for text in part]
    except ServerRefused as refusal:
        raise fail(refusal) from refusal
    _edit(f"/api/positions/{found['id']}/split", {"parts": parts})


@app.command()
def move(
    position: Position,
    leg: Annotated[str, typer.Argument(help="The leg: its id or OCC symbol.")],
    quantity: Annotated[
        int | None, typer.Option(min=1, help="Contracts or shares; all without it.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="The position it joins; one of its own without it.")
    ] = None,
) -> None:
    """Move a leg from one position to another, or to one of its own."""
    try:
        found = find_position(position)
        leg_id = find_leg(found, leg)
        target = None if to is None else find_position(to)["id"]
    except ServerRefused as refusal:
        raise fail(refusal) from refusal
    whole = next(each["quantity"] for each in found["legs"] if each["id"] == leg_id)
    body: Json = {
        "from_position_id": found["id"],
        "leg_id": leg_id,
        "quantity": whole if quantity is None else quantity,
        "to_position_id": target,
    }
    _edit("/api/positions/move", body)


@app.command()
def rename(
    position: Position,
    name: Annotated[str | None, typer.Argument(help="Its name; the shape's without it.")] = None,
) -> None:
    """Name a position, or give it back the name of its shape."""
    try:
        found = find_position(position)
    except ServerRefused as refusal:
        raise fail(refusal) from refusal
    _edit(f"/api/positions/{found['id']}/rename", {"name": name})


@app.command()
def leave(position: Position) -> None:
    """Note that an orphan was seen and is left as it is."""
    try:
        found = find_position(position)
    except ServerRefused as refusal:
        raise fail(refusal) from refusal
    _edit(f"/api/positions/{found['id']}/leave", {})


@app.command()
def undo(
    down_to: Annotated[
        int | None, typer.Option(min=1, help="Take back all edits from this number on.")
    ] = None,
) -> None:
    """Take back the last edit."""
    _edit("/api/positions/edits/undo", {} if down_to is None else {"down_to": down_to})


@app.command()
def edits() -> None:
    """Show every edit, newest first."""
    try:
        answer = get("/api/positions/edits")
    except ServerRefused as refusal:
        raise fail(refusal) from refusal
    for each in answer["edits"]:
        _print(each)
    if not answer["edits"]:
        render.console.print("No edits yet.")


def _pick(position: Json, text: str) -> Json:
    found = _PART.fullmatch(text)
    if found is None:
        raise ServerRefused(f"{text!r} is not a quantity and a leg, such as 2xSPY261218P00450000.")
    return {"leg_id": find_leg(position, found["leg"]), "quantity": int(found["quantity"])}


def _edit(path: str, body: Json) -> None:
    try:
        answer = post(path, body)
    except ServerRefused as refusal:
        raise fail(refusal) from refusal
    _print(answer["edit"])
    changed = answer["edit"]["position_ids"]
    for each in answer["positions"]:
        if each["id"] in changed:
            render.position_table(each)


def _print(edit: Json) -> None:
    state = "" if edit["stands"] or edit["kind"] == "undone" else "  [dim](undone)[/dim]"
    render.console.print(f"{edit['number']}  {edit['at'][:19]}  {edit['text']}{state}")
    for each in edit["shortfall"]:
        render.console.print(f"    gone since: {each['quantity']} {each['symbol']}")
